"""Queries of several turns, many executed together."""

from __future__ import annotations

from typing import Any, List, Sequence, Tuple, cast

import pytest

from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import Call, Hub, HubFaultError, Query, Reply, execute, execute_all


class Echo:
    """Answers each call with its argument; refuses some, and is away from some turn on."""

    def __init__(self, away_at: int = -1) -> None:
        self.turns: List[List[Any]] = []
        self._away_at = away_at

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        if len(self.turns) == self._away_at:
            raise HubError("the hub is gone", "Wait for it.")
        self.turns.append([call.args[0] for call in calls])
        return tuple(map(self._reply, calls))

    def _reply(self, call: Call) -> Reply:
        if call.method == "refused":
            return Reply(fault=HubFaultError(1000, "no"))
        return Reply(call.args[0])


def counting(first: int, turns: int, method: str = "echo") -> Query[int]:
    """Ask for as many numbers as there are turns, one after the other, and return their sum."""
    total = 0
    for number in range(first, first + turns):
        (reply,) = yield [Call(method, (number,))]
        total += reply.get()
    return total


def executed(hub: Echo, *queries: Query[int]) -> Tuple[Any, ...]:
    return execute_all(cast(Hub, hub), queries)


def test_many_queries_take_as_many_multicalls_as_the_longest() -> None:
    """Each gets its own replies, whenever the others end."""
    hub = Echo()
    assert executed(hub, counting(1, 2), counting(10, 0), counting(20, 3)) == (3, 0, 63)
    assert hub.turns == [[1, 20], [2, 21], [22]]


def test_no_query_asks_nothing() -> None:
    """Nothing ended, no request."""
    hub = Echo()
    assert executed(hub) == ()
    assert executed(hub, counting(1, 0)) == (0,)
    assert hub.turns == []


def test_what_one_query_raises_is_its_own_end() -> None:
    """A fault, or a mistake of ours, says nothing of the others."""
    hub = Echo()
    refused, broken, fine = executed(
        hub, counting(1, 2, "refused"), counting(cast(int, "x"), 1), counting(3, 2)
    )
    assert isinstance(refused, HubFaultError)
    assert isinstance(broken, TypeError)
    assert fine == 7


def test_a_hub_that_goes_away_ends_the_queries_that_go_on() -> None:
    """Those that had ended keep what they had found out."""
    short, long = executed(Echo(away_at=1), counting(1, 1), counting(3, 2))
    assert short == 1
    assert isinstance(long, HubError)


def test_one_query_raises_what_it_raises() -> None:
    """And returns what it returns."""
    assert execute(cast(Hub, Echo()), counting(1, 3)) == 6
    with pytest.raises(HubFaultError, match="no"):
        execute(cast(Hub, Echo()), counting(1, 3, "refused"))
    with pytest.raises(HubError, match="gone"):
        execute(cast(Hub, Echo(away_at=0)), counting(1, 1))
