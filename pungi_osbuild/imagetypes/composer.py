"""
What osbuild-composer builds: which distributions it knows, on which arches, and their image types.

The table is ``composer.tsv``, which says where it comes from and how to update it. The names of
distributions were asked of the same composer. What other versions build by cell is not known;
since and until when each image type exists is.
"""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

COMPOSER_VERSION = 180
"""The composer that all of this is known of."""

FIRST_VERSION = 80
"""The first version whose image types are known."""

_ARCHES = ("aarch64", "ppc64le", "s390x", "x86_64")
_OTHER_ARCHES: Mapping[str, Tuple[str, ...]] = {
    "fedora-": ("aarch64", "ppc64le", "riscv64", "s390x", "x86_64"),
    "rhel-7": ("x86_64",),
}
"""The arches of distributions that have others, by how their names begin."""

ALIASES: Mapping[str, str] = {
    "rhel-7": "rhel-7.9",
    "rhel-8": "rhel-8.10",
    "rhel-9": "rhel-9.9",
    "rhel-10": "rhel-10.3",
}
"""Names for the newest minor version that composer has; a site's settings can change them."""

_DOTLESS = re.compile(r"(rhel-[89])(\d{1,2})\Z", re.ASCII)
_DISTRIBUTION = re.compile(
    r"(fedora-[1-9]\d|eln-\d\d|rhel-(7\.\d|(8|9|10)\.\d{1,2})|centos-(8|9|10)"
    r"|(almalinux|rocky)-(8|9|10)\.\d{1,2}|ol-(9|10)\.\d{1,2}|almalinux_kitten-10)\Z",
    re.ASCII,
)
_FAMILIES: Mapping[str, str] = {
    "almalinux": "almalinux-10.1",
    "almalinux_kitten": "almalinux_kitten-10",
    "centos": "centos-10",
    "eln": "eln-12",
    "fedora": "fedora-43",
    "ol": "ol-9.6",
    "rhel": "rhel-9.6",
    "rocky": "rocky-10.1",
}
"""The first part of the names that composer takes, each with an example of a whole one."""

_OTHER_FAMILIES: Mapping[str, str] = {
    "alma": "almalinux",
    "c": "centos",
    "centosstream": "centos",
    "el": "rhel",
    "f": "fedora",
    "fc": "fedora",
    "fedora_eln": "eln",
    "kitten": "almalinux_kitten",
    "oracle": "ol",
    "oraclelinux": "ol",
    "rawhide": "fedora",
    "red_hat": "rhel",
    "redhat": "rhel",
    "rockylinux": "rocky",
}
_SAYS_NOTHING = ("enterprise", "linux", "s", "stream", "u")
"""Words that composer's names lack, and others have: CentOS Stream 9, c9s, RHEL 9u4."""

SINCE: Mapping[str, int] = {
    "vsphere-ova": 84,
    "live-installer": 85,
    "wsl": 89,
    "oci": 90,
    "iot-simplified-installer": 99,
    "iot-bootable-container": 100,
    "minimal-raw": 101,
    "azure-cvm": 144,
    "azure-sapapps-rhui": 147,
    "pxe-tar-xz": 153,
    "network-installer": 155,
    "aws-cvm": 165,
    "everything-network-installer": 167,
    "server-network-installer": 167,
    "bootable-container-iso": 171,
}
"""The first composer with an image type; those that are not here came with 80 or before."""

UNTIL: Mapping[str, int] = {"iot-bootable-container": 178}
"""The last composer with an image type that is no more."""


@dataclass(frozen=True)
class Buildable:
    """
    An image type as composer builds it for a distribution and arch.

    :param file: as osbuild exports it, e.g. ``disk.vhd.xz``
    :param export: the osbuild pipeline that it comes from
    :param boot_mode: as composer writes it into Koji's metadata: ``uefi``, ``legacy``, ``hybrid``
        or ``none``
    :param ostree: whether it takes ostree options: ``no``, ``yes`` or ``url required``
    :param needs: the customization without which composer fails; None: there is none
    :param upload: the cloud that its ``upload_options`` go to
    """

    image_type: str
    arch: str
    file: str
    export: str
    boot_mode: str
    ostree: str
    needs: Optional[str]
    upload: str

    @property
    def suffix(self) -> str:
        """The suffix of the file in Koji, without the leading dot."""
        return self.file.split(".", 1)[1]


class TableRow(NamedTuple):
    """
    An image type for distributions and arches that it is built alike for, but for the boot mode.

    :param distributions: names and patterns such as ``rhel-9.3+``
    :param builds: one for each arch
    """

    distributions: Tuple[str, ...]
    builds: Tuple[Buildable, ...]


@lru_cache(maxsize=4096)
def full_name(distribution: str) -> Optional[str]:
    """
    Return the distribution that a name stands for, e.g. ``rhel-9.6`` for ``rhel-96``.

    :returns: None for a name that composer does not take
    """
    full = _DOTLESS.sub(r"\1.\2", ALIASES.get(distribution, distribution))
    return full if _DISTRIBUTION.match(full) else None


def whole_name(distribution: str) -> str:
    """Return the full name of a distribution; that of a site's own is its name."""
    return full_name(distribution) or distribution


def meant_distribution(name: str) -> Optional[str]:
    """Return the full name of the distribution that a wrong name was meant for, or None."""
    family, numbers = _parts(name)
    if not numbers:
        return None
    major = numbers[0]
    candidates = ["%s-%s" % (family, major)]
    if len(numbers) > 1:
        candidates.insert(0, "%s-%s.%s" % (family, major, numbers[1]))
    elif len(major) > 2:
        candidates.append("%s-%s.%s" % (family, major[:2], major[2:]))
    return next(filter(None, map(full_name, candidates)), None)


def example_distribution(name: str) -> Optional[str]:
    """Return a name that composer takes, of the family that a name is probably of, or None."""
    family, numbers = _parts(name)
    with_minor = "%s-%s.6" % (family, "".join(numbers[:1]))
    return with_minor if full_name(with_minor) else _FAMILIES.get(family)


def _parts(name: str) -> Tuple[str, List[str]]:
    """Return the family that a name is probably of, and the numbers in it."""
    words = [word for word in re.findall("[a-z]+", name.lower()) if word not in _SAYS_NOTHING]
    families = (_family("_".join(words[:count])) for count in range(len(words), 0, -1))
    family = next((one for one in families if one in _FAMILIES), "")
    return family, re.findall("[0-9]+", name)


def _family(written: str) -> str:
    family = _OTHER_FAMILIES.get(written, written)
    near = difflib.get_close_matches(family, _FAMILIES, n=1, cutoff=0.74)
    return near[0] if near and near[0][0] == family[:1] else family


def arches_of(distribution: str) -> Tuple[str, ...]:
    """
    Return the arches that composer has for a distribution.

    :param distribution: its full name
    """
    other = (arches for start, arches in _OTHER_ARCHES.items() if distribution.startswith(start))
    return next(other, _ARCHES)


@lru_cache(maxsize=4096)
def buildable(distribution: str, arch: str, image_type: str) -> Optional[Buildable]:
    """
    Return how composer builds an image type; None where it refuses to.

    :param distribution: its full name, as :func:`full_name` returns it
    :param image_type: the Cloud API's name
    """
    for pattern, found in _table().get((image_type, arch), ()):
        if _fits(pattern, distribution):
            return found
    return None


def built_types(distribution: str, arch: str) -> Tuple[Buildable, ...]:
    """Return all that composer builds for a distribution (by its full name) and arch."""
    types = dict.fromkeys(image_type for image_type, _ in _table())
    found = (buildable(distribution, arch, image_type) for image_type in types)
    return tuple(one for one in found if one is not None)


@lru_cache(maxsize=4096)
def building_arches(distribution: str, image_type: str) -> Tuple[str, ...]:
    """Return the arches that composer builds an image type on; empty: not in this distribution."""
    return tuple(a for a in arches_of(distribution) if buildable(distribution, a, image_type))


def building_distributions(image_type: str) -> Tuple[str, ...]:
    """Return the patterns of the distributions that have an image type on some arch."""
    found: Dict[str, None] = {}
    for (name, _), rows in _table().items():
        found.update((pattern, None) for pattern, _ in rows if name == image_type)
    return tuple(found)


def known_types() -> Mapping[str, Buildable]:
    """Return every image type of the table, with one way in which it is built."""
    found: Dict[str, Buildable] = {}
    for row in _rows():
        found.setdefault(row.builds[0].image_type, row.builds[0])
    return found


def takes_ostree(image_type: str) -> bool:
    """Whether an image type takes ostree options, as far as is known."""
    known = known_types().get(image_type)
    return known is not None and known.ostree != "no"


def table_rows(
    distribution: Optional[str] = None, arch: Optional[str] = None
) -> Tuple[TableRow, ...]:
    """
    Return what is built, alike things in one row.

    :param distribution: only for this one, by its full name
    :param arch: only on this one
    """
    found = []
    for row in _rows():
        of_arch = tuple(one for one in row.builds if arch in (None, one.arch))
        patterns = row.distributions
        if distribution is not None:
            fits = any(_fits(pattern, distribution) for pattern in patterns)
            patterns = (distribution,) if fits else ()
        if of_arch and patterns:
            found.append(TableRow(patterns, of_arch))
    return tuple(found)


@lru_cache(maxsize=1)
def _rows() -> Tuple[TableRow, ...]:
    text = Path(__file__).with_name("composer.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = csv.DictReader(lines, delimiter="\t")
    return tuple(TableRow(tuple(row["distributions"].split()), tuple(_of_row(row))) for row in rows)


_Table = Mapping[Tuple[str, str], Tuple[Tuple[str, Buildable], ...]]
"""Patterns of distributions with what is built for them, by image type and arch."""


@lru_cache(maxsize=1)
def _table() -> _Table:
    table: Dict[Tuple[str, str], List[Tuple[str, Buildable]]] = {}
    for row in _rows():
        for built in row.builds:
            of_type = table.setdefault((built.image_type, built.arch), [])
            of_type.extend((pattern, built) for pattern in row.distributions)
    return {key: tuple(rows) for key, rows in table.items()}


def _of_row(row: Mapping[str, str]) -> Iterator[Buildable]:
    modes = {
        arch: mode
        for mode, _, arches in (part.partition(": ") for part in row["boot_mode"].split("; "))
        for arch in arches.split()
    }
    needs = None if row["needs"] == "-" else row["needs"]
    for arch in row["arches"].split():
        yield Buildable(
            row["image_type"],
            arch,
            row["file"],
            row["export"],
            modes[arch],
            row["ostree"],
            needs,
            row["upload"],
        )


def _fits(pattern: str, distribution: str) -> bool:
    """Whether ``rhel-9.*``, ``rhel-9.3+`` or ``rhel-9.0..2`` stands for a distribution, too."""
    if pattern.endswith("*"):
        return distribution.startswith(pattern[:-1])
    if ".." not in pattern and not pattern.endswith("+"):
        return distribution == pattern
    first, _, last = pattern.rstrip("+").partition("..")
    start, _, least = first.rpartition(".")
    major, _, minor = distribution.rpartition(".")
    return start == major and int(least) <= int(minor) <= int(last or 99)
