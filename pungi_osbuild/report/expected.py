"""How long each image may be expected to take: as long as it took in a previous compose."""

from __future__ import annotations

from typing import Dict, Mapping, Optional

from pungi_osbuild.metadata import OsbuildRecord, TaskRecord
from pungi_osbuild.model import OutcomeKind
from pungi_osbuild.phase import Standing
from pungi_osbuild.report.differences import Subject, subject_of_task

Expected = Mapping[Subject, float]
"""Seconds from submission to the last image in its place."""

NOTHING: Expected = {}


def expected_of(record: OsbuildRecord) -> Expected:
    """Return how long the images of a previous compose took; of those that were built."""
    found: Dict[Subject, float] = {}
    for task in record.tasks:
        took = _took(task)
        if took is not None:
            found[subject_of_task(task)] = took
    return found


def _took(task: TaskRecord) -> Optional[float]:
    if task.outcome is not OutcomeKind.BUILT or task.created is None:
        return None
    ends = [end for end in (task.ended, task.placed) if end is not None]
    return float(max(0, max(ends) - task.created)) if ends else None


def expected_for(standing: Standing, expected: Expected) -> Optional[float]:
    """Return how many seconds a request may be expected to take; None where nobody knows."""
    subject = Subject(standing.variant, standing.arches, standing.name, standing.image_type)
    return expected.get(subject)
