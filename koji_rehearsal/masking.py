"""
What the hub's pages show of a request: only what is surely harmless.

A value is shown where the name of its option is known to hold no secret and its form is one that
holds none; of an address that is scheme, host and path. Everything else is masked, and no error
text quotes a word of it: to hide too much is a nuisance, to hide too little a leak.
"""

from __future__ import annotations

import json
import re
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Iterable, Iterator, List, Mapping, Sequence, Tuple
from urllib.parse import unquote

HIDDEN = "(hidden)"

_HARMLESS = frozenset(
    """
    repo baseurl package_sets release skip_tag ostree parent ref url upload_options
    region share_with_accounts snapshot_name image_name location resource_group bucket container
    tenant_id subscription_id namespace compartment name tag
    ami digest project_id composer server id koji build
    """.split()
)
"""Names of options and results whose values hold no secret, where their form is harmless."""

_FORMS = (
    r"[\w./$+~^*, -]{0,256}",
    r"[\w.-]{1,128}(?::\d{1,5})?/[\w./-]{0,256}(?::[\w.-]{1,128})?",  # a container in a registry
    r"(?:user|group|domain|serviceAccount):[\w.@-]{1,128}",  # who may use an image in GCP
    r"sha256:[0-9a-f]{64}",
)
_HARMLESS_FORM = re.compile("|".join("(?:%s)" % form for form in _FORMS))
_ADDRESS = re.compile(r"[a-z]{2,10}://[^\s\"'<>\\]*", re.I)
_LOGIN = re.compile(r"(?<=://).*@", re.S)
_QUERY = re.compile(r"[?#].+", re.S)
_PRE_AUTHENTICATED = re.compile(r"(?<=/p/)[^/]+(?=/)")
"""Oracle's object storage has the secret in the path: ``/p/<secret>/n/<namespace>/b/...``."""

_SECRETS_IN_ADDRESS = (_LOGIN, _QUERY, _PRE_AUTHENTICATED)
_LEAST = 6
"""Characters of a masked text by which a piece of it is found in an error text."""


def masked(value: Any, name: str = "") -> Any:
    """
    Return a JSON value as a page may show it.

    :param name: of the option that holds it
    """
    if isinstance(value, Mapping):
        return {_name(key): masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item, name) for item in value]
    if value is None or value == "":
        return value
    if name not in _HARMLESS:
        return HIDDEN
    if not isinstance(value, str):
        return value
    if _ADDRESS.fullmatch(value):
        return _without_secrets(value)
    return value if _HARMLESS_FORM.fullmatch(value) else HIDDEN


def masked_argument(value: Any) -> Any:
    """Return a task's positional argument, shown as it is but for the secrets of addresses."""
    if isinstance(value, (list, tuple)):
        return [masked_argument(item) for item in value]
    if isinstance(value, str):
        return _ADDRESS.sub(lambda found: _without_secrets(found[0]), value)
    return masked(value) if isinstance(value, Mapping) else value


def names_of(value: Any) -> Tuple[str, ...]:
    """Return the names of a mapping's keys, as a page may show them."""
    return tuple(map(_name, value)) if isinstance(value, Mapping) else ()


def _name(key: object) -> str:
    return str(key) if re.fullmatch(r"[A-Za-z][\w-]{0,40}", str(key)) else HIDDEN


def _without_secrets(address: str) -> str:
    address = _LOGIN.sub(HIDDEN + "@", address)
    address = _QUERY.sub(lambda found: found[0][0] + HIDDEN, address)
    return _PRE_AUTHENTICATED.sub(HIDDEN, address)


def masked_error(text: str, request: Any) -> str:
    """
    Return an error text that quotes nothing which is masked in a request.

    :param request: the named options of a task
    """
    quoted = tuple(dict.fromkeys(_quotations(_texts(request, ""))))
    everything = "\0".join(quoted)
    is_hidden = [False] * len(text)
    for start in range(len(text) - _LEAST + 1):
        # Any piece of a masked text, as an error may quote it from anywhere and cut it off.
        if text[start : start + _LEAST] in everything:
            is_hidden[start : start + _LEAST] = [True] * _LEAST
    for found in chain.from_iterable(re.finditer(one, text) for one in _short(quoted)):
        is_hidden[found.start() : found.end()] = [True] * len(found[0])
    runs = groupby(zip(is_hidden, text), key=itemgetter(0))
    text = "".join(
        HIDDEN if hidden else "".join(letter for _, letter in run) for hidden, run in runs
    )
    shown: str = masked_argument(text)
    return shown


def _texts(value: Any, name: str) -> Iterator[str]:
    """Give the masked texts in an option."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _name(key) == HIDDEN:
                yield str(key)
            yield from _texts(item, str(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item, name)
    elif value is not None and not isinstance(value, bool):
        yield from _masked_parts(str(value), name)


def _masked_parts(text: str, name: str) -> Sequence[str]:
    if name in _HARMLESS and _ADDRESS.fullmatch(text):
        found: List[str] = []
        for pattern in _SECRETS_IN_ADDRESS:
            found += (match[0].strip("@?#") for match in pattern.finditer(text))
        return found
    return () if masked(text, name) == text else (text,)


def _quotations(texts: Iterable[str]) -> Iterator[str]:
    """Give texts as they may be quoted: as they are, in addresses, by Python and in JSON."""
    for text in texts:
        yield from (text, unquote(text), ascii(text)[1:-1], json.dumps(text)[1:-1])


def _short(quoted: Iterable[str]) -> Iterator[str]:
    """Give a pattern for each masked word that is too short to be found in pieces."""
    for text in quoted:
        for word in (text, *re.findall(r"\w{4,}", text)):
            if word.strip() and len(word) < _LEAST:
                yield r"(?<!\w)%s(?!\w)" % re.escape(word)
