"""The rehearsal hub: a local stand-in for Koji, koji-osbuild and osbuild-composer."""

from koji_rehearsal.api.submission import register_task_method, unregister_task_method
from koji_rehearsal.clouds import AskedUpload, RehearsedCloud, register_cloud, unregister_cloud
from koji_rehearsal.composer.table import OwnType
from koji_rehearsal.composer.versions import NEWEST as NEWEST_COMPOSER
from koji_rehearsal.composer.versions import OLDEST as OLDEST_COMPOSER
from koji_rehearsal.errors import RehearsalError
from koji_rehearsal.faults import Fault, FaultKind, Group, parse_fault
from koji_rehearsal.hub import RehearsalHub
from koji_rehearsal.hub_content import REHEARSAL_USER, HubContent, HubTag, HubTarget, HubUser
from koji_rehearsal.profile import PROFILE, write_profile
from koji_rehearsal.request_log import Call, Counters, Request
from koji_rehearsal.settings import LOOPBACK, HubSettings, Outage, ResultsIn
from koji_rehearsal.submissions import Submission
from koji_rehearsal.task_methods import BuiltFile, RehearsedMethod, Wanted

__all__ = [
    "LOOPBACK",
    "NEWEST_COMPOSER",
    "OLDEST_COMPOSER",
    "PROFILE",
    "REHEARSAL_USER",
    "AskedUpload",
    "BuiltFile",
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
    "OwnType",
    "RehearsalError",
    "RehearsalHub",
    "RehearsedCloud",
    "RehearsedMethod",
    "Request",
    "ResultsIn",
    "Submission",
    "Wanted",
    "parse_fault",
    "register_cloud",
    "register_task_method",
    "unregister_cloud",
    "unregister_task_method",
    "write_profile",
]
