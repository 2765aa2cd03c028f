"""Why a task failed: one sentence, and what composer has of it, by all that is known."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Sequence, Tuple, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.hub import Call, Hub, HubFaultError, Reply, execute
from pungi_osbuild.methods import ComposeState, Failure
from pungi_osbuild.methods.errorbody import MAX_DETAILS, MAX_REASON, read_error_body
from pungi_osbuild.methods.osbuild_image import OSBUILD_IMAGE
from pungi_osbuild.model import ImageRequest
from tests.methods.test_result import a_cloud_request
from tests.methods.test_transient import ERRORS, RECORDED

CREATE = "Failed to create the compose request: %s"
STATUS = "Failed to get the compose status: %s"
PAGE = (
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
    "<title>503 Service Unavailable</title>\n</head><body>\n<h1>Service Unavailable</h1>\n"
)
TRACEBACK = (
    'Traceback (most recent call last):\n  File "osbuild.py", line 435, in %s\n    x()\n%s\n'
)
REFUSED = (
    "requests.exceptions.ConnectionError: HTTPConnectionPool(host='c', port=443): Max retries"
    " exceeded with url: /api/image-builder-composer/v2/%s (Caused by NewConnectionError("
    "\"HTTPConnection(host='c', port=443): Failed to establish a new connection: [Errno 111]"
    ' Connection refused"))'
)
READ_TIMEOUT = "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='c'): Read timed out."
LATE = {
    "code": "IMAGE-BUILDER-COMPOSER-1005",
    "details": "%s",
    "href": "/api/image-builder-composer/v2/errors/1005",
    "id": "1005",
    "kind": "Error",
    "reason": "Failed to enqueue job",
}


class Output:
    """A failed task: its fault, and the files that it has left."""

    def __init__(self, fault: str, files: Mapping[str, Any]) -> None:
        self._fault, self._files = fault, files

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        return tuple(map(self._reply, calls))

    def _reply(self, call: Call) -> Reply:
        if call.method == "getTaskResult":
            return Reply(fault=HubFaultError(1000, self._fault))
        if call.method == "listTaskOutput":
            return Reply(list(self._files))
        return Reply(base64.b64encode(json.dumps(self._files[call.args[1]]).encode()).decode())


def failure(
    fault: str,
    files: Mapping[str, Any] = {"compose-request.json": {}},
    **changes: Any,
) -> Failure:
    request: ImageRequest = replace(a_cloud_request(), **changes)
    return execute(cast(Hub, Output(fault, files)), OSBUILD_IMAGE.failure(7, request))


def late(details: str) -> str:
    return CREATE % json.dumps({**LATE, "details": details})


STATES: Dict[str, Tuple[str, ComposeState]] = {
    "no target": ("No such build target: x", ComposeState.NOT_TAKEN),
    "a $name": (TRACEBACK % ("as_dict", "KeyError: 'basearch'"), ComposeState.NOT_TAKEN),
    "refused": (CREATE % json.dumps(ERRORS[0]["reply"]), ComposeState.NOT_TAKEN),
    "413 of a proxy": (CREATE % "<h1>413 Request Entity Too Large</h1>", ComposeState.NOT_TAKEN),
    "403 of a proxy": (CREATE % "<title>403 Forbidden</title>", ComposeState.NOT_TAKEN),
    "no connection": (TRACEBACK % ("compose_create", REFUSED % "compose"), ComposeState.NOT_TAKEN),
    "a late refusal": (late('OSTree is not supported for "x"'), ComposeState.REFUSED_LATE),
    "a full disk": (late("cannot write job: no space left"), ComposeState.REFUSED_LATE),
    "503 at once": (CREATE % PAGE, ComposeState.UNKNOWN),
    "1001": (CREATE % '{"code": "IMAGE-BUILDER-COMPOSER-1001"}', ComposeState.UNKNOWN),
    "words nobody knows": (CREATE % "oops", ComposeState.UNKNOWN),
    "no answer": (TRACEBACK % ("compose_create", READ_TIMEOUT), ComposeState.UNKNOWN),
    "another traceback": (TRACEBACK % ("handler", "OSError: boo"), ComposeState.UNKNOWN),
    "killed": ("Task 7 was lost with its host", ComposeState.UNKNOWN),
    "503 later": (STATUS % PAGE, ComposeState.RUNNING),
    "404 later": (STATUS % json.dumps(ERRORS[-4]["reply"]), ComposeState.RUNNING),
    "no connection later": (
        TRACEBACK % ("compose_status", REFUSED % "composes/00000000-0000-4000-8000-000000000001"),
        ComposeState.RUNNING,
    ),
    "an odd status": (TRACEBACK % ("compose_status", "TypeError: x"), ComposeState.RUNNING),
    "failed": ("Compose failed (id: x)", ComposeState.ENDED),
}


@pytest.mark.parametrize("case", STATES)
def test_what_composer_has_of_a_task_is_told_by_words(case: str) -> None:
    """None has a compose-status.json: the builder writes it at its first good answer."""
    fault, state = STATES[case]
    found = failure(fault)
    assert found.compose is state
    text = found.reason + "\n" + (found.hint or "")
    assert ("goes on with example-guest-1-5" in text) == (state is ComposeState.RUNNING)
    assert ("is not known" in text) == (state is ComposeState.UNKNOWN)
    assert ("may stay reserved" in text) == (state is ComposeState.REFUSED_LATE)
    assert ("koji cancel example-guest-1-5" in text) == (state is ComposeState.REFUSED_LATE)
    assert (found.hint is None) == (state in (ComposeState.NOT_TAKEN, ComposeState.ENDED))


def test_a_status_that_has_an_end_outweighs_a_builder_that_lost_composer_after_it() -> None:
    """It fetches logs and manifests then."""
    status = RECORDED["composes"]["one-upload-failed"]
    found = failure("Failed to get the compose manifests: x", {"compose-status.json": status})
    assert found.compose is ComposeState.ENDED
    pending = {"status": "pending", "image_statuses": [{"status": "building"}]}
    assert failure(STATUS % "x", {"compose-status.json": pending}).compose is ComposeState.RUNNING


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error["reply"]["id"])
def test_composers_answers_are_one_sentence(error: Any) -> None:
    """What is wrong, without the JSON and without the schema; the reason alone may say nothing."""
    reply = error["reply"]
    found = failure(CREATE % json.dumps(reply)).reason.splitlines()[0]
    is_said = reply["id"] not in ("1005", "10001") or not reply["details"]
    did = "crashed on" if reply["details"].startswith("runtime error") else "refused"
    assert found.startswith("osbuild-composer %s the request: " % did)
    assert (reply["reason"] in found) == is_said
    assert not any(word in found for word in ('"href"', '"kind"', "Schema:", "#/components"))
    details = " ".join(reply["details"].partition("\nSchema:")[0].split())
    assert found.endswith((details[-20:], "..."))


@pytest.mark.parametrize("end", [60, 200, 400])
def test_an_answer_that_is_cut_is_read_as_far_as_it_goes(end: int) -> None:
    """What is held against the schema may be megabytes, and is cut on its way."""
    reply = {**ERRORS[0]["reply"], "details": "it is wrong\nSchema:\n" + "x" * 300}
    body = read_error_body(json.dumps(reply)[:end])
    assert body.code == 30
    assert body.details in ("", "it is wrong", "it i") or "it is wrong".startswith(body.details)


@given(st.text() | st.binary().map(lambda value: value.decode("latin-1")))
def test_any_answer_is_one_line_of_some_length(text: str) -> None:
    for body in map(read_error_body, (text, "IMAGE-BUILDER-COMPOSER-5" + text, "<html>" + text)):
        assert body.sentence.isprintable()
        assert 0 < len(body.sentence) <= MAX_REASON + MAX_DETAILS + 2
        assert "\n" not in body.sentence


@pytest.mark.parametrize("piece", ["<script", "<h1", "<title>", '{"reason":', " ", '"details":"\\'])
def test_a_long_answer_takes_no_long_time(piece: str) -> None:
    """Counted by the test's own timeout: each of these would take minutes by a careless pattern."""
    assert read_error_body("<html>" + piece * 50_000).sentence
    assert read_error_body("IMAGE-BUILDER-COMPOSER-30" + piece * 50_000).code == 30


def test_a_page_is_its_title() -> None:
    """Not the markup."""
    assert failure(STATUS % PAGE).reason.splitlines() == [
        "Failed to get the compose status: 503 Service Unavailable",
        "osbuild-composer goes on with example-guest-1-5",
    ]


def test_a_traceback_is_its_cause() -> None:
    """Not the objects of a library, with their addresses."""
    found = failure(TRACEBACK % ("compose_create", REFUSED % "compose"))
    assert found.reason == "the builder could not reach osbuild-composer: Connection refused"
    assert found.transient_reason == "composer could not be reached"


def test_a_registration_that_koji_refused() -> None:
    """Recorded: composer's words, each once, without the data of the build that is there."""
    files = {
        "compose-status.json": RECORDED["composes"]["refused"],
        "koji-init.log.json": RECORDED["koji_of_refused"]["init"],
        "koji-import.log.json": RECORDED["koji_of_refused"]["import"],
    }
    found = failure("Compose failed (id: x)", files, release_from_hub=False)
    assert found.reason.splitlines() == [
        "Compose failed (id: x)",
        "x86_64: Build already exists (id=5, state=COMPLETE); DNF error occurred: DepsolveError:"
        " There was a problem depsolving: no such package",
    ]
    assert found.nvr_taken
    assert found.hint is not None
    assert found.hint.startswith("Set another release or version")
    assert found.transient_reason is None


def test_the_same_reason_of_image_and_registration_is_told_once() -> None:
    """And the hub's dict of fifteen fields not at all."""
    said = "error: \"Build already exists (id=1, state=COMPLETE): {'name': 'exl-a'}\" code: 1000"
    error = {"id": 15, "reason": said}
    images = [{"status": "failure", "error": error}] * 2
    files = {
        "compose-status.json": {"status": "failure", "image_statuses": images},
        "koji-init.log.json": {"koji_error": "", "job_error": error},
    }
    found = failure("Compose failed (id: x)", files, arches=("x86_64", "aarch64"))
    assert found.reason.splitlines() == [
        "Compose failed (id: x)",
        "registering the build: Build already exists (id=1, state=COMPLETE)",
    ]
    assert found.files[0].name == "koji-init.log.json"


@pytest.mark.parametrize("which", ["one-upload-failed", "finalize-to-come"])
def test_an_upload_is_told_by_its_id_not_by_its_status(which: str) -> None:
    """Recorded: the failed one is a "success" with empty IDs, the good one a "failure"."""
    files = {"compose-status.json": RECORDED["composes"][which]}
    found = failure("Compose failed (id: x)", files, arches=("x86_64", "aarch64"))
    assert [kept.describe() for kept in found.uploads] == [
        "x86_64 was uploaded all the same: ami-0123456789abcdef0"
    ]
    assert "aarch64: at least one target failed: UnauthorizedOperation" in found.reason
    assert found.tells_uploads == (which == "one-upload-failed")


def test_a_finalize_that_failed_is_in_the_log_of_the_import() -> None:
    """The images say nothing: they keep "success" without an error."""
    upload = {"status": "failure", "type": "gcp", "options": {"image_name": "i", "project_id": "p"}}
    files = {
        "compose-status.json": {
            "status": "failure",
            "image_statuses": [{"status": "success", "upload_status": upload}],
        },
        "koji-import.log.json": {
            "koji_error": "",
            "job_error": {"id": 16, "reason": 'error: "database outage" code: 1014'},
        },
    }
    found = failure("Compose failed (id: x)", files)
    assert found.reason.splitlines()[1] == "import: database outage"
    assert found.transient_reason == "composer could not work with Koji"
    assert len(found.uploads) == 1


def left_of(details: str, arches: List[str]) -> Tuple[str, ...]:
    return failure(late(details), arches=tuple(arches)).refused_arches


def test_a_late_refusal_may_leave_the_jobs_of_the_arches_before() -> None:
    """Composer takes one arch after the other; where its words name one, it was that."""
    arches = ["x86_64", "s390x", "aarch64"]
    assert left_of("invalid ostree image ref", arches) == ("x86_64", "s390x")
    assert left_of("swap is not supported on rhel-8.10 s390x", arches) == ("x86_64",)
    assert left_of('no partition table for arch ("ol-9.6"): "x86_64"', arches) == ()
    assert left_of("invalid ostree image ref", ["x86_64"]) == ()
    found = failure(late("x"), arches=("x86_64", "aarch64"))
    assert "it may also build x86_64, which will never be in Koji" in found.reason
