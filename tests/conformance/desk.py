"""A hub on a hand-cranked clock, and koji sessions with it."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import koji

from koji_rehearsal import HubContent, HubSettings, RehearsalHub
from tests.hostile import split

DATA = Path(__file__).parent / "data"
START = 1795417399.25
DURATION = 10.0
REPOS = {"repo": ["https://repos.example.com/f41/$arch/os/"]}

STRICT = replace(HubContent.golden(), strict=True, anonymous=None)
"""The hub that the golden replies are of: nothing is added, nobody is somebody."""


class HandClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Desk:
    """A hub, its clock, and sessions that are closed with it."""

    def __init__(self, hub: RehearsalHub, clock: HandClock, stack: ExitStack) -> None:
        self.hub = hub
        self.clock = clock
        self._stack = stack
        self._sessions: Dict[Optional[str], Any] = {}

    def session(self, user: Optional[str] = "pungi") -> Any:
        """Return the session of a user; None: one that is not logged in."""
        if user not in self._sessions:
            self._sessions[user] = self.new_session(user)
        return self._sessions[user]

    def new_session(self, user: Optional[str] = "pungi", password: Optional[str] = None) -> Any:
        """Return a session of its own."""
        options = {} if user is None else {"user": user, "password": password or user + "pw"}
        session = koji.ClientSession(self.hub.server, options)
        self._stack.callback(session.rsession.close)
        if user is not None:
            session.login()
            self._stack.callback(session.setSession, None)
        return session

    def submit(self, name: str = "rig-image", version: str = "41", **changes: Any) -> int:
        """Submit an image task: a guest image of Fedora 41 for x86_64 without upload."""
        opts = {**REPOS, **changes.pop("opts", {})}
        values: Dict[str, Any] = {
            "distro": "fedora-41",
            "image_type": "guest-image",
            "target": "f41-images",
            "arches": ["x86_64"],
            **changes,
        }
        return int(self.session().osbuildImage(name, version, *values.values(), opts))

    def build(self, *args: Any, **changes: Any) -> int:
        """Submit an image task, let it end, and return its id."""
        task_id = self.submit(*args, **changes)
        self.end_all()
        return task_id

    def end_all(self) -> None:
        """Let every task end that does not wait for another."""
        self.clock.turn(3 * DURATION)

    def state(self, task_id: int) -> str:
        """Return the state of a task by name."""
        return str(koji.TASK_STATES[self.session().getTaskInfo(task_id)["state"]])

    def build_of(self, task_id: int) -> Dict[str, Any]:
        """Return the build of a task that is CLOSED."""
        result = self.session().getTaskResult(task_id)
        build: Dict[str, Any] = self.session().getBuild(result["koji"]["build"])
        return build

    def output(self, task_id: int, name: str = "compose-status.json") -> Any:
        """Return a file of a task's output."""
        return json.loads(self.session().downloadTaskOutput(task_id, name))

    def image_archives(self, task_id: int) -> List[Dict[str, Any]]:
        """Return the archives of a task's images, by arch."""
        archives = self.session().listArchives(buildID=self.build_of(task_id)["id"])
        images = [one for one in archives if "boot_mode" in one["extra"]["image"]]
        return sorted(images, key=lambda one: str(one["extra"]["image"]["arch"]))


@contextmanager
def a_desk(
    topdir: Path,
    *faults: str,
    content: Optional[HubContent] = None,
    settings: HubSettings = HubSettings(duration=DURATION),  # noqa: B008  frozen
) -> Iterator[Desk]:
    """Give a hub with these faults, started."""
    clock = HandClock()
    own, hostile = split(faults)
    settings = replace(settings, faults=own)
    with ExitStack() as stack:
        hub = RehearsalHub(settings, topdir, content, clock, make_rewriter=hostile)
        stack.enter_context(hub)
        yield Desk(hub, clock, stack)


def golden(name: str) -> Any:
    """Return what a real hub said."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


_IDS = {"id", "build_id", "buildroot_id", "build", "task_id", "parent", "koji_build_id"}
_EVENTS = {"creation_event_id", "create_event"}
_NUMBERS = {"size", "begin_ts"}
_PATTERNS: Tuple[Tuple[str, str], ...] = (
    (r"http://127\.0\.0\.1:\d+(/composer)?", "<host>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"&X-Amz-Signature=[0-9a-f]+", ""),
    (r"\b(rig|rehearsal)-(bucket|project)\b", r"<\2>"),
    (r"^ami-[0-9a-f]{17}$", "<ami>"),
    (r"^sha256:[0-9a-f]{64}$", "<digest>"),
    (r"^git-rev:[0-9a-f]{40}$", "<git-rev>"),
    (r"^v1\.6\.1(-0\.\d{14}-[0-9a-f]{12})?$", "<version>"),
    (r"^[0-9a-f]{32}$", "<md5>"),
    (r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$", "<time>"),
)


def normal(value: Any, key: str = "") -> Any:
    """Return a reply with what differs from hub to hub replaced by a word for its kind."""
    if isinstance(value, dict):
        result = {name: normal(item, name) for name, item in value.items()}
        if value.get("method") == "tagBuild" and isinstance(value.get("request"), list):
            result["request"][1] = "<id>"
        return result
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if key in ("token", "boot_mode"):
        return "<%s>" % key
    if key.startswith("st_"):
        return "<%s>" % type(value).__name__
    if isinstance(value, int) and key in _IDS | _EVENTS:
        return "<id>"
    if isinstance(value, (int, float)) and (key.endswith("_ts") or key in _NUMBERS):
        return "<%s>" % type(value).__name__
    if isinstance(value, str):
        for pattern, word in _PATTERNS:
            value = re.sub(pattern, word, value)
    return value
