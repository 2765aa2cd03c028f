"""``plan``: what it shows can be shared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import in_process
from tests.marked import BLOCKS, MARK, marked_config


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_plan_hides_secrets(output: str, tmp_path: Path) -> None:
    """Each is there as (hidden), and what is not secret is shown."""
    config = marked_config(tmp_path)
    done = in_process("plan", config, "--format", output, home=tmp_path)
    assert done.exit == 0, done.err
    assert MARK not in done.out + done.err
    for shown in (
        "https://(hidden)@r.example.com/$arch/os",
        "https://r.example.com/$arch?x=(hidden)&sas=(hidden)",
        "https://(hidden)@o.example.com/repo?sig=(hidden)",
        "shown.example.com",
        "vim-enhanced",
        "/etc/motd",
        "admin",
    ):
        assert shown in done.out


def test_show_secrets_shows_what_is_submitted(tmp_path: Path) -> None:
    """For whoever has to see it."""
    config = marked_config(tmp_path)
    done = in_process("plan", config, "--show-secrets", "--format", "json", home=tmp_path)
    tasks = json.loads(done.out)
    assert tasks[0]["args"][6]["customizations"] == BLOCKS[0]["customizations"]
    assert tasks[0]["args"][6]["repo"][:2] == BLOCKS[0]["repo"]
    assert tasks[1]["args"][6]["ostree"]["url"] == BLOCKS[1]["ostree_url"]
    assert MARK in in_process("plan", config, "--show-secrets", home=tmp_path).out
