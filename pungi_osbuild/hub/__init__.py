"""The door to Koji: session and login, submitting, watching, results."""

from pungi_osbuild.hub.failure import Failure, explain, fault_text, uploaded
from pungi_osbuild.hub.files import download, local_path
from pungi_osbuild.hub.profile import Profile, read_profile
from pungi_osbuild.hub.releases import next_number, taken
from pungi_osbuild.hub.results import read_result
from pungi_osbuild.hub.session import Call, Hub, HubFaultError, Reply
from pungi_osbuild.hub.tasks import (
    Task,
    TaskState,
    ended_since,
    look_up,
    newest_end,
    submit,
)

__all__ = [
    "Call",
    "Failure",
    "Hub",
    "HubFaultError",
    "Profile",
    "Reply",
    "Task",
    "TaskState",
    "download",
    "ended_since",
    "explain",
    "fault_text",
    "local_path",
    "look_up",
    "newest_end",
    "next_number",
    "read_profile",
    "read_result",
    "submit",
    "taken",
    "uploaded",
]
