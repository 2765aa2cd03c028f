"""
The sanity check of an image that Pungi makes of every image in its manifest.

Up to Pungi 4.12 the ``test`` phase makes it; from 4.13 on each phase that makes images does.
"""

from __future__ import annotations

from pathlib import Path

from pungi_osbuild.errors import PlacementError

_ISO_MAGIC = (0x8001, b"CD001")
"""Where ISO 9660 (ECMA-119, 8.4.1) puts the identifier of the first volume descriptor."""


def check_sanity(path: Path, format: str) -> None:
    """
    Refuse an image that is not what its suffix says.

    Images of this phase are never marked bootable, so a boot record is not looked for.

    :param format: productmd's format of the image
    :raises PlacementError: it is not the ISO that its name says, or it cannot be read
    """
    if format != "iso":
        return
    offset, magic = _ISO_MAGIC
    try:
        with path.open("rb") as image:
            image.seek(offset)
            found = image.read(len(magic))
    except OSError as error:
        raise PlacementError(
            "%s cannot be read: %s" % (path, error.strerror or error),
            "Check the compose's volume; then run this again.",
        ) from error
    if found != magic:
        raise PlacementError(
            "%s does not look like an ISO file" % path,
            "Check the build in Koji, and whether its image type makes an ISO.",
        )
