"""
osbuild-composer's part: what it accepts, what it says while it works and when it has ended.

Sources: the Cloud API v2 (read 2026-06) and koji-osbuild 12, which stores composer's answers in
the task's output.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from koji_rehearsal.clouds import AskedUpload
from koji_rehearsal.composer.provenance import manifest
from koji_rehearsal.faults import AffectedImages
from pungi_osbuild.imagetypes import ExportedFile, ImageType

OSBUILD_VERSION = "157"
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

    def subject(self, *arches: str) -> AffectedImages:
        """Return what a fault may be about: its images of these arches, or all."""
        return AffectedImages(self.name, self.version, arches or self.arches, self.image_type)

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
                if value
            }
        if self.options.get("upload_options"):
            request["upload_options"] = self.options["upload_options"]
        return request

    def exported(self) -> ExportedFile:
        """Return the file that osbuild exports."""
        assert self.kind is not None, "composer has refused an order of no known kind"
        return self.kind.file

    def artifact(self) -> Dict[str, str]:
        """Return the ``osbuild_artifact`` of the image."""
        exported = self.exported()
        return {"export_filename": exported.name, "export_name": exported.export}

    def upload(self, arch: str, seed: int) -> Optional[AskedUpload]:
        """Return the upload of an arch's image, or None when none is asked for."""
        options = self.options.get("upload_options")
        if not options or self.kind is None:
            return None
        key = "%d %s %s" % (seed, self.nvr, arch)
        if self.attempt > 1:
            # What an earlier try has uploaded is another image.
            key += " %d" % self.attempt
        return AskedUpload(self.kind.provider, options, key, self.distro, self.exported().name)

    def manifest(self) -> Dict[str, Any]:
        """Return the osbuild manifest of each of the images, which osbuild builds anywhere."""
        exported = self.exported()
        return manifest(exported.name, exported.export)


@dataclass(frozen=True)
class ImageOutcome:
    """
    What became of one arch's image.

    :param error: composer's error, or None
    :param upload: the upload that was asked for and whose result is told
    :param failed_build: why osbuild failed; None: it did not
    :param has_manifest: whether composer could make its manifest; where it cannot for one image, it
        gives none of the compose
    """

    arch: str
    error: Optional[Mapping[str, Any]] = None
    upload: Optional[AskedUpload] = None
    upload_failed: bool = False
    failed_build: Optional[str] = None
    has_manifest: bool = True

    def to_status(self, success: bool) -> Dict[str, Any]:
        """
        Return the entry of ``image_statuses``.

        :param success: of the compose, which the status of an upload follows, whatever became of it
        """
        status: Dict[str, Any] = {"status": "failure" if self.error else "success"}
        if self.upload is not None:
            status["upload_status"] = self.upload.status(success, has_failed=self.upload_failed)
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
        "image_statuses": [image.to_status(success) for image in images],
    }
    if build_id is not None:
        status["koji_build_id"] = build_id
    return status


def _repository(repo: Any, arch: str) -> Dict[str, Any]:
    written = {"baseurl": repo} if isinstance(repo, str) else repo
    result: Dict[str, Any] = {
        "baseurl": Template(written["baseurl"]).substitute(arch=arch),
        "rhsm": False,
    }
    if written.get("package_sets"):
        result["package_sets"] = written["package_sets"]
    return result
