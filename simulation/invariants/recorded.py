"""What is recorded in a compose, and the files that are there."""

from __future__ import annotations

from typing import Iterator

from simulation import causes
from simulation.compose_files import ComposeFiles
from simulation.invariants.checking import invariant, just_ended
from simulation.record import (
    POWER_CUTS,
    Ended,
    Record,
    Run,
    ToldOutcome,
)


@invariant
def what_was_built_is_recorded(record: Record) -> Iterator[str]:
    """Nothing built and finished is missing from images.json, osbuild.json and the disk."""
    for compose, run in just_ended(record, Ended.RESULT):
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
    for compose, _run in just_ended(record, Ended.RESULT):
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
        is_harmed = bool(record.happened(*POWER_CUTS, "remove-image")) or any(
            not one.verify for one in record.runs_of(compose)
        )
        outcomes = () if run is None or _is_cut_since(record, run) else run.outcomes
        verified = {path for one in outcomes for path in one.images}
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
    for compose, run in just_ended(record, Ended.RESULT, Ended.INTERRUPTED, Ended.ERROR):
        topdir = record.composes[compose]
        is_locked = (topdir / "work/global/osbuild/lock").exists()
        # Where nothing could be removed it is left, and says that its process is no more.
        if is_locked and not causes.of_disk(record, run) and not _is_cut_since(record, run):
            yield "%s: its lock is left after %s" % (compose, run.name)
        if run.how is not Ended.RESULT:
            continue
        files = ComposeFiles(topdir)
        for path in sorted((topdir / "compose").rglob("*")):
            below = str(path.relative_to(topdir / "compose"))
            if path.name.endswith(".part") and not causes.of_disk(record, run):
                yield "%s: %s is left after %s" % (compose, below, run.name)
            elif _is_image(below) and not _is_accounted_for(record, run, files, below):
                yield "%s: %s is there and not recorded" % (compose, below)


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


def _is_cut_since(record: Record, run: Run) -> bool:
    """Whether the power was cut after a run had ended."""
    return run.ended is not None and any(one.at > run.ended for one in record.happened(*POWER_CUTS))


def _is_image(path: str) -> bool:
    return "/images/" in path and not path.endswith(("SUM", ".part"))


def _is_accounted_for(record: Record, run: Run, files: ComposeFiles, path: str) -> bool:
    """Whether a file is recorded, another's, or in the way of a run that said so."""
    return (
        path in files.recorded
        or path in record.foreign.get(run.compose, {})
        or any(path in (outcome.reason or "") for outcome in run.outcomes)
        or any(path.rpartition("/")[2].startswith(nvr + ".") for nvr in _left(record, run))
    )


def _left(record: Record, run: Run) -> Iterator[str]:
    """
    Give the N-V-Rs whose images a run that was killed may have left in their places.

    A later run that cannot take all of them leaves them alone: nothing tells it whose they are.
    """
    before = [one for one in record.runs_of(run.compose) if one.began < run.began]
    nvrs = [one.nvr for one in run.outcomes if one.kind != "built" and one.nvr is not None]
    for killed in (one for one in before if one.how is Ended.CRASH):
        nvrs.extend(
            task.nvr
            for task in record.tasks
            if task.slot is not None
            and task.slot.compose == run.compose
            and task.created <= (killed.ended or run.began)
            and task.nvr not in {one.nvr for one in run.outcomes}
        )
    for nvr in nvrs if any(one.how is Ended.CRASH for one in before) else ():
        base, _, arch = nvr.rpartition(".")
        yield base if arch in ("aarch64", "x86_64") else nvr
