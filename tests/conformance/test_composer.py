"""
Every recorded exchange with osbuild-composer 180, made again with the rehearsal's composer.

They are in ``data/golden-composer``, asked as koji-osbuild's builder plugin asks. Status, error id
and text are the same, to the letter; an operation's id is another each time. Each request that a
builder can make is made through a hub, too: its task fails with the same answer, or builds files of
the same names, and what composer had queued is left behind.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

import koji
import pytest

from koji_rehearsal import HubContent, HubSettings
from koji_rehearsal.composer import checks
from koji_rehearsal.composer.errors import QUEUE_FULL, Refusal
from koji_rehearsal.composer.table import Table
from tests.conformance.desk import DATA, DURATION, Desk, a_desk

GOLDEN = DATA / "golden-composer"
NAMES = tuple(sorted(path.stem for path in GOLDEN.glob("*.json")))
COMPOSE = "/api/image-builder-composer/v2/compose"
NOT_CREATED = "Failed to create the compose request: "

_HTTP = "the rehearsal's builder hands its composer a request without HTTP between them"
_MOMENT = "a moment between two jobs; the rehearsal's images wait, are built, and have ended"
_ENDED = "what the builder makes of it, in the task's output, is compared in tests/rehearsal"
_READ = "no builder asks for this"
NOT_ASKED: Mapping[Tuple[str, int], str] = {
    **{("11_http", number): _HTTP for number in (0, 1, 3, 4, 5, 6, 8, 9)},
    ("15_order", 12): _HTTP,
    ("12_reading", 1): _ENDED,
    **{("12_reading", number): "the builder asks for these at the end alone" for number in (2, 3)},
    **{("12_reading", number): _READ for number in range(4, 14)},
    **{("13_life", number): _MOMENT for number in (1, 2, 7, 8, 9, 13, 14)},
    **{("13_life", number): _ENDED for number in (3, 4, 5, 10, 11, 15, 16)},
}
"""What is not made again, by transcript and number, and why not."""

_SCHEMA = "the hub's schema takes no such upload options"
NOT_THROUGH_A_HUB: Mapping[Tuple[str, int], str] = {
    ("01_accepted", 3): _SCHEMA,
    ("01_accepted", 5): _SCHEMA,
    ("03_uploads_refused", 0): _SCHEMA,
    ("03_uploads_refused", 1): _SCHEMA,
    ("03_uploads_refused", 2): _SCHEMA,
    ("03_uploads_refused", 3): _SCHEMA,
    ("03_uploads_refused", 4): _SCHEMA,
}
"""What a builder would ask so, but no hub takes, and why not."""

ALL_ARCHES = HubContent.seeded(["f41-images"], [], ["x86_64", "aarch64", "riscv64", "i386", "nope"])
"""Content whose builders leave it to composer to know an arch."""


def transcript(name: str) -> List[Dict[str, Any]]:
    calls: List[Dict[str, Any]] = json.loads((GOLDEN / (name + ".json")).read_text())["calls"]
    return calls


def asked(name: str) -> Iterator[Tuple[int, Dict[str, Any], Any]]:
    """Give the requests for composes: number, call, body."""
    for number, call in enumerate(transcript(name)):
        if (name, number) not in NOT_ASKED:
            assert (call["method"], call["path"]) == ("POST", COMPOSE)
            body = call["body"] if "body" in call else json.loads(call["body_text"])
            yield number, call, body


def test_all_is_asked_or_has_a_reason() -> None:
    """Nothing of the recordings is forgotten."""
    assert sum(len(transcript(name)) for name in NAMES) == 166
    assert len(NAMES) == 15
    for name, number in NOT_ASKED:
        assert number < len(transcript(name))


def told(refusal: Optional[Refusal]) -> Tuple[int, Any]:
    """Return status and body of an answer; one that is good has an id that differs."""
    if refusal is None:
        return 201, None
    return refusal.status, {**refusal.document(""), "operation_id": "OPERATION-ID"}


def queued(call: Mapping[str, Any]) -> Optional[int]:
    """Return for how many images composer had queued a build; None: nothing at all."""
    kinds = [job["type"] for job in call.get("jobs_put_in_queue", ())]
    return sum(kind.startswith("osbuild:") for kind in kinds) if "koji-init" in kinds else None


@pytest.mark.parametrize("name", NAMES)
def test_composer_answers_as_recorded(name: str) -> None:
    """Status, id and text, and what it had put in its queue."""
    for number, call, body in asked(name):
        refusal = QUEUE_FULL if name == "14_queue_full" else checks.refusal(body, Table(180))
        expected = (call["status"], call["reply"] if call["status"] != 201 else None)
        assert told(refusal) == expected, (number, call["note"])
        if refusal is not None and "jobs_put_in_queue" in call:
            assert refusal.queued == queued(call), (number, call["note"])


@pytest.mark.parametrize("name", NAMES)
def test_a_task_fails_with_composers_answer(name: str, tmp_path: Path) -> None:
    """Or ends with the files that composer names; the request is the recorded one."""
    faults = ("composer-full",) if name == "14_queue_full" else ()
    settings = HubSettings(duration=DURATION, clouds_remember=False)
    with a_desk(tmp_path, *faults, content=ALL_ARCHES, settings=settings) as desk:
        for number, call, body in asked(name):
            if call["by"] == "builder":
                with_hub = Through(desk, name, number, call, body)
                with_hub.play()


class Through:
    """A recorded request, made by a task of a hub, with a version of its own."""

    def __init__(
        self, desk: Desk, name: str, number: int, call: Dict[str, Any], body: Dict[str, Any]
    ) -> None:
        self._desk = desk
        self._place = (name, number)
        self._call = call
        self._body = json.loads(json.dumps(body))
        self._body["koji"].update(version=str(number + 1), server=desk.hub.server)

    def play(self) -> None:
        """Submit the task and look at what became of it."""
        try:
            task_id = self._submit()
        except koji.ParameterError:
            assert self._place in NOT_THROUGH_A_HUB
            return
        assert self._place not in NOT_THROUGH_A_HUB
        self._desk.end_all()
        self._body["koji"]["task_id"] = task_id
        assert self._desk.output(task_id, "compose-request.json") == self._body
        if self._call["status"] == 201:
            self._ends_well(task_id)
        else:
            self._is_refused(task_id)

    def _submit(self) -> int:
        koji_, images = self._body["koji"], self._body["image_requests"]
        first = images[0]
        options = {
            "release": koji_["release"],
            "repo": [
                {key: value for key, value in repo.items() if key != "rhsm"}
                for repo in first["repositories"]
            ],
        }
        if len(images) > 1:
            options["repo"] = ["http://127.0.0.1:8499/repos/f43-build/1/$arch"]
        if "ostree" in first:
            options["ostree"] = first["ostree"] or {"ref": ""}
        for key, holder in (("upload_options", first), ("customizations", self._body)):
            if key in holder:
                options[key] = holder[key]
        return self._desk.submit(
            koji_["name"],
            koji_["version"],
            distro=self._body["distribution"],
            image_type=first["image_type"],
            arches=[image["architecture"] for image in images],
            opts=options,
        )

    def _is_refused(self, task_id: int) -> None:
        with pytest.raises(koji.GenericError) as caught:
            self._desk.session().getTaskResult(task_id)
        assert str(caught.value).startswith(NOT_CREATED)
        body = json.loads(str(caught.value)[len(NOT_CREATED) :])
        assert {**body, "operation_id": "OPERATION-ID"} == self._call["reply"], self._place
        assert self._desk.session().listTaskOutput(task_id) == ["compose-request.json"]
        build = self._desk.session().getBuild(self._nvr)
        if "jobs_put_in_queue" in self._call:
            assert (build is not None) == (queued(self._call) is not None), self._place
            assert build is None or build["state"] == koji.BUILD_STATES["BUILDING"]

    def _ends_well(self, task_id: int) -> None:
        jobs = self._call["jobs_put_in_queue"]
        if self._desk.state(task_id) == "FAILED":
            # Composer takes it, and its worker cannot do it: what a cloud needs is empty.
            assert "EMPTY" in self._call["note"] or "twice" in self._call["note"]
            return
        images = self._desk.image_archives(task_id)
        names = [name for job in jobs for name in job.get("koji_filenames", ())]
        assert sorted(one["filename"] for one in images) == sorted(map(self._named, names))
        archives = {one["filename"]: one for one in images}
        for job in jobs:
            for target in job.get("targets", ()):
                if target["name"] == "org.osbuild.koji":
                    extra = archives[self._named(target["image_name"])]["extra"]["image"]
                    assert extra["boot_mode"] == job["boot_mode"], self._place
                    assert extra["osbuild_artifact"] == target["osbuild_artifact"], self._place

    def _named(self, filename: str) -> str:
        """Return the name of a recorded file as it is with the version here."""
        recorded = self._call["body"]["koji"]
        nvr = "%s-%s-%s" % tuple(recorded[key] for key in ("name", "version", "release"))
        assert filename.startswith(nvr)
        return self._nvr + filename[len(nvr) :]

    @property
    def _nvr(self) -> str:
        return "%s-%s-%s" % tuple(self._body["koji"][key] for key in ("name", "version", "release"))
