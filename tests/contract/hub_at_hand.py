"""The hub that the contract is tested with: one named by the environment, else a rehearsal hub."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import koji

PREFIX = "pungi-osbuild-test-"
"""What the name of everything begins with that these tests make."""

BUILDS = ("built", "unlisted", "cancelled")
"""The builds that they make, each an image of one arch."""

ENDED = ("CLOSED", "CANCELED", "FAILED")


@dataclass(frozen=True)
class Choices:
    """
    Which hub, and what is built there.

    :param hub: its address, or empty: by the profile
    :param topurl: where its files are; empty: beside the hub, or as the profile says
    :param repo: a repository of the distribution; empty: that of the target's build tag
    :param timeout: seconds that a build may take
    """

    hub: str = ""
    profile: str = ""
    config: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    topurl: str = ""
    target: str = "f41-images"
    distro: str = "fedora-41"
    image_type: str = "guest-image"
    arch: str = "x86_64"
    repo: str = ""
    timeout: float = 7200.0

    @property
    def named(self) -> bool:
        """Whether there is a hub that somebody named."""
        return bool(self.hub or self.profile)

    def announced(self) -> List[str]:
        """Return what the tests will do, to be said before they do it."""
        if not self.named:
            return ["contract: a rehearsal hub of these tests' own"]
        where = self.hub or "the hub of profile %s" % self.profile
        who = "as %s" % self.user if self.user else "as the profile says, else anonymously"
        return [
            "contract: %s, %s" % (where, who),
            "contract: makes up to %d builds and a few tasks that fail, all named %s<random>-..."
            % (len(BUILDS), PREFIX),
            "contract: target %s, %s %s %s; nothing is tagged, nothing is uploaded to a cloud"
            % (self.target, self.distro, self.image_type, self.arch),
            "contract: cancels one of its own tasks; its builds stay in Koji, untagged",
        ]


def read_choices(environ: Mapping[str, str] = os.environ) -> Choices:
    """Return the choices that ``CONTRACT_*`` variables make; an empty one counts as not given."""
    given: Dict[str, Any] = {}
    for name, default in vars(Choices()).items():
        text = environ.get("CONTRACT_" + name.upper(), "")
        if text:
            given[name] = type(default)(text)
    return Choices(**given)


class HubAtHand:
    """
    A hub with a session, and a name of its own for what is made there.

    :param new_session: returns a session that is logged in, or an anonymous one
    :param interval: seconds between two looks at a task
    """

    def __init__(
        self,
        choices: Choices,
        new_session: Callable[[bool], Any],
        topurl: str,
        interval: float,
    ) -> None:
        self.choices = choices
        self.topurl = topurl
        self.new_session = new_session
        self.session = new_session(True)
        self.anonymous = new_session(False)
        self._interval = interval
        self._stem = PREFIX + secrets.token_hex(4)
        self._tasks: Dict[str, int] = {}

    def name(self, what: str) -> str:
        """Return the name of an image of these tests."""
        return "%s-%s" % (self._stem, what)

    def submit(self, name: str, **changes: Any) -> int:
        """Submit an image task that is not tagged; release 1 of version 1."""
        opts: Dict[str, Any] = {"release": "1", "skip_tag": True}
        if self.choices.repo:
            opts["repo"] = [self.choices.repo]
        opts.update(changes.pop("opts", {}))
        values = {
            "distro": self.choices.distro,
            "image_type": self.choices.image_type,
            "target": self.choices.target,
            "arches": [self.choices.arch],
            **changes,
        }
        return int(self.session.osbuildImage(name, "1", *values.values(), opts))

    def task(self, what: str, **changes: Any) -> int:
        """Return the task of one of the builds, which is submitted when it is first asked for."""
        if what not in self._tasks:
            assert what in BUILDS
            self._tasks[what] = self.submit(self.name(what), **changes)
        return self._tasks[what]

    def state(self, task_id: int) -> str:
        """Return the state of a task by name."""
        return str(koji.TASK_STATES[self.session.getTaskInfo(task_id)["state"]])

    def ended(self, task_id: int) -> str:
        """Wait until a task has ended, and return its state."""
        self.wait(lambda: self.state(task_id) in ENDED)
        return self.state(task_id)

    def wait(self, reached: Callable[[], Any]) -> Any:
        """Look again and again until something is so, and return what it is."""
        until = time.monotonic() + self.choices.timeout
        while True:
            found = reached()
            if found:
                return found
            assert time.monotonic() < until, "not within %d seconds" % self.choices.timeout
            time.sleep(self._interval)

    def lists_every_package(self) -> bool:
        """Whether a hub adds packages on first use, as a rehearsal hub may."""
        target = self.session.getBuildTarget(self.choices.target, strict=True)
        return bool(self.session.checkTagPackage(target["dest_tag_name"], self.name("nothing")))


def named_hub(choices: Choices) -> Tuple[Callable[[bool], Any], str]:
    """Return how to open a session with the hub that was named, and where its files are."""
    if choices.profile:
        return _by_profile(choices)

    def new_session(logged_in: bool) -> Any:
        options = {}
        if logged_in and choices.user:
            options = {"user": choices.user, "password": choices.password}
        session = koji.ClientSession(choices.hub, options)
        if options:
            session.login()
        return session

    beside = choices.hub.rstrip("/").rsplit("/", 1)[0] + "/kojifiles"
    return new_session, choices.topurl or beside


def _by_profile(choices: Choices) -> Tuple[Callable[[bool], Any], str]:
    from koji_cli.lib import activate_session

    options = koji.read_config(choices.profile, choices.config or None)
    if choices.user:
        options.update(user=choices.user, password=choices.password, authtype="password")

    def new_session(logged_in: bool) -> Any:
        session = koji.ClientSession(options["server"], koji.grab_session_options(options))
        if logged_in:
            activate_session(session, _Options(options))
        return session

    return new_session, choices.topurl or options["topurl"]


class _Options:
    """A profile as the koji command's own functions take it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.noauth = values.get("authtype") == "noauth"
        self.runas: Optional[str] = None
        self.debug = False
        self.__dict__.update(values)
