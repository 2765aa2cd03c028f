"""
From a repository as a config names it to the url that Koji gets.

Source: ``get_repo_url`` and ``translate_path_raw`` of ``pungi.util`` 4.3.6.
"""

from __future__ import annotations

import os.path
from dataclasses import dataclass, replace
from typing import List, Optional, Sequence, Tuple

from pungi_osbuild.config import repos_place
from pungi_osbuild.model import Arch, Compose, ImageConfig, Repo, Variant
from pungi_osbuild.problems import Problem, Problems, suggest, within

TranslatePaths = Sequence[Tuple[str, str]]


@dataclass(frozen=True)
class Repositories:
    """
    Gives blocks the addresses of their repositories.

    :param translate_paths: Pungi's option: prefix of a path, what replaces it
    :param builders_see_topdir: False where it does not matter whether Koji's builders can read the
        compose's own repositories
    """

    compose: Compose
    translate_paths: TranslatePaths
    builders_see_topdir: bool

    def of(
        self, block: ImageConfig, variant: Variant, arches: Tuple[Arch, ...], problems: Problems
    ) -> Tuple[Repo, ...]:
        """Return the block's repositories, and last the variant's own where it has one."""
        # As in-tree, where only a plain string can be equal to the uid: a repository for some
        # package sets does not replace the one for all.
        written = [repo.baseurl for repo in block.repos if not repo.as_dict]
        resolved: List[Optional[Repo]] = [
            self._resolve(repo, within(repos_place(block), index), problems)
            for index, repo in enumerate(block.repos)
            if repo.baseurl  # else it is an error in the config
        ]
        if variant.uid not in written and variant.repository(arches) is not None:
            resolved.append(self._resolve(Repo(variant.uid), "translate_paths", problems))
        return tuple(repo for repo in resolved if repo is not None)

    def _resolve(self, repo: Repo, place: str, problems: Problems) -> Optional[Repo]:
        resolved = resolve_repo(repo, self.compose, self.translate_paths)
        if resolved is None:
            problems.add([self._unknown(repo.baseurl, place)])
            return None
        of_compose = not repo.baseurl.startswith("/")
        if "://" not in resolved.baseurl and (self.builders_see_topdir or not of_compose):
            problems.warn(
                "local-repo",
                "translate_paths" if of_compose else place,
                "the compose's own repositories stay local paths below %s" % self.compose.topdir
                if of_compose
                else "the repository stays a local path: %s" % resolved.baseurl,
                "Koji's builders cannot read it; add an entry to translate_paths that turns it"
                " into an address.",
            )
        return resolved

    def _unknown(self, name: str, place: str) -> Problem:
        uids = [variant.uid for variant in self.compose.variants]
        meant = suggest(name, uids)
        if name in uids:
            message = "the variant %s is empty: it has no repository" % name
            hint = "Name another variant, an absolute path or a url."
        else:
            message = "there is no variant %r to take a repository from" % name
            hint = (
                "Did you mean %r?" % meant
                if meant
                else "The variants are %s." % (", ".join(uids) or "none at all")
            )
            if "/" in name:
                hint = "Write an address with http:// or https://, or an absolute path."
        return Problem("unknown-variant", place, message, hint)


def resolve_repo(repo: Repo, compose: Compose, translate_paths: TranslatePaths) -> Optional[Repo]:
    """
    Return a repository with its address; a literal ``$arch`` is left for koji-osbuild.

    :param repo: a variant's uid, an absolute path, or a url (kept as it is)
    :returns: None for the uid of a variant that does not exist or has no repository
    """
    written = repo.baseurl
    if written.startswith("/"):
        return replace(repo, baseurl=translate_path(written, translate_paths))
    if "://" in written:
        return repo
    variant = compose.variant(written)
    if variant is None or not variant.repositories:
        return None
    path = os.path.join(compose.topdir, "compose", variant.repositories[0][1])  # noqa: PTH118
    return replace(repo, baseurl=translate_path(path, translate_paths))


def translate_path(path: str, translate_paths: TranslatePaths) -> str:
    """
    Return a path with its prefix replaced by the first entry that fits.

    As in Pungi a prefix is compared letter by letter: ``/mnt/a`` also fits ``/mnt/ab``.
    """
    # Not pathlib: the result is mostly a url, whose double slash must stay.
    normal = os.path.normpath(path)
    for prefix, replacement in translate_paths:
        start = os.path.normpath(prefix)
        if normal.startswith(start):
            return replacement.rstrip("/") + normal[len(start) :]
    return normal
