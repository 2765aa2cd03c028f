"""A simulated world: the same seed makes the same night."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Tuple

import pytest

from pungi_osbuild.cli.hubsettings import content_for
from pungi_osbuild.cli.inputs import Origin, Prepared, prepare
from pungi_osbuild.metadata import productmd_types, write_compose
from pungi_osbuild.run import run
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
    folder = tmp_path_factory.mktemp("config")
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
