"""Whole runs through a proxy: no image is lost, and nothing is submitted twice."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any, Dict, List, Sequence, Union

import pytest

from koji_rehearsal import (
    REHEARSAL_USER,
    HubSettings,
    RehearsalHub,
    parse_fault,
    write_profile,
)
from pungi_osbuild.cli.hubsettings import content_for
from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import read_profile
from pungi_osbuild.metadata import productmd_types, write_compose
from pungi_osbuild.model import RunResult
from pungi_osbuild.run import RunOptions, run
from pungi_osbuild.run.journal import read_journal
from tests.faulty_proxy import FaultyProxy, NetworkFault, Refusal
from tests.rehearsed import DATE, QUICK
from tests.run.test_run import a_config

STAGES = {
    "login": "logging in",
    "getAPIVersion": "the first question",
    "getLoggedInUser": "who is it",
    "getArchiveTypes": "preflight",
    "getBuildConfig": "preflight's second question",
    "getNextRelease": "allocating a release",
    "getBuild": "which N-V-Rs are taken, and collecting",
    "osbuildImage": "submitting",
    "listTasks": "where the hub stands, and watching",
    "getTaskInfo": "watching",
    "getTaskResult": "collecting what was built, and why another failed",
    "listArchives": "collecting",
    "listTaskOutput": "why one failed",
    "downloadTaskOutput": "composer's reason",
}
ONCE = (NetworkFault.EXPIRED, NetworkFault.CLOSED)
"""A session that was logged in anew and is refused again is an error, not fault."""

FAILS = "build:image_type=minimal-raw"


@dataclass(frozen=True)
class Weathered:
    """A run that is over, and what the hub and the proxy have seen of it."""

    result: RunResult
    submitted: Counter[str]
    met: int
    out: Path


def weathered(
    folder: Path,
    fault: Union[NetworkFault, Refusal, None],
    stage: str,
    times: int = 3,
    skip: int = 0,
    faults: Sequence[str] = (FAILS,),
) -> Weathered:
    """
    Run two images of two arches each through a proxy, by a user who has to log in.

    :param fault: None: there is no proxy; what goes wrong is the hub's own
    """
    blocks: List[Dict[str, Any]] = [
        {},
        {"name": "other", "subvariant": "Other", "image_types": "minimal-raw", "failable": ["*"]},
    ]
    out = folder / "out"
    prepared = prepare(a_config(folder, *blocks), Origin(date=DATE), out, rehearsal=True)
    config, compose = prepared.required()
    content = replace(content_for(prepared.requests), anonymous=None)
    settings = HubSettings(duration=0.0, faults=tuple(map(parse_fault, faults)))
    clock = Clock(sleep=lambda seconds: time.sleep(min(seconds, 0.002)))
    with RehearsalHub(settings, folder / "koji", content) as hub:
        profile = folder / "koji.conf"
        write_profile(profile, hub, authtype="password")
        with FaultyProxy(hub, fault or NetworkFault.RESET, stage, times, skip) as proxy:
            if fault is not None:
                proxy.stand_before(profile)
            target = replace(compose, topdir=str(out))
            write_compose(out / "compose/metadata/composeinfo.json", target)
            result = run(
                prepared.requests,
                target,
                config.settings,
                read_profile("rehearsal", profile, REHEARSAL_USER, REHEARSAL_USER + "pw"),
                productmd_types(),
                RunOptions(polling=QUICK, connect_limit=3600),
                clock,
            )
        nvrs = [
            "%s-%s-%s" % (*call.params[:2], call.params[6]["release"])
            for call in hub.calls
            if call.method == "osbuildImage"
        ]
        return Weathered(result, Counter(nvrs), len(proxy.met), out)


def nothing_is_lost(done: Weathered) -> None:
    outcomes = {outcome.request.nvr: outcome for outcome in done.result.outcomes}
    assert set(done.submitted) == set(outcomes), "each request became a task"
    assert set(done.submitted.values()) == {1}, "and no more than one"
    assert [outcome.kind.value for outcome in done.result.outcomes] == [
        "built" if outcome.request.config.name == "image" else "failed"
        for outcome in done.result.outcomes
    ]
    assert len(done.result.images) == 2
    for image in done.result.images:
        content = (done.out / "compose" / image.path).read_bytes()
        checksums = {checksum.type: checksum.value for checksum in image.checksums}
        assert hashlib.sha256(content).hexdigest() == checksums["sha256"]
    for outcome in done.result.failures:
        assert "osbuild build failed" in (outcome.reason or ""), "composer's own reason arrived"
    recorded = json.loads((done.out / "compose/metadata/images.json").read_text("utf-8"))
    arches = recorded["payload"]["images"]["Server"]
    assert {arch: len(images) for arch, images in arches.items()} == {"aarch64": 1, "x86_64": 1}
    history = read_journal(done.out)
    assert not [one for one in history.submissions if one.in_doubt]


def has_sense(fault: NetworkFault, stage: str) -> bool:
    """A hub does not say of a login that its session is gone."""
    return stage != "login" or fault not in ONCE


EVERYTHING = [
    pytest.param(fault, stage, id="%s-%s" % (fault.name, stage))
    for fault in NetworkFault
    for stage in STAGES
    if has_sense(fault, stage)
]
AROUND = list(zip(cycle(fault for fault in NetworkFault if fault not in ONCE), STAGES))
"""Each stage once; the faults take turns."""

SHORT = dict.fromkeys([*AROUND, *((fault, "osbuildImage") for fault in NetworkFault)])


@pytest.mark.parametrize(("fault", "stage"), SHORT)
def test_no_image_is_lost_and_nothing_is_submitted_twice(
    fault: NetworkFault, stage: str, tmp_path: Path
) -> None:
    """Whatever goes wrong between the run and the hub, and whenever."""
    done = weathered(tmp_path, fault, stage, 1 if fault in ONCE else 3)
    assert done.met >= 1
    nothing_is_lost(done)


@pytest.mark.long
@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize(("fault", "stage"), EVERYTHING)
def test_no_image_is_lost_whatever_happens_when(
    fault: NetworkFault, stage: str, skip: int, tmp_path: Path
) -> None:
    """Each fault at each stage, from its first request on, its second, its third."""
    done = weathered(tmp_path, fault, stage, 1 if fault in ONCE else 5, skip)
    nothing_is_lost(done)


KINDS = (
    "refused",
    "drop",
    "http-500",
    "http-502",
    "http-503",
    "http-504",
    "error-page",
    "offline",
    "session-expired",
    "session-closed",
    "reset",
    "cut-reply",
    "outage",
    "restart",
    "expire",
)
HUB_S_OWN = [
    *("%s:method=osbuildImage" % kind for kind in KINDS),
    *(
        pytest.param("%s:method=%s" % (kind, method), marks=pytest.mark.long)
        for kind in KINDS
        for method in ("getTaskResult", "listTasks", "getNextRelease")
    ),
]


@pytest.mark.parametrize("fault", HUB_S_OWN)
def test_no_fault_of_the_rehearsal_hub_loses_an_image(fault: str, tmp_path: Path) -> None:
    """Each network fault that `--fault` can ask for, and that is transient."""
    done = weathered(tmp_path, None, "nothing", faults=(FAILS, fault))
    nothing_is_lost(done)


def test_an_answer_that_is_lost_together_with_the_session_is_no_second_task(
    tmp_path: Path,
) -> None:
    """koji's own client would log in anew and send the submission once more."""
    faults = ("reset:method=osbuildImage,times=4", "expire:method=osbuildImage,times=4")
    done = weathered(tmp_path, None, "nothing", faults=(FAILS, *faults))
    nothing_is_lost(done)


@pytest.mark.parametrize("fault", ["denied:method=listTasks", "no-method:method=getTaskInfo"])
def test_what_will_not_pass_ends_the_run_at_once(fault: str, tmp_path: Path) -> None:
    """The hub's own words say why; nobody waits for hours."""
    with pytest.raises(HubError, match="refused: "):
        weathered(tmp_path, None, "nothing", faults=(FAILS, fault))


def test_a_submission_that_is_refused_fails_its_image_alone(tmp_path: Path) -> None:
    """By HTTP itself, as the real hub refuses what is too long; the reason is in its words."""
    # The first call that names the method asks for the newest task.
    refusal = Refusal(400, b"Invalid request: Request too long")
    done = weathered(tmp_path, refusal, "osbuildImage", times=1, skip=1, faults=())
    (failed,) = done.result.failures
    assert failed.reason == (
        "the hub refused the task: HTTP 400 Bad Request: Invalid request: Request too long"
    )
    assert sum(done.submitted.values()) == 3
    assert sum(outcome.ok for outcome in done.result.outcomes) == 3
