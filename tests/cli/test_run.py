"""``run`` on a compose that exists, against ``hub`` in another process."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
from productmd.images import Images

from tests.cli.commands import hub, in_process, koji, pungi_osbuild
from tests.cli.test_rehearse import config_of, entries

SECTION = """
release_name = "x"
media_checksums = ["sha256"]
koji_profile = "rehearsal"
translate_paths = [("/", "https://composes.example.com/")]
osbuild = {"^BaseOS$": [{
    "name": "late-image", "distro": "rhel-9.4", "image_types": "vsphere", "version": "1",
    "target": "late-target", "arches": ["x86_64"], "upload_options": {"region": "eu-west-1"}}]}
"""

OUT = ("--duration", 0, "--out")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def compose(home: Path) -> Path:
    """The output of a rehearsal of an example."""
    out = home / "compose-of-the-example"
    done = in_process("rehearse", config_of("rhel-cloud"), *OUT, out, home=home)
    assert done.exit == 0, done.err
    return out


def document(compose: Path, name: str) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads((compose / "compose/metadata" / name).read_text("utf-8"))
    return found


def all_entries(compose: Path) -> Dict[str, Dict[str, Any]]:
    images = document(compose, "images.json")["payload"]["images"]
    return {
        entry["path"]: entry
        for arches in images.values()
        for found in arches.values()
        for entry in found
    }


def test_a_run_keeps_everything_that_is_not_its_own(home: Path, compose: Path) -> None:
    """Entries with their "cloud", composeinfo.json byte by byte, CHECKSUM lines of others."""
    config = home / "late.conf"
    config.write_text(SECTION, encoding="utf-8")
    before = all_entries(compose)
    assert any("cloud" in entry for entry in before.values())
    composeinfo = (compose / "compose/metadata/composeinfo.json").read_bytes()
    old_osbuild = document(compose, "osbuild.json")["payload"]["images"]
    sums = compose / "compose/BaseOS/x86_64/images/SHA256SUM"
    old_lines = set(sums.read_text("utf-8").splitlines())
    with hub(home):
        first = pungi_osbuild(
            "run", config, "--compose", compose, "--profile", "rehearsal", home=home
        )
        assert first.exit == 0, first.err
        again = pungi_osbuild(
            "run", config, "--compose", compose, "--download", "--rebuild-all", home=home
        )
        assert again.exit == 0, again.err
    after = all_entries(compose)
    (new,) = set(after) - set(before)
    assert new == "BaseOS/x86_64/images/late-image-1-2.x86_64.vmdk", "the second replaced the first"
    assert {path: after[path] for path in before} == before
    assert after[new]["cloud"][0]["provider"] == "aws.s3"
    assert (compose / "compose/metadata/composeinfo.json").read_bytes() == composeinfo
    lines = set(sums.read_text("utf-8").splitlines())
    assert old_lines <= lines
    content = (compose / "compose" / new).read_bytes()
    line = "SHA256 (late-image-1-2.x86_64.vmdk) = %s" % hashlib.sha256(content).hexdigest()
    assert line in lines
    assert not any("late-image-1-1." in line for line in lines), "what was replaced is gone"
    assert not (compose / "compose/BaseOS/x86_64/images/late-image-1-1.x86_64.vmdk").exists()
    now = document(compose, "osbuild.json")["payload"]["images"]
    for variant, arches in old_osbuild.items():
        for arch, images in arches.items():
            for image in images:
                assert image in now[variant][arch]
    stock = Images()
    stock.load(str(compose / "compose/metadata/images.json"))
    assert set(entries(stock)) == set(after)


def test_an_image_like_one_of_another_phase_is_refused_before_anything_is_submitted(
    home: Path, compose: Path
) -> None:
    """images.json could not tell them apart."""
    metadata = compose / "compose/metadata"
    kept = (metadata / "osbuild.json").read_bytes()
    config = home / "clash.conf"
    config.write_text(
        SECTION.replace("late-image", "other-guest").replace("vsphere", "guest-image"), "utf-8"
    )
    journals = compose / "work/global/osbuild"
    (metadata / "osbuild.json").unlink()
    journals.rename(journals.with_suffix(".kept"))
    try:
        done = pungi_osbuild("run", config, "--compose", compose, home=home)
        assert done.exit == 1
        assert "image-exists" in done.err
        assert "rhel-guest-image" in done.err
    finally:
        (metadata / "osbuild.json").write_bytes(kept)
        shutil.rmtree(journals, ignore_errors=True)
        journals.with_suffix(".kept").rename(journals)


def test_a_failed_rebuild_leaves_what_was_there(home: Path, compose: Path) -> None:
    """No finished image is lost: entries, files and cloud IDs stay."""
    config = home / "again.conf"
    config.write_text(SECTION.replace("late-image", "again-image"), encoding="utf-8")
    config.write_text(config.read_text("utf-8").replace("vsphere", "wsl"), encoding="utf-8")
    with hub(home):
        done = pungi_osbuild("run", config, "--compose", compose, home=home)
        assert done.exit == 0, done.err
    images = document(compose, "images.json")
    built = document(compose, "osbuild.json")["payload"]["images"]
    with hub(home, "--fault", "build"):
        done = pungi_osbuild("run", config, "--compose", compose, "--rebuild-all", home=home)
        assert done.exit == 1
        assert "/taskinfo?taskID=" in done.out
    assert document(compose, "images.json") == images
    assert document(compose, "osbuild.json")["payload"]["images"] == built
    for path in all_entries(compose):
        assert (compose / "compose" / path).exists()


def test_a_config_of_koji_that_is_broken_is_said(home: Path, compose: Path) -> None:
    """Not a traceback of configparser."""
    broken = home / "broken.cfg"
    broken.write_text("not koji", encoding="utf-8")
    config = home / "late.conf"
    config.write_text(SECTION, encoding="utf-8")
    done = pungi_osbuild(
        "run", config, "--compose", compose, "--koji-config", broken, "--profile", "x", home=home
    )
    assert done.exit == 2
    assert "broken.cfg" in done.err


def test_the_hub_does_not_write_over_a_file_of_somebody_else(home: Path) -> None:
    """A mistyped --write-profile must not cost anybody his koji configuration."""
    precious = home / "precious.conf"
    precious.write_text("[koji]\n", encoding="utf-8")
    done = pungi_osbuild("hub", "--write-profile", precious, home=home)
    assert done.exit == 2
    assert precious.read_text("utf-8") == "[koji]\n"


def test_the_koji_command_works_with_the_profile(home: Path) -> None:
    """hello, list-tasks, taskinfo, watch-task and buildinfo of the package index's koji."""
    config = home / "small.conf"
    config.write_text(SECTION.replace("late-image", "small-image"), encoding="utf-8")
    target = home / "compose-for-koji"
    done = in_process("rehearse", config_of("rhel-cloud"), *OUT, target, home=home)
    assert done.exit == 0
    with hub(home) as (profile, _):
        with profile.open("a", encoding="utf-8") as more:
            more.write("poll_interval = 0\n")
        done = pungi_osbuild(
            "run", config, "--compose", target, "--format", "json", "--quiet", home=home
        )
        assert done.exit == 0, done.err
        assert done.err == ""
        (task,) = json.loads(done.out)["tasks"]
        hello = koji("-p", "rehearsal", "hello", home=home)
        assert hello.exit == 0, hello.err
        assert "kojihub" in hello.out
        listed = koji("-p", "rehearsal", "list-tasks", "--all", "--after=1", home=home)
        assert "osbuildImage" in listed.out, listed.err
        info = koji("-p", "rehearsal", "taskinfo", "-r", task["task_id"], home=home)
        assert "State: closed" in info.out
        assert "tagBuild" in info.out
        watched = koji("-p", "rehearsal", "watch-task", task["task_id"], home=home)
        assert watched.exit == 0, watched.err
        build = koji("-p", "rehearsal", "buildinfo", task["nvr"], home=home)
        assert "State: COMPLETE" in build.out
        assert "small-image-1-1.x86_64.vmdk" in build.out


def another_compose(document: Dict[str, Any]) -> None:
    document["payload"]["compose"]["id"] = "Other-9-20261123.t.0"


def a_later_format(document: Dict[str, Any]) -> None:
    document["header"]["version"] = "3.0"


def a_later_payload(document: Dict[str, Any]) -> None:
    document["payload"]["format_version"] = "1.9"


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("images.json", another_compose, "is of the compose Other-9-20261123.t.0, and compose"),
        ("images.json", a_later_format, "it has productmd's format 3.0"),
        (
            "osbuild.json",
            another_compose,
            "is of the compose Other-9-20261123.t.0, and compose",
        ),
        ("osbuild.json", a_later_format, "it has productmd's format 3.0"),
        ("osbuild.json", a_later_payload, "its format_version is 1.9"),
    ],
)
def test_what_could_not_be_recorded_is_refused_before_anything_is_submitted(
    home: Path,
    compose: Path,
    name: str,
    change: Callable[[Dict[str, Any]], None],
    said: str,
    tmp_path: Path,
) -> None:
    """Not when all has been built."""
    copied = tmp_path / "compose"
    shutil.copytree(compose, copied, symlinks=True)
    path = copied / "compose" / "metadata" / name
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    before = path.read_bytes()
    config = home / "late.conf"
    config.write_text(SECTION, encoding="utf-8")
    with hub(home):
        done = in_process("run", config, "--compose", copied, home=home)
        tasks = koji("-p", "rehearsal", "list-tasks", "--method=osbuildImage", home=home)
    assert done.exit == 1, done.err
    assert said in done.err
    assert "Traceback" not in done.err and "broken" not in done.err
    assert tasks.exit == 0, tasks.err
    assert "(no tasks)" in tasks.out, "the refusal came before the first submission"
    assert path.read_bytes() == before


def test_an_image_of_a_newer_productmd_stays(home: Path, compose: Path, tmp_path: Path) -> None:
    """Another phase put it there; the run goes on beside it."""
    copied = tmp_path / "compose"
    shutil.copytree(compose, copied, symlinks=True)
    path = copied / "compose" / "metadata" / "images.json"
    content = json.loads(path.read_text("utf-8"))
    entry = content["payload"]["images"]["BaseOS"]["x86_64"][0]
    foreign = {**entry, "path": "BaseOS/x86_64/images/x.next", "type": "next", "format": "next"}
    content["payload"]["images"]["BaseOS"]["x86_64"].append(foreign)
    path.write_text(json.dumps(content), encoding="utf-8")
    config = home / "late.conf"
    config.write_text(SECTION, encoding="utf-8")
    with hub(home):
        done = in_process("run", config, "--compose", copied, home=home)
    assert done.exit == 0, done.err
    assert all_entries(copied)[foreign["path"]] == foreign
