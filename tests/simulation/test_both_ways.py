"""
The same scenarios simulated, and with a real hub over HTTP, real threads and real processes.

What is simulated is true when both come to the same: outcomes, tasks, the journal's events of each
request, the files, and what is recorded, but for times and addresses.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional

import koji
import pytest

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.cli.hubsettings import content_for
from pungi_osbuild.cli.inputs import Origin, Prepared, prepare
from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import read_profile
from pungi_osbuild.metadata import productmd_types, write_compose
from pungi_osbuild.model import RunResult
from pungi_osbuild.run import RunOptions, run
from simulation.world import Process, World, WorldOptions
from tests.faulty_proxy import FaultyProxy, NetworkFault
from tests.rehearsed import QUICK

CONFIG = """
release_name = "Example"
release_short = "Example"
release_version = "1"
variants_file = "variants.xml"
media_checksums = ["sha256"]
osbuild = {"^Server$": [%s]}
"""
BLOCK = """{"name": "example-%d", "distro": "rhel-9.4", "image_types": ["guest-image"],
    "target": "example-target", "arches": ["x86_64"], "subvariant": "S%d", "release": "1"}"""
VARIANTS = """<?xml version="1.0" encoding="UTF-8"?>
<variants>
  <variant id="Server" name="Server" type="variant"><arches><arch>x86_64</arch></arches></variant>
</variants>
"""
LIMIT = 60.0
BUILDING = HubSettings(duration=60.0)


@dataclass(frozen=True)
class Case:
    """
    A scenario.

    :param images: how many
    :param loses_answer: to the first submission
    :param is_killed: once the first submission was answered; and run again
    :param is_cancelled: the first image's task, by somebody, once all are submitted
    """

    name: str
    images: int = 3
    loses_answer: bool = False
    is_killed: bool = False
    is_cancelled: bool = False


CASES = (
    Case("all is well"),
    Case("an answer is lost", images=2, loses_answer=True),
    Case("killed after the first submission", images=1, is_killed=True),
    Case("a task is cancelled in Koji", images=2, is_cancelled=True),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_ways_come_to_the_same(case: Case, tmp_path: Path) -> None:
    """Whatever is compared."""
    real = really(case, tmp_path)
    assert simulated(case, tmp_path) == real
    # And it is what the scenario is about.
    kinds = ["built"] * case.images
    assert real["submitted"] == case.images
    assert [one[1] for one in real["outcomes"]] == (
        ["cancelled", *kinds[1:]] if case.is_cancelled else kinds
    )
    assert len(real["lines"]) == case.images
    assert real["runs"].count("run") == 1 + case.is_killed


# Simulated


def simulated(case: Case, folder: Path) -> Dict[str, Any]:
    """Return what a scenario comes to in a simulated world."""
    prepared = prepared_in(folder, case)
    faults = frozenset({"net.lose-answer@osbuildImage#1"} if case.loses_answer else ())
    options = WorldOptions(only=faults, hub=BUILDING)
    with World(1, options, content_for(prepared.requests)) as world:
        machine = world.machine("night")
        topdir = machine.folder / "compose"
        target = a_target(prepared, topdir)

        def start() -> Process:
            return machine.start(
                "run",
                lambda: run(
                    prepared.requests,
                    target,
                    prepared.required()[0].settings,
                    world.profile,
                    productmd_types(),
                    machine.run_options(),
                    machine.clock,
                ),
            )

        process = start()
        if case.is_killed:
            until(lambda: has_task(topdir), lambda: world.go(world.schedule.now + 0.01))
            process.kill()
            process = start()
        if case.is_cancelled:
            sent = world.hub.rehearsal
            until(
                lambda: len(sent.submissions) == case.images,
                lambda: world.go(world.schedule.now + 0.01),
            )
            world.hub.cancel(first_task(sent))
        assert world.go(until=86400.0)
        if process.error is not None:
            raise process.error
        assert len(world.injected) == case.loses_answer
        return seen(process.result, len(world.hub.submissions), topdir)


# Really


def really(case: Case, folder: Path) -> Dict[str, Any]:
    """Return what a scenario comes to with a hub over HTTP."""
    prepared = prepared_in(folder, case)
    topdir, profile = folder / "really", folder / "koji.conf"
    times = HubTimes()
    content = content_for(prepared.requests)
    with ExitStack() as stack:
        hub = stack.enter_context(RehearsalHub(BUILDING, folder / "koji", content, times))
        write_profile(profile, hub)
        if case.loses_answer:
            proxy = FaultyProxy(hub, NetworkFault.LOST, "osbuildImage")
            stack.enter_context(proxy).stand_before(profile)
        if case.is_killed:
            kill_when_there_is_a_task(topdir, profile, folder)

        def next_moment(_seconds: float) -> None:
            if case.is_cancelled and not times.goes_on and len(hub.submissions) == case.images:
                koji.ClientSession(hub.server).cancelTask(first_task(hub))
            times.goes_on = times.goes_on or len(hub.submissions) == case.images
            times.pass_by(2.0)
            time.sleep(0.01)

        result = run_in(topdir, profile, prepared, Clock(sleep=next_moment))
        if case.loses_answer:
            assert len(proxy.met) == 1
        return seen(result, len(hub.submissions), topdir)


class HubTimes:
    """The hub's clock: it stands still until everything is submitted."""

    def __init__(self) -> None:
        self.now = 1.7e9
        self.goes_on = False
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds if self.goes_on else 0.0


def kill_when_there_is_a_task(topdir: Path, profile: Path, folder: Path) -> None:
    """Run in a process of its own, and kill that as soon as its journal has a task."""
    program = "import sys; from tests.simulation.test_both_ways import main; main(*sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(topdir), str(profile), str(folder)],
        cwd=Path(__file__).parents[2],
    )
    try:
        until(lambda: has_task(topdir) or process.poll() is not None, lambda: time.sleep(0.01))
        assert process.poll() is None
    finally:
        process.kill()
        process.wait(LIMIT)


def main(topdir: str, profile: str, folder: str) -> None:
    """Run what a folder has the config of, until somebody kills this process."""
    run_in(Path(topdir), Path(profile), prepare_config(Path(folder)), Clock())


def run_in(topdir: Path, profile: Path, prepared: Prepared, clock: Clock) -> RunResult:
    """Run a config in a folder."""
    return run(
        prepared.requests,
        a_target(prepared, topdir),
        prepared.required()[0].settings,
        read_profile("rehearsal", profile),
        productmd_types(),
        RunOptions(polling=QUICK),
        clock,
    )


# Either way


def prepared_in(folder: Path, case: Case) -> Prepared:
    """Write a scenario's config, and read it."""
    blocks = ", ".join(BLOCK % (number, number) for number in range(case.images))
    (folder / "example.conf").write_text(CONFIG % blocks, encoding="utf-8")
    (folder / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    return prepare_config(folder)


def prepare_config(folder: Path) -> Prepared:
    return prepare(folder / "example.conf", Origin(date="20261124"), folder / "out", rehearsal=True)


def a_target(prepared: Prepared, topdir: Path) -> Any:
    """Return the compose in a folder, which is one then."""
    target = replace(prepared.required()[1], topdir=str(topdir))
    info = topdir / "compose/metadata/composeinfo.json"
    if not info.exists():
        write_compose(info, target)
    return target


def until(holds: Callable[[], bool], wait: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, "nothing happens"
        wait()


def journal_of(topdir: Path) -> List[Mapping[str, Any]]:
    path = topdir / "work/global/osbuild/journal.jsonl"
    text = path.read_text("utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def has_task(topdir: Path) -> bool:
    return any(line["event"] == "submitted" for line in journal_of(topdir))


def first_task(hub: RehearsalHub) -> int:
    """Return the task of the first image of the config, whichever was submitted first."""
    return next(one.task_id for one in hub.submissions if "example-0" in str(one))


# What is compared


def seen(result: RunResult, submitted: int, topdir: Path) -> Dict[str, Any]:
    """Return all that both ways must agree on."""
    compose = topdir / "compose"
    osbuild = json.loads((compose / "metadata/osbuild.json").read_text("utf-8"))
    images = json.loads((compose / "metadata/images.json").read_text("utf-8"))
    return {
        "outcomes": [
            (one.request.nvr, one.kind.value, one.attempt, without_numbers(one.explanation))
            for one in result.outcomes
        ],
        "submitted": submitted,
        "lines": lines_of(topdir),
        "runs": [
            line["event"] for line in journal_of(topdir) if line["event"] in ("run", "plan", "end")
        ],
        "files": sorted(
            str(path.relative_to(compose)) for path in compose.rglob("*") if path.is_file()
        ),
        "osbuild.json": without_times(osbuild["payload"]),
        "images.json": without_times(images["payload"]["images"]),
    }


def lines_of(topdir: Path) -> Dict[str, List[str]]:
    """Return the kinds of the journal's events for each request, in their order."""
    found: Dict[str, List[str]] = {}
    whose: Dict[int, str] = {}
    for line in journal_of(topdir):
        if line["event"] == "intent":
            whose[line["intent"]] = line["name"]
        name = whose.get(line.get("intent", -1))
        if name is not None:
            found.setdefault(name, []).append(line["event"])
    return found


_NUMBERS = re.compile(r"\btask \d+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

_OWN = frozenset({"build_id", "task_id", "archive_id", "mtime", "checksum"})
"""What a hub says of its own. The one checksum is an SBOM's, which says when it was made."""

_ADDRESSES = frozenset({"profile", "server", "topurl", "weburl"})


def without_numbers(text: Optional[str]) -> Optional[str]:
    return None if text is None else _NUMBERS.sub("N", text)


def without_times(value: Any) -> Any:
    """Return what is recorded, but for numbers that the hub gives, times and addresses."""
    if isinstance(value, dict):
        return {
            key: without_times(one)
            for key, one in sorted(value.items())
            if key not in _OWN | _ADDRESSES
        }
    if isinstance(value, list):
        return [without_times(one) for one in value]
    return without_numbers(value) if isinstance(value, str) else value
