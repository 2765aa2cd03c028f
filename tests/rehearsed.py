"""A whole run against a rehearsal hub, with what the hub saw of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional, Sequence, Tuple

from koji_rehearsal import (
    Call,
    Counters,
    HubContent,
    HubSettings,
    RehearsalHub,
    Request,
    write_profile,
)
from pungi_osbuild.cli import hubsettings
from pungi_osbuild.cli.inputs import Origin, Prepared, prepare
from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import read_profile
from pungi_osbuild.metadata import productmd_types, write_compose
from pungi_osbuild.model import RunResult
from pungi_osbuild.run import RunOptions, run
from pungi_osbuild.timing import PollPolicy
from tests.hostile import split

EXAMPLES = Path(__file__).parent.parent / "examples"
DATE = "20261123"
QUICK = PollPolicy(fixed=0.05)
"""Tests do not wait for seconds; what the policy itself says is tested by a clock of its own."""

HASTY = Clock(sleep=lambda seconds: time.sleep(min(seconds, 0.02)))
"""Waits, and not long: the pauses between the tries of a download are those of real life."""


@dataclass(frozen=True)
class Rehearsed:
    """What a run left behind."""

    result: RunResult
    out: Path
    calls: Tuple[Call, ...]
    requests: Tuple[Request, ...]
    counters: Counters


def rehearse(
    config: Path,
    out: Path,
    faults: Sequence[str] = (),
    settings: HubSettings = HubSettings(duration=0.0),  # noqa: B008  frozen
    options: RunOptions = RunOptions(polling=QUICK),  # noqa: B008
    compose: Optional[Path] = None,
    clock: Clock = Clock(),  # noqa: B008
    **origin: Any,
) -> Rehearsed:
    """Rehearse a config, as ``pungi-osbuild rehearse`` does."""
    prepared = prepare(
        config,
        Origin(compose=compose, **{"date": DATE if compose is None else None, **origin}),
        out,
        rehearsal=True,
    )
    own, hostile = split(faults)
    settings = replace(settings, faults=own)
    content = content_for(prepared)
    with RehearsalHub(settings, out / "koji", content, make_rewriter=hostile) as hub:
        return run_against(hub, prepared, out, options, clock)


def content_for(prepared: Prepared) -> HubContent:
    """Return what a hub must hold for a plan."""
    return hubsettings.content_for(prepared.requests)


def run_against(
    hub: RehearsalHub,
    prepared: Prepared,
    out: Path,
    options: RunOptions = RunOptions(polling=QUICK),  # noqa: B008
    clock: Clock = Clock(),  # noqa: B008
    login: Optional[Tuple[str, str]] = None,
) -> Rehearsed:
    """
    Run a plan against a hub that is there.

    :param login: user and password, for a hub that wants them
    """
    config, compose = prepared.required()
    target = replace(compose, topdir=str(out.absolute()))
    composeinfo = out / "compose" / "metadata" / "composeinfo.json"
    if not composeinfo.exists():
        write_compose(composeinfo, target)
    profile = out / "profile.conf"
    write_profile(profile, hub, "rehearsal", "noauth" if login is None else "password")
    result = run(
        prepared.requests,
        target,
        config.settings,
        read_profile("rehearsal", profile, *(login or ())),
        productmd_types(),
        options,
        clock,
    )
    return Rehearsed(result, out, hub.calls, hub.requests, hub.counters)
