"""
Composer at work: it registers a build with Koji, builds each arch's image, imports or gives up.

A job knows nothing of the Koji task that asked for it, beyond its number: when that is cancelled
the job goes on, as osbuild-composer's does. Used under the hub's lock.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Dict, Mapping, Optional, Tuple

from koji_rehearsal import build_rules
from koji_rehearsal.clouds import AskedUpload
from koji_rehearsal.composer import errors, failures, request
from koji_rehearsal.composer.errors import NOTHING_REAL
from koji_rehearsal.composer.request import ImageOutcome, Order
from koji_rehearsal.encoding import BUILD_STATES, SERVER_OFFLINE, GenericError, as_fault
from koji_rehearsal.faults import Fault, FaultKind, FaultPlan
from koji_rehearsal.hub_content import BUILDER_USER
from koji_rehearsal.importer import Importer
from koji_rehearsal.records import Build
from koji_rehearsal.settings import HubSettings
from koji_rehearsal.state import State, by_name


@dataclass(frozen=True)
class Compose:
    """
    A compose that composer works on.

    :param build: as registered with Koji, or None when Koji refused
    :param error: composer's error when Koji refused
    """

    id: str
    order: Order
    build: Optional[Build] = None
    error: Optional[Mapping[str, Any]] = None


@dataclass(frozen=True)
class Ended:
    """
    What became of a compose.

    :param build: COMPLETE, FAILED, or None when there never was one
    :param import_log: what koji-import.log.json says
    """

    compose: Compose
    success: bool
    images: Tuple[ImageOutcome, ...]
    build: Optional[Build]
    import_log: Mapping[str, Any]

    def documents(self) -> Mapping[str, Any]:
        """Return the files that koji-osbuild leaves in the task's output, by name."""
        order = self.compose.order
        build_id = None if self.build is None else self.build.id
        documents: Dict[str, Any] = {
            "compose-status.json": request.final_status(self.success, build_id, self.images),
            "koji-init.log.json": _init_log(self.compose),
            "koji-import.log.json": self.import_log,
        }
        for image in self.images:
            stem = "%s-%s" % (image.arch, order.image_type)
            if all(one.has_manifest for one in self.images):
                documents[stem + ".manifest.json"] = order.manifest()
            documents[stem + ".log.json"] = _image_log(order, image)
        return documents


class ComposerJobs:
    """Starts and ends composes; how long they take is the caller's to say."""

    def __init__(
        self, state: State, settings: HubSettings, faults: FaultPlan, importer: Importer
    ) -> None:
        self._state = state
        self._settings = settings
        self._faults = faults
        self._importer = importer
        self._composes_of: Dict[str, int] = {}

    def in_progress(self) -> Dict[str, Any]:
        """Return what must not be forgotten, by name."""
        return {"composes_of": self._composes_of}

    def restore(self, work: Mapping[str, Any]) -> None:
        """Go on where another one was."""
        self._composes_of = dict(work["composes_of"])

    def start(self, order: Order, now: float) -> Compose:
        """Take an order and register its build; one that Koji refuses will fail, not now."""
        compose = Compose(self._compose_id(order), order)
        owner = by_name(self._state.users, BUILDER_USER) or self._state.users[1]
        if self._met(FaultKind.REGISTER, order):
            error = errors.init_error("database outage", SERVER_OFFLINE)
            return replace(compose, error=error)
        try:
            for kind, state in ((FaultKind.TAKEN, "COMPLETE"), (FaultKind.RESERVED, "BUILDING")):
                if self._met(kind, order):
                    self._take_nvr(order, BUILD_STATES[state], now)
            build = build_rules.reserve_build(
                self._state, owner, order.name, order.version, order.release, now
            )
        except GenericError as error:
            return replace(compose, error=errors.init_error(str(error)))
        return replace(compose, build=build)

    def _met(self, kind: FaultKind, order: Order, *arches: str) -> Optional[Fault]:
        """Return the fault that hits one of these arches' images, or any of the order's."""
        return self._faults.image(kind, order.subject(*arches), order.attempt)

    def _compose_id(self, order: Order) -> str:
        """Return composer's id, which does not depend on the order in which tasks come."""
        count = self._composes_of.get(order.nvr, 0)
        self._composes_of[order.nvr] = count + 1
        key = "compose %d %s %d" % (self._settings.seed, order.nvr, count)
        return str(uuid.UUID(sha256(key.encode()).hexdigest()[:32], version=4))

    def _take_nvr(self, order: Order, state: int, now: float) -> None:
        """Let somebody else's build, in a state, have the N-V-R."""
        if self._state.build_of(order.name, order.version, order.release) is not None:
            return
        build = build_rules.reserve_build(
            self._state, self._state.users[1], order.name, order.version, order.release, now
        )
        ended = now if state == BUILD_STATES["COMPLETE"] else None
        taken = replace(build, state=state, completion_ts=ended, by_composer=False)
        self._state.put_build(taken)

    def finish_stray(self, order: Order, arches: Tuple[str, ...]) -> None:
        """End the builds of arches whose images are never imported; what they upload stays."""
        for arch in arches:
            self._image_outcome(Compose("", order), arch)

    def finish(self, compose: Compose, now: float) -> Ended:
        """End a compose: import its build, or give it up."""
        order, build = compose.order, compose.build
        images = tuple(self._image_outcome(compose, arch) for arch in order.arches)
        if build is None:
            return Ended(compose, False, images, None, _import_log())
        if any(image.error for image in images):
            failed = build_rules.refund_build(self._state, build, now)
            return Ended(compose, False, images, failed, _import_log())
        try:
            done = self._importer.import_build(build, order, images, now)
        except (GenericError, OSError) as error:
            failed = build_rules.refund_build(self._state, build, now)
            code = as_fault(error).code if isinstance(error, GenericError) else None
            log = _import_log(errors.finalize_error(str(error), code))
            return Ended(compose, False, images, failed, log)
        return Ended(compose, True, images, done, {"koji_error": ""})

    def _image_outcome(self, compose: Compose, arch: str) -> ImageOutcome:
        order = compose.order

        if compose.error is not None:
            return ImageOutcome(arch, error=errors.after(compose.error))
        fault = self._met(FaultKind.BUILD, order, arch)
        if fault is not None:
            reason = str(fault.option("reason"))
            return ImageOutcome(arch, failures.build_error(reason), failed_build=reason)
        if self._met(FaultKind.ESCAPES, order, arch):
            return ImageOutcome(arch, error=errors.ESCAPED)
        fault = self._met(FaultKind.DEPSOLVE, order, arch)
        if fault is not None:
            error = failures.depsolve_error(str(fault.option("reason")))
            return ImageOutcome(arch, error, has_manifest=False)
        return self._uploaded(order, arch)

    def _uploaded(self, order: Order, arch: str) -> ImageOutcome:
        """Return what became of an image that was built: its upload, where one is asked for."""
        upload = order.upload(arch, self._settings.seed)
        if upload is None:
            return ImageOutcome(arch)
        fault = self._met(FaultKind.UPLOAD, order, arch)
        if fault is not None or upload.must_fail():
            error = upload.failure("busy" if fault is None else str(fault.option("reason")))
            return ImageOutcome(arch, error, upload, upload_failed=True)
        if not self._take_cloud_name(upload):
            return ImageOutcome(arch, upload.failure_of_name(), upload, upload_failed=True)
        lost = self._met(FaultKind.LOST_UPLOAD, order, arch)
        return ImageOutcome(arch, upload=None if lost else upload)

    def _take_cloud_name(self, upload: AskedUpload) -> bool:
        """
        Take the name that an image is to have in its cloud, and return whether it was free.

        Clouds forget nothing: what a failed try has uploaded is there, and has its name.
        """
        name = upload.fixed_name()
        if name is None or not self._settings.clouds_remember:
            return True
        if name in self._state.cloud_names:
            return False
        self._state.cloud_names[name] = upload.key
        return True


def _import_log(error: Mapping[str, Any] = errors.DEPENDENCY_FAILED) -> Mapping[str, Any]:
    """Return the log of an import that failed, or was not tried."""
    return {"koji_error": "", "job_error": error}


def _init_log(compose: Compose) -> Mapping[str, Any]:
    if compose.build is None:
        return {"build_id": 0, "koji_error": "", "token": "", "job_error": compose.error}
    token = sha256(compose.id.encode()).hexdigest()[:32]
    return {"build_id": compose.build.id, "koji_error": "", "token": token}


def _image_log(order: Order, image: ImageOutcome) -> Mapping[str, Any]:
    log: Dict[str, Any] = {"arch": image.arch, "log": NOTHING_REAL, "success": not image.error}
    if image.error:
        log["job_error"] = image.error
    if image.failed_build is not None:
        key = "%s %s" % (order.nvr, image.arch)
        log.update(log=None, osbuild_output=failures.osbuild_output(image.failed_build, key))
    elif image.upload is not None:
        log["target_results"] = [image.upload.target_result(order.artifact())]
    return log
