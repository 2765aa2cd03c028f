"""The report in a real browser: no script error, filters, copying, keyboard, width, colours."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from pungi_osbuild.metadata import load_osbuild
from pungi_osbuild.report import Excerpt, differences, page_view, report_page
from tests.browser.chromium import Browser, Page, browser, chromium
from tests.rehearsed import EXAMPLES, rehearse
from tests.report.records import a_record, a_troubled_record, spoiled

pytestmark = pytest.mark.skipif(chromium() is None, reason="chromium is not installed")

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"
FAULTS = ("build:name=rhel-azure,arch=aarch64",)
MARKUP = "<script>alert(1)</script><img src=https://x.invalid/ onerror=alert(1)>\"'&"
LOG = Excerpt("logs/x.log", MARKUP, True)


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the rehearsed example, compared with a run in which all was built."""
    folder = tmp_path_factory.mktemp("report")
    rehearse(CLOUD, folder / "before")
    rehearse(CLOUD, folder / "now", FAULTS)
    now, before = (
        load_osbuild(folder / name / "compose/metadata/osbuild.json") for name in ("now", "before")
    )
    view = page_view(now, lambda _task: (LOG,), differences(now, before))
    path = folder / "report.html"
    path.write_text(report_page(view), "utf-8")
    return path


def shown(page: Page) -> List[str]:
    """Return the titles of the rows that can be seen."""
    rows: List[str] = page.run(
        "[...document.querySelectorAll('#rows tbody tr')].filter(row => row.offsetHeight)"
        ".map(row => row.querySelector('.title').textContent)"
    )
    return rows


def choose(page: Page, name: str, value: str) -> None:
    found = page.run(
        "(() => { const one = document.querySelector('#filters [name=%s]'); one.value = %r;"
        " one.dispatchEvent(new Event('input', {bubbles: true})); return one.value; })()"
        % (name, value)
    )
    assert found == value


def test_no_script_error_and_nothing_loaded(chrome: Browser, report: Path) -> None:
    page = chrome.open(report)
    assert page.complaints() == []
    assert len(shown(page)) == 9


def test_the_browser_would_complain(chrome: Browser, tmp_path: Path) -> None:
    """So that no complaint means something."""
    path = tmp_path / "broken.html"
    path.write_text("<script>missing()</script><img src='http://127.0.0.1:9/x'>")
    said = " ".join(chrome.open(path).complaints())
    assert "missing is not defined" in said
    assert "request for http://127.0.0.1:9/x" in said


def test_markup_from_a_hub_does_nothing(chrome: Browser, tmp_path: Path) -> None:
    """Neither as an element, nor as a request, nor as a violation of the page's policy."""
    record = spoiled(a_record(), MARKUP)
    path = tmp_path / "spoiled.html"
    path.write_text(report_page(page_view(record, lambda _task: (LOG,))), "utf-8")
    page = chrome.open(path)
    assert page.complaints() == []
    assert page.run("document.querySelectorAll('img').length") == 0
    assert page.run("document.querySelector('h1').textContent") == "Images of " + MARKUP


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("variant", "AppStream", 2),
        ("arch", "aarch64", 4),
        ("type", "azure", 2),
        ("provider", "AWS EC2", 2),
        ("provider", "no cloud", 1),
        ("outcome", "failed", 1),
        ("text", "AMI- x86_64", 1),
        ("text", "no such thing", 0),
    ],
)
def test_filters(chrome: Browser, report: Path, name: str, value: str, count: int) -> None:
    """One by one; the number shown is told, also to who cannot see it."""
    page = chrome.open(report)
    choose(page, name, value)
    assert len(shown(page)) == count
    told = page.run("document.querySelector('#count[role=status]').textContent")
    assert told == "%d of 9 shown" % count


def test_filters_together_and_taken_back(chrome: Browser, report: Path) -> None:
    page = chrome.open(report)
    choose(page, "arch", "aarch64")
    choose(page, "variant", "BaseOS")
    assert len(shown(page)) == 3
    page.run("document.querySelector('#filters [type=reset]').click()")
    page.run("new Promise(done => setTimeout(done, 20))")
    assert len(shown(page)) == 9


COPIED = """
(() => {
  window.copied = [];
  Object.defineProperty(navigator, "clipboard", {
    value: {writeText: (text) => { window.copied.push(text); return Promise.resolve(); }},
  });
})()
"""


def test_an_id_is_copied_whole(chrome: Browser, report: Path) -> None:
    """By its own button, and all that are shown by one."""
    page = chrome.open(report)
    page.run(COPIED)
    ids: List[str] = page.run(
        "[...document.querySelectorAll('.cloud .id')].map(one => one.textContent)"
    )
    assert len(ids) == 8
    page.run("document.querySelectorAll('button.copy').forEach(button => button.click())")
    assert page.run("window.copied") == ids
    choose(page, "provider", "AWS EC2")
    page.run("window.copied.length = 0; document.getElementById('copy-all').click()")
    (both,) = page.run("window.copied")
    assert [line[:4] for line in both.split("\n")] == ["ami-", "ami-"]
    page.run("new Promise(done => setTimeout(done, 20))")
    assert page.run("document.getElementById('said').textContent") == "2 IDs were copied"


def test_copying_where_the_browser_has_no_clipboard(chrome: Browser, report: Path) -> None:
    """A page that is served by plain http."""
    page = chrome.open(report)
    page.run(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined});"
        "document.execCommand = () => { window.taken = document.activeElement.value; return true; }"
    )
    page.run("document.querySelector('button.copy').click()")
    expected = page.run("document.querySelector('.cloud .id').textContent")
    assert page.run("window.taken") == expected


def test_the_keyboard_reaches_everything(chrome: Browser, report: Path) -> None:
    """In the order of the page, with a focus that can be seen; Enter presses."""
    page = chrome.open(report)
    page.run(COPIED)
    seen: List[Tuple[str, bool]] = []
    for _ in range(60):
        page.press("Tab")
        name, outline = page.run(
            "(() => { const one = document.activeElement; const style = getComputedStyle(one);"
            " return [one.tagName + ' ' + (one.name || one.textContent).trim().slice(0, 20),"
            " style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]; })()"
        )
        seen.append((name, outline))
        if name.startswith("BUTTON Copy") and "IDs" not in name:
            page.press("Enter")
            break
    names = [name for name, _ in seen]
    assert names[0] == "A Skip to the images"
    for wanted in ("A Failures", "A Timeline", "INPUT text", "SELECT outcome", "BUTTON Show all"):
        assert wanted in names, names
    assert all(outline for name, outline in seen if not name.startswith("BODY")), seen
    assert len(page.run("window.copied")) == 1


@pytest.mark.parametrize("width", [375, 320, 768, 1280])
def test_nothing_is_wider_than_the_window(chrome: Browser, report: Path, width: int) -> None:
    """No ID is cut, and nobody has to scroll sideways."""
    page = chrome.open(report, width=width)
    assert page.run("document.documentElement.scrollWidth") <= width
    cut = page.run(
        "[...document.querySelectorAll('.id, .file, .title, dd, h1, h3')]"
        ".filter(one => one.offsetWidth && one.scrollWidth > one.offsetWidth + 1).length"
    )
    assert cut == 0


CONTRAST = """
(() => {
  const channel = (value) => {
    const part = value / 255;
    return part <= .03928 ? part / 12.92 : Math.pow((part + .055) / 1.055, 2.4);
  };
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const numbers = (color) => color.match(/[0-9.]+/g).map(Number);
  const paper = (one) => {
    for (; one; one = one.parentElement) {
      const found = numbers(getComputedStyle(one).backgroundColor);
      if (found.length === 3 || found[3] === 1) { return found; }
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !one.offsetWidth || one.closest("script, style, svg")) { continue; }
    const [a, b] = [light(numbers(getComputedStyle(one).color)), light(paper(one))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) { poor.push(one.className + " " + one.tagName + " " + ratio.toFixed(2)); }
  }
  return [...new Set(poor)];
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(chrome: Browser, report: Path, scheme: str) -> None:
    """WCAG AA: 4.5 to 1, in both schemes."""
    page = chrome.open(report)
    page.emulate(scheme=scheme)
    assert page.run(CONTRAST) == []
    dark = page.run("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 24)"
    assert dark == (scheme == "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_earlier_tries_and_what_is_left_behind_can_be_read(
    chrome: Browser, tmp_path: Path, scheme: str
) -> None:
    """On a small screen, in both schemes, with every fold open."""
    path = tmp_path / "troubled.html"
    view = page_view(a_troubled_record(), lambda _task: (LOG,))
    path.write_text(report_page(view), "utf-8")
    page = chrome.open(path, width=320)
    page.emulate(scheme=scheme)
    page.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.run("document.querySelectorAll('.tries').length") == 2
    assert page.run("document.querySelectorAll('.leftovers li').length") == 2
    assert page.run("document.documentElement.scrollWidth") <= 320
    assert page.run(CONTRAST) == []


def test_everything_is_there_without_scripts(chrome: Browser, report: Path) -> None:
    """But filters and buttons, which would do nothing."""
    page = chrome.open(report, scripts=False)
    page.send("Emulation.setScriptExecutionDisabled", value=False)
    assert len(shown(page)) == 9
    assert page.run("document.getElementById('filters').offsetHeight") == 0
    assert page.run("[...document.querySelectorAll('button')].every(b => !b.offsetHeight)")


def test_on_paper(chrome: Browser, report: Path, tmp_path: Path) -> None:
    """Without what cannot be pressed there, and with all that is written."""
    page = chrome.open(report)
    page.emulate(media="print")
    assert page.run("[...document.querySelectorAll('button, form')].every(b => !b.offsetHeight)")
    assert len(shown(page)) == 9
    assert page.run("document.querySelector('thead').offsetHeight") > 0
    page.emulate()
    page.paper(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
