"""
Which faults are injected where: each decided by the seed, and by nothing that was decided before.

A fault has an id, ``kind@step#number``: the how-manieth step of that name it was that this kind
could have met. Whether it is injected follows from the seed and the id alone, so a fault that is
left out changes no other one by itself; that is how a failing seed is shrunk.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from simulation.prng import Prng, mixed, number_of, unit

KINDS: Mapping[str, str] = {
    "net.refuse": "there is no connection: the request was never sent",
    "net.lose-request": "the request is lost on the way; a reset, or silence",
    "net.hold-request": "the client sees a reset or silence, and the hub the request later",
    "net.lose-answer": "the hub does what it is asked for, and the answer is lost",
    "net.cut-answer": "the answer breaks off",
    "net.garble": "the answer is a page for people, with status 200",
    "net.repeat": "the request reaches the hub twice, at once or later",
    "net.gateway": "a gateway answers 502 or 503: the hub has not seen the request",
    "net.gateway-late": "a gateway answers 504: the hub has done what it was asked for",
    "net.busy": "a proxy answers 429 and says for how long",
    "net.slow": "the answer takes seconds",
    "hub.database": "the hub has lost its database, and has done nothing",
    "hub.offline": "the hub answers that it is offline",
    "hub.session-lost": "the hub does not know the session any more",
    "disk.enospc": "no space left, where a file is made, linked or written",
    "disk.eio": "an input/output error, where a file is read, written or flushed",
    "disk.erofs": "the file system is read-only now, where anything is changed",
    "disk.short-write": "a write writes less than it was given",
    "volume.eio": "an input/output error, where a file of Koji's volume is opened or linked",
    "volume.estale": "the same on NFS, where the volume was exported anew",
    "crash.kill": "the process is killed",
    "crash.power": "the machine loses its power",
}
"""What can be injected, and what it is."""


class Injected(NamedTuple):
    """
    A fault that was injected.

    :param at: virtual seconds
    :param number: of the world's step
    """

    id: str
    kind: str
    step: str
    at: float
    number: int


class Injection:
    """
    Decides about faults.

    :param rates: how likely each kind is at each step that it can meet
    :param only: ids of the faults to inject, and of no others; None: as the rates say
    """

    def __init__(
        self, seed: int, rates: Mapping[str, float], only: Optional[FrozenSet[str]] = None
    ) -> None:
        unknown = sorted(set(rates) - set(KINDS))
        assert not unknown, "BUG: there is no fault %s" % ", ".join(unknown)
        self._prng = Prng(seed, "faults")
        self._salt = self._prng.bits()
        self._only = only
        self._counts: Dict[Tuple[str, str], List[int]] = {}
        self.rates = dict(rates)
        """May be changed while the world goes: the ids stay what they are."""
        self.injected: List[Injected] = []

    def stop(self) -> None:
        """Inject nothing from now on: the weather gets better."""
        self._only = None
        self.rates.clear()

    def met(self) -> Mapping[Tuple[str, str], int]:
        """Return how many steps each kind could have met, by kind and step: the possible pairs."""
        return {pair: counted[0] for pair, counted in self._counts.items()}

    def first(
        self, kinds: Sequence[str], step: str, at: float, number: int
    ) -> Optional[Tuple[str, Prng]]:
        """
        Decide which fault of some kinds a step meets; it is counted for each of them.

        :returns: the kind, and what draws the fault's details; None: no fault
        """
        if not self.rates and self._only is None:
            return None
        found = None
        for kind in kinds:
            id = self._hit(kind, step)
            if id is not None and found is None:
                found = kind, self._prng.named(id)
                self.injected.append(Injected(id, kind, step, at, number))
        return found

    def _hit(self, kind: str, step: str) -> Optional[str]:
        """Count a step; return the id of the fault of that kind that it meets."""
        rate = self.rates.get(kind)
        if rate is None and self._only is None:
            return None
        counted = self._counts.get((kind, step))
        if counted is None:
            counted = self._counts[kind, step] = [0, number_of("%s@%s" % (kind, step))]
        counted[0] += 1
        if self._only is not None:
            id = "%s@%s#%d" % (kind, step, counted[0])
            return id if id in self._only else None
        if rate is None or unit(mixed((self._salt ^ counted[1]) + counted[0])) >= rate:
            return None
        return "%s@%s#%d" % (kind, step, counted[0])
