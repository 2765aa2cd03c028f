"""
What must hold, whatever happens: each a function with a sentence, which gives what it finds wrong.

They share no code with what runs requests: they read the hub's own record, the files of the
composes with ``open`` and ``json``, and what the runs said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

from simulation import causes
from simulation.compose_files import ComposeFiles, journal_lines, replay
from simulation.record import Ended, HubBuild, HubTask, Record, Run, Slot, ToldOutcome

POLLS_APART = 0.999
"""Seconds between two polls of a run, at least: it says one; a clock may round."""

MOST_A_SECOND = 30 + 12 + 1 + 2
"""Requests of a run in any second: rate, burst and one, and two that were on their way."""

Check = Callable[[Record], Iterator[str]]


@dataclass(frozen=True)
class Invariant:
    """
    Something that must hold.

    :param words: the sentence that says it
    """

    name: str
    words: str
    check: Check


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, and what was found."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return "%s: %s" % (self.invariant, self.what)


INVARIANTS: List[Invariant] = []


def invariant(check: Check) -> Check:
    """Take a check into the list; the first sentence of its docstring says what must hold."""
    words = " ".join((check.__doc__ or "").split())
    INVARIANTS.append(Invariant(check.__name__, words, check))
    return check


def violations(record: Record) -> Tuple[Violation, ...]:
    """Return everything that does not hold."""
    return tuple(Violation(one.name, what) for one in INVARIANTS for what in one.check(record))


# Tasks and builds, as the hub has them


@invariant
def a_request_has_one_task_at_a_time(record: Record) -> Iterator[str]:
    """Each request has at most one task at a time, but where a run was to build it again."""
    for slot, tasks in _by_slot(record).items():
        for earlier, later in zip(tasks, tasks[1:]):
            if earlier.overlaps(later) and not _is_rebuilt(record, slot, earlier, later):
                yield "%s: task %d was made while task %d was in progress" % (
                    *(slot, later.id, earlier.id),
                )


@invariant
def a_request_is_not_built_twice(record: Record) -> Iterator[str]:
    """No request is built a second time, but where a run was to, or somebody was told to wait."""
    for slot, tasks in _by_slot(record).items():
        built = [(task, build) for task in tasks for build in [record.build_of(task)] if build]
        complete = [(task, build) for task, build in built if build.state == "COMPLETE"]
        for (earlier, before), (later, after) in zip(complete, complete[1:]):
            if earlier.edition != later.edition:
                continue
            if _is_rebuilt(record, slot, earlier, later) or _is_told(record, slot, before):
                continue
            yield "%s: %s (task %d) was built, and then %s (task %d)" % (
                *(slot, before.nvr, earlier.id, after.nvr, later.id),
            )


@invariant
def every_task_was_intended(record: Record) -> Iterator[str]:
    """The journal has the intent of every task before the hub has the task."""
    for compose in record.settled:
        intended = _intended(record.composes[compose])
        for task in record.tasks:
            is_ours = task.slot is not None and task.slot.compose == compose
            if is_ours and task.nvr not in intended:
                yield "%s: no line intends %s, which is task %d" % (task.slot, task.nvr, task.id)


@invariant
def a_task_is_cancelled_for_a_cause(record: Record) -> Iterator[str]:
    """A run cancels only tasks of its own, for a timeout, fail-fast or because it was stopped."""
    runs = {run.name: run for run in record.runs}
    tasks = {task.id: task for task in record.tasks}
    for exchange in record.exchanges:
        for method, arguments in exchange.calls:
            if method != "cancelTask":
                continue
            task, run = tasks.get(int(arguments[0])), runs[exchange.run]
            if task is None or task.slot is None or task.slot.compose != run.compose:
                yield "%s cancelled task %s, which is not its own" % (run.name, arguments[0])
            elif causes.of_cancelling(record, run, task, exchange.at) is None:
                yield "%s cancelled task %d (%s) for no cause" % (run.name, task.id, task.slot)


# What is recorded


@invariant
def what_was_built_is_recorded(record: Record) -> Iterator[str]:
    """Nothing built and finished is missing from images.json, osbuild.json and the disk."""
    for compose, run in _just_ended(record, Ended.RESULT):
        files = ComposeFiles(record.composes[compose])
        for slot in run.slots:
            if slot not in {outcome.slot for outcome in run.outcomes}:
                yield "%s: %s says nothing of it" % (slot, run.name)
        for outcome in run.outcomes:
            if outcome.kind == "built":
                yield from _unrecorded(record, files, outcome)


@invariant
def what_was_recorded_stays(record: Record) -> Iterator[str]:
    """No image that a run has recorded is lost later, unless the same image was built again."""
    for compose, _run in _just_ended(record, Ended.RESULT):
        files, runs = ComposeFiles(record.composes[compose]), record.runs_of(compose)
        removed = {one.whom for one in record.happened("remove-image")}
        for number, run in enumerate(runs):
            later = [
                one.slot for other in runs[number + 1 :] for one in other.outcomes if one.images
            ]
            for outcome in run.outcomes:
                for path in outcome.images if outcome.slot not in later else ():
                    if path not in files.recorded:
                        yield "%s: %s is not in osbuild.json any more" % (outcome.slot, path)
                    elif not files.has(path) and path not in removed:
                        yield "%s: %s is not there any more" % (outcome.slot, path)


@invariant
def what_is_recorded_has_the_right_bytes(record: Record) -> Iterator[str]:
    """Everything recorded has Koji's bytes; after a power cut, once a run has been over it."""
    archives = {one.archive_id: one for build in record.builds for one in build.files}
    for compose in record.settled:
        files, run = ComposeFiles(record.composes[compose]), record.last_run(compose)
        if files.damage is not None:
            yield "%s: %s" % (compose, files.damage)
        # Images are not flushed (decision 16), and a person may remove one.
        is_harmed = bool(record.happened("power-cut", "remove-image")) or any(
            not one.verify for one in record.runs_of(compose)
        )
        verified = {path for one in (run.outcomes if run else ()) for path in one.images}
        for path, entry in files.recorded.items():
            if is_harmed and path not in verified:
                continue
            flaw = files.flaw(path, entry)
            archive = archives.get(entry["koji"]["archive_id"])
            if flaw is None and archive is None:
                flaw = "Koji has no archive %s" % entry["koji"]["archive_id"]
            if flaw is None and archive is not None and files.md5(path) != archive.md5:
                flaw = "it is not the file that Koji has"
            if flaw is not None:
                yield "%s: %s: %s" % (compose, path, flaw)


@invariant
def what_others_have_stays(record: Record) -> Iterator[str]:
    """Files and entries of others in the compose stay as they are."""
    for compose in record.settled:
        files = ComposeFiles(record.composes[compose])
        for path, content in record.foreign.get(compose, {}).items():
            if files.content(path) != content:
                yield "%s: %s was changed" % (compose, path)
            if path.endswith(".iso") and path not in files.in_images_json:
                yield "%s: images.json has lost %s" % (compose, path)


@invariant
def nothing_unfinished_stays(record: Record) -> Iterator[str]:
    """A run that ended properly leaves no lock, no temporary file and no unrecorded image."""
    for compose, run in _just_ended(record, Ended.RESULT, Ended.INTERRUPTED, Ended.ERROR):
        topdir = record.composes[compose]
        if (topdir / "work/global/osbuild/lock").exists() and "is in progress" not in run.said:
            yield "%s: its lock is left after %s" % (compose, run.name)
        if run.how is not Ended.RESULT:
            continue
        files = ComposeFiles(topdir)
        for path in sorted((topdir / "compose").rglob("*")):
            below = str(path.relative_to(topdir / "compose"))
            if path.name.endswith(".part"):
                yield "%s: %s is left after %s" % (compose, below, run.name)
            elif _is_image(below) and not _is_accounted_for(record, run, files, below):
                yield "%s: %s is there and not recorded" % (compose, below)


# What is said


@invariant
def every_failure_has_a_cause(record: Record) -> Iterator[str]:
    """Every failure says why, and what happened, or the hub's record, bears it out."""
    for run in record.runs:
        if run.how is Ended.ERROR and causes.of_error(record, run) is None:
            yield "%s raised %s for no cause: %s" % (run.name, run.error, run.said)
        for outcome in run.outcomes:
            if outcome.kind == "built":
                continue
            if not outcome.reason:
                yield "%s: %s, and %s does not say why" % (outcome.slot, outcome.kind, run.name)
            elif causes.of_outcome(record, run, outcome) is None:
                yield "%s: %s (%s) for no cause: %s" % (
                    *(outcome.slot, outcome.kind, run.name, outcome.reason),
                )


@invariant
def there_is_no_defect(record: Record) -> Iterator[str]:
    """Nothing ends in an exception that is not for people, nor in "BUG"."""
    for run in record.runs:
        if run.how is Ended.ERROR and (not run.is_ours or "BUG" in run.said):
            yield "%s raised %s: %s" % (run.name, run.error, run.said)
        for outcome in run.outcomes:
            if "BUG" in (outcome.reason or ""):
                yield "%s: %s: %s" % (run.name, outcome.slot, outcome.reason)


@invariant
def what_is_left_behind_is_listed(record: Record) -> Iterator[str]:
    """Every build and every upload that came into no compose is listed somewhere."""
    for compose, _run in _just_ended(record, Ended.RESULT):
        files = ComposeFiles(record.composes[compose])
        used = {entry["koji"]["nvr"] for entry in files.recorded.values()}
        used |= _built_before(record, compose)
        for slot, tasks in _by_slot(record).items():
            if slot.compose != compose:
                continue
            for task in tasks:
                build = record.build_of(task)
                is_there = build is not None and build.state in ("COMPLETE", "BUILDING")
                if is_there and task.nvr not in used and not _is_told(record, slot, build):
                    yield "%s: nobody was told of %s (task %d)" % (slot, task.nvr, task.id)
        for name, key in record.cloud_names:
            owner = next((one for one in record.tasks if one.nvr in key.split()), None)
            if owner is None or owner.slot is None or owner.slot.compose != compose:
                continue
            if owner.nvr not in used and not _is_upload_told(record, owner, name[0]):
                yield "%s: nobody was told of %s" % (owner.slot, " ".join(name))


@invariant
def no_secret_gets_out(record: Record) -> Iterator[str]:
    """No secret is in a file of a compose, in a log, in an error or in an outcome."""
    signature = re.compile(r"X-Amz-Signature=[0-9a-f]{8}")
    for run in record.runs:
        texts = [run.said, *run.log, *(str(outcome) for outcome in run.outcomes)]
        for text in texts:
            if any(secret in text for secret in record.secrets) or signature.search(text):
                yield "%s said a secret: %s" % (run.name, text[:200])
    for compose in record.settled:
        for path in sorted(record.composes[compose].rglob("*")):
            if not path.is_file() or path.suffix in (".qcow2", ".raw", ".xz", ".iso"):
                continue
            content = path.read_bytes().decode("utf-8", "replace")
            if any(secret in content for secret in record.secrets) or signature.search(content):
                yield "%s holds a secret" % path.relative_to(record.composes[compose])


@invariant
def the_journal_says_what_happened(record: Record) -> Iterator[str]:
    """The journal is whole but for a torn end, and replays to what the run said."""
    for compose in record.settled:
        run, folder = record.last_run(compose), record.composes[compose] / "work/global/osbuild"
        lines, flaw = journal_lines(folder / "journal.jsonl")
        if flaw is not None:
            yield "%s: the journal %s" % (compose, flaw)
        # A line that could not be written is said in the log; what it said is found out again.
        if run is None or run.how is not Ended.RESULT or causes.of_disk(record, run) is not None:
            continue
        if not lines or (lines[-1]["event"], lines[-1].get("how")) != ("end", "finished"):
            yield "%s: the journal does not say that %s has ended" % (compose, run.name)
        replayed = replay(lines)
        for outcome in run.outcomes:
            key = ("image-%s" % outcome.slot.block, outcome.slot.arches)
            found = replayed.get(key, {})
            if outcome.task_id is None:
                continue
            if (found.get("task_id"), found.get("outcome")) != (outcome.task_id, outcome.kind):
                yield "%s: the journal says %s of task %s" % (
                    *(outcome.slot, found.get("outcome"), found.get("task_id")),
                )
            if not set(outcome.images) <= set(found.get("placed", ())):
                yield "%s: the journal has not all of its images" % outcome.slot


# Pace and time


@invariant
def polls_are_a_second_apart(record: Record) -> Iterator[str]:
    """One run sends at most one poll a second."""
    last: Dict[str, Tuple[float, bool]] = {}
    for exchange in record.exchanges:
        if not any(_is_poll(method, arguments) for method, arguments in exchange.calls):
            continue
        at, was_answered = last.get(exchange.run, (-1e9, True))
        # A poll that was not answered is sent once more at once.
        if was_answered and exchange.at - at < POLLS_APART:
            yield "%s polled at %.3f and at %.3f" % (exchange.run, at, exchange.at)
        last[exchange.run] = (exchange.at, exchange.is_answered)


@invariant
def the_rate_limit_holds(record: Record) -> Iterator[str]:
    """In no second one run sends more requests than rate and burst allow."""
    sent: Dict[str, List[float]] = {}
    for exchange in record.exchanges:
        sent.setdefault(exchange.run, []).append(exchange.at)
    for run, times in sent.items():
        for first, last in zip(times, times[MOST_A_SECOND:]):
            if last - first < 1.0:
                yield "%s sent more than %d requests after %.3f" % (run, MOST_A_SECOND, first)
                break


@invariant
def every_run_ends_in_time(record: Record) -> Iterator[str]:
    """Every run ends within its bounds of virtual time."""
    for run in record.runs:
        if run.how is Ended.HUNG:
            yield "%s had not ended %.0f s after it began" % (run.name, run.bound - run.began)


@invariant
def the_night_ends_well(record: Record) -> Iterator[str]:
    """When nothing goes wrong any more, each compose is built, but for what cannot be built."""
    for compose in sorted(record.composes) if record.over else ():
        run = record.last_run(compose)
        if run is None or run.how is not Ended.RESULT:
            yield "%s ended with %s" % (compose, "no run" if run is None else run.said or run.how)
            continue
        for outcome in run.outcomes:
            if outcome.kind != "built" and causes.of_lasting(record, run, outcome) is None:
                yield "%s is %s in the end, and need not be: %s" % (
                    *(outcome.slot, outcome.kind, outcome.reason),
                )


def _by_slot(record: Record) -> Dict[Slot, List[HubTask]]:
    found: Dict[Slot, List[HubTask]] = {}
    for task in record.tasks:
        if task.slot is not None:
            found.setdefault(task.slot, []).append(task)
    return found


def _is_rebuilt(record: Record, slot: Slot, earlier: HubTask, later: HubTask) -> bool:
    """Whether a run that was to build a request again has made the later task."""
    for run in record.runs_of(slot.compose):
        wants = run.rebuild == "all" or (
            run.rebuild == "changed" and earlier.edition != later.edition
        )
        ended = run.ended if run.ended is not None else float("inf")
        if wants and earlier.created <= run.began <= later.created <= ended:
            return True
    return False


def _is_told(record: Record, slot: Slot, build: Optional[HubBuild]) -> bool:
    """Whether a run has said that a build is, or may be, left behind."""
    if build is None:
        return False
    for run in record.runs_of(slot.compose):
        for outcome in run.outcomes:
            if any(name == build.nvr for _, name in outcome.leftovers):
                return True
        task = r"\b%s\b|\b%s\b" % (re.escape(build.nvr), build.task_id)
        if re.search(task, run.said) or any(
            re.search(task, line) for line in run.log if "left alone" in line
        ):
            return True
    return False


def _is_upload_told(record: Record, owner: HubTask, provider: str) -> bool:
    assert owner.slot is not None
    return any(
        place == provider
        for run in record.runs_of(owner.slot.compose)
        for outcome in run.outcomes
        if outcome.slot == owner.slot
        for place, _ in outcome.leftovers
    ) or _is_told(record, owner.slot, record.build_of(owner))


def _built_before(record: Record, compose: str) -> Set[str]:
    """Return the N-V-Rs whose images were recorded once."""
    built = {
        outcome.task_id
        for run in record.runs_of(compose)
        for outcome in run.outcomes
        if outcome.kind == "built"
    }
    return {task.nvr for task in record.tasks if task.id in built}


def _just_ended(record: Record, *how: Ended) -> Iterator[Tuple[str, Run]]:
    """Give the composes whose last run has come to one of these ends."""
    for compose in record.settled:
        run = record.last_run(compose)
        if run is not None and run.how in how:
            yield compose, run


def _unrecorded(record: Record, files: ComposeFiles, outcome: ToldOutcome) -> Iterator[str]:
    if not outcome.images:
        yield "%s: built, without an image" % outcome.slot
    for path in outcome.images:
        entry = files.recorded.get(path)
        if entry is None:
            yield "%s: osbuild.json has no %s" % (outcome.slot, path)
        elif entry["in_images_json"] and path not in files.in_images_json:
            yield "%s: images.json has no %s" % (outcome.slot, path)
        if not files.has(path):
            yield "%s: there is no %s" % (outcome.slot, path)
    archives = {entry["koji"]["archive_id"] for entry in files.recorded.values()}
    task = next((one for one in record.tasks if one.id == outcome.task_id), None)
    build = None if task is None else record.build_of(task)
    for file in build.files if build is not None else ():
        if file.archive_id not in archives:
            yield "%s: %s was built and is not recorded" % (outcome.slot, file.filename)


def _is_poll(method: str, arguments: Tuple[Any, ...]) -> bool:
    options = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
    return method == "listTasks" and "completeAfter" in options


def _is_image(path: str) -> bool:
    return "/images/" in path and not path.endswith(("SUM", ".part"))


def _is_accounted_for(record: Record, run: Run, files: ComposeFiles, path: str) -> bool:
    """Whether a file is recorded, another's, or in the way of a run that said so."""
    return (
        path in files.recorded
        or path in record.foreign.get(run.compose, {})
        or any(path in (outcome.reason or "") for outcome in run.outcomes)
    )


def _intended(topdir: Path) -> Set[str]:
    """Return the N-V-Rs that the journals of a compose intend, those set aside included."""
    found: Set[str] = set()
    for path in sorted((topdir / "work/global/osbuild").glob("journal*.jsonl")):
        lines, _ = journal_lines(path)
        found.update(line["nvr"] for line in lines if line["event"] == "intent")
    return found
