"""Files as they are served: ranges, and what goes wrong with a download."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Tuple

import koji
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from koji_rehearsal.downloads import read_range
from tests.conformance.desk import a_desk


@contextmanager
def an_image(topdir: Path, *faults: str) -> Iterator[Tuple[str, bytes]]:
    """Give the address and the content of an image."""
    with a_desk(topdir, *faults) as desk:
        (image,) = desk.image_archives(desk.build())
        build = desk.session().getBuild(1)
        folder = koji.PathInfo(topdir=str(desk.hub.topdir)).imagebuild(build)
        content = Path(folder, image["filename"]).read_bytes()
        assert hashlib.md5(content).hexdigest() == image["checksum"]
        address = koji.PathInfo(topdir=desk.hub.topurl).imagebuild(build)
        yield "%s/%s" % (address, image["filename"]), content


def get(url: str, wanted: str = "", **options: Any) -> requests.Response:
    headers = {"Range": wanted} if wanted else {}
    return requests.get(url, headers=headers, timeout=30, **options)


@pytest.mark.parametrize(
    "wanted, first, last",
    [
        ("bytes=0-", 0, None),
        ("bytes=1000-", 1000, None),
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=-5", -5, None),
        ("bytes=10-99999999999", 10, None),
    ],
)
def test_a_range_is_served(wanted: str, first: int, last: Any, tmp_path: Path) -> None:
    """As an httpd does."""
    with an_image(tmp_path) as (url, content):
        reply = get(url, wanted)
        assert reply.status_code == 206
        assert reply.content == content[first:last]
        begin = first % len(content)
        told = "bytes %d-%d/%d" % (begin, begin + len(reply.content) - 1, len(content))
        assert reply.headers["Content-Range"] == told
        assert reply.headers["Content-Length"] == str(len(reply.content))


def test_a_range_that_is_not_there(tmp_path: Path) -> None:
    """Is refused, and the size is told."""
    with an_image(tmp_path) as (url, content):
        reply = get(url, "bytes=%d-" % len(content))
        assert reply.status_code == 416
        assert reply.headers["Content-Range"] == "bytes */%d" % len(content)
        assert reply.content == b""


@pytest.mark.parametrize("wanted", ["bytes=", "bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=x"])
def test_what_is_no_range_counts_as_none(wanted: str, tmp_path: Path) -> None:
    """The whole file is served."""
    with an_image(tmp_path) as (url, content):
        reply = get(url, wanted)
        assert (reply.status_code, reply.content) == (200, content)
        assert reply.headers["Accept-Ranges"] == "bytes"


@given(st.text(), st.integers(0, 1000))
def test_no_range_is_outside_the_file(text: str, size: int) -> None:
    """Whatever a client asks for."""
    for asked in (text, "bytes=" + text):
        found = read_range(asked, size)
        if found:
            start, length = found
            assert 0 <= start < size
            assert 0 < length <= size - start


def test_a_server_without_ranges(tmp_path: Path) -> None:
    """It serves the whole image, and does not say that it knows ranges."""
    with an_image(tmp_path, "no-range") as (url, content):
        reply = get(url, "bytes=1000-")
        assert (reply.status_code, reply.content) == (200, content)
        assert "Accept-Ranges" not in reply.headers


def test_a_download_that_is_cut_once_can_be_gone_on_with(tmp_path: Path) -> None:
    """What was cut is there, and the rest is a range."""
    with an_image(tmp_path, "cut:times=1") as (url, content):
        reply = get(url, stream=True)
        begin = reply.raw.read(len(content) // 2)
        assert begin == content[: len(content) // 2]
        assert int(reply.headers["Content-Length"]) == len(content)
        with pytest.raises(requests.RequestException):
            reply.content  # noqa: B018  reads the rest
        rest = get(url, "bytes=%d-" % len(begin))
        assert begin + rest.content == content


def test_wrong_bytes_come_once(tmp_path: Path) -> None:
    """The size is right, one byte is not; the manifest is not meant."""
    with an_image(tmp_path, "wrong-bytes") as (url, content):
        manifest = get(url + ".manifest.json")
        assert manifest.json()["version"] == "2"
        wrong = get(url).content
        assert len(wrong) == len(content)
        assert sum(a != b for a, b in zip(wrong, content)) == 1
        assert get(url).content == content


def test_wrong_bytes_of_a_range(tmp_path: Path) -> None:
    """Also where a download goes on."""
    with an_image(tmp_path, "wrong-bytes") as (url, content):
        assert get(url, "bytes=100-").content[1:] == content[101:]
        assert get(url, "bytes=100-").content == content[100:]


@pytest.mark.parametrize("to", ["", "http://elsewhere.example.com:8080"])
def test_an_image_is_elsewhere(to: str, tmp_path: Path) -> None:
    """At another host; without one that is named it is this machine by another name."""
    with an_image(tmp_path, "redirect" + (":to=" + to if to else "")) as (url, _):
        reply = get(url, allow_redirects=False)
        assert reply.status_code == 302
        here, _, path = url.partition("/kojifiles/")
        there = to or here.replace("127.0.0.1", "localhost")
        assert reply.headers["Location"] == "%s/kojifiles/%s" % (there, path)


def test_an_image_is_gone_once(tmp_path: Path) -> None:
    """As where a volume lags behind the hub."""
    with an_image(tmp_path, "gone") as (url, content):
        assert get(url).status_code == 404
        assert get(url).content == content


def test_requests_are_counted_for_each_file(tmp_path: Path) -> None:
    """Not for all of them together."""
    with a_desk(tmp_path, "gone:times=2..2") as desk:
        urls = []
        for name in ("rig-image", "rig-aws"):
            (image,) = desk.image_archives(desk.build(name))
            build = desk.session().getBuild(image["build_id"])
            folder = koji.PathInfo(topdir=desk.hub.topurl).imagebuild(build)
            urls.append("%s/%s" % (folder, image["filename"]))
        seen = [[get(url).status_code for url in urls] for _ in range(3)]
        assert seen == [[200, 200], [404, 404], [200, 200]]
