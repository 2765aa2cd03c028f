"""
AWS S3: files in composer's bucket, which are private, behind an address that expires.

Source: osbuild-composer's Cloud API v2 and target results (read 2026-06).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Mapping, Optional

from pungi_osbuild.checked import OMITTED, Struct
from pungi_osbuild.clouds.aws import REGION, console_of, is_region
from pungi_osbuild.clouds.cloud import CloudOf, Link, only, without_secret
from pungi_osbuild.model import CloudImage, Ignored, Upload

_OBJECT = re.compile(
    r"https://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3[.-](?P<region>[a-z0-9-]+)"
    r"\.amazonaws\.com(\.cn)?/(?P<key>[A-Za-z0-9_.~%/+-]+)"
)


@dataclass(frozen=True)
class AwsS3Upload(Upload):
    """Put the file in composer's S3 bucket."""

    region: Annotated[str, REGION]
    ignored: Ignored = ()
    provider = "aws.s3"


@dataclass(frozen=True)
class AwsS3Image(CloudImage):
    """A file in S3."""

    provider: Annotated[str, only("aws.s3")] = "aws.s3"
    region: Annotated[Optional[str], OMITTED] = None


class AwsS3(CloudOf[AwsS3Image]):
    """See the module."""

    upload = AwsS3Upload
    stored = AwsS3Image
    name = "AWS S3"
    refused: Mapping[str, str] = {
        "public": "Remove it: the file is private, and its address expires (composer's default)."
    }
    target_names = ("org.osbuild.aws.s3",)

    def read(self, result: Struct, upload: Optional[Upload]) -> AwsS3Image:
        # Composer returns only the address.
        address, presigned = without_secret(result.address("url"))
        region = upload.region if isinstance(upload, AwsS3Upload) else None
        return AwsS3Image(address, presigned=presigned, region=region)

    def console(self, image: AwsS3Image) -> Optional[Link]:
        found = _OBJECT.fullmatch(image.id)
        if found is None or not is_region(found["region"]):
            return None
        page = "%s/s3/object/%s?region=%s&prefix=%s"
        where = (console_of(found["region"]), found["bucket"], found["region"], found["key"])
        return Link(page % where, "AWS console")

    def public_address(self, image: AwsS3Image) -> Optional[str]:
        return None if image.presigned else image.id


AWS_S3 = AwsS3()
