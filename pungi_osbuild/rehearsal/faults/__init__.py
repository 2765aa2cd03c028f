"""What can be made to go wrong: the kinds of fault, how they are asked for, which one hits what."""

from pungi_osbuild.rehearsal.faults.asking import Fault, Subject, parse_fault
from pungi_osbuild.rehearsal.faults.book import Encounter, FaultBook
from pungi_osbuild.rehearsal.faults.groups import Group
from pungi_osbuild.rehearsal.faults.keys import KEYS, Times
from pungi_osbuild.rehearsal.faults.kinds import FaultKind

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
