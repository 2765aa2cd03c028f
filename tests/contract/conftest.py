"""The hub for the contract; what will be done there is said first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator, List

import koji
import pytest

from koji_rehearsal import HubSettings, RehearsalHub
from tests.conformance.desk import STRICT
from tests.contract.hub_at_hand import HubAtHand, named_hub, read_choices

CHOICES = read_choices()
DURATION = 1.5
"""Seconds that a rehearsed build takes: long enough to be cancelled meanwhile."""


def pytest_report_header() -> List[str]:
    """Say what will be done to a hub that somebody named."""
    return CHOICES.announced()


@pytest.fixture(scope="package")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubAtHand]:
    """Give the hub that the environment names, else a rehearsal hub that is as strict as one."""
    if CHOICES.named:
        new_session, topurl = named_hub(CHOICES)
        at_hand = HubAtHand(CHOICES, new_session, topurl, interval=1.0)
        yield at_hand
        _close(at_hand)
        return
    settings = HubSettings(duration=DURATION)
    with RehearsalHub(settings, tmp_path_factory.mktemp("hub"), STRICT) as rehearsal:
        choices = replace(
            CHOICES, hub=rehearsal.server, user="pungi", password="pungipw", timeout=60.0
        )
        new_session, topurl = named_hub(choices)
        at_hand = HubAtHand(choices, new_session, topurl, interval=0.05)
        yield at_hand
        _close(at_hand)


def _close(hub: HubAtHand) -> None:
    for session in (hub.session, hub.anonymous):
        if session.logged_in:
            session.logout()
        session.rsession.close()


@pytest.fixture
def session(hub: HubAtHand) -> Any:
    """Give the session of the user who may build images."""
    assert isinstance(hub.session, koji.ClientSession)
    return hub.session
