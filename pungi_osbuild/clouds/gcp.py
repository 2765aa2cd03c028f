"""
Google Cloud: images become Compute Engine images of composer's project.

Sources: Google Cloud's resource names, locations and IAM members for what it takes; the account
kinds, target results and Cloud API v2 of osbuild-composer (read 2026-06).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Mapping, Optional, Tuple
from urllib.parse import quote

from pungi_osbuild.checked import OMITTED, Struct
from pungi_osbuild.clouds.aws import is_region
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
from pungi_osbuild.problems import Severity, suggest

_LOCATION = re.compile(r"us|eu|asia|[a-z]+[0-9]{1,2}|[a-z]+(-[a-z]+)+[0-9]{1,2}", re.I)
_ID = re.compile(
    r"projects/(?P<project>[a-z][a-z0-9.:-]{1,80})/global/images/[a-z]([a-z0-9-]{0,62})"
)
_ANYONE = ("allUsers", "allAuthenticatedUsers")
_WITH_ADDRESS = ("user", "serviceAccount", "group")
_KINDS = (*_WITH_ADDRESS, "domain")
_OTHER_KINDS = (
    "deleted",
    "principal",
    "principalSet",
    "projectEditor",
    "projectOwner",
    "projectViewer",
)
"""Members that Google's IAM takes and composer's documentation does not name."""

_ARM_MACHINE = "t2a-standard-2"


def _region_rule(text: str) -> Optional[InvalidValue]:
    if _LOCATION.fullmatch(text):
        return None
    hint = "GCP's locations look like us-central1; us, eu and asia are multi-regions."
    if is_region(text):
        message = "%r is a region of AWS" % text
        return InvalidValue("bad-region", message, "GCP writes no dash before the number. " + hint)
    message = "%r does not look like a location of GCP" % text
    return InvalidValue("bad-region", message, hint, Severity.WARNING)


_NAME_RULE = shaped(
    re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"),
    "bad-cloud-name",
    "%r is not a valid name of a GCP image",
    "Use at most 63 lower-case letters, digits and dashes, a letter first: {date}-{type}-{respin}"
    " fits, {nvr} and the arch x86_64 do not (name it in arch_upload_options).",
    NO_NAME,
)


def _account_rule(text: str) -> Optional[InvalidValue]:
    kind, colon, who = text.partition(":")
    if text in _ANYONE or (colon and who and kind in _OTHER_KINDS):
        return None
    if not colon or kind not in _KINDS:
        near = suggest(kind, _KINDS) if colon else None
        return InvalidValue(
            "bad-account",
            "GCP cannot tell which kind of account %r is" % text,
            "Did you mean %s:%s?" % (near, who)
            if near
            else "Write user:, serviceAccount:, group: or domain: before it.",
        )
    if (kind in _WITH_ADDRESS and not re.fullmatch(r"[^@]+@[^@]+", who)) or not who:
        what = "a domain" if kind == "domain" else "an e-mail address"
        return InvalidValue(
            "bad-account", "%r names no account" % text, "Write %s after %s:." % (what, kind)
        )
    return None


@dataclass(frozen=True)
class GcpUpload(Upload):
    """Import a Compute Engine image."""

    # fmt: off
    region: Annotated[str, UploadOption("The cloud's region.", '"us-east1"', rule=_region_rule)]
    bucket: Annotated[Optional[str], UploadOption(
        "Where the file is put before it is imported.", '"my-images"',
        "that of composer's worker")] = None
    image_name: Annotated[Optional[str], UploadOption(
        "What the image is called there.", '"my-image-{date}-{type}-{respin}"',
        "`composer-api-<uuid>`", _NAME_RULE, NO_SUCH_NAME)] = None
    share_with_accounts: Annotated[Optional[Tuple[str, ...]], UploadOption(
        'Accounts, each with its kind: "user:alice@example.com".', '["group:images@example.com"]',
        "nobody", _account_rule, SHARED_WITH_NOBODY)] = None
    # fmt: on
    ignored: Ignored = ()
    provider = "gcp"

    def wanted_name(self) -> Optional[CloudName]:
        """A name is the project's, which is composer's, so the same for all; x86_64 is in none."""
        if not self.image_name:
            return None
        what = "the GCP image name %r" % self.image_name
        return CloudName("image_name", self.image_name, what, takes_arch=False)


@dataclass(frozen=True)
class GcpImage(CloudImage):
    """A Compute Engine image."""

    provider: Annotated[str, only("gcp")] = "gcp"
    region: Annotated[Optional[str], OMITTED] = None
    project_id: Annotated[Optional[str], OMITTED] = None
    image_name: Annotated[Optional[str], OMITTED] = None


class Gcp(CloudOf[GcpImage]):
    """See the module."""

    upload = GcpUpload
    stored = GcpImage
    name = "GCP"
    title = "Google Cloud"
    target_names = ("org.osbuild.gcp",)
    val_name = "gcloud"
    stream_platform = "gcp"

    def read(self, result: Struct, upload: Optional[Upload]) -> GcpImage:
        project, name = result.line("project_id"), result.line("image_name")
        return GcpImage(
            "projects/%s/global/images/%s" % (project, name),
            region=upload.region if isinstance(upload, GcpUpload) else None,
            project_id=project,
            image_name=name,
        )

    def console(self, image: GcpImage) -> Optional[Link]:
        found = _ID.fullmatch(image.id)
        if found is None:
            return None
        page = "https://console.cloud.google.com/compute/imagesDetail/%s?project=%s"
        return Link(page % (image.id, quote(found["project"])), "Google Cloud console")

    def val_instance(self, image: GcpImage, exported: Exported) -> JsonDict:
        region = image.where
        return {
            "image": image.image_name,
            "region": region,
            "zone": None if region is None else "%s-c" % region,
            "instance_type": _ARM_MACHINE if exported.arch == "aarch64" else "",
            "name": exported.name,
        }

    def val_shared(self, image: GcpImage) -> Mapping[str, Optional[str]]:
        return {"project": image.project_id}

    def stream_entry(self, image: GcpImage) -> Optional[StreamEntry]:
        entry = {"project": image.project_id, "name": image.image_name}
        return StreamEntry("the GCP image", ("gcp",), entry)


GCP = Gcp()
