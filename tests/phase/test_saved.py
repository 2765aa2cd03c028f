"""What is saved beside the compose: logs of failed tasks, manifests and SBOMs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional, Tuple

import pytest

from pungi_osbuild.hub import OutputFile
from pungi_osbuild.phase import saved
from pungi_osbuild.phase.place import Source
from pungi_osbuild.phase.saved import Provenance, save_logs, saved_folder
from tests.rehearsed import EXAMPLES, Rehearsed, rehearse
from tests.values import a_built_image, a_request

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"
FAULT = "build:name=rhel-azure,arch=aarch64"


def files_in(folder: Path) -> Tuple[str, ...]:
    return tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*.json")))


@pytest.mark.parametrize(
    ("arches", "nvr", "folder"),
    [
        (("x86_64",), "a-1-2", "logs/x86_64/osbuild/a-1-2-task-7"),
        (("aarch64", "x86_64"), "a-1-2", "logs/global/osbuild/a-1-2-task-7"),
        (("x86_64",), None, "logs/x86_64/osbuild/task-7"),
        (("..",), "../../etc", "logs/_../osbuild/_.._.._etc-task-7"),
    ],
)
def test_a_task_has_a_folder(arches: Tuple[str, ...], nvr: Optional[str], folder: str) -> None:
    """Below its arch; nothing leads out of it."""
    assert saved_folder(Path("/c"), arches, nvr, 7) == Path("/c") / folder


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    """A run in which one image has failed."""
    return rehearse(CLOUD, tmp_path_factory.mktemp("failed") / "out", [FAULT])


def test_logs_of_a_failed_task_are_saved(failed: Rehearsed) -> None:
    """Composer's status, Koji's logs and the image's, and never the request."""
    (outcome,) = failed.result.failures
    folder = failed.out / "logs" / "aarch64" / "osbuild"
    (task,) = folder.iterdir()
    assert task.name == "%s-task-%d" % (outcome.request.nvr, outcome.task_id or 0)
    assert files_in(task) == (
        "aarch64-azure.log.json",
        "compose-status.json",
        "koji-import.log.json",
        "koji-init.log.json",
    )
    status = json.loads((task / "compose-status.json").read_text("utf-8"))
    assert "osbuild build failed" in json.dumps(status["image_statuses"])
    assert json.loads((task / "koji-init.log.json").read_text("utf-8"))["token"] == "(hidden)"


def test_the_outcome_names_the_saved_logs(failed: Rehearsed) -> None:
    """Those of Koji are deleted after some days."""
    (outcome,) = failed.result.failures
    assert len(outcome.logs) == 4
    assert all(Path(log).is_file() for log in outcome.logs)


def test_nothing_is_saved_of_what_was_built(failed: Rehearsed) -> None:
    """Nor are manifests, without the option."""
    assert len(list((failed.out / "logs").iterdir())) == 1


def test_a_log_that_cannot_be_saved(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A warning; the address in Koji is named instead."""
    (tmp_path / "logs").write_text("in the way")
    file = OutputFile("compose-status.json", b"{}", "https://koji.example.com/x")
    assert save_logs(tmp_path / "logs" / "x86_64", [file], a_request()) == ()
    assert "cannot be saved" in caplog.text


def test_manifests_and_sboms_are_saved_where_they_are_wanted(tmp_path: Path) -> None:
    """As Koji has them, for each image; from its volume and over HTTP."""
    config = tmp_path / "rhel-cloud.conf"
    config.write_text(CLOUD.read_text("utf-8") + "osbuild_save_provenance = True\n")
    (tmp_path / "variants.xml").write_text((CLOUD.parent / "variants.xml").read_text("utf-8"))
    done = rehearse(config, tmp_path / "out", ["slow:name=rhel-ec2"])
    assert not done.result.failures
    for image in done.result.images:
        built = image.built
        folder = saved_folder(done.out, (built.arch,), built.nvr, built.task_id)
        assert built.manifest is not None
        names = sorted((built.manifest.filename, *built.sboms))
        assert sorted(path.name for path in folder.iterdir()) == names
        at_koji = (done.out / "koji" / built.path).parent
        for name in names:
            assert (folder / name).read_bytes() == (at_koji / name).read_bytes()


def test_a_manifest_that_cannot_be_had_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Gone, or too long; nothing half is left, and the others are saved."""
    koji = tmp_path / "koji"
    image = a_built_image()
    folder = (koji / image.path).parent
    folder.mkdir(parents=True)
    (folder / image.sboms[0]).write_text("{}")
    provenance = Provenance(tmp_path / "out", lambda path: Source(local=koji / path))
    (path,) = provenance.save(image)
    assert path.name == image.sboms[0]
    assert "cannot be saved: No such file" in caplog.text

    assert image.manifest is not None
    (folder / image.manifest.filename).symlink_to(folder / image.sboms[0])
    assert provenance.save(image) == (path,)
    assert "%s cannot be used: it is a symbolic link" % image.manifest.filename in caplog.text
    (folder / image.manifest.filename).unlink()
    with (folder / image.manifest.filename).open("wb") as large:
        large.truncate(saved.MAX_SIZE + 1)
    assert provenance.save(image) == (path,)
    assert "has more than" in caplog.text
    assert list(path.parent.iterdir()) == [path]
