"""What the report shows of a compose, as frozen values ready to be laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Iterable, Optional, Sequence, Tuple

from pungi_osbuild.clouds import Link, find_cloud, web_address
from pungi_osbuild.metadata import ImageRecord, OsbuildRecord, TaskRecord
from pungi_osbuild.model import Checksum, CloudImage, EarlierTry, Leftover, OutcomeKind
from pungi_osbuild.report.addresses import build_link, console_link, task_link
from pungi_osbuild.report.differences import Differences, name_of
from pungi_osbuild.report.excerpts import Excerpt
from pungi_osbuild.report.timeline import Timeline, timeline
from pungi_osbuild.report.units import day_and_time, duration_text, failed_text, size_text

NO_CLOUD = "no cloud"
_NO_REASON = "No reason recorded."


@dataclass(frozen=True)
class CloudView:
    """
    An upload.

    :param cloud: what people call it
    :param where: region, location or account; "" where there is nothing to say
    :param console: where it can be looked at
    """

    cloud: str
    id: str
    where: str
    console: Optional[Link]


@dataclass(frozen=True)
class EarlierView:
    """
    A try before, which failed.

    :param task_text: the task in words, where there is no link to it
    """

    attempt: int
    nvr: Optional[str]
    task: Optional[Link]
    task_text: str
    reason: str


@dataclass(frozen=True)
class LeftoverView:
    """
    What a failed task left in a cloud, or in Koji, and is in no compose.

    :param place: what people call it
    :param region: "" where there is nothing to say
    :param subject: of which image it is
    :param task: that left it behind; None, too, where there was more than one
    """

    place: str
    name: str
    region: str
    is_there: bool
    subject: str
    task: Optional[Link]


@dataclass(frozen=True)
class Row:
    """
    An image, or a task of which no image came.

    :param anchor: of its failure in the page; "" when there is none
    :param file: name of the file; None without one
    :param facts: what else is known, by name
    """

    anchor: str
    outcome: str
    can_fail: bool
    title: str
    variant: str
    arches: str
    image_type: str
    nvr: Optional[str]
    file: Optional[str]
    size: str
    took: str
    task: Optional[Link]
    build: Optional[Link]
    clouds: Tuple[CloudView, ...]
    providers: Tuple[str, ...]
    facts: Tuple[Tuple[str, str], ...]
    earlier: Tuple[EarlierView, ...]


@dataclass(frozen=True)
class FailureView:
    """
    Why a task was not built.

    :param row: what is shown of the task
    :param task_text: the task in words, where there is no link to it
    """

    row: Row
    task_text: str
    reason: str
    logs: Tuple[Excerpt, ...]
    earlier: Tuple[EarlierView, ...]


@dataclass(frozen=True)
class LaneView:
    """What the timeline calls a task, with the number of its lane."""

    title: str
    variant: str
    arches: str
    outcome: str


@dataclass(frozen=True)
class Choice:
    """A filter and what can be chosen in it."""

    name: str
    label: str
    values: Tuple[str, ...]


@dataclass(frozen=True)
class PageView:
    """
    The whole report.

    :param rehearsed: nothing real was built
    :param verdict: ``good``, ``partly`` where only tasks that are allowed to fail did, or ``bad``
    :param lanes: one for each task, in the order of ``tasks`` of the record
    """

    compose_id: str
    compose_type: str
    compose_date: str
    label: Optional[str]
    rehearsed: bool
    koji: Optional[Link]
    koji_server: str
    headline: str
    verdict: str
    facts: Tuple[Tuple[str, str], ...]
    choices: Tuple[Choice, ...]
    rows: Tuple[Row, ...]
    failures: Tuple[FailureView, ...]
    leftovers: Tuple[LeftoverView, ...]
    timeline: Optional[Timeline]
    lanes: Tuple[LaneView, ...]
    differences: Optional[Differences]


Logs = Callable[[TaskRecord], Tuple[Excerpt, ...]]
"""Gives what the logs of a failed task say."""


def page_view(
    record: OsbuildRecord,
    logs: Logs,
    difference: Optional[Differences] = None,
    rehearsed: bool = False,
) -> PageView:
    """
    Return what the report shows.

    :param logs: asked for each task that was not built
    :param difference: from a previous compose; None: it is not shown
    :param rehearsed: nothing real was built
    """
    anchors = _anchors(record.tasks)
    weburl = record.koji.weburl
    by_id: Dict[Optional[int], TaskRecord] = {task.task_id: task for task in record.tasks}
    with_image = {image.koji.task_id for image in record.images}
    rows = [
        *(_row(image, by_id.get(image.koji.task_id), weburl, anchors) for image in record.images),
        *(
            _task_row(task, weburl, anchors)
            for task in record.tasks
            if task in anchors and task.task_id not in with_image
        ),
    ]
    rows.sort(key=lambda row: (row.variant, row.title, row.arches))
    times = timeline(record.tasks)
    koji = web_address(weburl)
    return PageView(
        compose_id=record.compose_id,
        compose_type=record.compose_type,
        compose_date=record.compose_date,
        label=record.compose_label,
        rehearsed=rehearsed,
        koji=None if koji is None else Link(koji, koji),
        koji_server=record.koji.server,
        headline=_headline(record.tasks),
        verdict=_verdict(anchors),
        facts=_facts(record, times),
        choices=_choices(rows),
        rows=tuple(rows),
        failures=tuple(
            _failure(task, _task_row(task, weburl, anchors), weburl, logs(task)) for task in anchors
        ),
        leftovers=tuple(
            _leftover(left, task, weburl) for task in record.tasks for left in task.orphans
        ),
        timeline=times,
        lanes=tuple(
            LaneView(_title(task), task.variant, ", ".join(task.arches), task.outcome.value)
            for task in record.tasks
        ),
        differences=difference,
    )


def _anchors(tasks: Sequence[TaskRecord]) -> Dict[TaskRecord, str]:
    """Return the tasks that were not built, the required ones first."""
    failed = [task for task in tasks if task.outcome is not OutcomeKind.BUILT]
    failed.sort(key=lambda task: task.can_fail)
    return {task: "failure-%d" % number for number, task in enumerate(failed, start=1)}


def _verdict(failed: Iterable[TaskRecord]) -> str:
    allowed = [task.can_fail for task in failed]
    return "good" if not allowed else "partly" if all(allowed) else "bad"


def _headline(tasks: Sequence[TaskRecord]) -> str:
    """Return what became of the tasks, in a sentence."""
    failed = [task for task in tasks if task.outcome is not OutcomeKind.BUILT]
    required = sum(1 for task in failed if not task.can_fail)
    total = len(tasks)
    if not total:
        return "No tasks recorded."
    if not failed:
        return "%s built." % ("The one task was" if total == 1 else "All %d tasks were" % total)
    built = "%d of %d tasks were built" % (total - len(failed), total)
    return "%s. %s." % (built, failed_text(len(failed), required))


def _facts(record: OsbuildRecord, times: Optional[Timeline]) -> Tuple[Tuple[str, str], ...]:
    facts = [
        ("Images", str(len(record.images))),
        ("Cloud IDs", str(sum(len(image.cloud) for image in record.images))),
        ("Size of all images", size_text(sum(image.size for image in record.images))),
    ]
    if times is not None:
        facts.append(("First task submitted", day_and_time(times.start)))
        facts.append(("Duration", duration_text(times.end - times.start)))
    return tuple(facts)


def _choices(rows: Sequence[Row]) -> Tuple[Choice, ...]:
    def values(found: Iterable[str]) -> Tuple[str, ...]:
        return tuple(sorted(set(found)))

    return (
        Choice("variant", "Variant", values(row.variant for row in rows)),
        Choice("arch", "Arch", values(arch for row in rows for arch in row.arches.split(", "))),
        Choice("type", "Image type", values(row.image_type for row in rows)),
        Choice("provider", "Cloud", values(name for row in rows for name in row.providers)),
        Choice("outcome", "Outcome", values(row.outcome for row in rows)),
    )


def _row(
    image: ImageRecord,
    task: Optional[TaskRecord],
    weburl: str,
    anchors: Dict[TaskRecord, str],
) -> Row:
    clouds = tuple(map(_cloud, image.cloud))
    return Row(
        anchor="" if task is None else anchors.get(task, ""),
        outcome=OutcomeKind.BUILT.value if task is None else task.outcome.value,
        can_fail=task is not None and task.can_fail,
        title=name_of(image.koji.nvr),
        variant=image.variant,
        arches=image.arch,
        image_type=image.image_type,
        nvr=image.koji.nvr,
        file=image.path,
        size=size_text(image.size),
        took=_took(task),
        task=task_link(weburl, image.koji.task_id),
        build=build_link(weburl, image.koji.build_id),
        clouds=clouds,
        providers=tuple(sorted({cloud.cloud for cloud in clouds})) or (NO_CLOUD,),
        facts=tuple(_details(image)),
        earlier=() if task is None else _earlier(task, weburl),
    )


def _details(image: ImageRecord) -> Iterable[Tuple[str, str]]:
    """Give what is known of an image beside what everybody looks for."""
    yield "Size", "%d bytes" % image.size
    for checksum in _distinct((*image.checksums, image.koji.checksum)):
        yield checksum.type, checksum.value
    yield "Subvariant", image.subvariant
    if image.type is not None:
        yield "Type in images.json", "%s, %s" % (image.type, image.format)
    else:
        yield "In images.json", "no: productmd has no type for it"
    yield "Distro", image.distro
    yield "File in Koji", image.koji.filename
    yield "Koji archive", str(image.koji.archive_id)
    if image.boot_mode is not None:
        yield "Boot mode", image.boot_mode
    if image.osbuild_version is not None:
        yield "osbuild", image.osbuild_version
    if image.composer_id is not None:
        yield "Composer's ID", image.composer_id
    if image.manifest is not None:
        yield "Manifest", image.manifest.filename
    for sbom in image.sboms:
        yield "SBOM", sbom.filename


def _distinct(checksums: Sequence[Checksum]) -> Iterable[Checksum]:
    return dict.fromkeys(checksums)


def _cloud(cloud: CloudImage) -> CloudView:
    where = cloud.where or ""
    if cloud.presigned:
        where = ", ".join(filter(None, [where, "signed URL, expires"]))
    return CloudView(_heading(cloud.provider), cloud.id, where, console_link(cloud))


def _heading(provider: str) -> str:
    """Return what people call a cloud."""
    cloud = find_cloud(provider)
    return provider if cloud is None else cloud.heading


def _task_row(task: TaskRecord, weburl: str, anchors: Dict[TaskRecord, str]) -> Row:
    return Row(
        anchor=anchors[task],
        outcome=task.outcome.value,
        can_fail=task.can_fail,
        title=_title(task),
        variant=task.variant,
        arches=", ".join(task.arches),
        image_type=task.image_type,
        nvr=task.nvr,
        file=None,
        size="",
        took=_took(task),
        task=task_link(weburl, task.task_id),
        build=None,
        clouds=(),
        providers=(NO_CLOUD,),
        facts=(),
        earlier=(),
    )


def _failure(task: TaskRecord, row: Row, weburl: str, logs: Tuple[Excerpt, ...]) -> FailureView:
    reason = task.reason or _NO_REASON
    return FailureView(row, _task_text(task.task_id), reason, logs, _earlier(task, weburl))


def _earlier(task: TaskRecord, weburl: str) -> Tuple[EarlierView, ...]:
    def view(one: EarlierTry) -> EarlierView:
        link, text = task_link(weburl, one.task_id), _task_text(one.task_id)
        return EarlierView(one.attempt, one.nvr, link, text, one.reason or _NO_REASON)

    return tuple(map(view, task.earlier))


def _leftover(leftover: Leftover, task: TaskRecord, weburl: str) -> LeftoverView:
    return LeftoverView(
        place="Koji" if leftover.place == "koji" else _heading(leftover.place),
        name=leftover.name,
        region=leftover.region or "",
        is_there=leftover.is_there,
        subject="%s for %s in %s" % (_title(task), ", ".join(task.arches), task.variant),
        # Which of several tries left it is not recorded.
        task=None if task.earlier else task_link(weburl, task.task_id),
    )


def _task_text(task_id: Optional[int]) -> str:
    return "not submitted" if task_id is None else "task %d" % task_id


def _title(task: TaskRecord) -> str:
    return name_of(task.nvr) or task.image_type


def _took(task: Optional[TaskRecord]) -> str:
    if task is None or task.created is None:
        return ""
    ends = [moment for moment in (task.ended, task.placed) if moment is not None]
    return duration_text(max(ends) - task.created) if ends else ""
