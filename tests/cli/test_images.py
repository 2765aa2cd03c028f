"""``images`` as people and scripts run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest

from tests.cli.commands import in_process
from tests.rehearsed import EXAMPLES, rehearse

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"
RECORDED = Path("compose") / "metadata" / "osbuild.json"


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rehearsed compose with an upload that nobody knows."""
    folder = tmp_path_factory.mktemp("compose") / "out"
    rehearse(CLOUD, folder, ["odd-upload:name=rhel-ec2,arch=x86_64"])
    return folder


def recorded(compose: Path) -> List[Dict[str, Any]]:
    """All uploads of a compose, as they are in the file."""
    document = json.loads((compose / RECORDED).read_text(encoding="utf-8"))
    return [
        upload
        for arches in document["payload"]["images"].values()
        for images in arches.values()
        for image in images
        for upload in image["cloud"]
    ]


def test_exactly_the_amis(compose: Path, tmp_path: Path) -> None:
    """One on each line, and nothing else on stdout."""
    chosen = ("--provider", "aws", "--region", "us-east-1", "--format", "ids")
    done = in_process("images", compose, *chosen, home=tmp_path)
    amis = [upload["id"] for upload in recorded(compose) if upload["provider"] == "aws"]
    assert len(amis) == 2
    assert sorted(done.out.splitlines()) == sorted(amis)
    assert (done.exit, done.err) == (0, "")


def test_the_table_holds_every_id(compose: Path, tmp_path: Path) -> None:
    """Whole: of ten images and eleven uploads."""
    done = in_process("images", compose, home=tmp_path)
    assert done.exit == 0, done.err
    assert done.out.splitlines()[-1] == "9 images, 10 uploads."
    for upload in recorded(compose):
        assert upload.get("id", "org.osbuild.rehearsal.odd") in done.out


def test_an_upload_that_nobody_knows_has_no_id(compose: Path, tmp_path: Path) -> None:
    """A script is not given something else in its place."""
    done = in_process("images", compose, "--format", "ids", home=tmp_path)
    assert len(done.out.splitlines()) == 9
    assert "warning: the IDs of org.osbuild.rehearsal.odd are not known" in done.err


def test_nothing_fits(compose: Path, tmp_path: Path) -> None:
    """What there is instead is told on stderr."""
    done = in_process("images", compose, "--region", "us-west-9", "--format", "json", home=tmp_path)
    assert done.exit == 0
    assert json.loads(done.out)["images"] == []
    assert "no image has region us-west-9; there are: eastus, us-east-1, us-east1" in done.err


@pytest.mark.parametrize("output", ["json", "stream", "cloud-image-val"])
def test_json_is_alone_on_stdout(output: str, compose: Path, tmp_path: Path) -> None:
    """Whatever there is to warn of."""
    done = in_process("images", compose, "--format", output, "--provider", "gcp", home=tmp_path)
    assert done.exit == 0, done.err
    assert "rhel-9-4-x86-64-20261123-test-0" in json.dumps(json.loads(done.out))


def test_an_ambiguous_choice(compose: Path, tmp_path: Path) -> None:
    """Is wrong usage, and what would choose is said."""
    done = in_process("images", compose, "--format", "cloud-image-val", home=tmp_path)
    assert done.exit == 2
    assert "aws, azure, gcp" in json.loads(done.out)["error"]["reason"]
    assert "aws, azure, gcp" in done.err
    assert "--provider" in done.err


def changed(change: Callable[[Dict[str, Any]], None]) -> Callable[[str], str]:
    def apply(text: str) -> str:
        document = json.loads(text)
        change(document)
        return json.dumps(document)

    return apply


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:1000], "is broken"),
        (lambda text: "<html>", "is broken: Expecting value"),
        (
            changed(lambda document: document["header"].update(type="productmd.images")),
            "cannot be used: it is a productmd.images file",
        ),
        (
            changed(lambda document: document["payload"].update(format_version="2.0")),
            "this pungi-osbuild reads 1.0 to 1.3",
        ),
        (
            changed(lambda document: document["payload"].update(tasks={})),
            "payload.tasks is not a list",
        ),
    ],
    ids=["torn", "html", "foreign", "newer", "wrong"],
)
def test_a_file_that_cannot_be_used(
    change: Callable[[str], str], said: str, compose: Path, tmp_path: Path
) -> None:
    """Is named, with why and what to do; never a traceback."""
    path = tmp_path / "compose" / RECORDED
    path.parent.mkdir(parents=True)
    path.write_text(change((compose / RECORDED).read_text(encoding="utf-8")), encoding="utf-8")
    done = in_process("images", tmp_path / "compose", "--format", "ids", home=tmp_path)
    assert (done.exit, done.out) == (1, "")
    assert str(path) in done.err
    assert said in done.err
    assert len(done.err.splitlines()) == 2


def test_an_older_file(tmp_path: Path) -> None:
    """As the first version wrote it."""
    old = Path(__file__).parents[1] / "metadata" / "data" / "osbuild-1.0.json"
    path = tmp_path / "old" / RECORDED
    path.parent.mkdir(parents=True)
    path.write_bytes(old.read_bytes())
    done = in_process(
        "images", tmp_path / "old", "--provider", "aws", "--format", "ids", home=tmp_path
    )
    assert done.exit == 0, done.err
    assert done.out == "ami-9e789839debb22b10\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--profile", "koji"),
        ("--live", "--format", "stream"),
        ("--base-url", "https://example.com"),
        ("--format", "yaml"),
    ],
)
def test_options_that_do_not_go_together(
    arguments: Tuple[str, ...], compose: Path, tmp_path: Path
) -> None:
    """Wrong usage."""
    assert in_process("images", compose, *arguments, home=tmp_path).exit == 2


def test_a_folder_without_a_compose(tmp_path: Path) -> None:
    """Wrong usage, too."""
    done = in_process("images", tmp_path, home=tmp_path)
    assert (done.exit, done.out) == (2, "")
    assert "there is no %s" % (tmp_path / RECORDED) in done.err
