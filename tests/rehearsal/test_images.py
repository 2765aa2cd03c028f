"""Image files are what their names say."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import tarfile
import zlib
from pathlib import Path

import pytest

from koji_rehearsal.archivetypes import archive_type
from koji_rehearsal.composer.images import SIZE, image_bytes, spoiled
from koji_rehearsal.composer.table import Table
from pungi_osbuild import imagetypes
from tests.conformance.desk import a_desk

SUFFIXES = sorted({image_type.file.suffix for image_type in imagetypes.CATALOGUE.values()})
LARGEST = 128 * 1024


@pytest.mark.parametrize(
    "suffix, offset, magic",
    [
        ("qcow2", 0, b"QFI\xfb\0\0\0\x03"),
        ("raw", 510, b"\x55\xaaEFI PART"),
        ("raw", SIZE - 512, b"EFI PART"),
        ("vhd", SIZE, b"conectix"),
        ("vmdk", 0, b"KDMV"),
        ("iso", 0x8001, b"CD001"),
        ("tar", 257, b"ustar"),
        ("ova", 257, b"ustar"),
        ("raw.xz", 0, b"\xfd7zXZ\0"),
        ("vhd.xz", 0, b"\xfd7zXZ\0"),
        ("wsl", 0, b"\xfd7zXZ\0"),
        ("tar.gz", 0, b"\x1f\x8b"),
    ],
)
def test_the_magic_bytes_are_right(suffix: str, offset: int, magic: bytes) -> None:
    """Where the format has them."""
    content = image_bytes(suffix, "a-1-1.x86_64")
    assert content[offset : offset + len(magic)] == magic


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_image_is_small_and_its_own(suffix: str) -> None:
    """The same every time, another one for another image."""
    content = image_bytes(suffix, "a-1-1.x86_64")
    assert content == image_bytes(suffix, "a-1-1.x86_64")
    assert content != image_bytes(suffix, "a-1-1.aarch64")
    assert 1024 < len(content) <= LARGEST
    assert archive_type("a-1-1.x86_64." + suffix) is not None


def test_a_spoiled_image_has_the_size_of_the_good_one() -> None:
    """And other content."""
    content = image_bytes("qcow2", "a")
    assert spoiled(content) != content
    assert len(spoiled(content)) == len(content)


def test_compressed_images_hold_an_image() -> None:
    """Python's own modules read them."""
    assert lzma.decompress(image_bytes("raw.xz", "a")) == image_bytes("raw", "a")
    assert lzma.decompress(image_bytes("vhd.xz", "a")) == image_bytes("vhd", "a")
    for content, member in (
        (gzip.decompress(image_bytes("tar.gz", "a")), "disk.raw"),
        (lzma.decompress(image_bytes("wsl", "a")), "etc/os-release"),
        (image_bytes("ova", "a"), "image.ovf"),
        (image_bytes("tar", "a"), "oci-layout"),
    ):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            assert member in archive.getnames()


def test_the_partition_table_has_its_sums() -> None:
    """Both headers, each naming the other."""
    content = image_bytes("raw", "a")
    first, last = content[512:604], content[SIZE - 512 : SIZE - 420]
    for header in (first, last):
        (own,) = struct.unpack_from("<I", header, 16)
        assert zlib.crc32(header[:16] + bytes(4) + header[20:]) == own
    assert struct.unpack_from("<2Q", first, 24) == struct.unpack_from("<2Q", last, 24)[::-1]


def test_the_footer_of_a_vhd_has_its_sum() -> None:
    """One's complement of all its other bytes."""
    footer = image_bytes("vhd", "a")[-512:]
    (own,) = struct.unpack_from(">I", footer, 64)
    assert ~sum(footer[:64] + footer[68:]) & 0xFFFFFFFF == own


def test_the_tables_of_a_qcow2_stay_in_the_file() -> None:
    """Every cluster that they name."""
    content = image_bytes("qcow2", "a")
    bits, l1_offset = (
        struct.unpack_from(">I", content, 20)[0],
        struct.unpack_from(">Q", content, 40)[0],
    )
    cluster = 1 << bits
    (l2_entry,) = struct.unpack_from(">Q", content, l1_offset)
    l2_offset = l2_entry & ((1 << 56) - 1)
    entries = struct.unpack_from(">512Q", content, l2_offset)
    used = [entry & ((1 << 56) - 1) for entry in entries if entry]
    assert used == list(range(5 * cluster, len(content), cluster))


@pytest.mark.parametrize("image_type", sorted(imagetypes.CATALOGUE))
def test_every_image_type_is_built(image_type: str, tmp_path: Path) -> None:
    """Under the name that Koji gives it."""
    table = Table(180)
    known = ("fedora-41", "rhel-9.6", "rhel-8.10")
    distro = next(name for name in known if table.target(name, "x86_64", image_type))
    options = {
        "ostree": {"url": "https://ostree.example.com/"} if "edge-i" in image_type else {},
        "customizations": {"installation_device": "/dev/vda"},
    }
    with a_desk(tmp_path) as desk:
        task_id = desk.build(image_type=image_type, distro=distro, opts=options)
        (archive,) = desk.image_archives(task_id)
        exported = imagetypes.CATALOGUE[image_type].file
        assert archive["filename"] == "rig-image-41-1.x86_64." + exported.suffix
        assert archive["extra"]["image"]["osbuild_artifact"] == {
            "export_filename": exported.name,
            "export_name": exported.export,
        }
