"""The door to Koji: session and login, submitting, watching, results."""

from pungi_osbuild.hub.archivetypes import ArchiveTypes, archive_types_call, read_archive_types
from pungi_osbuild.hub.batch import Answer, Batch
from pungi_osbuild.hub.calls import Call, HubFaultError, Reply
from pungi_osbuild.hub.failure import (
    ComposeState,
    Failure,
    KeptUpload,
    OutputFile,
    explain,
    uploaded,
)
from pungi_osbuild.hub.files import Connections, Persistence, download, in_its_folder, local_path
from pungi_osbuild.hub.live import LiveAddress, SignedUpload, live_addresses
from pungi_osbuild.hub.looking import ImageStates, Look, Running, look_at
from pungi_osbuild.hub.lookup import Sought, await_submitted, find_submitted
from pungi_osbuild.hub.patience import Patience
from pungi_osbuild.hub.profile import Profile, profile_names, read_profile
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
from pungi_osbuild.hub.results import beside_image, build_file, read_build_result, read_result
from pungi_osbuild.hub.session import Hub, UnansweredError
from pungi_osbuild.hub.tagging import tag_build
from pungi_osbuild.hub.talks import Talk, hold, hold_all
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
from pungi_osbuild.hub.taskfault import fault_text
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

__all__ = [
    "Answer",
    "ArchiveTypes",
    "Batch",
    "BuildState",
    "Call",
    "ComposeState",
    "Connections",
    "Failure",
    "Hub",
    "HubFaultError",
    "ImageStates",
    "KeptUpload",
    "KojiBuild",
    "LiveAddress",
    "Look",
    "NextRelease",
    "OutputFile",
    "Patience",
    "Persistence",
    "Profile",
    "Reply",
    "Running",
    "SignedUpload",
    "Sought",
    "Tag",
    "Talk",
    "Target",
    "Task",
    "TaskState",
    "Unanswered",
    "UnansweredError",
    "User",
    "archive_types_call",
    "await_submitted",
    "beside_image",
    "build_call",
    "build_config_call",
    "build_file",
    "cancel",
    "download",
    "ended_since",
    "explain",
    "fault_text",
    "find_submitted",
    "hold",
    "hold_all",
    "in_its_folder",
    "listed_call",
    "live_addresses",
    "local_path",
    "look_at",
    "look_up",
    "newest",
    "next_release",
    "perms_call",
    "profile_names",
    "read_arches",
    "read_archive_types",
    "read_build",
    "read_build_result",
    "read_listed",
    "read_profile",
    "read_result",
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
    "uploaded",
    "user_call",
]
