"""A log for each task: named after variant, arch and image, and without secrets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import List

import pytest

from pungi_osbuild.methods import arguments
from pungi_osbuild.model import ImageRequest, JsonObject, OutcomeKind, Repo
from pungi_osbuild.phase.tasklog import TaskLogs
from tests.run.engines import a_job
from tests.values import (
    SHA256,
    a_built_image,
    a_cloud_image,
    a_failed_outcome,
    a_placed_image,
    a_request,
    an_image_config,
    an_outcome,
)


def logs_in(folder: Path, weburl: str = "https://koji.example.com/koji") -> TaskLogs:
    return TaskLogs(folder / "osbuild", weburl, lambda: 1795418607.5)


def lines(logs: TaskLogs, request: ImageRequest) -> List[str]:
    return logs.path(request).read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (a_request(), "Server-x86_64-example-guest-1-5.log"),
        (a_request(split=True), "Server-x86_64-example-guest-1-5.x86_64.log"),
        (
            a_request(arches=("aarch64", "x86_64"), variant="Server-HA"),
            "Server-HA-aarch64+x86_64-example-guest-1-5.log",
        ),
        (a_request(base_release=None), "Server-x86_64-example-guest-1.log"),
        (a_request(version="../../x"), "Server-x86_64-example-guest-.._.._x-5.log"),
    ],
)
def test_the_name_says_what_it_is(request_: ImageRequest, name: str, tmp_path: Path) -> None:
    """Variant, arches, N-V-R as far as it is known; it stays in its folder."""
    assert logs_in(tmp_path).path(request_) == tmp_path / "osbuild" / name


def test_a_submission(tmp_path: Path) -> None:
    """The task, where to look at it, and the exact arguments."""
    logs = logs_in(tmp_path)
    logs.submitted(a_job(a_request(repos=(Repo("https://r.example.com/$arch"),)), 4711))
    assert lines(logs, a_request()) == [
        "2026-11-23 07:23:27 UTC task 4711: Server x86_64 example-guest (guest-image)",
        "    https://koji.example.com/koji/taskinfo?taskID=4711",
        '    osbuildImage ["example-guest", "1", "rhel-9.4", "guest-image", "example-target",'
        ' ["x86_64"], {"release": "5", "repo": ["https://r.example.com/$arch"]}]',
    ]


def test_a_koji_without_web_pages(tmp_path: Path) -> None:
    """Then there is no address to name."""
    logs = logs_in(tmp_path, weburl="")
    logs.submitted(a_job(a_request(), 4711))
    assert "taskinfo" not in logs.path(a_request()).read_text("utf-8")


def test_a_success(tmp_path: Path) -> None:
    """Each image with size, checksum and cloud IDs; appended to what was there."""
    logs = logs_in(tmp_path)
    logs.submitted(a_job(a_request(), 11))
    before = lines(logs, a_request())
    image = a_placed_image(built=a_built_image(uploads=(a_cloud_image(),)))
    logs.finished(an_outcome(images=(image,)))
    assert lines(logs, a_request()) == [
        *before,
        "2026-11-23 07:23:27 UTC built",
        "    %s (3 bytes, sha256 %s)" % (image.path, SHA256),
        "        aws ami-0123456789abcdef0",
    ]


def test_a_failure(tmp_path: Path) -> None:
    """The whole reason, and where the files are that say more."""
    logs = logs_in(tmp_path)
    address = "https://koji.example.com/kojifiles/work/tasks/11/11/osbuild.log"
    outcome = a_failed_outcome(
        kind=OutcomeKind.CANCELLED, reason="Compose failed\nx86_64: no space", logs=(address,)
    )
    logs.finished(outcome)
    assert lines(logs, a_request()) == [
        "2026-11-23 07:23:27 UTC cancelled",
        "    Compose failed",
        "    x86_64: no space",
        "    see " + address,
    ]


def test_secrets_are_not_written(tmp_path: Path) -> None:
    """Customizations may hold passwords, an address may hold a login."""
    customizations = JsonObject.from_conf({"user": [{"name": "x", "password": "hunter2"}]})
    request = a_request(
        config=an_image_config(customizations=customizations),
        repos=(
            Repo("https://me:s3cr3t@r.example.com/$arch?x=a@b"),
            Repo("https://r.example.com/x@y"),
        ),
    )
    sent = arguments(request)
    logs = logs_in(tmp_path)
    logs.submitted(a_job(request, 11))
    text = logs.path(request).read_text("utf-8")
    assert "hunter2" not in text
    assert "s3cr3t" not in text
    assert '"https://(hidden)@r.example.com/$arch?x=(hidden)"' in text
    assert '"https://r.example.com/x@y"' in text
    assert '"customizations": "not shown: it may hold secrets"' in text
    assert arguments(request) == sent


def test_a_login_in_a_reason_is_not_written(tmp_path: Path) -> None:
    """Composer quotes the address of a repository that it cannot read."""
    logs = logs_in(tmp_path)
    logs.finished(a_failed_outcome(reason="x86_64: cannot read https://me:s3cr3t@r.example.com/x"))
    assert "s3cr3t" not in logs.path(a_request()).read_text("utf-8")


def test_a_log_that_cannot_be_written_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No image fails for it."""
    (tmp_path / "osbuild").write_text("a file", encoding="utf-8")
    logs = logs_in(tmp_path)
    logs.submitted(a_job(a_request(), 11))
    logs.finished(an_outcome())
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "cannot be written" in caplog.text


def test_another_attempt_has_its_own_n_v_r(tmp_path: Path) -> None:
    """So it has a log of its own."""
    logs = logs_in(tmp_path)
    again = replace(a_request(), base_release="6")
    logs.submitted(a_job(a_request(), 11))
    logs.submitted(a_job(again, 12))
    assert len(list((tmp_path / "osbuild").iterdir())) == 2
