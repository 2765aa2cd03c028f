"""Clouds: what is asked of them, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, ClassVar, Optional, Tuple, Union

from pungi_osbuild.checked import LINE, OMITTED, Form, JsonDict, Key, Struct, forms_of, from_json
from pungi_osbuild.model.plain import without_none


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
    id: Annotated[str, LINE]
    region: Annotated[Optional[str], OMITTED] = None
    name: Annotated[Optional[str], OMITTED] = None
    project_id: Annotated[Optional[str], OMITTED] = None
    image_name: Annotated[Optional[str], OMITTED] = None
    subscription_id: Annotated[Optional[str], OMITTED] = None
    resource_group: Annotated[Optional[str], OMITTED] = None
    location: Annotated[Optional[str], OMITTED] = None
    url: Annotated[Optional[str], OMITTED] = None
    digest: Annotated[Optional[str], OMITTED] = None
    presigned: Annotated[Optional[bool], OMITTED] = None
    artifact: Annotated[Optional[Artifact], OMITTED, Key("osbuild_artifact")] = None

    @property
    def provider_name(self) -> str:
        """The cloud's name, e.g. ``aws.s3``."""
        return self.provider.value

    @property
    def where(self) -> Optional[str]:
        """The region, which Azure calls location."""
        return self.region or self.location


def _read_options(struct: Struct, key: str) -> Tuple[Tuple[str, str], ...]:
    options = struct.struct(key)
    return tuple((name, options.text(name)) for name in options)


_OPTIONS = Form(_read_options, {"type": "object", "additionalProperties": {"type": "string"}}, dict)


@dataclass(frozen=True)
class UnknownUpload:
    """
    One upload of a built image to somewhere that is not known here, as composer returned it.

    Its object has no ``id``: nobody knows which of the options is.

    :param provider: composer's name of it, e.g. ``org.osbuild.vmware``
    :param options: (name, value), sorted; of a value that is no text, its JSON. Holds no secret.
    """

    provider: str
    options: Annotated[Tuple[Tuple[str, str], ...], _OPTIONS] = ()
    artifact: Annotated[Optional[Artifact], OMITTED, Key("osbuild_artifact")] = None

    @property
    def provider_name(self) -> str:
        """Composer's name of the cloud."""
        return self.provider

    @property
    def where(self) -> Optional[str]:
        """The region, where composer says one."""
        return dict(self.options).get("region")

    def describe(self) -> str:
        """Return the options in a line, for people."""
        return ", ".join("%s: %s" % option for option in self.options) or "nothing else"


Uploaded = Union[CloudImage, UnknownUpload]


def read_upload(entry: Struct) -> Uploaded:
    """
    Return an entry of a ``"cloud"`` list.

    One of a cloud that only a later version knows has no ``options``: whatever it has is taken.
    """
    if entry.text("provider") in _PROVIDERS:
        return from_json(CloudImage, entry)
    if entry.has("options"):
        return from_json(UnknownUpload, entry)
    options = {
        key: value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        for key, value in entry.value.items()
        if key not in ("provider", "osbuild_artifact")
    }
    whole = {**entry.value, "options": options}
    return from_json(UnknownUpload, Struct(whole, entry.place, entry.origin))


_PROVIDERS = frozenset(provider.value for provider in Provider)
UPLOADS = forms_of(read_upload, CloudImage, UnknownUpload)
