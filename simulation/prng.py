"""
The generator behind every decision: splitmix64, the same on every Python and machine.

Python's own ``random`` may draw in another way in its next version, and a seed that found a bug
would then show another night.
"""

from __future__ import annotations

import hashlib
from typing import List, Sequence, TypeVar

Item = TypeVar("Item")

_MASK = 0xFFFFFFFFFFFFFFFF
_STEP = 0x9E3779B97F4A7C15


def mixed(value: int) -> int:
    """Return 64 bits that depend on every one of the 64 given ones."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def number_of(text: str) -> int:
    """Return 64 bits for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def unit(bits: int) -> float:
    """Return a number of [0, 1) from 64 bits; exact, so the same everywhere."""
    return (bits >> 11) / 9007199254740992.0


class Prng:
    """
    Draws numbers.

    :param seed: any integer
    :param name: of what is decided: each name has numbers of its own, so that one more draw of one
        decision changes no other
    """

    __slots__ = ("_seed", "_state")

    def __init__(self, seed: int, name: str = "") -> None:
        self._seed = mixed(((seed & _MASK) + _STEP) & _MASK) ^ (number_of(name) if name else 0)
        self._state = self._seed

    def named(self, name: str) -> Prng:
        """Return another generator, for one kind of decision."""
        return Prng(self._seed, name)

    def bits(self) -> int:
        """Return 64 bits."""
        self._state = state = (self._state + _STEP) & _MASK
        return mixed(state)

    def below(self, count: int) -> int:
        """Return an integer of [0, count)."""
        return (self.bits() * count) >> 64

    def between(self, least: float, most: float) -> float:
        """Return a number of [least, most), to the microsecond."""
        return round(least + (most - least) * unit(self.bits()), 6)

    def chance(self, probability: float) -> bool:
        """Return True as often as the probability says."""
        return unit(self.bits()) < probability

    def choice(self, items: Sequence[Item]) -> Item:
        """Return one of some items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[Item]) -> List[Item]:
        """Return the items in any order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in items]
