"""Clouds: what is asked of them, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Mapping, Optional, Tuple, Union

from pungi_osbuild.model.plain import JsonDict, without_none


class Provider(str, Enum):
    """Where osbuild-composer can upload an image to; the values are composer's UploadTypes."""

    AWS = "aws"
    AWS_S3 = "aws.s3"
    GCP = "gcp"
    AZURE = "azure"
    CONTAINER = "container"
    OCI = "oci.objectstorage"
    PULP = "pulp.ostree"


Ignored = Tuple[Tuple[str, Union[str, Tuple[str, ...]]], ...]
"""Options of other clouds, as (option, value): sent as written, and ignored by composer."""


class _UploadOptions:
    provider: ClassVar[Provider]
    ignored: Ignored

    def to_wire(self) -> JsonDict:
        """Return ``upload_options`` as the hub takes them."""
        own = {option: value for option, value in vars(self).items() if option != "ignored"}
        return without_none({**own, **dict(self.ignored)})


@dataclass(frozen=True)
class AwsEc2Upload(_UploadOptions):
    """Register an AMI; without ``share_with_accounts`` it is shared with nobody."""

    region: str
    share_with_accounts: Optional[Tuple[str, ...]] = None
    snapshot_name: Optional[str] = None
    ignored: Ignored = ()
    provider = Provider.AWS


@dataclass(frozen=True)
class AwsS3Upload(_UploadOptions):
    """Put the file in composer's S3 bucket."""

    region: str
    ignored: Ignored = ()
    provider = Provider.AWS_S3


@dataclass(frozen=True)
class GcpUpload(_UploadOptions):
    """Import a Compute Engine image."""

    region: str
    bucket: Optional[str] = None
    image_name: Optional[str] = None
    share_with_accounts: Optional[Tuple[str, ...]] = None
    ignored: Ignored = ()
    provider = Provider.GCP


@dataclass(frozen=True)
class AzureUpload(_UploadOptions):
    """Register a managed image in a resource group."""

    tenant_id: str
    subscription_id: str
    resource_group: str
    location: Optional[str] = None
    image_name: Optional[str] = None
    ignored: Ignored = ()
    provider = Provider.AZURE


@dataclass(frozen=True)
class ContainerUpload(_UploadOptions):
    """Push to a container registry. Composer ignores ``tag`` when ``name`` is missing."""

    name: Optional[str] = None
    tag: Optional[str] = None
    ignored: Ignored = ()
    provider = Provider.CONTAINER


@dataclass(frozen=True)
class OciUpload(_UploadOptions):
    """Put the file in OCI's object storage, which composer does by its own settings alone."""

    ignored: Ignored = ()
    provider = Provider.OCI


Upload = Union[AwsEc2Upload, AwsS3Upload, GcpUpload, AzureUpload, ContainerUpload, OciUpload]


@dataclass(frozen=True)
class Artifact:
    """Which of osbuild's exports a file is."""

    export_name: str
    export_filename: str

    def to_json(self) -> JsonDict:
        """Return it as composer writes it."""
        return dict(vars(self))


@dataclass(frozen=True)
class CloudImage:
    """
    One upload of a built image.

    :param provider: which cloud
    :param id: the string one would paste into that cloud's own tool; never holds a secret:
        a presigned url is recorded without its query
    :param artifact: which of osbuild's exports was uploaded, where composer says so
    """

    provider: Provider
    id: str
    region: Optional[str] = None
    name: Optional[str] = None
    project_id: Optional[str] = None
    image_name: Optional[str] = None
    subscription_id: Optional[str] = None
    resource_group: Optional[str] = None
    location: Optional[str] = None
    url: Optional[str] = None
    digest: Optional[str] = None
    presigned: Optional[bool] = None
    artifact: Optional[Artifact] = None

    @property
    def provider_name(self) -> str:
        """The cloud's name, e.g. ``aws.s3``."""
        return self.provider.value

    @property
    def where(self) -> Optional[str]:
        """The region, which Azure calls location."""
        return self.region or self.location

    def to_json(self) -> JsonDict:
        """Return the entry of a ``"cloud"`` list in images.json and osbuild.json."""
        entry = without_none(vars(self))
        entry["provider"] = self.provider.value
        return _with_artifact(entry, self.artifact)

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> CloudImage:
        """Return the value of an entry written by :meth:`to_json`.

        :raises ValueError: for an unknown provider or a missing id
        :raises TypeError: for a key that is not a field
        """
        values = dict(entry)
        provider = Provider(values.pop("provider", ""))
        artifact = values.pop("osbuild_artifact", None)
        if not isinstance(values.get("id"), str):
            raise ValueError("a cloud entry has no id: %r" % sorted(entry))
        return cls(provider=provider, artifact=artifact and Artifact(**artifact), **values)


@dataclass(frozen=True)
class UnknownUpload:
    """
    One upload of a built image to somewhere that is not known here, as composer returned it.

    :param provider: composer's name of it, e.g. ``org.osbuild.vmware``
    :param options: (name, value), sorted; of a value that is no text, its JSON. Holds no secret.
    """

    provider: str
    options: Tuple[Tuple[str, str], ...] = ()
    artifact: Optional[Artifact] = None

    @property
    def provider_name(self) -> str:
        """Composer's name of the cloud."""
        return self.provider

    @property
    def where(self) -> Optional[str]:
        """The region, where composer says one."""
        return dict(self.options).get("region")

    def to_json(self) -> JsonDict:
        """Return the entry of a ``"cloud"`` list; it has no ``id``, as nobody knows which is."""
        entry: JsonDict = {"provider": self.provider, "options": dict(self.options)}
        return _with_artifact(entry, self.artifact)

    def describe(self) -> str:
        """Return the options in a line, for people."""
        return ", ".join("%s: %s" % option for option in self.options) or "nothing else"


Uploaded = Union[CloudImage, UnknownUpload]


def _with_artifact(entry: JsonDict, artifact: Optional[Artifact]) -> JsonDict:
    entry.pop("artifact", None)
    return entry if artifact is None else {**entry, "osbuild_artifact": artifact.to_json()}
