"""
Every call of every transcript of a real hub, made again.

The transcripts are in ``data/golden``: a hub of Koji 1.35.3 with koji-osbuild's plugins. Same
calls, same kinds of reply, same faults; ids stand for ids, what differs from hub to hub by nature
(times, sums, sizes, cloud ids) is compared by its kind.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Tuple
from xmlrpc.client import Fault

import koji
import pytest
import requests

from koji_rehearsal import HubSettings
from tests.conformance.desk import DURATION, STRICT, a_desk
from tests.conformance.scenes import SCENES, Stage
from tests.conformance.transcripts import (
    NAMES,
    Entry,
    Ids,
    Likeness,
    arguments_here,
    corrected,
    transcript,
)

LEFT_OUT: Mapping[Tuple[str, int], str] = {
    ("01_version_login", 11): "sslLogin: a hub on plain HTTP has no client certificates; users log"
    " in by name and password, or not at all",
}
"""Entries that are not answered alike, by transcript and number, and why not."""


def test_every_transcript_has_a_scene() -> None:
    """And every entry is either played or left out with a reason."""
    assert set(SCENES) == set(NAMES)
    assert sum(len(transcript(name)) for name in NAMES) == 393
    for (name, index), reason in LEFT_OUT.items():
        assert index < len(transcript(name))
        assert reason


def test_the_documentation_tells_what_is_left_out() -> None:
    """The same calls for the same reasons."""
    page = Path(__file__).parents[2] / "docs" / "rehearsal-hub.md"
    section = page.read_text(encoding="utf-8").split("## What is left out")[1].split("Of what a")[0]
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in section.splitlines()
        if line.startswith("|")
    ]
    expected = [(name, str(index), reason) for (name, index), reason in LEFT_OUT.items()]
    assert rows[2:] == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_transcript_is_answered_as_by_a_real_hub(name: str, tmp_path: Path) -> None:
    """All entries are played, those left out as well: a stale reason is a failure."""
    scene = SCENES[name]
    # No cloud was behind the recorded hub: two arches got one AMI name there.
    settings = HubSettings(duration=DURATION, sboms=scene.sboms, clouds_remember=False)
    with a_desk(tmp_path, *scene.faults, content=STRICT, settings=settings) as desk:
        player = Player(Stage(desk, Ids()))
        wrong: Dict[int, List[str]] = {}
        for entry in transcript(name):
            if entry.index in scene.before:
                scene.before[entry.index](player.stage)
            found = player.play(entry)
            if found:
                wrong[entry.index] = found
    left_out = {index for transcript_, index in LEFT_OUT if transcript_ == name}
    told = [
        "%d %s: %s" % (i, transcript(name)[i].method, line)
        for i in wrong
        for line in wrong[i]
        if i not in left_out
    ]
    assert not told, "\n".join(told)
    assert left_out <= set(wrong), "left out, but answered alike"


class Player:
    """Plays entries one after another, each by the user who made the call."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._likeness = Likeness(stage.ids)
        self._replies: Dict[str, Any] = {}
        self._logins = 0

    def play(self, entry: Entry) -> List[str]:
        """Return what is not as in the transcript."""
        if entry.local is not None:
            return self._likeness.differences("", corrected(entry.reply), self._local(entry))
        args, kwargs = arguments_here(entry, self.stage.ids)
        if entry.method == "login":
            args = self._login(entry)
        if entry.user is not None and " " in entry.user:
            return ["there is no user %r" % entry.user]
        session = self.stage.desk.session(entry.user)
        try:
            reply = session._callMethod(entry.method, tuple(args), kwargs)
        except (koji.GenericError, Fault) as error:
            return self._refused(entry, error)
        self._replies[entry.method] = reply
        if entry.fault is not None:
            return ["no fault, but %r" % (reply,)]
        return self._content(entry, reply)

    def _login(self, entry: Entry) -> List[Any]:
        """Return the arguments of a login; a transcript does not tell passwords."""
        user = entry.args[0]
        right = entry.fault is None or entry.user is not None
        return [user, user + "pw" if right else "wrong"]

    def _refused(self, entry: Entry, error: Exception) -> List[str]:
        if entry.fault is None:
            return ["refused: %r" % error]
        expected = dict(entry.fault)
        kind = "xmlrpc.client.Fault" if isinstance(error, Fault) else "koji." + type(error).__name__
        code = error.faultCode  # type: ignore[attr-defined]
        text = error.faultString if isinstance(error, Fault) else str(error)
        if expected["class"] == "Fault":
            kind, text = "Fault", str(error)
        told = {"class": kind, "faultCode": code, "faultString": text}
        expected.pop("fromFault", None)
        return self._likeness.differences("", expected, told)

    def _content(self, entry: Entry, reply: Any) -> List[str]:
        golden = entry.reply
        if entry.method == "listTasks" and isinstance(golden, int):
            return [] if type(reply) is int and reply == self._ended() else ["count %r" % reply]
        if entry.method == "downloadTaskOutput" and "size" not in entry.kwargs:
            golden, reply = (json.loads(base64.b64decode(one)) for one in (golden, reply))
            golden = corrected(golden)
        return self._likeness.differences(entry.method, golden, reply)

    def _ended(self) -> int:
        tasks = self.stage.desk.session().listTasks({"method": "osbuildImage"})
        return len([task for task in tasks if koji.TASK_STATES[task["state"]] != "OPEN"])

    # what the client makes of replies

    def _local(self, entry: Entry) -> Any:
        assert entry.local is not None
        for start, make in self._LOCALS.items():
            if entry.local.startswith(start):
                return make(self, entry)
        raise AssertionError("nobody knows what %r is" % entry.local)

    def _output(self, entry: Entry) -> Any:
        assert entry.local is not None
        number, name = entry.local.split("(")[1].split(")")[0].split(", ")
        task_id = self.stage.ids.here("task", int(number))
        return self.stage.desk.output(task_id, name.strip("'"))

    def _status_so_far(self, _entry: Entry) -> Any:
        return self.stage.desk.output(self.stage.ids.here("task", 33))

    def _paths(self) -> Any:
        return koji.PathInfo(topdir=self.stage.desk.hub.topurl)

    def _image_urls(self, _entry: Entry) -> Any:
        folder = self._paths().imagebuild(self._replies["getBuild"])
        urls = ["%s/%s" % (folder, one["filename"]) for one in self._replies["listArchives"]]
        assert {requests.head(url, timeout=10).status_code for url in urls} == {200}
        return urls

    def _folders(self, _entry: Entry) -> Any:
        build = self._replies["getBuild"]
        return [self._paths().typedir(build, "image"), self._paths().build_logs(build)]

    def _bytes(self, _entry: Entry) -> Any:
        session = self.stage.desk.session()
        task_id = self.stage.ids.here("task", 33)
        content = session.downloadTaskOutput(task_id, "compose-status.json")
        assert isinstance(content, bytes)
        build = '"koji_build_id": %d'
        here = self.stage.ids.here("build", 18)
        return {"__bytes__": content.decode().replace(build % here, build % 18)}

    def _task_paths(self, entry: Entry) -> Any:
        here = self.stage.ids.here("task", 33)
        below = koji.pathinfo.taskrelpath(here)
        url = "%s/work/%s/compose-status.json" % (self.stage.desk.hub.topurl, below)
        assert requests.get(url, timeout=10).json()["status"] == "success"
        return [re.sub(r"/%d(?=/|$)" % here, "/33", text) for text in (below, url)]

    def _highest_task(self, _entry: Entry) -> Any:
        count = self.stage.desk.session().listTasks({}, {"countOnly": True})
        return ["0", str(count)]

    def _virtual_calls(self, entry: Entry) -> Any:
        session, ids = self.stage.desk.session(), self.stage.ids
        with session.multicall() as many:
            calls = [
                many.getTaskInfo(ids.here("task", 33)),
                many.getTaskResult(ids.here("task", 35)),
                many.getBuild(ids.here("build", 18)),
            ]
        return [_outcome(call) for call in calls]

    def _strict_multicall(self, _entry: Entry) -> Any:
        session = self.stage.desk.session()
        with pytest.raises(koji.GenericError) as caught, session.multicall(strict=True) as many:
            many.getTaskResult(self.stage.ids.here("task", 35))
        return _told(caught.value)

    _LOCALS: Mapping[str, Callable[..., Any]] = {
        "downloadTaskOutput(": _output,
        "compose-status.json while building": _status_so_far,
        "koji.pathinfo (topdir = topurl): imagebuild": _image_urls,
        "koji.pathinfo typedir": _folders,
        "ClientSession.downloadTaskOutput": _bytes,
        "koji.pathinfo.taskrelpath": _task_paths,
        "highest task id": _highest_task,
        "with session.multicall() as m": _virtual_calls,
        "multicall(strict=True)": _strict_multicall,
    }


def _outcome(call: Any) -> Any:
    try:
        return {"result": call.result}
    except koji.GenericError as error:
        return {"raised": _told(error)}


def _told(error: koji.GenericError) -> Dict[str, Any]:
    return {
        "class": "koji." + type(error).__name__,
        "faultCode": error.faultCode,
        "faultString": str(error),
        "fromFault": error.fromFault,
    }
