"""
What koji-osbuild makes of ``$`` in repositories and ostree options, and of braces: nothing.

Source: koji-osbuild 12's builder: ``string.Template(...).substitute(arch=...)`` on each
repository, on ostree ref and parent, and not on the ostree url. Another name than ``$arch``, or
a single ``$``, fails the task long after it was submitted. ``{arch}`` is replaced in upload options
only, and there by this project.
"""

from __future__ import annotations

import re
import string
from dataclasses import replace
from typing import Any, Dict, Iterator, Mapping, Optional, Tuple

from pungi_osbuild.model import TEMPLATE_FIELDS
from pungi_osbuild.problems import Problem, Severity, within
from pungi_osbuild.secrets import hide

_INSTEAD = {
    "$basearch": "$arch for $basearch",
    "$releasever": "the version for $releasever",
    "a single $": "$$ for a dollar sign",
    "a $ in its login or query": "$$ for a dollar sign",
}
"""What to write for dnf's variables, and for what is no variable."""

_FIELD = re.compile(r"(?<!\$)\{(%s)\}" % "|".join(TEMPLATE_FIELDS))
_VARIABLE = re.compile(r"\$\{?(%s)\b" % "|".join([*TEMPLATE_FIELDS, "basearch", "releasever"]))
_PLAIN = ("name", "distro", "version", "release", "target", "subvariant")
_REPLACED = ("ostree_ref", "ostree_parent")


def substitution_problems(block: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Yield what the builder would stumble over in a block."""
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
        yield from _braces(where, text, "$arch" if "{arch}" in text else None)
    for key in _PLAIN:
        if isinstance(block.get(key), str):
            yield from unreplaced(block[key], within(place, key))
    url = block.get("ostree_url")
    if isinstance(url, str):
        yield from _braces(within(place, "ostree_url"), url)
    if isinstance(url, str) and "$" in url:
        yield Problem(
            "dollar-in-ostree-url",
            within(place, "ostree_url"),
            "contains a $, but koji-osbuild replaces nothing in an ostree url",
            "Write the address out; $arch may stand in ostree_ref and ostree_parent.",
        )


def unreplaced(text: str, place: str) -> Iterator[Problem]:
    """Yield what looks like a variable in a text that nobody replaces anything in."""
    names = sorted(set(_VARIABLE.findall(text)))
    yield from _braces(place, text)
    if names:
        yield Problem(
            "not-a-template",
            place,
            "contains %s, which is not replaced here" % ", ".join("$" + name for name in names),
            "Write the value; $arch is replaced only in repo, ostree_ref and ostree_parent.",
            Severity.WARNING,
        )


def dollar_hint(text: str) -> str:
    """Return what to do about a ``$arch`` or the like in an upload option; "" without a dollar."""
    for name in _VARIABLE.findall(text):
        field = {"basearch": "arch", "releasever": "version"}.get(name, name)
        return "$ is not replaced in upload options: write {%s}. " % field
    return "$ is not replaced in upload options. " if "$" in text else ""


def unreplaced_option(text: str, place: str) -> Iterator[Problem]:
    """Yield what looks like a variable in an upload option, where braces are replaced only."""
    for problem in unreplaced(text, place):
        yield replace(problem, hint=dollar_hint(text).strip())


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


def _braces(place: str, text: str, instead: Optional[str] = None) -> Iterator[Problem]:
    fields = sorted(set(_FIELD.findall(text)))
    if fields:
        written = ", ".join("{%s}" % field for field in fields)
        yield Problem(
            "not-a-template",
            place,
            "contains %s, which is not replaced here" % written,
            "Write %s." % instead
            if instead
            else "Write the value; fields in braces are replaced only in upload options.",
            Severity.WARNING,
        )


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
