"""What a hub may say that nobody should trust, and replies too large to be made."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Dict, List

import koji
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from koji_rehearsal.encoding import response
from tests.conformance.desk import Desk, a_desk
from tests.hostile import NAMES, VALUES, InBase64, Oversized, Padded, Repeated

IMAGE = "rig-image-41-1.x86_64.qcow2"
STATUS = "compose-status.json"


def archives(desk: Desk) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = desk.session().listArchives(buildID=1)
    return found


def image_of(rows: List[Dict[str, Any]]) -> Dict[str, Any]:
    (image,) = (one for one in rows if "boot_mode" in one["extra"]["image"])
    return image


@pytest.mark.parametrize("name_is", sorted(set(NAMES) - {"nul"}))
def test_an_archive_has_an_odd_name(name_is: str, tmp_path: Path) -> None:
    """The image's, and no other; the file is where it was."""
    with a_desk(tmp_path, "odd-name:name_is=" + name_is) as desk:
        desk.build()
        rows = archives(desk)
        assert image_of(rows)["filename"] == NAMES[name_is](IMAGE)
        assert sum(one["filename"].startswith(IMAGE + ".") for one in rows) == 3
        assert (desk.hub.topdir / "packages/rig-image/41/1/images" / IMAGE).is_file()


def test_a_nul_is_not_even_xml(tmp_path: Path) -> None:
    """No parser takes it."""
    with a_desk(tmp_path, "odd-name:name_is=nul") as desk:
        desk.build()
        call = (
            b"<methodCall><methodName>listArchives</methodName><params><param><value><int>1</int>"
        )
        call += b"</value></param></params></methodCall>"
        assert (IMAGE + "\0.txt").encode() in requests.post(
            desk.hub.server, call, timeout=30
        ).content


@pytest.mark.parametrize(
    "size, told", [("", None), ("0", 0), ("-1", -1), ("1000000000000", 10**12)]
)
def test_an_archive_has_another_size(size: str, told: Any, tmp_path: Path) -> None:
    """Than its file."""
    with a_desk(tmp_path, "wrong-size" + (":size=" + size if size else "")) as desk:
        desk.build()
        size_told = image_of(archives(desk))["size"]
        real = (desk.hub.topdir / "packages/rig-image/41/1/images" / IMAGE).stat().st_size
        assert size_told == (2 * real if told is None else told)


def test_only_the_image_that_is_meant(tmp_path: Path) -> None:
    """Of two arches, and of two images."""
    with a_desk(tmp_path, "wrong-size:arch=aarch64,name=rig-image,size=1") as desk:
        desk.build(arches=["x86_64", "aarch64"])
        desk.build("rig-aws", arches=["aarch64"])
        sizes = [
            one["size"] == 1
            for number in (1, 2)
            for one in desk.session().listArchives(buildID=number)
            if "boot_mode" in one["extra"]["image"]
        ]
        assert sorted(sizes) == [False, False, True]


def test_a_build_holds_many_archives(tmp_path: Path) -> None:
    """As many as are asked for, each with a name of its own."""
    with a_desk(tmp_path, "many-archives:count=1234,times=1") as desk:
        desk.build()
        rows = archives(desk)
        assert len(rows) == 1234 + 4
        assert len({one["filename"] for one in rows}) == 1234 + 4
        assert rows[-1] == {**rows[0], "filename": "00001233.bin", "extra": None}
        assert len(archives(desk)) == 4


def test_a_million_archives_are_sent_and_stand_nowhere(tmp_path: Path) -> None:
    """A client that reads no more than the beginning costs the hub no more than that."""
    with a_desk(tmp_path, "many-archives:count=1000000") as desk:
        desk.build()
        call = (
            b"<methodCall><methodName>listArchives</methodName><params><param><value><int>1</int>"
        )
        call += b"</value></param></params></methodCall>"
        with requests.post(desk.hub.server, call, timeout=30, stream=True) as reply:
            assert int(reply.headers["Content-Length"]) > 10**9
            assert reply.raw.read(10**6).count(b"btype_id") > 100
        assert desk.session().getAPIVersion() == 1


def test_an_archive_is_deep(tmp_path: Path) -> None:
    """Deeper than Python's own recursion goes."""
    with a_desk(tmp_path, "deep-extra:count=5000") as desk:
        desk.build()
        value = image_of(archives(desk))["extra"]["image"]["more"]
        depth = 0
        while isinstance(value, dict):
            value, depth = value["a"], depth + 1
        assert (value, depth) == (1, 5000)


def test_an_archive_is_huge(tmp_path: Path) -> None:
    """With one text of many bytes."""
    with a_desk(tmp_path, "huge-extra:size=2000000") as desk:
        desk.build()
        assert image_of(archives(desk))["extra"]["image"]["more"] == "x" * 2000000


def test_a_compose_status_is_huge(tmp_path: Path) -> None:
    """It says the same, with a lot of blanks; pieces of it fit together. Others are as they are."""
    with a_desk(tmp_path, "huge-status:size=1000000") as desk:
        desk.build()
        session = desk.session()
        assert session.listTaskOutput(1, stat=True)[STATUS]["st_size"] == "1000000"
        whole = session.downloadTaskOutput(1, STATUS)
        assert len(whole) == 1000000
        assert json.loads(whole)["status"] == "success"
        pieces = [
            session.downloadTaskOutput(1, STATUS, offset=start, size=99999)
            for start in range(0, 1000000, 99999)
        ]
        assert b"".join(pieces) == whole
        assert session.downloadTaskOutput(1, STATUS, offset=2000000) == b""
        assert len(session.downloadTaskOutput(1, "compose-request.json")) < 10000


def test_a_gigabyte_of_status_stands_nowhere(tmp_path: Path) -> None:
    """By default it is so large; its beginning comes at once."""
    with a_desk(tmp_path, "huge-status") as desk:
        desk.build()
        call = (
            b"<methodCall><methodName>downloadTaskOutput</methodName><params><param><value><int>1"
        )
        call += b"</int></value></param><param><value><string>compose-status.json</string></value>"
        call += b"</param></params></methodCall>"
        with requests.post(desk.hub.server, call, timeout=30, stream=True) as reply:
            assert int(reply.headers["Content-Length"]) > 1333333333
            assert len(reply.raw.read(10**6)) == 10**6
        stored = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        assert stored < 10**7


@pytest.mark.parametrize("value", sorted(VALUES))
def test_a_field_is_of_the_wrong_type(value: str, tmp_path: Path) -> None:
    """Wherever it is in the reply."""
    spec = "wrong-type:method=getTaskInfo,field=state,value=" + value
    with a_desk(tmp_path, spec) as desk:
        desk.build()
        task = desk.session().getTaskInfo(1)
        assert task["state"] == VALUES[value]
        assert task["id"] == 1
        assert [one["state"] for one in desk.session().getTaskInfo([1, 1])] == [VALUES[value]] * 2


def test_a_field_is_not_there(tmp_path: Path) -> None:
    """Nor is another one of that name further in."""
    with a_desk(tmp_path, "wrong-type:method=listArchives,field=arch,value=absent") as desk:
        desk.build()
        assert all("arch" not in one["extra"]["image"] for one in archives(desk))


def test_every_field_is_of_the_wrong_type(tmp_path: Path) -> None:
    """Or the reply itself; a submission's, too."""
    every = "wrong-type:method=getTaskInfo,field=*,value=list"
    with a_desk(tmp_path, every, "wrong-type:value=dict,times=2..2") as desk:
        assert desk.submit() == 1
        assert set(map(str, desk.session().getTaskInfo(1).values())) == {"[]"}
        request = ("rig-image", "42", "fedora-41", "guest-image", "f41-images", ["x86_64"])
        assert desk.session().osbuildImage(*request, {}) == {}


def test_a_fault_is_full_of_control_characters(tmp_path: Path) -> None:
    """Those that XML can carry."""
    with (
        a_desk(tmp_path, "odd-fault:method=getBuild") as desk,
        pytest.raises(koji.GenericError) as e,
    ):
        desk.session().getBuild(1)
    assert "\x9b2J" in str(e.value)
    assert "\u202e" in str(e.value)
    assert "\n" in str(e.value)


def test_an_error_of_composer_is_full_of_escapes(tmp_path: Path) -> None:
    """JSON carries all of them."""
    with a_desk(tmp_path, "escapes") as desk:
        desk.build()
        (status,) = desk.output(1)["image_statuses"]
        assert "\x1b[2J" in status["error"]["reason"]
        assert "\x1b]0;title\x07" in status["error"]["reason"]
        assert desk.output(1, "x86_64-guest-image.log.json")["job_error"] == status["error"]


@given(st.binary(max_size=40), st.integers(0, 100), st.integers(0, 120), st.integers(0, 120))
def test_a_padded_file_is_one(content: bytes, more: int, start: int, length: int) -> None:
    """Whichever piece of it is read."""
    content += b"}"
    padded = Padded(content, len(content) + more)
    whole = content[:-1] + b" " * more + b"}"
    assert padded.read(0, padded.size) == whole
    assert padded.read(start, length) == whole[start : start + length]
    if start <= padded.size:
        count = min(length, padded.size - start)
        piece = InBase64(padded, start, count)
        told = b"".join(piece.pieces())
        assert base64.b64decode(told) == whole[start : start + count]
        assert len(told) == piece.length


@given(st.lists(st.tuples(st.text("ab<&", max_size=5), st.integers(0, 9))), st.integers(0, 2000))
def test_huge_things_come_in_their_places(texts: Any, limit: int) -> None:
    """And a reply is as long as is told."""
    oversized = Oversized()
    values = [[text, oversized.text(Repeated(b"y", times))] for text, times in texts]
    body = oversized.body(response(values))
    told = b"".join(body.pieces(body.length))
    assert len(told) == body.length
    assert told == response([[text, "y" * times] for text, times in texts])
    assert b"".join(body.pieces(limit)) == told[:limit]
