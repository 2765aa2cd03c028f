"""What can be made to go wrong: the kinds of fault, how they are asked for, which one hits what."""

from koji_rehearsal.faults.asking import Fault, Subject, parse_fault
from koji_rehearsal.faults.book import Encounter, FaultBook
from koji_rehearsal.faults.groups import Group
from koji_rehearsal.faults.keys import KEYS, Times
from koji_rehearsal.faults.kinds import FaultKind

__all__ = [
    "KEYS",
    "Encounter",
    "Fault",
    "FaultBook",
    "FaultKind",
    "Group",
    "Subject",
    "Times",
    "parse_fault",
]
