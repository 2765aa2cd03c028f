"""
Pulp: ostree commits in a repository. Koji's hub (koji-osbuild 12) lets no options for it through.

What somebody else had composer upload there is read all the same. Source: osbuild-composer's Cloud
API v2 and target results (read 2026-06).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Mapping, Optional

from pungi_osbuild.checked import OMITTED, Struct
from pungi_osbuild.clouds.cloud import CloudOf, Link, link_to_id, only, without_secret
from pungi_osbuild.model import CloudImage, Ignored, Upload

_REFUSED = "Remove it: nothing can be uploaded to Pulp through Koji."


@dataclass(frozen=True)
class PulpUpload(Upload):
    """The hub refuses all of its options."""

    ignored: Ignored = ()
    provider = "pulp.ostree"


@dataclass(frozen=True)
class PulpImage(CloudImage):
    """An ostree repository."""

    provider: Annotated[str, only("pulp.ostree")] = "pulp.ostree"
    url: Annotated[Optional[str], OMITTED] = None


class Pulp(CloudOf[PulpImage]):
    """See the module."""

    upload = PulpUpload
    stored = PulpImage
    name = "Pulp"
    hub_takes_options = False
    is_reachable = False
    refused: Mapping[str, str] = {
        "basepath": _REFUSED,
        "repository": _REFUSED,
        "server_address": _REFUSED,
    }
    target_names = ("org.osbuild.pulp.ostree",)

    def read(self, result: Struct, upload: Optional[Upload]) -> PulpImage:
        # The two places call it differently: Koji's metadata, and compose-status.json.
        key = "repository_url" if result.has("repository_url") else "repo_url"
        address, presigned = without_secret(result.address(key))
        return PulpImage(address, presigned=presigned, url=address)

    def console(self, image: PulpImage) -> Optional[Link]:
        return link_to_id(image)


PULP = Pulp()
