"""
Uploads: which options hub and composer take for a cloud, and what composer says of an upload.

What is known of the clouds is known here a second time, on purpose: a stand-in that shared the
product's tables would agree with its mistakes. A cloud is one entry of the table.

Sources: the schema of koji-osbuild 12's hub plugin; the Cloud API v2 of osbuild-composer (read
2026-06): its default upload target for each image type, its UploadStatus, and the target results
that it records in Koji.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple

PROJECT = "rehearsal-project"
BUCKET = "rehearsal-bucket"
REGISTRY = "registry.example.com/rehearsal"
ODD_TARGET = "org.osbuild.rehearsal.odd"
"""What no version of composer calls an upload, nor will."""

Schema = Mapping[str, Any]
STRING: Schema = {"type": "string"}
STRINGS: Schema = {"type": "array", "items": STRING}


def closed(required: Sequence[str] = (), **properties: Schema) -> Dict[str, Any]:
    """Return the schema of an object that has no other keys than these."""
    schema: Dict[str, Any] = {"type": "object", "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return {**schema, "properties": properties}


@dataclass(frozen=True)
class AskedUpload:
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

    def option(self, name: str) -> str:
        """Return an option; composer leaves those empty that it does not find."""
        return str(self.options.get(name) or "")

    def status(self, success: bool, has_failed: bool) -> Dict[str, Any]:
        """
        Return ``upload_status`` of compose-status.json at the end.

        :param success: of the compose
        :param has_failed: whether this upload did: then its ids are empty
        """
        result = self._cloud.result(self)
        return {
            "status": "success" if success else "failure",
            "type": self.provider,
            "options": dict.fromkeys(result, "") if has_failed else result,
        }

    def target_result(self, artifact: Mapping[str, str]) -> Dict[str, Any]:
        """Return the entry of ``upload_target_results`` in Koji."""
        return {
            "name": self._cloud.target,
            "options": self._cloud.result(self),
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

    def failure(self, reason: str) -> Dict[str, Any]:
        """
        Return composer's error of an upload that failed: 28, and 11 in its details.

        :param reason: of the fault ``upload``
        """
        return self._target_failed(self._cloud.refusals.get(reason, self._cloud.failure))

    def failure_of_name(self) -> Dict[str, Any]:
        """Return composer's error where the cloud has an image of that name."""
        return self._target_failed(self._cloud.name_failure % self.option(self._cloud.name_option))

    def _target_failed(self, reason: str) -> Dict[str, Any]:
        cause = {"id": 11, "reason": reason, "details": self._cloud.target}
        return {"id": 28, "reason": "at least one target failed", "details": [cause]}

    def must_fail(self) -> bool:
        """Whether composer has been left without what the cloud needs."""
        return not all(map(self.option, self._cloud.needed))

    def fixed_name(self) -> Optional[Tuple[str, ...]]:
        """
        Return the name that the image is to have, after its cloud and place; None: no fixed one.

        A tag of a container moves, and a file in S3 is named after the compose.
        """
        name = self.option(self._cloud.name_option)
        place = map(self.option, self._cloud.name_place)
        return (self.provider, *place, name) if name else None

    @property
    def _cloud(self) -> RehearsedCloud:
        return _CLOUDS[self.provider]

    def default_name(self) -> str:
        """Return the name of an image whose options give none."""
        return "composer-api-%s" % self.uuid()

    def uuid(self) -> str:
        """Return a UUID that follows from the key."""
        return str(uuid.UUID(self.digest()[:32], version=4))

    def digest(self) -> str:
        """Return 64 hex digits that follow from the key."""
        return hashlib.sha256(("upload " + self.key).encode()).hexdigest()


@dataclass(frozen=True)
class RehearsedCloud:
    """
    What hub and composer know of a cloud.

    :param id: composer's UploadType
    :param target: what composer calls it in a target result
    :param result: gives composer's result of an upload
    :param failure: why an upload fails, if nothing else is said
    :param refusals: why it fails for other reasons of the fault ``upload``
    :param hub_options: the hub plugin's name for the shape of its options, and their schema; None:
        the hub has none
    :param needed: what an upload fails without; composer leaves it empty where the options have
        another shape
    :param name_option: says the image's name, where the cloud refuses a second one of that name
    :param name_place: options that say where the name must be the only one
    :param name_failure: why an upload fails whose name is taken; %s stands for it
    """

    id: str
    target: str
    result: Callable[[AskedUpload], Dict[str, Any]]
    failure: str
    refusals: Mapping[str, str] = field(default_factory=dict)
    hub_options: Optional[Tuple[str, Schema]] = None
    needed: Tuple[str, ...] = ()
    name_option: str = ""
    name_place: Tuple[str, ...] = ()
    name_failure: str = "%s"


def _aws(upload: AskedUpload) -> Dict[str, Any]:
    return {"ami": "ami-" + upload.digest()[:17], "region": upload.option("region")}


def _s3(upload: AskedUpload) -> Dict[str, Any]:
    url = "https://%s.s3.%s.amazonaws.com/%s-%s" % (
        BUCKET,
        upload.option("region"),
        upload.default_name(),
        upload.filename,
    )
    if upload.options.get("public"):
        return {"url": url}
    signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=604800&X-Amz-Signature="
    return {"url": "%s?%s%s" % (url, signed, upload.digest())}


def _gcp(upload: AskedUpload) -> Dict[str, Any]:
    name = upload.option("image_name") or upload.default_name()
    return {"image_name": name, "project_id": PROJECT}


def _azure(upload: AskedUpload) -> Dict[str, Any]:
    return {"image_name": upload.option("image_name") or upload.default_name()}


def _container(upload: AskedUpload) -> Dict[str, Any]:
    """Return the result of a push; composer looks at the tag only where there is a name."""
    name = upload.option("name") or "%s/%s" % (REGISTRY, upload.distro)
    tag = upload.option("tag") if upload.option("name") else ""
    return {
        "url": "%s:%s" % (name, tag or upload.uuid()),
        "digest": "sha256:" + upload.digest(),
    }


def _oci(upload: AskedUpload) -> Dict[str, Any]:
    host = "https://objectstorage.example.com"
    return {"url": "%s/%s-%s" % (host, upload.default_name(), upload.filename)}


_AZURE_NEEDS = ("tenant_id", "subscription_id", "resource_group")
_CLOUDS: Dict[str, RehearsedCloud] = {
    cloud.id: cloud
    for cloud in (
        RehearsedCloud(
            "aws",
            "org.osbuild.aws",
            _aws,
            "unable to register the image: RequestLimitExceeded: Request limit exceeded",
            {
                "denied": "unable to register the image: UnauthorizedOperation: You are not"
                " authorized to perform this operation. User:"
                " arn:aws:iam::123456789012:user/composer is not authorized to perform:"
                " ec2:RegisterImage",
                "quota": "unable to import the snapshot: ResourceCountLimitExceeded: Maximum"
                " allowed number of active import tasks exceeded",
            },
            hub_options=(
                "AWSEC2UploadOptions",
                closed(
                    ["region", "share_with_accounts"],
                    region=STRING,
                    snapshot_name=STRING,
                    share_with_accounts=STRINGS,
                ),
            ),
            needed=("region",),
            name_option="snapshot_name",
            name_place=("region",),
            name_failure="unable to register the image: InvalidAMIName.Duplicate: AMI name %s is"
            " already in use",
        ),
        RehearsedCloud(
            "aws.s3",
            "org.osbuild.aws.s3",
            _s3,
            "unable to upload the image: SlowDown: Please reduce your request rate",
            {
                "denied": "unable to upload the image: AccessDenied: Access Denied",
                "quota": "unable to upload the image: QuotaExceeded: The bucket is full",
            },
            hub_options=("AWSS3UploadOptions", closed(["region"], region=STRING)),
            needed=("region",),
        ),
        RehearsedCloud(
            "gcp",
            "org.osbuild.gcp",
            _gcp,
            "failed to import the image: Error 429: Rate Limit Exceeded, rateLimitExceeded",
            {
                "denied": "failed to import the image: Error 403: Required"
                " 'compute.images.create' permission for 'projects/rehearsal-project', forbidden",
                "quota": "failed to import the image: Error 403: Quota 'IMAGES' exceeded. Limit:"
                " 2000.0 globally., quotaExceeded",
            },
            hub_options=(
                "GCPUploadOptions",
                closed(
                    ["region"],
                    region=STRING,
                    bucket=STRING,
                    image_name=STRING,
                    share_with_accounts=STRINGS,
                ),
            ),
            needed=("region",),
            name_option="image_name",
            name_failure="failed to import the image: the resource 'global/images/%s' already"
            " exists, alreadyExists",
        ),
        RehearsedCloud(
            "azure",
            "org.osbuild.azure.image",
            _azure,
            "registering the image failed: 429 TooManyRequests: The server is busy",
            {
                "denied": "registering the image failed: 403 AuthorizationFailed: The client does"
                " not have authorization to perform action 'Microsoft.Compute/images/write'",
                "quota": "creating the storage account failed: 409 StorageAccountQuotaExceeded: The"
                " maximum number of accounts allowed in the subscription is 250",
            },
            hub_options=(
                "AzureUploadOptions",
                closed(
                    _AZURE_NEEDS,
                    tenant_id=STRING,
                    subscription_id=STRING,
                    resource_group=STRING,
                    location=STRING,
                    image_name=STRING,
                ),
            ),
            needed=_AZURE_NEEDS,
            name_option="image_name",
            name_place=("subscription_id", "resource_group"),
            name_failure="registering the image failed: Conflict: the image %s already exists",
        ),
        RehearsedCloud(
            "container",
            "org.osbuild.container",
            _container,
            "could not push the container: toomanyrequests: too many requests",
            {
                "denied": "could not push the container: unauthorized: access to the requested"
                " resource is not authorized",
                "quota": "could not push the container: denied: storage quota of the organization"
                " exceeded",
            },
            hub_options=("ContainerUploadOptions", closed(name=STRING, tag=STRING)),
        ),
        RehearsedCloud(
            "oci.objectstorage",
            "org.osbuild.oci.objectstorage",
            _oci,
            "unable to upload the image: 429-TooManyRequests: User-rate limit exceeded",
            {
                "denied": "unable to upload the image: 404-NotAuthorizedOrNotFound: Authorization"
                " failed or requested resource not found",
                "quota": "unable to upload the image: 400-QuotaExceeded: The object storage quota"
                " has been exceeded",
            },
        ),
    )
}


def register_cloud(cloud: RehearsedCloud) -> None:
    """Have hub and composer know one cloud more."""
    if cloud.id in _CLOUDS:
        raise ValueError("there is a cloud %s" % cloud.id)
    _CLOUDS[cloud.id] = cloud


def unregister_cloud(cloud: RehearsedCloud) -> None:
    """Take a cloud out again."""
    del _CLOUDS[cloud.id]


def hub_shapes() -> Tuple[Tuple[str, Schema], ...]:
    """Return the hub plugin's name and schema of each shape that upload options may have."""
    shapes = (cloud.hub_options for cloud in _CLOUDS.values())
    return tuple(shape for shape in shapes if shape is not None)
