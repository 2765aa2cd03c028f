"""
Addresses that are signed: who has one has the file, until it expires.

S3 signs in the query. Oracle's object storage, where composer asks for a "pre-authenticated
request", has the secret in the path: ``/p/<secret>/n/<namespace>/b/<bucket>/o/<object>``.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Mapping, Optional
from urllib.parse import parse_qs, urlsplit, urlunsplit

from pungi_osbuild.model import without_logins

MAX_OPTION = 1000
"""Characters of an option of an upload that is not known."""

_PRE_AUTHENTICATED = re.compile(r"^/p/[^/]+(?=/n/)")
_PRE_AUTHENTICATED_ANYWHERE = re.compile(r"(://[^/\s]+)/p/[^/\s]+(?=/n/)")
_QUERY = re.compile(r"\?[^\s\"]*")
_SECRET_WORDS = ("password", "secret", "token", "credential", "signature", "private")
_DEEPEST = 8
_LEFT_OUT = "(not recorded)"


def without_signature(url: str) -> str:
    """Return an address without what it is signed with; the same one where it is not."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return without_logins(_QUERY.sub("", url))
    path = _PRE_AUTHENTICATED.sub("", parts.path)
    return without_logins(urlunsplit((parts.scheme, parts.netloc, path, "", "")))


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


def harmless_text(name: str, value: object) -> str:
    """
    Return an option of an upload that is not known, as a text that can be recorded.

    Queries of addresses, users and passwords in them, and options that are called like a secret
    are left out. A value that is no text is JSON; one that is too long is cut.
    """
    harmless = _harmless(name, value, 0)
    text = harmless if isinstance(harmless, str) else json.dumps(harmless, sort_keys=True)
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= MAX_OPTION else text[: MAX_OPTION - 3] + "..."


def _harmless(name: str, value: object, depth: int) -> object:
    if depth > _DEEPEST or any(word in name.lower() for word in _SECRET_WORDS):
        return _LEFT_OUT
    if isinstance(value, str):
        plain = _PRE_AUTHENTICATED_ANYWHERE.sub(r"\1", _QUERY.sub("", value))
        return without_logins(plain)
    if isinstance(value, Mapping):
        return {str(key): _harmless(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_harmless("", item, depth + 1) for item in value]
    return value if isinstance(value, (int, float, bool)) or value is None else str(value)
