"""
Taking secrets out of what a compose's logs hold: those are served to everybody.

Composer's logs quote signed addresses, and ``koji-init.log.json`` holds the token by which a build
is completed.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pungi_osbuild.model import without_logins

HIDDEN = "***"

_NAMES = r"pass(?:word|wd|phrase)|secret|token|credential|authorized|signature|(?<![a-z])keys?%s"
_SECRET = re.compile(_NAMES % "$", re.I)
"""Names in JSON of values that are not shown."""

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
