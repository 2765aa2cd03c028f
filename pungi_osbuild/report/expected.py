"""How long each image may be expected to take: as long as it took in a previous compose."""

from __future__ import annotations

from typing import Mapping, Optional

from pungi_osbuild.metadata import OsbuildRecord
from pungi_osbuild.report.differences import Subject, durations
from pungi_osbuild.run import Standing

Expected = Mapping[Subject, float]
"""Seconds from submission to the last image in its place."""

NOTHING: Expected = {}


def expected_of(record: OsbuildRecord) -> Expected:
    """Return how long the images of a previous compose took; of those that were built."""
    return durations(record)


def expected_for(standing: Standing, expected: Expected) -> Optional[float]:
    """Return how many seconds a request may be expected to take; None where nobody knows."""
    subject = Subject(standing.variant, standing.arches, standing.name, standing.image_type)
    return expected.get(subject)
