"""ISOs of an old compose are taken as far as Pungi itself allows: it compares the two configs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Dict, List

import pytest

from tests.with_pungi.composing import Workshop, block

BEFORE = {"^Server$": [block("tiny")]}
REUSE = {"createiso_allow_reuse": True, "extraiso_allow_reuse": True}
PASSED = "no old metadata found"
"""What Pungi says next when the configs are alike."""


def dumped(workshop: Workshop, section: Any = BEFORE, **top: Any) -> Dict[str, Any]:
    """Return the config of a compose as it is when ISOs are made, which is as Pungi dumps it."""
    workshop.hub()
    done = workshop.compose(workshop.config(section, **{**REUSE, **top}))
    assert done.status == "FINISHED", done.out
    return done.config()


def said_by_createiso(old: Dict[str, Any], new: Dict[str, Any]) -> str:
    from pungi.phases.createiso import CreateisoPhase

    said: List[str] = []
    phase = SimpleNamespace(
        compose=SimpleNamespace(conf=new, load_old_compose_config=lambda: old),
        logger=SimpleNamespace(info=lambda text, *values: said.append(text % values)),
        save_reuse_metadata=lambda *_: {},
        _load_old_metadata=lambda *_: None,
    )
    opts = SimpleNamespace(buildinstall_method=None)
    assert CreateisoPhase.try_reuse(phase, {}, "Server", "x86_64", opts) is False
    return said[-1]


def said_by_extra_isos(old: Dict[str, Any], new: Dict[str, Any]) -> str:
    from pungi.phases.extra_isos import ExtraIsosThread

    said: List[str] = []
    thread = SimpleNamespace(
        pool=SimpleNamespace(log_info=lambda text, *values: said.append(text % values))
    )
    paths = SimpleNamespace(
        log=SimpleNamespace(log_file=lambda *_, **__: "metadata"),
        old_compose_path=lambda *_, **__: None,
    )
    compose = SimpleNamespace(
        conf=new, load_old_compose_config=lambda: old, paths=paths, log_info=lambda *_: None
    )
    opts = SimpleNamespace(buildinstall_method=None)
    variant = SimpleNamespace(uid="Server")
    reused = ExtraIsosThread.try_reuse(thread, compose, variant, "x86_64", "hash", opts)
    assert reused is False
    return said[-1]


@pytest.mark.parametrize("said_by", [said_by_createiso, said_by_extra_isos])
def test_what_differs_within_osbuild_leaves_isos_reusable(said_by: Any, workshop: Workshop) -> None:
    """Any option of a block, a block more, a variant less: the phase leaves nothing at the top."""
    other = [block("big", failable=["*"], split_arches=False, skip_tag=True)]
    old, new = dumped(workshop), dumped(workshop, {"^(Server|Client)$": other})
    assert old["osbuild"] != new["osbuild"]
    assert PASSED in said_by(old, new)


@pytest.mark.parametrize("said_by", [said_by_createiso, said_by_extra_isos])
def test_an_option_at_the_top_makes_isos_anew_once(said_by: Any, workshop: Workshop) -> None:
    """Pungi knows one exception, ``osbuild``; docs/pungi.md says so."""
    old, new = dumped(workshop), dumped(workshop, osbuild_fail_fast=True)
    assert "option osbuild_fail_fast differs" in said_by(old, new)
    assert PASSED in said_by(new, new)
