"""Composing with real Pungi: a config, a rehearsal hub, a process, and what it left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import koji

import pungi_osbuild
from koji_rehearsal import (
    Call,
    HubContent,
    HubSettings,
    RehearsalHub,
    parse_fault,
    write_profile,
)
from tests.with_pungi.repository import ARCHES, PACKAGES
from tests.with_pungi.standins import StandIns

OURS = ("-m", "pungi_osbuild.cli.pungi_koji")
PUNGIS = ("-c", "from pungi.scripts.pungi_koji import cli_main; cli_main()")
"""The two ways to start a compose: our program, and Pungi's own, unmodified."""

JUST_IMAGES = ("--just-phase", "osbuild", "--just-phase", "test")
LIMIT = 120
"""Seconds after which a compose hangs."""

PROJECT = Path(pungi_osbuild.__file__).parent.parent
PROFILE = "rehearsal"
ABSENT = object()
"""Takes an option out of a config; None stays None."""

VARIANTS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE variants PUBLIC "-//Red Hat, Inc.//DTD Variants info//EN" "variants.dtd">
<variants>
%s</variants>
"""
VARIANT = """  <variant id="%s" name="%s" type="%s"%s>
    <arches>%s</arches>
    <groups><group default="true">core</group></groups>
%s  </variant>
"""
EMPTY = ' is_empty="true"'
"""Any value of it means yes."""

COMPS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
<comps>
  <group>
    <id>core</id>
    <name>Core</name>
    <description>Everything</description>
    <default>true</default>
    <uservisible>true</uservisible>
    <packagelist>%s</packagelist>
  </group>
</comps>
"""

Block = Dict[str, Any]
Section = Mapping[str, Sequence[Block]]


def block(name: str, image_type: Any = "guest-image", **more: Any) -> Block:
    """Return an image block; ``guest-image`` needs no upload and is known to every Pungi."""
    return {"name": name, "distro": "rhel-9.4", "image_types": image_type, **more}


@dataclass(frozen=True)
class Submitted:
    """The arguments of an ``osbuildImage`` call, however they were passed."""

    name: str
    version: str
    distro: str
    image_type: Any
    target: Optional[str]
    arches: Tuple[str, ...]
    opts: Mapping[str, Any]

    @classmethod
    def from_call(cls, call: Call) -> Submitted:
        name, version, distro, image_type, target, arches, *rest = call.params
        last: Mapping[str, Any] = rest[0] if rest else {}
        return cls(name, version, distro, image_type, target, tuple(arches), last.get("opts", last))

    @property
    def nvr(self) -> str:
        return "%s-%s-%s" % (self.name, self.version, self.opts["release"])


@dataclass(frozen=True)
class Composed:
    """A compose that has ended, and the folder that it is in."""

    exit: int
    out: str
    folder: Path

    @property
    def status(self) -> str:
        return (self.folder / "STATUS").read_text("utf-8").strip()

    @property
    def log(self) -> str:
        return (self.folder / "logs/global/pungi.global.log").read_text("utf-8")

    @property
    def complaint(self) -> str:
        """Why the compose has failed, as Pungi's log says it, all lines of it."""
        _, _, after = self.log.partition("Compose run failed: ")
        return after.partition("Extended traceback in:")[0]

    @property
    def refusals(self) -> List[str]:
        """What the phase found before anything ran, without ``OSBUILD: ``."""
        lead = "OSBUILD: "
        return [line[len(lead) :] for line in self.out.splitlines() if line.startswith(lead)]

    @property
    def metadata(self) -> Path:
        return self.folder / "compose" / "metadata"

    def entries(self) -> Dict[Tuple[str, str], List[Dict[str, Any]]]:
        """Return images.json by variant and arch."""
        images = _json(self.metadata / "images.json")["payload"]["images"]
        return {(uid, arch): images[uid][arch] for uid in images for arch in images[uid]}

    def recorded(self) -> Dict[str, Any]:
        """Return the payload of osbuild.json."""
        payload: Dict[str, Any] = _json(self.metadata / "osbuild.json")["payload"]
        return payload

    def deliverables(self, kind: str = "osbuild") -> Dict[str, List[Tuple[Any, ...]]]:
        """Return what deliverables.json says of a kind, by ``required``, ``attempted``..."""
        document = _json(self.folder / "logs/global/deliverables.json")
        return {
            state: sorted(tuple(item) for item in kinds[kind])
            for state, kinds in document.items()
            if kinds.get(kind)
        }

    def config(self) -> Dict[str, Any]:
        """Return the config as Pungi has dumped it."""
        dump: Dict[str, Any] = _json(self.folder / "logs/global/config-dump.global.log")
        return dump

    def task_files(self) -> List[int]:
        """Return the ids below ``koji-tasks``."""
        return sorted(int(path.name) for path in self.folder.glob("logs/global/koji-tasks/*"))

    def images(self) -> List[str]:
        """Return the image files that are in the compose."""
        top = self.folder / "compose"
        found = [*top.glob("*/*/images/*"), *top.glob("*/*/iso/*")]
        return sorted(str(path.relative_to(top)) for path in found if "SUM" not in path.name)


class Running:
    """A compose that runs."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self._out = out

    def wait(self) -> Composed:
        code = self.process.wait(LIMIT)
        return Composed(code, self._out.read_text("utf-8"), self.folder)

    def until(self, happened: Callable[[], bool], what: str) -> None:
        """Wait until something is so that is bound to come."""
        end = time.monotonic() + LIMIT
        while not happened():
            assert self.process.poll() is None, "%s: it ended\n%s" % (
                what,
                self._out.read_text("utf-8"),
            )
            assert time.monotonic() < end, "%s: never" % what
            time.sleep(0.05)

    def stop(self, number: signal.Signals) -> Composed:
        self.process.send_signal(number)
        return self.wait()


class Workshop:
    """A folder to compose in, with the hubs that are asked for."""

    def __init__(self, folder: Path, repository: Path, stand_ins: StandIns) -> None:
        self.folder = folder
        self.repository = repository
        self.stand_ins = stand_ins
        self.home = folder / "home"
        self._stack = ExitStack()
        self._started = 0
        self._ahead = 0.0

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def hub(
        self, *faults: str, content: Optional[HubContent] = None, **settings: Any
    ) -> RehearsalHub:
        """Start a hub, which is the one of the profile from now on."""
        settings.setdefault("duration", 0.0)
        wanted = HubSettings(faults=tuple(map(parse_fault, faults)), **settings)
        self._started += 1
        topdir = self.folder / ("koji-%d" % self._started)
        started = self._stack.enter_context(
            RehearsalHub(wanted, topdir, content, lambda: time.time() + self._ahead)
        )
        write_profile(self.profile, started, PROFILE)
        return started

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the hubs, as for tasks that go on while nobody looks."""
        self._ahead += seconds

    @property
    def profile(self) -> Path:
        """The file that leads to the hub that was started last."""
        return self.home / ".koji/config.d/rehearsal.conf"

    def config(
        self,
        osbuild: Optional[Section],
        variants: Iterable[Tuple[str, Sequence[str]]] = (("Client", ARCHES), ("Server", ARCHES)),
        empty: Sequence[str] = (),
        nested: Sequence[Tuple[str, str]] = (),
        **more: Any,
    ) -> Path:
        """
        Write a config and its files.

        :param osbuild: the section; None: there is none
        :param variants: the variants and their arches
        :param empty: those of them that hold no packages
        :param nested: the variants, with their types, that are within each of them
        :param more: top-level options
        """
        where = self.folder / "config"
        where.mkdir(exist_ok=True)
        elements = [
            _variant(uid, "variant", arches, EMPTY if uid in empty else "", nested)
            for uid, arches in variants
        ]
        (where / "variants.xml").write_text(VARIANTS % "".join(elements), encoding="utf-8")
        values: Dict[str, Any] = {
            "release_name": "Tiny",
            "release_short": "TINY",
            "release_version": "1.0",
            "release_type": "ga",
            "variants_file": "variants.xml",
            "tree_arches": list(ARCHES),
            "sigkeys": [None],
            "pkgset_source": "repos",
            "pkgset_repos": {"*": [str(self.repository)]},
            "gather_method": "nodeps",
            "createrepo_checksum": "sha256",
            "check_deps": False,
            "greedy_method": "build",
            "runroot_tag": "",
            "media_checksums": ["sha256"],
            "koji_profile": PROFILE,
            "translate_paths": [(str(self.folder), "https://composes.example.com")],
            "osbuild_target": "tiny-images",
            **({} if osbuild is None else {"osbuild": dict(osbuild)}),
            **more,
        }
        path = where / "tiny.conf"
        lines = ["%s = %r\n" % item for item in values.items() if item[1] is not ABSENT]
        path.write_text("".join(lines), encoding="utf-8")
        return path

    def comps(self) -> str:
        """Write the comps file that a compose with packages needs, and return its name."""
        packages = (
            '<packagereq type="mandatory">%s</packagereq>' % package for package in PACKAGES
        )
        path = self.folder / "config" / "comps.xml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(COMPS % "".join(packages), encoding="utf-8")
        return path.name

    def environment(self) -> Dict[str, str]:
        """Return the environment of a compose."""
        mine = [PROJECT, self.stand_ins.modules]
        theirs = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        paths = [*(str(Path(path).absolute()) for path in theirs), *map(str, mine)]
        return {
            **os.environ,
            "HOME": str(self.home),
            "PATH": os.pathsep.join([str(self.stand_ins.programs), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(paths),
        }

    def start(
        self,
        config: Path,
        *options: object,
        way: Sequence[str] = OURS,
        phases: Sequence[str] = JUST_IMAGES,
        folder: Optional[Path] = None,
    ) -> Running:
        """
        Start a compose.

        :param phases: the options that choose them
        :param folder: of the compose; None: a new one
        """
        self._started += 1
        folder = folder or self.folder / ("compose-%d" % self._started)
        out = self.folder / ("output-%d" % self._started)
        where = ("--config", config, "--compose-dir", folder)
        command = [sys.executable, *way, "--test", "--no-latest-link", *where, *phases, *options]
        self.home.mkdir(exist_ok=True)
        with out.open("wb") as sink:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=self.environment(),
                cwd=self.folder,
            )
        self._stack.callback(_end, process)
        return Running(process, out, folder)

    def compose(self, *arguments: Any, **more: Any) -> Composed:
        """Start a compose and wait for its end; as :meth:`start`."""
        return self.start(*arguments, **more).wait()


def submitted(hub: RehearsalHub) -> List[Submitted]:
    """Return the image tasks that a hub was asked for, in order."""
    return [Submitted.from_call(call) for call in hub.calls if call.method == "osbuildImage"]


def tasks(hub: RehearsalHub) -> Dict[int, str]:
    """Return the state of each image task of a hub, by id."""
    session = koji.ClientSession(hub.server, {})
    try:
        rows = session.listTasks({"method": "osbuildImage"})
        return {row["id"]: koji.TASK_STATES[row["state"]] for row in rows}
    finally:
        session.rsession.close()


def _variant(
    uid: str, kind: str, arches: Sequence[str], more: str, nested: Sequence[Tuple[str, str]]
) -> str:
    within = [_variant(name, within, arches, "", ()) for name, within in nested]
    children = "<variants>\n%s</variants>\n" % "".join(within) if within else ""
    return VARIANT % (uid, uid, kind, more, _elements("arch", arches), children)


def _elements(name: str, texts: Sequence[str]) -> str:
    return "".join("<%s>%s</%s>" % (name, text, name) for text in texts)


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait(LIMIT)
