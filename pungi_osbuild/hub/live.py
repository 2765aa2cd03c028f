"""
Live addresses: what an image in a bucket can be fetched by, as long as its signature lasts.

Composer signs the address of an upload to S3 for a week, and Koji keeps it: who has it has the
file. So it is never recorded here, but asked for when somebody wants it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Mapping, Optional, Sequence
from urllib.parse import parse_qs, urlsplit

from pungi_osbuild.errors import HubError
from pungi_osbuild.hub.batch import execute_all
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.hub.session import Hub
from pungi_osbuild.methods import SignedUpload, method_named
from pungi_osbuild.model import HubFaultError


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
        ends = execute_all(hub, [method_named(one.method).signed_address(one) for one in uploads])
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
