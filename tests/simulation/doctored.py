"""A small night in which all is well, as a record; and what makes it look as if it were not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from simulation.record import (
    Ended,
    Exchange,
    HubBuild,
    HubFile,
    HubTask,
    Record,
    Run,
    Slot,
    ToldOutcome,
)

SLOT = Slot("c0", "b0", ("x86_64",))
NVR = "image-b0-1-1.x86_64"
PATH = "Server/x86_64/images/image-b0-1-1.x86_64.qcow2"
FOREIGN = "Server/x86_64/iso/boot.iso"
CONTENT = b"an image"
FOREIGN_CONTENT = b"another's"
SECRET = "hunter2"

TASK = HubTask(1, SLOT, 0, NVR, created=10.0, ended=40.0, state="CLOSED")
FILE = HubFile(
    archive_id=7,
    filename="image-b0-1-1.x86_64.x86_64.qcow2",
    arch="x86_64",
    size=len(CONTENT),
    md5=hashlib.md5(CONTENT).hexdigest(),
    path="packages/image-b0/1/1.x86_64/images/image.qcow2",
)
BUILD = HubBuild(3, NVR, "COMPLETE", 1, created=11.0, completed=39.0, files=(FILE,))
OUTCOME = ToldOutcome(SLOT, "built", 1, 1, can_fail=False, nvr=NVR, images=(PATH,))
RUN = Run(
    name="c0 run 1",
    compose="c0",
    began=0.0,
    bound=1000.0,
    slots=(SLOT,),
    timeouts={str(SLOT): None},
    ended=50.0,
    how=Ended.RESULT,
    outcomes=(OUTCOME,),
)
POLL = ("listTasks", ({"completeAfter": 1.0},))


def a_record(folder: Path) -> Record:
    """Return a night of one compose and one image, which was built; its files are in a folder."""
    topdir = folder / "c0"
    _write(topdir / "compose" / PATH, CONTENT)
    _write(topdir / "compose" / FOREIGN, FOREIGN_CONTENT)
    metadata = topdir / "compose" / "metadata"
    _write_json(metadata / "osbuild.json", _images(an_entry()))
    _write_json(metadata / "images.json", _images({"path": PATH}, {"path": FOREIGN}))
    write_journal(topdir, *journal())
    return Record(
        composes={"c0": topdir},
        settled=("c0",),
        koji=folder / "koji",
        tasks=(TASK,),
        builds=(BUILD,),
        cloud_names=(("aws", "us-east-1", "img-c0-b0-1"),),
        exchanges=(Exchange(20.0, RUN.name, (POLL,)), Exchange(21.5, RUN.name, (POLL,))),
        runs=(RUN,),
        secrets=(SECRET,),
        foreign={"c0": {FOREIGN: FOREIGN_CONTENT}},
        over=True,
    )


def an_entry() -> Dict[str, Any]:
    """Return what osbuild.json has of the image."""
    return {
        "path": PATH,
        "size": len(CONTENT),
        "checksums": {"sha256": hashlib.sha256(CONTENT).hexdigest()},
        "in_images_json": True,
        "cloud": [{"provider": "aws", "id": "ami-1", "name": "img-c0-b0-1"}],
        "koji": {"archive_id": 7, "build_id": 3, "nvr": NVR, "task_id": 1},
    }


def _images(*entries: Dict[str, Any]) -> Dict[str, Any]:
    return {"payload": {"images": {"Server": {"x86_64": list(entries)}}}}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _write_json(path: Path, value: Any) -> None:
    _write(path, json.dumps(value).encode("utf-8"))


def journal() -> List[Dict[str, Any]]:
    """Return the lines of the run's journal."""
    return [
        {"event": "run"},
        {"event": "plan", "anew": False},
        {
            "event": "intent",
            "intent": 0,
            "attempt": 1,
            "block": "digest",
            "name": "image-b0",
            "arches": ["x86_64"],
            "nvr": NVR,
        },
        {"event": "submitted", "intent": 0, "task_id": 1},
        {"event": "placed", "intent": 0, "path": PATH},
        {"event": "outcome", "intent": 0, "outcome": "built"},
        {"event": "end", "how": "finished"},
    ]


def write_journal(topdir: Path, *lines: Dict[str, Any]) -> None:
    """Write lines as a run does, each with a checksum over itself and the one before."""
    previous, whole = "", b""
    for line in lines:
        text = json.dumps(line).encode("ascii")
        previous = hashlib.sha256(previous.encode("ascii") + text).hexdigest()[:16]
        whole += text[:-1] + b', "checksum": "%s"}\n' % previous.encode("ascii")
    _write(topdir / "work/global/osbuild/journal.jsonl", whole)


Doctor = Callable[[Record], Record]


def _told(record: Record, **changes: Any) -> Record:
    outcome = replace(OUTCOME, **changes)
    return replace(record, runs=(replace(RUN, outcomes=(outcome,)),))


def _ran(record: Record, **changes: Any) -> Record:
    return replace(record, runs=(replace(RUN, **changes),))


def _second_task(record: Record) -> Record:
    later = replace(TASK, id=2, created=20.0, ended=60.0, nvr="image-b0-1-2.x86_64")
    write_journal(record.composes["c0"], *journal(), {**journal()[2], "nvr": later.nvr})
    return replace(record, tasks=(TASK, later))


def _second_build(record: Record) -> Record:
    nvr = "image-b0-1-2.x86_64"
    later = replace(TASK, id=2, created=50.0, ended=60.0, nvr=nvr)
    build = replace(BUILD, id=4, nvr=nvr, task_id=2)
    return replace(record, tasks=(TASK, later), builds=(BUILD, build))


def _no_intent(record: Record) -> Record:
    write_journal(record.composes["c0"], *journal()[:2])
    return record


def _cancels(record: Record) -> Record:
    call = Exchange(25.0, RUN.name, (("cancelTask", (1,)),))
    return replace(record, exchanges=(call,))


def _cancels_others(record: Record) -> Record:
    call = Exchange(25.0, RUN.name, (("cancelTask", (9,)),))
    return replace(record, exchanges=(call,))


def _without(name: str) -> Doctor:
    def doctor(record: Record) -> Record:
        _write_json(record.composes["c0"] / "compose/metadata" / name, _images({"path": FOREIGN}))
        return record

    return doctor


def _empty_osbuild_json(record: Record) -> Record:
    _write_json(record.composes["c0"] / "compose/metadata/osbuild.json", _images())
    return record


def _gone(record: Record) -> Record:
    (record.composes["c0"] / "compose" / PATH).unlink()
    return record


def _lost_later(record: Record) -> Record:
    (record.composes["c0"] / "compose" / PATH).unlink()
    again = replace(RUN, name="c0 run 2", began=60.0, ended=70.0, slots=(), outcomes=())
    return replace(record, runs=(RUN, again))


def _wrong_bytes(record: Record) -> Record:
    _write(record.composes["c0"] / "compose" / PATH, b"an imagf")
    return record


def _torn_metadata(record: Record) -> Record:
    _write(record.composes["c0"] / "compose/metadata/osbuild.json", b'{"payl')
    return record


def _others_changed(record: Record) -> Record:
    _write(record.composes["c0"] / "compose" / FOREIGN, b"ours")
    return record


def _lock_left(record: Record) -> Record:
    _write(record.composes["c0"] / "work/global/osbuild/lock", b"{}")
    return record


def _part_left(record: Record) -> Record:
    _write((record.composes["c0"] / "compose" / PATH).with_name(".x.part"), b"")
    return record


def _stray_image(record: Record) -> Record:
    _write((record.composes["c0"] / "compose" / PATH).with_name("stray.qcow2"), b"")
    return record


def _secret_on_disk(record: Record) -> Record:
    _write(record.composes["c0"] / "logs/x86_64/osbuild/some.log", SECRET.encode())
    return record


def _signature_logged(record: Record) -> Record:
    return _ran(record, log=("https://s3/x?X-Amz-Signature=0123456789abcdef",))


def _damaged_journal(record: Record) -> Record:
    path = record.composes["c0"] / "work/global/osbuild/journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"run"', b'"fun"'))
    return record


def _other_journal(record: Record) -> Record:
    lines = journal()
    lines[5]["outcome"] = "failed"
    write_journal(record.composes["c0"], *lines)
    return record


def _fast_polls(record: Record) -> Record:
    polls = (Exchange(20.0, RUN.name, (POLL,)), Exchange(20.5, RUN.name, (POLL,)))
    return replace(record, exchanges=polls)


def _burst(record: Record) -> Record:
    calls = tuple(
        Exchange(20.0 + number / 100, RUN.name, (("getBuild", ("x",)),)) for number in range(60)
    )
    return replace(record, exchanges=calls)


def _leftover(record: Record) -> Record:
    build = replace(BUILD, id=4, nvr="image-b0-1-2.x86_64", task_id=2)
    task = replace(TASK, id=2, nvr=build.nvr, state="CANCELED", created=45.0, ended=46.0)
    write_journal(record.composes["c0"], *journal(), {**journal()[2], "nvr": build.nvr})
    return replace(record, tasks=(TASK, task), builds=(BUILD, replace(build, state="BUILDING")))


def _leftover_upload(record: Record) -> Record:
    return replace(record, cloud_names=(("aws", "us-east-1", "img-c0-b0-2"),))


def _late(record: Record) -> Record:
    task = replace(TASK, ended=500.0)
    run = replace(RUN, timeouts={str(SLOT): 15.0}, ended=600.0)
    return replace(record, tasks=(task,), runs=(run,))


def _failed_beside(record: Record, created: float, ended: float) -> Record:
    task = replace(TASK, state="FAILED")
    other = replace(TASK, id=2, slot=Slot("c0", "b1", SLOT.arches), created=created, ended=ended)
    outcomes = (replace(OUTCOME, kind="failed", reason="so", images=()),)
    run = replace(RUN, fail_fast=True, outcomes=outcomes, ended=600.0)
    return replace(record, tasks=(task, other), runs=(run,))


def _same_attempt(record: Record) -> Record:
    intent = journal()[2]
    write_journal(record.composes["c0"], *journal()[:4], {**intent, "intent": 1})
    return record


def _same_nvr(record: Record) -> Record:
    later = replace(TASK, id=2, created=50.0, ended=60.0, state="FAILED")
    return replace(record, tasks=(TASK, later))


def _others_build(record: Record) -> Record:
    return replace(record, builds=(replace(BUILD, task_id=None),))


DOCTORED: Tuple[Tuple[str, Doctor], ...] = (
    ("a_request_has_one_task_at_a_time", _second_task),
    ("a_request_is_not_built_twice", _second_build),
    ("every_task_was_intended", _no_intent),
    ("a_task_is_cancelled_for_a_cause", _cancels),
    ("a_task_is_cancelled_for_a_cause", _cancels_others),
    ("what_was_built_is_recorded", _empty_osbuild_json),
    ("what_was_built_is_recorded", _without("images.json")),
    ("what_was_built_is_recorded", _gone),
    ("what_was_built_is_recorded", lambda record: _ran(record, outcomes=())),
    ("what_was_recorded_stays", _lost_later),
    ("what_is_recorded_has_the_right_bytes", _wrong_bytes),
    ("what_is_recorded_has_the_right_bytes", _torn_metadata),
    ("what_others_have_stays", _others_changed),
    ("nothing_unfinished_stays", _lock_left),
    ("nothing_unfinished_stays", _part_left),
    ("nothing_unfinished_stays", _stray_image),
    ("every_failure_has_a_cause", lambda record: _told(record, kind="failed", reason="so")),
    ("every_failure_has_a_cause", lambda record: _told(record, kind="failed", reason=None)),
    (
        "every_failure_has_a_cause",
        lambda record: _ran(record, how=Ended.ERROR, error="HubError", said="no answer"),
    ),
    ("there_is_no_defect", lambda record: _told(record, kind="failed", reason="BUG in it")),
    (
        "there_is_no_defect",
        lambda record: _ran(record, how=Ended.ERROR, error="KeyError", is_ours=False),
    ),
    ("what_is_left_behind_is_listed", _leftover),
    ("what_is_left_behind_is_listed", _leftover_upload),
    ("no_secret_gets_out", lambda record: _ran(record, said="login with " + SECRET)),
    ("no_secret_gets_out", _secret_on_disk),
    ("no_secret_gets_out", _signature_logged),
    ("the_journal_says_what_happened", _damaged_journal),
    ("the_journal_says_what_happened", _other_journal),
    ("a_late_task_is_cancelled", _late),
    ("fail_fast_ends_the_rest", lambda record: _failed_beside(record, 12.0, 500.0)),
    ("fail_fast_ends_the_rest", lambda record: _failed_beside(record, 400.0, 410.0)),
    ("each_try_has_its_number", _same_attempt),
    (
        "as_many_retries_as_are_wanted",
        lambda record: _told(record, kind="failed", reason="this was the last of 2 retries"),
    ),
    ("no_task_is_made_for_an_own_build", _same_nvr),
    ("each_image_is_of_an_own_build", _others_build),
    ("polls_are_a_second_apart", _fast_polls),
    ("the_rate_limit_holds", _burst),
    ("every_run_ends_in_time", lambda record: _ran(record, how=Ended.HUNG)),
    ("the_night_ends_well", lambda record: _told(record, kind="failed", reason="so")),
    ("the_night_ends_well", lambda record: _ran(record, how=Ended.CRASH)),
)
"""An invariant, and what it must find wrong."""
