"""
Uploads: which options composer takes for an image type, and what it says of an upload.

Source: the Cloud API v2 of osbuild-composer (read 2026-06): its default upload target for each
image type, its UploadStatus, and the target results that it records in Koji.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, Mapping, Optional, Tuple

PROJECT = "rehearsal-project"
BUCKET = "rehearsal-bucket"
REGISTRY = "registry.example.com/rehearsal"
ODD_TARGET = "org.osbuild.rehearsal.odd"
"""What no version of composer calls an upload, nor will."""


@dataclass(frozen=True)
class _Fields:
    required: FrozenSet[str]
    optional: FrozenSet[str] = frozenset()


_SHAPES: Tuple[_Fields, ...] = (
    _Fields(frozenset({"region", "share_with_accounts"}), frozenset({"snapshot_name"})),
    _Fields(frozenset({"region"}), frozenset({"public"})),
    _Fields(frozenset({"region"}), frozenset({"bucket", "image_name", "share_with_accounts"})),
    _Fields(
        frozenset({"tenant_id", "subscription_id", "resource_group"}),
        frozenset({"location", "image_name", "hyper_v_generation"}),
    ),
    _Fields(frozenset(), frozenset({"name", "tag"})),
    _Fields(frozenset({"basepath"}), frozenset({"repository", "server_address"})),
)
"""What upload options may be, whatever the image type: composer 180 tries one after the other."""

_NEEDED: Mapping[str, Tuple[str, ...]] = {
    "aws": ("region",),
    "aws.s3": ("region",),
    "gcp": ("region",),
    "azure": ("tenant_id", "subscription_id", "resource_group"),
}
"""What an upload fails without; composer leaves it empty where the options have another shape."""

_TARGET_NAMES: Mapping[str, str] = {
    "aws": "org.osbuild.aws",
    "aws.s3": "org.osbuild.aws.s3",
    "gcp": "org.osbuild.gcp",
    "azure": "org.osbuild.azure.image",
    "container": "org.osbuild.container",
    "oci.objectstorage": "org.osbuild.oci.objectstorage",
}

_REASONS: Mapping[str, str] = {
    "aws": "unable to register the image: RequestLimitExceeded",
    "aws.s3": "unable to upload the image: SlowDown",
    "gcp": "failed to import the image: quota exceeded",
    "azure": "registering the image failed: authorization failed",
    "container": "could not push the container: unauthorized",
    "oci.objectstorage": "unable to upload the image: service unavailable",
}


_TAKEN_REASONS: Mapping[str, str] = {
    "aws": "unable to register the image: InvalidAMIName.Duplicate: AMI name %s is already in use",
    "gcp": "failed to import the image: the resource 'global/images/%s' already exists,"
    " alreadyExists",
    "azure": "registering the image failed: Conflict: the image %s already exists",
}


@dataclass(frozen=True)
class _Named:
    """The option with an image's name, and those that say where it must be the only one."""

    option: str
    place: Tuple[str, ...] = ()


_NAMED: Mapping[str, _Named] = {
    "aws": _Named("snapshot_name", ("region",)),
    "gcp": _Named("image_name"),
    "azure": _Named("image_name", ("subscription_id", "resource_group")),
}


def refusal(options: Mapping[str, Any]) -> Optional[str]:
    """Return why composer refuses upload options, whichever cloud they are for, or None."""
    given = frozenset(options)
    if any(shape.required <= given <= shape.required | shape.optional for shape in _SHAPES):
        return None
    return "upload options have no known shape: %s" % ", ".join(sorted(given))


@dataclass(frozen=True)
class Upload:
    """
    An upload that is asked for.

    :param key: names the image; ids and default names follow from it
    :param distro: what a container without a name is called
    :param filename: as osbuild exports it
    """

    provider: str
    options: Mapping[str, Any]
    key: str
    distro: str
    filename: str

    def status(self, success: bool, has_failed: bool) -> Dict[str, Any]:
        """
        Return ``upload_status`` of compose-status.json at the end.

        :param success: of the compose
        :param has_failed: whether this upload did: then its ids are empty
        """
        result = self._result()
        return {
            "status": "success" if success else "failure",
            "type": self.provider,
            "options": dict.fromkeys(result, "") if has_failed else result,
        }

    def target_result(self, artifact: Mapping[str, str]) -> Dict[str, Any]:
        """Return the entry of ``upload_target_results`` in Koji."""
        return {
            "name": _TARGET_NAMES[self.provider],
            "options": self._result(),
            "osbuild_artifact": dict(artifact),
        }

    def odd_result(self, artifact: Mapping[str, str]) -> Dict[str, Any]:
        """Return the entry of an upload to a cloud that composer has learnt since."""
        url = "https://odd.example.com/images/%s" % self.uuid()
        return {
            "name": ODD_TARGET,
            "options": {
                "image_id": "odd-" + self.digest()[:12],
                "url": "%s?signature=%s" % (url, self.digest()),
            },
            "osbuild_artifact": dict(artifact),
        }

    def failure(self) -> Dict[str, Any]:
        """Return composer's error of an upload that failed: 28, and 11 in its details."""
        return self._target_failed(_REASONS[self.provider])

    def failure_of_name(self) -> Dict[str, Any]:
        """Return composer's error where the cloud has an image of that name."""
        name = self.fixed_name() or ("",)
        return self._target_failed(_TAKEN_REASONS[self.provider] % name[-1])

    def _target_failed(self, reason: str) -> Dict[str, Any]:
        cause = {"id": 11, "reason": reason, "details": _TARGET_NAMES[self.provider]}
        return {"id": 28, "reason": "at least one target failed", "details": [cause]}

    def must_fail(self) -> bool:
        """Whether composer has been left without what the cloud needs."""
        return not all(self.options.get(option) for option in _NEEDED.get(self.provider, ()))

    def fixed_name(self) -> Optional[Tuple[str, ...]]:
        """
        Return the name that the image is to have, after its cloud and place; None: no fixed one.

        A tag of a container moves, and a file in S3 is named after the compose.
        """
        named = _NAMED.get(self.provider)
        name = self.options.get(named.option) if named is not None else None
        if named is None or not name:
            return None
        place = (str(self.options.get(option)) for option in named.place)
        return (self.provider, *place, str(name))

    def _result(self) -> Dict[str, Any]:
        return _RESULTS[self.provider](self)

    def default_name(self) -> str:
        """Return the name of an image whose options give none."""
        return "composer-api-%s" % self.uuid()

    def uuid(self) -> str:
        """Return a UUID that follows from the key."""
        return str(uuid.UUID(self.digest()[:32], version=4))

    def digest(self) -> str:
        """Return 64 hex digits that follow from the key."""
        return hashlib.sha256(("upload " + self.key).encode()).hexdigest()


def _aws(upload: Upload) -> Dict[str, Any]:
    return {"ami": "ami-" + upload.digest()[:17], "region": upload.options.get("region", "")}


def _s3(upload: Upload) -> Dict[str, Any]:
    url = "https://%s.s3.%s.amazonaws.com/%s-%s" % (
        BUCKET,
        upload.options.get("region", ""),
        upload.default_name(),
        upload.filename,
    )
    if upload.options.get("public"):
        return {"url": url}
    signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=604800&X-Amz-Signature="
    return {"url": "%s?%s%s" % (url, signed, upload.digest())}


def _gcp(upload: Upload) -> Dict[str, Any]:
    name = upload.options.get("image_name") or upload.default_name()
    return {"image_name": name, "project_id": PROJECT}


def _azure(upload: Upload) -> Dict[str, Any]:
    return {"image_name": upload.options.get("image_name") or upload.default_name()}


def _container(upload: Upload) -> Dict[str, Any]:
    """Return the result of a push; composer looks at the tag only where there is a name."""
    name = upload.options.get("name") or "%s/%s" % (REGISTRY, upload.distro)
    tag = upload.options.get("tag") if upload.options.get("name") else None
    url = "%s:%s" % (name, tag or upload.uuid())
    return {"url": url, "digest": "sha256:" + upload.digest()}


def _oci(upload: Upload) -> Dict[str, Any]:
    host = "https://objectstorage.example.com"
    return {"url": "%s/%s-%s" % (host, upload.default_name(), upload.filename)}


_RESULTS: Mapping[str, Callable[[Upload], Dict[str, Any]]] = {
    "aws": _aws,
    "aws.s3": _s3,
    "gcp": _gcp,
    "azure": _azure,
    "container": _container,
    "oci.objectstorage": _oci,
}
