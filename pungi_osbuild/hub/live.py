"""
Live addresses: what an image in a bucket can be fetched by, as long as its signature lasts.

Composer signs the address of an upload to S3 for a week, and Koji keeps it: who has it has the
file. So it is never recorded here, but asked for when somebody wants it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Iterator, List, Mapping, Optional, Sequence
from urllib.parse import parse_qs, urlsplit

from pungi_osbuild.checked import MAX_TEXT, Struct, json_struct
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub.batch import execute_all
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.hub.session import Hub
from pungi_osbuild.methods import COMPOSE_STATUS, download_output
from pungi_osbuild.model import Call, HubFaultError, Query, Reply
from pungi_osbuild.secrets import bare_address


@dataclass(frozen=True)
class SignedUpload:
    """
    An upload whose address was recorded without its signature.

    :param address: as it was recorded
    """

    task_id: int
    build_id: int
    archive_id: int
    address: str


@dataclass(frozen=True)
class LiveAddress:
    """
    An address with its signature: a secret.

    :param expires: seconds since the epoch; None where the address does not say
    :param has_expired: whether that is over, by the hub's clock
    """

    address: str = field(repr=False)
    expires: Optional[float] = None
    has_expired: bool = False

    @classmethod
    def at(cls, address: str, now: float) -> LiveAddress:
        """Return an address as it is at a time of the hub's."""
        expires = expiry(address)
        return cls(address, expires, expires is not None and expires <= now)


def expiry(url: str) -> Optional[float]:
    """
    Return when a signature of S3's expires, in seconds since the epoch.

    :returns: None for an address that does not say: it is not signed, or otherwise
    """
    try:
        query = parse_qs(urlsplit(url).query)
        signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")
        lasts = timedelta(seconds=int(query["X-Amz-Expires"][0]))
        return (signed.replace(tzinfo=timezone.utc) + lasts).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def live_addresses(
    profile: Profile, uploads: Sequence[SignedUpload]
) -> Mapping[SignedUpload, LiveAddress]:
    """
    Return the addresses that Koji has of some uploads; nobody needs to log in for that.

    Two multicalls at most for a hundred uploads. One that Koji has no address of is left out.

    :raises HubError: the hub could not be reached, or refused
    """
    with Hub(replace(profile, authtype="noauth", user=None, password=None)) as hub:
        ends = execute_all(hub, [_live_address(upload) for upload in uploads])
    found = {}
    for upload, end in zip(uploads, ends):
        if isinstance(end, HubFaultError):
            raise HubError(
                "the hub at %s refused to say where the images are: %s" % (profile.server, end),
                "Look at task %d in Koji." % upload.task_id,
            ) from end
        if isinstance(end, Exception):
            raise end
        if end is not None:
            found[upload] = LiveAddress.at(end, hub.time.now())
    return found


def _live_address(upload: SignedUpload) -> Query[Optional[str]]:
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
