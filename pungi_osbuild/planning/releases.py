"""
Releases that the hub gives: allocated before submission and always sent.

Left to the hub, the release of an image is found when its task starts, so two tasks of one name
and version race for it and one of them fails (facts found by experiment on kojihub 1.35.3). So a
run asks once for each name and version, and counts up past every N-V-R that is taken, as the hub
counts (found by experiment): the first part of ``N`` and ``N.word``, the last of ``X.Y.N``.

The builds of a block that is split end in their arch, and so does the hub's answer after one:
``2.x86_64`` after ``1.x86_64``. The arch is taken off, as each request adds its own.
"""

from __future__ import annotations

import logging
import re
from typing import Dict, Iterable, List, Optional, Protocol, Set, Tuple

from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import NextRelease
from pungi_osbuild.model import ComposeIdentity, ImageRequest

logger = logging.getLogger(__name__)

LIMIT = 1000
"""Releases tried for one image before giving up: something else is wrong then."""

BATCH = 8
"""Candidate releases looked up at once."""


_ARCHES = frozenset({"aarch64", "ppc64le", "riscv64", "s390x", "x86_64"})
"""What a release may end in that a split block has made: all that composer builds for."""

_COUNTED = re.compile(r"(\d{1,18})(\.\w+)?|(\w+\.\w+\.)(\d{1,18})")
"""The releases that Koji counts up."""


class NvrRegistry(Protocol):
    """What a hub knows of N-V-Rs."""

    def next_release(self, name: str, version: str) -> NextRelease:
        """Return the release the hub would give next, or what it cannot increment."""

    def taken(self, nvrs: Iterable[str]) -> Set[str]:
        """Return which of some N-V-Rs cannot be used."""


Group = Tuple[ImageRequest, ...]


def allocate(
    requests: Iterable[ImageRequest],
    registry: NvrRegistry,
    identity: ComposeIdentity,
    others: Iterable[ImageRequest] = (),
) -> Tuple[ImageRequest, ...]:
    """
    Return the requests, each with a release.

    Requests of one block and variant share theirs; others of the same name and version get the
    numbers that follow. A release that is configured is kept as it is.

    :param others: requests of this run that have their release; the hub may not know them yet
    :param identity: gives the release where the hub says "Unable to increment" of one that does not
        end in an arch: ``date.respin``, its last part counted up, with a warning
    :raises HubError: no free release was found
    """
    ordered = list(requests)
    used: Set[str] = set()
    for request in (*ordered, *others):
        if request.base_release is not None:
            used |= _names(request, request.base_release)
    done: Dict[int, ImageRequest] = {request.number: request for request in ordered}
    for (name, version), groups in _waiting(ordered).items():
        answer = registry.next_release(name, version)
        candidates = _of_hub(answer)
        if candidates is None:
            candidates = _of_compose(answer, identity)
            logger.warning(
                "the hub cannot increment the release %s of %s-%s; using the compose's own, %s",
                *(answer.release or answer.newest or "?", name, version, candidates.first),
            )
        for group in groups:
            base = _free(group, candidates, registry, used)
            for request in group:
                done[request.number] = request.with_release(base)
                used |= _names(request, base)
    return tuple(done[request.number] for request in ordered)


def _waiting(requests: List[ImageRequest]) -> Dict[Tuple[str, str], List[Group]]:
    """Return the requests without a release: by name and version, then by block and variant."""
    groups: Dict[Tuple[str, str], Dict[Tuple[str, str], List[ImageRequest]]] = {}
    for request in requests:
        if request.base_release is None:
            by_block = groups.setdefault((request.config.name, request.version), {})
            by_block.setdefault((request.variant, request.config.place), []).append(request)
    return {
        package: [tuple(group) for group in by_block.values()]
        for package, by_block in groups.items()
    }


def _names(request: ImageRequest, base: str) -> Set[str]:
    """Return what a release uses up: the N-V-R in Koji, and the files' names in the compose."""
    files = {"%s.%s" % (request.nvr_of(base), arch) for arch in request.arches}
    return {request.nvr_of(request.release_of(base)), *files}


class _Candidates:
    """Releases to try, one after the other, none twice for one name and version."""

    def __init__(self, before: str, number: int, after: str = "") -> None:
        self._before, self._next, self._after = before, number, after

    @property
    def first(self) -> str:
        """The next one."""
        return self.look_ahead()[0]

    def look_ahead(self) -> List[str]:
        """Return the next releases."""
        return ["%s%d%s" % (self._before, self._next + step, self._after) for step in range(BATCH)]

    def pass_over(self, count: int) -> None:
        """Never give the next releases again."""
        self._next += count


def _of_hub(answer: NextRelease) -> Optional[_Candidates]:
    """Return the hub's answer and what follows it by its own rule; None where it has none."""
    if answer.release is not None:
        return _counting(_without_arch(answer.release))
    base = _without_arch(answer.newest or "")
    counting = _counting(base) if base != answer.newest else None
    if counting is not None:
        # What it cannot count up ends in an arch; what stands before it is the last one there is.
        counting.pass_over(1)
    return counting


def _without_arch(release: str) -> str:
    while release.rpartition(".")[2] in _ARCHES:
        release = release.rpartition(".")[0]
    return release


def _counting(release: str) -> Optional[_Candidates]:
    found = _COUNTED.fullmatch(release)
    if found is None:
        return None
    first, word, before, last = found.groups()
    return _Candidates("", int(first), word or "") if first else _Candidates(before, int(last))


def _of_compose(answer: NextRelease, identity: ComposeIdentity) -> _Candidates:
    """Return ``date.respin`` and what follows; never lower than the release that is there."""
    date = int(identity.date)
    leading = re.match(r"[0-9]{1,18}", answer.release or answer.newest or "")
    if leading is not None and int(leading.group()) >= date:
        date = int(leading.group()) + 1
    return _Candidates("%d." % date, identity.respin)


def _free(group: Group, candidates: _Candidates, registry: NvrRegistry, used: Set[str]) -> str:
    for _ in range(LIMIT // BATCH):
        batch = candidates.look_ahead()
        nvrs = {
            base: {request.nvr_of(request.release_of(base)) for request in group} for base in batch
        }
        taken = registry.taken(nvr for wanted in nvrs.values() for nvr in wanted)
        for position, base in enumerate(batch):
            names = {name for request in group for name in _names(request, base)}
            if not nvrs[base] & taken and not names & used:
                candidates.pass_over(position + 1)
                return base
        candidates.pass_over(len(batch))
    raise HubError(
        "no free release for %s-%s: %d of them are taken"
        % (group[0].config.name, group[0].version, LIMIT),
        "Give the block a release, or another version.",
    )
