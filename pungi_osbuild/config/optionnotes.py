"""
What the schema's options need to be told of besides: default, example, since when.

They stand beside the schema, not in it: Pungi merges that into its own and fills in whatever it
calls a default. ``scripts/config_reference.py`` makes docs/configuration.md of both; a test sees
that each option has its note, and that each example is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Optional

from pungi_osbuild.clouds import Cloud

FIRST = "0.1.0"


@dataclass(frozen=True)
class OptionNote:
    """
    What is to be told of an option.

    :param default: what holds where it is left out, in a few words; None: it must not be
    :param example: a value, as one writes it
    :param in_tree: the first Pungi whose own phases have it; None: none has
    :param since: the first version of this package that has it
    """

    default: Optional[str]
    example: str
    in_tree: Optional[str] = None
    since: str = FIRST


_NONE = "none"
_FALLS_BACK = "`osbuild_%s`, else `global_%s`"


def _falls_back(option: str, last: str) -> str:
    return "%s, else %s" % (_FALLS_BACK % (option, option), last)


TOP: Mapping[str, OptionNote] = {
    "osbuild": OptionNote(
        "no images",
        '{"^Server$": [{"name": "my-guest", "distro": "rhel-9.4", "image_types": "guest-image"}]}',
        "4.2.6",
    ),
    "osbuild_target": OptionNote("`global_target`", '"f41-images"', "4.2.6"),
    "osbuild_version": OptionNote("`global_version`", '"!VERSION_FROM_VERSION"', "4.2.6"),
    "osbuild_release": OptionNote("`global_release`", '"!RELEASE_FROM_DATE_RESPIN"', "4.2.6"),
    "osbuild_split_arches": OptionNote("`True`", "False"),
    "osbuild_image_types": OptionNote(
        "`{}`", '{"guest-image-next": {"upload": "aws.s3", "type": "qcow2", "format": "qcow2"}}'
    ),
    "osbuild_poll_interval": OptionNote("adaptive", "30"),
    "osbuild_outage_limit": OptionNote("`14400`", "3600"),
    "osbuild_timeout": OptionNote(_NONE, "14400"),
    "osbuild_retries": OptionNote("`0`", "2"),
    "osbuild_verify": OptionNote("`True`", "False"),
    "osbuild_fail_fast": OptionNote("`False`", "True"),
    "osbuild_save_provenance": OptionNote("`False`", "True"),
}
"""The options at the top of the config."""

BLOCK: Mapping[str, OptionNote] = {
    "name": OptionNote(None, '"my-guest"', "4.2.6"),
    "distro": OptionNote(None, '"rhel-9.4"', "4.2.6"),
    "image_types": OptionNote(None, '"guest-image"', "4.2.6"),
    "version": OptionNote(
        _falls_back("version", "the compose's own"), '"!VERSION_FROM_VERSION"', "4.2.6"
    ),
    "release": OptionNote(
        _falls_back("release", "the hub counts"), '"!RELEASE_FROM_DATE_RESPIN"', "4.2.6"
    ),
    "target": OptionNote(_falls_back("target", "an error"), '"f41-images"', "4.2.6"),
    "arches": OptionNote("all of the variant's", '["x86_64", "aarch64"]', "4.2.6"),
    "repo": OptionNote(
        "the variant's own, which is always added",
        '["BaseOS", "https://example.com/extras/$arch/os/"]',
        "4.2.6",
    ),
    "failable": OptionNote("no arch may fail", '["aarch64"]', "4.2.6"),
    "subvariant": OptionNote("the variant's uid", '"Server"', "4.2.6"),
    "ostree_url": OptionNote(_NONE, '"https://example.com/ostree/repo/"', "4.3.6"),
    "ostree_ref": OptionNote(_NONE, '"fedora/41/$arch/iot"', "4.3.6"),
    "ostree_parent": OptionNote(_NONE, '"fedora/41/$arch/iot"', "4.3.6"),
    "upload_options": OptionNote("no upload", '{"region": "us-east-1"}', "4.3.7"),
    "arch_upload_options": OptionNote(
        _NONE, '{"aarch64": {"region": "us-east-2"}, "x86_64": {"region": "us-east-1"}}'
    ),
    "manifest_type": OptionNote(
        "by image type and file", '"dvd-ostree-osbuild"', "4.6 (a later 4.6, not found out which)"
    ),
    "customizations": OptionNote(
        _NONE, '{"hostname": "guest"}', "4.7 (or a late 4.6, not found out which)"
    ),
    "split_arches": OptionNote("`osbuild_split_arches`, else `True`", "False"),
    "skip_tag": OptionNote("`False`", "True"),
    "timeout": OptionNote("`osbuild_timeout`, else none", "14400"),
    "retries": OptionNote("`osbuild_retries`, else `0`", "2"),
}
"""The options of an image block."""

IMAGE_TYPE: Mapping[str, OptionNote] = {
    "upload": OptionNote("the catalogue's", '"aws.s3"'),
    "type": OptionNote("the catalogue's, else by the file", '"qcow2"'),
    "format": OptionNote("the catalogue's", '"qcow2"'),
}
"""The options of an item of ``osbuild_image_types``."""

UPLOADS_IN_TREE = "4.3.7"


def upload_notes(cloud: Cloud) -> Mapping[str, OptionNote]:
    """Return the notes of a cloud's upload options."""
    return {
        name: OptionNote(option.default, option.example, UPLOADS_IN_TREE, option.since)
        for name, option in cloud.options.items()
    }


PUNGI: Mapping[str, OptionNote] = {
    "global_target": OptionNote(_NONE, '"f41-images"', "all"),
    "global_version": OptionNote("the compose's own", '"41"', "all"),
    "global_release": OptionNote("the hub counts", '"!RELEASE_FROM_DATE_RESPIN"', "all"),
    "koji_profile": OptionNote("`run` needs `--profile` then", '"koji"', "all"),
    "link_type": OptionNote('`"hardlink-or-copy"`', '"copy"', "all"),
    "translate_paths": OptionNote(
        "`[]`", '[("/mnt/koji/compose", "https://kojipkgs.example.org/compose")]', "all"
    ),
    "media_checksums": OptionNote('`["md5", "sha1", "sha256"]`', '["sha256"]', "all"),
    "media_checksum_one_file": OptionNote("`False`", "True", "all"),
    "media_checksum_base_filename": OptionNote('`""`', '"%(release_short)s-%(version)s"', "all"),
    "tree_arches": OptionNote("all", '["x86_64", "aarch64"]', "all"),
    "tree_variants": OptionNote("all", '["Server"]', "all"),
    "skip_phases": OptionNote("`[]`", '["osbuild"]', "all"),
    "variants_file": OptionNote("`--variants`, or `--compose`", '"variants.xml"', "all"),
    "release_name": OptionNote("the short name", '"Fedora"', "all"),
    "release_short": OptionNote("needed for a compose that does not exist", '"Fedora"', "all"),
    "release_version": OptionNote("needed for a compose that does not exist", '"41"', "all"),
    "release_type": OptionNote('`"ga"`', '"updates"', "all"),
    "release_internal": OptionNote("`False`", "True", "all"),
    "base_product_name": OptionNote(_NONE, '"Red Hat Enterprise Linux"', "all"),
    "base_product_short": OptionNote(_NONE, '"RHEL"', "all"),
    "base_product_version": OptionNote(_NONE, '"9"', "all"),
    "base_product_type": OptionNote('`"ga"`', '"ga"', "all"),
}
"""The options of Pungi's own that are read here."""
