"""
What koji-osbuild makes of ``$`` in repositories and ostree options.

Source: koji-osbuild 12's builder: ``string.Template(...).substitute(arch=...)`` on each
repository, on ostree ref and parent, and not on the ostree url. Another name than ``$arch``, or
a single ``$``, fails the task long after it was submitted.
"""

from __future__ import annotations

import string
from typing import Any, Iterator, Mapping, Tuple

from pungi_osbuild.config.places import within
from pungi_osbuild.config.problems import make
from pungi_osbuild.model import Problem


def substitution_problems(block: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Yield what the builder would stumble over in a block."""
    for where, text in _substituted(block, place):
        try:
            string.Template(text).substitute(arch="x86_64")
        except (KeyError, ValueError) as error:
            unknown = "$%s" % error.args[0] if isinstance(error, KeyError) else "a single $"
            yield make(
                "bad-substitution",
                where,
                "holds %s, and koji-osbuild knows only $arch" % unknown,
                "Write $arch for the arch, and $$ for a dollar sign.",
            )
    url = block.get("ostree_url")
    if isinstance(url, str) and "$" in url:
        yield make(
            "dollar-in-ostree-url",
            within(place, "ostree_url"),
            "holds a $, and koji-osbuild replaces nothing in an ostree url",
            "Write the address out; $arch may stand in ostree_ref and ostree_parent.",
        )


def _substituted(block: Mapping[str, Any], place: str) -> Iterator[Tuple[str, str]]:
    """Yield place and text of everything that the builder substitutes in."""
    repos = block.get("repo")
    for index, repo in enumerate(repos if isinstance(repos, list) else ()):
        where = "%s.repo[%d]" % (place, index)
        if isinstance(repo, dict):
            repo, where = repo.get("baseurl"), "%s.baseurl" % where
        if isinstance(repo, str):
            yield where, repo
    for key in ("ostree_ref", "ostree_parent"):
        if isinstance(block.get(key), str):
            yield within(place, key), block[key]
