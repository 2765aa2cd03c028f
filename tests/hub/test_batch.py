"""Questions that go together: each answer is read by the reader that its call came with."""

from __future__ import annotations

from functools import partial
from typing import Sequence, Tuple, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.hub import Batch, Call, Hub, HubFaultError, Reply


class Echo:
    """Answers each call with its method and its arguments."""

    def __init__(self) -> None:
        self.requests = 0

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        self.requests += 1
        faults = {call: HubFaultError(1000, "no") for call in calls if call.method == "refused"}
        return tuple(Reply([call.method, *call.args], faults.get(call)) for call in calls)


def read(wanted: Tuple[object, ...], reply: Reply) -> Tuple[object, ...]:
    assert tuple(reply.get()) == wanted
    return wanted


@given(st.permutations([("getTag", "a"), ("getTag", "b"), ("getBuild", 1), ("getPerms",)]))
def test_the_order_of_questions_does_not_matter(questions: Sequence[Tuple[str, object]]) -> None:
    """One request, and answers in any order."""
    batch, echo = Batch(), Echo()
    answers = {
        question: batch.ask(Call(str(question[0]), question[1:]), partial(read, question))
        for question in questions
    }
    batch.send(cast(Hub, echo))
    for question in sorted(questions, key=str):
        assert answers[question]() == question
    assert echo.requests == 1


def test_a_fault_is_that_of_its_own_question() -> None:
    """The others are answered."""
    batch = Batch()
    refused, other = batch.ask(Call("refused"), Reply.get), batch.ask(Call("a"), Reply.get)
    batch.send(cast(Hub, Echo()))
    assert other() == ["a"]
    with pytest.raises(HubFaultError):
        refused()
