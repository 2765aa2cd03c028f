"""The door to Koji: session and login, submitting, watching, results."""

from pungi_osbuild.hub.archivetypes import ArchiveTypes, archive_types_call, read_archive_types
from pungi_osbuild.hub.batch import Answer, Batch, execute, execute_all
from pungi_osbuild.hub.files import Connections, Persistence, download
from pungi_osbuild.hub.live import LiveAddress, live_addresses
from pungi_osbuild.hub.lookup import Sought, await_submitted, find_submitted
from pungi_osbuild.hub.patience import Patience
from pungi_osbuild.hub.profile import (
    Profile,
    build_file,
    in_its_folder,
    local_path,
    output_address,
    profile_names,
    read_profile,
)
from pungi_osbuild.hub.releases import (
    BuildState,
    KojiBuild,
    NextRelease,
    build_call,
    next_release,
    read_build,
    read_taken,
    taken,
)
from pungi_osbuild.hub.session import Hub, UnansweredError
from pungi_osbuild.hub.tagging import tag_build
from pungi_osbuild.hub.targets import (
    Tag,
    Target,
    build_config_call,
    listed_call,
    read_arches,
    read_listed,
    read_tag,
    read_target,
    tag_call,
    target_call,
)
from pungi_osbuild.hub.tasks import (
    Task,
    TaskState,
    Unanswered,
    cancel,
    ended_since,
    look_up,
    newest,
    sent_digests,
    submit,
)
from pungi_osbuild.hub.users import User, perms_call, read_user, user_call
from pungi_osbuild.model import Call, HubFaultError, Query, Reply

__all__ = [
    "Answer",
    "ArchiveTypes",
    "Batch",
    "BuildState",
    "Call",
    "Connections",
    "Hub",
    "HubFaultError",
    "KojiBuild",
    "LiveAddress",
    "NextRelease",
    "Patience",
    "Persistence",
    "Profile",
    "Query",
    "Reply",
    "Sought",
    "Tag",
    "Target",
    "Task",
    "TaskState",
    "Unanswered",
    "UnansweredError",
    "User",
    "archive_types_call",
    "await_submitted",
    "build_call",
    "build_config_call",
    "build_file",
    "cancel",
    "download",
    "ended_since",
    "execute",
    "execute_all",
    "find_submitted",
    "in_its_folder",
    "listed_call",
    "live_addresses",
    "local_path",
    "look_up",
    "newest",
    "next_release",
    "output_address",
    "perms_call",
    "profile_names",
    "read_arches",
    "read_archive_types",
    "read_build",
    "read_listed",
    "read_profile",
    "read_tag",
    "read_taken",
    "read_target",
    "read_user",
    "sent_digests",
    "submit",
    "tag_build",
    "tag_call",
    "taken",
    "target_call",
    "user_call",
]
