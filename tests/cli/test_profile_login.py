"""A login in an address of the Koji profile: used to connect, and shown nowhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List

import pytest

from tests.cli.commands import Done, hub, in_process, pungi_osbuild
from tests.marked import MARK, holding_mark, marked_config

LOGIN = "robot:%s-%%40x@" % MARK


def with_login(profile: Path, login: str = LOGIN) -> Path:
    """Write a login into every address of a profile; its volume is not mounted."""
    text = re.sub("http://", "http://" + login.replace("%", "%%"), profile.read_text("utf-8"))
    profile.write_text(re.sub("topdir = .*", "topdir = /nowhere", text), "utf-8")
    return profile


def said(done: Done) -> str:
    return done.out + done.err


def test_a_run_shows_no_login_of_the_profile(tmp_path: Path) -> None:
    """Neither it nor any command on its compose, whatever fails on the way."""
    config = marked_config(tmp_path)
    with config.open("a", encoding="utf-8") as file:
        file.write("osbuild_outage_limit = 1\n")
    out = tmp_path / "out"
    faults = ("--fault", "build:name=bad")
    pungi_osbuild("rehearse", config, "--out", out, "--duration", 0, *faults, home=tmp_path)
    outputs: List[Done] = []

    def run(*arguments: object) -> Done:
        outputs.append(pungi_osbuild(*arguments, home=tmp_path))
        return outputs[-1]

    with hub(tmp_path, *faults) as (profile, _):
        with_login(profile)
        run("validate", config, "--hub", "rehearsal")
        wanted = ("run", config, "--compose", out, "--profile", "rehearsal")
        assert run(*wanted, "--rebuild-all").exit == 1
        assert "taskID=" in outputs[-1].err + outputs[-1].out
        run("status", out)
        run("report", out)
        run("images", out, "--format", "json")
    with hub(tmp_path) as (profile, _):
        with_login(profile)
        assert "does not have its task" in run(*wanted).err
    assert run("run", config, "--compose", out, "--profile", "rehearsal", "--rebuild-all").exit == 3
    assert [text for text in map(said, outputs) if MARK in text] == []
    assert [path for path in holding_mark(out) if "compose-request" not in path.name] == []


@pytest.mark.parametrize(
    "address",
    [
        "http://u:%s@127.0.0.1:1/kojihub" % MARK,
        "http://u:%s@127.0.0.1:port/kojihub" % MARK,
        "http://u:%s/x@127.0.0.1:1/kojihub" % MARK,
        "http://u:x@%s@127.0.0.1:1/kojihub" % MARK,
        "http://%s@[::1/kojihub" % MARK,
        "http://u:%s@/kojihub" % MARK,
        "ftp://u:%s@127.0.0.1:1/kojihub" % MARK,
        "http://127.0.0.1:1/kojihub?token=%s" % MARK,
        "http://u:%s@host name/kojihub" % MARK,
    ],
)
def test_an_address_that_cannot_be_used_is_reported_without_its_login(
    address: str, tmp_path: Path
) -> None:
    """Whichever library refuses it, in whatever words."""
    config = marked_config(tmp_path)
    profile = tmp_path / "koji.conf"
    profile.write_text(
        "[odd]\nserver = %s\ntopurl = %s\nauthtype = noauth\n" % (address, address), "utf-8"
    )
    done = in_process("validate", config, "--hub", "odd", "--koji-config", profile, home=tmp_path)
    assert done.exit == 3, said(done)
    assert MARK not in said(done)


@pytest.mark.parametrize("key", ["server", "topurl", "weburl"])
def test_an_address_without_a_scheme_is_refused_without_its_login(key: str, tmp_path: Path) -> None:
    """Nobody could tell its login from its host."""
    addresses = dict.fromkeys(("server", "topurl", "weburl"), "http://127.0.0.1:1/x")
    addresses[key] = "robot:%s@koji.example.com/%s" % (MARK, key)
    profile = tmp_path / "koji.conf"
    profile.write_text(
        "[odd]\n" + "".join("%s = %s\n" % item for item in addresses.items()), "utf-8"
    )
    config = marked_config(tmp_path)
    done = in_process("validate", config, "--hub", "odd", "--koji-config", profile, home=tmp_path)
    assert (done.exit, MARK in said(done)) == (2, False), said(done)
    assert "%s of Koji profile 'odd' is not an address" % key in said(done)
