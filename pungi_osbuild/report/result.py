"""What a run ended with: a table for people, JSON for machines."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from pungi_osbuild.metadata import describe_image, describe_outcome
from pungi_osbuild.model import Outcome, PlacedImage, RunResult
from pungi_osbuild.report.tables import columns, upload_id, upload_note, with_notes
from pungi_osbuild.report.units import failed_text, size_text

HEADER = ("VARIANT", "ARCH", "IMAGE", "TYPE", "SIZE", "N-V-R", "TASK")
CLOUD = "CLOUD ID"


def result_table(result: RunResult, width: Optional[int]) -> List[str]:
    """
    Return the lines that a run ends with: an image a row, then what failed, then a summary.

    :param width: columns of the terminal, or None where there is none. Where the table is wider,
        a cloud ID stands on a line of its own below its image.
    """
    lines = _image_lines(result, width)
    for outcome in result.failures:
        lines.extend(["", *_failure_lines(outcome, result.koji.weburl)])
    lines.extend(_leftover_lines(result))
    return [*lines, "", _summary(result)]


def _image_lines(result: RunResult, width: Optional[int]) -> List[str]:
    if not result.images:
        return ["No image was built."]
    cells = {image: _cells(image) for image in result.images}
    wide = columns(
        (*HEADER, CLOUD),
        [
            (*cells[image], upload)
            for image in result.images
            for upload in ([upload_id(one) for one in image.built.uploads] or ["-"])
        ],
    )
    if width is None or max(len(line) for line in wide) <= width:
        return wide
    rows = [(cells[image], _cloud_notes(image)) for image in result.images]
    return with_notes(HEADER, rows, "    ")


def _cells(image: PlacedImage) -> List[str]:
    return [
        image.variant,
        image.built.arch,
        image.path.rsplit("/", 1)[-1],
        image.type or image.image_type,
        size_text(image.size),
        image.built.nvr,
        str(image.built.task_id),
    ]


def _cloud_notes(image: PlacedImage) -> List[str]:
    return [upload_note(upload) for upload in image.built.uploads]


def _failure_lines(outcome: Outcome, weburl: str) -> List[str]:
    request = outcome.request
    task = "not submitted" if outcome.task_id is None else "task %d" % outcome.task_id
    title = "%s: %s, %s (%s)" % (
        outcome.kind.value.upper(),
        request.describe(),
        task,
        "allowed to fail" if request.can_fail else "required",
    )
    reason = (outcome.explanation or "no reason given").splitlines()
    logs = ["log: %s" % address for address in outcome.logs[:1]]
    if weburl and outcome.task_id is not None:
        logs.insert(0, "task: %s/taskinfo?taskID=%d" % (weburl, outcome.task_id))
    return [title, *("    %s" % line for line in (*reason, *logs))]


def _leftover_lines(result: RunResult) -> List[str]:
    """Return what somebody has to clean up, since it is in no compose."""
    lines = [
        "    %s, of %s" % (leftover.describe(), outcome.request.describe())
        for outcome in result.outcomes
        for leftover in outcome.leftovers
    ]
    return ["", "Leftovers not in any compose (delete if unneeded):", *lines] if lines else []


def _summary(result: RunResult) -> str:
    total = len(result.outcomes)
    built = total - len(result.failures)
    uploads = sum(len(image.built.cloud) for image in result.images)
    text = "%d of %d task%s built, %d image%s placed, %d cloud ID%s recorded." % (
        built,
        total,
        "" if total == 1 else "s",
        len(result.images),
        "" if len(result.images) == 1 else "s",
        uploads,
        "" if uploads == 1 else "s",
    )
    if not result.failures:
        return text
    return "%s %s." % (text, failed_text(len(result.failures), len(result.required_failures)))


def result_json(result: RunResult) -> Dict[str, Any]:
    """Return what the table shows, with everything that osbuild.json records of it."""
    return {
        "compose": result.identity.id,
        "images": [
            {"variant": image.variant, "arch": image.built.arch, **describe_image(image)}
            for image in result.images
        ],
        "tasks": [describe_outcome(outcome) for outcome in result.outcomes],
    }
