"""
Talks with the hub: what is asked next depends on what was answered.

A talk is a generator: it yields calls, gets a reply for each, and returns what it has found out.
Many are held at once, so that what is asked of a hundred tasks takes no more requests than what is
asked of one, or few more.
"""

from __future__ import annotations

from functools import partial
from typing import Callable, Dict, Sequence, Tuple, TypeVar, Union

from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub.session import Hub
from pungi_osbuild.model import Call, Query

Value = TypeVar("Value")

Talk = Query[Value]


def hold_all(hub: Hub, talks: Sequence[Talk[Value]]) -> Tuple[Union[Value, Exception], ...]:
    """
    Hold talks at the same time: one multicall for the first questions of all, one for the second.

    :returns: what each talk returned or raised, in their order; where the hub could not be
        reached, or refused a multicall, the error is what became of each talk that still went on.
        After an answer that cannot be used each talk of that turn is asked for by itself
    """
    ends: Dict[int, Union[Value, Exception]] = {}
    asked: Dict[int, Sequence[Call]] = {}

    def go_on(number: int, step: Callable[[], Sequence[Call]]) -> None:
        try:
            asked[number] = step()
        except StopIteration as end:
            ends[number] = end.value
        except Exception as error:
            ends[number] = error

    for number, talk in enumerate(talks):
        go_on(number, partial(next, talk))
    while asked:
        turn = dict(asked)
        asked.clear()
        try:
            replies = iter(hub.multicall([call for calls in turn.values() for call in calls]))
        except ReplyError as error:
            if len(turn) == 1:
                ends.update(dict.fromkeys(turn, error))
                continue
            # One of them has an answer that cannot be used: the others must not suffer for it.
            for number, calls in turn.items():
                go_on(number, partial(_alone, hub, talks[number], calls))
            continue
        except Exception as error:
            ends.update(dict.fromkeys(turn, error))
            break
        for number, calls in turn.items():
            go_on(number, partial(talks[number].send, [next(replies) for _ in calls]))
    return tuple(ends[number] for number in range(len(talks)))


def _alone(hub: Hub, talk: Talk[Value], calls: Sequence[Call]) -> Sequence[Call]:
    """Ask one talk's questions by themselves, and return its next ones."""
    return talk.send(hub.multicall(calls))


def hold(hub: Hub, talk: Talk[Value]) -> Value:
    """
    Hold one talk.

    :raises HubFaultError: the hub refused a multicall
    :raises HubError: the hub could not be reached
    :raises Exception: what the talk raises
    """
    (end,) = hold_all(hub, [talk])
    if isinstance(end, Exception):
        raise end
    return end
