"""What differs between the images of two composes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.metadata import ImageRecord, OsbuildRecord, TaskRecord
from pungi_osbuild.model import Arch, OutcomeKind
from pungi_osbuild.report.units import duration_text, size_text
from pungi_osbuild.run import RequestStatus

SMALL = 1.0
"""Per cent: nightly images differ by less all the time."""

MUCH_LONGER = 1.5
"""Times as long as before: what is worth a look."""

LEAST_LONGER = 60.0
"""Seconds more than before: less says nothing of an image that is built in some."""


@dataclass(frozen=True)
class Subject:
    """
    What is compared: an image block for a variant and arch, whatever its version and release.

    :param name: the N of the N-V-R; "" where no N-V-R was ever allocated
    """

    variant: str
    arches: Tuple[Arch, ...]
    name: str
    image_type: str

    @property
    def title(self) -> str:
        """What to call it."""
        return self.name or self.image_type


@dataclass(frozen=True)
class SizeChange:
    """
    An image that has grown or shrunk.

    :param before: bytes
    :param after: bytes
    """

    subject: Subject
    before: int
    after: int

    @property
    def percent(self) -> float:
        """By how much, of the size before."""
        return 100.0 * (self.after - self.before) / self.before if self.before else 100.0

    @property
    def text(self) -> str:
        """Both sizes, and by how much."""
        return "%s to %s (%+.1f %%)" % (
            size_text(self.before),
            size_text(self.after),
            self.percent,
        )


@dataclass(frozen=True)
class Slower:
    """
    A task that took longer, from its submission to its last image in its place.

    :param before: seconds
    :param after: seconds
    """

    subject: Subject
    before: float
    after: float

    @property
    def text(self) -> str:
        """How long it took now and before."""
        return "%s, was %s" % (duration_text(self.after), duration_text(self.before))


@dataclass(frozen=True)
class Differences:
    """
    What differs from a previous compose.

    :param previous: its id
    :param compared: how many images are in both
    :param added: images that it did not have
    :param missing: images that it had, and that were not attempted now
    :param failing: what failed now, and was built before
    :param still_failing: what failed both times
    :param fixed: what failed before, and was built now
    :param sizes: images that differ by ``SMALL`` per cent and more, the greatest first
    :param slower: tasks that were built both times and took much longer, the worst first
    """

    previous: str
    compared: int
    added: Tuple[Subject, ...]
    missing: Tuple[Subject, ...]
    failing: Tuple[Subject, ...]
    still_failing: Tuple[Subject, ...]
    fixed: Tuple[Subject, ...]
    sizes: Tuple[SizeChange, ...]
    slower: Tuple[Slower, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to report."""
        changed = (self.added, self.missing, self.failing, self.fixed, self.sizes, self.slower)
        return not any(changed)


def differences(now: OsbuildRecord, before: OsbuildRecord) -> Differences:
    """Return what differs between a compose and a previous one."""
    images, earlier = _images(now.images), _images(before.images)
    failed, failed_before = _failed(now.tasks), _failed(before.tasks)
    tried = {_arch_by_arch(subject) for subject in failed}
    tried_arches = {one for subjects in tried for one in subjects}
    before_arches = {one for subject in failed_before for one in _arch_by_arch(subject)}
    sizes = [
        SizeChange(_subject_of(key), earlier[key], size)
        for key, size in images.items()
        if key in earlier and earlier[key] != size
    ]
    return Differences(
        previous=before.compose_id,
        compared=sum(1 for key in images if key in earlier),
        added=_subjects(
            key for key in images if key not in earlier and key[0] not in before_arches
        ),
        missing=_subjects(
            key for key in earlier if key not in images and key[0] not in tried_arches
        ),
        failing=_sorted(subject for subject in failed if subject not in failed_before),
        still_failing=_sorted(subject for subject in failed if subject in failed_before),
        fixed=_sorted(
            subject
            for subject in failed_before
            if subject not in failed and _built(subject, images)
        ),
        sizes=tuple(
            sorted(
                (change for change in sizes if abs(change.percent) >= SMALL),
                key=lambda change: -abs(change.percent),
            )
        ),
        slower=_slower(durations(now), durations(before)),
    )


def durations(record: OsbuildRecord) -> Mapping[Subject, float]:
    """Return how many seconds each task that was built took, to its last image in its place."""
    found: Dict[Subject, float] = {}
    for task in record.tasks:
        ends = [end for end in (task.ended, task.placed) if end is not None]
        if task.outcome is OutcomeKind.BUILT and task.created is not None and ends:
            found[subject_of_task(task)] = float(max(0, max(ends) - task.created))
    return found


def _slower(now: Mapping[Subject, float], before: Mapping[Subject, float]) -> Tuple[Slower, ...]:
    found = [
        Slower(subject, before[subject], took)
        for subject, took in now.items()
        if subject in before
        and took >= before[subject] * MUCH_LONGER
        and took - before[subject] >= LEAST_LONGER
    ]
    return tuple(sorted(found, key=lambda one: one.before - one.after))


_Key = Tuple[Subject, int]
"""An image: what it is of, and which of several it is."""


def name_of(nvr: Optional[str]) -> str:
    """Return the N of an N-V-R; "" where there is none."""
    return "" if nvr is None else nvr.rsplit("-", 2)[0]


def subject_of_image(image: ImageRecord) -> Subject:
    """Return what an image is of."""
    return Subject(image.variant, (image.arch,), name_of(image.koji.nvr), image.image_type)


def subject_of_task(task: TaskRecord) -> Subject:
    """Return what a task is of."""
    return Subject(task.variant, task.arches, name_of(task.nvr), task.image_type)


def _images(images: Sequence[ImageRecord]) -> Mapping[_Key, int]:
    """Return the sizes of images; of several that are alike each has a number."""
    found: Dict[_Key, int] = {}
    seen: Counter[Subject] = Counter()
    for image in images:
        subject = subject_of_image(image)
        found[subject, seen[subject]] = image.size
        seen[subject] += 1
    return found


def _failed(tasks: Sequence[TaskRecord]) -> List[Subject]:
    failed = (task for task in tasks if task.outcome is not OutcomeKind.BUILT)
    return list(dict.fromkeys(map(subject_of_task, failed)))


def _arch_by_arch(subject: Subject) -> Tuple[Subject, ...]:
    return tuple(
        Subject(subject.variant, (arch,), subject.name, subject.image_type)
        for arch in subject.arches
    )


def _built(subject: Subject, images: Mapping[_Key, int]) -> bool:
    return all((one, 0) in images for one in _arch_by_arch(subject))


def _subject_of(key: _Key) -> Subject:
    return key[0]


def _subjects(keys: Iterable[_Key]) -> Tuple[Subject, ...]:
    return _sorted(map(_subject_of, keys))


def _sorted(subjects: Iterable[Subject]) -> Tuple[Subject, ...]:
    return tuple(sorted(subjects, key=lambda one: (one.variant, one.title, one.arches)))


Expected = Mapping[Subject, float]
"""Seconds from submission to the last image in its place."""

NOTHING: Expected = {}


def expected_of(record: OsbuildRecord) -> Expected:
    """Return how long the images of a previous compose took; of those that were built."""
    return durations(record)


def expected_for(status: RequestStatus, expected: Expected) -> Optional[float]:
    """Return how many seconds a request may be expected to take; None where unknown."""
    subject = Subject(status.variant, status.arches, status.name, status.image_type)
    return expected.get(subject)
