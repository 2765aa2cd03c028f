"""Addresses that composer's workers surely or probably cannot read."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

from pungi_osbuild.config.substitution import repo_texts
from pungi_osbuild.problems import Problem, Severity, within

_READ = ("http", "https", "ftp")
_OF_A_REPO_FILE = re.compile(r"\s*(baseurl|mirrorlist|metalink)\s*=")
_BLANK = re.compile(r"[\s\\]")
"""Kobo leaves ``\\n`` in a string as a backslash and a letter; JSON makes a line break of it."""


def address_problems(block: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Yield what looks wrong with the repositories and the ostree url of a block."""
    for where, text in repo_texts(block, place):
        yield from _problems(where, text)
    url = block.get("ostree_url")
    if isinstance(url, str) and url:
        yield from _problems(within(place, "ostree_url"), url)


def _problems(place: str, text: str) -> Iterator[Problem]:
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
