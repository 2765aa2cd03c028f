"""Where Koji keeps files: held against Koji's own library."""

from __future__ import annotations

import koji
import pytest

from pungi_osbuild.checked import Struct
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.methods.koji_files import images_folder

BUILD = {"name": "fedora-guest", "version": "41", "release": "1.x86_64", "volume_name": "DEFAULT"}


@pytest.mark.parametrize("volume", ["DEFAULT", "archive"])
def test_images_are_where_koji_has_them(volume: str) -> None:
    """On each of its volumes."""
    build = {**BUILD, "volume_name": volume}
    there = koji.PathInfo(topdir="/mnt/koji").imagebuild(build)
    assert "/mnt/koji/" + images_folder(Struct(build, "a build")) == there


@pytest.mark.parametrize("part", sorted(BUILD))
def test_no_part_leads_elsewhere(part: str) -> None:
    """A part is a name in a folder."""
    with pytest.raises(ReplyError):
        images_folder(Struct({**BUILD, part: "../x"}, "a build"))
