"""What one run needs: a rehearsal hub in a process of its own, a config, a compose, a profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List

from pungi_osbuild.metadata import write_compose
from pungi_osbuild.model import Compose, ComposeIdentity, Variant

ROOT = Path(__file__).parent.parent
PROFILE = "bench"
USER = "pungi"
PASSWORD = "pungipw"  # noqa: S105  a rehearsal hub's
ARCHES = ("aarch64", "x86_64")


@dataclass(frozen=True)
class Seen:
    """
    What the hub saw of a run, as :mod:`benchmarks.hubprocess` wrote it.

    :param requests: when each came, seconds since the epoch; seconds of processor time that its
        answer took; the methods that it called
    :param ends: when each image task ended, seconds since the epoch
    """

    requests: List[Request]
    ends: List[float]
    logins: int
    connections: int


@dataclass(frozen=True)
class Request:
    """A request; see :class:`Seen`."""

    at: float
    busy: float
    methods: List[str]


@dataclass(frozen=True)
class Scene:
    """
    Where a run takes place.

    :param folder: everything of it, and the home folder of its processes
    """

    folder: Path

    @property
    def compose(self) -> Path:
        """The compose folder."""
        return self.folder / "compose"

    @property
    def config(self) -> Path:
        """The compose's config."""
        return self.folder / "compose.json"

    @property
    def environment(self) -> Dict[str, str]:
        """What the processes of the run find: the profile, and this environment's commands."""
        commands = str(Path(sys.executable).parent)
        path = os.pathsep.join([commands, os.environ.get("PATH", os.defpath)])
        return {**os.environ, "HOME": str(self.folder), "PATH": path, "PYTHONPATH": str(ROOT)}

    def seen(self) -> Seen:
        """Return what the hub saw, after it has ended."""
        told = json.loads((self.folder / "seen.json").read_text(encoding="utf-8"))
        requests = sorted((Request(*one) for one in told["requests"]), key=lambda one: one.at)
        return Seen(requests, told["ends"], told["logins"], told["connections"])


@contextmanager
def a_scene(folder: Path, blocks: int, duration: float, **settings: Any) -> Iterator[Scene]:
    """
    Give a scene with a hub that runs until it is left.

    :param blocks: image blocks in the config, each for two arches
    :param duration: seconds that each task takes
    :param settings: more settings of the compose
    """
    folder.mkdir(parents=True)
    scene = Scene(folder)
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    scene.config.write_text(json.dumps(a_config(blocks, **settings)), encoding="utf-8")
    write_compose(scene.compose / "compose/metadata/composeinfo.json", a_compose(scene.compose))
    command = [sys.executable, "-m", "benchmarks.hubprocess", str(folder), str(duration)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as hub:
        assert hub.stdin is not None
        assert hub.stdout is not None
        if not hub.stdout.readline():
            raise RuntimeError("the rehearsal hub did not start")
        yield scene
        hub.stdin.close()
        hub.wait()


def a_config(blocks: int, **settings: Any) -> Dict[str, Any]:
    """Return a config with image blocks that have everything a block may need."""
    return {
        "release_name": "Bench",
        "release_short": "Bench",
        "release_version": "1",
        "koji_profile": PROFILE,
        "link_type": "hardlink-or-copy",
        "osbuild": {"^Server$": [a_block(number) for number in range(blocks)]},
        **settings,
    }


def a_block(number: int) -> Dict[str, Any]:
    """Return an image block that builds an AMI for each arch of its variant."""
    return {
        "name": "image-%d" % number,
        "subvariant": "S%d" % number,
        "distro": "rhel-9.4",
        "image_types": "aws",
        "target": "bench-target",
        "version": "1",
        "release": "1",
        "repo": ["Server", "https://example.com/$arch"],
        "upload_options": {
            "region": "us-east-1",
            "share_with_accounts": ["123456789012"],
            "snapshot_name": "{nvr}",
        },
    }


def a_compose(topdir: Path) -> Compose:
    """Return a compose with one variant of two arches."""
    identity = ComposeIdentity(
        id="Bench-1-20261123.t.0",
        type="test",
        date="20261123",
        respin=0,
        label=None,
        release_name="Bench",
        release_short="Bench",
        release_version="1",
    )
    variant = Variant(
        uid="Server",
        id="Server",
        name="Server",
        type="variant",
        arches=ARCHES,
        repositories=tuple((arch, "Server/%s/os" % arch) for arch in ARCHES),
    )
    return Compose(identity=identity, variants=(variant,), topdir=str(topdir))
