"""The report: whole, self-contained, and safe whatever a hub has said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Dict, List, Optional, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pungi_osbuild.metadata import OsbuildRecord
from pungi_osbuild.model import OutcomeKind
from pungi_osbuild.report import Excerpt, differences, page_view, report_page
from tests.report.records import (
    a_failed_task,
    a_record,
    a_task,
    a_troubled_record,
    an_image,
    spoiled,
)
from tests.values import cloud_image

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' onmouseover='alert(1)'&amp;"
LOG = Excerpt("logs/x86_64/osbuild/task-12/a.log.json", "no space left", False)


@dataclass
class Parsed(HTMLParser):
    """A page, taken apart."""

    tags: List[Tuple[str, Dict[str, Optional[str]]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> List[Dict[str, Optional[str]]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(record: OsbuildRecord, before: Optional[OsbuildRecord] = None) -> str:
    found = None if before is None else differences(record, before)
    return report_page(page_view(record, lambda _task: (LOG,), found))


def parsed(text: str) -> Parsed:
    parser = Parsed()
    parser.feed(text)
    return parser


def test_what_is_on_it() -> None:
    """What was built with its ID, what failed with its reason and log, where to look at it."""
    found = parsed(page(a_record(), a_record(compose_id="Earlier", images=(), tasks=())))
    for text in (
        "Images of Example-1-20261123.t.0",
        "1 of 2 tasks were built. 1 failed: 1 required, 0 allowed to fail.",
        "ami-0123456789abcdef0",
        "depsolving failed",
        "no space left",
        "logs/x86_64/osbuild/task-12/a.log.json",
        "Differences from Earlier",
        "Server/x86_64/images/example-guest-1-5.x86_64.qcow2",
        "RC-1.0",
    ):
        assert text in found.text, text
    links = [link["href"] for link in found.all("a")]
    assert "https://koji.example.com/koji/taskinfo?taskID=12" in links
    assert "https://koji.example.com/koji/buildinfo?buildID=21" in links
    assert any("console.aws.amazon.com" in (link or "") for link in links)


def test_earlier_tries_are_told() -> None:
    """With why and their tasks, of what was built in the end and of what was not."""
    found = parsed(page(a_troubled_record()))
    assert found.text.count("1 earlier try failed") == 2
    assert found.text.count("Corrupted upload?") == 2
    links = [link["href"] for link in found.all("a")]
    assert links.count("https://koji.example.com/koji/taskinfo?taskID=9") == 2


def test_what_is_left_behind_is_told() -> None:
    """Where, by which name, of which image, and whether it is there yet."""
    text = page(a_troubled_record())
    assert '<code class="id">ami-0feedfacecafebeef</code>' in text
    said = " ".join(parsed(text).text.split())
    of = "of example-azure for aarch64 in Server"
    assert "Koji may still appear a-1-2 %s AWS" % of in said
    assert "AWS EC2 eu-north-1 is there ami-0feedfacecafebeef %s Images" % of in said


@pytest.mark.parametrize(("earlier", "count"), [(True, 1), (False, 2)])
def test_what_is_left_behind_links_to_the_task_that_left_it(earlier: bool, count: int) -> None:
    """Not to the last of several, which may not be it."""
    (_, task) = a_troubled_record().tasks
    task = replace(task, orphans=task.orphans[:1], earlier=task.earlier * earlier)
    links = parsed(page(a_record(tasks=(task,), images=()))).all("a")
    address = "https://koji.example.com/koji/taskinfo?taskID=12"
    # Its failure and its row link to it anyway.
    assert [link["href"] for link in links].count(address) == 1 + count


def test_a_compose_without_troubles_does_not_speak_of_them() -> None:
    """Neither in its contents."""
    text = page(a_record())
    assert "earlier tr" not in text
    assert "Leftovers" not in text


def harmless(text: str) -> Parsed:
    """Check that a page holds nothing that could act, and return it."""
    found = parsed(text)
    assert len(found.all("script")) == 1
    assert found.all("script") == [{}]
    for tag, attributes in found.tags:
        assert tag not in {"img", "iframe", "object", "embed", "link", "base", "image", "use"}
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in {"src", "srcset", "style", "xlink:href"}, (tag, name)
            if name == "href":
                assert re.match(r"https?://|#", value or ""), value
    return found


def test_markup_in_every_field() -> None:
    """It is shown as it is, and does nothing."""
    record = spoiled(a_troubled_record(), MARKUP)
    before = spoiled(a_record(images=(), tasks=(a_failed_task("x"),)), MARKUP)
    log = spoiled(LOG, MARKUP)
    view = page_view(record, lambda _task: (log,), differences(record, before))
    found = harmless(report_page(view))
    assert found.text.count(MARKUP) > 20
    plain = page_view(a_record(), lambda _task: (LOG,), differences(a_record(), before))
    assert len(parsed(report_page(plain)).all("tr")) == len(found.all("tr"))


@pytest.mark.parametrize("weburl", ["javascript:alert(1)", "data:text/html,x", "//evil", ""])
def test_an_address_that_is_none_is_no_link(weburl: str) -> None:
    """Of Koji, and of anything else."""
    record = a_record(koji=replace(a_record().koji, weburl=weburl))
    found = harmless(page(record))
    assert not any("taskinfo" in (link["href"] or "") for link in found.all("a"))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30, deadline=None)
@given(st.text(min_size=1))
def test_any_text_in_every_field(text: str) -> None:
    """Whatever a hub may send."""
    harmless(report_page(page_view(spoiled(a_troubled_record(), text), lambda _task: ())))


def test_it_needs_nothing_else() -> None:
    """No address but those that a reader may follow; a policy that lets nothing be loaded."""
    text = page(a_record())
    found = parsed(text)
    policy = next(m["content"] for m in found.all("meta") if m.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "@import" not in text
    assert "url(" not in text


def test_an_id_is_never_cut() -> None:
    """However long, and in one piece in the page's text."""
    digest = "sha256:" + "0123456789abcdef" * 4
    long = "quay.io/%s/image:tag@%s" % ("organisation" * 20, digest)
    image = an_image(uploads=(cloud_image("container", long),))
    text = page(a_record(images=(image,)))
    assert '<code class="id">%s</code>' % long in text
    style = text[text.index("<style>") : text.index("</style>")]
    assert "ellipsis" not in style


def test_what_cannot_be_seen_is_shown() -> None:
    """An ID with a hidden character is another ID."""
    image = an_image(uploads=(cloud_image("aws", "ami-\u202e1\u200b2", region="us-east-1"),))
    text = page(a_record(images=(image,)))
    assert "ami-\\u202e1\\u200b2" in text
    assert "\u202e" not in text


def test_everything_is_there_without_scripts() -> None:
    """But for what only a script could do."""
    found = parsed(page(a_record()))
    hidden = [tag for tag, attributes in found.tags if "hidden" in attributes]
    assert sorted(set(hidden)) == ["button", "form"]


def test_a_table_that_can_be_read_aloud() -> None:
    """Headers with a scope; labels of controls; names of pictures."""
    found = parsed(page(a_record()))
    assert all(header.get("scope") in {"col", "row"} for header in found.all("th"))
    assert len(found.all("label")) == len(found.all("select")) + len(found.all("input"))
    pictures = [one for one in found.all("svg") if one.get("role") == "img"]
    assert pictures
    assert all(one["aria-label"] for one in pictures)
    assert found.all("html") == [{"lang": "en"}]


@pytest.mark.parametrize(
    ("tasks", "headline", "verdict"),
    [
        ((), "No tasks recorded.", "good"),
        ((a_task(),), "The one task was built.", "good"),
        ((a_task(), a_task("b")), "All 2 tasks were built.", "good"),
        (
            (a_task(), a_failed_task(can_fail=True)),
            "1 of 2 tasks were built. 1 failed: 0 required, 1 allowed to fail.",
            "partly",
        ),
        (
            (a_failed_task(can_fail=True), a_failed_task(outcome=OutcomeKind.CANCELLED)),
            "0 of 2 tasks were built. 2 failed: 1 required, 1 allowed to fail.",
            "bad",
        ),
    ],
)
def test_the_headline(tasks: Tuple[object, ...], headline: str, verdict: str) -> None:
    """What became of it all, first."""
    view = page_view(a_record(tasks=tasks), lambda _task: ())
    assert (view.headline, view.verdict) == (headline, verdict)


def test_a_rehearsal_says_so() -> None:
    """First of all."""
    view = page_view(a_record(), lambda _task: (), rehearsed=True)
    assert "nothing real was built" in report_page(view)
    assert "nothing real was built" not in page(a_record())


def test_nothing_at_all() -> None:
    """A run that was stopped before it began."""
    text = parsed(page(a_record(tasks=(), images=()))).text
    assert "No images recorded." in text
    assert "Timeline" not in text


def test_a_failed_task_stands_among_the_images() -> None:
    """So that it can be filtered by outcome; an image whose task failed stands there once."""
    both = a_record(tasks=(a_task(outcome=OutcomeKind.FAILED, reason="it clashes"),))
    (row,) = page_view(both, lambda _task: ()).rows
    assert (row.outcome, row.anchor) == ("failed", "failure-1")
    rows = page_view(a_record(), lambda _task: ()).rows
    assert sorted(row.outcome for row in rows) == ["built", "failed"]
