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
from pungi_osbuild.methods import block_digest, sent_digest
from pungi_osbuild.model import ImageRequest, OutcomeKind
from pungi_osbuild.run.events import Bounds, Ending, ImagePlaced, Slot
from pungi_osbuild.run.history import History, replay
from pungi_osbuild.run.journal import FOLDER, NAME, read_journal
from pungi_osbuild.run.journal_lines import VERSION, line_of, read_lines
from tests.run.engines import WrittenJournal
from tests.values import (
    a_failed_outcome,
    a_koji_place,
    a_placed_image,
    a_request,
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
        "method": "osbuildImage",
        "sent": "s",
        "version": "1",
        "base_release": "1",
        "nvr": "a-1-1",
        "after_task": 4,
        "owner": 2,
        **changes,
    }


def a_submission(task_id: Any, intent: Any = 0) -> Dict[str, Any]:
    return {"event": "submitted", "time": 4.0, "intent": intent, "task_id": task_id}


def an_outcome_entry(intent: Any, **changes: Any) -> Dict[str, Any]:
    known = {"time": 1.0, "intent": intent, "attempt": 1, "outcome": "built", "reason": None}
    return {"event": "outcome", **SLOT, **known, **changes}


def lines(*entries: Any, after: bytes = b"") -> bytes:
    """Return the lines of entries that follow some others, as a run writes them."""
    checksum, written = read_lines(after).checksum, b""
    for entry in entries:
        line, checksum = line_of(entry, checksum)
        written += line
    return written


def read(*entries: Any) -> History:
    return replay(lines(*entries))


def numbered(number: int, **changes: Any) -> ImageRequest:
    return a_request(number=number, config=an_image_config(name="image-%d" % number), **changes)


def test_without_a_journal_there_was_nothing(tmp_path: Path) -> None:
    """A new compose; nothing is made by looking."""
    assert read_journal(tmp_path) == History()
    assert list(tmp_path.iterdir()) == []


def test_what_a_journal_writes_is_read(tmp_path: Path) -> None:
    """Two runs: one image built, one refused, one in doubt; then one that failed."""
    first, refused, in_doubt = (numbered(number) for number in range(3))
    with WrittenJournal(tmp_path, now=lambda: 5.0) as journal:
        journal.plan([first, refused, in_doubt])
        for request in (first, refused, in_doubt):
            journal.intent(request, 1, Bounds(9, 4))
        journal.submitted(first, 1, 12)
        journal.refused(refused, 1)
        journal.state(first, 1, "CLOSED")
        journal.placed(first, 1, a_placed_image())
        journal.outcome(an_outcome(request=first))
        journal.end(Ending.INTERRUPTED)
    with WrittenJournal(tmp_path, now=lambda: 6.0) as journal:
        journal.plan([in_doubt], server="https://hub")
        journal.resume(in_doubt, journal.history.submissions[2])
        journal.submitted(in_doubt, 1, 14)
        journal.outcome(a_failed_outcome(request=in_doubt, reason="full"))
        journal.outcome(a_failed_outcome(request=first, attempt=7, reason="refused before"))
    history = read_journal(tmp_path)
    built, second, third = history.submissions
    assert built.slot == Slot("Server", ("x86_64",), "image-0", "guest-image", "osbuildImage")
    assert (built.block, built.sent) == (block_digest(first), sent_digest(first))
    assert (built.version, built.base_release, built.nvr) == ("1", "5", "image-0-1-5")
    assert (built.bounds, built.time, built.changed) == (Bounds(9, 4), 5.0, 5.0)
    assert (built.task_id, built.state, built.outcome) == (12, "CLOSED", OutcomeKind.BUILT)
    assert built.placed == (ImagePlaced(0, a_placed_image().path, 3),)
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
    (never,) = history.never
    assert (never[0].slot.name, never[0].reason) == ("image-0", "refused before")


def test_a_submission_of_which_nobody_knows_is_in_doubt() -> None:
    """Killed in between: there may be a task, so its N-V-R may be this compose's own."""
    history = read(RUN, PLAN, an_intent(0), an_intent(1, nvr="b-1-1"))
    assert [one.in_doubt for one in history.submissions] == [True, True]
    assert history.nvrs == {"a-1-1", "b-1-1"}


def test_beginning_anew_forgets_submissions_and_no_task() -> None:
    """The tasks are still known by their ids: none of them is ever taken for a new one."""
    anew = {**PLAN, "anew": True}
    history = read(RUN, PLAN, an_intent(), a_submission(5), RUN, anew)
    assert history.submissions == ()
    assert history.tasks == {5}
    assert history.next_intent == 1
    assert read(RUN, PLAN, an_intent(), a_submission(5), RUN, anew, a_submission(6)).damage
    again = read(RUN, PLAN, an_intent(), a_submission(5), RUN, anew, an_intent(1))
    assert [one.intent for one in again.submissions] == [1]


def test_a_torn_end_is_passed_over() -> None:
    """Its run was killed while it wrote it, so it has not acted on it."""
    whole = lines(RUN, PLAN, an_intent(), a_submission(5))
    torn = lines(an_intent(1, nvr="b-1-1"), after=whole)
    for size in range(len(torn)):
        assert replay(whole + torn[:size]) == replay(whole)
    assert replay(whole + torn) != replay(whole)


@pytest.mark.parametrize("version", [2, VERSION + 1, "3", None])
def test_a_journal_of_another_version_is_refused_by_name(version: Any, tmp_path: Path) -> None:
    """Nobody knows what it says was submitted."""
    path = tmp_path / FOLDER / NAME
    path.parent.mkdir(parents=True)
    foreign = json.dumps({"v": version, **RUN}).encode() + b"\n"
    for content in (foreign, lines({"v": version, **RUN}), foreign * 2 + lines(PLAN)):
        path.write_bytes(content)
        with pytest.raises(InputError, match="is of version") as caught:
            read_journal(tmp_path)
        assert repr(version) in caught.value.reason
        assert "--rebuild-all" in caught.value.solution
        with pytest.raises(InputError, match="is of version"):
            WrittenJournal(tmp_path, now=lambda: 1.0).__enter__()
        assert path.read_bytes() == content


# Damage


def a_journal() -> bytes:
    """Return the journal of two runs, with an event of each kind."""
    return lines(
        RUN,
        PLAN,
        an_intent(),
        a_submission(5),
        an_intent(1, nvr="b-1-1"),
        {"event": "refused", "time": 5.0, "intent": 1},
        {"event": "end", "time": 6.0, "how": "interrupted", "hub_gone": False},
        RUN,
        PLAN,
        {"event": "resumed", "time": 7.0, "intent": 0, "state": "CANCELED", "waiting": True},
        {"event": "state", "time": 7.0, "intent": 0, "state": "CLOSED"},
        {"event": "placed", "time": 7.5, "intent": 0, "path": "a/b", "size": 3},
        an_outcome_entry(0, time=8.0),
        {"event": "end", "time": 9.0, "how": "finished", "hub_gone": False},
    )


def is_refused(content: bytes) -> bool:
    return replay(content).damage is not None


@pytest.mark.parametrize("bit", range(8))
def test_every_bit_that_flips_is_noticed(bit: int) -> None:
    """Wherever it is, in the last line, in its end and in the first, too."""
    content = a_journal()
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << bit
        assert is_refused(bytes(flipped)), (place, bytes(flipped[place - 20 : place + 20]))


def test_every_cut_is_what_a_crash_leaves() -> None:
    """What the whole lines say, and nothing of the torn one; what follows it can be read."""
    content = a_journal()
    for size in range(len(content)):
        whole = content[: content[:size].rfind(b"\n") + 1]
        assert replay(content[:size]) == replay(whole)
        assert not is_refused(content[:size])


def test_a_line_is_refused_wherever_it_is_lost_doubled_or_moved() -> None:
    """Also where what is left would make sense; the end alone can be missing."""
    every = a_journal().splitlines(keepends=True)
    for one in range(len(every)):
        before, line, rest = every[:one], every[one], every[one + 1 :]
        assert is_refused(b"".join([*before, line, line, *rest]))
        assert is_refused(b"".join([*before, b"\0" * (len(line) - 1) + b"\n", *rest]))
        assert is_refused(b"".join([*before, b"\0" * len(line), *rest])) is bool(rest)
        assert is_refused(b"".join([*before, line[:-1] + b"\r\n", *rest]))
        assert is_refused(b"".join([*before, b"\n", line, *rest]))
        assert is_refused(b"".join([*before, *rest])) is bool(rest)
        for other in range(len(rest)):
            swapped = [*before, rest[other], *rest[:other], line, *rest[other + 1 :]]
            assert is_refused(b"".join(swapped))


@pytest.mark.parametrize("kept", [0, 1, 30])
def test_what_a_power_cut_leaves_of_the_last_line_is_passed_over(kept: int) -> None:
    """It had not reached the disk, so nobody has acted on it: a piece of it, then NULs."""
    whole = lines(RUN, PLAN)
    line = lines(an_intent(), after=whole)
    torn = line[:kept] + b"\0" * (len(line) - kept)
    assert replay(whole + torn) == replay(whole)
    assert is_refused(whole + torn + b"\n")
    assert is_refused(whole + torn[:-1] + b"x")


def test_a_line_glued_to_a_torn_one_is_refused() -> None:
    """Whoever did that has not read where the journal ends."""
    whole = lines(RUN, PLAN)
    torn = lines(an_intent(), after=whole)[:-20]
    for between in (b"", b"\n"):
        history = replay(whole + torn + between + lines(RUN, after=whole))
        assert history.damage is not None and history.damage.line == 3


@pytest.mark.parametrize(
    "garbage",
    [
        a_submission("7"),
        a_submission(None),
        a_submission(7, intent=4),
        a_submission(7, intent=None),
        {"event": "refused", "time": 1.0, "intent": 1},
        {"event": "state", "time": 1.0, "intent": 1, "state": "OPEN"},
        {"event": "placed", "time": 1.0, "intent": 1, "path": "a", "size": 1},
        {"event": "placed", "time": 1.0, "intent": 0, "path": "../a", "size": 1},
        {"event": ["submitted"], "task_id": 7},
        {"event": "what-a-later-version-says", "time": 1.0},
        an_intent(0),
        an_intent(2),
        an_intent(1, nvr=["x"]),
        an_intent(1, time=float("nan")),
        an_intent(1, time=-1),
        an_intent(1, time=True),
        an_intent([1]),
        {"event": "intent"},
        {**PLAN, "requests": [{}]},
        {**PLAN, "anew": 1},
        {"event": "end", "how": "well", "time": 1.0},
        {"event": "end", "how": "finished", "hub_gone": False},
        an_outcome_entry(0, outcome="odd"),
    ],
)
def test_what_no_run_says_is_refused(garbage: Dict[str, Any]) -> None:
    """Though its checksum is right. What was said before is known, as a whole."""
    before = lines(RUN, PLAN, an_intent())
    content = before + lines(garbage, after=before)
    history = replay(content + lines(a_submission(5), after=content))
    assert history.damage is not None
    assert (history.damage.line, bool(history.damage.why)) == (4, True)
    assert history.submissions == replay(before).submissions
    assert history.tasks == frozenset()


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
    {"event": "resumed", "time": 1.0, "intent": 0, "state": "OPEN", "waiting": False},
    {"event": "placed", "time": 1.0, "intent": 0, "path": "a/b", "size": 3},
    an_outcome_entry(0),
    an_outcome_entry(None, outcome="failed", reason="x"),
    {"event": "end", "time": 1.0, "how": "finished", "hub_gone": False},
    {"event": "end", "time": 1.0, "how": "interrupted", "hub_gone": True},
]


def _bent(entry: Dict[str, Any], key: int, value: Any) -> Dict[str, Any]:
    name = sorted(entry)[key % len(entry)]
    return {**entry, name: value}


BENT = st.builds(_bent, st.sampled_from(GOOD), st.integers(0, 20), VALUES)


@given(
    st.lists(st.sampled_from(GOOD) | BENT, max_size=12).map(lambda some: lines(*some)),
    st.binary(max_size=20),
)
@example(b"", b"[" * 200000 + b"\n")
@example(b"", b"9" * 5000 + b"\n")
@example(b"", b'[]\n1\nnull\n"v"\n\n{}\n')
def test_no_content_raises(entries: bytes, garbage: bytes) -> None:
    """Whatever bytes are there; what is read holds together."""
    content = entries + garbage
    history = replay(content)
    assert all(isinstance(task, int) for task in history.tasks)
    assert {one.task_id for one in history.submissions} - {None} <= history.tasks
    assert all(one.intent < history.next_intent for one in history.submissions)


Step = Callable[[WrittenJournal, ImageRequest, int], None]
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
            with WrittenJournal(Path(folder), now=lambda: 5.0) as journal:
                anew = begins_anew and run == 1
                journal.plan([numbered(0)], anew)
                intended = set()
                for task, (number, step, intends) in enumerate(steps):
                    request = numbered(number)
                    if intends or (number not in intended and step < len(STEPS) - 1):
                        journal.intent(request, 1)
                        intended.add(number)
                    STEPS[step](journal, request, task + 100 * run)
                journal.end(Ending.FINISHED)
        content = (Path(folder) / FOLDER / NAME).read_bytes()
    whole = replay(content)
    assert whole.damage is None
    last = 0
    for size in sorted(cut % (len(content) + 1) for cut in cuts):
        history = replay(content[:size])
        assert history.tasks <= whole.tasks
        assert history.next_intent >= last
        last = history.next_intent
        if size and content[size - 1 : size] != b"\n":
            # A line that is not whole is as if it was not there.
            assert history == replay(content[: content[:size].rfind(b"\n") + 1])


def test_the_arguments_are_not_in_the_journal(tmp_path: Path) -> None:
    """They may hold passwords and keys; their digests tell two requests apart all the same."""
    from pungi_osbuild.model import JsonObject

    def secret(text: str) -> ImageRequest:
        users = {"users": [{"name": "root", "password": text}]}
        return a_request(config=an_image_config(customizations=JsonObject.from_conf(users)))

    with WrittenJournal(tmp_path, now=lambda: 5.0) as journal:
        journal.plan([secret("hunter2")])
        journal.intent(secret("hunter2"), 1)
        journal.intent(replace(secret("hunter3"), number=1), 1)
    assert b"hunter" not in (tmp_path / FOLDER / NAME).read_bytes()
    one, other = read_journal(tmp_path).submissions
    assert one.block != other.block


def test_what_was_journaled_without_a_method_was_of_osbuild() -> None:
    """Plans of older versions do not name it; their submissions belong to them all the same."""
    intent = an_intent()
    del intent["method"]
    history = read(RUN, PLAN, intent)
    assert history.submissions[0].slot == history.planned[0].slot
    assert history.planned[0].slot.method == "osbuildImage"
    other = read(RUN, PLAN, an_intent(method="imageBuilderBuild"))
    assert other.submissions[0].slot != other.planned[0].slot
