"""
Taking secrets out of what a compose's logs and records hold: those are served to everybody.

Composer's logs quote signed addresses, and ``koji-init.log.json`` holds the token by which a build
is completed. And whatever quotes a request, a hub's schema or a builder's traceback, may quote the
passwords and keys of its customizations.
"""

from __future__ import annotations

import json
import re
from typing import Any, Iterator, List, Set

from pungi_osbuild.model import ImageRequest, without_logins

HIDDEN = "***"

_LONG = 6
"""Characters of a secret that is looked for inside of words, too."""

_NAMES = r"pass(?:word|wd|phrase)|secret|token|credential|authorized|signature|(?<![a-z])keys?%s"
_SECRET = re.compile(_NAMES % "$", re.I)
"""Names in JSON of values that are not shown."""

_SECRET_THERE = re.compile(r"pass(?:word|wd|phrase)|secret|token|credential|private|keys?$", re.I)
"""Names of such values in customizations, where ``sshkey`` and ``gpgkey`` are among them."""

_PAIR = re.compile(r'("[^"\\]*(?:%s)[^"\\]*"\s*:\s*")(?:[^"\\]|\\.)+' % (_NAMES % '(?=")'), re.I)
"""The same in a text that is no JSON as a whole, or is cut."""

_QUERY = re.compile(r"""(https?://[^\s"'<>?]*\?)[^\s"'<>]+""")
"""An address with a query: what it is signed with stands there."""


def redacted(content: bytes) -> str:
    """
    Return a log as text, without logins, signatures, passwords, tokens and keys.

    JSON is laid out for reading.
    """
    text = content.decode("utf-8", "replace")
    try:
        value = json.loads(text)
        if isinstance(value, (dict, list)):
            text = json.dumps(_without_secrets(value), indent=2, ensure_ascii=False) + "\n"
    except (ValueError, RecursionError):
        pass
    text = _PAIR.sub(r"\g<1>" + HIDDEN, _encodable(text))
    return without_logins(_QUERY.sub(r"\g<1>" + HIDDEN, text))


def without_secrets(text: str, request: ImageRequest) -> str:
    """
    Return what somebody says of a request, without logins and without what its customizations keep
    secret, however it is quoted.
    """
    for secret in _secrets_of(request):
        for quoted in _quotations(secret):
            # A short one is taken for itself only where it stands alone.
            alone = r"(?<!\w)%s(?!\w)" if len(quoted) < _LONG else "%s"
            text = re.sub(alone % re.escape(quoted), HIDDEN, text)
    return without_logins(text)


def _quotations(secret: str) -> Set[str]:
    """Return a text as JSON and Python write it between quotation marks, and as it is."""
    written = (json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret))
    return {secret, *(quoted[1:-1] for quoted in written)}


def _secrets_of(request: ImageRequest) -> List[str]:
    """Return the secrets of a request's customizations, longest first."""
    customizations = request.config.customizations
    if customizations is None:
        return []
    found = set(_texts_below(customizations.to_wire(), False))
    return sorted(filter(None, found), key=len, reverse=True)


def _texts_below(value: Any, is_secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts_below(item, is_secret or bool(_SECRET_THERE.search(key)))
    elif isinstance(value, list):
        for item in value:
            yield from _texts_below(item, is_secret)
    elif is_secret and value is not None and not isinstance(value, bool):
        yield str(value)
        # Of a key in several lines or words each that is long enough to be its secret part.
        yield from (word for word in str(value).split() if len(word) > _LONG)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: HIDDEN if item and _SECRET.search(key) else _without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value


def _encodable(text: str) -> str:
    """Return a text that can be written: JSON may hold half a character."""
    return text.encode("utf-8", "replace").decode("utf-8")
