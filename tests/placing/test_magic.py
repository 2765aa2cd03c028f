"""Magic bytes: a file that is another format than its name says is found, and no good one is."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from typing import Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koji_rehearsal.composer.images import image_bytes
from pungi_osbuild.imagetypes import CATALOGUE
from pungi_osbuild.placing.magic import HEAD, TAIL, why_not


def look(name: str, content: bytes) -> str:
    return why_not(name, content[:HEAD], content[-TAIL:]) or ""


def a_tar(format: int) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=format) as archive:
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO(b""))
    return target.getvalue()


def an_old_tar() -> bytes:
    """Return a tar of before POSIX: no magic, the sum alone."""
    header = bytearray(a_tar(tarfile.USTAR_FORMAT)[:512])
    header[257:512] = bytes(255)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(1024)


DISK = bytes(446) + b"\x80" + bytes(63) + b"\x55\xaa" + bytes(HEAD)
FIXED_VHD = DISK + b"conectix" + bytes(504)
GOOD: Dict[str, List[bytes]] = {
    "qcow2": [b"QFI\xfb\0\0\0\x02" + DISK, b"QFI\xfb\0\0\0\x03" + DISK],
    "vhd": [FIXED_VHD, DISK + b"conectix" + bytes(503), b"conectix" + DISK + bytes(512)],
    "vmdk": [b"KDMV" + DISK, b"COWD" + DISK, b"# Disk DescriptorFile\nversion=1\n"],
    "vhdx": [b"vhdxfile" + DISK],
    "vdi": [b"<<< Oracle VM VirtualBox Disk Image >>>\n".ljust(64, b"\0") + b"\x7f\x10\xda\xbe"],
    "iso": [bytes(0x8001) + b"CD001" + DISK, bytes(0x8001) + b"BEA01" + DISK],
    "tar": [
        a_tar(tarfile.USTAR_FORMAT),
        a_tar(tarfile.GNU_FORMAT),
        a_tar(tarfile.PAX_FORMAT),
        an_old_tar(),
    ],
    "ova": [a_tar(tarfile.USTAR_FORMAT)],
    "tar.gz": [gzip.compress(DISK)],
    "tgz": [gzip.compress(DISK)],
    "raw.gz": [gzip.compress(DISK)],
    "raw.xz": [lzma.compress(DISK)],
    "tar.xz": [lzma.compress(DISK)],
    "wsl": [lzma.compress(DISK), gzip.compress(DISK), a_tar(tarfile.PAX_FORMAT)],
    "box": [gzip.compress(DISK), a_tar(tarfile.GNU_FORMAT)],
    "raw": [DISK, bytes(HEAD), b"", b"\xeb\x63\x90", b"zIPL", gzip.compress(DISK)],
}
CASES = [(suffix, content) for suffix, contents in GOOD.items() for content in contents]


@pytest.mark.parametrize(("suffix", "content"), CASES, ids=map(str, range(len(CASES))))
def test_a_good_file_is_let_through(suffix: str, content: bytes) -> None:
    """Whatever tool has made it."""
    assert look("a-1-1.x86_64.%s" % suffix, content) == ""
    assert look("A-1-1.X86_64.%s" % suffix.upper(), content) == ""


@pytest.mark.parametrize("suffix", sorted(set(GOOD) - {"raw"}))
def test_a_page_of_a_proxy_is_no_image(suffix: str) -> None:
    """Nor are zeros, nor nothing."""
    for content in (b"<!DOCTYPE html>" + bytes(2000), bytes(HEAD), b""):
        assert ".%s" % suffix.rsplit(".", 1)[-1] in look("a." + suffix, content)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.qcow2", lzma.compress(DISK), "is xz data"),
        ("a.raw", b"QFI\xfb\0\0\0\x03" + DISK, "is a qcow2"),
        ("a.raw", lzma.compress(DISK), "is xz data"),
        ("a.raw.xz", DISK, "begins with 00 00"),
        ("a.vhd", b"vhdxfile" + DISK + bytes(512), "is a VHDX"),
        ("a.tar.gz", a_tar(tarfile.PAX_FORMAT), "is a tar archive"),
        ("a.iso", b"QFI\xfb" + DISK, "is a qcow2"),
        ("a.qcow2", bytes(0x8001) + b"CD001", "is an ISO"),
        ("a.vmdk", FIXED_VHD, "is a VHD"),
        ("a.xz", bz2.compress(DISK), "begins with 42 5a 68"),
        ("a.qcow2", b"", "it is empty"),
    ],
)
def test_what_it_is_instead_is_told(name: str, content: bytes, found: str) -> None:
    """By name where it is known, by its first bytes where it is not."""
    assert found in look(name, content)


@pytest.mark.parametrize("name", ["a.img", "a", "a.squashfs", "a.", ".", "a.efi"])
def test_an_unknown_format_is_let_through(name: str) -> None:
    """Nobody can say what it should look like."""
    assert look(name, b"anything") == ""


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_file_of_the_catalogue_is_known(name: str) -> None:
    """As the rehearsal hub makes it, which tools were seen to read."""
    suffix = CATALOGUE[name].file.suffix
    content = image_bytes(suffix, "a key")
    assert look("a." + suffix, content) == ""
    assert suffix == "raw" or look("a." + suffix, bytes(HEAD)) != ""


@given(st.text(), st.binary() | st.sampled_from([content for _, content in CASES]))
def test_any_bytes_give_an_answer(name: str, content: bytes) -> None:
    """Or none."""
    look(name, content)


@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=600))
def test_any_bytes_of_any_format_give_an_answer(suffix: str, content: bytes) -> None:
    """Short ones, too."""
    look("a." + suffix, content)
