"""``report`` as people run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import in_process
from tests.rehearsed import EXAMPLES, rehearse

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rehearsed compose with an image that failed."""
    folder = tmp_path_factory.mktemp("compose") / "out"
    rehearse(CLOUD, folder, ["build:name=rhel-azure,arch=aarch64"])
    return folder


def test_the_page_of_a_compose(compose: Path, tmp_path: Path) -> None:
    """Every ID of osbuild.json, whole; the reason and the log of what failed."""
    done = in_process("report", compose, "--output", tmp_path / "r.html", home=tmp_path)
    assert done.exit == 0, done.err
    assert done.out == (
        "8 of 9 tasks were built. 1 failed: 0 required, 1 allowed to fail. The report is in %s.\n"
        % (tmp_path / "r.html")
    )
    page = (tmp_path / "r.html").read_text("utf-8")
    recorded = json.loads((compose / "compose/metadata/osbuild.json").read_text("utf-8"))
    images = [
        image
        for arches in recorded["payload"]["images"].values()
        for found in arches.values()
        for image in found
    ]
    for image in images:
        for cloud in image["cloud"]:
            assert '<code class="id">%s</code>' % cloud["id"] in page
    assert "aarch64: osbuild build failed" in page
    assert "This is a rehearsal: nothing was built" in page, "of the saved log"
    assert "REHEARSAL: nothing real was built" in page


def test_it_goes_into_the_logs(compose: Path, tmp_path: Path) -> None:
    """Unless it is told where; as JSON says, too."""
    done = in_process("report", compose, "--previous", compose, "--format", "json", home=tmp_path)
    assert done.exit == 0, done.err
    said = json.loads(done.out)
    path = compose / "logs" / "global" / "osbuild-report.html"
    assert said == {"compose": said["compose"], "report": str(path)}
    assert "Differences from %s" % said["compose"] in path.read_text("utf-8")


def test_no_compose(tmp_path: Path) -> None:
    """Or one that has no images of ours."""
    done = in_process("report", tmp_path, home=tmp_path)
    assert done.exit == 2
    assert "osbuild.json" in done.err
    assert not (tmp_path / "logs").exists()


def test_a_place_that_cannot_be_written_to(compose: Path, tmp_path: Path) -> None:
    """Another file must be named."""
    (tmp_path / "file").write_text("in the way")
    done = in_process("report", compose, "--output", tmp_path / "file" / "r", home=tmp_path)
    assert done.exit == 2
    assert "--output" in done.err
