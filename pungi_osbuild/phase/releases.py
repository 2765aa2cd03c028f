"""
Releases that the hub gives: allocated before submission and always sent.

Left to the hub, the release of an image is found when its task starts, so two tasks of one name
and version race for it and one of them fails (facts found by experiment on kojihub 1.35.3). So a
run asks once for each name and version, and counts up past every N-V-R that is taken.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Protocol, Set, Tuple

from pungi_osbuild.errors import HubError
from pungi_osbuild.model import ComposeIdentity, ImageRequest

LIMIT = 1000
"""Releases tried for one image before giving up: something else is wrong then."""

BATCH = 8
"""Candidate releases looked up at once."""


class Registry(Protocol):
    """What a hub knows of N-V-Rs."""

    def next_number(self, name: str, version: str) -> Optional[int]:
        """Return the number the hub would give next, or None where it cannot say."""

    def taken(self, nvrs: Iterable[str]) -> Set[str]:
        """Return which of some N-V-Rs cannot be used."""


Group = Tuple[ImageRequest, ...]


def allocate(
    requests: Iterable[ImageRequest],
    registry: Registry,
    identity: ComposeIdentity,
    others: Iterable[ImageRequest] = (),
) -> Tuple[ImageRequest, ...]:
    """
    Return the requests, each with a release.

    Requests of one block and variant share theirs; others of the same name and version get the
    numbers that follow. A release that is configured is kept as it is.

    :param others: requests of this run that have their release; the hub may not know them yet
    :param identity: gives the release where the hub says "Unable to increment": ``date.respin``,
        its last part counted up
    :raises HubError: no free release was found
    """
    ordered = list(requests)
    used: Set[str] = set()
    for request in (*ordered, *others):
        if request.base_release is not None:
            used |= _names(request, request.base_release)
    done: Dict[int, ImageRequest] = {request.number: request for request in ordered}
    for (name, version), groups in _waiting(ordered).items():
        candidates = _Candidates(registry.next_number(name, version), identity)
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

    def __init__(self, number: Optional[int], identity: ComposeIdentity) -> None:
        self._prefix = "" if number is not None else "%s." % identity.date
        self._next = identity.respin if number is None else number

    def look_ahead(self) -> List[str]:
        """Return the next releases."""
        return ["%s%d" % (self._prefix, self._next + step) for step in range(BATCH)]

    def pass_over(self, count: int) -> None:
        """Never give the next releases again."""
        self._next += count


def _free(group: Group, candidates: _Candidates, registry: Registry, used: Set[str]) -> str:
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
