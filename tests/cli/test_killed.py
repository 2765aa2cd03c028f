"""
``pungi-osbuild run`` killed by ``kill -9`` at random moments, and run again until it ends.

The hub is another process and is not killed; what it has recorded says what was submitted, and the
disk what is there.
"""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple

import koji
import pytest

from pungi_osbuild.hub import read_profile
from pungi_osbuild.metadata import write_compose
from pungi_osbuild.methods import digest_of
from pungi_osbuild.run.history import replay
from tests.cli.commands import LIMIT, hub, pungi_osbuild, started
from tests.values import a_compose, a_variant, an_identity

BLOCKS = 4
ARCHES = ("aarch64", "x86_64")
SEED = 20261127

CONFIG = """
koji_profile = "rehearsal"
release_name = "x"
media_checksums = ["sha256"]
translate_paths = [("/", "https://composes.example.com/")]
osbuild_poll_interval = 0.2
osbuild = {"^Server$": [%s]}
"""
BLOCK = """{"name": "image-%d", "distro": "rhel-9.4", "image_types": "guest-image",
    "target": "t", "version": "%s", "subvariant": "S%d", "upload_options": {"region": "eu-west-1"},
    %s}"""


@dataclass(frozen=True)
class Round:
    """
    One compose, and a config that builds images of a version of its own.

    :param release: configured, or left to the hub
    """

    home: Path
    version: str
    release: bool

    @property
    def topdir(self) -> Path:
        return self.home / ("compose-%s" % self.version)

    @property
    def journal(self) -> Path:
        return self.topdir / "work/global/osbuild/journal.jsonl"

    def prepare(self) -> None:
        compose = a_compose(
            identity=an_identity(),
            variants=(a_variant(arches=ARCHES),),
            topdir=str(self.topdir),
        )
        write_compose(self.topdir / "compose/metadata/composeinfo.json", compose)
        more = '"release": "7"' if self.release else ""
        blocks = [BLOCK % (number, self.version, number, more) for number in range(BLOCKS)]
        self.config.write_text(CONFIG % ", ".join(blocks), encoding="utf-8")

    @property
    def config(self) -> Path:
        return self.home / ("%s.conf" % self.version)

    @property
    def command(self) -> Tuple[object, ...]:
        return ("run", self.config, "--compose", self.topdir, "--quiet")

    def killed(self, chance: random.Random) -> bool:
        """Run, and kill it at some moment; False when it had ended by itself before."""
        process = started(*self.command, home=self.home)
        try:
            self._wait_for_a_moment(process, chance)
            process.send_signal(signal.SIGKILL)
        finally:
            process.communicate(timeout=LIMIT)
        return process.returncode == -signal.SIGKILL

    def _wait_for_a_moment(self, process: subprocess.Popen[str], chance: random.Random) -> None:
        """Wait until the journal has grown by some bytes, and then for a moment more or less."""
        size = self._size
        wanted = size + chance.choice([0, 1, chance.randrange(1, 6000)])
        deadline = time.monotonic() + LIMIT
        while self._size <= wanted and process.poll() is None:
            assert time.monotonic() < deadline, "nothing happens"
            time.sleep(0.001)
        time.sleep(chance.choice([0.0, 0.0, chance.random() * 0.02, chance.random() * 0.5]))

    @property
    def _size(self) -> int:
        return self.journal.stat().st_size if self.journal.exists() else 0


def the_hub(profile: Path) -> Any:
    """Return koji's own session: all that a hub has after many runs is more than ours takes."""
    return koji.ClientSession(read_profile("rehearsal", profile).server)


def requests_of(profile: Path, version: str) -> List[List[Any]]:
    """Return the arguments of every image task of a version that the hub has a record of."""
    opts = {"method": "osbuildImage", "decode": True}
    found = the_hub(profile).listTasks(opts, {"limit": 10000, "order": "id"})
    return [task["request"] for task in found if task["request"][1] == version]


def archives_of(profile: Path, version: str) -> Dict[str, Tuple[int, str]]:
    """Return size and MD5 of every image that Koji has of a version, by its name there."""
    found: Dict[str, Tuple[int, str]] = {}
    session = the_hub(profile)
    for build in session.listBuilds():
        if build["version"] == version:
            for archive in session.listArchives(buildID=build["build_id"]):
                if archive["type_name"] == "qcow2":
                    assert archive["checksum_type"] == 0
                    found[archive["filename"]] = (archive["size"], archive["checksum"])
    return found


def check_round(one: Round, profile: Path) -> None:
    """Each request was submitted once; each image is there, and recorded, with its checksum."""
    submitted = requests_of(profile, one.version)
    counted = Counter(digest_of("osbuildImage", one) for one in submitted)
    assert len(submitted) == BLOCKS * len(ARCHES), counted
    assert set(counted.values()) == {1}
    slots = Counter((request[0], tuple(request[5])) for request in submitted)
    assert set(slots.values()) == {1}
    in_koji = archives_of(profile, one.version)
    assert len(in_koji) == BLOCKS * len(ARCHES)
    metadata = one.topdir / "compose/metadata"
    payload = json.loads((metadata / "osbuild.json").read_text("utf-8"))["payload"]
    entries = [image for arch in ARCHES for image in payload["images"]["Server"][arch]]
    assert {image["koji"]["filename"] for image in entries} == set(in_koji)
    assert {task["outcome"] for task in payload["tasks"]} == {"built"}
    assert len(payload["tasks"]) == BLOCKS * len(ARCHES)
    for image in entries:
        content = (one.topdir / "compose" / image["path"]).read_bytes()
        size, md5 = in_koji[image["koji"]["filename"]]
        assert (len(content), hashlib.md5(content).hexdigest()) == (size, md5)
        assert image["checksums"]["sha256"] == hashlib.sha256(content).hexdigest()
        assert image["cloud"]
    images = json.loads((metadata / "images.json").read_text("utf-8"))["payload"]["images"]
    recorded = {entry["path"] for arch in ARCHES for entry in images["Server"][arch]}
    assert recorded == {image["path"] for image in entries}
    there = [path for path in (one.topdir / "compose/Server").rglob("*") if path.is_file()]
    names = {path.relative_to(one.topdir / "compose").as_posix() for path in there}
    sums = {name for name in names if "CHECKSUM" in name or name.endswith("SHA256SUM")}
    assert names - sums == recorded
    assert replay(one.journal.read_bytes()).damage is None


def killed_and_run_again(home: Path, kills: int) -> None:
    """Kill runs on one compose after the other, until there were so many; each ends in the end."""
    chance = random.Random(SEED)
    done = rounds = submissions = 0
    with hub(home, "--duration", "0.3") as (profile, _process):
        # For so long a submission is looked for that was on its way when its run was killed.
        profile.write_text(profile.read_text("utf-8") + "timeout = 8\n", encoding="utf-8")
        while done < kills:
            one = Round(home, "v%d" % rounds, release=bool(rounds % 2))
            rounds += 1
            one.prepare()
            most = chance.randrange(4, 12)
            for _ in range(min(most, kills - done)):
                if not one.killed(chance):
                    break
                done += 1
            last = pungi_osbuild(*one.command, home=home)
            assert last.exit == 0, last.err
            check_round(one, profile)
            submissions += BLOCKS * len(ARCHES)
    told = "%d kills, %d composes, %d submissions, images lost: 0\n"
    sys.stdout.write(told % (done, rounds, submissions))


def test_a_run_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    """A few times."""
    killed_and_run_again(tmp_path, 5)


@pytest.mark.long
def test_a_run_that_is_killed_a_hundred_times_loses_nothing(tmp_path: Path) -> None:
    """With the figures, by ``pytest -s -m long``."""
    killed_and_run_again(tmp_path, 120)
