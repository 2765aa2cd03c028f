"""``rehearse``, ``plan`` and ``validate`` as people run them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest
from productmd.images import Images

from tests.cli.commands import BIN, in_process, pungi_osbuild
from tests.rehearsed import EXAMPLES

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/*.conf"))
CLOUDS = {"aws", "aws.s3", "gcp", "azure", "container"}


def config_of(name: str) -> Path:
    """Return the example's one config."""
    (path,) = (EXAMPLES / name).glob("*.conf")
    return path


def entries(images: Images) -> Dict[str, Any]:
    return {
        image.path: image
        for arches in images.images.values()
        for found in arches.values()
        for image in found
    }


@pytest.mark.parametrize("name", NAMES)
def test_an_example_ends_with_metadata_that_productmd_loads(name: str, tmp_path: Path) -> None:
    """And with files of the recorded size and sha256, in their places."""
    out = tmp_path / "out"
    done = pungi_osbuild(
        "rehearse",
        config_of(name),
        "--out",
        out,
        "--duration",
        0,
        "--format",
        "json",
        home=tmp_path,
    )
    assert done.exit == 0, done.err
    assert "nothing real" in done.err
    shown = json.loads(done.out)
    stock = Images()
    stock.load(str(out / "compose/metadata/images.json"))
    recorded = entries(stock)
    assert recorded
    for path, image in recorded.items():
        content = (out / "compose" / path).read_bytes()
        assert (image.size, image.checksums["sha256"]) == (
            len(content),
            hashlib.sha256(content).hexdigest(),
        )
    assert set(recorded) <= {image["path"] for image in shown["images"]}
    for image in shown["images"]:
        assert (out / "compose" / image["path"]).stat().st_size == image["size"]


def test_the_demo_shows_an_id_of_every_cloud_and_arch(tmp_path: Path) -> None:
    """No ID cut or wrapped: each stands whole on one line."""
    out = tmp_path / "out"
    arguments = ("--out", out, "--duration", 0)
    done = in_process("rehearse", config_of("rhel-cloud"), *arguments, home=tmp_path)
    assert done.exit == 0, done.err
    osbuild = json.loads((out / "compose/metadata/osbuild.json").read_text(encoding="utf-8"))
    seen = {}
    for arches in osbuild["payload"]["images"].values():
        for arch, images in arches.items():
            for image in images:
                for cloud in image["cloud"]:
                    seen[(cloud["provider"], arch)] = cloud["id"]
    both = {(cloud, arch) for cloud in CLOUDS for arch in ("aarch64", "x86_64")}
    assert set(seen) == both - {("gcp", "aarch64")}  # composer does not build that for RHEL
    for cloud_id in seen.values():
        assert any(cloud_id in line.split() for line in done.out.splitlines()), cloud_id


def test_the_plan_has_a_task_for_each_variant_and_arch(tmp_path: Path) -> None:
    """With the exact positional arguments and opts."""
    done = in_process(
        "plan", config_of("rhel-cloud"), "--format", "json", "--date", "20261123", home=tmp_path
    )
    assert done.exit == 0, done.err
    tasks = json.loads(done.out)
    assert len(tasks) == 9
    assert len({(task["variant"], *task["arches"], task["name"]) for task in tasks}) == 9
    aws = next(task for task in tasks if task["nvr"] == "rhel-ec2-9.4-20261123.t.0.x86_64")
    assert aws["method"] == "osbuildImage"
    assert aws["args"] == [
        "rhel-ec2",
        "9.4",
        "rhel-9.4",
        "aws",
        "rhel-9.4-images",
        ["x86_64"],
        {
            "release": "20261123.t.0.x86_64",
            "repo": aws["args"][6]["repo"],
            "upload_options": {
                "region": "us-east-1",
                "share_with_accounts": ["123456789012"],
                "snapshot_name": "rhel-ec2-9.4-20261123.t.0.x86_64",
            },
        },
    ]
    assert len(aws["args"][6]["repo"]) == 2
    assert all("/$arch/" in repo for repo in aws["args"][6]["repo"])
    table = in_process("plan", config_of("rhel-cloud"), home=tmp_path)
    assert table.out.count("osbuildImage(") == 9


def test_an_arch_that_may_fail(tmp_path: Path) -> None:
    """Exit 5, everything else recorded, composer's reason in the message and in osbuild.json."""
    faulty(tmp_path, "build:name=rhel-azure,arch=aarch64", 5)


def test_an_arch_that_may_not_fail(tmp_path: Path) -> None:
    """Exit 1, and all the rest is recorded all the same."""
    faulty(tmp_path, "build:name=rhel-ec2,arch=aarch64", 1)


def faulty(tmp_path: Path, fault: str, code: int) -> None:
    out = tmp_path / "out"
    config = config_of("rhel-cloud")
    done = pungi_osbuild(
        "rehearse", config, "--out", out, "--duration", 0, "--fault", fault, home=tmp_path
    )
    assert done.exit == code, done.err
    assert "aarch64: osbuild build failed" in done.out
    payload = json.loads((out / "compose/metadata/osbuild.json").read_text("utf-8"))["payload"]
    failed = [task for task in payload["tasks"] if task["outcome"] != "built"]
    assert len(payload["tasks"]) == 9
    assert len(failed) == 1
    assert "aarch64: osbuild build failed" in failed[0]["reason"]
    assert failed[0]["can_fail"] is (code == 5)
    stock = Images()
    stock.load(str(out / "compose/metadata/images.json"))
    assert len(entries(stock)) == 6, "7 images that productmd has a type for, less the failed one"


def test_a_compose_is_only_read(tmp_path: Path) -> None:
    """--compose gives the variants; the output goes to --out."""
    first, second = tmp_path / "first", tmp_path / "second"
    done = in_process(
        "rehearse", config_of("minimal"), "--out", first, "--duration", 0, home=tmp_path
    )
    assert done.exit == 0, done.err
    before = {path: path.stat().st_mtime_ns for path in sorted(first.rglob("*"))}
    done = in_process(
        "rehearse",
        config_of("minimal"),
        "--compose",
        first,
        "--out",
        second,
        "--duration",
        0,
        home=tmp_path,
    )
    assert done.exit == 0, done.err
    assert {path: path.stat().st_mtime_ns for path in sorted(first.rglob("*"))} == before
    for name in ("composeinfo.json", "images.json"):
        assert (second / "compose/metadata" / name).exists()


def test_an_example_is_a_folder_that_can_be_taken_elsewhere(tmp_path: Path) -> None:
    """One config, its variants XML, and a README line; no path leads out of it."""
    for name in NAMES:
        assert len(list((EXAMPLES / name).glob("*.xml"))) == 1
        assert len((EXAMPLES / name / "README.md").read_text("utf-8").splitlines()) >= 1
        copied = tmp_path / name
        shutil.copytree(EXAMPLES / name, copied)
        (config,) = copied.glob("*.conf")
        assert in_process("validate", config, home=tmp_path).exit == 0


def test_whoever_reads_may_stop_early(tmp_path: Path) -> None:
    """`pungi-osbuild ... | head -1`: the status is that of the work."""
    script = "set -o pipefail; %s plan %s | true" % (BIN / "pungi-osbuild", config_of("rhel-cloud"))
    for _ in range(3):
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


@pytest.mark.parametrize("command", ["rehearse", "run", "plan", "validate", "report", "hub"])
def test_each_command_has_help_with_an_example(command: str, tmp_path: Path) -> None:
    """What it does, and one line to start from."""
    done = in_process(command, "--help", home=tmp_path)
    assert done.exit == 0
    assert "Example: pungi-osbuild %s" % command in done.out
