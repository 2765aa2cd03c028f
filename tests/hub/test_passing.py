"""Which failures may pass: by the words of builders, composer and Koji."""

from __future__ import annotations

from typing import List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.hub import passing

BUILDER = {
    "Failed to create the compose request: <html><head><title>503 Service Unavailable</title>": 1,
    "Failed to create the compose request: 502 Bad Gateway": 1,
    'Failed to get the compose status: {"code":"IMAGE-BUILDER-COMPOSER-1001","reason":"x"}': 1,
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='composer', port=443): Max"
    " retries exceeded with url: /api (Caused by NewConnectionError('Connection refused'))": 1,
    "requests.exceptions.RetryError: Max retries exceeded (Caused by ResponseError('too many 503"
    " error responses'))": 1,
    "requests.exceptions.ReadTimeout: Read timed out. (read timeout=20)": 1,
    'Failed to create the compose request: {"code":"IMAGE-BUILDER-COMPOSER-30","reason":"x"}': 0,
    "Unsupported architecture(s): {'s390x'}": 0,
    "Unknown build target: nothing": 0,
    "tag is locked": 0,
    "Package rig-502 not in list for f41": 0,
    "KeyError: 'basearch'": 0,
}
REGISTRATION = {
    "File size 12 for a.qcow2 (expected 24) doesn't match. Corrupted upload?": 1,
    'error: "database outage" code: 1014': 1,
    'error: "session "7" has expired" code: 1007': 1,
    "Post https://koji.example.com/kojihub: dial tcp 192.0.2.1:443: connect: connection refused": 1,
    "Post https://koji.example.com/kojihub: dial tcp: lookup koji.example.com: no such host": 1,
    "unexpected status: 502 Bad Gateway": 1,
    "read tcp 192.0.2.1:443: i/o timeout": 1,
    'error: "Build is already reserved" code: 1000': 0,
    'error: "unsupported file extension: a.raw.zst" code: 1000': 0,
    'error: "The "-" character not allowed in release field" code: 1000': 0,
    "Content generator osbuild: user has no permission": 0,
}


@pytest.mark.parametrize("said", BUILDER)
def test_what_a_builder_says(said: str) -> None:
    assert bool(passing.of_builder(said)) == bool(BUILDER[said])


@pytest.mark.parametrize("said", REGISTRATION)
def test_what_composer_says_of_koji(said: str) -> None:
    assert bool(passing.of_registration(said)) == bool(REGISTRATION[said])


@given(st.lists(st.integers()))
def test_only_a_dead_worker_passes_of_an_image(ids: List[int]) -> None:
    assert bool(passing.of_image(ids)) == (passing.HEARTBEAT_MISSED in ids)


@given(st.lists(st.one_of(st.none(), st.sampled_from(["a", "b"]))))
def test_one_reason_that_lasts_outweighs_all_others(judged: List[Optional[str]]) -> None:
    found = passing.all_of(judged)
    assert (found is None) == (not judged or None in judged)
