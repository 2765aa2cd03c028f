"""The door to Koji: session and login, submitting, watching, results."""

from pungi_osbuild.hub.failure import Failure, explain, fault_text, uploaded
from pungi_osbuild.hub.files import download, local_path
from pungi_osbuild.hub.profile import Profile, read_profile
from pungi_osbuild.hub.releases import build_call, next_number, read_taken, taken
from pungi_osbuild.hub.results import read_result
from pungi_osbuild.hub.session import Call, Hub, HubFaultError, Reply
from pungi_osbuild.hub.targets import (
    Tag,
    Target,
    listed_call,
    read_listed,
    read_tag,
    read_target,
    tag_call,
    target_call,
)
from pungi_osbuild.hub.tasks import (
    Task,
    TaskState,
    cancel,
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
    "Tag",
    "Target",
    "Task",
    "TaskState",
    "build_call",
    "cancel",
    "download",
    "ended_since",
    "explain",
    "fault_text",
    "listed_call",
    "local_path",
    "look_up",
    "newest_end",
    "next_number",
    "read_listed",
    "read_profile",
    "read_result",
    "read_tag",
    "read_taken",
    "read_target",
    "submit",
    "tag_call",
    "taken",
    "target_call",
    "uploaded",
]
