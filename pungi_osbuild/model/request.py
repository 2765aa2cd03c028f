"""A request: one Koji task to submit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Tuple

from pungi_osbuild.model.cloud import Upload
from pungi_osbuild.model.compose import Arch
from pungi_osbuild.model.config import ImageConfig, Repo
from pungi_osbuild.model.template import UploadTemplate


@dataclass(frozen=True)
class ImageRequest:
    """
    One Koji task to submit: a block for one variant and one arch, or several arches.

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

    def describe(self) -> str:
        """Return how messages call the request: variant, arches, name and image type."""
        return "%s %s %s (%s)" % (
            self.variant,
            ",".join(self.arches),
            self.config.name,
            self.config.image_type,
        )
