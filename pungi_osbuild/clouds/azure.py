"""
Azure: images become managed images of a resource group.

Sources: Azure's naming rules of Microsoft.Compute and Microsoft.Resources for what it takes;
osbuild-composer's Cloud API v2 and target results (read 2026-06).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Mapping, Optional

from pungi_osbuild.checked import OMITTED, Struct
from pungi_osbuild.clouds.cloud import (
    NO_NAME,
    NO_SUCH_NAME,
    CloudOf,
    Exported,
    Link,
    UploadOption,
    only,
    shaped,
)
from pungi_osbuild.model import CloudImage, CloudName, Ignored, JsonDict, Upload

_GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_DOMAIN = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+"
_WRITE_GUID = "Write its GUID, like 5c7ef5b6-1c3f-4da0-a622-0b060239d7d7."
_ID = re.compile(
    r"/subscriptions/[0-9A-Fa-f-]{36}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.Compute/images/[\w.-]{1,80}",
    re.ASCII,
)
_ARM_MACHINE = "Standard_D2pds_v5"


# A directory can be named by one of its domains, too.
_TENANT_RULE = shaped(
    re.compile("%s|%s" % (_GUID, _DOMAIN)),
    "bad-cloud-id",
    "%r is not a valid ID of an Azure tenant",
    _WRITE_GUID,
)


_SUBSCRIPTION_RULE = shaped(
    re.compile(_GUID), "bad-cloud-id", "%r is not a valid ID of an Azure subscription", _WRITE_GUID
)


# An empty location is the resource group's.
_LOCATION_RULE = shaped(
    re.compile(r"([A-Za-z][A-Za-z0-9 ]*)?"),
    "bad-region",
    "Azure has no location %r",
    "Azure's locations look like eastus or West Europe; without location it is the resource"
    " group's.",
)


_GROUP_RULE = shaped(
    re.compile(r"[\w().-]{0,89}[\w()-]"),
    "bad-cloud-name",
    "Azure has no resource group called %r",
    "It has at most 90 letters, digits and ( ) . - _, and does not end in a dot.",
)


_NAME_RULE = shaped(
    re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?"),
    "bad-cloud-name",
    "%r is not a valid name of an Azure image",
    "Use at most 80 letters, digits and . - _ only; a letter or digit first, and no dot or dash"
    " last.",
    NO_NAME,
)


@dataclass(frozen=True)
class AzureUpload(Upload):
    """Register a managed image in a resource group."""

    # fmt: off
    tenant_id: Annotated[str, UploadOption(
        "Id of the directory, a GUID.", '"5c7ef5b6-1c3f-4da0-a622-0b060239d7d7"',
        rule=_TENANT_RULE)]
    subscription_id: Annotated[str, UploadOption(
        "Id of the subscription, a GUID.", '"4a1d7c2e-58e7-4c4f-9c0e-0d1b2f3a4b5c"',
        rule=_SUBSCRIPTION_RULE)]
    resource_group: Annotated[str, UploadOption(
        "The resource group, which must exist.", '"my-images"', rule=_GROUP_RULE)]
    location: Annotated[Optional[str], UploadOption(
        "The cloud's region.", '"eastus"', "that of the resource group", _LOCATION_RULE)] = None
    image_name: Annotated[Optional[str], UploadOption(
        "What the image is called there.", '"{nvr}"', "composer gives one",
        _NAME_RULE, NO_SUCH_NAME)] = None
    # fmt: on
    ignored: Ignored = ()
    provider = "azure"

    def wanted_name(self) -> Optional[CloudName]:
        """A name is of a resource group. Azure looks at no case, neither in names nor in ids."""
        if not self.image_name:
            return None
        where = (self.subscription_id, self.resource_group, self.image_name)
        what = "the Azure image name %r in %s" % (self.image_name, self.resource_group)
        return CloudName("image_name", tuple(part.lower() for part in where), what)

    @property
    def leftover(self) -> str:
        return "%s of resource group %s" % (super().leftover, self.resource_group)

    @property
    def where(self) -> Optional[str]:
        return self.location


@dataclass(frozen=True)
class AzureImage(CloudImage):
    """A managed image."""

    provider: Annotated[str, only("azure")] = "azure"
    image_name: Annotated[Optional[str], OMITTED] = None
    subscription_id: Annotated[Optional[str], OMITTED] = None
    resource_group: Annotated[Optional[str], OMITTED] = None
    location: Annotated[Optional[str], OMITTED] = None

    @property
    def where(self) -> Optional[str]:
        return self.location


class Azure(CloudOf[AzureImage]):
    """See the module."""

    upload = AzureUpload
    stored = AzureImage
    name = "Azure"
    refused: Mapping[str, str] = {"hyper_v_generation": "Remove it: composer's default is V1."}
    target_names = ("org.osbuild.azure.image",)
    val_name = "azure"
    stream_platform = "azure"

    def read(self, result: Struct, upload: Optional[Upload]) -> AzureImage:
        # Composer returns only the image's name.
        name = result.line("image_name")
        if not isinstance(upload, AzureUpload):
            return AzureImage(name, image_name=name)
        return AzureImage(
            "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/images/%s"
            % (upload.subscription_id, upload.resource_group, name),
            image_name=name,
            subscription_id=upload.subscription_id,
            resource_group=upload.resource_group,
            location=upload.location,
        )

    def console(self, image: AzureImage) -> Optional[Link]:
        if not _ID.fullmatch(image.id):
            return None
        return Link("https://portal.azure.com/#resource%s" % image.id, "Azure portal")

    def val_instance(self, image: AzureImage, exported: Exported) -> JsonDict:
        instance = {
            "image_uri": image.id,
            "arch": exported.arch,
            "name": exported.name,
        }
        if image.where:
            instance["location"] = image.where
        if exported.arch == "aarch64":
            instance["instance_type"] = _ARM_MACHINE
        return instance

    def val_shared(self, image: AzureImage) -> Mapping[str, Optional[str]]:
        return {
            "subscription_id": image.subscription_id,
            "resource_group": image.resource_group,
        }


AZURE = Azure()
