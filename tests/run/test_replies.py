"""Replies that are well formed and answer another question: no image is taken for another's."""

from __future__ import annotations

import re
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.hub import read_profile
from pungi_osbuild.metadata import load, productmd_types, write_compose
from pungi_osbuild.run import RunOptions, run
from tests.faulty_proxy import FaultyProxy, NetworkFault, _send
from tests.rehearsed import DATE, HASTY, QUICK, Rehearsed, content_for
from tests.run.test_run import a_config

BLOCKS: List[Dict[str, Any]] = [
    {"name": "first", "subvariant": "First", "release": "7", "arches": ["x86_64"]},
    {"name": "second", "subvariant": "Second", "release": "7", "arches": ["x86_64"]},
]


class Meddler(FaultyProxy):
    """Changes the hub's replies to a method."""

    def __init__(self, hub: RehearsalHub, stage: str, change: Callable[[bytes], bytes]) -> None:
        super().__init__(hub, NetworkFault.LOST, stage, 10**6)
        self._change = change

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        status, kind, reply = self._forwarded(handler, body)
        _send(handler, status, kind, self._change(reply) if self._is_hit(body) else reply)


def meddled(
    folder: Path, stage: str, change: Callable[[bytes], bytes], *blocks: Dict[str, Any], **top: Any
) -> Rehearsed:
    """Run both blocks, or others, while somebody changes the hub's replies."""
    path = a_config(folder, *(blocks or BLOCKS), **top)
    prepared = prepare(path, Origin(date=DATE), folder, rehearsal=True)
    config, compose = prepared.required()
    target = replace(compose, topdir=str(folder / "out"))
    write_compose(folder / "out/compose/metadata/composeinfo.json", target)
    settings = HubSettings(duration=0.0)
    with RehearsalHub(settings, folder / "koji", content_for(prepared)) as hub:
        profile = folder / "koji.conf"
        write_profile(profile, hub)
        with Meddler(hub, stage, change) as meddler:
            meddler.stand_before(profile)
            result = run(
                prepared.requests,
                target,
                config.settings,
                read_profile("rehearsal", profile),
                productmd_types(),
                RunOptions(polling=QUICK),
                HASTY,
            )
        return Rehearsed(result, folder / "out", hub.calls, hub.requests, hub.counters)


def renumbered(field: str, number: int) -> Callable[[bytes], bytes]:
    """Return a change that has every reply say one number, whatever was asked for."""
    pattern = rb"(<name>%s</name>\s*<value><int>)\d+" % field.encode("ascii")
    return lambda reply: re.sub(pattern, rb"\g<1>%d" % number, reply)


@pytest.mark.parametrize(
    ("stage", "field"),
    [("getTaskResult", "build"), ("getBuild", "id"), ("getBuild", "task_id")],
)
def test_no_image_is_taken_for_another_ones(stage: str, field: str, tmp_path: Path) -> None:
    """One block is built; the other fails, and nothing of the first is recorded for it."""
    done = meddled(tmp_path, stage, renumbered(field, 1))
    kinds = {one.request.config.name: one.kind.value for one in done.result.outcomes}
    assert sorted(kinds.values()) == ["built", "failed"]
    (failure,) = done.result.failures
    assert "the hub's reply does not match the request" in (failure.reason or "")
    (image,) = done.result.images
    assert image.built.nvr == "%s-1-7" % image.subvariant.lower()
    placed = [path.name for path in (done.out / "compose").rglob("*.qcow2")]
    assert placed == [Path(image.path).name]
    (recorded,) = load(done.out).images
    assert recorded.koji.nvr == image.built.nvr


@pytest.mark.parametrize(
    ("suffix", "words", "said"),
    [("raw", ("raw", "raw"), "placed"), ("iso", (None, None), "only recorded in osbuild.json")],
)
def test_another_kind_of_file_than_expected_is_placed_with_a_warning(
    suffix: str,
    words: Tuple[Optional[str], Optional[str]],
    said: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A guest image that is no .qcow2; as an ISO it is nobody's installer."""

    def renamed(reply: bytes) -> bytes:
        for image in (tmp_path / "koji").rglob("*.qcow2"):
            image.with_suffix("." + suffix).write_bytes(image.read_bytes())
        return reply.replace(b".qcow2", b"." + suffix.encode("ascii"))

    done = meddled(tmp_path, "listArchives", renamed, BLOCKS[0], osbuild_verify=False)
    (image,) = done.result.images
    assert image.built.filename == "first-1-7.x86_64.%s" % suffix
    assert (image.type, image.format) == words
    (warning,) = [text for text in caplog.messages if "should be a .qcow2 file" in text]
    assert "but Koji has %s; placed" % image.built.filename in warning and said in warning
