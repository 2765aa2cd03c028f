"""The images of a compose and where they are: a table for people, JSON and IDs for machines."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from pungi_osbuild.checked import to_json
from pungi_osbuild.clock import iso_time
from pungi_osbuild.hub import LiveAddress
from pungi_osbuild.metadata import ImageRecord, OsbuildRecord
from pungi_osbuild.model import CloudImage, Uploaded
from pungi_osbuild.report.tables import columns, upload_id, with_notes
from pungi_osbuild.report.units import size_text

IMAGE = ("VARIANT", "ARCH", "SUBVARIANT", "TYPE", "IMAGE", "SIZE", "N-V-R")
UPLOAD = ("PROVIDER", "REGION", "CLOUD ID")

LiveAddresses = Optional[Mapping[str, LiveAddress]]
"""What live addresses are known, by recorded ID; None when none were asked for."""


def images_table(
    images: Sequence[ImageRecord], live: LiveAddresses, width: Optional[int]
) -> List[str]:
    """
    Return the lines of a table: an upload a row, and one for an image without any.

    :param width: columns of the terminal, or None where there is none. Where the table is wider,
        an upload stands on a line of its own below its image.
    """
    wide = columns(
        (*IMAGE, *UPLOAD),
        [
            (*_image_cells(image), *cells)
            for image in images
            for cells in ([_upload_cells(one, live) for one in image.uploads] or [["-", "-", "-"]])
        ],
    )
    lines = wide
    if width is not None and max(len(line) for line in wide) > width:
        rows = [
            (_image_cells(image), ["  ".join(_upload_cells(one, live)) for one in image.uploads])
            for image in images
        ]
        lines = with_notes(IMAGE, rows, "    ")
    uploads = sum(len(image.uploads) for image in images)
    summary = "%d image%s, %d upload%s." % (
        len(images),
        "" if len(images) == 1 else "s",
        uploads,
        "" if uploads == 1 else "s",
    )
    return [*lines, "", summary] if images else [summary]


def _image_cells(image: ImageRecord) -> List[str]:
    return [
        image.variant,
        image.arch,
        image.subvariant,
        image.type or image.image_type,
        image.path.rsplit("/", 1)[-1],
        size_text(image.size),
        image.koji.nvr,
    ]


def _upload_cells(upload: Uploaded, live: LiveAddresses) -> List[str]:
    found = _live(upload, live)
    return [
        upload.provider,
        upload.where or "-",
        upload_id(upload) if found is None else found.address,
    ]


def image_ids(images: Sequence[ImageRecord], live: LiveAddresses) -> List[str]:
    """
    Return the IDs of all uploads, each once.

    Uploads to unknown clouds have no ID. Where live addresses were asked for, one stands for the ID
    of its upload, and an upload whose address has expired for good has no ID.
    """
    found = [
        _id(upload, live) for image in images for upload in image.uploads if _has_id(upload, live)
    ]
    return list(dict.fromkeys(found))


def _has_id(upload: Uploaded, live: LiveAddresses) -> bool:
    if not isinstance(upload, CloudImage):
        return False
    return live is None or not upload.presigned or upload.id in live


def _id(upload: Uploaded, live: LiveAddresses) -> str:
    found = _live(upload, live)
    return upload_id(upload) if found is None else found.address


def _live(upload: Uploaded, live: LiveAddresses) -> Optional[LiveAddress]:
    if live is None or not isinstance(upload, CloudImage) or not upload.presigned:
        return None
    return live.get(upload.id)


def images_json(
    record: OsbuildRecord, images: Sequence[ImageRecord], live: LiveAddresses
) -> Dict[str, Any]:
    """Return what osbuild.json records of some of a compose's images, and their live addresses."""
    return {
        "compose": record.compose_id,
        "koji": to_json(record.koji),
        "images": [
            {
                **to_json(image),
                "variant": image.variant,
                "arch": image.arch,
                "cloud": [_upload_json(upload, live) for upload in image.uploads],
            }
            for image in images
        ],
    }


def _upload_json(upload: Uploaded, live: LiveAddresses) -> Dict[str, Any]:
    found = _live(upload, live)
    if found is None:
        return to_json(upload)
    return {**to_json(upload), "live": found.address, "expires": iso_time(found.expires)}
