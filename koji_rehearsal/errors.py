"""The one error of this package for people: a reason and what to do about it."""

from __future__ import annotations


class RehearsalError(Exception):
    """
    Something that was named or chosen for a rehearsal hub cannot be used: a port, a file, a fault.

    :param reason: what is wrong, in the user's words
    :param solution: what to do about it
    """

    def __init__(self, reason: str, solution: str) -> None:
        self.reason = reason
        self.solution = solution
        super().__init__(reason)
