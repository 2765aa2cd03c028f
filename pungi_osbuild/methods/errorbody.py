"""
What a server says when it answers with an error, as one sentence for people.

osbuild-composer answers with JSON (``{code, details, href, id, kind, operation_id, reason}``, read
in and measured on version 180); a proxy before it, or before the hub, with a page in HTML, with
JSON of its own, or with plain text.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Mapping, Optional

from pungi_osbuild.checked import one_line

MAX_REASON = 300
MAX_DETAILS = 500
MAX_BODY = 128 * 1024
"""Characters that are looked at."""

MAX_PAGE = 8 * 1024
"""Characters of a page for people: what it says stands at its head."""

_DEEPEST = 3
_CODE = re.compile(r"\bIMAGE-BUILDER-COMPOSER-(\d{1,6})\b")
_TEXT = r'"%s"\s*:\s*"((?:[^"\\]|\\.)*)'
"""A text in JSON that may be cut: it need not have an end."""

_REASON, _DETAILS = (re.compile(_TEXT % key, re.DOTALL) for key in ("reason", "details"))
_PAGE = re.compile(r"<\s*(!doctype|html|head|title|body|h1)\b", re.IGNORECASE)
_HEADINGS = re.compile(r"<(title|h1)\b[^>]*>([^<]*)<", re.IGNORECASE)
_NOT_TEXT = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_STATUS = re.compile(
    r"(?:^|\b(?:HTTP|status|code|error)\b[\s:/\d.]{0,12})([45]\d\d)\b(?![.:]\d)", re.IGNORECASE
)
"""A port, or the line of a file, is no status."""

_PHRASES = (
    (502, r"bad gateway"),
    (503, r"service (temporarily )?unavailable|no healthy upstream|upstream connect error"),
    (503, r"application is not available"),
    (504, r"gateway time-?out"),
    (413, r"(request entity|payload|content) too large"),
    (429, r"too many requests"),
    (403, r"\bforbidden\b"),
)
"""What proxies say where they name no number."""

_LEAD = re.compile(
    r"^request body has an error: (?:doesn't match schema \S+: )?(?:Error at \"/?([^\"]*)\": )?"
)
_MANY_VALUES = re.compile(r"(not one of the allowed values) \[.{120,}")
"""Every image type of composer, where one of them is wrong."""

_GENERIC = frozenset({1005, 10001})
"""Composer's errors whose reason is the same whatever is wrong: "Failed to enqueue job"."""

_NAMES = ("reason", "detail", "message", "error_description", "error", "title", "msg", "errors")
"""Where other servers' JSON has its reason, best first."""


@dataclass(frozen=True)
class ErrorBody:
    """
    An answer that is an error.

    :param code: osbuild-composer's error id; None: it was not composer that answered
    :param status: the HTTP status that a page or text names
    :param reason: one line
    :param details: one line; empty where there are none
    """

    reason: str
    details: str = ""
    code: Optional[int] = None
    status: Optional[int] = None

    @property
    def sentence(self) -> str:
        """The reason with its details; the details alone where composer's reason says nothing."""
        if not self.details:
            return self.reason
        if self.code in _GENERIC:
            return self.details
        return "%s: %s" % (self.reason, self.details)


def read_error_body(text: str) -> ErrorBody:
    """
    Return what an error's body says, whatever it is.

    :param text: the body; untrusted, and perhaps cut
    """
    text = text[:MAX_BODY].strip()
    code = _CODE.search(text)
    if code is not None:
        return _composers(text, int(code.group(1)))
    if text.startswith(("{", "[")):
        try:
            said = _reason_in(json.loads(text), 0)
        except (ValueError, RecursionError):
            said = None
        return _of_text(said or "an error without a reason")
    if _PAGE.search(text[:2000]):
        return _of_page(text[:MAX_PAGE])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and lines[0].startswith("Traceback"):
        return _of_text(lines[-1])
    return _of_text(" ".join(lines) or "an empty answer")


def _composers(text: str, code: int) -> ErrorBody:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, Mapping):
        reason, details = value.get("reason"), value.get("details")
    else:
        reason, details = _cut_text(_REASON, text), _cut_text(_DETAILS, text)
    said = details if isinstance(details, str) else ""
    return ErrorBody(
        reason=_line(reason, MAX_REASON)
        if isinstance(reason, str) and reason
        else "error %d" % code,
        # What the schema is, and all that was held against it, comes behind: hundreds of lines.
        details=_line(
            _MANY_VALUES.sub(r"\1 ...", _LEAD.sub(_where, said.partition("\nSchema:")[0])),
            MAX_DETAILS,
        ),
        code=code,
    )


def _cut_text(pattern: re.Pattern[str], text: str) -> Optional[str]:
    found = pattern.search(text)
    if found is None:
        return None
    try:
        written = json.loads('"%s"' % found.group(1).rstrip("\\"), strict=False)
    except ValueError:
        return found.group(1)
    return written if isinstance(written, str) else None


def _where(lead: re.Match[str]) -> str:
    """Return the place that composer names: ``/image_requests/0/size`` without what is before."""
    place = lead.group(1)
    return "%s: " % place if place else ""


def _reason_in(value: object, depth: int) -> Optional[str]:
    if isinstance(value, str):
        return value.strip() or None
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        return next(filter(None, (_reason_in(item, depth + 1) for item in value[:5])), None)
    if isinstance(value, Mapping):
        values = (value[name] for name in _NAMES if name in value)
        return next(filter(None, (_reason_in(item, depth + 1) for item in values)), None)
    return None


def _of_page(text: str) -> ErrorBody:
    headings = [_line(html.unescape(said), MAX_REASON) for _, said in _HEADINGS.findall(text)]
    telling = [said for said in headings if _STATUS.search(said)] or list(filter(None, headings))
    return _of_text(telling[0] if telling else html.unescape(_NOT_TEXT.sub(" ", text)))


def _of_text(text: str) -> ErrorBody:
    said = _line(text, MAX_REASON) or "an empty answer"
    number = _STATUS.search(said)
    if number is not None:
        return ErrorBody(said, status=int(number.group(1)))
    words = said.lower()
    found = (status for status, phrase in _PHRASES if re.search(phrase, words))
    return ErrorBody(said, status=next(found, None))


def _line(text: str, most: int) -> str:
    said = one_line(" ".join(text.split()))
    return said if len(said) <= most else said[: most - 3] + "..."
