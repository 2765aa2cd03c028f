"""
What a file of each format begins or ends with.

A wrong alarm would lose an image that took hours, so only what is certain is looked at: a format
whose files may look otherwise, or that is not known here, is let through.
"""

from __future__ import annotations

from typing import Callable, Mapping, Optional, Tuple

HEAD = 0x8001 + 5
"""Bytes of a file's beginning that are looked at."""

TAIL = 512
"""Bytes of its end."""

_BLOCK = 512

_Test = Callable[[bytes, bytes], bool]


def _starts(*magics: bytes) -> _Test:
    return lambda head, _tail: head.startswith(magics)


_XZ = b"\xfd7zXZ\0"
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_QCOW = b"QFI\xfb"
_VHDX = b"vhdxfile"


def _is_vhd(head: bytes, tail: bytes) -> bool:
    # A fixed disk has the footer alone, in its last sector; a dynamic one begins with a copy.
    return head.startswith(b"conectix") or b"conectix" in tail


def _is_vdi(head: bytes, _tail: bytes) -> bool:
    return head[0x40:0x44] == b"\x7f\x10\xda\xbe"


def _is_iso(head: bytes, _tail: bytes) -> bool:
    # The first volume descriptor: ECMA-119, 8.4.1; of a disc with UDF alone ECMA-167, 2/9.2.
    return head[0x8001:0x8006] in (b"CD001", b"BEA01")


def _is_tar(head: bytes, _tail: bytes) -> bool:
    """Whether there is a tar header; those of before POSIX have nothing but their own sum."""
    if head[257:262] == b"ustar":
        return True
    block = head[:_BLOCK]
    try:
        told = int(block[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    return len(block) == _BLOCK and told == sum(block[:148]) + 8 * 0x20 + sum(block[156:])


def _is_packed_tar(head: bytes, tail: bytes) -> bool:
    return head.startswith((_XZ, _GZIP, _ZSTD)) or _is_tar(head, tail)


def _is_no_container(head: bytes, _tail: bytes) -> bool:
    """Whether this may be a disk as it is: of those nothing is certain but what they are not."""
    return not head.startswith((_QCOW, _XZ, _VHDX))


_TESTS: Mapping[str, _Test] = {
    "box": _is_packed_tar,
    "gz": _starts(_GZIP),
    "iso": _is_iso,
    "ova": _is_tar,
    "qcow": _starts(_QCOW),
    "qcow2": _starts(_QCOW),
    "raw": _is_no_container,
    "tar": _is_tar,
    "tgz": _starts(_GZIP),
    "vdi": _is_vdi,
    "vhd": _is_vhd,
    "vhdx": _starts(_VHDX),
    "vmdk": _starts(b"KDMV", b"COWD", b"# Disk DescriptorFile"),
    "wsl": _is_packed_tar,
    "xz": _starts(_XZ),
    "zst": _starts(_ZSTD),
}
"""By the last part of a file's name: of a ``raw.xz`` the ``xz``."""

_TELLING: Tuple[Tuple[str, str], ...] = (
    ("a qcow2", "qcow2"),
    ("xz data", "xz"),
    ("gzip data", "gz"),
    ("zstd data", "zst"),
    ("a VMDK", "vmdk"),
    ("a VHDX", "vhdx"),
    ("a VDI", "vdi"),
    ("an ISO", "iso"),
    ("a VHD", "vhd"),
    ("a tar archive", "tar"),
)


def why_not(name: str, head: bytes, tail: bytes) -> Optional[str]:
    """
    Return why a file cannot be what its name says, or None when it may be.

    :param name: of the file; its last part says the format
    :param head: its first ``HEAD`` bytes, or all there are
    :param tail: its last ``TAIL`` bytes, or all there are
    """
    suffix = name.rsplit(".", 1)[-1].lower()
    test = _TESTS.get(suffix)
    if test is None or test(head, tail):
        return None
    found = next((what for what, known in _TELLING if _TESTS[known](head, tail)), None)
    if found is None:
        found = "begins with %s" % (head[:8].hex(" ") or "nothing: it is empty")
        return "it is called .%s, and %s" % (suffix, found)
    return "it is called .%s, and is %s" % (suffix, found)
