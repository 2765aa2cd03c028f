"""Looking up tasks by their arguments, against a hub that stores them as a real one does."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.clouds.aws_s3 import AwsS3Upload
from pungi_osbuild.hub import Hub, LostSubmission, find_submitted, read_profile, submit
from pungi_osbuild.hub import lookup as module
from pungi_osbuild.methods import arguments, sent_digest
from pungi_osbuild.model import (
    ImageRequest,
    JsonObject,
    Repo,
    UploadTemplate,
)
from tests.values import a_request, an_image_config


@contextmanager
def a_hub(folder: Path) -> Iterator[Hub]:
    with RehearsalHub(HubSettings(duration=600), folder / "koji") as hub:
        write_profile(folder / "koji.conf", hub)
        with Hub(read_profile("rehearsal", folder / "koji.conf")) as session:
            yield session


def submitted(hub: Hub, *requests: ImageRequest) -> List[int]:
    ids = [submit(hub, request) for request in requests]
    assert all(isinstance(task_id, int) for task_id in ids)
    return [int(str(task_id)) for task_id in ids]


def sought(request: ImageRequest, after: int) -> LostSubmission:
    return LostSubmission(request.number, "osbuildImage", sent_digest(request), after)


ODD = a_request(
    number=1,
    config=replace(
        an_image_config(),
        image_type_as_list=True,
        skip_tag=True,
        customizations=JsonObject.from_conf(
            {"files": [{"path": "/etc/x", "data": "a\r\nb\rcä"}], "n": [1, 2.5, True, {}, []]}
        ),
    ),
    repos=(Repo("https://example.com/$arch"), Repo("https://x.example", ("build",), as_dict=True)),
    base_release="6",
)


@pytest.mark.parametrize("request_", [a_request(), ODD])
def test_a_task_is_found_by_what_was_submitted(request_: ImageRequest, tmp_path: Path) -> None:
    """Also where the hub stores something else than it was given."""
    with a_hub(tmp_path) as hub:
        (before,) = submitted(hub, request_)
        others = [replace(request_, base_release="7"), replace(request_, arches=("aarch64",))]
        ids = submitted(hub, others[0], request_, others[1])
        found = find_submitted(hub, hub.user_id(), [sought(request_, before)])
        assert found == {request_.number: ids[1]}


def test_a_task_from_before_the_intent_is_another_s(tmp_path: Path) -> None:
    """Each request has its own beginning, and of two tasks since then the older one is it."""
    first, second = a_request(number=4), a_request(number=5)
    with a_hub(tmp_path) as hub:
        user = hub.user_id()
        ids = submitted(hub, first, first, first)
        both = [sought(first, 0), sought(second, ids[1])]
        assert find_submitted(hub, user, both) == {4: ids[0], 5: ids[2]}
        assert find_submitted(hub, user, [sought(first, ids[2])]) == {}
        assert find_submitted(hub, user + 1, both) == {}


def test_nothing_is_asked_for_nothing(tmp_path: Path) -> None:
    """No request."""
    with a_hub(tmp_path) as hub:
        assert find_submitted(hub, 1, []) == {}


def test_tasks_are_looked_at_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No further back than the intent."""
    monkeypatch.setattr(module, "PAGE", 2)
    with a_hub(tmp_path) as hub:
        requests = [a_request(number=number, base_release="%d" % number) for number in range(7)]
        ids = submitted(hub, *requests)
        user = hub.user_id()
        asked: List[Any] = []
        call = hub.call

        def counted(method: str, *args: Any, **kwargs: Any) -> Any:
            asked.append(args)
            return call(method, *args, **kwargs)

        monkeypatch.setattr(hub, "call", counted)
        found = find_submitted(hub, user, [sought(request, ids[2]) for request in requests])
        assert found == dict(zip(range(3, 7), ids[3:]))
        assert len(asked) == 3
        found = find_submitted(hub, user, [sought(request, 0) for request in requests])
        assert found == dict(zip(range(7), ids))


def test_uploads_tell_tries_apart(tmp_path: Path) -> None:
    """A name that holds the attempt makes arguments of its own."""
    template = UploadTemplate(AwsS3Upload("us-east-1"), ())
    once = a_request(upload_template=template)
    assert arguments(once) != arguments(a_request())
