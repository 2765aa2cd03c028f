"""
Many questions in few requests: a :class:`Batch` of single calls, or queries of several turns.

A reply to a multicall belongs to its call by its place alone, and many replies look alike: who puts
calls in one list and readers in another gets wrong facts of the right shape when one list changes.
So each call goes together with the function that reads its reply.
"""

from __future__ import annotations

from functools import partial
from typing import Callable, Dict, List, Sequence, Tuple, TypeVar, Union

from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub.session import Hub
from pungi_osbuild.model import Call, Query, Reply

Value = TypeVar("Value")

Answer = Callable[[], Value]
"""Gives what was answered to a question, once it was asked; raises what its reader does."""


class Batch:
    """Questions for one hub. For one thread."""

    def __init__(self) -> None:
        self._calls: List[Call] = []
        self._replies: List[Reply] = []

    def ask(self, call: Call, read: Callable[[Reply], Value]) -> Answer[Value]:
        """
        Add a question.

        :param read: turns the reply to the call into a value
        :returns: the answer; to be called after :meth:`send`
        """
        number = len(self._calls)
        self._calls.append(call)
        return lambda: read(self._replies[number])

    def send(self, hub: Hub) -> None:
        """
        Ask all questions.

        :raises HubFaultError: the hub refused the multicall
        :raises HubError: the hub could not be reached
        :raises ReplyError: it did not answer each question
        """
        self._replies = list(hub.multicall(self._calls))


def execute_all(hub: Hub, queries: Sequence[Query[Value]]) -> Tuple[Union[Value, Exception], ...]:
    """
    Execute queries together: one multicall for the first questions of all, one for the second.

    What is asked of a hundred tasks takes no more requests than what is asked of one, or few more.

    :returns: what each query returned or raised, in their order; where the hub could not be
        reached, or refused a multicall, that error is the result of each query that was still
        waiting. After an answer that cannot be used, each query of that turn is asked by itself
    """
    results: Dict[int, Union[Value, Exception]] = {}
    asked: Dict[int, Sequence[Call]] = {}

    def advance(number: int, step: Callable[[], Sequence[Call]]) -> None:
        try:
            asked[number] = step()
        except StopIteration as end:
            results[number] = end.value
        except Exception as error:
            results[number] = error

    for number, query in enumerate(queries):
        advance(number, partial(next, query))
    while asked:
        turn = dict(asked)
        asked.clear()
        try:
            replies = iter(hub.multicall([call for calls in turn.values() for call in calls]))
        except ReplyError as error:
            if len(turn) == 1:
                results.update(dict.fromkeys(turn, error))
                continue
            # One of them has an answer that cannot be used: the others must not suffer for it.
            for number, calls in turn.items():
                advance(number, partial(_ask_alone, hub, queries[number], calls))
            continue
        except Exception as error:
            results.update(dict.fromkeys(turn, error))
            break
        for number, calls in turn.items():
            advance(number, partial(queries[number].send, [next(replies) for _ in calls]))
    return tuple(results[number] for number in range(len(queries)))


def _ask_alone(hub: Hub, query: Query[Value], calls: Sequence[Call]) -> Sequence[Call]:
    """Ask one query's questions by themselves, and return its next ones."""
    return query.send(hub.multicall(calls))


def execute(hub: Hub, query: Query[Value]) -> Value:
    """
    Execute one query.

    :raises HubFaultError: the hub refused a multicall
    :raises HubError: the hub could not be reached
    :raises Exception: what the query raises
    """
    (result,) = execute_all(hub, [query])
    if isinstance(result, Exception):
        raise result
    return result
