"""Downloads over real HTTP: cut, sent on, lied about; taken up again, and given up in the end."""

from __future__ import annotations

import gzip
import os
from base64 import b64decode
from pathlib import Path
from typing import Any, List, Optional

import pytest

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import PlacementError
from pungi_osbuild.hub import DownloadSession, download, local_path
from pungi_osbuild.hub.downloads import CHUNK
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.placing.verify import open_koji_file
from pungi_osbuild.timing import DownloadRetry
from tests.fileserver import FileServer

CONTENT = os.urandom(4 * CHUNK + 7)


def a_profile(topurl: str) -> Profile:
    return Profile("test", "http://127.0.0.1:1/kojihub", topurl, "", "/nowhere")


class Waits:
    """A clock that goes on only while somebody waits, and takes note of that."""

    def __init__(self) -> None:
        self.seconds: List[float] = []

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: sum(self.seconds), sleep=self.seconds.append)


def fetch(
    site: FileServer,
    size: Optional[int] = len(CONTENT),
    waits: Optional[Waits] = None,
    limit: float = 30.0,
) -> bytes:
    session = DownloadSession(DownloadRetry.within(limit), (waits or Waits()).clock)
    with session, download(a_profile(site.address), "a/b.raw", size, session) as chunks:
        return b"".join(chunks)


def refusal(site: FileServer, **more: Any) -> str:
    with pytest.raises(PlacementError) as caught:
        fetch(site, **more)
    assert caught.value.solution
    assert caught.value.reason.isprintable()
    return caught.value.reason


def test_a_cut_download_goes_on_where_it_stopped() -> None:
    """The rest alone is asked for, of the same version of the file; nothing comes twice."""
    waits = Waits()
    cut = FileServer(CONTENT, lambda number: CHUNK + 5 if number < 2 else None)
    with cut.serving() as site:
        assert fetch(site, waits=waits) == CONTENT
    assert len(site.asked) == 3
    assert site.asked[0].get("Range") is None
    ranges = [headers["Range"] for headers in site.asked[1:]]
    assert ranges == ["bytes=%d-" % (CHUNK + 5), "bytes=%d-" % (2 * CHUNK + 10)]
    assert [headers["If-Range"] for headers in site.asked[1:]] == ['"1"', '"1"']
    assert waits.seconds == [1.0, 1.0]
    assert site.sent == len(CONTENT)


def test_a_connection_that_is_reset_is_no_other() -> None:
    """Some of what was sent may be lost with it."""
    cut = FileServer(CONTENT, lambda number: 2 * CHUNK if number < 2 else None, reset=True)
    with cut.serving() as site:
        assert fetch(site) == CONTENT


def test_a_server_without_ranges_sends_it_all_again() -> None:
    """What was had is passed over."""
    cut = FileServer(CONTENT, lambda number: CHUNK if number == 0 else None, ranges=False)
    with cut.serving() as site:
        assert fetch(site) == CONTENT
    assert len(site.asked) == 2


def test_a_file_of_unknown_size_goes_on_by_what_the_server_says() -> None:
    """A manifest's size is not known to Koji's archives."""
    cut = FileServer(CONTENT, lambda number: CHUNK if number == 0 else None)
    with cut.serving() as site:
        assert fetch(site, size=None) == CONTENT


def test_a_server_that_says_no_length_is_taken_at_kojis_word() -> None:
    """A connection that is closed is an end or not, by the size that Koji says."""

    def lie(_number: int, headers: Any) -> Any:
        return {**headers, "Content-Length": ""}

    cut = FileServer(CONTENT, lambda number: CHUNK if number == 0 else None, lie=lie)
    with cut.serving() as site:
        assert fetch(site) == CONTENT


def test_a_download_that_brings_nothing_is_given_up() -> None:
    """After growing pauses; the error says how far it came."""
    waits = Waits()
    with FileServer(CONTENT, lambda number: 9 if number == 0 else 0).serving() as site:
        reason = refusal(site, waits=waits)
    assert "after 9 bytes" in reason
    assert waits.seconds == [1.0, 2.0, 5.0, 10.0, 20.0]
    assert len(site.asked) == 6


def test_one_that_brings_something_is_not() -> None:
    """However often it breaks off."""
    with FileServer(CONTENT * 4, lambda number: CHUNK + 1).serving() as site:
        assert fetch(site, size=len(CONTENT) * 4) == CONTENT * 4
    assert len(site.asked) == 17


def test_a_server_that_sends_drops_is_given_up() -> None:
    """A byte a connection would go on for ever."""
    with FileServer(CONTENT, lambda number: 1).serving() as site:
        assert "after 6 bytes" in refusal(site)
    assert len(site.asked) == 6


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_that_is_busy_is_asked_again(status: int) -> None:
    """It may say otherwise soon."""
    busy = FileServer(CONTENT, statuses=lambda number: status if number < 3 else None)
    with busy.serving() as site:
        assert fetch(site) == CONTENT


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 416, 501])
def test_a_server_that_says_no_is_asked_once(status: int) -> None:
    """Asking again would bring the same."""
    with FileServer(CONTENT, statuses=lambda number: status).serving() as site:
        assert str(status) in refusal(site)
    assert len(site.asked) == 1


def test_a_file_that_was_replaced_meanwhile_is_not_mixed() -> None:
    """Half of one and half of another would be neither."""

    def lie(number: int, headers: Any) -> Any:
        return {**headers, "ETag": '"%d"' % number}

    cut = FileServer(CONTENT, lambda number: CHUNK, ranges=False, lie=lie)
    with cut.serving() as site:
        assert "replaced in Koji while" in refusal(site)
    assert len(site.asked) == 2


@pytest.mark.parametrize("told", ["bytes 5-9/10", "bytes */10", "nonsense", "bytes ²-9/10"])
def test_another_part_than_was_asked_for_is_refused(told: str) -> None:
    """It would be put in the wrong place."""

    def lie(_number: int, headers: Any) -> Any:
        changed = {"Content-Range": told} if "Content-Range" in headers else {}
        return {**headers, **changed}

    with FileServer(CONTENT, lambda number: CHUNK, lie=lie).serving() as site:
        assert "another part" in refusal(site)


@pytest.mark.parametrize(
    "location",
    [
        "http://example.invalid/a",
        "//example.invalid/a",
        "https://example.invalid/a",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "http://127.0.0.1:1/a",
        "http://127.0.0.1:x/a",
        "http://[::1",
    ],
)
def test_another_host_is_not_gone_to(location: str) -> None:
    """Koji's files are where the profile says."""
    sent_on = FileServer(CONTENT, statuses=lambda number: 302, location=location)
    with sent_on.serving() as site:
        assert "sends us on" in refusal(site)
    assert len(site.asked) == 1


@pytest.mark.parametrize("location", ["/other/place", "elsewhere", "?again"])
def test_another_place_on_the_host_is(location: str) -> None:
    """Servers tidy up."""
    sent_on = FileServer(
        CONTENT, statuses=lambda number: 302 if number == 0 else None, location=location
    )
    with sent_on.serving() as site:
        assert fetch(site) == CONTENT


def test_a_circle_of_redirects_ends() -> None:
    """After a few."""
    with FileServer(CONTENT, statuses=lambda number: 301, location="/a").serving() as site:
        assert "redirected more than" in refusal(site)
    assert len(site.asked) == 5


def test_what_a_server_says_moves_no_cursor() -> None:
    """Its words are shown as they are."""
    with FileServer(CONTENT, statuses=lambda number: 404, reason="\x1b[2Jgone").serving() as site:
        assert "\\x1b[2Jgone" in refusal(site)


def test_a_file_arrives_packed_as_it_is() -> None:
    """Whatever the server says of its encoding: a .tar.gz is a .tar.gz, a bomb stays small."""
    bomb = gzip.compress(bytes(30 * CHUNK))

    def lie(_number: int, headers: Any) -> Any:
        return {**headers, "Content-Encoding": "gzip"}

    with FileServer(bomb, lie=lie).serving() as site:
        assert fetch(site, size=len(bomb)) == bomb
    assert site.asked[0]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("limit", [30, 14400])
def test_nobody_listens(limit: float) -> None:
    """The address may be wrong: it is not tried for hours."""
    waits = Waits()
    site = FileServer(b"", address="http://127.0.0.1:1")
    assert "Connection refused" in refusal(site, waits=waits, limit=limit)
    assert waits.seconds == [1, 2, 4, 8, 16][: 4 if limit == 30 else 5]


def test_a_server_that_went_away_is_waited_for() -> None:
    """For as long as a hub; it is asked once a minute, and then fetched from as if nothing was."""
    waits = Waits()
    away = FileServer(CONTENT, statuses=lambda number: 503 if 1 <= number < 100 else None)
    away.cut_after = lambda number: CHUNK if number == 0 else None
    with away.serving() as site:
        assert fetch(site, waits=waits, limit=14400) == CONTENT
    assert waits.seconds == [1, *(2**n for n in range(6)), *[60] * 93]


def test_a_server_that_stays_away_is_given_up() -> None:
    """Within the limit; the error says for how many tries."""
    waits = Waits()
    with FileServer(CONTENT, statuses=lambda number: 503).serving() as site:
        reason = refusal(site, waits=waits, limit=14400)
    assert "503" in reason
    assert "%d tries" % len(site.asked) in reason
    assert 14340 < sum(waits.seconds) <= 14400


def test_one_that_is_away_and_brings_nothing_by_turns_is_given_up() -> None:
    """Neither makes up for the other."""
    by_turns = FileServer(CONTENT, lambda number: 0)
    by_turns.statuses = lambda number: 503 if number % 2 else None
    with by_turns.serving() as site:
        refusal(site, limit=14400)
    assert len(site.asked) == 11


@pytest.mark.parametrize("topurl", ["kojifiles", "http://", "http://[", "ftp://127.0.0.1", "x:y"])
def test_an_address_that_is_none_is_an_error_at_once(topurl: str) -> None:
    """Waiting would not mend it."""
    waits = Waits()
    assert refusal(FileServer(b"", address=topurl), waits=waits)
    assert waits.seconds == []


def test_a_login_in_the_address_is_not_told() -> None:
    """A topurl may hold one."""
    site = FileServer(b"", address="http://me:hunter2@127.0.0.1:1")
    assert "hunter2" not in refusal(site)


def test_a_profile_without_an_address_is_an_error() -> None:
    """It says what to set."""
    with pytest.raises(PlacementError, match="no topurl") as caught:
        fetch(FileServer(b""))
    assert "topurl" in caught.value.solution


def test_a_login_in_topurl_is_used_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """By the server alone."""
    cut = FileServer(b"x" * 9, lambda number: 3, statuses=lambda number: 404 if number else None)
    waits = Waits()
    with cut.serving() as site:
        site.address = site.address.replace("//", "//robot:hunter2@")
        reason = refusal(site, size=9, waits=waits)
    assert b64decode(site.asked[0]["Authorization"].split()[1]) == b"robot:hunter2"
    assert "hunter2" not in caplog.text + reason + repr(a_profile(site.address))
    assert site.address.replace("robot:hunter2@", "") + "/a/b.raw" in reason


PATH = "packages/n/1/2/images/n-1-2.x86_64.qcow2"


def on_volume(topdir: Path) -> Profile:
    return Profile("test", "http://127.0.0.1:1/kojihub", "", "", str(topdir))


@pytest.mark.parametrize("link", ["packages", "packages/n", "packages/n/1", "packages/n/1/2"])
@pytest.mark.parametrize("named", [True, False])
def test_a_folder_on_kojis_volume_may_be_a_link_to_its_like(
    link: str, named: bool, tmp_path: Path
) -> None:
    """Koji keeps builds of other volumes so; never another build's folder, nor a foreign one."""
    elsewhere = tmp_path / "vol" / (link if named else "foreign/folder")
    (elsewhere / PATH[len(link) + 1 :]).parent.mkdir(parents=True)
    (tmp_path / "koji" / link).parent.mkdir(parents=True)
    (tmp_path / "koji" / link).symlink_to(elsewhere)
    (tmp_path / "koji" / "packages").mkdir(exist_ok=True)
    if named or link == "packages":
        assert local_path(on_volume(tmp_path / "koji"), PATH) == tmp_path / "koji" / PATH
        return
    with pytest.raises(PlacementError, match="not this build's folder") as caught:
        local_path(on_volume(tmp_path / "koji"), PATH)
    assert str(elsewhere) in caught.value.reason


def test_a_circle_of_links_is_said_of_the_file(tmp_path: Path) -> None:
    """Wherever it is met: when the path is made, or when the file is opened."""
    folder = tmp_path / "packages/n/1/2"
    folder.mkdir(parents=True)
    (folder / "images").symlink_to("images")
    found = local_path(on_volume(tmp_path), PATH)
    assert found == tmp_path / PATH
    with pytest.raises(PlacementError, match="circle"):
        open_koji_file(found)
