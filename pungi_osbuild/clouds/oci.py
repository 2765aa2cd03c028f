"""
Oracle Cloud (OCI): files in its object storage, to which composer uploads by its own settings.

The hub has no upload options for it: options of another cloud are what makes composer upload.
Source: osbuild-composer's Cloud API v2 and target results (read 2026-06).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Optional

from pungi_osbuild.checked import OMITTED, Struct
from pungi_osbuild.clouds.cloud import CloudOf, Link, link_to_id, only, without_secret
from pungi_osbuild.model import CloudImage, Ignored, Upload


@dataclass(frozen=True)
class OciUpload(Upload):
    """Put the file in OCI's object storage."""

    ignored: Ignored = ()
    provider = "oci.objectstorage"


@dataclass(frozen=True)
class OciImage(CloudImage):
    """A file in object storage, or a custom image."""

    provider: Annotated[str, only("oci.objectstorage")] = "oci.objectstorage"
    region: Annotated[Optional[str], OMITTED] = None
    url: Annotated[Optional[str], OMITTED] = None


class Oci(CloudOf[OciImage]):
    """See the module."""

    upload = OciUpload
    stored = OciImage
    name = "OCI"
    title = "Oracle Cloud"
    hub_takes_options = False
    target_names = ("org.osbuild.oci", "org.osbuild.oci.objectstorage")
    stream_platform = "oraclecloud"

    def read(self, result: Struct, upload: Optional[Upload]) -> OciImage:
        if result.has("url"):
            address, presigned = without_secret(result.address("url"))
            return OciImage(address, presigned=presigned, url=address)
        region = result.text_or_none("region")
        return OciImage(result.line("image_id"), region=region)

    def console(self, image: OciImage) -> Optional[Link]:
        return link_to_id(image)


OCI = Oci()
