"""Submitting: one request becomes one task, whatever becomes of the hub's answer."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

import pytest

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import Hub, read_profile
from pungi_osbuild.methods import arguments
from pungi_osbuild.run.submitting import InDoubtError, Submitter
from pungi_osbuild.stop import StopFlag
from tests.faulty_proxy import NetworkFault
from tests.hostile import split
from tests.hub.test_connection_problem import a_faulty_proxy, tasks
from tests.values import a_request


def submitter_of(hub: Hub, clock: Clock, stop: Optional[StopFlag] = None) -> Submitter:
    return Submitter(hub, hub.user_id(), clock, stop or StopFlag())


@pytest.mark.parametrize("fault", [NetworkFault.RESET, NetworkFault.BAD_GATEWAY, NetworkFault.PAGE])
@pytest.mark.parametrize("at", [3, 12, 119])
def test_a_request_that_arrives_late_is_found(
    fault: NetworkFault, at: float, tmp_path: Path
) -> None:
    """The answer was lost at once, and whatever lies between hands the request on later."""
    slept: List[float] = []
    with a_faulty_proxy(tmp_path, fault, "osbuildImage") as (hub, _proxy, session):

        def sleep(seconds: float) -> None:
            before = sum(slept)
            slept.append(seconds)
            if before < at <= sum(slept):
                session.call("osbuildImage", *arguments(a_request()))

        submitter = submitter_of(session, Clock(sleep=sleep))
        assert submitter.submit(a_request(), 0) == 1
        assert tasks(hub) == 1


def test_a_request_that_never_arrives_is_submitted_again(tmp_path: Path) -> None:
    """When a call cannot take any longer."""
    slept: List[float] = []
    with a_faulty_proxy(tmp_path, NetworkFault.RESET, "osbuildImage") as (hub, _proxy, session):
        submitter = submitter_of(session, Clock(sleep=slept.append))
        assert submitter.submit(a_request(), 0) == 1
        assert tasks(hub) == 1
    assert sum(slept) == session.timeout == 120


def test_looking_ends_with_the_run(tmp_path: Path) -> None:
    """Nothing is submitted again then, and the request stays in doubt."""
    stop = StopFlag()
    with a_faulty_proxy(tmp_path, NetworkFault.RESET, "osbuildImage") as (hub, _proxy, session):
        submitter = submitter_of(session, Clock(sleep=lambda _seconds: stop.ask()), stop)
        with pytest.raises(InDoubtError, match="was stopped while it looked") as caught:
            submitter.submit(a_request(), 0)
        assert (tasks(hub), caught.value.lost is not None) == (0, True)


def test_an_answer_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    """The hub has made the task; a number that is none does not undo it."""
    _, hostile = split(["wrong-type:method=osbuildImage,times=1"])
    settings = HubSettings(duration=600)
    with RehearsalHub(settings, tmp_path / "koji", make_rewriter=hostile) as hub:
        path = tmp_path / "koji.conf"
        write_profile(path, hub)
        with Hub(read_profile("rehearsal", path)) as session:
            submitter = submitter_of(session, Clock(sleep=lambda _seconds: None))
            assert submitter.submit(a_request(), 0) == 1
            assert tasks(hub) == 1
