"""
AWS EC2: images become AMIs.

Sources: AWS RegisterImage and ModifyImageAttribute for what it takes; osbuild-composer's Cloud API
v2 and target results, and its pull request 5233 for ``tags`` (read 2026-06).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Iterator, Mapping, Optional, Tuple

from pungi_osbuild.checked import OMITTED, Struct
from pungi_osbuild.clouds.cloud import (
    NO_NAME,
    NO_SUCH_NAME,
    SHARED_WITH_NOBODY,
    CloudOf,
    Exported,
    InvalidValue,
    Link,
    StreamEntry,
    UploadOption,
    only,
    shaped,
)
from pungi_osbuild.model import CloudImage, CloudName, Ignored, JsonDict, Upload
from pungi_osbuild.problems import Severity

_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}")
_AMI = re.compile(r"ami-[0-9a-f]{8,40}")
_ARM_MACHINE = "t4g.medium"


def is_region(text: str) -> bool:
    """Whether a text looks like a region of AWS."""
    return _REGION.fullmatch(text) is not None


def region_rule(text: str) -> Optional[InvalidValue]:
    """Judge a region of AWS: one that is new is fine unless it is like a known one."""
    known = _known_regions()
    if text in known:
        return None
    plain = re.sub("[_ ]+", "-", text.strip().lower())
    near = (one for one in known if plain == one or _is_one_edit_away(plain, one))
    meant = next(near, None)
    if is_region(text):
        if meant is None:
            return None
        return InvalidValue(
            "bad-region",
            "%r is not one of AWS's known regions" % text,
            "Did you mean %s?" % meant,
            Severity.WARNING,
        )
    hint = "AWS regions look like us-east-1 or us-gov-west-1."
    if is_region(text[:-1]) and text[-1:].isalpha():
        hint = "Write the region without its zone: %s." % text[:-1]
    elif meant is not None:
        hint = "Did you mean %s?" % meant
    return InvalidValue("bad-region", "AWS has no region %r" % text, hint)


@lru_cache(maxsize=1)
def _known_regions() -> Tuple[str, ...]:
    lines = Path(__file__).with_name("aws_regions.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


def _is_one_edit_away(text: str, known: str) -> bool:
    """Whether one letter is wrong, missing or too many, or two neighbours are swapped."""
    while text and text[0] == known[:1]:
        text, known = text[1:], known[1:]
    while text and text[-1] == known[-1:]:
        text, known = text[:-1], known[:-1]
    return max(len(text), len(known)) == 1 or (len(text) == 2 and text == known[::-1])


_ACCOUNT_RULE = shaped(
    re.compile(r"[0-9]{12}"),
    "bad-account",
    "%r is not a valid AWS account ID",
    "Write its 12 digits and nothing else; zeros at the beginning count.",
)


_NAME_RULE = shaped(
    re.compile(r"[A-Za-z0-9()\[\] ./'@_-]{3,128}"),
    "bad-cloud-name",
    "%r is not a valid name of an AMI",
    "Use 3 to 128 letters, digits, spaces and ( ) [ ] . / - ' @ _ only.",
    NO_NAME,
)


REGION = UploadOption("The cloud's region.", '"us-east-1"', rule=region_rule)


@dataclass(frozen=True)
class AwsEc2Upload(Upload):
    """Register an AMI; without ``share_with_accounts`` it is shared with nobody."""

    # fmt: off
    region: Annotated[str, REGION]
    share_with_accounts: Annotated[Optional[Tuple[str, ...]], UploadOption(
        "Account numbers; [] for nobody.", '["123456789012"]',
        "nobody, which is a warning; needed beside `snapshot_name`",
        _ACCOUNT_RULE, SHARED_WITH_NOBODY, hub_requires=True)] = None
    snapshot_name: Annotated[Optional[str], UploadOption(
        "Name of the AMI and its snapshot.", '"{nvr}"', "`composer-api-<uuid>`",
        _NAME_RULE, NO_SUCH_NAME)] = None
    # fmt: on
    ignored: Ignored = ()
    provider = "aws"

    def wanted_name(self) -> Optional[CloudName]:
        """AWS refuses a second AMI of one name in a region."""
        if not self.snapshot_name:
            return None
        what = "the AMI name %r in %s" % (self.snapshot_name, self.region)
        return CloudName("snapshot_name", (self.region, self.snapshot_name), what)


@dataclass(frozen=True)
class AwsEc2Image(CloudImage):
    """An AMI."""

    provider: Annotated[str, only("aws")] = "aws"
    region: Annotated[Optional[str], OMITTED] = None
    name: Annotated[Optional[str], OMITTED] = None


class AwsEc2(CloudOf[AwsEc2Image]):
    """See the module."""

    upload = AwsEc2Upload
    stored = AwsEc2Image
    name = "AWS EC2"
    refused: Mapping[str, str] = {
        "tags": "Remove it, and tag the AMI by its recorded id afterwards."
    }
    target_names = ("org.osbuild.aws",)
    val_name = "aws"
    stream_platform = "aws"

    def remarks(
        self, options: Mapping[str, Any], works: bool
    ) -> Iterator[Tuple[str, InvalidValue]]:
        if works and "share_with_accounts" not in options:
            yield (
                "share_with_accounts",
                InvalidValue(
                    "shared-with-nobody",
                    "without share_with_accounts the AMI is shared with nobody",
                    "Name the accounts; [] says that nobody is meant.",
                    Severity.WARNING,
                ),
            )

    def read(self, result: Struct, upload: Optional[Upload]) -> AwsEc2Image:
        asked = upload if isinstance(upload, AwsEc2Upload) else None
        region = asked.region if asked is not None else None
        return AwsEc2Image(
            result.line("ami"),
            region=result.line("region") if result.raw("region") else region,
            name=asked.snapshot_name if asked is not None else None,
        )

    def console(self, image: AwsEc2Image) -> Optional[Link]:
        region = image.where or ""
        if not is_region(region) or not _AMI.fullmatch(image.id):
            return None
        page = "%s/ec2/home?region=%s#ImageDetails:imageId=%s"
        return Link(page % (console_of(region), region, image.id), "AWS console")

    def val_instance(self, image: AwsEc2Image, exported: Exported) -> JsonDict:
        return {
            "ami": image.id,
            "region": image.where,
            "instance_type": _ARM_MACHINE if exported.arch == "aarch64" else "",
            "username": "fedora" if exported.distro.startswith("fedora") else "ec2-user",
            "name": image.name or exported.name,
        }

    def stream_entry(self, image: AwsEc2Image) -> Optional[StreamEntry]:
        region = image.where
        if region is None:
            return None
        what = "the AMI in %s" % region
        return StreamEntry(what, ("aws", "regions", region), {"image": image.id})


def console_of(region: str) -> str:
    """Return AWS's console: China and the government's regions have consoles of their own."""
    if region.startswith("cn-"):
        return "https://%s.console.amazonaws.cn" % region
    if region.startswith("us-gov-"):
        return "https://console.amazonaws-us-gov.com"
    return "https://%s.console.aws.amazon.com" % region


AWS_EC2 = AwsEc2()
