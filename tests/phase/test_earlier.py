"""What the journal says of earlier runs, whatever has become of the file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, List, Tuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pungi_osbuild.errors import InputError
from pungi_osbuild.phase.journal import VERSION, Earlier, Journal, earlier
from tests.values import a_request, an_image_config, an_outcome

RUN = {"event": "run"}
REFUSED = {"event": "refused", "request": 0, "attempt": 1}


def an_intent(request: Any = 0, attempt: Any = 1, nvr: Any = "a-1-1") -> Any:
    return {"event": "intent", "request": request, "attempt": attempt, "nvr": nvr}


def a_submission(task_id: Any, request: Any = 0, attempt: Any = 1) -> Any:
    return {"event": "submitted", "request": request, "attempt": attempt, "task_id": task_id}


def journal_of(topdir: Path) -> Path:
    path = topdir / "work" / "global" / "osbuild" / "journal.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def read(topdir: Path, content: bytes) -> Earlier:
    journal_of(topdir).write_bytes(content)
    return earlier(topdir)


def lines(*entries: Any, version: Any = VERSION) -> bytes:
    written = (json.dumps({"v": version, **entry}) + "\n" for entry in entries)
    return "".join(written).encode("utf-8")


def test_without_a_journal_there_was_nothing(tmp_path: Path) -> None:
    """A new compose; nothing is made by looking."""
    assert earlier(tmp_path) == Earlier()
    assert list(tmp_path.iterdir()) == []


def test_what_a_journal_writes_is_read(tmp_path: Path) -> None:
    """Two runs, two attempts, one that the hub refused, one of which nobody knows."""
    with Journal(tmp_path, now=lambda: 5.0) as journal:
        for number in range(3):
            config = an_image_config(name="image-%d" % number)
            journal.intent(a_request(number=number, config=config), attempt=1)
        journal.submitted(a_request(), attempt=1, task_id=12)
        journal.refused(a_request(number=1), attempt=1)
        journal.outcome(an_outcome())
    with Journal(tmp_path, now=lambda: 6.0) as journal:
        journal.intent(a_request(base_release="6"), attempt=2)
        journal.submitted(a_request(base_release="6"), attempt=2, task_id=7)
    nvrs = frozenset({"image-0-1-5", "image-2-1-5", "example-guest-1-6"})
    assert earlier(tmp_path) == Earlier((7, 12), nvrs, in_doubt=1)


def test_a_submission_of_which_nobody_knows_is_in_doubt(tmp_path: Path) -> None:
    """Killed in between: there may be a task, so its N-V-R may be this compose's own."""
    found = read(tmp_path, lines(RUN, an_intent(), an_intent(1, nvr="b-1-1")))
    assert found == Earlier((), frozenset({"a-1-1", "b-1-1"}), in_doubt=2)


def test_what_the_hub_refused_is_in_no_doubt(tmp_path: Path) -> None:
    """There is no task, and the N-V-R is not this compose's."""
    assert read(tmp_path, lines(RUN, an_intent(), REFUSED)) == Earlier()
    again = lines(RUN, an_intent(), REFUSED, RUN, an_intent(), a_submission(5))
    assert read(tmp_path, again) == Earlier((5,), frozenset({"a-1-1"}))


def test_another_runs_request_is_another(tmp_path: Path) -> None:
    """Numbers begin anew with each run."""
    content = lines(RUN, an_intent(nvr="a-1-1"), RUN, a_submission(5))
    assert read(tmp_path, content) == Earlier((5,), frozenset({"a-1-1"}), in_doubt=1)


def test_another_attempt_is_another(tmp_path: Path) -> None:
    """It has an N-V-R of its own."""
    content = lines(RUN, an_intent(nvr="a-1-1"), an_intent(attempt=2, nvr="a-1-2"), a_submission(5))
    assert read(tmp_path, content) == Earlier((5,), frozenset({"a-1-1", "a-1-2"}), in_doubt=1)


def test_torn_lines_are_passed_over(tmp_path: Path) -> None:
    """The last one of a run that was killed, also in the middle once another run has appended."""
    torn = lines(an_intent(1, nvr="b-1-1"))[:-20]
    whole = lines(RUN, an_intent(), a_submission(5))
    assert read(tmp_path, whole + torn) == Earlier((5,), frozenset({"a-1-1"}))
    again = lines(RUN, an_intent(nvr="c-1-1"), a_submission(6))
    found = read(tmp_path, whole + torn + b"\n" + again)
    assert found == Earlier((5, 6), frozenset({"a-1-1", "c-1-1"}))


@pytest.mark.parametrize("version", [VERSION + 1, "1", None])
def test_lines_of_another_version_are_passed_over(version: Any, tmp_path: Path) -> None:
    """Nobody knows what they mean."""
    content = lines(RUN, an_intent(), a_submission(5)) + lines(a_submission(6), version=version)
    assert read(tmp_path, content) == Earlier((5,), frozenset({"a-1-1"}))


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
        lines(an_intent(nvr=["x"]), {"event": "intent"}),
        lines(an_intent(request=[1])),
        lines(an_intent(request={}, attempt={})),
    ],
)
def test_garbage_is_passed_over(garbage: bytes, tmp_path: Path) -> None:
    """What is around it is read."""
    content = lines(RUN, an_intent()) + garbage + lines(a_submission(5), an_intent(9, nvr="z"))
    assert read(tmp_path, content).tasks == (5,)


def test_a_task_with_a_request_that_is_garbage_is_a_task(tmp_path: Path) -> None:
    """It was submitted, whatever its line says besides."""
    assert read(tmp_path, lines(a_submission(5, request=[1]))) == Earlier((5,))


def test_no_depth_of_nesting_raises(tmp_path: Path) -> None:
    """Whatever of it JSON can read."""
    for depth in range(0, 3000, 7):
        nested = "[" * depth + "]" * depth
        line = '{"v": 1, "event": "submitted", "task_id": 5, "request": [%s]}\n' % nested
        assert read(tmp_path, line.encode("utf-8")).tasks in ((5,), ())


def test_a_journal_that_cannot_be_read(tmp_path: Path) -> None:
    """It cannot be said what was submitted."""
    journal_of(tmp_path).mkdir()
    with pytest.raises(InputError, match=r"journal\.jsonl cannot be read") as caught:
        earlier(tmp_path)
    assert caught.value.solution


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)
ENTRIES = st.fixed_dictionaries(
    {"v": st.just(VERSION), "event": st.sampled_from(["run", "intent", "submitted", "refused"])},
    optional={
        "request": st.integers(0, 2) | VALUES,
        "attempt": st.integers(1, 2) | VALUES,
        "nvr": st.sampled_from(["a-1-1", "b-1-1"]) | VALUES,
        "task_id": st.integers(1, 9) | VALUES,
    },
)
PIECES = st.one_of(
    st.binary(max_size=20),
    ENTRIES.map(lambda entry: json.dumps(entry).encode("utf-8")),
    ENTRIES.map(lambda entry: json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace")),
    st.sampled_from([b"\n", b"\r\n", b"\x0b", b"{", b"\x00"]),
)


@given(st.lists(PIECES, max_size=12).map(b"\n".join) | st.binary())
@example(b"")
def test_no_content_raises(content: bytes) -> None:
    """Whatever bytes are there; tasks are numbers in order, each once, N-V-Rs are text."""
    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder), content)
    assert list(found.tasks) == sorted(set(found.tasks))
    assert all(isinstance(nvr, str) for nvr in found.nvrs)
    assert found.in_doubt >= 0


END = st.sampled_from(["submitted", "refused", "in doubt"])


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 99), END), max_size=8),
    st.binary(max_size=10),
)
def test_every_task_is_found(steps: List[Tuple[int, int, str]], tail: bytes) -> None:
    """Each that was submitted, with its N-V-R, however many runs; a torn tail takes none away."""
    entries: List[Any] = []
    tasks, nvrs = set(), set()
    for request, task_id, end in steps:
        nvr = "a-%d-%d" % (request, task_id)
        entries += [RUN, an_intent(request, nvr=nvr)]
        if end == "submitted":
            entries.append(a_submission(task_id, request))
            tasks.add(task_id)
        if end == "refused":
            entries.append({**REFUSED, "request": request})
        else:
            nvrs.add(nvr)
    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder), lines(*entries) + tail.replace(b"{", b"["))
    in_doubt = sum(end == "in doubt" for _, _, end in steps)
    assert found == Earlier(tuple(sorted(tasks)), frozenset(nvrs), in_doubt)
