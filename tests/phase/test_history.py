"""What the journal says of earlier runs, whatever has become of the file."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pungi_osbuild.errors import InputError
from pungi_osbuild.model import ImageRequest, OutcomeKind, block_digest, sent_digest
from pungi_osbuild.phase.history import (
    VERSION,
    Bounds,
    Ending,
    History,
    PlacedFile,
    Slot,
    read_history,
)
from pungi_osbuild.phase.journal import FOLDER, NAME, Journal, read_journal
from tests.values import (
    a_failed_outcome,
    a_koji_place,
    a_placed_image,
    a_request,
    an_identity,
    an_image_config,
    an_outcome,
)

SLOT = {"variant": "Server", "arches": ["x86_64"], "name": "a", "image_type": "qcow2"}
RUN = {"event": "run", "pid": 7, "host": "builder", "time": 1.0}
PLAN = {
    "event": "plan",
    "time": 2.0,
    "compose": "C",
    "profile": "koji",
    "server": "https://hub",
    "anew": False,
    "requests": [{**SLOT, "block": "b", "nvr": None, "can_fail": True}],
}


def an_intent(intent: Any = 0, **changes: Any) -> Dict[str, Any]:
    return {
        "event": "intent",
        "time": 3.0,
        "intent": intent,
        "attempt": 1,
        **SLOT,
        "block": "b",
        "sent": "s",
        "version": "1",
        "base_release": "1",
        "nvr": "a-1-1",
        "after_task": 4,
        "hub_time": 2.5,
        **changes,
    }


def a_submission(task_id: Any, intent: Any = 0) -> Dict[str, Any]:
    return {"event": "submitted", "time": 4.0, "intent": intent, "task_id": task_id}


def lines(*entries: Any, version: Any = VERSION) -> bytes:
    written = (json.dumps({"v": version, **entry}) + "\n" for entry in entries)
    return "".join(written).encode("utf-8")


def read(*entries: Any) -> History:
    return read_history(lines(*entries))


def numbered(number: int, **changes: Any) -> ImageRequest:
    return a_request(number=number, config=an_image_config(name="image-%d" % number), **changes)


def test_without_a_journal_there_was_nothing(tmp_path: Path) -> None:
    """A new compose; nothing is made by looking."""
    assert read_journal(tmp_path) == History()
    assert list(tmp_path.iterdir()) == []


def test_what_a_journal_writes_is_read(tmp_path: Path) -> None:
    """Two runs: one image built, one refused, one in doubt; then one that failed."""
    first, refused, in_doubt = (numbered(number) for number in range(3))
    with Journal(tmp_path, now=lambda: 5.0) as journal:
        journal.plan([first, refused, in_doubt], an_identity(), a_koji_place())
        for request in (first, refused, in_doubt):
            journal.intent(request, 1, Bounds(9, 4.5))
        journal.submitted(first, 1, 12)
        journal.refused(refused, 1)
        journal.state(first, 1, "CLOSED")
        journal.placed(first, 1, a_placed_image())
        journal.outcome(an_outcome(request=first))
        journal.end(Ending.INTERRUPTED)
    with Journal(tmp_path, now=lambda: 6.0) as journal:
        journal.plan([in_doubt], an_identity(), a_koji_place(server="https://hub"))
        journal.resume(in_doubt, journal.history.submissions[2])
        journal.submitted(in_doubt, 1, 14)
        journal.outcome(a_failed_outcome(request=in_doubt, reason="full"))
        journal.outcome(a_failed_outcome(request=first, attempt=7, reason="refused before"))
    history = read_journal(tmp_path)
    built, second, third = history.submissions
    assert built.slot == Slot("Server", ("x86_64",), "image-0", "guest-image")
    assert (built.block, built.sent) == (block_digest(first), sent_digest(first))
    assert (built.version, built.base_release, built.nvr) == ("1", "5", "image-0-1-5")
    assert (built.bounds, built.time, built.changed) == (Bounds(9, 4.5), 5.0, 5.0)
    assert (built.task_id, built.state, built.outcome) == (12, "CLOSED", OutcomeKind.BUILT)
    assert built.placed == (PlacedFile(a_placed_image().path, 3),)
    assert (second.refused, second.in_doubt, second.task_id) == (True, False, None)
    assert (third.task_id, third.outcome, third.changed) == (14, OutcomeKind.FAILED, 6.0)
    assert third.reason == "full"
    assert history.tasks == {12, 14}
    assert history.nvrs == {"image-0-1-5", "image-2-1-5"}
    assert history.next_intent == 3
    assert built.server == a_koji_place().server
    assert [(run.ended, run.ending) for run in history.runs] == [
        (5.0, Ending.INTERRUPTED),
        (None, None),
    ]
    assert [one.slot.name for one in history.planned] == ["image-2"]
    assert [(one.slot.name, one.reason) for one in history.never] == [("image-0", "refused before")]


def test_a_submission_of_which_nobody_knows_is_in_doubt() -> None:
    """Killed in between: there may be a task, so its N-V-R may be this compose's own."""
    history = read(RUN, PLAN, an_intent(0), an_intent(1, nvr="b-1-1"))
    assert [one.in_doubt for one in history.submissions] == [True, True]
    assert history.nvrs == {"a-1-1", "b-1-1"}


def test_beginning_anew_forgets_submissions_and_no_task() -> None:
    """The tasks are still known by their ids: none of them is ever taken for a new one."""
    anew = {**PLAN, "anew": True}
    history = read(RUN, PLAN, an_intent(), a_submission(5), RUN, anew, a_submission(6))
    assert history.submissions == ()
    assert history.tasks == {5, 6}
    assert history.next_intent == 1
    again = read(RUN, PLAN, an_intent(), a_submission(5), RUN, anew, an_intent(1))
    assert [one.intent for one in again.submissions] == [1]


def test_torn_lines_are_passed_over() -> None:
    """The last one of a run that was killed, also in the middle once another run has appended."""
    torn = lines(an_intent(1, nvr="b-1-1"))[:-20]
    whole = lines(RUN, PLAN, an_intent(), a_submission(5))
    assert read_history(whole + torn) == read_history(whole)
    again = lines(an_intent(1, nvr="c-1-1"), a_submission(6, 1))
    history = read_history(whole + torn + b"\n" + again)
    assert [(one.nvr, one.task_id) for one in history.submissions] == [("a-1-1", 5), ("c-1-1", 6)]


def test_the_next_run_ends_a_torn_line(tmp_path: Path) -> None:
    """So that its own first line is one."""
    path = tmp_path / FOLDER / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(lines(RUN) + lines(an_intent())[:-9])
    with Journal(tmp_path, now=lambda: 1.0) as journal:
        assert journal.history.submissions == ()
    assert len(read_journal(tmp_path).runs) == 2


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1, "2", None, True])
def test_a_journal_of_another_version_is_refused(version: Any, tmp_path: Path) -> None:
    """Nobody knows what it says was submitted."""
    path = tmp_path / FOLDER / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(lines(RUN) + lines(a_submission(6), version=version))
    with pytest.raises(InputError, match="is of version") as caught:
        read_journal(tmp_path)
    assert "move it away" in caught.value.solution
    with pytest.raises(InputError, match="is of version"):
        Journal(tmp_path, now=lambda: 1.0).__enter__()
    path.write_bytes(lines(RUN))
    with Journal(tmp_path, now=lambda: 1.0):
        pass


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xfe\x00garbage\n",
        b'[]\n1\nnull\n"v"\n\n{}\n',
        b"[" * 200000 + b"\n",
        b"9" * 5000 + b"\n",
        lines(a_submission("7")),
        lines(a_submission(None)),
        lines({"event": ["submitted"], "task_id": 7}),
        lines({"event": "what-a-later-minor-version-tells"}),
        lines(an_intent(9, nvr=["x"]), {"event": "intent"}),
        lines(an_intent(9, time=float("nan"))),
        lines(an_intent(9, time=-1)),
        lines(an_intent(9, time=True)),
        lines(an_intent([1]), an_intent({})),
        lines({**PLAN, "requests": [{}]}, {**PLAN, "anew": 1}),
        lines({"event": "end", "how": "well", "time": 1.0}),
        lines({"event": "outcome", "intent": 0, "outcome": "odd", "reason": None, "time": 1.0}),
    ],
)
def test_garbage_is_passed_over(garbage: bytes) -> None:
    """What is around it is read."""
    before, after = lines(RUN, PLAN, an_intent()), lines(a_submission(5))
    assert read_history(before + garbage + after) == read_history(before + after)


def test_a_journal_that_cannot_be_read(tmp_path: Path) -> None:
    """It cannot be said what was submitted."""
    (tmp_path / FOLDER / NAME).mkdir(parents=True)
    with pytest.raises(InputError, match=r"journal\.jsonl cannot be read") as caught:
        read_journal(tmp_path)
    assert caught.value.solution


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)
GOOD = [
    RUN,
    PLAN,
    {**PLAN, "anew": True},
    an_intent(),
    an_intent(1),
    a_submission(5),
    {"event": "refused", "time": 1.0, "intent": 1},
    {"event": "state", "time": 1.0, "intent": 0, "state": "OPEN"},
    {"event": "placed", "time": 1.0, "intent": 0, "path": "a/b", "size": 3},
    {"event": "outcome", "time": 1.0, "intent": 0, "outcome": "built", "reason": None},
    {"event": "outcome", "time": 1.0, "intent": None, **SLOT, "outcome": "failed", "reason": "x"},
    {"event": "end", "time": 1.0, "how": "finished", "hub_gone": False},
    {"event": "end", "time": 1.0, "how": "interrupted", "hub_gone": True},
]


def _bent(entry: Dict[str, Any], key: int, value: Any) -> Dict[str, Any]:
    name = sorted(entry)[key % len(entry)]
    return {**entry, name: value}


BENT = st.builds(_bent, st.sampled_from(GOOD), st.integers(0, 20), VALUES)
PIECES = st.one_of(
    st.binary(max_size=20),
    (st.sampled_from(GOOD) | BENT).map(lambda entry: json.dumps({"v": VERSION, **entry}).encode()),
    st.sampled_from([b"\n", b"\r\n", b"\x0b", b"{", b"\x00"]),
)


@given(st.lists(PIECES, max_size=12).map(b"\n".join) | st.binary())
@example(b"")
def test_no_content_raises(content: bytes) -> None:
    """Whatever bytes are there; what is read holds together."""
    history = read_history(content)
    assert all(isinstance(task, int) for task in history.tasks)
    assert {one.task_id for one in history.submissions} - {None} <= history.tasks
    assert all(one.intent < history.next_intent for one in history.submissions)


Step = Callable[[Journal, ImageRequest, int], None]
STEPS: List[Step] = [
    lambda journal, request, task: journal.submitted(request, 1, task),
    lambda journal, request, task: journal.refused(request, 1),
    lambda journal, request, task: journal.state(request, 1, "OPEN"),
    lambda journal, request, task: journal.placed(request, 1, a_placed_image()),
    lambda journal, request, task: journal.outcome(an_outcome(request=request)),
]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.booleans()), max_size=5),
    st.booleans(),
    st.lists(st.integers(1, 10_000), min_size=20, max_size=20),
)
def test_any_prefix_of_any_journal_reads(
    steps: List[Tuple[int, int, bool]], begins_anew: bool, cuts: List[int]
) -> None:
    """Cut off anywhere: what was said before is known, and what was not said is not made up."""
    with tempfile.TemporaryDirectory() as folder:
        for run in range(2):
            with Journal(Path(folder), now=lambda: 5.0) as journal:
                anew = begins_anew and run == 1
                journal.plan([numbered(0)], an_identity(), a_koji_place(), anew)
                for task, (number, step, intends) in enumerate(steps):
                    request = numbered(number)
                    if intends:
                        journal.intent(request, 1)
                    STEPS[step](journal, request, task + 100 * run)
                journal.end(Ending.FINISHED)
        content = (Path(folder) / FOLDER / NAME).read_bytes()
    whole = read_history(content)
    assert whole.foreign == ()
    last = 0
    for size in sorted(cut % (len(content) + 1) for cut in cuts):
        history = read_history(content[:size])
        assert history.tasks <= whole.tasks
        assert history.next_intent >= last
        last = history.next_intent
        if size and content[size - 1 : size] != b"\n":
            # A line that is not whole is as if it was not there; it may lack its end alone.
            ended = content[: content[:size].rfind(b"\n") + 1]
            is_whole = content[size : size + 1] == b"\n"
            assert is_whole or history == read_history(ended)


def test_the_arguments_are_not_in_the_journal(tmp_path: Path) -> None:
    """They may hold passwords and keys; their digests tell two requests apart all the same."""
    from pungi_osbuild.model import Customizations

    def secret(text: str) -> ImageRequest:
        users = {"users": [{"name": "root", "password": text}]}
        return a_request(config=an_image_config(customizations=Customizations.from_conf(users)))

    with Journal(tmp_path, now=lambda: 5.0) as journal:
        journal.plan([secret("hunter2")], an_identity(), a_koji_place())
        journal.intent(secret("hunter2"), 1)
        journal.intent(replace(secret("hunter3"), number=1), 1)
    assert b"hunter" not in (tmp_path / FOLDER / NAME).read_bytes()
    one, other = read_journal(tmp_path).submissions
    assert one.block != other.block
