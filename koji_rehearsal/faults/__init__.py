"""What can be made to go wrong: the kinds of fault, how they are asked for, which one hits what."""

from koji_rehearsal.faults.fault_options import KEYS, Times
from koji_rehearsal.faults.fault_spec import AffectedImages, Fault, parse_fault
from koji_rehearsal.faults.kinds import FaultKind, Group
from koji_rehearsal.faults.plan import FaultPlan, RequestFaults

__all__ = [
    "KEYS",
    "AffectedImages",
    "Fault",
    "FaultKind",
    "FaultPlan",
    "Group",
    "RequestFaults",
    "Times",
    "parse_fault",
]
