"""
Repositories and ostree options: addresses that composer's workers surely or probably cannot read,
and what koji-osbuild makes of ``$`` in them.

Source: koji-osbuild 12's builder: ``string.Template(...).substitute(arch=...)`` on each
repository, on ostree ref and parent, and not on the ostree url. Another name than ``$arch``, or
a single ``$``, fails the task long after it was submitted.
"""

from __future__ import annotations

import re
import string
from typing import Any, Dict, Iterator, Mapping, Tuple

from pungi_osbuild.config.templates import unreplaced, unreplaced_fields
from pungi_osbuild.problems import Problem, Severity, within
from pungi_osbuild.secrets import hide

_INSTEAD = {
    "$basearch": "$arch for $basearch",
    "$releasever": "the version for $releasever",
    "a single $": "$$ for a dollar sign",
    "a $ in its login or query": "$$ for a dollar sign",
}
"""What to write for dnf's variables, and for what is no variable."""

_PLAIN = ("name", "distro", "version", "release", "target", "subvariant")
_REPLACED = ("ostree_ref", "ostree_parent")
_READ = ("http", "https", "ftp")
_OF_A_REPO_FILE = re.compile(r"\s*(baseurl|mirrorlist|metalink)\s*=")
_BLANK = re.compile(r"[\s\\]")
"""Kobo leaves ``\\n`` in a string as a backslash and a letter; JSON makes a line break of it."""


def substitution_problems(block: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Yield what looks like a variable in a block, where the builder fails on it or ignores it."""
    for where, text in _replaced(block, place):
        unknown = _unknown(text)
        if unknown:
            yield Problem(
                "bad-substitution",
                where,
                "contains %s, but koji-osbuild replaces only $arch" % ", ".join(unknown),
                "Write %s."
                % ", ".join(_INSTEAD.get(one, "the value of %s" % one) for one in unknown),
            )
        is_arch = re.search(r"\{arch\}|\((base)?arch\)|\$\$\{?(base)?arch\b", text)
        yield from unreplaced_fields(text, where, "$arch" if is_arch else None)
    for key in _PLAIN:
        if isinstance(block.get(key), str):
            yield from unreplaced(block[key], within(place, key))
    url = block.get("ostree_url")
    if isinstance(url, str):
        yield from unreplaced_fields(url, within(place, "ostree_url"))
    if isinstance(url, str) and "$" in url:
        yield Problem(
            "dollar-in-ostree-url",
            within(place, "ostree_url"),
            "contains a $, but koji-osbuild replaces nothing in an ostree url",
            "Write the address out; $arch may stand in ostree_ref and ostree_parent.",
        )


def _unknown(text: str) -> Tuple[str, ...]:
    """Return everything in a text that ``substitute(arch=...)`` refuses, each once."""
    found: Dict[str, None] = {}
    shown = hide(text)
    for match in string.Template.pattern.finditer(text):
        name = match["named"] or match["braced"]
        if match["invalid"] is not None:
            found["a single $"] = None
        elif name is not None and name != "arch":
            found["$" + name if match[0] in shown else "a $ in its login or query"] = None
    return tuple(found)


def _replaced(block: Mapping[str, Any], place: str) -> Iterator[Tuple[str, str]]:
    """Yield place and text of everything that the builder substitutes in."""
    yield from repo_texts(block, place)
    for key in _REPLACED:
        if isinstance(block.get(key), str):
            yield within(place, key), block[key]


def repo_texts(block: Mapping[str, Any], place: str) -> Iterator[Tuple[str, str]]:
    """Yield place and text of each repository of a block."""
    repos = block.get("repo")
    for index, repo in enumerate(repos if isinstance(repos, list) else ()):
        where = "%s.repo[%d]" % (place, index)
        if isinstance(repo, dict):
            repo, where = repo.get("baseurl"), "%s.baseurl" % where
        if isinstance(repo, str):
            yield where, repo


def address_problems(block: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Yield what looks wrong with the repositories and the ostree url of a block."""
    for where, text in repo_texts(block, place):
        yield from _odd_address(text, where)
    url = block.get("ostree_url")
    if isinstance(url, str) and url:
        where = within(place, "ostree_url")
        yield from _odd_address(url, where)
        if "://" not in url and not _BLANK.search(url):
            hint = "Write an http or https address: composer's workers read it, as it is."
            yield _odd(where, "is not an address: %r" % url, hint)


def _odd_address(text: str, place: str) -> Iterator[Problem]:
    scheme, is_address, _ = text.strip().partition("://")
    of_a_repo_file = _OF_A_REPO_FILE.match(text)
    if of_a_repo_file:
        yield _odd(
            place,
            "%s= is dnf's syntax, not part of an address" % of_a_repo_file[1],
            "Write the address of the repository itself: a metalink or mirror list cannot be used."
            if of_a_repo_file[1] != "baseurl"
            else "Write the address alone.",
        )
    elif _BLANK.search(text):
        yield _odd(place, "contains a blank, a line break or a backslash: %r" % text, "Remove it.")
    elif is_address and scheme.lower() == "file":
        yield Problem(
            "local-repo",
            place,
            "is a local path: %s" % text,
            "Koji's builders cannot read it. Write an http or https address, or the path without"
            " file://, which translate_paths turns into an address.",
            Severity.WARNING,
        )
    elif is_address and scheme.lower() not in _READ:
        yield _odd(
            place,
            "has the scheme %s://, which image builds do not read" % scheme,
            "Write an http or https address.",
        )


def _odd(place: str, message: str, hint: str) -> Problem:
    return Problem("odd-address", place, message, hint, Severity.WARNING)
