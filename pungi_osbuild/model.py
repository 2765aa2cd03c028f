"""
The values that travel between rooms, all frozen.

Data enters as dicts at two edges only: the config (``config/``) and the hub (``hub/``). Behind
them there is nothing but what this module defines.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

Arch = str
JsonDict = Dict[str, Any]

# --------------------------------------------------------------------------------------
# Problems
# --------------------------------------------------------------------------------------


class Severity(str, Enum):
    """How bad a problem is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """
    Something wrong in a config.

    :param code: stable name of the kind of problem, e.g. ``"unknown-key"``
    :param severity: an error stops the run, a warning does not
    :param place: where, as the user wrote it: ``osbuild["^Server$"][0].upload_options.region``
    :param message: what is wrong
    :param hint: what to do about it; never empty
    """

    code: str
    severity: Severity
    place: str
    message: str
    hint: str

    @property
    def is_error(self) -> bool:
        """Whether a run must not start with this problem."""
        return self.severity is Severity.ERROR

    def to_json(self) -> JsonDict:
        """Return the problem as ``validate --format json`` prints it."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "place": self.place,
            "message": self.message,
            "hint": self.hint,
        }


# --------------------------------------------------------------------------------------
# Clouds
# --------------------------------------------------------------------------------------


class Provider(str, Enum):
    """Where osbuild-composer can upload an image to; the values are composer's UploadTypes."""

    AWS = "aws"
    AWS_S3 = "aws.s3"
    GCP = "gcp"
    AZURE = "azure"
    CONTAINER = "container"
    OCI = "oci.objectstorage"
    PULP = "pulp.ostree"


def _without_none(values: Mapping[str, Any]) -> JsonDict:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value is not None
    }


@dataclass(frozen=True)
class AwsEc2Upload:
    """Register an AMI. ``share_with_accounts`` is mandatory on the hub: without it it is S3."""

    region: str
    share_with_accounts: Tuple[str, ...]
    snapshot_name: Optional[str] = None
    provider = Provider.AWS

    def to_wire(self) -> JsonDict:
        """Return ``upload_options`` as the hub takes them."""
        return _without_none(vars(self))


@dataclass(frozen=True)
class AwsS3Upload:
    """Put the file in composer's S3 bucket."""

    region: str
    provider = Provider.AWS_S3

    def to_wire(self) -> JsonDict:
        """Return ``upload_options`` as the hub takes them."""
        return _without_none(vars(self))


@dataclass(frozen=True)
class GcpUpload:
    """Import a Compute Engine image."""

    region: str
    bucket: Optional[str] = None
    image_name: Optional[str] = None
    share_with_accounts: Optional[Tuple[str, ...]] = None
    provider = Provider.GCP

    def to_wire(self) -> JsonDict:
        """Return ``upload_options`` as the hub takes them."""
        return _without_none(vars(self))


@dataclass(frozen=True)
class AzureUpload:
    """Register a managed image in a resource group."""

    tenant_id: str
    subscription_id: str
    resource_group: str
    location: Optional[str] = None
    image_name: Optional[str] = None
    provider = Provider.AZURE

    def to_wire(self) -> JsonDict:
        """Return ``upload_options`` as the hub takes them."""
        return _without_none(vars(self))


@dataclass(frozen=True)
class ContainerUpload:
    """Push to a container registry. Composer ignores ``tag`` when ``name`` is missing."""

    name: Optional[str] = None
    tag: Optional[str] = None
    provider = Provider.CONTAINER

    def to_wire(self) -> JsonDict:
        """Return ``upload_options`` as the hub takes them."""
        return _without_none(vars(self))


Upload = Union[AwsEc2Upload, AwsS3Upload, GcpUpload, AzureUpload, ContainerUpload]


@dataclass(frozen=True)
class CloudImage:
    """
    One upload of a built image.

    :param provider: which cloud
    :param id: the string one would paste into that cloud's own tool; never holds a secret:
        a presigned url is recorded without its query
    """

    provider: Provider
    id: str
    region: Optional[str] = None
    name: Optional[str] = None
    project_id: Optional[str] = None
    image_name: Optional[str] = None
    subscription_id: Optional[str] = None
    resource_group: Optional[str] = None
    location: Optional[str] = None
    url: Optional[str] = None
    digest: Optional[str] = None
    presigned: Optional[bool] = None

    def to_json(self) -> JsonDict:
        """Return the entry of a ``"cloud"`` list in images.json and osbuild.json."""
        entry = _without_none(vars(self))
        entry["provider"] = self.provider.value
        return entry

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> CloudImage:
        """Return the value of an entry written by :meth:`to_json`.

        :raises ValueError: for an unknown provider or a missing id
        :raises TypeError: for a key that is not a field
        """
        values = dict(entry)
        provider = Provider(values.pop("provider", ""))
        if not isinstance(values.get("id"), str):
            raise ValueError("a cloud entry has no id: %r" % sorted(entry))
        return cls(provider=provider, **values)


# --------------------------------------------------------------------------------------
# The compose
# --------------------------------------------------------------------------------------

TYPE_SUFFIXES = {"production": "", "nightly": ".n", "test": ".t", "ci": ".ci", "development": ".d"}


@dataclass(frozen=True)
class BaseProduct:
    """The product that a layered product lies on."""

    name: str
    short: str
    version: str
    type: str = "ga"


@dataclass(frozen=True)
class ComposeIdentity:
    """
    What a compose is called. Names are Pungi's and productmd's.

    :param id: the compose id, e.g. ``Fedora-Rawhide-20261123.n.0``
    :param date: ``YYYYMMDD``
    :param label: e.g. ``RC-1.2``, or None
    """

    id: str
    type: str
    date: str
    respin: int
    label: Optional[str]
    release_name: str
    release_short: str
    release_version: str
    release_type: str = "ga"
    release_internal: bool = False
    base_product: Optional[BaseProduct] = None

    @property
    def type_suffix(self) -> str:
        """The compose type as part of an id: ``.n`` for a nightly."""
        return TYPE_SUFFIXES.get(self.type, "")

    @property
    def image_release(self) -> str:
        """The release Pungi gives an image: the label's, else date, type suffix and respin."""
        if self.label:
            return self.label.split("-", 1)[-1]
        return "%s%s.%s" % (self.date, self.type_suffix, self.respin)

    @property
    def image_version(self) -> str:
        """The version Pungi gives an image: the release's, with a non-RC label's milestone."""
        if self.label and not self.label.startswith("RC-"):
            return "%s_%s" % (self.release_version, self.label.split("-", 1)[0])
        return self.release_version

    @property
    def date_respin(self) -> str:
        """The compose's own release, used where the hub can give none: ``20261123.0``."""
        return "%s.%s" % (self.date, self.respin)


@dataclass(frozen=True)
class Variant:
    """
    A variant of the compose.

    :param uid: e.g. ``Server`` or ``Server-optional``
    :param type: variant, addon, optional or layered-product
    :param arches: sorted, without ``src``
    :param parent: the uid of the variant it belongs to, or None
    :param repositories: the variant's own repository, (arch, path below ``compose/`` with a
        literal ``$arch``) for each arch that has one
    """

    uid: str
    id: str
    name: str
    type: str
    arches: Tuple[Arch, ...]
    parent: Optional[str] = None
    repositories: Tuple[Tuple[Arch, str], ...] = ()

    def repository(self, arches: Tuple[Arch, ...]) -> Optional[str]:
        """Return the path of the own repository below ``compose/``, with a literal ``$arch``.

        :param arches: the arches that need it
        :returns: None when the variant has none for one of them
        """
        paths = dict(self.repositories)
        if not arches or any(arch not in paths for arch in arches):
            return None
        return paths[arches[0]]

    def topdir(self, arch: Arch) -> str:
        """Return the folder for an arch, below ``compose/``; an addon's is its parent's."""
        owner = self.parent if self.type == "addon" and self.parent else self.uid
        return "%s/%s" % (owner, arch)


@dataclass(frozen=True)
class Compose:
    """
    What a phase must know of the compose it works for, wherever that comes from.

    :param topdir: absolute path of the compose folder (it holds ``compose/``), or a place where
        it would be: planning needs it only for the addresses of the variants' own repositories
    :param variants: sorted as Pungi sorts them
    """

    identity: ComposeIdentity
    variants: Tuple[Variant, ...]
    topdir: str

    def variant(self, uid: str) -> Optional[Variant]:
        """Return the variant of that uid, or None."""
        for variant in self.variants:
            if variant.uid == uid:
                return variant
        return None


# --------------------------------------------------------------------------------------
# The config, read and checked
# --------------------------------------------------------------------------------------


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
        return _without_none({"baseurl": self.baseurl, "package_sets": self.package_sets})


@dataclass(frozen=True)
class Customizations:
    """
    Composer's customizations, passed on unread.

    Kept as JSON text, which makes the value frozen and hashable; not shown in a repr, since it
    may hold users' passwords and keys.
    """

    text: str = field(repr=False)

    @classmethod
    def from_conf(cls, value: Mapping[str, Any]) -> Customizations:
        """Return the value of a block's ``customizations``.

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
class ImageConfig:
    """
    An image block, read and checked, with its fall-backs filled in.

    :param place: ``osbuild["^Server$"][0]``
    :param pattern: the variant uid regex the block stands under
    :param image_type: as written; koji aliases are not mapped
    :param image_type_as_list: whether it was written as a one-item list
    :param version: as configured, perhaps a ``!`` generator; None: the compose's image_version
    :param release: as configured, perhaps a ``!`` generator; None: the hub gives one
    :param arches: as written; None: all of the variant's
    :param failable: arches that may fail, or ``*``
    """

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
    customizations: Optional[Customizations] = None
    split_arches: bool = True
    skip_tag: bool = False

    def can_fail(self, arches: Tuple[Arch, ...]) -> bool:
        """Whether a task for these arches may fail.

        A task for one arch may when the arch is listed. A task for several is failable all or
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
    """

    koji_profile: Optional[str] = None
    link_type: str = "hardlink-or-copy"
    translate_paths: Tuple[Tuple[str, str], ...] = ()
    media_checksums: Tuple[str, ...] = ("md5", "sha1", "sha256")
    media_checksum_one_file: bool = False
    media_checksum_base_filename: str = ""
    poll_interval: Optional[float] = None
    verify: bool = True


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

    :param release: None when the config does not say it (fine on an existing compose)
    :param variants_file: absolute path; None when the config has none
    """

    settings: Settings
    blocks: Tuple[ImageConfig, ...]
    release: Optional[ReleaseConfig] = None
    variants_file: Optional[str] = None
    tree_arches: Tuple[Arch, ...] = ()
    tree_variants: Tuple[str, ...] = ()


# --------------------------------------------------------------------------------------
# A run
# --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImageRequest:
    """
    One osbuildImage task to submit: a block for one variant and one arch, or several arches.

    :param number: position in the plan, from 0; names the request within a run
    :param base_release: without the arch; None until the hub has been asked for one
    :param release_from_hub: the release was or will be allocated, so another may be taken
    :param split: the block goes out as one task per arch, so the release ends in ``.<arch>``
    :param repos: resolved to urls, ``$arch`` left in
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

    @property
    def release(self) -> Optional[str]:
        """The release as submitted; None until one is allocated."""
        return None if self.base_release is None else self.release_of(self.base_release)

    def release_of(self, base: str) -> str:
        """Return the release as submitted for a base release (DESIGN section 4)."""
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
        if config.upload is not None:
            opts["upload_options"] = config.upload.to_wire()
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

    def describe(self) -> str:
        """Return how messages call the request: variant, arches, name and image type."""
        return "%s %s %s (%s)" % (
            self.variant,
            ",".join(self.arches),
            self.config.name,
            self.config.image_type,
        )


@dataclass(frozen=True)
class Checksum:
    """A checksum: ``md5`` or ``sha256`` in lower case, and its hex digest."""

    type: str
    value: str


@dataclass(frozen=True)
class Artifact:
    """Which of osbuild's exports an image file is."""

    export_name: str
    export_filename: str


@dataclass(frozen=True)
class Manifest:
    """The osbuild manifest of an image, kept in the Koji build."""

    filename: str
    osbuild_composer_version: Optional[str] = None
    osbuild_composer_deps: Tuple[str, ...] = ()


@dataclass(frozen=True)
class BuiltImage:
    """
    One image archive of a finished Koji build, with its provenance.

    :param size: bytes
    :param path: below Koji's topdir or topurl: ``packages/<n>/<v>/<r>/images/<filename>``
    """

    arch: Arch
    filename: str
    size: int
    checksum: Checksum
    path: str
    archive_id: int
    build_id: int
    nvr: str
    task_id: int
    composer_id: Optional[str] = None
    composer_server: Optional[str] = None
    boot_mode: Optional[str] = None
    osbuild_version: Optional[str] = None
    artifact: Optional[Artifact] = None
    cloud: Tuple[CloudImage, ...] = ()
    manifest: Optional[Manifest] = None
    sboms: Tuple[str, ...] = ()


@dataclass(frozen=True)
class PlacedImage:
    """
    A built image in its place in the compose.

    :param path: below ``compose/``
    :param size: bytes
    :param mtime: seconds since the epoch
    :param checksums: sha256 when the file was read, Koji's own when it was not
    :param type: productmd's image type, or None where it has none for this file
    :param format: productmd's format, which is the file's suffix
    """

    built: BuiltImage
    variant: str
    path: str
    size: int
    mtime: int
    checksums: Tuple[Checksum, ...]
    type: Optional[str]
    format: Optional[str]
    subvariant: str
    image_type: str
    distro: str
    can_fail: bool

    @property
    def in_images_json(self) -> bool:
        """Whether productmd has words for this image."""
        return self.type is not None and self.format is not None


class OutcomeKind(str, Enum):
    """What became of a request."""

    BUILT = "built"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class TaskTimes:
    """The hub's own times of a task, seconds since the epoch."""

    created: Optional[float] = None
    started: Optional[float] = None
    ended: Optional[float] = None


@dataclass(frozen=True)
class Outcome:
    """
    What became of a request. A failed image is a value, not an exception.

    :param task_id: None when nothing was submitted
    :param attempt: 1 for the first submission
    :param reason: why it failed, for people, per arch where composer says so; None when built
    :param logs: addresses of files that say more
    :param nvr_taken: it failed because its N-V-R was taken by another build meanwhile
    :param placed: when its last image was placed, seconds since the epoch
    """

    request: ImageRequest
    kind: OutcomeKind
    task_id: Optional[int] = None
    attempt: int = 1
    reason: Optional[str] = None
    logs: Tuple[str, ...] = ()
    nvr_taken: bool = False
    times: TaskTimes = TaskTimes()
    placed: Optional[float] = None
    images: Tuple[PlacedImage, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every image of the request is in its place."""
        return self.kind is OutcomeKind.BUILT


@dataclass(frozen=True)
class KojiPlace:
    """Which Koji instance built the images; the addresses that later readers need."""

    profile: str
    server: str
    topurl: str
    weburl: str


@dataclass(frozen=True)
class RunResult:
    """Everything that a run ended with, in the order of the plan."""

    identity: ComposeIdentity
    koji: KojiPlace
    outcomes: Tuple[Outcome, ...]

    @property
    def images(self) -> Tuple[PlacedImage, ...]:
        """All placed images."""
        return tuple(image for outcome in self.outcomes for image in outcome.images)

    @property
    def failures(self) -> Tuple[Outcome, ...]:
        """All outcomes that are not built."""
        return tuple(outcome for outcome in self.outcomes if not outcome.ok)

    @property
    def required_failures(self) -> Tuple[Outcome, ...]:
        """The failures that may not be."""
        return tuple(outcome for outcome in self.failures if not outcome.request.can_fail)
