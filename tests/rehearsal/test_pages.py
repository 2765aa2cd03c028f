"""The hub's web pages, over HTTP."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple
from urllib.parse import urljoin

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koji_rehearsal import HubSettings
from koji_rehearsal.pages import HIDING
from tests.conformance.desk import DURATION, Desk, a_desk

EC2 = {"region": "us-east-1", "share_with_accounts": ["123456789012"]}
TAGS = set(
    "html head meta title style body div header strong a main footer h1 h2 p span table thead tbody"
    " tr th td code pre".split()
)
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "href", "data-is"}
WORDS = st.text(min_size=1, max_size=40) | st.sampled_from(
    ["<script>alert(1)</script>", "\"><img src=x onerror='1'>", "{{ 7*7 }}", "]]>", "&lt;b&gt;"]
)


class Look(HTMLParser):
    """What a browser makes of a page: its tags and attributes, its links and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Set[str] = set()
        self.attributes: Set[str] = set()
        self.links: List[str] = []
        self.text = ""
        self._spaced = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.tags.add(tag)
        self._spaced += " "
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data
        self._spaced += data

    @property
    def words(self) -> str:
        """The text with single spaces, one also where a tag begins."""
        return " ".join(self._spaced.split())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path, "build:name=rig-azure") as one:
        yield one


def page(desk: Desk, path: str = "/", status: int = 200) -> Look:
    reply = requests.get(desk.hub.weburl + path, timeout=10)
    assert reply.status_code == status, reply.text
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    look = Look(reply.text)
    assert look.text.count("REHEARSAL HUB: nothing real is built here") == 1
    assert look.tags <= TAGS, "only what the templates say"
    assert look.attributes <= ATTRIBUTES
    return look


def reached(desk: Desk, look: Look) -> Dict[str, int]:
    """Follow every link of a page."""
    urls = {link: urljoin(desk.hub.weburl + "/", link) for link in look.links}
    return {link: requests.get(url, timeout=10).status_code for link, url in urls.items()}


def test_an_empty_hub_says_what_to_do(desk: Desk) -> None:
    """And leads there from its root."""
    root = requests.get(desk.hub.weburl.rsplit("/", 1)[0] + "/", timeout=10)
    assert root.url == desk.hub.weburl + "/"
    assert "There is no task yet" in page(desk).words
    assert "There is no build yet" in page(desk, "/builds").words


def test_tasks_are_listed_newest_first(desk: Desk) -> None:
    """With state, method, N-V-R, image type, arches and user."""
    desk.build("rig-aws", image_type="aws", arches=["x86_64", "aarch64"], opts={"release": "7"})
    desk.submit("rig-image")
    look = page(desk)
    numbers = [link.split("=")[1] for link in look.links if "taskID" in link]
    assert numbers == ["3", "1"], "no subtasks"
    assert "1 subtask is not shown (tagBuild)" in look.words
    assert re.search(r"1 CLOSED osbuildImage rig-aws-41-7 aws x86_64 aarch64 pungi \d", look.words)
    every = page(desk, "/tasks/all")
    numbers = [link.split("=")[1] for link in every.links if "taskID" in link]
    assert numbers == ["3", "2", "1"]
    assert "2 CLOSED tagBuild rig-aws-41-7 pungi" in every.words
    assert "/koji/tasks" in every.links
    assert "3 FREE osbuildImage rig-image-41 guest-image x86_64 pungi" in look.words


def test_what_is_unfinished_is_looked_at_again(desk: Desk) -> None:
    """And nothing else."""
    desk.submit()
    for path in ("/", "/taskinfo?taskID=1"):
        assert "reloads every 5 seconds" in page(desk, path).words
    desk.end_all()
    for path in ("/", "/taskinfo?taskID=1", "/builds", "/buildinfo?buildID=1"):
        assert "reloads" not in page(desk, path).words


def test_a_task_has_everything_on_its_page(desk: Desk) -> None:
    """At the address that koji prints: arguments, build, subtask, upload, files; all links lead."""
    options = {"release": "7", "upload_options": EC2, "repo": ["https://me:pw@example.com/$arch"]}
    task_id = desk.build("rig-aws", image_type="aws", opts=options)
    look = page(desk, "/taskinfo?taskID=%d" % task_id)
    assert "Task 1: osbuildImage rig-aws-41-7 CLOSED" in look.words
    assert "distro fedora-41" in look.words
    assert "region: us-east-1" in look.words
    assert re.search(r"x86_64 success aws success ami: ami-[0-9a-f]{17}", look.words)
    assert "https://(hidden)@example.com/$arch" in look.words
    assert "me:pw" not in look.words
    links = reached(desk, look)
    assert set(links.values()) == {200}
    assert {link.split("=")[-1] for link in links if "Info" not in link} >= {"1", "2"}
    assert any(link.endswith("/compose-status.json") for link in links)
    assert "Part of task 1" in page(desk, "/taskinfo?taskID=2").words


def test_a_task_that_failed_says_why(desk: Desk) -> None:
    """The fault, and composer's reason."""
    desk.build("rig-azure", image_type="azure")
    look = page(desk, "/taskinfo?taskID=1")
    assert "Failed (fault 1005): Compose failed (id: " in look.words
    assert "x86_64 failure osbuild build failed" in look.words


def test_customizations_are_not_shown(desk: Desk) -> None:
    """They may hold passwords; what they are of is said."""
    secret = {"users": [{"name": "joe", "password": "swordfish"}], "hostname": "swordfish"}
    desk.build(opts={"customizations": secret})
    for path in ("/", "/taskinfo?taskID=1", "/taskinfo?taskID=2", "/buildinfo?buildID=1"):
        assert "swordfish" not in page(desk, path).text
    assert "secrets: users, hostname" in page(desk, "/taskinfo?taskID=1").words


def test_a_build_has_everything_on_its_page(desk: Desk) -> None:
    """Tags, uploads, archives and logs; all links lead."""
    desk.build("rig-aws", image_type="aws", opts={"release": "1^git 1", "upload_options": EC2})
    look = page(desk, "/buildinfo?buildID=1")
    assert "rig-aws-41-1^git 1 COMPLETE" in look.words
    assert "Tags f41-images-candidate" in look.words
    assert re.search(r"x86_64 org.osbuild.aws ami: ami-[0-9a-f]{17} region: us-east-1", look.words)
    links = reached(desk, look)
    assert set(links.values()) == {200}
    assert sum("/images/" in link for link in links) == 4
    assert sum("/logs/" in link for link in links) == 2
    assert "/koji/buildinfo?buildID=1" in page(desk, "/builds").links


def test_a_file_that_is_missing_has_no_link(tmp_path: Path) -> None:
    """It was imported without it."""
    with a_desk(tmp_path, "missing") as desk:
        desk.build()
        look = page(desk, "/buildinfo?buildID=1")
        assert "rig-image-41-1.x86_64.qcow2 (imported without its file)" in look.words
        assert set(reached(desk, look).values()) == {200}


def test_a_log_is_shown_as_text(desk: Desk) -> None:
    """Never as a page, whatever is in it."""
    desk.state(desk.build())
    url = "%s/work/tasks/1/1/compose-status.json" % desk.hub.topurl
    headers = requests.get(url, timeout=10).headers
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_long_list_has_pages(tmp_path: Path) -> None:
    """Each task is on one of them."""
    with a_desk(tmp_path, settings=HubSettings(duration=DURATION)) as desk:
        for number in range(250):
            desk.submit(version=str(number))
        path: Optional[str] = "/tasks"
        found: List[str] = []
        while path is not None:
            look = page(desk, path)
            found += [link.split("=")[1] for link in look.links if "taskID" in link]
            later = [link for link in look.links if "start=" in link]
            older = [link for link in later if int(link.split("=")[1]) >= len(found)]
            path = older[0][len("/koji") :] if older else None
        assert found == [str(number) for number in range(250, 0, -1)]


def test_a_hundred_subtasks_hide_no_image(tmp_path: Path) -> None:
    """All images that were built at once are on the first page; of all tasks there are more."""
    with a_desk(tmp_path, settings=HubSettings(duration=DURATION)) as desk:
        for number in range(100):
            desk.submit(version=str(number))
        desk.end_all()
        look = page(desk)
        found = [link.split("=")[1] for link in look.links if "taskID" in link]
        assert found == [str(number) for number in range(100, 0, -1)]
        assert "100 subtasks are not shown" in look.words
        every = page(desk, "/tasks/all")
        (older,) = [link for link in every.links if "start=" in link]
        assert older == "/koji/tasks/all?start=100"
        assert "osbuildImage" in page(desk, older[len("/koji") :]).words


@pytest.mark.parametrize(
    "path",
    [
        "/taskinfo",
        "/taskinfo?taskID=",
        "/taskinfo?taskID=99",
        "/taskinfo?taskID=-1",
        "/taskinfo?taskID=%C2%B2",
        "/taskinfo?taskID=" + "9" * 5000,
        "/taskinfo?taskID=%3Cscript%3E",
        "/buildinfo?buildID=x",
        "/buildinfo?nothing",
        "/somewhere/%3Cscript%3E",
    ],
)
def test_what_is_not_there_is_told(path: str, desk: Desk) -> None:
    """With a way back."""
    look = page(desk, path, status=404)
    assert "Not found" in look.words
    assert set(reached(desk, look).values()) == {200}


@pytest.mark.parametrize("start", ["x", "-5", "999999", "9" * 100, ""])
def test_an_odd_place_in_a_list_is_harmless(start: str, desk: Desk) -> None:
    """It is the first page, or an empty one."""
    desk.submit()
    assert page(desk, "/tasks?start=" + start)
    assert page(desk, "/builds?start=" + start)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=WORDS, version=WORDS, distro=WORDS, image_type=WORDS, arch=WORDS, extra=WORDS)
def test_nothing_from_a_task_is_markup(
    desk: Desk, name: str, version: str, distro: str, image_type: str, arch: str, extra: str
) -> None:
    """Whatever a client writes comes out as text, in every place where it is shown."""
    request: Tuple[Any, ...] = (name, version, distro, image_type, "f41-images", [arch])
    texts = [*request[:4], arch, extra]
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for text in texts for letter in text):
        return
    options = {
        "repo": ["https://example.com/" + extra],
        "ostree": {"ref": extra},
        "customizations": {extra: 1},
    }
    task_id = desk.session().osbuildImage(*request, options)
    desk.end_all()
    look = page(desk, "/taskinfo?taskID=%d" % task_id)
    for text in (name, version, distro, image_type, arch):
        assert seen(text) in look.text
    page(desk)


def seen(text: str) -> str:
    """Return a text as a page shows it: what cannot be seen is spelled."""
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in HIDING else one
        for one in text
    )


def test_what_is_assigned_is_looked_at_again(desk: Desk) -> None:
    """Not only what is FREE or OPEN."""
    desk.submit()
    desk.clock.turn(0.06)
    look = page(desk)
    assert "1 ASSIGNED" in look.words
    assert "reloads" in look.words


@pytest.mark.parametrize(
    "fault, said",
    [
        ("escapes", r"osbuild build failed: \x1b[2J\x1b[1;31mred"),
        ("depsolve", "Manifest dependency failed; Error in depsolve job dependency; DNF error"),
        ("register", 'error: "database outage" code: 1014'),
        ("composer-error", "503 Service Unavailable"),
    ],
)
def test_all_of_a_reason_can_be_read(fault: str, said: str, tmp_path: Path) -> None:
    """However deep it is, and nothing in it is hidden."""
    with a_desk(tmp_path, fault) as desk:
        desk.build()
        look = page(desk, "/taskinfo?taskID=1")
        assert said in look.words
        assert not {"\x1b", "\x9b", "\u202e"} & set(look.text)


def test_a_page_that_cannot_be_shown_says_so(desk: Desk) -> None:
    """Here somebody has broken a file of Koji's volume; the hub goes on."""
    desk.build()
    assert page(desk).words
    (status,) = desk.hub.topdir.rglob("compose-status.json")
    status.write_text("{")
    assert "cannot be shown" in page(desk, "/taskinfo?taskID=1", 500).words
    assert "1 CLOSED" in page(desk).words
