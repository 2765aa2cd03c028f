"""
Whole runs against a hub that says what nobody should trust.

The image that is lied about fails with a clear reason, its sibling is placed, nothing is written
outside the compose, and what people read moves no cursor.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Tuple

import pytest

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.run import RunOptions
from tests.cli.commands import BIN, environment
from tests.hostile import split
from tests.rehearsed import HASTY, QUICK, Rehearsed, rehearse
from tests.run.test_run import a_config, failures

SETTINGS = HubSettings(duration=0.0)
MEMORY = 400 * 1024 * 1024
"""Bytes that a run may have in memory at most: a reply of 32 MiB becomes some four times that."""


def rehearsed(folder: Path, *faults: str, over_http: bool = False) -> Rehearsed:
    options = RunOptions(polling=QUICK, over_http=over_http)
    done = rehearse(
        a_config(folder, {"release": "1"}),
        folder / "out",
        faults=faults,
        options=options,
        clock=HASTY,
    )
    assert {path.name for path in folder.iterdir()} == {"out", "variants.xml", "compose.json"}
    journal = done.out / "work/global/osbuild/journal.jsonl"
    for path in (journal, done.out / "compose/metadata/osbuild.json"):
        assert all(char.isprintable() or char == "\n" for char in path.read_text("utf-8"))
    return done


def hit_alone(done: Rehearsed, arch: str = "x86_64") -> str:
    """Return the reason of the one that failed; the other is in its place, and alone there."""
    (failed,) = failures(done)
    assert failed.request.arches == (arch,)
    files = [path for path in (done.out / "compose").rglob("*") if not path.is_dir()]
    names = [path.name for path in files if not path.name.endswith("SUM")]
    expected = ["composeinfo.json", "image-1-1.aarch64.qcow2", "images.json", "osbuild.json"]
    assert sorted(names) == expected
    reason = failed.reason or ""
    assert len(reason) < 2500
    assert all(line.isprintable() for line in reason.split("\n"))
    return reason


@pytest.mark.parametrize(
    "name", ["absolute", "above", "below", "dots", "empty", "newline", "control", "long"]
)
def test_a_name_that_leads_elsewhere(name: str, tmp_path: Path) -> None:
    """It is shown, and no file has it."""
    reason = hit_alone(rehearsed(tmp_path, "odd-name:arch=x86_64,name_is=%s" % name))
    assert "should be a" in reason or "not recognised" in reason


@pytest.mark.parametrize("size", ["", ",size=0", ",size=1", ",size=-1", ",size=999999999999"])
@pytest.mark.parametrize("over_http", [False, True])
def test_a_size_that_lies(size: str, over_http: bool, tmp_path: Path) -> None:
    """Too large, too small, impossible: from the volume and over HTTP."""
    done = rehearsed(tmp_path, "wrong-size:arch=x86_64" + size, over_http=over_http)
    reason = hit_alone(done)
    assert "wrong size" in reason or "a whole number" in reason or "ended after" in reason


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("many-archives:arch=x86_64,count=11000", "should be a list"),
        ("huge-extra:arch=x86_64", "has more than 12 MiB"),
        ("missing:arch=x86_64", "metadata only"),
        ("odd-fault:arch=x86_64,method=listArchives", "this went wrong"),
        ("wrong-type:arch=x86_64,method=listArchives", "should be a list"),
        ("wrong-type:arch=x86_64,method=getBuild,field=nvr,value=list", "should be 'image-1"),
        ("wrong-type:arch=x86_64,method=listArchives,field=*,value=nested", "should be"),
        ("wrong-type:arch=x86_64,method=getTaskResult,value=text", "should be an object"),
    ],
)
def test_a_reply_that_is_odd(fault: str, expected: str, tmp_path: Path) -> None:
    """It is told what of it, and by whom."""
    assert expected in hit_alone(rehearsed(tmp_path, fault))


def test_what_is_nested_as_no_build_is(tmp_path: Path) -> None:
    """It is refused while it is read; fifty levels are not."""
    assert "200 elements in each other" in hit_alone(
        rehearsed(tmp_path, "deep-extra:arch=x86_64,count=20000")
    )


def test_what_is_nested_a_little_is_no_harm(tmp_path: Path) -> None:
    """Nobody looks at it."""
    assert failures(rehearsed(tmp_path, "deep-extra:count=40")) == []


@pytest.mark.parametrize("to", ["", ",to=http://127.0.0.1:1"])
def test_another_host(to: str, tmp_path: Path) -> None:
    """Koji's files are where the profile says."""
    done = rehearsed(tmp_path, "redirect:arch=x86_64" + to, over_http=True)
    assert "sends us on to http://" in hit_alone(done)


@pytest.mark.parametrize("fault", ["cut:times=1", "wrong-bytes", "http-503", "drop", "no-range"])
def test_a_download_that_ends_well(fault: str, tmp_path: Path) -> None:
    """It is taken up again, or begun anew."""
    more = "" if ":" in fault else ":"
    where = "method=download" if fault in ("http-503", "drop") else "arch=x86_64"
    faults = ["%s%s%s" % (fault, more or ",", where)]
    if fault == "no-range":
        faults.append("cut:times=1,arch=x86_64")
    assert failures(rehearsed(tmp_path, *faults, over_http=True)) == []


def test_words_full_of_escapes(tmp_path: Path) -> None:
    """Composer's own, in its compose-status.json: they can be read, and do nothing."""
    reason = hit_alone(rehearsed(tmp_path, "escapes:arch=x86_64"))
    assert "\\x1b" in reason


def run_apart(home: Path, *faults: str) -> Tuple[int, str, int]:
    """Run in another process; return the status, what was said, and the memory."""
    config = a_config(home, {"release": "1"})
    compose = home / "out"
    own, hostile = split(faults)
    settings = replace(SETTINGS, faults=own)
    with RehearsalHub(settings, home / "koji", make_rewriter=hostile) as hub:
        write_profile(home / ".koji" / "config.d" / "rehearsal.conf", hub)
        command = [str(BIN / "pungi-osbuild"), "run", str(config), "--compose", str(compose)]
        process = subprocess.Popen(
            [*command, "--profile", "rehearsal", "--rebuild-all"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(home),
            cwd=home,
        )
        assert process.stdout is not None
        said = process.stdout.read().decode("utf-8")
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
    return process.returncode, said, used.ru_maxrss * 1024


@pytest.mark.long
@pytest.mark.parametrize(
    "fault",
    [
        "many-archives:arch=x86_64,count=1000000",
        "huge-status:arch=x86_64",
        "huge-extra:arch=x86_64,size=1000000000",
    ],
)
def test_a_gigabyte_is_not_taken_in(fault: str, tmp_path: Path) -> None:
    """As people run it, measured by the system."""
    config = a_config(tmp_path, {"release": "1"})
    first = rehearse(config, tmp_path / "out", settings=SETTINGS)
    assert failures(first) == []
    exit_status, said, memory = run_apart(tmp_path, fault, "build:arch=x86_64")
    assert exit_status == 1, said
    assert "Traceback" not in said
    assert memory < MEMORY
