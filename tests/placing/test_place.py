"""Placing an image: it arrives whole, by the way that was asked for, or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, ContextManager, Iterator, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koji_rehearsal import HubSettings, RehearsalHub
from pungi_osbuild.errors import HubError, InputError, PlacementError
from pungi_osbuild.metadata.atomic import beside, making, partial_files
from pungi_osbuild.model import BuiltImage, Checksum
from pungi_osbuild.placing.place import (
    FileSource,
    PlacedFile,
    VerifyOptions,
    check_links,
    check_name,
    place,
)
from pungi_osbuild.placing.verify import CHUNK
from pungi_osbuild.timing import DOWNLOAD_ATTEMPTS
from tests.values import a_built_image

CONTENT = b"QFI\xfb" + bytes(range(256)) * 40
NAME = "example-guest-1-5.x86_64.qcow2"
LINK_TYPES = ("hardlink", "copy", "hardlink-or-copy", "symlink", "abspath-symlink")
LINKS = ("hardlink", "symlink", "abspath-symlink")


def sha256_of(content: bytes) -> Checksum:
    return Checksum("sha256", hashlib.sha256(content).hexdigest())


def an_image_of(content: bytes, kind: str = "md5", **changes: Any) -> BuiltImage:
    checksum = Checksum(kind, hashlib.new(kind, content).hexdigest())
    return a_built_image(**{"size": len(content), "checksum": checksum, **changes})


def koji_file(folder: Path, content: bytes = CONTENT) -> Path:
    path = folder / "koji" / "packages" / "image.qcow2"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    path.chmod(0o644)
    os.utime(path, (1795410000, 1795418607))
    return path


def placed(
    folder: Path,
    source: FileSource,
    image: BuiltImage,
    link_type: str = "hardlink-or-copy",
    verify: bool = True,
    may_replace: bool = False,
) -> PlacedFile:
    return place(
        image, source, folder / "images", NAME, link_type, VerifyOptions(verify), may_replace
    )


def left(folder: Path) -> List[str]:
    """Return every name in the folder that images go to, hidden ones too."""
    images = folder / "images"
    return sorted(path.name for path in images.iterdir()) if images.exists() else []


def a_stream(
    *chunks: bytes, error: Any = None, closed: Any = None
) -> Callable[[], ContextManager[Iterator[bytes]]]:
    """Return a download that gives chunks, then perhaps breaks off."""

    def give() -> Iterator[bytes]:
        yield from chunks
        if error is not None:
            raise error

    @contextmanager
    def opened() -> Iterator[Iterator[bytes]]:
        try:
            yield give()
        finally:
            if closed is not None:
                closed.append(True)

    return opened


def bytes_read() -> int:
    """Return how many bytes this process has read so far."""
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("rchar:"):
            return int(line.split()[1])
    raise AssertionError("no rchar")


@pytest.fixture
def other_volume(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than the test's own."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_an_image_is_placed_by_link_type(tmp_path: Path, link_type: str, verify: bool) -> None:
    """Content, size and time of the file in Koji; nothing else in the folder."""
    local = koji_file(tmp_path)
    result = placed(tmp_path, FileSource(local), an_image_of(CONTENT), link_type, verify)
    assert result.path == tmp_path / "images" / NAME
    assert result.path.read_bytes() == CONTENT
    assert (result.size, result.mtime) == (len(CONTENT), 1795418607)
    expected = sha256_of(CONTENT) if verify else an_image_of(CONTENT).checksum
    assert result.checksums == (expected,)
    assert left(tmp_path) == [NAME]
    assert local.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("link_type", "how"),
    [("hardlink", "hardlinked"), ("hardlink-or-copy", "hardlinked"), ("symlink", "symlinked")],
)
def test_the_log_says_where_an_image_came_from(
    link_type: str, how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Once it is in its place; nothing is said of one that is kept there."""
    local = koji_file(tmp_path)
    with caplog.at_level("INFO"):
        for _ in range(2):
            placed(tmp_path, FileSource(local), an_image_of(CONTENT), link_type)
    assert caplog.messages == ["%s %s to %s" % (how, local, tmp_path / "images" / NAME)]


def test_the_log_says_what_was_copied_or_downloaded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A copy may share its blocks with Koji's file."""
    image, local = an_image_of(CONTENT), koji_file(tmp_path)
    with caplog.at_level("INFO"):
        placed(tmp_path / "a", FileSource(local), image, "copy")
        placed(tmp_path / "b", FileSource(stream=a_stream(CONTENT)), image)
    copied, downloaded = caplog.messages
    assert copied.startswith("copied ")
    assert copied.endswith("%s to %s" % (local, tmp_path / "a" / "images" / NAME))
    assert downloaded == "downloaded %s to %s" % (image.path, tmp_path / "b" / "images" / NAME)


def test_a_hard_link_shares_the_inode(tmp_path: Path) -> None:
    """No space is used twice."""
    local = koji_file(tmp_path)
    for link_type in ("hardlink", "hardlink-or-copy"):
        result = placed(tmp_path, FileSource(local), an_image_of(CONTENT), link_type)
        assert result.path.samefile(local)
        assert not result.path.is_symlink()


def test_a_copy_is_a_file_of_its_own(tmp_path: Path) -> None:
    """With the rights of the file that it is a copy of."""
    local = koji_file(tmp_path)
    local.chmod(0o640)
    result = placed(tmp_path, FileSource(local), an_image_of(CONTENT), "copy")
    assert not result.path.samefile(local)
    assert stat.S_IMODE(result.path.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("link_type", "target"),
    [("symlink", "../koji/packages/image.qcow2"), ("abspath-symlink", "{}")],
)
def test_a_symlink_is_relative_or_not(tmp_path: Path, link_type: str, target: str) -> None:
    """As link_type says."""
    local = koji_file(tmp_path)
    result = placed(tmp_path, FileSource(local), an_image_of(CONTENT), link_type)
    assert str(result.path.readlink()) == target.format(local)


def test_a_relative_symlink_leads_home_from_a_linked_folder(tmp_path: Path) -> None:
    """A compose's folder may itself be reached by a symlink."""
    local = koji_file(tmp_path)
    (tmp_path / "deep" / "er" / "real").mkdir(parents=True)
    (tmp_path / "images").symlink_to("deep/er/real")
    result = placed(tmp_path, FileSource(local), an_image_of(CONTENT), "symlink")
    assert result.path.read_bytes() == CONTENT


@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_a_symlinked_folder_in_koji_is_followed(tmp_path: Path, link_type: str) -> None:
    """Koji's volumes are made of them."""
    local = koji_file(tmp_path)
    (tmp_path / "link").symlink_to("koji/packages")
    source = FileSource(tmp_path / "link" / local.name)
    result = placed(tmp_path, source, an_image_of(CONTENT), link_type)
    assert result.path.read_bytes() == CONTENT


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("link_type", LINK_TYPES)
@pytest.mark.parametrize("target", ["koji/packages/image.qcow2", "link", "link/link", "nowhere"])
def test_a_file_of_kojis_that_is_a_symlink_is_not_placed(
    target: str, link_type: str, verify: bool, tmp_path: Path
) -> None:
    """It may lead to anything of the right size, or in a circle; it is said of the link."""
    koji_file(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(target)
    for local in (link, link / "inside") if target == "link" else (link,):
        with pytest.raises(PlacementError, match=r"is a symbolic link|behind a circle") as caught:
            placed(tmp_path, FileSource(local), an_image_of(CONTENT), link_type, verify)
        assert str(local) in caught.value.reason
    assert left(tmp_path) == []


def test_a_symlink_in_the_compose_must_lead_to_kojis_file(tmp_path: Path) -> None:
    """Without verifier any file of the right size would do."""
    local = koji_file(tmp_path)
    other = tmp_path / "other"
    other.write_bytes(b"!" * len(CONTENT))
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / NAME).symlink_to(other)
    with pytest.raises(PlacementError, match="a symbolic link to another file"):
        placed(tmp_path, FileSource(local), an_image_of(CONTENT), "symlink", verify=False)
    placed(tmp_path, FileSource(local), an_image_of(CONTENT), "symlink", False, may_replace=True)
    again = placed(tmp_path, FileSource(local), an_image_of(CONTENT), "symlink", verify=False)
    assert again.path.samefile(local)


def test_what_cannot_be_linked_is_copied(tmp_path: Path, other_volume: Path) -> None:
    """Koji's volume is another one."""
    local = koji_file(other_volume)
    result = placed(tmp_path, FileSource(local), an_image_of(CONTENT))
    assert result.path.read_bytes() == CONTENT
    assert (result.mtime, result.checksums) == (1795418607, (sha256_of(CONTENT),))


def test_hard_links_between_file_systems_are_refused_before_anything_is_submitted(
    tmp_path: Path, other_volume: Path
) -> None:
    """Unless one of Koji's volumes is the compose's: a build may be on any of them."""
    check_links(tmp_path / "nowhere", tmp_path / "compose")
    koji_file(tmp_path)
    check_links(tmp_path / "koji", tmp_path / "not/there/yet")
    with pytest.raises(InputError, match="another file system") as caught:
        check_links(tmp_path / "koji", other_volume / "compose")
    assert "hardlink-or-copy" in caught.value.solution
    (tmp_path / "koji/vol").mkdir()
    (tmp_path / "koji/vol/fast").symlink_to(other_volume)
    check_links(tmp_path / "koji", other_volume / "compose")


def test_a_new_rehearsal_hub_has_the_volume_to_refuse_them(
    tmp_path: Path, other_volume: Path
) -> None:
    """Before its first build, too."""
    hub = RehearsalHub(HubSettings(), tmp_path / "new")
    with hub, pytest.raises(InputError, match="another file system"):
        check_links(hub.topdir, other_volume / "compose")


def test_only_a_hard_link_is_an_error_where_there_can_be_none(
    tmp_path: Path, other_volume: Path
) -> None:
    """The hint says which link_type would do."""
    with pytest.raises(PlacementError) as caught:
        placed(tmp_path, FileSource(koji_file(other_volume)), an_image_of(CONTENT), "hardlink")
    assert "hardlink-or-copy" in caught.value.solution
    assert left(tmp_path) == []


def test_an_unknown_link_type_is_an_error(tmp_path: Path) -> None:
    """Nothing is guessed."""
    with pytest.raises(PlacementError, match="reflink"):
        placed(tmp_path, FileSource(koji_file(tmp_path)), an_image_of(CONTENT), "reflink")
    assert left(tmp_path) == []


def put_there(folder: Path, content: bytes) -> Path:
    """Put a file where the image is to go."""
    path = folder / "images" / NAME
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_what_is_there_already_is_kept(tmp_path: Path, link_type: str, verify: bool) -> None:
    """The same again is no work, by whatever way it came; its bytes are read once at most."""
    local = koji_file(tmp_path)
    first = placed(tmp_path, FileSource(local), an_image_of(CONTENT), link_type, verify)
    inode = first.path.lstat().st_ino
    again = placed(tmp_path, FileSource(local), an_image_of(CONTENT), link_type, verify)
    assert again == first
    assert again.path.lstat().st_ino == inode
    assert left(tmp_path) == [NAME]


@pytest.mark.parametrize("other", [b"old", b"", CONTENT[:-1], CONTENT[:-1] + b"!"])
@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_another_file_is_never_overwritten(tmp_path: Path, link_type: str, other: bytes) -> None:
    """Whoever put it there: the error says where it is and what to do."""
    path = put_there(tmp_path, other)
    with pytest.raises(PlacementError, match="another file is at") as caught:
        placed(tmp_path, FileSource(koji_file(tmp_path)), an_image_of(CONTENT), link_type)
    assert str(path) in caught.value.reason
    assert "move it away" in caught.value.solution
    assert path.read_bytes() == other
    assert left(tmp_path) == [NAME]


def test_another_file_of_that_size_is_kept_where_nothing_is_verified(tmp_path: Path) -> None:
    """That is what osbuild_verify = False says; it is not overwritten either."""
    other = CONTENT[:-1] + b"!"
    path = put_there(tmp_path, other)
    placed(tmp_path, FileSource(koji_file(tmp_path)), an_image_of(CONTENT), "copy", verify=False)
    assert path.read_bytes() == other


def test_a_file_that_comes_to_be_there_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """Not even when it appears while the image is downloaded."""

    @contextmanager
    def opened() -> Iterator[Iterator[bytes]]:
        put_there(tmp_path, b"somebody else's")
        yield iter([CONTENT])

    with pytest.raises(PlacementError, match="another file is at"):
        placed(tmp_path, FileSource(stream=opened), an_image_of(CONTENT))
    assert (tmp_path / "images" / NAME).read_bytes() == b"somebody else's"
    assert left(tmp_path) == [NAME]


def test_a_link_that_leads_nowhere_is_in_the_way(tmp_path: Path) -> None:
    """It may lead somewhere when another volume is mounted."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / NAME).symlink_to("/nowhere/at/all")
    with pytest.raises(PlacementError, match="another file is at"):
        placed(tmp_path, FileSource(koji_file(tmp_path)), an_image_of(CONTENT))
    assert (tmp_path / "images" / NAME).is_symlink()


@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_an_own_file_is_replaced(tmp_path: Path, link_type: str) -> None:
    """An earlier run's, of a build that was deleted and made again."""
    path = put_there(tmp_path, b"old")
    source, image = FileSource(koji_file(tmp_path)), an_image_of(CONTENT)
    placed(tmp_path, source, image, link_type, may_replace=True)
    assert path.read_bytes() == CONTENT
    assert left(tmp_path) == [NAME]


@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_what_a_killed_run_has_left_is_no_trouble(tmp_path: Path, link_type: str) -> None:
    """It is never written to: it may be a link to Koji's. The next run's sweep removes it."""
    local = koji_file(tmp_path)
    (tmp_path / "images").mkdir()
    part = beside(tmp_path / "images" / NAME)
    os.link(local, part)
    result = placed(tmp_path, FileSource(stream=a_stream(CONTENT)), an_image_of(CONTENT), link_type)
    assert result.path.read_bytes() == local.read_bytes() == CONTENT
    assert left(tmp_path) == [part.name, NAME]
    assert partial_files(tmp_path / "images") == (part,)


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    """The second begins and ends while the first is at work; each finds what it has written."""
    (tmp_path / "images").mkdir()
    path = tmp_path / "images" / NAME
    with making(path) as first:
        first.write_bytes(b"first")
        with making(path) as second:
            second.write_bytes(b"second")
            assert first.read_bytes() == b"first"
        assert path.read_bytes() == b"second"
        with pytest.raises(FileExistsError), making(path, replace=False) as third:
            third.write_bytes(b"third")
    assert path.read_bytes() == b"first"
    assert left(tmp_path) == [NAME]


def test_a_file_that_is_a_link_to_kojis_is_never_written_to(tmp_path: Path) -> None:
    """A download over it makes a new file; Koji's stays as it is."""
    local = koji_file(tmp_path)
    placed(tmp_path, FileSource(local), an_image_of(CONTENT), "hardlink")
    new = b"QFI\xfb another image"
    source = FileSource(stream=a_stream(new))
    result = placed(tmp_path, source, an_image_of(new), may_replace=True)
    assert result.path.read_bytes() == new
    assert local.read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_a_wrong_checksum_places_nothing(tmp_path: Path, link_type: str, kind: str) -> None:
    """Both values are named, and what was there before is still there."""
    put_there(tmp_path, b"old")
    image = an_image_of(CONTENT, kind)
    damaged = CONTENT[:-1] + b"!"
    with pytest.raises(PlacementError) as caught:
        placed(
            tmp_path, FileSource(koji_file(tmp_path, damaged)), image, link_type, may_replace=True
        )
    assert image.checksum.value in caught.value.reason
    assert hashlib.new(kind, damaged).hexdigest() in caught.value.reason
    assert left(tmp_path) == [NAME]
    assert (tmp_path / "images" / NAME).read_bytes() == b"old"


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_a_wrong_size_places_nothing(tmp_path: Path, link_type: str, verify: bool) -> None:
    """Also when nothing is read: the size costs nothing."""
    image = an_image_of(CONTENT, size=7)
    with pytest.raises(PlacementError) as caught:
        placed(tmp_path, FileSource(koji_file(tmp_path)), image, link_type, verify)
    assert "7 bytes" in caught.value.reason
    assert str(len(CONTENT)) in caught.value.reason
    assert left(tmp_path) == []


def test_a_wrong_checksum_passes_when_nothing_is_verified(tmp_path: Path) -> None:
    """That is what osbuild_verify = False says."""
    image = an_image_of(CONTENT, checksum=Checksum("md5", "0" * 32))
    result = placed(tmp_path, FileSource(koji_file(tmp_path)), image, "hardlink", verify=False)
    assert result.checksums == (Checksum("md5", "0" * 32),)


def test_a_checksum_of_an_unknown_kind_is_an_error(tmp_path: Path) -> None:
    """Rather than an image that was not verified though it should be."""
    image = an_image_of(CONTENT, checksum=Checksum("adler32", "0" * 8))
    with pytest.raises(PlacementError, match="adler32"):
        placed(tmp_path, FileSource(koji_file(tmp_path)), image)


@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_every_byte_is_read_once(tmp_path: Path, link_type: str) -> None:
    """Verifying, hashing and copying are one pass."""
    content = b"QFI\xfb" + os.urandom(CHUNK) * 9
    source, image = FileSource(koji_file(tmp_path, content)), an_image_of(content)
    before = bytes_read()
    result = placed(tmp_path, source, image, link_type)
    assert len(content) <= bytes_read() - before < len(content) + CHUNK
    assert result.checksums == (sha256_of(content),)


@pytest.mark.parametrize("link_type", LINKS)
def test_nothing_is_read_when_nothing_is_verified(tmp_path: Path, link_type: str) -> None:
    """A compose on a far volume is placed in no time."""
    content = b"QFI\xfb" + os.urandom(CHUNK) * 2
    source, image = FileSource(koji_file(tmp_path, content)), an_image_of(content)
    before = bytes_read()
    placed(tmp_path, source, image, link_type, verify=False)
    assert bytes_read() - before < CHUNK


@pytest.mark.parametrize("kind", ["folder", "fifo", "missing", "dangling"])
@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_what_is_no_file_is_not_placed(tmp_path: Path, link_type: str, kind: str) -> None:
    """And nobody waits for it."""
    local = tmp_path / "thing"
    if kind == "folder":
        local.mkdir()
    elif kind == "fifo":
        os.mkfifo(local)
    elif kind == "dangling":
        local.symlink_to("nowhere")
    with pytest.raises(PlacementError) as caught:
        placed(tmp_path, FileSource(local), an_image_of(CONTENT), link_type)
    assert caught.value.solution
    assert left(tmp_path) == []


def test_a_download_is_placed(tmp_path: Path) -> None:
    """In any chunks, and closed at the end."""
    closed: List[bool] = []
    stream = a_stream(CONTENT[:1], b"", CONTENT[1:], closed=closed)
    result = placed(tmp_path, FileSource(stream=stream), an_image_of(CONTENT), "hardlink")
    assert result.path.read_bytes() == CONTENT
    assert (result.size, result.checksums) == (len(CONTENT), (sha256_of(CONTENT),))
    assert closed == [True]


def test_a_corrupted_download_is_begun_anew(tmp_path: Path) -> None:
    """What is between here and Koji may damage it once; the next try may be whole."""
    damaged = CONTENT[:-1] + b"!"
    tries = [damaged, CONTENT[:-1], CONTENT]

    @contextmanager
    def opened() -> Iterator[Iterator[bytes]]:
        yield iter([tries.pop(0)])

    result = placed(tmp_path, FileSource(stream=opened), an_image_of(CONTENT))
    assert result.path.read_bytes() == CONTENT
    assert left(tmp_path) == [NAME]
    assert tries == []


def test_a_download_that_is_always_corrupted_fails(tmp_path: Path) -> None:
    """After a few tries; nothing of it is left."""
    opened: List[bool] = []
    stream = a_stream(CONTENT[:-1] + b"!", closed=opened)
    with pytest.raises(PlacementError, match="wrong md5 checksum"):
        placed(tmp_path, FileSource(stream=stream), an_image_of(CONTENT))
    assert len(opened) == DOWNLOAD_ATTEMPTS
    assert left(tmp_path) == []


def test_a_mounted_file_is_not_downloaded(tmp_path: Path) -> None:
    """The stream is there for when it is not mounted."""
    source = FileSource(koji_file(tmp_path), a_stream(b"", error=AssertionError("opened")))
    assert placed(tmp_path, source, an_image_of(CONTENT)).size == len(CONTENT)


def test_a_source_without_anything_is_an_error(tmp_path: Path) -> None:
    """It says what to set."""
    with pytest.raises(PlacementError, match="no other place of"):
        placed(tmp_path, FileSource(), an_image_of(CONTENT))


@pytest.mark.parametrize("verify", [True, False])
def test_a_download_that_breaks_off_places_nothing(tmp_path: Path, verify: bool) -> None:
    """Its size is always looked at."""
    stream = a_stream(CONTENT[:-1])
    with pytest.raises(PlacementError, match="wrong size"):
        placed(tmp_path, FileSource(stream=stream), an_image_of(CONTENT), verify=verify)
    assert left(tmp_path) == []


@pytest.mark.parametrize("verify", [True, False])
def test_a_download_that_does_not_end_is_stopped(tmp_path: Path, verify: bool) -> None:
    """At the first chunk too many; a volume is not filled."""
    given_out = 0
    closed: List[bool] = []

    def give() -> Iterator[bytes]:
        nonlocal given_out
        for _ in range(1000):
            given_out += 1
            yield b"x" * 100

    @contextmanager
    def endless() -> Iterator[Iterator[bytes]]:
        try:
            yield give()
        finally:
            closed.append(True)

    with pytest.raises(PlacementError, match="wrong size"):
        placed(tmp_path, FileSource(stream=endless), an_image_of(b"x" * 250), verify=verify)
    assert given_out == 3 * DOWNLOAD_ATTEMPTS
    assert closed == [True] * DOWNLOAD_ATTEMPTS
    assert left(tmp_path) == []


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), OSError(28, "No space left")])
def test_a_broken_connection_is_a_placement_error(tmp_path: Path, error: OSError) -> None:
    """With its own words; the file that was begun is gone."""
    stream = a_stream(CONTENT[:5], error=error)
    with pytest.raises(PlacementError) as caught:
        placed(tmp_path, FileSource(stream=stream), an_image_of(CONTENT))
    assert (error.strerror or str(error)) in caught.value.reason
    assert left(tmp_path) == []


def test_an_error_of_the_hub_goes_through(tmp_path: Path) -> None:
    """It knows better what is wrong."""
    stream = a_stream(error=HubError("the hub is gone", "Wait."))
    with pytest.raises(HubError):
        placed(tmp_path, FileSource(stream=stream), an_image_of(CONTENT))
    assert left(tmp_path) == []


def test_a_folder_in_the_way_is_an_error(tmp_path: Path) -> None:
    """It is not removed."""
    (tmp_path / "images" / NAME / "keep").mkdir(parents=True)
    with pytest.raises(PlacementError):
        placed(tmp_path, FileSource(koji_file(tmp_path)), an_image_of(CONTENT))
    assert (tmp_path / "images" / NAME / "keep").is_dir()
    assert left(tmp_path) == [NAME]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """There is a file of that name."""
    (tmp_path / "images").write_text("")
    with pytest.raises(PlacementError):
        placed(tmp_path, FileSource(koji_file(tmp_path)), an_image_of(CONTENT))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        "a\0b",
        "a\nb",
        "a..b",
        ".hidden",
        "x" * 256,
        "ä" * 128,
        "\udc80",
        "\u202egepj.qcow2",
    ],
)
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    """Before anything is made."""
    source = FileSource(koji_file(tmp_path))
    with pytest.raises(PlacementError):
        place(an_image_of(CONTENT), source, tmp_path / "images", name, "copy")
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize("name", [NAME, "x" * 255, "ä" * 127, "a b.tar.gz", "a.b", "~", "-"])
def test_a_good_name_is_taken(tmp_path: Path, name: str) -> None:
    """However long or plain."""
    source = FileSource(koji_file(tmp_path))
    result = place(an_image_of(CONTENT), source, tmp_path / "images", name, "copy")
    assert left(tmp_path) == [name]
    assert result.path.read_bytes() == CONTENT


@settings(deadline=None)
@given(st.text(st.sampled_from("./\0\n~ax-\udc80"), max_size=8) | st.text(max_size=300))
def test_no_name_leaves_its_folder(name: str) -> None:
    """It is refused, or there is one file of that name in the folder and nothing elsewhere."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        source = FileSource(stream=a_stream(b"x"))
        try:
            place(an_image_of(b"x"), source, folder / "a" / "images", name, "copy")
        except PlacementError:
            assert [path for path in folder.rglob("*") if not path.is_dir()] == []
        else:
            check_name(name)
            assert [path for path in folder.rglob("*") if not path.is_dir()] == [
                folder / "a" / "images" / name
            ]
