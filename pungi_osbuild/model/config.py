"""The config, read and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Mapping, NamedTuple, Optional, Tuple, Union

from pungi_osbuild.checked import JsonDict, without_none
from pungi_osbuild.model.cloud import Upload
from pungi_osbuild.model.compose import Arch, BaseProduct


@dataclass(frozen=True)
class Repo:
    """
    A repository given to a build.

    :param baseurl: as written (a variant uid, an absolute path, a url), or resolved to a url
    :param package_sets: composer's package sets, or None when written as a plain string
    """

    baseurl: str
    package_sets: Optional[Tuple[str, ...]] = None
    as_dict: bool = False

    def to_wire(self) -> Union[str, JsonDict]:
        """Return the item of ``opts["repo"]``; a plain string stays one, a dict stays one."""
        if not self.as_dict:
            return self.baseurl
        return without_none({"baseurl": self.baseurl, "package_sets": self.package_sets})


@dataclass(frozen=True)
class JsonObject:
    """
    A dict of a config that is passed on unread, e.g. composer's customizations.

    Kept as JSON text, which makes the value frozen and hashable; not shown in a repr, since it
    may hold users' passwords and keys.
    """

    text: str = field(repr=False)

    @classmethod
    def from_conf(cls, value: Mapping[str, Any]) -> JsonObject:
        """Return the value of a dict.

        :raises TypeError: when something in it has no JSON form
        """
        return cls(json.dumps(value, sort_keys=True))

    def to_wire(self) -> JsonDict:
        """Return a fresh dict."""
        result = json.loads(self.text)
        assert isinstance(result, dict)
        return result


@dataclass(frozen=True)
class Ostree:
    """The ostree options of an image; koji-osbuild substitutes ``$arch`` in ref and parent."""

    url: Optional[str] = None
    ref: Optional[str] = None
    parent: Optional[str] = None

    def to_wire(self) -> JsonDict:
        """Return ``opts["ostree"]``; empty values are left out, as in-tree."""
        return {key: value for key, value in vars(self).items() if value}


@dataclass(frozen=True)
class ArchUpload:
    """
    What ``upload_options`` and ``arch_upload_options`` together say for an arch.

    :param own: the options that ``arch_upload_options`` say for the arch
    """

    arch: Arch
    upload: Upload
    own: Tuple[str, ...] = ()


@dataclass(frozen=True)
class ListedImageType:
    """
    What ``osbuild_image_types`` say of an image type; None: what the catalogue says.

    :param provider: where composer uploads its images to
    :param type: productmd's type
    :param format: productmd's format, which is the file's suffix
    :param distros: those that the site's composer builds it for, beside composer's own
    :param arches: those that the site's composer builds it on, beside composer's own
    """

    name: str
    provider: Optional[str] = None
    type: Optional[str] = None
    format: Optional[str] = None
    distros: Tuple[str, ...] = ()
    arches: Tuple[Arch, ...] = ()


class SectionPattern(NamedTuple):
    """
    What image blocks stand under.

    :param pattern: the variant uid regex
    """

    section: str
    pattern: str


@dataclass(frozen=True)
class ImageConfig:
    """
    An image block, read and checked, with its fall-backs filled in.

    :param method: the Koji task method that its section stands for
    :param place: ``osbuild["^Server$"][0]``
    :param pattern: the variant uid regex the block stands under
    :param image_type: as written; koji aliases are not mapped
    :param image_type_as_list: whether it was written as a one-item list
    :param version: as configured, perhaps a ``!`` generator; None: the compose's image_version
    :param release: as configured, perhaps a ``!`` generator; None: the hub gives one
    :param arches: as written; None: all of the variant's
    :param failable: arches that are allowed to fail, or ``*``
    :param upload: as written: every string in it is a template
    :param upload_lacks: options without which ``upload_options`` are of no use to an arch that
        ``arch_upload_options`` do not have
    :param arch_uploads: for the arches that ``arch_upload_options`` have
    :param options: those that only its task method knows, by name; None: there are none
    :param listed: what the config itself says of the image type
    :param invalid_options: what stands here of them is what could be used, and the
        config has an error for each
    :param timeout: seconds after its submission at which a task is cancelled; None: never
    :param retries: how often a task is resubmitted that failed for a transient reason
    """

    method: str
    place: str
    pattern: str
    name: str
    distro: str
    image_type: str
    target: str
    image_type_as_list: bool = False
    version: Optional[str] = None
    release: Optional[str] = None
    arches: Optional[Tuple[Arch, ...]] = None
    repos: Tuple[Repo, ...] = ()
    failable: Tuple[str, ...] = ()
    subvariant: Optional[str] = None
    ostree: Ostree = Ostree()
    upload: Optional[Upload] = None
    manifest_type: Optional[str] = None
    customizations: Optional[JsonObject] = None
    options: Optional[JsonObject] = None
    split_arches: bool = True
    skip_tag: bool = False
    upload_lacks: Tuple[str, ...] = ()
    arch_uploads: Tuple[ArchUpload, ...] = ()
    listed: Optional[ListedImageType] = None
    invalid_options: Tuple[str, ...] = ()
    timeout: Optional[float] = None
    retries: int = 0

    def is_valid(self, *options: str) -> bool:
        """Whether none of some options is wrong, so that what follows from them can be judged."""
        return not any(option in self.invalid_options for option in options)

    def arch_upload(self, arch: Arch) -> Optional[ArchUpload]:
        """Return what ``arch_upload_options`` make of the options for an arch they have."""
        for found in self.arch_uploads:
            if found.arch == arch:
                return found
        return None

    def upload_for(self, arch: Arch) -> Optional[Upload]:
        """Return what is uploaded for an arch, as written; None for no upload."""
        own = self.arch_upload(arch)
        return self.upload if own is None else own.upload

    def can_fail(self, arches: Tuple[Arch, ...]) -> bool:
        """Whether a task for these arches is allowed to fail.

        A task for one arch is when the arch is listed. A task for several is failable all or
        nothing, as in-tree: any non-empty list makes it so.
        """
        if len(arches) == 1 and self.split_arches:
            return "*" in self.failable or arches[0] in self.failable
        return bool(self.failable)


@dataclass(frozen=True)
class Settings:
    """
    The top-level options that a phase reads. Names and defaults are Pungi's.

    :param poll_interval: seconds between two polls (``osbuild_poll_interval``); None: adaptive
    :param verify: read every placed image once and verify it (``osbuild_verify``)
    :param fail_fast: cancel what still runs as soon as a required image has failed
        (``osbuild_fail_fast``)
    :param save_provenance: keep manifests and SBOMs in the compose's logs
        (``osbuild_save_provenance``)
    :param ignore: warnings that the config accepts, as (code, name of the block or None)
        (``osbuild_ignore``)
    :param outage_limit: seconds for which the hub may be unavailable before the run gives up
        (``osbuild_outage_limit``)
    """

    koji_profile: Optional[str] = None
    link_type: str = "hardlink-or-copy"
    translate_paths: Tuple[Tuple[str, str], ...] = ()
    media_checksums: Tuple[str, ...] = ("md5", "sha1", "sha256")
    media_checksum_one_file: bool = False
    media_checksum_base_filename: str = ""
    poll_interval: Optional[float] = None
    verify: bool = True
    fail_fast: bool = False
    save_provenance: bool = False
    outage_limit: float = 14400.0
    ignore: Tuple[Tuple[str, Optional[str]], ...] = ()


@dataclass(frozen=True)
class ReleaseConfig:
    """What the config says of the release: needed to name a compose that does not exist yet."""

    name: str
    short: str
    version: str
    type: str = "ga"
    internal: bool = False
    base_product: Optional[BaseProduct] = None


@dataclass(frozen=True)
class ComposeConfig:
    """
    Everything that is read of a compose config.

    :param blocks: those that could be read
    :param patterns: all that are written, each with its section, also where no block under them
        could be read
    :param release: None when the config does not say it (fine on an existing compose)
    :param variants_file: absolute path; None when the config has none
    :param skipped: the sections that ``skip_phases`` has, of which nothing is built
    """

    settings: Settings
    blocks: Tuple[ImageConfig, ...]
    patterns: Tuple[SectionPattern, ...] = ()
    release: Optional[ReleaseConfig] = None
    variants_file: Optional[str] = None
    tree_arches: Tuple[Arch, ...] = ()
    tree_variants: Tuple[str, ...] = ()
    skipped: Tuple[str, ...] = ()
