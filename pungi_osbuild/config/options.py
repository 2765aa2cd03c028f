"""
The options: of each its JSON schema, its default, an example, and since when it is there.

The schemas of the phase's own options make one document, in the dialect of Pungi's (draft 4). Two
readers use it: the reader of this package, and the adapter, which merges it into the schema that
Pungi checks a config with. It therefore has no ``$ref``, stands alone, and sets no default (Pungi
fills a default into the config, and would share one mutable object among all blocks). What a
section and its blocks may say is its task method's to know.

``scripts/config_reference.py`` makes docs/configuration.md of all of it.
"""

from __future__ import annotations

from typing import Dict

from pungi_osbuild.checked import JsonDict
from pungi_osbuild.clouds import Cloud, clouds
from pungi_osbuild.methods import (
    BOOLEAN,
    DICT,
    NONE,
    NULLABLE,
    SECONDS,
    SOME_SECONDS,
    STRING,
    STRINGS,
    TEXT,
    Option,
    Options,
    closed,
    one_of,
    option,
    properties_of,
    task_methods,
)


def section_schema() -> JsonDict:
    """Return the schema of everything that belongs to the phase: a fresh document."""
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Image builds through osbuild",
        "type": "object",
        "properties": properties_of(top_options()),
    }


_PAIRS: JsonDict = {"type": "array", "items": {**STRINGS, "minItems": 2, "maxItems": 2}}
_FORMAT: JsonDict = {**TEXT, "pattern": r"^(?!\.)[^/]*$"}
# productmd's RELEASE_VERSION_RE; composeinfo.json cannot be written with another one
_VERSION: JsonDict = {**STRING, "pattern": r"^([^0-9/].*|[0-9]+(\.[0-9]+)*)$"}
# productmd's RELEASE_TYPES
_RELEASE_TYPE = one_of(
    "fast", "ga", "updates", "updates-testing", "eus", "aus", "els", "tus", "e4s"
)
_LINK_TYPE = one_of("hardlink", "copy", "hardlink-or-copy", "symlink", "abspath-symlink")


def top_options() -> Options:
    """Return all options of ours at the top of the config: each section's, and those of a run."""
    found: Dict[str, Option] = {}
    for method in task_methods():
        blocks = {"type": "array", "items": closed(method.block_options())}
        found[method.section] = option(
            {**DICT, "patternProperties": {".+": blocks}},
            "Image blocks by a regular expression that matches variant uids.",
            "no images",
            method.section_example,
            method.block_options()["name"].in_tree or "",
        )
        found.update(method.top_options())
    return {**found, **run_options()}


# A table: an option to a few lines, not a value to a line.
# fmt: off
def run_options() -> Options:
    """Return the options of a whole run, whatever the methods of its tasks are."""
    image_types = {**DICT, "additionalProperties": closed(image_type_options())}
    return {
        "osbuild_image_types": option(image_types,
            "What the catalogue of image types lacks, by image type.", "`{}`",
            '{"guest-image-next": {"upload": "aws.s3", "type": "qcow2", "format": "qcow2"}}'),
        "osbuild_ignore": option(STRINGS,
            "Warnings that this config accepts: `code`, or `code:name of the block`.", "`[]`",
            '["distro-alias", "local-repo"]'),
        "osbuild_poll_interval": option({**SOME_SECONDS, "maximum": 86400},
            "Seconds between two polls, more than 0; without it adaptive.", "adaptive", "30"),
        "osbuild_outage_limit": option(SECONDS,
            "Seconds for which the hub may be away before a run gives up.", "`14400`", "3600"),
        "osbuild_verify": option(BOOLEAN,
            "Read every placed image once, verify Koji's checksum and compute sha256.", "`True`",
            "False"),
        "osbuild_fail_fast": option(BOOLEAN,
            "Cancel what still runs as soon as a required image has failed.", "`False`",
            "True"),
        "osbuild_save_provenance": option(BOOLEAN,
            "Keep the manifest of each image in the compose's logs, beside its SBOMs.", "`False`",
            "True"),
    }


def image_type_options() -> Options:
    """Return the options of an item of ``osbuild_image_types``."""
    uploaded_to = one_of(*(cloud.id for cloud in clouds() if cloud.is_reachable))
    return {
        "upload": option(uploaded_to, "Where composer uploads images of the type to.",
            "the catalogue's", '"aws.s3"'),
        "type": option(TEXT, "Productmd's type of the image.",
            "the catalogue's, else by the file", '"qcow2"'),
        "format": option(_FORMAT,
            "Productmd's format of the image: the suffix of its file, without the dot before it.",
            "the catalogue's", '"qcow2"'),
        "distros": option(STRINGS,
            "Distributions that the site's composer builds the type for, beside those that composer"
            " has it for.", "composer's", '["mylinux-9.6"]'),
        "arches": option(STRINGS,
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
        "global_target": option(STRING, "Koji build target of all phases.", NONE,
            '"f41-images"'),
        "global_version": option(STRING, "Version of all phases' images.", "the compose's own",
            '"41"'),
        "global_release": option(NULLABLE, "Release of all phases' images.", "the hub counts",
            '"!RELEASE_FROM_DATE_RESPIN"'),
        "koji_profile": option(TEXT, "Koji profile to work with.", "`run` needs `--profile` then",
            '"koji"'),
        "link_type": option(_LINK_TYPE, "How files get into the compose.", '`"hardlink-or-copy"`',
            '"copy"'),
        "translate_paths": option(_PAIRS,
            "Pairs: the prefix of a path, the address it has for Koji.", "`[]`",
            '[("/mnt/koji/compose", "https://kojipkgs.example.org/compose")]'),
        "media_checksums": option(STRINGS, "Checksums to write for images.",
            '`["md5", "sha1", "sha256"]`', '["sha256"]'),
        "media_checksum_one_file": option(BOOLEAN, "One CHECKSUM file for all checksums.",
            "`False`", "True"),
        "media_checksum_base_filename": option(STRING, "Beginning of the checksum files' names.",
            '`""`', '"%(release_short)s-%(version)s"'),
        "tree_arches": option(STRINGS, "Only these arches of the variants.", "all",
            '["x86_64", "aarch64"]'),
        "tree_variants": option(STRINGS, "Only these variants.", "all", '["Server"]'),
        "skip_phases": option(STRINGS, "Phases that are left out; with osbuild nothing is built.",
            "`[]`", '["osbuild"]'),
        "variants_file": option({"anyOf": [TEXT, DICT]},
            "The variants XML, relative to the config.", "`--variants`, or `--compose`",
            '"variants.xml"'),
        "release_name": option(TEXT, product, "the short name", '"Fedora"'),
        "release_short": option(TEXT, "Short name of the product, as Pungi wants it.",
            "needed for a compose that does not exist", '"Fedora"'),
        "release_version": option(_VERSION, "Version of the product: numbers and dots, or a word.",
            "needed for a compose that does not exist", '"41"'),
        "release_type": option(_RELEASE_TYPE, "Kind of release.", '`"ga"`', '"updates"'),
        "release_internal": option(BOOLEAN, "Whether the product is not for the public.",
            "`False`", "True"),
        "base_product_name": option(TEXT, product, NONE, '"Red Hat Enterprise Linux"'),
        "base_product_short": option(TEXT, "Short name of the base product.", NONE, '"RHEL"'),
        "base_product_version": option(_VERSION, "Version of the base product.", NONE, '"9"'),
        "base_product_type": option(_RELEASE_TYPE, "Kind of release.", '`"ga"`', '"ga"'),
    }
