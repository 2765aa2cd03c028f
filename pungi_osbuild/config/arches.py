"""Arches by name: those that distributions build for, and what others call them."""

from __future__ import annotations

import re
from typing import Collection, FrozenSet, Iterable, Iterator, Mapping, Optional

from pungi_osbuild.model import Arch
from pungi_osbuild.problems import suggest

ARCHES: FrozenSet[Arch] = frozenset(
    "aarch64 armhfp i386 i686 loongarch64 ppc ppc64 ppc64le riscv64 s390 s390x x86_64".split()
)
"""RPM's names of arches that Fedora, RHEL and their kin are or were built for."""

_ELSEWHERE: Mapping[str, Arch] = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86": "x86_64",
    "arm64": "aarch64",
    "arm64v8": "aarch64",
    "armv8": "aarch64",
    "ppc64el": "ppc64le",
    "powerpc64le": "ppc64le",
    "power": "ppc64le",
    "riscv": "riscv64",
    "z": "s390x",
}
"""What Debian, Go, containers and clouds call them."""

_LIKENESS = 0.75
_NAMED = re.compile(r"(?<![A-Za-z0-9_])(%s)(?![A-Za-z0-9_])" % "|".join(sorted(ARCHES)))


def meant_arch(name: str, known: Collection[Arch]) -> Optional[Arch]:
    """Return the arch among some that a name stands for elsewhere or is a near miss of, or None."""
    elsewhere = _ELSEWHERE.get(name.lower())
    if elsewhere in known:
        return elsewhere
    return suggest(name, sorted(known), _LIKENESS)


def arch_hint(names: Iterable[str], known: Collection[Arch], otherwise: str = "") -> str:
    """Return what to do about names that are no arches: those among some that may be meant."""
    meant = [meant_arch(name, known) for name in names]
    found = list(dict.fromkeys(arch for arch in meant if arch is not None))
    return "Did you mean %s?" % ", ".join(found) if found else otherwise


def named_arches(address: str) -> Iterator[Arch]:
    """Give the arches that are parts of an address or a ref by themselves, as ``.../x86_64/os``."""
    for match in _NAMED.finditer(address):
        yield match[1]
