"""A request: one osbuildImage task to submit, and its exact arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, List, Optional, Tuple

from pungi_osbuild.checked import JsonDict
from pungi_osbuild.model.cloud import Upload
from pungi_osbuild.model.compose import Arch
from pungi_osbuild.model.config import ImageConfig, Repo
from pungi_osbuild.model.template import UploadTemplate
from pungi_osbuild.secrets import hide_known, secrets_in

METHOD = "osbuildImage"
"""The hub's method that a request is submitted by."""


@dataclass(frozen=True)
class ImageRequest:
    """
    One osbuildImage task to submit: a block for one variant and one arch, or several arches.

    :param number: position in the plan, from 0; names the request within a run
    :param base_release: without the arch; None until the hub has been asked for one
    :param release_from_hub: the release was or will be allocated, so another may be taken
    :param split: the block goes out as one task per arch, so the release ends in ``.<arch>``
    :param repos: resolved to urls, ``$arch`` left in
    :param upload_template: what is uploaded; None for nothing
    :param attempt: 1 for the first submission
    """

    number: int
    config: ImageConfig
    variant: str
    variant_topdirs: Tuple[Tuple[Arch, str], ...]
    arches: Tuple[Arch, ...]
    version: str
    base_release: Optional[str]
    release_from_hub: bool
    split: bool
    repos: Tuple[Repo, ...]
    subvariant: str
    can_fail: bool
    upload_template: Optional[UploadTemplate] = None
    attempt: int = 1

    @property
    def upload(self) -> Optional[Upload]:
        """The upload as submitted, every template filled in; None for none."""
        template = self.upload_template
        return None if template is None else template.filled(self.attempt)

    @property
    def release(self) -> Optional[str]:
        """The release as submitted; None until one is allocated."""
        return None if self.base_release is None else self.release_of(self.base_release)

    def release_of(self, base: str) -> str:
        """Return the release as submitted for a base release (docs/decisions/0001)."""
        return "%s.%s" % (base, self.arches[0]) if self.split else base

    @property
    def nvr(self) -> Optional[str]:
        """The N-V-R of the Koji build; None until a release is allocated."""
        release = self.release
        return None if release is None else self.nvr_of(release)

    def nvr_of(self, release: str) -> str:
        """Return the N-V-R for a release as submitted."""
        return "%s-%s-%s" % (self.config.name, self.version, release)

    def with_release(self, base: str) -> ImageRequest:
        """Return the request with an allocated release."""
        return replace(self, base_release=base)

    def with_attempt(self, attempt: int) -> ImageRequest:
        """Return the request as it is submitted the next time; 1 is the first time."""
        return replace(self, attempt=attempt)

    def arguments(self) -> List[Any]:
        """Return the exact positional arguments of ``osbuildImage``, the last being ``opts``.

        The call shape is that of Pungi's in-tree phase: ``opts`` always has ``repo``, other keys
        only when they have a value.
        """
        config = self.config
        image_type: Any = [config.image_type] if config.image_type_as_list else config.image_type
        return [
            config.name,
            self.version,
            config.distro,
            image_type,
            config.target,
            list(self.arches),
            self._opts(),
        ]

    def _opts(self) -> JsonDict:
        config = self.config
        opts: JsonDict = {"repo": [repo.to_wire() for repo in self.repos]}
        if config.ostree.to_wire():
            opts["ostree"] = config.ostree.to_wire()
        if self.release:
            opts["release"] = self.release
        upload = self.upload
        if upload is not None:
            opts["upload_options"] = upload.to_wire()
        if config.customizations is not None:
            opts["customizations"] = config.customizations.to_wire()
        if config.skip_tag:
            opts["skip_tag"] = True
        return opts

    def placed_name(self, filename: str) -> str:
        """Return the name a file of the build has in the compose.

        The arch that splitting put into the release is taken out again, so that the file is
        called what it would have been called: ``<name>-<version>-<release>.<arch>.<ext>``.
        """
        if not self.split or self.base_release is None or self.nvr is None:
            return filename
        prefix = "%s." % self.nvr
        if not filename.startswith(prefix):
            return filename
        return "%s.%s" % (self.nvr_of(self.base_release), filename[len(prefix) :])

    def folder(self, arch: Arch, subfolder: str) -> str:
        """Return where a file for an arch goes, below ``compose/``.

        :param subfolder: ``images`` or ``iso``
        """
        return "%s/%s" % (dict(self.variant_topdirs)[arch], subfolder)

    def hidden(self, text: str) -> str:
        """Return what somebody says of the request, without its secrets, however it is quoted."""
        return hide_known(text, secrets_in(self._opts()))

    def describe(self) -> str:
        """Return how messages call the request: variant, arches, name and image type."""
        return "%s %s %s (%s)" % (
            self.variant,
            ",".join(self.arches),
            self.config.name,
            self.config.image_type,
        )
