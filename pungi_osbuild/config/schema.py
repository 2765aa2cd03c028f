"""
The JSON schema of the section, as one document in the dialect of Pungi's own (draft 4).

Two readers use it: the reader of this package, and the adapter, which merges it into the schema
that Pungi checks a config with. It therefore has no ``$ref``, stands alone, and sets no default
(Pungi fills a default into the config, and would share one mutable object among all blocks).
Names and types are those of Pungi's in-tree phase (4.14) plus ``split_arches``, ``skip_tag`` and
``arch_upload_options``; upload options are those of koji-osbuild 12's hub plugin.
"""

from __future__ import annotations

from pungi_osbuild.clouds import clouds, hub_clouds, upload_schema
from pungi_osbuild.model import JsonDict


def section_schema() -> JsonDict:
    """Return the schema of everything that belongs to the phase: a fresh document."""
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Image builds through osbuild",
        "type": "object",
        "properties": {
            "osbuild": {
                "type": "object",
                "description": "Image blocks by a regular expression that matches variant uids.",
                "patternProperties": {".+": {"type": "array", "items": block_schema()}},
            },
            "osbuild_target": _string("Koji build target of every block that names none."),
            "osbuild_version": _string("Version of every block that has none."),
            "osbuild_release": _nullable(
                "Release of every block that has none; None stands for the compose's own."
            ),
            "osbuild_split_arches": _boolean("split_arches of every block that does not say."),
            "osbuild_image_types": {
                "type": "object",
                "description": "What the catalogue of image types lacks, by image type.",
                "additionalProperties": image_type_schema(),
            },
            "osbuild_poll_interval": {
                "type": "number",
                "minimum": 0,
                "exclusiveMinimum": True,
                "maximum": 86400,
                "description": "Seconds between two polls, more than 0; without it adaptive.",
            },
            "osbuild_outage_limit": {
                "type": "number",
                "minimum": 0,
                "maximum": 2592000,
                "description": "Seconds for which the hub may be away before a run gives up.",
            },
            "osbuild_timeout": _timeout("timeout in seconds of every block that does not say."),
            "osbuild_retries": _retries("retries of every block that does not say."),
            "osbuild_verify": _boolean(
                "Read every placed image once, verify Koji's checksum and compute sha256."
            ),
            "osbuild_fail_fast": _boolean(
                "Cancel what still runs as soon as an image that may not fail has failed."
            ),
            "osbuild_save_provenance": _boolean(
                "Keep the manifest of each image in the compose's logs, beside its SBOMs."
            ),
        },
    }


def block_schema() -> JsonDict:
    """Return the schema of an image block: a fresh document."""
    return {
        "type": "object",
        "properties": {
            "name": _text("The Koji package that the image is built as."),
            "distro": _text('Composer\'s name of the distribution, e.g. "rhel-9.4".'),
            "image_types": {
                "description": "Composer's name of the image type; exactly one.",
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {
                        "type": "array",
                        "items": {"type": "string", "minLength": 1},
                        "minItems": 1,
                        "maxItems": 1,
                    },
                ],
            },
            "version": _string("Version of the Koji build, or a ! generator."),
            "release": _nullable(
                "Release of the Koji build, or a ! generator. None stands for the compose's own."
                " Without one the hub counts."
            ),
            "target": _string("Koji build target."),
            "arches": _strings("Arches to build for; without it all of the variant's."),
            "repo": {
                "type": "array",
                "description": "Repositories: variant uids, absolute paths or urls.",
                "items": {"anyOf": [{"type": "string", "minLength": 1}, _repo()]},
            },
            "failable": _strings('Arches whose image may fail; ["*"] for all.'),
            "subvariant": _string("The image's subvariant in images.json; default: the variant."),
            "ostree_url": _string("Where the ostree repository is."),
            "ostree_ref": _string("Ref of the ostree commit; $arch is replaced."),
            "ostree_parent": _string("Parent of the ostree commit; $arch is replaced."),
            "upload_options": {
                "description": "Where in the image type's cloud the image goes.",
                "anyOf": [upload_schema(cloud) for cloud in hub_clouds()],
            },
            "arch_upload_options": {
                "type": "object",
                "description": "Options by arch, laid over upload_options for that arch.",
                "additionalProperties": {
                    "anyOf": [upload_schema(cloud, whole=False) for cloud in hub_clouds()]
                },
            },
            "manifest_type": _string("Productmd's type of the image, instead of the derived one."),
            "customizations": {
                "type": "object",
                "description": "Composer's customizations, passed on unread.",
            },
            "split_arches": _boolean("One task per arch (True), or one for all arches (False)."),
            "skip_tag": _boolean("Do not tag the build."),
            "timeout": _timeout(
                "Seconds after its submission at which a task that has not ended is cancelled."
            ),
            "retries": _retries(
                "How often a task is resubmitted that failed for a transient reason."
            ),
        },
        "required": ["name", "distro", "image_types"],
        "additionalProperties": False,
    }


def image_type_schema() -> JsonDict:
    """Return the schema of an item of ``osbuild_image_types``: a fresh document."""
    return {
        "type": "object",
        "properties": {
            "upload": {
                "type": "string",
                "enum": [cloud.id for cloud in clouds() if cloud.is_reachable],
                "description": "Where composer uploads images of the type to.",
            },
            "type": _text("Productmd's type of the image."),
            "format": {
                "type": "string",
                "minLength": 1,
                "pattern": r"^(?!\.)[^/]*$",
                "description": "Productmd's format of the image: the suffix of its file, without"
                " the dot before it.",
            },
        },
        "additionalProperties": False,
    }


def pungi_schema() -> JsonDict:
    """Return the schema of the options of Pungi's own that are read here: a fresh document."""
    name = "Name of the product, as Pungi wants it."
    return {
        "type": "object",
        "properties": {
            "global_target": _string("Koji build target of all phases."),
            "global_version": _string("Version of all phases' images."),
            "global_release": _nullable("Release of all phases' images."),
            "koji_profile": _text("Koji profile to work with."),
            "link_type": {
                "type": "string",
                "enum": ["hardlink", "copy", "hardlink-or-copy", "symlink", "abspath-symlink"],
                "description": "How files get into the compose.",
            },
            "translate_paths": {
                "type": "array",
                "items": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 2,
                    "maxItems": 2,
                },
                "description": "Pairs: the prefix of a path, the address it has for Koji.",
            },
            "media_checksums": _strings("Checksums to write for images."),
            "media_checksum_one_file": _boolean("One CHECKSUM file for all checksums."),
            "media_checksum_base_filename": _string("Beginning of the checksum files' names."),
            "tree_arches": _strings("Only these arches of the variants."),
            "tree_variants": _strings("Only these variants."),
            "skip_phases": _strings("Phases that are left out; with osbuild nothing is built."),
            "variants_file": {
                "anyOf": [{"type": "string", "minLength": 1}, {"type": "object"}],
                "description": "The variants XML, relative to the config.",
            },
            "release_name": _text(name),
            "release_short": _text("Short name of the product, as Pungi wants it."),
            "release_version": _version("Version of the product: numbers and dots, or a word."),
            "release_type": _release_type(),
            "release_internal": _boolean("Whether the product is not for the public."),
            "base_product_name": _text(name),
            "base_product_short": _text("Short name of the base product."),
            "base_product_version": _version("Version of the base product."),
            "base_product_type": _release_type(),
        },
    }


def _described(schema: JsonDict, description: str) -> JsonDict:
    return {**schema, "description": description}


def _string(description: str) -> JsonDict:
    return _described({"type": "string"}, description)


def _text(description: str) -> JsonDict:
    return _described({"type": "string", "minLength": 1}, description)


def _boolean(description: str) -> JsonDict:
    return _described({"type": "boolean"}, description)


def _timeout(description: str) -> JsonDict:
    seconds = {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 2592000}
    return _described(seconds, description)


def _retries(description: str) -> JsonDict:
    return _described({"type": "integer", "minimum": 0, "maximum": 10}, description)


def _nullable(description: str) -> JsonDict:
    return _described({"anyOf": [{"type": "string"}, {"type": "null"}]}, description)


def _strings(description: str) -> JsonDict:
    return _described({"type": "array", "items": {"type": "string"}}, description)


def _version(description: str) -> JsonDict:
    # productmd's RELEASE_VERSION_RE; composeinfo.json cannot be written with another one
    return _described(
        {"type": "string", "pattern": r"^([^0-9/].*|[0-9]+(\.[0-9]+)*)$"}, description
    )


def _release_type() -> JsonDict:
    # productmd's RELEASE_TYPES
    known = ["fast", "ga", "updates", "updates-testing", "eus", "aus", "els", "tus", "e4s"]
    return {"type": "string", "enum": known, "description": "Kind of release."}


def _repo() -> JsonDict:
    return {
        "type": "object",
        "properties": {
            "baseurl": _text("A variant uid, an absolute path or a url."),
            "package_sets": _strings("Composer's package sets that use the repository."),
        },
        "required": ["baseurl"],
        "additionalProperties": False,
    }
