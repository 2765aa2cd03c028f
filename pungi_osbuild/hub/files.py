"""Koji's files: from its volume where that is mounted, over HTTP where it is not."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional
from urllib.parse import quote

import requests

from pungi_osbuild.errors import PlacementError
from pungi_osbuild.hub.profile import Profile

CHUNK = 1024 * 1024
TIMEOUT = (30, 300)
"""Seconds to wait for a connection, and for the next bytes."""


def local_path(profile: Profile, path: str) -> Optional[Path]:
    """
    Return a file of Koji's on this machine, or None where its volume is not mounted.

    :param path: below Koji's topdir, its parts checked when it was read
    """
    if not profile.topdir:
        return None
    topdir = Path(profile.topdir)
    return topdir / path if (topdir / "packages").is_dir() else None


@contextmanager
def download(profile: Profile, path: str) -> Iterator[Iterator[bytes]]:
    """
    Give the content of a file of Koji's, in chunks of ``CHUNK`` bytes, over HTTP.

    :param path: below Koji's topurl
    :raises PlacementError: it cannot be had; also while it is read
    """
    if not profile.topurl:
        raise PlacementError(
            "Koji's files cannot be had: the profile %r has no topurl, and its volume %r is not"
            " mounted here" % (profile.name, profile.topdir),
            "Set topurl in the profile, or mount Koji's volume.",
        )
    url = "%s/%s" % (profile.topurl, quote(path))
    try:
        with requests.get(url, stream=True, timeout=TIMEOUT) as response:
            response.raise_for_status()
            # Read undecoded: a .tar.gz must arrive as it is, whatever the server says of it.
            yield _chunks(response, url)
    except requests.RequestException as error:
        raise _failed(url, error) from error


def _chunks(response: requests.Response, url: str) -> Iterator[bytes]:
    try:
        while True:
            chunk = response.raw.read(CHUNK, decode_content=False)
            if not chunk:
                return
            yield chunk
    except Exception as error:  # urllib3 raises its own kinds here, requests does not wrap them
        raise _failed(url, error) from error


def _failed(url: str, error: Exception) -> PlacementError:
    text = " ".join(str(error).split())
    cut = re.search(r"IncompleteRead\((\d+) bytes read, (\d+) more expected\)", text)
    if cut:
        text = "it ended after %s bytes, %s more were expected" % cut.groups()
    return PlacementError(
        "%s cannot be downloaded: %s" % (url, text[:300]),
        "Check the address; when it answers, run this again.",
    )
