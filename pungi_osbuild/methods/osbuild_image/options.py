"""The options of a block of the ``osbuild`` section: Pungi's in-tree ones (4.14), and ours."""

from __future__ import annotations

from pungi_osbuild.clouds import hub_clouds, upload_schema
from pungi_osbuild.methods.options import (
    BOOLEAN,
    COUNT,
    DICT,
    NONE,
    NULLABLE,
    ONE_ITEM,
    SOME_SECONDS,
    STRING,
    STRINGS,
    TEXT,
    Options,
    option,
)

SECTION = "osbuild"
EXAMPLE = '{"^Server$": [{"name": "my-guest", "distro": "rhel-9.4", "image_types": "guest-image"}]}'


# A table: an option to a few lines, not a value to a line.
# fmt: off
def block_options() -> Options:
    """Return the options of an image block."""
    repo = {
        **DICT,
        "properties": {
            "baseurl": {**TEXT, "description": "A variant uid, an absolute path or a url."},
            "package_sets": {
                **STRINGS,
                "description": "Composer's package sets that use the repository.",
            },
        },
        "required": ["baseurl"],
        "additionalProperties": False,
    }
    uploads = {"anyOf": [upload_schema(cloud) for cloud in hub_clouds()]}
    own_uploads = {"anyOf": [upload_schema(cloud, whole=False) for cloud in hub_clouds()]}
    arch_uploads = {**DICT, "additionalProperties": own_uploads}
    return {
        "name": option(TEXT, "The Koji package that the image is built as.", None, '"my-guest"',
            "4.2.6"),
        "distro": option(TEXT, 'Composer\'s name of the distribution, e.g. "rhel-9.4".', None,
            '"rhel-9.4"', "4.2.6"),
        "image_types": option({"anyOf": [TEXT, ONE_ITEM]},
            "Composer's name of the image type; exactly one.", None, '"guest-image"', "4.2.6"),
        "version": option(STRING, "Version of the Koji build, or a ! generator.",
            "`osbuild_version`, else `global_version`, else the compose's own",
            '"!VERSION_FROM_VERSION"', "4.2.6"),
        "release": option(NULLABLE,
            "Release of the Koji build, or a ! generator. None stands for the compose's own."
            " Without one the hub counts.",
            "`osbuild_release`, else `global_release`, else the hub counts",
            '"!RELEASE_FROM_DATE_RESPIN"', "4.2.6"),
        "target": option(STRING, "Koji build target.",
            "`osbuild_target`, else `global_target`, else an error", '"f41-images"', "4.2.6"),
        "arches": option(STRINGS, "Arches to build for; without it all of the variant's.",
            "all of the variant's", '["x86_64", "aarch64"]', "4.2.6"),
        "repo": option({"type": "array", "items": {"anyOf": [TEXT, repo]}},
            "Repositories: variant uids, absolute paths or urls.",
            "the variant's own, which is always added",
            '["BaseOS", "https://example.com/extras/$arch/os/"]', "4.2.6"),
        "failable": option(STRINGS, 'Arches whose image is allowed to fail; ["*"] for all.',
            "all arches are required", '["aarch64"]', "4.2.6"),
        "subvariant": option(STRING,
            "The image's subvariant in images.json; default: the variant.", "the variant's uid",
            '"Server"', "4.2.6"),
        "ostree_url": option(STRING, "Where the ostree repository is.", NONE,
            '"https://example.com/ostree/repo/"', "4.3.6"),
        "ostree_ref": option(STRING, "Ref of the ostree commit; $arch is replaced.", NONE,
            '"fedora/41/$arch/iot"', "4.3.6"),
        "ostree_parent": option(STRING, "Parent of the ostree commit; $arch is replaced.", NONE,
            '"fedora/41/$arch/iot"', "4.3.6"),
        "upload_options": option(uploads, "Where in the image type's cloud the image goes.",
            "no upload", '{"region": "us-east-1"}', "4.3.7"),
        "arch_upload_options": option(arch_uploads,
            "Options by arch, laid over upload_options for that arch.", NONE,
            '{"aarch64": {"region": "us-east-2"}, "x86_64": {"region": "us-east-1"}}'),
        "manifest_type": option(STRING,
            "Productmd's type of the image, instead of the derived one.", "by image type and file",
            '"dvd-ostree-osbuild"', "4.6 (a later 4.6, not found out which)"),
        "customizations": option(DICT, "Composer's customizations, passed on unread.", NONE,
            '{"hostname": "guest"}', "4.7 (or a late 4.6, not found out which)"),
        "split_arches": option(BOOLEAN,
            "One task per arch (True), or one for all arches (False).",
            "`osbuild_split_arches`, else `True`", "False"),
        "skip_tag": option(BOOLEAN, "Do not tag the build.", "`False`", "True"),
        "timeout": option(SOME_SECONDS,
            "Seconds after its submission at which a task that has not ended is cancelled.",
            "`osbuild_timeout`, else none", "14400"),
        "retries": option(COUNT,
            "How often a task is resubmitted that failed for a transient reason.",
            "`osbuild_retries`, else `0`", "2"),
    }


def top_options() -> Options:
    """Return what stands at the top for all blocks of the section."""
    return {
        "osbuild_target": option(STRING, "Koji build target of every block that names none.",
            "`global_target`", '"f41-images"', "4.2.6"),
        "osbuild_version": option(STRING, "Version of every block that has none.",
            "`global_version`", '"!VERSION_FROM_VERSION"', "4.2.6"),
        "osbuild_release": option(NULLABLE,
            "Release of every block that has none; None stands for the compose's own.",
            "`global_release`", '"!RELEASE_FROM_DATE_RESPIN"', "4.2.6"),
        "osbuild_split_arches": option(BOOLEAN, "split_arches of every block that does not say.",
            "`True`", "False"),
        "osbuild_timeout": option(SOME_SECONDS,
            "timeout in seconds of every block that does not say.", NONE, "14400"),
        "osbuild_retries": option(COUNT, "retries of every block that does not say.", "`0`", "2"),
    }
