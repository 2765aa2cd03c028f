"""Records of composes, as osbuild.json holds them, for tests of the report."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

from pungi_osbuild.metadata import ImageRecord, OsbuildRecord, TaskRecord
from pungi_osbuild.model import EarlierTry, Leftover
from tests.values import (
    a_cloud_image,
    a_failed_outcome,
    a_koji_place,
    a_placed_image,
    a_request,
    an_image_config,
    an_outcome,
)


def an_image(name: str = "example-guest", arch: str = "x86_64", **changes: Any) -> ImageRecord:
    """An image that was built by task 11, with an AMI."""
    value = ImageRecord.of(a_placed_image(), in_images_json=True)
    origin = replace(value.koji, nvr="%s-1-5" % name)
    return replace(
        value,
        **{
            "arch": arch,
            "koji": origin,
            "path": "Server/%s/images/%s-1-5.%s.qcow2" % (arch, name, arch),
            "uploads": (a_cloud_image(),),
            **changes,
        },
    )


def a_task(name: str = "example-guest", arch: str = "x86_64", **changes: Any) -> TaskRecord:
    """A task that was built."""
    request = a_request(config=an_image_config(name=name), arches=(arch,))
    return replace(TaskRecord.of(an_outcome(request=request)), **changes)


def a_failed_task(name: str = "example-azure", arch: str = "aarch64", **changes: Any) -> TaskRecord:
    """A task that failed in composer."""
    request = a_request(config=an_image_config(name=name), arches=(arch,))
    value = TaskRecord.of(a_failed_outcome(request=request, task_id=12))
    return replace(value, **changes)


def a_record(**changes: Any) -> OsbuildRecord:
    """A compose with an image that was built and a task that failed."""
    value = OsbuildRecord(
        compose_id="Example-1-20261123.t.0",
        compose_type="test",
        compose_date="20261123",
        compose_respin=0,
        compose_label="RC-1.0",
        koji=a_koji_place(),
        tasks=(a_task(), a_failed_task()),
        images=(an_image(),),
    )
    return replace(value, **changes)


EARLIER = EarlierTry(9, 1, "a-1-1", "Corrupted upload?")
ORPHANS = (
    Leftover("koji", "a-1-2"),
    Leftover("aws", "ami-0feedfacecafebeef", is_there=True, region="eu-north-1"),
)


def a_troubled_record() -> OsbuildRecord:
    """A compose whose tasks were tried before, and left something behind."""
    tasks = (a_task(earlier=(EARLIER,)), a_failed_task(earlier=(EARLIER,), orphans=ORPHANS))
    return a_record(tasks=tasks)


def spoiled(value: Any, text: str) -> Any:
    """Return a value in which every text, however deep, is another."""
    if type(value) is str:
        return text
    if isinstance(value, tuple):
        return tuple(spoiled(item, text) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return replace(value, **{name: spoiled(getattr(value, name), text) for name in names})
    return value
