"""
Questions that go in one multicall, each together with the function that reads its reply.

A reply to a multicall belongs to its call by its place alone, and many replies look alike: who puts
calls in one list and readers in another gets wrong facts of the right shape when one list changes.
"""

from __future__ import annotations

from typing import Callable, List, TypeVar

from pungi_osbuild.hub.session import Hub
from pungi_osbuild.model import Call, Reply

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
