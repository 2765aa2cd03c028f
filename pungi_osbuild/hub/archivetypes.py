"""Which files the hub imports, told by their suffixes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet

from pungi_osbuild.checked import structs
from pungi_osbuild.model import Call, Reply


@dataclass(frozen=True)
class ArchiveTypes:
    """
    The kinds of file that a hub imports.

    :param suffixes: in lower case, without the leading dot
    """

    suffixes: FrozenSet[str]

    def take(self, suffix: str) -> bool:
        """
        Whether the hub imports a file with this suffix.

        The end of the suffix is enough: ``docker.tar.gz`` is taken for ``tar.gz``. Case does not
        matter. Both found by experiment on kojihub 1.35.3.

        :param suffix: without the leading dot, e.g. ``raw.xz``
        """
        parts = suffix.lower().split(".")
        return any(".".join(parts[start:]) in self.suffixes for start in range(len(parts)))


def archive_types_call() -> Call:
    """Return the call that asks for the hub's archive types."""
    return Call("getArchiveTypes")


def read_archive_types(reply: Reply) -> ArchiveTypes:
    """
    Return the types that :func:`archive_types_call` asked for.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply does not look as it should
    """
    return ArchiveTypes(
        frozenset(
            suffix
            for kind in structs(reply.get(), "getArchiveTypes")
            for suffix in kind.text("extensions").lower().split()
        )
    )
