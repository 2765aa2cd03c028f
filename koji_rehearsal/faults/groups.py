"""The groups of faults, and how a kind of fault is declared."""

from __future__ import annotations

from enum import Enum
from typing import Any, Tuple

from koji_rehearsal.faults.fault_options import ALWAYS, IMAGE_KEYS, Times


class Group(str, Enum):
    """What a fault is a fault of."""

    WAY = "the way to the hub"
    BUILD = "builds and uploads"
    FILE = "files"
    REPLY = "what the hub says"

    @property
    def keys(self) -> Tuple[str, ...]:
        """The keys of every fault of the group."""
        more = ("method",) if self is Group.WAY else ()
        return (*IMAGE_KEYS, *more, "times")


SUBMISSION = "osbuildImage"
"""The call that a fault of the way to the hub meets, unless it names another."""


def declared(
    name: str,
    group: Group,
    meaning: str,
    *more: str,
    times: Times = ALWAYS,
    needs_login: bool = False,
    downloads: bool = False,
    methods: Tuple[str, ...] = (SUBMISSION,),
) -> Tuple[Any, ...]:
    """
    Return a row of the table of kinds.

    :param more: keys that not every fault of the group has
    """
    return name, group, meaning, (*group.keys, *more), times, needs_login, downloads, methods
