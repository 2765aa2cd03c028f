"""
osbuild-composer's part: what it accepts, what it says while it works and when it has ended.

Sources: the Cloud API v2 (read 2026-06) and koji-osbuild 12, which stores composer's answers in
the task's output.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from string import Template
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.imagetypes import ExportedFile, ImageType
from pungi_osbuild.rehearsal import clouds
from pungi_osbuild.rehearsal.clouds import Upload
from pungi_osbuild.rehearsal.faults import Subject

OSBUILD_VERSION = "157"
DEPENDENCY_FAILED = {"id": 13, "reason": "At least one job dependency failed"}
BUILD_FAILED = {"id": 10, "reason": "osbuild build failed"}
DEPSOLVE_FAILED = {
    "id": 9,
    "reason": "Manifest dependency failed",
    "details": [
        {
            "id": 5,
            "reason": "Error in depsolve job dependency",
            "details": [
                {
                    "id": 20,
                    "reason": "DNF error occurred: MarkingErrors: Error occurred when marking"
                    " packages for installation: Problems in request:\n"
                    "missing packages: no-such-package",
                }
            ],
        }
    ],
}
"""Composer's error of a package that no repository has, as it was seen in Fedora's compose logs."""

ESCAPES = (
    "\x1b[2J\x1b[1;31mred\x1b[0m\x1b]0;title\x07\x1b[8mhidden\x1b[0m\r\x9b2J\u202egnorw\u202c"
    "\x08\x7f"
)
"""What clears a screen, changes its title, hides text, goes back on the line, turns it round."""

ESCAPED = {"id": 10, "reason": "osbuild build failed: " + ESCAPES, "details": [ESCAPES]}

KOJI_INIT_FAILED = 15

_BOOT_MODES = {"gcp": "uefi", "gcp-rhui": "uefi", "wsl": "none", "pxe-tar-xz": "none"}

COMPOSER_INFO: Mapping[str, Any] = {
    "osbuild_composer_version": "git-rev:%040d" % 0,
    "osbuild_composer_deps": [
        {"path": "github.com/osbuild/images", "version": "v0.151.0"},
        {
            "path": "github.com/osbuild/blueprint",
            "version": "v1.6.0",
            "replace": {
                "path": "github.com/example/blueprint",
                "version": "v1.6.1",
            },
        },
    ],
}
"""What composer records of itself with each manifest."""


@dataclass(frozen=True)
class Order:
    """
    A compose as the builder plugin asks for it.

    :param image_type: by composer's name
    :param repos: the ``repo`` option, or the build tag's repository
    :param kind: what composer knows of the image type; None: it has no such type
    :param attempt: which task for the same images asks for it, counted from 1
    """

    task_id: int
    name: str
    version: str
    release: str
    distro: str
    image_type: str
    arches: Tuple[str, ...]
    repos: Tuple[Any, ...]
    options: Mapping[str, Any]
    kind: Optional[ImageType]
    attempt: int = 1

    def subject(self, *arches: str) -> Subject:
        """Return what a fault may be about: its images of these arches, or all."""
        return Subject(self.name, self.version, arches or self.arches, self.image_type)

    @property
    def nvr(self) -> str:
        """The N-V-R of the build to be."""
        return "%s-%s-%s" % (self.name, self.version, self.release)

    def request(self, server: str) -> Dict[str, Any]:
        """
        Return the request to composer, which is kept as compose-request.json.

        :param server: the hub's address
        :raises KeyError: a repo or ostree ref has a ``$name`` other than ``$arch``
        :raises ValueError: one has a ``$`` that is none
        """
        document: Dict[str, Any] = {
            "distribution": self.distro,
            "koji": {
                "server": server,
                "task_id": self.task_id,
                "name": self.name,
                "version": self.version,
                "release": self.release,
            },
            "image_requests": [self._image_request(arch) for arch in self.arches],
        }
        if self.options.get("customizations"):
            document["customizations"] = self.options["customizations"]
        return document

    def _image_request(self, arch: str) -> Dict[str, Any]:
        request: Dict[str, Any] = {
            "architecture": arch,
            "image_type": self.image_type,
            "repositories": [_repository(repo, arch) for repo in self.repos],
        }
        ostree = self.options.get("ostree")
        if ostree:
            request["ostree"] = {
                key: value if key == "url" else Template(value).substitute(arch=arch)
                for key, value in ostree.items()
            }
        if self.options.get("upload_options"):
            request["upload_options"] = self.options["upload_options"]
        return request

    def refusal(self) -> Optional[str]:
        """Return the body of composer's answer 400 to the request, or None."""
        if self.kind is None:
            return _bad_request("image_type: %r is not one of composer's" % self.image_type)
        asked = self.options.get("upload_options")
        reason = clouds.refusal(asked) if asked else None
        return _bad_request(reason) if reason else None

    def exported(self) -> ExportedFile:
        """Return the file that osbuild exports."""
        assert self.kind is not None, "composer has refused an order of no known kind"
        return self.kind.file(self.distro)

    def artifact(self) -> Dict[str, str]:
        """Return the ``osbuild_artifact`` of the image."""
        exported = self.exported()
        return {"export_filename": exported.name, "export_name": exported.export}

    def boot_mode(self) -> str:
        """Return how the image boots."""
        default = "none" if self.exported().suffix == "tar" else "hybrid"
        return _BOOT_MODES.get(self.image_type, default)

    def upload(self, arch: str, seed: int) -> Optional[Upload]:
        """Return the upload of an arch's image, or None when none is asked for."""
        options = self.options.get("upload_options")
        if not options or self.kind is None:
            return None
        key = "%d %s %s" % (seed, self.nvr, arch)
        if self.attempt > 1:
            # What an earlier try has uploaded is another image.
            key += " %d" % self.attempt
        return Upload(self.kind.provider, options, key, self.distro, self.exported().name)

    def manifest(self, arch: str) -> Dict[str, Any]:
        """Return the osbuild manifest of an arch's image."""
        exported = self.exported()
        build = {"name": "build", "runner": "org.osbuild.%s" % self.distro.replace("-", "")}
        image = {"name": exported.export, "build": "name:build", "stages": []}
        return {
            "version": "2",
            "pipelines": [build, image],
            "sources": {},
            "metadata": {"image": "%s.%s" % (self.nvr, arch), "rehearsal": True},
        }


@dataclass(frozen=True)
class ImageOutcome:
    """
    What became of one arch's image.

    :param error: composer's error, or None
    :param upload: the upload that was asked for and whose result is told
    """

    arch: str
    error: Optional[Mapping[str, Any]] = None
    upload: Optional[Upload] = None
    upload_failed: bool = False

    def to_status(self) -> Dict[str, Any]:
        """Return the entry of ``image_statuses``."""
        status: Dict[str, Any] = {"status": "failure" if self.error else "success"}
        if self.upload is not None:
            upload = self.upload
            status["upload_status"] = (
                upload.failed_status() if self.upload_failed else upload.status()
            )
        if self.error:
            status["error"] = self.error
        return status


def status_at_work(arches: Tuple[str, ...], images: str) -> Dict[str, Any]:
    """
    Return compose-status.json while composer works.

    :param images: the status of each image; that of the whole is pending to the end
    """
    statuses = [{"status": images} for _ in arches]
    return {"status": "pending", "koji_task_id": None, "image_statuses": statuses}


def final_status(
    success: bool, build_id: Optional[int], images: Sequence[ImageOutcome]
) -> Dict[str, Any]:
    """Return compose-status.json when composer has ended."""
    status: Dict[str, Any] = {
        "status": "success" if success else "failure",
        "koji_task_id": None,
        "image_statuses": [image.to_status() for image in images],
    }
    if build_id is not None:
        status["koji_build_id"] = build_id
    return status


def init_error(refused: str, code: int = 1000) -> Dict[str, Any]:
    """Return composer's error when the hub refuses CGInitBuild."""
    return {"id": KOJI_INIT_FAILED, "reason": 'error: "%s" code: %d' % (refused, code)}


def _repository(repo: Any, arch: str) -> Dict[str, Any]:
    written = {"baseurl": repo} if isinstance(repo, str) else repo
    result: Dict[str, Any] = {
        "baseurl": Template(written["baseurl"]).substitute(arch=arch),
        "rhsm": False,
    }
    if written.get("package_sets"):
        result["package_sets"] = written["package_sets"]
    return result


def _bad_request(details: str) -> str:
    """Return composer's error 30, that of a request which its API description refuses."""
    return json.dumps(
        {
            "href": "/api/image-builder-composer/v2/errors/30",
            "id": "30",
            "kind": "Error",
            "code": "IMAGE-BUILDER-COMPOSER-30",
            "details": details,
            "reason": "Request could not be validated",
        }
    )
