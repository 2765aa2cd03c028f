"""
From a repository as a config names it to the url that Koji gets.

Source: ``get_repo_url`` and ``translate_path_raw`` of ``pungi.util`` 4.3.6.
"""

from __future__ import annotations

import os.path
from dataclasses import replace
from typing import Sequence, Tuple

from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.model import Compose, Repo

TranslatePaths = Sequence[Tuple[str, str]]


class UnknownRepoError(PungiOsbuildError):
    """
    A repository is named by a variant that the compose has not, or that has no repository.

    :param name: the variant's uid as written
    """

    def __init__(self, name: str) -> None:
        super().__init__(
            "there is no variant %r to take a repository from" % name,
            "Name a variant of the compose that is not empty, an absolute path or a url.",
        )
        self.name = name


def resolve_repo(repo: Repo, compose: Compose, translate_paths: TranslatePaths) -> Repo:
    """
    Return a repository with its address; a literal ``$arch`` is left for koji-osbuild.

    :param repo: a variant's uid, an absolute path, or a url (kept as it is)
    :param translate_paths: Pungi's option: prefix of a path, what replaces it
    :raises UnknownRepoError: for a uid without a repository
    """
    written = repo.baseurl
    if written.startswith("/"):
        return replace(repo, baseurl=translate_path(written, translate_paths))
    if "://" in written:
        return repo
    variant = compose.variant(written)
    if variant is None or not variant.repositories:
        raise UnknownRepoError(written)
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
