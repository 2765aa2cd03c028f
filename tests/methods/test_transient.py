"""Which failures are transient: by composer's codes, and by the words of builders and Koji."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.methods.errorbody import ErrorBody, read_error_body
from pungi_osbuild.methods.osbuild_image import transient
from pungi_osbuild.methods.osbuild_image.composestatus import JobError
from pungi_osbuild.methods.osbuild_image.transient import Transient

RECORDED: Dict[str, Any] = json.loads(
    (Path(__file__).parent / "data/composer.json").read_text("utf-8")
)
ERRORS: List[Any] = RECORDED["errors"]


def body_of(error: Any) -> ErrorBody:
    return read_error_body(json.dumps(error["reply"]))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error["reply"]["id"])
def test_what_composer_answers_to_mistakes_is_permanent(error: Any) -> None:
    """All that were recorded come of a request, but for the one whose disk was full."""
    body = body_of(error)
    is_full = "no space left on device" in body.details
    assert transient.of_answer(body) is (Transient.QUEUE if is_full else None)


@pytest.mark.parametrize(
    "error",
    [error for error in ERRORS if error["queued"] is not None],
    ids=lambda error: error["reply"]["id"],
)
def test_which_refusals_leave_a_job_in_the_queue(error: Any) -> None:
    """As it was counted: what refuses late leaves koji-init, and says nothing of it."""
    body = body_of(error)
    assert transient.may_have_queued(body) == bool(error["queued"])
    assert transient.is_refusal(body) or error["queued"]


@pytest.mark.parametrize(
    ("code", "details", "reason"),
    [
        (1001, "", Transient.INTERNAL),
        (1017, "", Transient.INTERNAL),
        (1005, "error connecting to database: dial tcp", Transient.QUEUE),
        (1005, "error enqueuing job: no more connections", Transient.QUEUE),
        (1005, "Get https://example.com/ostree: i/o timeout", Transient.NETWORK),
        (1005, "blueprint validation failed: https://example.com timed out", None),
        (1005, "options validation failed for image type x: connection refused", None),
        (1005, 'invalid ostree image ref "connection refused"', None),
        (1005, 'Get "https://example.com/timed out": dial tcp: i/o timeout', Transient.NETWORK),
        (1005, "", None),
        (10001, "", None),
        (1999, "", None),
        (30, "connection refused", None),
        (4, "", None),
    ],
)
def test_composers_codes(code: int, details: str, reason: Optional[Transient]) -> None:
    """1005 is told by its details; what nobody knows is not retried."""
    assert transient.of_answer(ErrorBody("x", details, code)) is reason


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<html><head><title>503 Service Unavailable</title></head><body>...", 1),
        ("<html><h1>502 Bad Gateway</h1><hr>nginx</html>", 1),
        ("no healthy upstream", 1),
        ("<html><h1>Application is not available</h1>", 1),
        ("<html><title>429 Too Many Requests</title>", 1),
        ("<html><title>500 Internal Server Error</title>", 0),
        ("<html><title>413 Request Entity Too Large</title>", 0),
        ("<html><title>403 Forbidden</title>", 0),
        ("nobody knows", 0),
        ("", 0),
    ],
)
def test_a_proxys_answers(page: str, reason: int) -> None:
    """It has no code of composer's: the HTTP status tells, or the words that stand for it."""
    assert (transient.of_answer(read_error_body(page)) is Transient.UNAVAILABLE) == bool(reason)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("the builder could not reach osbuild-composer: Connection refused", Transient.UNREACHABLE),
        ("requests.exceptions.ReadTimeout: Read timed out. (20)", Transient.UNREACHABLE),
        ("requests.exceptions.RetryError: too many 503 error responses", Transient.UNAVAILABLE),
        ("Unsupported architecture(s): {'s390x'}", None),
        ("No such build target: nothing", None),
        ("tag is locked", None),
        ("Package rig-502 not in list for f41", None),
        ("KeyError: 'basearch'", None),
    ],
)
def test_what_a_builder_says_by_itself(said: str, reason: Optional[Transient]) -> None:
    """Without an answer of composer's."""
    assert transient.of_connection(said) is reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("File size 12 for a.qcow2 (expected 24) doesn't match. Corrupted upload?", 1),
        ('error: "database outage" code: 1014', 1),
        ('error: "session "7" has expired" code: 1007', 1),
        ("dial tcp 192.0.2.1:443: connect: connection refused", 1),
        ("dial tcp: lookup koji.example.com: no such host", 1),
        ("unexpected status: 502 Bad Gateway", 1),
        ("read tcp 192.0.2.1:443: i/o timeout", 1),
        ('error: "Build is already reserved" code: 1000', 0),
        ('error: "unsupported file extension: a.raw.zst" code: 1000', 0),
        ('error: "The "-" character not allowed in release field" code: 1000', 0),
        ("Content generator osbuild: user has no permission", 0),
    ],
)
def test_what_composer_says_of_koji(said: str, reason: int) -> None:
    """Refusals, which say why, are permanent. The same of a job's error of that kind."""
    assert bool(transient.of_koji(said)) == bool(reason)
    assert bool(transient.of_job(JobError(16, said))) == bool(reason)


NETWORK = "Post https://cloud.example.com: connection reset by peer"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (JobError(27, "missed heartbeat"), Transient.WORKER_LOST),
        (JobError(40, "it took too long"), Transient.WORKER_TIMEOUT),
        (JobError(11, NETWORK), Transient.NETWORK),
        (JobError(11, "UnauthorizedOperation: You are not authorized"), None),
        (JobError(30, "registry: 503 Service Unavailable"), Transient.NETWORK),
        (JobError(10, "osbuild build failed: %s" % NETWORK), None),
        (JobError(20, NETWORK), None),
        (JobError(None, NETWORK), None),
        (JobError(99, "x"), None),
        (JobError(28, "targets", (JobError(11, NETWORK),)), Transient.NETWORK),
        (JobError(28, "targets", (JobError(11, NETWORK), JobError(12, "denied"))), None),
        (JobError(13, "dependency", (JobError(27, "x"), JobError(27, "y"))), Transient.WORKER_LOST),
    ],
)
def test_errors_of_jobs(error: JobError, reason: Optional[Transient]) -> None:
    """By their id, by their words where it does not say, by their causes where they have some."""
    assert transient.of_job(error) is reason


@given(st.lists(st.one_of(st.none(), st.sampled_from(list(Transient)))))
def test_one_reason_that_is_permanent_outweighs_all_others(
    judged: List[Optional[Transient]],
) -> None:
    found = transient.all_of(judged)
    assert (found is None) == (not judged or None in judged)


def test_no_reason_is_shown_twice() -> None:
    """Of two images that failed alike."""
    assert transient.all_of([Transient.KOJI, Transient.KOJI]) == Transient.KOJI.value
