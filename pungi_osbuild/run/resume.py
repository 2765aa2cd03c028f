"""
Resuming: what a run does with what earlier runs have submitted. Pure; asks nobody.

A plan and a journal are matched by slot: variant, arches, name and image type. What the config
asks for may have changed meanwhile, which a digest of the task's arguments tells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple, Union

from pungi_osbuild.hub import BuildState, KojiBuild, Task, TaskState
from pungi_osbuild.methods import block_digest
from pungi_osbuild.model import ImageRequest, OutcomeKind
from pungi_osbuild.run.history import History, Slot, Submission


class Rebuild(str, Enum):
    """What is built again of what was submitted before."""

    NOTHING = "nothing"
    CHANGED = "changed"
    ALL = "all"


@dataclass(frozen=True)
class Match:
    """
    A request, and what was submitted for it last.

    :param submission: None when nothing was
    :param changed: the config asks for something else by now
    """

    request: ImageRequest
    submission: Optional[Submission] = None
    changed: bool = False


@dataclass(frozen=True)
class ToSubmit:
    """
    A request that is to be submitted.

    :param last: what was submitted for it before, and came to nothing
    """

    request: ImageRequest
    last: Optional[Submission] = None
    changed: bool = False

    @property
    def attempt(self) -> int:
        """The number of the submission: what never was a task does not count."""
        if self.last is None:
            return 1
        return self.last.attempt if self.last.task_id is None else self.last.attempt + 1


@dataclass(frozen=True)
class InProgress:
    """
    A request whose task is there: it is watched, or what it has built is collected.

    :param request: with the release that the task has
    :param build_id: of the build that a task which was cancelled or failed has left, to be tagged
        and collected all the same; None: the task's own result says what it has built
    """

    request: ImageRequest
    submission: Submission
    task: Task
    build_id: Optional[int] = None
    changed: bool = False


@dataclass(frozen=True)
class OrphanedBuild:
    """A request whose task was cancelled, and whose build composer is still at work on."""

    request: ImageRequest
    submission: Submission
    task: Task


Decision = Union[ToSubmit, InProgress, OrphanedBuild]


def match(requests: Sequence[ImageRequest], history: History) -> Tuple[Match, ...]:
    """
    Return what was submitted last for each request, in their order.

    Where several requests have one slot, those that ask for the same are the same; the others are
    taken in their order.
    """
    by_slot: Dict[Slot, List[int]] = {}
    for position, request in enumerate(requests):
        by_slot.setdefault(Slot.of(request), []).append(position)
    found: Dict[int, Submission] = {}
    for slot, positions in by_slot.items():
        blocks = [block_digest(requests[position]) for position in positions]
        before = [one for one in history.submissions if one.slot == slot]
        for index, submission in _paired(blocks, before).items():
            found[positions[index]] = submission
    return tuple(
        Match(request, found.get(position), _is_changed(request, found.get(position)))
        for position, request in enumerate(requests)
    )


def _paired(blocks: Sequence[str], before: Sequence[Submission]) -> Dict[int, Submission]:
    """Return which of the submissions of a slot belongs to each of its requests."""
    if not before:
        return {}
    if len(blocks) == 1:
        return {0: before[-1]}
    last = {submission.block: submission for submission in before}
    paired = {index: last.pop(block) for index, block in enumerate(blocks) if block in last}
    waiting = (index for index in range(len(blocks)) if index not in paired)
    return {**paired, **dict(zip(waiting, last.values()))}


def _is_changed(request: ImageRequest, submission: Optional[Submission]) -> bool:
    return submission is not None and submission.block != block_digest(request)


def may_be_submitted(
    requests: Sequence[ImageRequest], history: History
) -> Tuple[ImageRequest, ...]:
    """Return the requests that a run may submit, as far as that can be said without the hub."""
    return tuple(
        one.request for one in match(requests, history) if not _is_in_progress(one.submission)
    )


def _is_in_progress(submission: Optional[Submission]) -> bool:
    """Whether a task was submitted, and nobody has said that it came to nothing."""
    return (
        submission is not None
        and submission.task_id is not None
        and submission.outcome in (None, OutcomeKind.BUILT)
    )


def removed_from_config(matches: Iterable[Match], history: History) -> Tuple[Submission, ...]:
    """Return what was submitted for a slot that the config does not have any more; the last of
    each.
    """
    kept = {Slot.of(one.request) for one in matches}
    last = {one.slot: one for one in history.submissions if not one.refused}
    return tuple(submission for slot, submission in last.items() if slot not in kept)


def decide(
    one: Match,
    rebuild: Rebuild,
    task: Optional[Task],
    build: Optional[KojiBuild],
    ours: Iterable[int],
) -> Decision:
    """
    Return what is to be done with a request.

    :param task: what the submission became; None: the hub knows of no task
    :param build: what the hub knows of the submission's N-V-R
    :param ours: the ids of all tasks that were submitted for this compose
    """
    submission = one.submission
    anew = rebuild is Rebuild.ALL or (one.changed and rebuild is Rebuild.CHANGED)
    if submission is None or submission.refused or task is None or anew:
        return ToSubmit(one.request, None if anew else submission, one.changed)
    request = as_submitted(one.request, submission)
    unseen = task.state is TaskState.FAILED and submission.outcome is None and not one.changed
    if not task.state.is_end or task.state is TaskState.CLOSED or unseen:
        return InProgress(request, submission, task, changed=one.changed)
    is_ours = build is not None and build.task_id in {*ours, task.id}
    if build is not None and build.state is BuildState.COMPLETE and is_ours:
        return InProgress(request, submission, task, build.id, one.changed)
    may_be_ours = build is not None and (build.task_id is None or is_ours)
    is_building = build is not None and build.state is BuildState.BUILDING
    if task.state is TaskState.CANCELED and is_building and may_be_ours and not one.changed:
        return OrphanedBuild(request, submission, task)
    return ToSubmit(one.request, submission, one.changed)


def as_submitted(request: ImageRequest, submission: Submission) -> ImageRequest:
    """Return a request with the version, the release and the attempt that were submitted."""
    return replace(
        request,
        version=submission.version,
        base_release=submission.base_release,
        attempt=submission.attempt,
    )


def reused_releases(
    to_submit: Sequence[ToSubmit], continued: Iterable[ImageRequest]
) -> Mapping[int, str]:
    """
    Return releases of the hub's that requests may have once more, by the requests' numbers.

    The one that the request had before, whose build came to nothing; or the one that another arch
    of its block has. Whether it can be had is for the hub to say.
    """
    siblings: Dict[Tuple[str, str], Set[str]] = {}
    for request in continued:
        if request.release_from_hub and request.base_release is not None:
            block = (request.variant, request.config.place)
            siblings.setdefault(block, set()).add(request.base_release)
    found: Dict[int, str] = {}
    for one in to_submit:
        request = one.request
        if not request.release_from_hub:
            continue
        last = None if one.last is None or one.changed else one.last.base_release
        others = siblings.get((request.variant, request.config.place), set())
        base = last or (min(others) if len(others) == 1 else None)
        if base is not None:
            found[request.number] = base
    return found
