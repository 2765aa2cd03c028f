"""
Which of the faults that were asked for hit, and when.

What hits an image follows from the number of the try, and so from the hub's tables alone. What hits
calls and downloads is counted here, so that the same client always meets the same faults.
"""

from __future__ import annotations

import threading
from typing import Dict, Iterator, List, Mapping, Optional, Tuple

from koji_rehearsal.faults.fault_spec import AffectedImages, Fault
from koji_rehearsal.faults.kinds import FaultKind, Group


class FaultPlan:
    """The faults that were asked for, and how often each could have hit. Thread-safe."""

    def __init__(self, faults: Tuple[Fault, ...]) -> None:
        self._faults = faults
        self._lock = threading.Lock()
        self._met: Dict[str, int] = {}

    def counts(self) -> Dict[str, int]:
        """Return the counts, which must not be forgotten."""
        with self._lock:
            return dict(self._met)

    def restore(self, met: Mapping[str, int]) -> None:
        """Count on from before a restart."""
        with self._lock:
            self._met = dict(met)

    @property
    def faults(self) -> Tuple[Fault, ...]:
        """All of them."""
        return self._faults

    def image(self, kind: FaultKind, subject: AffectedImages, attempt: int) -> Optional[Fault]:
        """
        Return the fault of a kind that hits an image, or None.

        :param attempt: which task for the same images this one is, counted from 1
        """
        for fault in self._faults:
            if fault.kind is kind and fault.is_about(subject) and fault.hits(attempt):
                return fault
        return None

    def count(self, fault: Fault, where: str = "") -> bool:
        """
        Count one more occasion for a fault, and return whether it hits.

        :param where: what is counted by itself, e.g. a file
        """
        key = "%s %s" % (fault.spec, where)
        with self._lock:
            self._met[key] = number = self._met.get(key, 0) + 1
        return fault.hits(number)

    def of(self, group: Group) -> Iterator[Fault]:
        """Give the faults of a group."""
        return (fault for fault in self._faults if fault.kind.group is group)


class RequestFaults:
    """
    What one request meets. Used by the one thread that answers it.

    However many calls of a request could meet a fault, it is one occasion.
    """

    def __init__(self, plan: FaultPlan) -> None:
        self._plan = plan
        self._seen: Dict[Fault, bool] = {}
        self._afterwards: List[Fault] = []

    def met(
        self, kinds: Tuple[FaultKind, ...], method: str, subject: Optional[AffectedImages]
    ) -> Optional[Fault]:
        """Return the first fault of these kinds that a call, or a download, meets; or None."""
        hit = None
        for fault in self._plan.faults:
            if fault.kind in kinds and fault.meets(method) and fault.is_about(subject):
                if fault not in self._seen:
                    self._seen[fault] = self._plan.count(fault)
                if self._seen[fault] and hit is None:
                    hit = fault
        return hit

    def remember(self, fault: Fault) -> None:
        """Keep a fault that shows when the request has been answered."""
        self._afterwards.append(fault)

    @property
    def afterwards(self) -> Tuple[Fault, ...]:
        """The faults that show when the request has been answered."""
        return tuple(self._afterwards)
