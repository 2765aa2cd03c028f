"""The rehearsal hub: a local stand-in for Koji, koji-osbuild and osbuild-composer."""

from pungi_osbuild.rehearsal.composerversions import NEWEST as NEWEST_COMPOSER
from pungi_osbuild.rehearsal.composerversions import OLDEST as OLDEST_COMPOSER
from pungi_osbuild.rehearsal.content import REHEARSAL_USER, HubContent, HubTag, HubTarget, HubUser
from pungi_osbuild.rehearsal.faults import Fault, FaultKind, Group, parse_fault
from pungi_osbuild.rehearsal.hub import RehearsalHub
from pungi_osbuild.rehearsal.ledger import Call, Counters, Request
from pungi_osbuild.rehearsal.profile import PROFILE, write_profile
from pungi_osbuild.rehearsal.settings import LOOPBACK, HubSettings, Outage, ResultsIn
from pungi_osbuild.rehearsal.submissions import Submission

__all__ = [
    "LOOPBACK",
    "NEWEST_COMPOSER",
    "OLDEST_COMPOSER",
    "PROFILE",
    "REHEARSAL_USER",
    "Call",
    "Counters",
    "Fault",
    "FaultKind",
    "Group",
    "HubContent",
    "HubSettings",
    "HubTag",
    "HubTarget",
    "HubUser",
    "Outage",
    "RehearsalHub",
    "Request",
    "ResultsIn",
    "Submission",
    "parse_fault",
    "write_profile",
]
