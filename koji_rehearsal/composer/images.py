"""
Image files: small, with the right magic bytes, the same for the same image every time.

Each is well-formed as far as tools look at first: a qcow2 with its tables, a GPT with its sums, a
VHD with its footer, tar and compressed files as Python's own modules write them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import struct
import tarfile
import zlib
from typing import Callable, Mapping, Sequence, Tuple

SIZE = 64 * 1024
"""Bytes in an image before it is compressed or packed."""

SECTOR = 512
_CLUSTER = 4096
_ENTRIES = 32 * SECTOR


def image_bytes(suffix: str, key: str) -> bytes:
    """
    Return the content of an image file.

    :param suffix: of the file, without the leading dot, e.g. ``raw.xz``
    :param key: names the image; another key gives other content
    """
    make = _FORMATS.get(suffix.lower())
    return _noise(key, SIZE) if make is None else make(key)


def spoiled(content: bytes) -> bytes:
    """Return content of the same size that differs."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def _noise(key: str, size: int) -> bytes:
    """Return bytes that follow from a key; a quarter of them, since images compress."""
    quarter = size // 4
    return (hashlib.shake_128(key.encode()).digest(quarter) + bytes(size))[:size]


def _qcow2(key: str) -> bytes:
    """Return a version 3 qcow2 with one L2 table: clusters of header, counts, L1, L2, data."""
    used = 1 << 63
    data = SIZE // _CLUSTER - 5
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        *(b"QFI\xfb", 3, 0, 0, 12, 512 * _CLUSTER, 0, 2, 3 * _CLUSTER),
        *(_CLUSTER, 1, 0, 0, 0, 0, 0, 4, 104),
    )
    counts_table = struct.pack(">Q", 2 * _CLUSTER)
    counts = struct.pack(">H", 1) * (SIZE // _CLUSTER)
    l1_table = struct.pack(">Q", used | 4 * _CLUSTER)
    l2_table = b"".join(struct.pack(">Q", used | (5 + n) * _CLUSTER) for n in range(data))
    clusters = (header, counts_table, counts, l1_table, l2_table)
    start = b"".join(cluster.ljust(_CLUSTER, b"\0") for cluster in clusters)
    return start + _noise(key, data * _CLUSTER)


def _raw(key: str) -> bytes:
    """Return a disk with a protective MBR and a GPT, at both ends, without partitions."""
    last = SIZE // SECTOR - 1
    partition = struct.pack("<8B2I", 0, 0, 2, 0, 0xEE, 0xFF, 0xFF, 0xFF, 1, last)
    mbr = bytes(446) + partition.ljust(64, b"\0") + b"\x55\xaa"
    guid = hashlib.md5(key.encode()).digest()
    first = _gpt_header(1, last, 2, guid)
    second = _gpt_header(last, 1, last - 32, guid)
    data = _noise(key, SIZE - 3 * SECTOR - 2 * _ENTRIES)
    return mbr + first + bytes(_ENTRIES) + data + bytes(_ENTRIES) + second


def _gpt_header(here: int, other: int, entries: int, guid: bytes) -> bytes:
    last_usable = SIZE // SECTOR - 34
    entries_sum = zlib.crc32(bytes(_ENTRIES))

    def packed(own_sum: int) -> bytes:
        return struct.pack(
            "<8s4I4Q16sQ3I",
            *(b"EFI PART", 0x10000, 92, own_sum, 0, here, other, 34, last_usable),
            *(guid, entries, 128, 128, entries_sum),
        )

    return packed(zlib.crc32(packed(0))).ljust(SECTOR, b"\0")


def _vhd(key: str) -> bytes:
    """Return a fixed VHD: a disk, then the footer with its sum."""

    def footer(own_sum: int) -> bytes:
        return struct.pack(
            ">8sIIQI4sI4sQQHBBII16sB427x",
            *(b"conectix", 2, 0x10000, 2**64 - 1, 0, b"osbd", 0x10000, b"Wi2k"),
            *(SIZE, SIZE, 1, 4, 17, 2, own_sum, hashlib.md5(key.encode()).digest(), 0),
        )

    return _raw(key) + footer(~sum(footer(0)) & 0xFFFFFFFF)


def _vmdk(key: str) -> bytes:
    """Return a sparse VMDK: its header, its descriptor, data."""
    header = struct.pack(
        "<4sII4QI3QB4sH433x",
        *(b"KDMV", 3, 0x30001, SIZE // SECTOR, 128, 1, 20, 512, 0, 2**64 - 1, 128),
        *(0, b"\n \r\n", 1),
    )
    descriptor = '# Disk DescriptorFile\nversion=1\ncreateType="streamOptimized"\n'
    return header + descriptor.encode().ljust(20 * SECTOR, b"\0") + _noise(key, SIZE)


def _iso(key: str) -> bytes:
    """Return an ISO 9660 volume: its descriptor at sector 16, and the end of descriptors."""
    label = hashlib.md5(key.encode()).hexdigest()[:16].upper()
    primary = b"\x01CD001\x01\0" + b"LINUX".ljust(32) + label.encode().ljust(32)
    ending = b"\xffCD001\x01"
    descriptors = primary.ljust(2048, b"\0") + ending.ljust(2048, b"\0")
    return bytes(16 * 2048) + descriptors + _noise(key, SIZE - 18 * 2048)


def _tar(members: Sequence[Tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def _container(key: str) -> bytes:
    index = {"schemaVersion": 2, "manifests": []}
    layout = {"imageLayoutVersion": "1.0.0"}
    digest = hashlib.sha256(key.encode()).hexdigest()
    return _tar(
        (
            ("oci-layout", json.dumps(layout).encode()),
            ("index.json", json.dumps(index).encode()),
            ("blobs/sha256/%s" % digest, _noise(key, SIZE)),
        )
    )


def _disk_in_tar(key: str) -> bytes:
    return _tar((("disk.raw", _raw(key)),))


def _ova(key: str) -> bytes:
    return _tar(
        (("image.ovf", b"<?xml version='1.0'?>\n<Envelope/>\n"), ("image.vmdk", _vmdk(key)))
    )


def _root(key: str) -> bytes:
    return _tar((("etc/os-release", key.encode()), ("usr/share/rehearsal", _noise(key, SIZE))))


def _xz(make: Callable[[str], bytes]) -> Callable[[str], bytes]:
    return lambda key: lzma.compress(make(key), preset=0)


def _gz(make: Callable[[str], bytes]) -> Callable[[str], bytes]:
    return lambda key: gzip.compress(make(key), compresslevel=1, mtime=0)


_FORMATS: Mapping[str, Callable[[str], bytes]] = {
    "qcow2": _qcow2,
    "raw": _raw,
    "raw.xz": _xz(_raw),
    "raw.gz": _gz(_raw),
    "vhd": _vhd,
    "vhd.xz": _xz(_vhd),
    "vmdk": _vmdk,
    "iso": _iso,
    "ova": _ova,
    "tar": _container,
    "tar.gz": _gz(_disk_in_tar),
    "tar.xz": _xz(_root),
    "wsl": _xz(_root),
}
