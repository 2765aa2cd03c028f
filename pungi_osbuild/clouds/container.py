"""
Container registries: images are pushed to the one that composer's worker is set up for.

Sources: the grammar of container references of the distribution project for what registries take;
osbuild-composer's Cloud API v2 and target results (read 2026-06).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Iterator, Mapping, Optional, Tuple

from pungi_osbuild.checked import OMITTED, Struct
from pungi_osbuild.clouds.cloud import (
    NO_NAME,
    NO_SUCH_NAME,
    CloudOf,
    InvalidValue,
    Link,
    UploadOption,
    only,
    shaped,
)
from pungi_osbuild.model import CloudImage, CloudName, Ignored, Upload
from pungi_osbuild.problems import Severity

_PATH = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
_REGISTRY = re.compile(
    r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
    r"|\[[0-9A-Fa-f:]+\])(:[0-9]+)?"
)
_LONGEST_NAME = 255
_QUAY = re.compile(
    r"quay\.io/(?P<repository>[a-z0-9._-]+/[a-z0-9._/-]+)(:[\w.-]+)?@(?P<digest>sha256:[0-9a-f]{64})",
    re.ASCII,
)


def _name_rule(text: str) -> Optional[InvalidValue]:
    if not text:
        return NO_NAME
    first, slash, rest = text.partition("/")
    is_registry = bool(slash) and (
        "." in first or ":" in first or first == "localhost" or first != first.lower()
    )
    path = rest if is_registry else text
    last = path.rsplit("/", 1)[-1]
    if ":" in last or "@" in last:
        return InvalidValue(
            "bad-cloud-name",
            "the container name %r contains a tag or a digest of its own" % text,
            "Write the tag into the option tag.",
            Severity.WARNING,
        )
    fits = (not is_registry or _REGISTRY.fullmatch(first)) and all(
        _PATH.fullmatch(part) for part in path.split("/")
    )
    if fits and len(text) <= _LONGEST_NAME:
        return None
    return InvalidValue(
        "bad-cloud-name",
        "no registry takes a container called %r" % text,
        "Use lower-case letters and digits, with . _ or - between them, and / between its parts.",
    )


_TAG_RULE = shaped(
    re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"),
    "bad-cloud-name",
    "no registry takes the tag %r",
    "Use at most 128 letters, digits and _ . - only, and neither . nor - first.",
    NO_NAME,
)


@dataclass(frozen=True)
class ContainerUpload(Upload):
    """Push to a container registry. Composer ignores ``tag`` when ``name`` is missing."""

    # fmt: off
    name: Annotated[Optional[str], UploadOption(
        "Name of the container in the registry.", '"my-edge"', "the distribution's name",
        _name_rule, NO_SUCH_NAME)] = None
    tag: Annotated[Optional[str], UploadOption(
        "Tag; only with a name.", '"{version}-{arch}"', "a uuid",
        _TAG_RULE, "nothing gets this tag")] = None
    # fmt: on
    ignored: Ignored = ()
    provider = "container"

    def wanted_name(self) -> Optional[CloudName]:
        """A registry takes a tag a second time, and moves it."""
        if not self.name or not self.tag:
            return None
        what = "the container %s:%s" % (self.name, self.tag)
        return CloudName("tag", (self.name, self.tag), what, moves=True)

    @property
    def leftover(self) -> str:
        if self.name is None:
            return super().leftover
        return "%s:%s" % (self.name, self.tag or "<uuid>")


@dataclass(frozen=True)
class ContainerImage(CloudImage):
    """A container in a registry."""

    provider: Annotated[str, only("container")] = "container"
    url: Annotated[Optional[str], OMITTED] = None
    digest: Annotated[Optional[str], OMITTED] = None


class Container(CloudOf[ContainerImage]):
    """See the module."""

    upload = ContainerUpload
    stored = ContainerImage
    name = "a container registry"
    title = "Container registry"
    target_names = ("org.osbuild.container",)

    def remarks(
        self,
        options: Mapping[str, Any],
        works: bool,
    ) -> Iterator[Tuple[str, InvalidValue]]:
        if "tag" in options and "name" not in options:
            yield (
                "tag",
                InvalidValue(
                    "tag-without-name",
                    "composer ignores the tag when there is no name",
                    "Add name, or remove tag.",
                    Severity.WARNING,
                ),
            )

    def read(self, result: Struct, upload: Optional[Upload]) -> ContainerImage:
        url, digest = result.line("url"), result.line("digest")
        return ContainerImage("%s@%s" % (url, digest), url=url, digest=digest)

    def console(self, image: ContainerImage) -> Optional[Link]:
        # Other registries have no page that all may see.
        found = _QUAY.fullmatch(image.id)
        if found is None:
            return None
        page = "https://quay.io/repository/%s/manifest/%s"
        return Link(page % (found["repository"], found["digest"]), "quay.io")


CONTAINER = Container()
