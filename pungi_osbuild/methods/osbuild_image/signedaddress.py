"""The address of an upload to S3 as composer signed it: it is kept in Koji's metadata alone."""

from __future__ import annotations

from typing import Iterator, List, Mapping, Optional

from pungi_osbuild.checked import MAX_TEXT, Struct, json_struct
from pungi_osbuild.methods.findings import SignedUpload
from pungi_osbuild.methods.koji_files import download_output
from pungi_osbuild.methods.osbuild_image.composestatus import NAME as COMPOSE_STATUS
from pungi_osbuild.model import Call, Query, Reply
from pungi_osbuild.secrets import bare_address


def signed_address(upload: SignedUpload) -> Query[Optional[str]]:
    """
    Return the address of an upload with its signature, from wherever Koji has it.

    :raises ReplyError: a reply is about something else
    """
    archive, build = yield [
        Call("getArchive", (upload.archive_id,)),
        Call("getBuild", (upload.build_id,)),
    ]
    asked = {"id": upload.archive_id, "build_id": upload.build_id}
    extras = [_extra(archive, asked), _extra(build, {"id": upload.build_id})]
    found = _signed(extras, upload.address)
    if found is None:
        files = yield from download_output(upload.task_id, [COMPOSE_STATUS])
        content = files.get(COMPOSE_STATUS)
        if content is not None:
            status = json_struct(content, COMPOSE_STATUS)
            found = _signed(status.raw("image_statuses"), upload.address)
    return found


def _extra(reply: Reply, asked: Mapping[str, int]) -> object:
    """
    Return what is in ``extra``; None where Koji knows no such thing.

    :param asked: what the reply must name
    :raises ReplyError: it is about something else
    """
    value = reply.get()
    if not isinstance(value, Mapping):
        return None
    struct = Struct(value, "the hub's reply")
    for key, wanted in asked.items():
        struct.expect(key, wanted)
    return struct.raw("extra")


def _signed(value: object, address: str) -> Optional[str]:
    """Return the text, however deep, that is the address with a signature."""
    return next(
        (
            text
            for text in _texts(value)
            if text != address and _is_harmless(text) and bare_address(text) == address
        ),
        None,
    )


def _is_harmless(text: str) -> bool:
    """Whether a text may be shown, or handed to a script, as an address."""
    printable = text.isascii() and text.isprintable() and " " not in text
    return printable and len(text) <= MAX_TEXT and text.startswith(("https://", "http://"))


def _texts(value: object) -> Iterator[str]:
    left: List[object] = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            left.extend(item.values())
        elif isinstance(item, (list, tuple)):
            left.extend(item)
