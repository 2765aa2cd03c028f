"""
The options: of each its JSON schema, its default, an example, and since when it is there.

The schemas of the phase's own options make one document, in the dialect of Pungi's (draft 4). Two
readers use it: the reader of this package, and the adapter, which merges it into the schema that
Pungi checks a config with. It therefore has no ``$ref``, stands alone, and sets no default (Pungi
fills a default into the config, and would share one mutable object among all blocks). Names and
types are those of Pungi's in-tree phase (4.14) plus ``split_arches``, ``skip_tag`` and
``arch_upload_options``.

``scripts/config_reference.py`` makes docs/configuration.md of all of it.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Mapping, Optional

from pungi_osbuild.checked import JsonDict
from pungi_osbuild.clouds import Cloud, clouds, hub_clouds, upload_schema


@dataclass(frozen=True)
class Option:
    """
    An option, as the schema and the documentation have it.

    :param schema: its JSON schema, with a description
    :param default: what holds where it is left out, in a few words; None: it must be given
    :param example: a value, as one writes it
    :param in_tree: the first Pungi whose own phases have it; None: none has
    :param since: the first version of this package that has it
    """

    schema: JsonDict
    default: Optional[str]
    example: str
    in_tree: Optional[str] = None
    since: str = "0.1.0"


Options = Mapping[str, Option]


def section_schema() -> JsonDict:
    """Return the schema of everything that belongs to the phase: a fresh document."""
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Image builds through osbuild",
        "type": "object",
        "properties": properties_of(top_options()),
    }


def block_schema() -> JsonDict:
    """Return the schema of an image block: a fresh document."""
    return _closed(block_options())


def properties_of(options: Options) -> JsonDict:
    """Return the schemas of options by name."""
    return {name: option.schema for name, option in options.items()}


def _closed(options: Options) -> JsonDict:
    schema = {**_DICT, "properties": properties_of(options), "additionalProperties": False}
    required = [name for name, option in options.items() if option.default is None]
    return {**schema, "required": required} if required else schema  # draft 4 refuses an empty list


def _option(
    kind: JsonDict, description: str, default: Optional[str], example: str, in_tree: str = ""
) -> Option:
    schema = {**deepcopy(kind), "description": description}
    return Option(schema, default, example, in_tree or None)


def _one_of(*values: str) -> JsonDict:
    return {"type": "string", "enum": list(values)}


_STRING: JsonDict = {"type": "string"}
_TEXT: JsonDict = {"type": "string", "minLength": 1}
_BOOLEAN: JsonDict = {"type": "boolean"}
_DICT: JsonDict = {"type": "object"}
_STRINGS: JsonDict = {"type": "array", "items": _STRING}
_NULLABLE: JsonDict = {"anyOf": [_STRING, {"type": "null"}]}
_COUNT: JsonDict = {"type": "integer", "minimum": 0, "maximum": 10}
_SECONDS: JsonDict = {"type": "number", "minimum": 0, "maximum": 30 * 86400}
_SOME_SECONDS: JsonDict = {**_SECONDS, "exclusiveMinimum": True}
_ONE_ITEM: JsonDict = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 1}
_PAIRS: JsonDict = {"type": "array", "items": {**_STRINGS, "minItems": 2, "maxItems": 2}}
_FORMAT: JsonDict = {**_TEXT, "pattern": r"^(?!\.)[^/]*$"}
# productmd's RELEASE_VERSION_RE; composeinfo.json cannot be written with another one
_VERSION: JsonDict = {**_STRING, "pattern": r"^([^0-9/].*|[0-9]+(\.[0-9]+)*)$"}
# productmd's RELEASE_TYPES
_RELEASE_TYPE = _one_of(
    "fast", "ga", "updates", "updates-testing", "eus", "aus", "els", "tus", "e4s"
)
_LINK_TYPE = _one_of("hardlink", "copy", "hardlink-or-copy", "symlink", "abspath-symlink")
_NONE = "none"


# A table: an option to a few lines, not a value to a line.
# fmt: off
def top_options() -> Options:
    """Return the options of the phase at the top of the config."""
    blocks = {**_DICT, "patternProperties": {".+": {"type": "array", "items": block_schema()}}}
    image_types = {**_DICT, "additionalProperties": _closed(image_type_options())}
    return {
        "osbuild": _option(blocks,
            "Image blocks by a regular expression that matches variant uids.", "no images",
            '{"^Server$": [{"name": "my-guest", "distro": "rhel-9.4", "image_types":'
            ' "guest-image"}]}',
            "4.2.6"),
        "osbuild_target": _option(_STRING, "Koji build target of every block that names none.",
            "`global_target`", '"f41-images"', "4.2.6"),
        "osbuild_version": _option(_STRING, "Version of every block that has none.",
            "`global_version`", '"!VERSION_FROM_VERSION"', "4.2.6"),
        "osbuild_release": _option(_NULLABLE,
            "Release of every block that has none; None stands for the compose's own.",
            "`global_release`", '"!RELEASE_FROM_DATE_RESPIN"', "4.2.6"),
        "osbuild_split_arches": _option(_BOOLEAN, "split_arches of every block that does not say.",
            "`True`", "False"),
        "osbuild_image_types": _option(image_types,
            "What the catalogue of image types lacks, by image type.", "`{}`",
            '{"guest-image-next": {"upload": "aws.s3", "type": "qcow2", "format": "qcow2"}}'),
        "osbuild_ignore": _option(_STRINGS,
            "Warnings that this config accepts: `code`, or `code:name of the block`.", "`[]`",
            '["distro-alias", "type-not-on-arch:my-guest"]'),
        "osbuild_poll_interval": _option({**_SOME_SECONDS, "maximum": 86400},
            "Seconds between two polls, more than 0; without it adaptive.", "adaptive", "30"),
        "osbuild_outage_limit": _option(_SECONDS,
            "Seconds for which the hub may be away before a run gives up.", "`14400`", "3600"),
        "osbuild_timeout": _option(_SOME_SECONDS,
            "timeout in seconds of every block that does not say.", _NONE, "14400"),
        "osbuild_retries": _option(_COUNT, "retries of every block that does not say.", "`0`", "2"),
        "osbuild_verify": _option(_BOOLEAN,
            "Read every placed image once, verify Koji's checksum and compute sha256.", "`True`",
            "False"),
        "osbuild_fail_fast": _option(_BOOLEAN,
            "Cancel what still runs as soon as an image that may not fail has failed.", "`False`",
            "True"),
        "osbuild_save_provenance": _option(_BOOLEAN,
            "Keep the manifest of each image in the compose's logs, beside its SBOMs.", "`False`",
            "True"),
    }


def block_options() -> Options:
    """Return the options of an image block."""
    repo = {
        **_DICT,
        "properties": {
            "baseurl": {**_TEXT, "description": "A variant uid, an absolute path or a url."},
            "package_sets": {
                **_STRINGS,
                "description": "Composer's package sets that use the repository.",
            },
        },
        "required": ["baseurl"],
        "additionalProperties": False,
    }
    uploads = {"anyOf": [upload_schema(cloud) for cloud in hub_clouds()]}
    own_uploads = {"anyOf": [upload_schema(cloud, whole=False) for cloud in hub_clouds()]}
    arch_uploads = {**_DICT, "additionalProperties": own_uploads}
    return {
        "name": _option(_TEXT, "The Koji package that the image is built as.", None, '"my-guest"',
            "4.2.6"),
        "distro": _option(_TEXT, 'Composer\'s name of the distribution, e.g. "rhel-9.4".', None,
            '"rhel-9.4"', "4.2.6"),
        "image_types": _option({"anyOf": [_TEXT, _ONE_ITEM]},
            "Composer's name of the image type; exactly one.", None, '"guest-image"', "4.2.6"),
        "version": _option(_STRING, "Version of the Koji build, or a ! generator.",
            "`osbuild_version`, else `global_version`, else the compose's own",
            '"!VERSION_FROM_VERSION"', "4.2.6"),
        "release": _option(_NULLABLE,
            "Release of the Koji build, or a ! generator. None stands for the compose's own."
            " Without one the hub counts.",
            "`osbuild_release`, else `global_release`, else the hub counts",
            '"!RELEASE_FROM_DATE_RESPIN"', "4.2.6"),
        "target": _option(_STRING, "Koji build target.",
            "`osbuild_target`, else `global_target`, else an error", '"f41-images"', "4.2.6"),
        "arches": _option(_STRINGS, "Arches to build for; without it all of the variant's.",
            "all of the variant's", '["x86_64", "aarch64"]', "4.2.6"),
        "repo": _option({"type": "array", "items": {"anyOf": [_TEXT, repo]}},
            "Repositories: variant uids, absolute paths or urls.",
            "the variant's own, which is always added",
            '["BaseOS", "https://example.com/extras/$arch/os/"]', "4.2.6"),
        "failable": _option(_STRINGS, 'Arches whose image may fail; ["*"] for all.',
            "no arch may fail", '["aarch64"]', "4.2.6"),
        "subvariant": _option(_STRING,
            "The image's subvariant in images.json; default: the variant.", "the variant's uid",
            '"Server"', "4.2.6"),
        "ostree_url": _option(_STRING, "Where the ostree repository is.", _NONE,
            '"https://example.com/ostree/repo/"', "4.3.6"),
        "ostree_ref": _option(_STRING, "Ref of the ostree commit; $arch is replaced.", _NONE,
            '"fedora/41/$arch/iot"', "4.3.6"),
        "ostree_parent": _option(_STRING, "Parent of the ostree commit; $arch is replaced.", _NONE,
            '"fedora/41/$arch/iot"', "4.3.6"),
        "upload_options": _option(uploads, "Where in the image type's cloud the image goes.",
            "no upload", '{"region": "us-east-1"}', "4.3.7"),
        "arch_upload_options": _option(arch_uploads,
            "Options by arch, laid over upload_options for that arch.", _NONE,
            '{"aarch64": {"region": "us-east-2"}, "x86_64": {"region": "us-east-1"}}'),
        "manifest_type": _option(_STRING,
            "Productmd's type of the image, instead of the derived one.", "by image type and file",
            '"dvd-ostree-osbuild"', "4.6 (a later 4.6, not found out which)"),
        "customizations": _option(_DICT, "Composer's customizations, passed on unread.", _NONE,
            '{"hostname": "guest"}', "4.7 (or a late 4.6, not found out which)"),
        "split_arches": _option(_BOOLEAN,
            "One task per arch (True), or one for all arches (False).",
            "`osbuild_split_arches`, else `True`", "False"),
        "skip_tag": _option(_BOOLEAN, "Do not tag the build.", "`False`", "True"),
        "timeout": _option(_SOME_SECONDS,
            "Seconds after its submission at which a task that has not ended is cancelled.",
            "`osbuild_timeout`, else none", "14400"),
        "retries": _option(_COUNT,
            "How often a task is resubmitted that failed for a transient reason.",
            "`osbuild_retries`, else `0`", "2"),
    }


def image_type_options() -> Options:
    """Return the options of an item of ``osbuild_image_types``."""
    uploaded_to = _one_of(*(cloud.id for cloud in clouds() if cloud.is_reachable))
    return {
        "upload": _option(uploaded_to, "Where composer uploads images of the type to.",
            "the catalogue's", '"aws.s3"'),
        "type": _option(_TEXT, "Productmd's type of the image.",
            "the catalogue's, else by the file", '"qcow2"'),
        "format": _option(_FORMAT,
            "Productmd's format of the image: the suffix of its file, without the dot before it.",
            "the catalogue's", '"qcow2"'),
        "distros": _option(_STRINGS,
            "Distributions that the site's composer builds the type for, beside those that composer"
            " has it for.", "composer's", '["mylinux-9.6"]'),
        "arches": _option(_STRINGS,
            "Arches that the site's composer builds the type on, beside those that composer has it"
            " for; with `distros`, for those distributions alone.", "composer's", '["riscv64"]'),
    }


def upload_options(cloud: Cloud) -> Options:
    """Return the upload options of a cloud."""
    return {
        name: Option(option.schema, option.default, option.example, "4.3.7", option.since)
        for name, option in cloud.options.items()
    }


def pungi_options() -> Options:
    """Return the options of Pungi's own that are read here."""
    product = "Name of the product, as Pungi wants it."
    return {
        "global_target": _option(_STRING, "Koji build target of all phases.", _NONE,
            '"f41-images"'),
        "global_version": _option(_STRING, "Version of all phases' images.", "the compose's own",
            '"41"'),
        "global_release": _option(_NULLABLE, "Release of all phases' images.", "the hub counts",
            '"!RELEASE_FROM_DATE_RESPIN"'),
        "koji_profile": _option(_TEXT, "Koji profile to work with.", "`run` needs `--profile` then",
            '"koji"'),
        "link_type": _option(_LINK_TYPE, "How files get into the compose.", '`"hardlink-or-copy"`',
            '"copy"'),
        "translate_paths": _option(_PAIRS,
            "Pairs: the prefix of a path, the address it has for Koji.", "`[]`",
            '[("/mnt/koji/compose", "https://kojipkgs.example.org/compose")]'),
        "media_checksums": _option(_STRINGS, "Checksums to write for images.",
            '`["md5", "sha1", "sha256"]`', '["sha256"]'),
        "media_checksum_one_file": _option(_BOOLEAN, "One CHECKSUM file for all checksums.",
            "`False`", "True"),
        "media_checksum_base_filename": _option(_STRING, "Beginning of the checksum files' names.",
            '`""`', '"%(release_short)s-%(version)s"'),
        "tree_arches": _option(_STRINGS, "Only these arches of the variants.", "all",
            '["x86_64", "aarch64"]'),
        "tree_variants": _option(_STRINGS, "Only these variants.", "all", '["Server"]'),
        "skip_phases": _option(_STRINGS, "Phases that are left out; with osbuild nothing is built.",
            "`[]`", '["osbuild"]'),
        "variants_file": _option({"anyOf": [_TEXT, _DICT]},
            "The variants XML, relative to the config.", "`--variants`, or `--compose`",
            '"variants.xml"'),
        "release_name": _option(_TEXT, product, "the short name", '"Fedora"'),
        "release_short": _option(_TEXT, "Short name of the product, as Pungi wants it.",
            "needed for a compose that does not exist", '"Fedora"'),
        "release_version": _option(_VERSION, "Version of the product: numbers and dots, or a word.",
            "needed for a compose that does not exist", '"41"'),
        "release_type": _option(_RELEASE_TYPE, "Kind of release.", '`"ga"`', '"updates"'),
        "release_internal": _option(_BOOLEAN, "Whether the product is not for the public.",
            "`False`", "True"),
        "base_product_name": _option(_TEXT, product, _NONE, '"Red Hat Enterprise Linux"'),
        "base_product_short": _option(_TEXT, "Short name of the base product.", _NONE, '"RHEL"'),
        "base_product_version": _option(_VERSION, "Version of the base product.", _NONE, '"9"'),
        "base_product_type": _option(_RELEASE_TYPE, "Kind of release.", '`"ga"`', '"ga"'),
    }
