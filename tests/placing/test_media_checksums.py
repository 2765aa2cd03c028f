"""Checksum files: as Pungi writes them, and without losing what others wrote."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pungi_osbuild.errors import PlacementError, SourceError
from pungi_osbuild.metadata import Owned
from pungi_osbuild.model import Checksum, PlacedImage, Settings
from pungi_osbuild.placing.media_checksums import ChecksumFile, Line, update_media_checksums
from tests.values import a_built_image, a_placed_image, an_identity

FOO = {name: hashlib.new(name, b"foo").hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
NAME = "example-guest-1-5.x86_64.qcow2"
FOLDER = "Server/x86_64/images"


def an_image(compose: Path, path: str = "%s/%s" % (FOLDER, NAME), **changes: Any) -> PlacedImage:
    """Return an image whose file, there to be read, holds ``foo``."""
    (compose / path).parent.mkdir(parents=True, exist_ok=True)
    (compose / path).write_bytes(b"foo")
    return a_placed_image(path=path, **changes)


def update(
    compose: Path, *images: PlacedImage, replaced: Tuple[Owned, ...] = (), **options: Any
) -> Tuple[PlacedImage, ...]:
    settings = Settings(**{"media_checksums": ("sha256",), **options})
    return update_media_checksums(compose, an_identity(), settings, images, replaced)


def files(compose: Path) -> Dict[str, str]:
    """Return the text of every checksum file, by path below the compose."""
    return {
        str(path.relative_to(compose)): path.read_text()
        for path in compose.rglob("*")
        if path.is_file() and (path.name.endswith("SUM"))
    }


def lines(name: str, type: str, size: int = 3) -> str:
    return "# %s: %d bytes\n%s (%s) = %s\n" % (name, size, type.upper(), name, FOO[type])


def owned(path: str) -> Owned:
    return Owned("Server", "x86_64", path)


def test_each_image_and_each_folder_has_a_file_for_each_checksum(tmp_path: Path) -> None:
    """Pungi's defaults: md5, sha1 and sha256."""
    (image,) = update(tmp_path, an_image(tmp_path), media_checksums=("md5", "sha1", "sha256"))
    assert files(tmp_path) == {
        "%s/%s" % (FOLDER, name): lines(NAME, type)
        for type in ("md5", "sha1", "sha256")
        for name in ("%sSUM" % type.upper(), "%s.%sSUM" % (NAME, type.upper()))
    }
    assert image.checksums == tuple(Checksum(type, FOO[type]) for type in ("md5", "sha1", "sha256"))


def test_one_file_lists_a_folder(tmp_path: Path) -> None:
    """Sorted by name, and no other file beside it."""
    update(
        tmp_path,
        an_image(tmp_path, FOLDER + "/b.qcow2"),
        an_image(tmp_path, FOLDER + "/a.vmdk"),
        an_image(tmp_path, "Server/x86_64/iso/c.iso"),
        media_checksum_one_file=True,
    )
    assert files(tmp_path) == {
        FOLDER + "/CHECKSUM": lines("a.vmdk", "sha256") + lines("b.qcow2", "sha256"),
        "Server/x86_64/iso/CHECKSUM": lines("c.iso", "sha256"),
    }


def test_a_known_checksum_is_not_computed_again(tmp_path: Path) -> None:
    """The one reading pass was when the image was placed."""
    known = a_placed_image().checksums
    image = an_image(tmp_path)
    (tmp_path / image.path).write_bytes(b"changed since")
    (after,) = update(tmp_path, image)
    assert after == image
    assert files(tmp_path)[FOLDER + "/SHA256SUM"].endswith("= %s\n" % known[0].value)


def test_what_is_missing_is_computed(tmp_path: Path) -> None:
    """Koji's own md5 stays when nothing was verified."""
    image = an_image(tmp_path, checksums=(Checksum("md5", FOO["md5"]),))
    (after,) = update(tmp_path, image, media_checksums=("sha512",))
    assert after.checksums == (Checksum("md5", FOO["md5"]), Checksum("sha512", FOO["sha512"]))


def test_lines_of_others_are_kept(tmp_path: Path) -> None:
    """Those of the images that were there before, in the order of all."""
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    other = "# z.iso: 9 bytes\nSHA256 (z.iso) = 1234\n"
    old = "# %s: 7 bytes\nSHA256 (%s) = ffff\n" % (NAME, NAME)
    (folder / "SHA256SUM").write_text(old + other)
    (folder / "z.iso.SHA256SUM").write_text(other)
    update(tmp_path, an_image(tmp_path))
    assert files(tmp_path) == {
        FOLDER + "/SHA256SUM": lines(NAME, "sha256") + other,
        "%s/%s.SHA256SUM" % (FOLDER, NAME): lines(NAME, "sha256"),
        FOLDER + "/z.iso.SHA256SUM": other,
    }


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """Byte for byte."""
    update(tmp_path, an_image(tmp_path), an_image(tmp_path, FOLDER + "/a.vmdk"))
    before = files(tmp_path)
    update(tmp_path, an_image(tmp_path, FOLDER + "/a.vmdk"))
    assert files(tmp_path) == before


def test_replaced_images_are_taken_out(tmp_path: Path) -> None:
    """Their lines and their own files; a list that is empty goes, too."""
    old, kept = FOLDER + "/old.qcow2", FOLDER + "/kept.qcow2"
    lonely = "Server/x86_64/iso/old.iso"
    update(tmp_path, *(an_image(tmp_path, path) for path in (old, kept, lonely)))
    replaced = (owned(old), owned(lonely), owned(FOLDER + "/never-there.qcow2"))
    update(tmp_path, an_image(tmp_path), replaced=replaced)
    assert files(tmp_path) == {
        FOLDER + "/SHA256SUM": lines(NAME, "sha256") + lines("kept.qcow2", "sha256"),
        "%s/%s.SHA256SUM" % (FOLDER, NAME): lines(NAME, "sha256"),
        FOLDER + "/kept.qcow2.SHA256SUM": lines("kept.qcow2", "sha256"),
    }


def test_an_image_replaced_by_itself_stays(tmp_path: Path) -> None:
    """It has the same place again."""
    image = an_image(tmp_path)
    update(tmp_path, image)
    before = files(tmp_path)
    update(tmp_path, image, replaced=(owned(image.path),))
    assert files(tmp_path) == before


def test_images_that_images_json_does_not_have_are_not_listed(tmp_path: Path) -> None:
    """Pungi lists what is in images.json."""
    image = an_image(tmp_path, type=None, format=None)
    assert update(tmp_path, image, media_checksums=("sha512",)) == (image,)
    assert files(tmp_path) == {}


def test_a_file_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    """As Pungi does."""
    image = a_placed_image()
    assert update(tmp_path, image, media_checksums=("sha512",)) == (image,)
    assert files(tmp_path) == {}


def test_no_checksum_writes_no_file(tmp_path: Path) -> None:
    """media_checksums may be empty."""
    image = an_image(tmp_path)
    assert update(tmp_path, image, media_checksums=()) == (image,)
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("base", "one_file", "expected"),
    [
        ("%(variant)s-%(version)s", False, "Server-1-SHA256SUM"),
        ("{release_short}_{arch}_{date}.{respin}", False, "Example_x86_64_20261123.0-SHA256SUM"),
        ("{compose_id}{type_suffix}%(type)s", False, "Example-1-20261123.t.0.ttest-SHA256SUM"),
        ("{label}-{label_major_version}", False, "None-None-SHA256SUM"),
        ("%(dirname)s", True, "images-CHECKSUM"),
        ("", True, "CHECKSUM"),
    ],
)
def test_the_folders_file_has_a_base_name(
    tmp_path: Path, base: str, one_file: bool, expected: str
) -> None:
    """Filled in by % and then by braces; the image's own file does not have it."""
    update(
        tmp_path,
        an_image(tmp_path),
        media_checksum_base_filename=base,
        media_checksum_one_file=one_file,
    )
    names = {path.rsplit("/", 1)[1] for path in files(tmp_path)}
    assert names == {expected} | (set() if one_file else {"%s.SHA256SUM" % NAME})


def test_a_label_is_part_of_a_base_name(tmp_path: Path) -> None:
    """Its major version is what is before the last dot."""
    settings = Settings(
        media_checksums=("sha256",), media_checksum_base_filename="{label}_{label_major_version}"
    )
    identity = an_identity(label="Beta-1.2")
    update_media_checksums(tmp_path, identity, settings, [an_image(tmp_path)])
    assert "%s/Beta-1.2_Beta-1-SHA256SUM" % FOLDER in files(tmp_path)


def test_variants_have_files_of_their_own(tmp_path: Path) -> None:
    """Even where they share a folder, as an addon and its parent do."""
    update(
        tmp_path,
        an_image(tmp_path),
        an_image(
            tmp_path, FOLDER + "/ha.qcow2", variant="Server-HA", built=a_built_image(arch="x86_64")
        ),
        media_checksum_base_filename="{variant}",
        media_checksum_one_file=True,
    )
    assert files(tmp_path) == {
        FOLDER + "/Server-CHECKSUM": lines(NAME, "sha256"),
        FOLDER + "/Server-HA-CHECKSUM": lines("ha.qcow2", "sha256"),
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"media_checksums": ("md5", "sha1"), "media_checksum_one_file": True}, "exactly one"),
        ({"media_checksums": (), "media_checksum_one_file": True}, "exactly one"),
        ({"media_checksums": ("crc",)}, "crc"),
        ({"media_checksums": ("shake_128",)}, "shake_128"),
        ({"media_checksum_base_filename": "{flavour}"}, "flavour"),
        ({"media_checksum_base_filename": "%(flavour)s"}, "flavour"),
        ({"media_checksum_base_filename": "%"}, "media_checksum_base_filename"),
        ({"media_checksum_base_filename": "{"}, "media_checksum_base_filename"),
        ({"media_checksum_base_filename": "{0}"}, "media_checksum_base_filename"),
        ({"media_checksum_base_filename": "{dirname}"}, "dirname"),
        ({"media_checksum_base_filename": "../../{variant}"}, "not a file name"),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    tmp_path: Path, options: Dict[str, Any], said: str
) -> None:
    """Before any file is written."""
    with pytest.raises(SourceError) as caught:
        update(tmp_path, an_image(tmp_path), **options)
    assert said in caught.value.reason
    assert files(tmp_path) == {}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder is in its place."""
    image = an_image(tmp_path)
    (tmp_path / FOLDER / "SHA256SUM" / "x").mkdir(parents=True)
    with pytest.raises(PlacementError):
        update(tmp_path, image)


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Here it is a folder."""
    (tmp_path / FOLDER / NAME).mkdir(parents=True)
    with pytest.raises(PlacementError, match=NAME):
        update(tmp_path, a_placed_image(), media_checksums=("sha512",))


SIGNED = """-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# a.iso: 9 bytes
SHA256 (a.iso) = 12
SHA256 (no-size.iso) = 34
# b.iso: 5 bytes

-----BEGIN PGP SIGNATURE-----
=abcd
-----END PGP SIGNATURE-----
"""


def test_lines_of_another_kind_are_kept() -> None:
    """Nothing that somebody wrote is dropped, though a signature has to be made anew."""
    parsed = ChecksumFile.parse(SIGNED)
    assert parsed.lines == (
        Line("a.iso", 9, "sha256", "12"),
        Line("no-size.iso", None, "sha256", "34"),
    )
    assert parsed.text() == SIGNED
    changed = parsed.without({"a.iso"}).with_lines([Line("z", 1, "md5", "ff")])
    assert changed.text() == SIGNED.replace(
        "# a.iso: 9 bytes\nSHA256 (a.iso) = 12\nSHA256 (no-size.iso) = 34\n",
        "SHA256 (no-size.iso) = 34\n# z: 1 bytes\nMD5 (z) = ff\n",
    )


NAMES = st.text("ab.: ()=#", min_size=1, max_size=6)
LINES = st.lists(
    st.builds(
        Line,
        name=NAMES,
        size=st.integers(0, 10**15),
        type=st.sampled_from(["md5", "sha256"]),
        value=st.text("0123456789abcdef", min_size=1, max_size=8),
    ),
    max_size=5,
)


@settings(deadline=None)
@given(LINES)
def test_what_is_written_is_read_again(found: List[Line]) -> None:
    """Whatever the files are called."""
    content = ChecksumFile().with_lines(found)
    assert ChecksumFile.parse(content.text()) == content


@settings(deadline=None)
@given(st.text(st.sampled_from("#a: 1 bytes()=\nMD5")), LINES)
def test_nothing_is_lost_of_any_text(text: str, found: List[Line]) -> None:
    """Each line that was there is there afterwards."""
    after = ChecksumFile.parse(text).with_lines(found).text().split("\n")
    for line in set(text.split("\n")):
        assert line in after or not line
