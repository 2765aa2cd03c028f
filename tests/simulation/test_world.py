"""A simulated world: the same seed makes the same night."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, List, Mapping, Tuple

import pytest

from pungi_osbuild.cli.hubsettings import content_for
from pungi_osbuild.cli.inputs import Origin, Prepared, prepare
from pungi_osbuild.metadata import productmd_types, write_compose
from pungi_osbuild.run import run
from simulation.injection import KINDS
from simulation.world import Machine, World, WorldOptions

CONFIG = """
release_name = "Example"
release_short = "Example"
release_version = "1"
variants_file = "variants.xml"
osbuild = {
    "^Server$": [
        {"name": "example-guest", "distro": "rhel-9.4", "image_types": ["guest-image"],
         "target": "example-target", "arches": ["x86_64", "aarch64"]},
        {"name": "example-ami", "distro": "rhel-9.4", "image_types": ["aws"],
         "target": "example-target", "arches": ["x86_64"],
         "upload_options": {"region": "us-east-1", "share_with_accounts": ["123456789012"]}},
    ],
}
"""
VARIANTS = """<?xml version="1.0" encoding="UTF-8"?>
<variants>
  <variant id="Server" name="Server" type="variant">
    <arches><arch>aarch64</arch><arch>x86_64</arch></arches>
  </variant>
</variants>
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare_in(tmp_path_factory.mktemp("config"))


def prepare_in(folder: Path) -> Prepared:
    """Read the config in a folder."""
    (folder / "example.conf").write_text(CONFIG, encoding="utf-8")
    (folder / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    return prepare(folder / "example.conf", Origin(date="20261124"), folder / "out", rehearsal=True)


def start(world: World, machine: Machine, prepared: Prepared, name: str = "run") -> Any:
    """Start a run of the config."""
    config, compose = prepared.required()
    target = replace(compose, topdir=str(machine.folder / "compose"))
    info = machine.folder / "compose" / "compose" / "metadata" / "composeinfo.json"
    if not info.exists():
        write_compose(info, target)
    return machine.start(
        name,
        lambda: run(
            prepared.requests,
            target,
            config.settings,
            world.profile,
            productmd_types(),
            machine.run_options(),
            machine.clock,
        ),
    )


def night(seed: int, prepared: Prepared) -> Tuple[List[str], str]:
    """Return the trace of a run that ends well, and its digest."""
    with World(seed, WorldOptions(), content_for(prepared.requests)) as world:
        process = start(world, world.machine("night"), prepared)
        assert world.go(until=86400.0)
        if process.error is not None:
            raise process.error
        assert [one.kind.value for one in process.result.outcomes] == ["built"] * 3
        assert len(world.hub.submissions) == 3
        return [str(event) for event in world.trace], world.digest()


def test_a_run_ends_in_virtual_time(prepared: Prepared) -> None:
    """A minute of composer's takes no time."""
    trace, _ = night(1, prepared)
    assert float(trace[-1].split()[0]) > 60


def test_the_same_seed_makes_the_same_night(prepared: Prepared) -> None:
    """Byte for byte; another one makes another."""
    assert night(2, prepared) == night(2, prepared)
    assert night(2, prepared)[1] != night(3, prepared)[1]


def until_it_is_built(seed: int, prepared: Prepared, rates: Mapping[str, float]) -> World:
    """Run again and again until all is built; the weather is bad for six hours."""
    with World(seed, WorldOptions(rates=rates), content_for(prepared.requests)) as world:
        world.at(6 * 3600.0, "the weather gets better", world.injection.stop)
        for number in range(40):
            process = start(world, world.machine("night"), prepared, "run %d" % number)
            assert world.go(until=world.schedule.now + 86400.0)
            if process.result is not None and process.error is None:
                assert [one.kind.value for one in process.result.outcomes] == ["built"] * 3
                assert len(world.hub.submissions) == 3
                return world
            world.wait(60.0)
        raise AssertionError("it never ends well")


NETWORK = {kind: 0.02 for kind in KINDS if kind.startswith(("net.", "hub."))}


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_network_does_nothing_is_built_twice(seed: int, prepared: Prepared) -> None:
    """Lost, held, cut and repeated exchanges, a hub that is offline or forgets a session."""
    world = until_it_is_built(seed, prepared, NETWORK)
    assert world.counts()


@pytest.mark.parametrize("seed", range(5))
def test_a_run_that_is_killed_goes_on(seed: int, prepared: Prepared) -> None:
    """At any step."""
    world = until_it_is_built(seed, prepared, {"crash.kill": 0.005})
    assert all(kind == "crash.kill" for kind, _ in world.pairs())


@pytest.mark.parametrize("seed", range(5))
def test_what_fails_on_a_disk_is_done_by_the_next_run(seed: int, prepared: Prepared) -> None:
    """Space, errors, a file system that is read-only."""
    until_it_is_built(seed, prepared, {k: 0.003 for k in KINDS if k.startswith("disk.")})


def test_faults_are_left_out_by_their_ids(prepared: Prepared) -> None:
    """The others stay, as far as they can be met then."""
    world = until_it_is_built(3, prepared, NETWORK)
    kept = world.injected[0].id
    with World(3, WorldOptions(only=frozenset({kept})), content_for(prepared.requests)) as again:
        start(again, again.machine("night"), prepared)
        assert again.go(until=86400.0)
        assert [one.id for one in again.injected] == [kept]


def test_two_composes_share_a_hub(prepared: Prepared) -> None:
    """On two machines, at the same time: whoever comes second takes other releases."""
    with World(5, WorldOptions(), content_for(prepared.requests)) as world:
        both = [start(world, world.machine(name), prepared, name) for name in ("one", "two")]
        assert world.go(until=86400.0)
        outcomes = [one for process in both for one in process.result.outcomes]
        assert [one.kind.value for one in outcomes] == ["built"] * 6
        assert len({image.built.nvr for one in outcomes for image in one.images}) == 6


def test_a_second_run_on_a_compose_is_refused(prepared: Prepared) -> None:
    """While the first one is there, and not when it was killed."""
    with World(6, WorldOptions(), content_for(prepared.requests)) as world:
        machine = world.machine("one")
        first, second = (start(world, machine, prepared, name) for name in ("first", "second"))
        world.at(30.0, "kill", first.kill if first.error is None else second.kill)
        assert world.go(until=20.0) is False
        refused = first if first.error is not None else second
        assert "another run is in progress" in str(refused.error)
        assert world.go(until=86400.0)
        third = start(world, machine, prepared, "third")
        assert world.go(until=86400.0)
        assert third.error is None
        assert len(world.hub.submissions) == 3


def test_the_hash_seed_changes_nothing() -> None:
    """Another order of sets would be another night."""
    code = (
        "from pathlib import Path; import sys, tempfile\n"
        "from tests.simulation.test_world import NETWORK, prepare_in, until_it_is_built\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    prepared = prepare_in(Path(folder))\n"
        "    print(until_it_is_built(4, prepared, {**NETWORK, 'crash.kill': 0.003}).digest())\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            stdout=subprocess.PIPE,
            cwd=str(Path(__file__).parent.parent.parent),
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
