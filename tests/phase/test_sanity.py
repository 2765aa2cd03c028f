"""The sanity check that Pungi makes of its images."""

from __future__ import annotations

from pathlib import Path

import pytest

from pungi_osbuild.errors import PlacementError
from pungi_osbuild.phase.sanity import check_sanity

ISO = bytes(0x8001) + b"CD001" + bytes(100)


def a_file(folder: Path, content: bytes) -> Path:
    path = folder / "x.iso"
    path.write_bytes(content)
    return path


def test_an_iso(tmp_path: Path) -> None:
    """ISO 9660 has its identifier at one place."""
    check_sanity(a_file(tmp_path, ISO), "iso")


@pytest.mark.parametrize(
    "content", [b"", b"CD001", bytes(0x8001) + b"CD00", b"\0" + ISO, ISO[1:], bytes(0x9000)]
)
def test_what_is_called_an_iso_and_is_none(content: bytes, tmp_path: Path) -> None:
    """Too short, or with something else there."""
    with pytest.raises(PlacementError, match="does not look like an ISO") as caught:
        check_sanity(a_file(tmp_path, content), "iso")
    assert str(tmp_path / "x.iso") in caught.value.reason
    assert caught.value.solution


@pytest.mark.parametrize("format", ["qcow2", "raw.xz", ""])
def test_other_formats_are_not_looked_at(format: str, tmp_path: Path) -> None:
    """Not even opened."""
    check_sanity(tmp_path / "nothing", format)


def test_an_iso_that_cannot_be_read(tmp_path: Path) -> None:
    """Said as it is."""
    with pytest.raises(PlacementError, match="cannot be read: No such file"):
        check_sanity(tmp_path / "nothing", "iso")
