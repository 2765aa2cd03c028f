"""
Addresses that a report may link to: of Koji, and of the consoles of the clouds.

What an ID says was written by others. An address is made of it only when it looks exactly as that
cloud's IDs do; everything else is shown and not linked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Mapping, Optional
from urllib.parse import quote, urlsplit

from pungi_osbuild.model import CloudImage, Provider


@dataclass(frozen=True)
class Link:
    """
    Where something can be looked at.

    :param address: http or https, and nothing else
    :param text: what is there
    """

    address: str
    text: str


def web_address(text: str) -> Optional[str]:
    """Return an address that a browser may be sent to, or None for one that it may not."""
    if not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    has_login = "@" in parts.netloc
    return text if parts.scheme in ("http", "https") and parts.hostname and not has_login else None


def task_link(weburl: str, task_id: Optional[int]) -> Optional[Link]:
    """Return where a task can be looked at in Koji; None where its web address is not known."""
    return _koji(weburl, "taskinfo?taskID", "task", task_id)


def build_link(weburl: str, build_id: Optional[int]) -> Optional[Link]:
    """Return where a build can be looked at in Koji; None where its web address is not known."""
    return _koji(weburl, "buildinfo?buildID", "build", build_id)


def _koji(weburl: str, page: str, what: str, number: Optional[int]) -> Optional[Link]:
    base = web_address(weburl)
    if base is None or number is None:
        return None
    return Link("%s/%s=%d" % (base.rstrip("/"), page, number), "%s %d" % (what, number))


def console_link(cloud: CloudImage) -> Optional[Link]:
    """Return where an image can be looked at in its cloud; None where there is no such page."""
    maker = _CONSOLES.get(cloud.provider)
    return None if maker is None else maker(cloud)


_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d{1,2}")
_AMI = re.compile(r"ami-[0-9a-f]{8,40}")


def _aws_console(region: str) -> str:
    """Return AWS's console: China and the government's regions have consoles of their own."""
    if region.startswith("cn-"):
        return "https://%s.console.amazonaws.cn" % region
    if region.startswith("us-gov-"):
        return "https://console.amazonaws-us-gov.com"
    return "https://%s.console.aws.amazon.com" % region


def _ami(cloud: CloudImage) -> Optional[Link]:
    region = cloud.region or ""
    if not _REGION.fullmatch(region) or not _AMI.fullmatch(cloud.id):
        return None
    page = "%s/ec2/home?region=%s#ImageDetails:imageId=%s"
    return Link(page % (_aws_console(region), region, cloud.id), "AWS console")


_S3 = re.compile(
    r"https://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3[.-](?P<region>[a-z0-9-]+)"
    r"\.amazonaws\.com(\.cn)?/(?P<key>[A-Za-z0-9_.~%/+-]+)"
)


def _s3_object(cloud: CloudImage) -> Optional[Link]:
    found = _S3.fullmatch(cloud.id)
    if found is None or not _REGION.fullmatch(found["region"]):
        return None
    page = "%s/s3/object/%s?region=%s&prefix=%s"
    where = (_aws_console(found["region"]), found["bucket"], found["region"], found["key"])
    return Link(page % where, "AWS console")


_GCP = re.compile(
    r"projects/(?P<project>[a-z][a-z0-9.:-]{1,80})/global/images/[a-z]([a-z0-9-]{0,62})"
)


def _gcp_image(cloud: CloudImage) -> Optional[Link]:
    found = _GCP.fullmatch(cloud.id)
    if found is None:
        return None
    page = "https://console.cloud.google.com/compute/imagesDetail/%s?project=%s"
    return Link(page % (cloud.id, quote(found["project"])), "Google Cloud console")


_AZURE = re.compile(
    r"/subscriptions/[0-9A-Fa-f-]{36}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.Compute/images/[\w.-]{1,80}",
    re.ASCII,
)


def _azure_image(cloud: CloudImage) -> Optional[Link]:
    if not _AZURE.fullmatch(cloud.id):
        return None
    return Link("https://portal.azure.com/#resource%s" % cloud.id, "Azure portal")


_QUAY = re.compile(
    r"quay\.io/(?P<repository>[a-z0-9._-]+/[a-z0-9._/-]+)(:[\w.-]+)?@(?P<digest>sha256:[0-9a-f]{64})",
    re.ASCII,
)


def _container(cloud: CloudImage) -> Optional[Link]:
    """Return the page of a manifest on quay.io: other registries have none that all may see."""
    found = _QUAY.fullmatch(cloud.id)
    if found is None:
        return None
    page = "https://quay.io/repository/%s/manifest/%s"
    return Link(page % (found["repository"], found["digest"]), "quay.io")


def _itself(cloud: CloudImage) -> Optional[Link]:
    address = web_address(cloud.id)
    return None if address is None else Link(address, "open")


_CONSOLES: Mapping[Provider, Callable[[CloudImage], Optional[Link]]] = {
    Provider.AWS: _ami,
    Provider.AWS_S3: _s3_object,
    Provider.GCP: _gcp_image,
    Provider.AZURE: _azure_image,
    Provider.CONTAINER: _container,
    Provider.OCI: _itself,
    Provider.PULP: _itself,
}
