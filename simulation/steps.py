"""The steps at which faults are counted, and which of them a fault of each kind can meet."""

from __future__ import annotations

from typing import Mapping, Sequence, Tuple

_CALLS: Sequence[Tuple[str, str]] = (
    ("osbuildImage", "submit"),
    ("cancelTask", "cancel"),
    ("tagBuild", "tag"),
    ("listTags", "look at tags"),
    ("logout", "log out"),
    ("login", "log in"),
    ("getAPIVersion", "greet"),
    ("getArchiveTypes", "preflight"),
    ("getBuildConfig", "preflight of targets"),
    ("getNextRelease", "allocate"),
    ("downloadTaskOutput", "read output"),
    ("listTaskOutput", "read results"),
    ("getTaskResult", "read results"),
    ("listArchives", "read builds"),
    ("listTasks", "poll"),
    ("getTaskInfo", "ask for tasks"),
    ("getTaskRequest", "look up"),
    ("getLoggedInUser", "who am I"),
    ("getBuild", "ask for N-V-Rs"),
    ("download .json", "download a document"),
    ("download", "download an image"),
)
"""What a request is for: the first line whose call it holds counts."""

_DISK: Sequence[Tuple[str, str]] = (
    ("create", "guard image-part intents journal lock-part log-part metadata-part"),
    ("open", "intents journal"),
    ("cut", "journal"),
    ("write", "image-part intents journal lock-part log-part metadata-part other"),
    ("flush", "image-part journal lock-part log-part metadata-part"),
    ("flush-folder", "log other work"),
    ("link", "image lock"),
    ("mkdir", "image log other work"),
    ("read", "image image-part images.json intents journal lock log osbuild.json other volume"),
    ("rename", "image images.json log osbuild.json"),
    ("symlink", "image-part"),
    ("unlink", "image-part lock lock-part log-part metadata-part"),
)
"""What is done to files, and to which."""

_MEETS: Mapping[str, str] = {
    "disk.enospc": "create link mkdir rename symlink write",
    "disk.erofs": "create cut link mkdir open rename symlink unlink write",
    "disk.eio": "flush flush-folder read write",
    "disk.short-write": "write",
}
"""Which of that a fault of a disk can meet."""

_INSIDE = ("give", "hand-in", "sleep")
"""Steps of threads, at which a process may be killed."""

_NEVER_DOWNLOADED = (
    *("net.hold-request", "net.lose-answer", "net.gateway-late", "net.repeat", "net.garble"),
    *("net.busy", "hub.database", "hub.offline", "hub.session-lost"),
)
"""Faults of calls: a file is only read, and by nobody's session."""


def step_name(step: str) -> str:
    """Return how a step is called in the figures."""
    bare = step.partition(" ")[2] if step.startswith(("call ", "answer ")) else step
    for part, name in _CALLS:
        if part in bare.split("+") or (part.startswith("download") and bare.startswith(part)):
            return name
    return bare


def steps_of(kind: str) -> Tuple[str, ...]:
    """Return the steps that a fault of a kind can meet."""
    calls = tuple(dict.fromkeys(name for _, name in _CALLS))
    if kind.startswith(("net.", "hub.")):
        unmet = "download" if kind in _NEVER_DOWNLOADED else "-"
        return tuple(name for name in calls if not name.startswith(unmet))
    files = [(verb, subject) for verb, subjects in _DISK for subject in subjects.split()]
    if kind.startswith("volume."):
        return ("read volume",)
    if kind.startswith("disk."):
        verbs = _MEETS[kind].split()
        return tuple("%s %s" % one for one in files if one[0] in verbs and one[1] != "volume")
    return (*calls, *_INSIDE, *("%s %s" % one for one in files if one[1] != "volume"))


IMPOSSIBLE: Mapping[Tuple[str, str], str] = {
    ("hub.session-lost", "log in"): "there is no session yet",
    ("net.repeat", "log out"): "the session is closed by then",
}
"""Pairs that cannot be, and why."""
