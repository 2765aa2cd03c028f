"""
A small, honest stand-in for the compose that Pungi hands to a phase, and for what hangs on it.

It is made from the recorded accesses of Pungi 4.3.6: its paths, its deliverables, its notifier,
which fills in the fields that it is given, and productmd's own image manifest. It does as little
as Pungi does there: no lock around the manifest, no copy of the config. Also here: the phase's work
on such a compose, over real HTTP against a rehearsal hub that koji's own configuration files name.
"""

from __future__ import annotations

import copy
import json
import logging
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
    Type,
)

import productmd.images
import requests
from kobo.threads import WorkerThread

from koji_rehearsal import (
    HubContent,
    HubSettings,
    RehearsalHub,
    parse_fault,
    write_profile,
)
from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import Profile
from pungi_osbuild.phase.composeview import PungiVariant
from pungi_osbuild.phase.pungiwork import Features, PungiWork

PROFILE = "rehearsal"
QUICK = Clock(sleep=lambda seconds: time.sleep(seconds / 100))
"""The policy's pause is a second; nobody needs to wait for it here."""

LIMIT = 20
"""Seconds after which something hangs; no test waits so long when all is well."""

Block = Dict[str, Any]
Entry = Tuple[str, str, Optional[str]]
_ORDER = {"variant": 0, "addon": 1, "layered-product": 1, "optional": 2}


@dataclass
class StandInVariant:
    """A variant; its arches hold ``src``, too, as Pungi's do."""

    uid: str
    arches: List[str]
    is_empty: bool = False
    type: str = "variant"
    parent: Optional[Any] = None

    def __post_init__(self) -> None:
        self.id = self.uid if self.parent is None else self.uid[len(self.parent.uid) + 1 :]
        self.name = self.id

    def __lt__(self, other: StandInVariant) -> bool:
        return (_ORDER[self.type], self.uid) < (_ORDER[other.type], other.uid)


def a_server(**changes: Any) -> StandInVariant:
    """Server, for two arches and for sources."""
    return StandInVariant(**{"uid": "Server", "arches": ["x86_64", "src", "aarch64"], **changes})


class StandInComposePaths:
    """Where things are below ``compose/``."""

    def __init__(self, compose: StandInCompose) -> None:
        self._compose = compose

    def topdir(
        self,
        arch: Optional[str] = None,
        variant: Optional[StandInVariant] = None,
        create_dir: bool = True,
        relative: bool = False,
    ) -> str:
        assert (arch is None) == (variant is None), "Pungi takes both or neither"
        parts = [] if relative else [self._compose.topdir, "compose"]
        if variant is not None:
            is_addon = variant.type == "addon" and variant.parent is not None
            owner = variant.parent if is_addon else variant
            assert owner is not None
            parts.append(owner.uid)
        if arch is not None:
            parts.append(arch)
        return _made("/".join(parts), create_dir and not relative)

    def image_dir(self, variant: StandInVariant, relative: bool = False) -> str:
        top = self.topdir("%(arch)s", variant, create_dir=False, relative=relative)
        return "%s/images" % top

    def repository(
        self, arch: str, variant: StandInVariant, create_dir: bool = True, relative: bool = False
    ) -> str:
        path = "%s/os" % self.topdir(arch, variant, create_dir=False, relative=relative)
        if variant.type == "addon":
            path = "%s/addons/%s" % (path, variant.id)
        return _made(path, create_dir and not relative)

    def metadata(self, file_name: str = "", create_dir: bool = True) -> str:
        folder = "%s/metadata" % self.topdir(create_dir=create_dir)
        return "/".join([_made(folder, create_dir), file_name])


class StandInLogPaths:
    """Where the logs are."""

    def __init__(self, compose: StandInCompose) -> None:
        self._compose = compose

    def topdir(self) -> str:
        return _made("%s/logs/global" % self._compose.topdir, True)

    def koji_tasks_dir(self) -> str:
        return _made("%s/koji-tasks" % self.topdir(), True)


def _made(path: str, wanted: bool) -> str:
    if wanted:
        Path(path).mkdir(parents=True, exist_ok=True)
    return path


class StandInNotifier:
    """Keeps what it was sent, then fills in what every message has, as Pungi's does."""

    def __init__(self, compose: StandInCompose) -> None:
        self._compose = compose
        self.sent: List[Tuple[str, Dict[str, Any]]] = []

    def send(self, msg: str, workdir: Optional[str] = None, **kwargs: Any) -> None:
        self.sent.append((msg, copy.deepcopy(kwargs)))
        kwargs.setdefault("compose_id", self._compose.compose_id)
        kwargs.setdefault("compose_path", self._compose.topdir)
        kwargs.setdefault("location", "filled in")
        for value in kwargs.values():
            if isinstance(value, list):
                value.append("filled in")

    def fields(self, message: str) -> List[Dict[str, Any]]:
        return [fields for sent, fields in self.sent if sent == message]


class StandInDownloader:
    """
    What ``compose.koji_downloader`` is since Pungi 4.5.

    Run side by side with the real ``KojiDownloadProxy`` of the 4.9 era
    (``pungi/wrappers/kojiwrapper.py``): without a cache it returns the path that it was given if
    that exists, else None, and asks nobody. With one it brings the file there from ``topurl``, also
    where the volume is mounted; None means that the answer was 404. It has no lock and no retries.

    :param topdir: "" where the profile has none
    :param cache: the folder that ``koji_cache`` names; None: it is not set
    """

    def __init__(self, topdir: str, topurl: str, cache: Optional[Path] = None) -> None:
        self.topdir = topdir
        self.topurl = topurl
        self.cache = cache
        self.asked: List[str] = []

    def get_file(self, path: str) -> Optional[str]:
        self.asked.append(path)
        if self.cache is None or not self.topdir:
            return path if Path(path).exists() else None
        cached = self.cache / Path(path).relative_to(self.topdir)
        if not cached.exists():
            answer = requests.get(path.replace(self.topdir, self.topurl), timeout=LIMIT)
            if answer.status_code == HTTPStatus.NOT_FOUND:
                return None
            answer.raise_for_status()
            cached.parent.mkdir(parents=True, exist_ok=True)
            cached.write_bytes(answer.content)
        return str(cached)


@dataclass
class StandInSpan:
    """What telemetry would have sent when the span has ended."""

    name: str
    attributes: Dict[str, str]
    parent: Optional[StandInSpan]
    error: Optional[str] = None
    ends: int = 0

    @property
    def root(self) -> StandInSpan:
        return self if self.parent is None else self.parent.root


class StandInTracing:
    """
    What ``pungi.otel.tracing`` is since Pungi 4.9, and the thread class of ``pungi.threading``.

    Both were run side by side with the real ones (of about 4.10, with the real OpenTelemetry): a
    span is the current one of its context, and has to be ended in that; a thread class takes the
    current span along from the thread that makes a thread into the new one.
    """

    def __init__(self) -> None:
        self.spans: List[StandInSpan] = []
        self.carried: List[Optional[StandInSpan]] = []
        self._current: ContextVar[Optional[StandInSpan]] = ContextVar("current", default=None)

    @contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[StandInSpan]:
        span = StandInSpan(name, attributes, self._current.get())
        self.spans.append(span)
        token = self._current.set(span)
        try:
            yield span
        except Exception as error:
            span.error = str(error)
            raise
        finally:
            self._current.reset(token)
            span.ends += 1

    @property
    def features(self) -> Features:
        tracing = self

        class TelemetryWorkerThread(WorkerThread):  # type: ignore[misc]  # kobo has no types
            def __init__(self, *arguments: Any, **named: Any) -> None:
                self.carried = tracing._current.get()
                super().__init__(*arguments, **named)

            def run(self) -> None:
                tracing._current.set(self.carried)
                tracing.carried.append(self.carried)
                super().run()

        thread_class: Type[Any] = TelemetryWorkerThread
        return Features(thread_class=thread_class, open_span=self.span)

    def of(self, name: str) -> List[StandInSpan]:
        return [span for span in self.spans if span.name == name]


class StandInCompose:
    """
    A nightly of Example 1.

    :param koji_downloader: as Pungi 4.5 and later have it; None: this Pungi is older
    """

    def __init__(
        self,
        topdir: Path,
        conf: Dict[str, Any],
        variants: Sequence[StandInVariant],
        koji_downloader: Any = None,
    ) -> None:
        self.topdir = str(topdir)
        self.conf: Mapping[str, Any] = conf
        self.all_variants: Mapping[str, PungiVariant] = {one.uid: one for one in variants}
        self._variants = variants
        self.compose_id = "Example-1-20261123.n.3"
        self.compose_type = "nightly"
        self.compose_date = "20261123"
        self.compose_respin = 3
        self.compose_label: Optional[str] = None
        release = SimpleNamespace(short=conf["release_short"], version=conf["release_version"])
        self.ci_base = SimpleNamespace(release=release)
        self.paths = SimpleNamespace(compose=StandInComposePaths(self), log=StandInLogPaths(self))
        self.notifier: Any = StandInNotifier(self)
        self.attempted_deliverables: Dict[str, List[Entry]] = {}
        self.required_deliverables: Dict[str, List[Entry]] = {}
        self.failed_deliverables: Dict[str, List[Entry]] = {}
        self.im = productmd.images.Images()
        self.im.compose.id = self.compose_id
        self.im.compose.type = self.compose_type
        self.im.compose.date = self.compose_date
        self.im.compose.respin = self.compose_respin
        if koji_downloader is not None:
            self.koji_downloader = koji_downloader

    def get_variants(self) -> List[StandInVariant]:
        return sorted(self._variants)

    def attempt_deliverable(
        self, variant: PungiVariant, arch: str, kind: str, subvariant: Optional[str]
    ) -> None:
        entry = (variant.uid, arch, subvariant)
        self.attempted_deliverables.setdefault(kind, []).append(entry)

    def require_deliverable(
        self, variant: PungiVariant, arch: str, kind: str, subvariant: Optional[str]
    ) -> None:
        entry = (variant.uid, arch, subvariant)
        self.required_deliverables.setdefault(kind, []).append(entry)

    def fail_deliverable(
        self, variant: PungiVariant, arch: str, kind: str, subvariant: Optional[str]
    ) -> None:
        entry = (variant.uid, arch, subvariant)
        self.failed_deliverables.setdefault(kind, []).append(entry)

    def dumped(self) -> Tuple[Dict[str, Any], Any]:
        """Write images.json as ``run_compose`` does; give its images, and what productmd reads."""
        path = self.paths.compose.metadata("images.json")
        self.im.dump(path)
        loaded = productmd.images.Images()
        loaded.load(path)
        images = json.loads(Path(path).read_text("utf-8"))["payload"]["images"]
        return images, loaded

    def recorded(self) -> Dict[str, Any]:
        """Return the payload of osbuild.json."""
        path = Path(self.paths.compose.metadata("osbuild.json"))
        payload: Dict[str, Any] = json.loads(path.read_text("utf-8"))["payload"]
        return payload

    def tasks(self) -> Dict[str, Dict[str, Any]]:
        """Return the tasks of osbuild.json by variant and arches."""
        return {
            "%s %s" % (task["variant"], ",".join(task["arches"])): task
            for task in self.recorded()["tasks"]
        }

    def logs(self) -> Dict[str, str]:
        """Return the phase's task logs by file name."""
        folder = Path(self.topdir) / "logs" / "global" / "osbuild"
        return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.log"))}

    def task_ids(self) -> Set[str]:
        """Return the names of the files in koji-tasks."""
        return {path.name for path in Path(self.paths.log.koji_tasks_dir()).iterdir()}


def block(**changes: Any) -> Block:
    """An image block that every hub builds."""
    return {
        "name": "image",
        "distro": "rhel-9.4",
        "image_types": "guest-image",
        "target": "t",
        "release": "1",
        **changes,
    }


def a_conf(*blocks: Block, **top: Any) -> Dict[str, Any]:
    """A config whose blocks are for Server, unless it has a section of its own."""
    return {
        "release_name": "Example",
        "release_short": "Example",
        "release_version": "1",
        "koji_profile": PROFILE,
        "link_type": "hardlink-or-copy",
        "skip_phases": [],
        "osbuild": {"^Server$": list(blocks)},
        **top,
    }


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: List[Tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append((record.levelname, record.getMessage()))

    def lines(self, level: str) -> List[str]:
        return [text for name, text in self.records if name == level]

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.records)


def a_log() -> Tuple[logging.Logger, Kept]:
    """A log of the phase that nobody else writes to, and what is in it."""
    log, kept = logging.Logger("OSBUILD"), Kept()
    log.addHandler(kept)
    return log, kept


class Phase:
    """The phase's work on a compose, with its log."""

    def __init__(
        self,
        compose: StandInCompose,
        clock: Clock = QUICK,
        features: Optional[Features] = None,
        terminate_timeout: float = LIMIT,
    ) -> None:
        self.compose = compose
        self.logger, self.log = a_log()
        self.work = PungiWork(
            compose, self.logger, features or Features(), clock, terminate_timeout
        )

    def go(self) -> StandInCompose:
        """Live a whole life; what it raises goes on its way."""
        self.work.validate()
        self.work.start()
        self.work.finish()
        return self.compose

    def failing(self) -> str:
        """Live a whole life that ends in an error, and return its text."""
        self.work.validate()
        self.work.start()
        return self.error_of(self.work.finish)

    def ended(self) -> bool:
        """Wait for the phase's own thread, whatever the phase does."""
        background = self.work._background
        return background is not None and background.wait(LIMIT)

    @staticmethod
    def error_of(step: Callable[[], None]) -> str:
        try:
            step()
        except RuntimeError as error:
            return str(error)
        except KeyboardInterrupt as error:
            raise AssertionError("no step may interrupt Pungi's own thread") from error
        raise AssertionError("nothing was raised")


def profile_file(home: Path) -> Path:
    """Where koji looks for a user's profiles."""
    return home / ".koji" / "config.d" / "rehearsal.conf"


@contextmanager
def a_hub(
    home: Path,
    *faults: str,
    content: Optional[HubContent] = None,
    settings: HubSettings = HubSettings(duration=0.0),  # noqa: B008  frozen
    clock: Callable[[], float] = time.time,
) -> Iterator[RehearsalHub]:
    """Run a hub that the profile in koji's own configuration leads to, for a home of one's own."""
    settings = replace(settings, faults=tuple(map(parse_fault, faults)))
    with RehearsalHub(settings, home.parent / "koji", content, clock) as hub:
        write_profile(profile_file(home), hub, PROFILE)
        yield hub


def params(hub: RehearsalHub, method: str = "osbuildImage") -> List[Tuple[Any, ...]]:
    """Return the arguments of every call of a method."""
    return [call.params for call in hub.calls if call.method == method]


def a_profile(topdir: Path) -> Profile:
    """A profile of a Koji that nobody calls."""
    return Profile(
        PROFILE,
        "https://koji.example.com/kojihub",
        "https://koji.example.com/kojifiles",
        "https://koji.example.com/koji",
        str(topdir),
    )


def by_path(images: Mapping[str, Any]) -> Dict[str, Dict[str, Any]]:
    """Return the entries of an images.json, or of an osbuild.json, by path."""
    return {
        entry["path"] if "path" in entry else entry["location"]["local_path"]: entry
        for arches in images.values()
        for entries in arches.values()
        for entry in entries
    }


def foreign_image(compose: StandInCompose, **changes: Any) -> Any:
    """An image as another phase of Pungi makes it, with the identity of :func:`block`'s."""
    image = productmd.images.Image(compose.im)
    values = {
        "path": "Server/x86_64/images/other.qcow2",
        "mtime": 1795410000,
        "size": 900,
        "type": "qcow2",
        "format": "qcow2",
        "arch": "x86_64",
        "disc_number": 1,
        "disc_count": 1,
        "bootable": False,
        "subvariant": "Server",
        **changes,
    }
    for name, value in values.items():
        setattr(image, name, value)
    return image
