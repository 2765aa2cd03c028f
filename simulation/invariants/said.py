"""What runs say: causes, leftovers, secrets, the journal."""

from __future__ import annotations

import re
from typing import Iterator, Optional, Set

from simulation import causes
from simulation.compose_files import ComposeFiles, journal_lines, replay
from simulation.invariants.checking import by_slot, invariant, is_told, just_ended
from simulation.record import (
    CLOUD_NAME,
    Ended,
    HubBuild,
    HubTask,
    Record,
)


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
    for compose, _run in just_ended(record, Ended.RESULT):
        files = ComposeFiles(record.composes[compose])
        used = {entry["koji"]["nvr"] for entry in files.recorded.values()}
        used |= _built_before(record, compose)
        for slot, tasks in by_slot(record).items():
            if slot.compose != compose:
                continue
            for task in tasks:
                build = record.build_of(task)
                is_there = build is not None and build.state in ("COMPLETE", "BUILDING")
                # What could not be placed is told of by the failure, and taken by the next run.
                if _is_outcome_of(record, task, build):
                    continue
                if is_there and task.nvr not in used and not is_told(record, slot, build):
                    yield "%s: nobody was told of %s (task %d)" % (slot, task.nvr, task.id)
        recorded = {str(one) for entry in files.recorded.values() for one in entry["cloud"]}
        if record.has_fault("lost-upload"):
            continue  # of an upload that composer itself has lost nobody can tell
        for provider, *_, name in record.cloud_names:
            is_others = any(one.whom.endswith(name) for one in record.happened("take-cloud-name"))
            is_ours = name.startswith(CLOUD_NAME % (compose, "")) and not is_others
            block = name.split("-")[2] if is_ours else None
            is_used = any(name in text for text in recorded)
            # Of an upload that composer itself has lost nobody can tell.
            is_lost = record.has_fault("lost-upload")
            if (
                block
                and not is_lost
                and not is_used
                and not _is_upload_told(record, compose, block, provider)
            ):
                yield "%s/%s: nobody was told of %s in %s" % (compose, block, name, provider)


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


def _is_outcome_of(record: Record, task: HubTask, build: Optional[HubBuild]) -> bool:
    """Whether a run has said that what a task has built could not be placed."""
    names = [file.filename for file in build.files] if build is not None else []
    return any(
        outcome.task_id == task.id
        and outcome.reason
        and (task.state == "CLOSED" or any(name in outcome.reason for name in names))
        for run in record.runs
        for outcome in run.outcomes
    )


def _is_upload_told(record: Record, compose: str, block: str, provider: str) -> bool:
    """Whether a run has said that something of a block's is, or may be, left in a cloud."""
    told = any(
        place == provider
        for run in record.runs_of(compose)
        for outcome in run.outcomes
        if outcome.slot.block == block
        for place, _ in outcome.leftovers
    )
    return told or any(
        is_told(record, task.slot, record.build_of(task))
        for task in record.tasks
        if task.slot is not None and (task.slot.compose, task.slot.block) == (compose, block)
    )


def _built_before(record: Record, compose: str) -> Set[str]:
    """Return the N-V-Rs whose images were recorded once."""
    built = {
        outcome.task_id
        for run in record.runs_of(compose)
        for outcome in run.outcomes
        if outcome.kind == "built"
    }
    return {task.nvr for task in record.tasks if task.id in built}
