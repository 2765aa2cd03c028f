"""What is saved beside the compose: logs of failed tasks, manifests and SBOMs."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Callable, List, Optional, Tuple

import pytest

from pungi_osbuild.methods import OutputFile
from pungi_osbuild.model import BuiltImage, Sbom
from pungi_osbuild.placing import task_files
from pungi_osbuild.placing.place import FileSource
from pungi_osbuild.placing.task_files import Provenance, save_logs, saved_folder
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
    task = folder / ("%s-task-%d" % (outcome.request.nvr, outcome.task_id or 0))
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


def test_sboms_are_always_saved(failed: Rehearsed) -> None:
    """Koji prunes them; manifests, which may hold passwords, need the option."""
    assert failed.result.images
    for image in failed.result.images:
        built = image.built
        folder = saved_folder(failed.out, (built.arch,), built.nvr, built.task_id)
        assert sorted(path.name for path in folder.iterdir()) == names_of(built)


def names_of(image: BuiltImage) -> List[str]:
    return sorted(sbom.filename for sbom in image.sboms)


def test_a_log_that_cannot_be_saved(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A warning; the address in Koji is named instead."""
    (tmp_path / "logs").write_text("in the way")
    file = OutputFile(7, "compose-status.json", b"{}")
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
        names = sorted((built.manifest.filename, *names_of(built)))
        assert sorted(path.name for path in folder.iterdir()) == names
        at_koji = (done.out / "koji" / built.path).parent
        for name in names:
            assert (folder / name).read_bytes() == (at_koji / name).read_bytes()


def a_scene(tmp_path: Path) -> Tuple[BuiltImage, Path, Provenance]:
    """An image, the folder that it has in Koji, and what saves its companions: each is ``foo``."""
    koji, image = tmp_path / "koji", a_built_image()
    folder = (koji / image.path).parent
    folder.mkdir(parents=True)
    (folder / image.sboms[0].filename).write_text("foo")
    assert image.manifest is not None
    (folder / image.manifest.filename).write_text("foo")
    return image, folder, Provenance(tmp_path / "out", lambda path: FileSource(koji / path), True)


def test_companions_are_verified(tmp_path: Path) -> None:
    """By the size and the checksum that Koji says."""
    image, _folder, provenance = a_scene(tmp_path)
    assert len(provenance.save(image)) == 2


def other_bytes(path: Path) -> None:
    path.write_text("fop")


def one_more(path: Path) -> None:
    path.write_text("foo\n")


def too_few(path: Path) -> None:
    path.write_text("fo")


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def another_file(path: Path) -> None:
    secret = path.with_name("secret")
    secret.write_text("key")
    path.unlink()
    path.symlink_to(secret)


def never_ready(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        (other_bytes, "wrong md5 checksum"),
        (one_more, "wrong size"),
        (too_few, "wrong size"),
        (another_file, "it is a symbolic link"),
        (endless, "it is a symbolic link"),
        (never_ready, "not a regular file"),
        (gone, "No such file"),
    ],
)
def test_a_companion_that_is_not_as_koji_says_is_not_saved(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    attack: Callable[[Path], None],
    said: str,
) -> None:
    """A warning; nothing of it is left, and the other one is saved."""
    image, folder, provenance = a_scene(tmp_path)
    assert image.manifest is not None
    attack(folder / image.manifest.filename)
    (path,) = provenance.save(image)
    assert path.name == image.sboms[0].filename
    assert said in caplog.text
    assert list(path.parent.iterdir()) == [path]


def test_what_lies_where_a_companion_goes_is_not_written_through(tmp_path: Path) -> None:
    """A link that somebody has put there is replaced."""
    image, _folder, provenance = a_scene(tmp_path)
    (tmp_path / "victim").write_text("kept")
    folder = saved_folder(tmp_path / "out", (image.arch,), image.nvr, image.task_id)
    folder.mkdir(parents=True)
    (folder / image.sboms[0].filename).symlink_to(tmp_path / "victim")
    assert len(provenance.save(image)) == 2
    assert (tmp_path / "victim").read_text() == "kept"
    assert (folder / image.sboms[0].filename).read_text() == "foo"


def test_a_companion_without_a_known_size_is_bounded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As one is that an older version has recorded."""
    image, folder, provenance = a_scene(tmp_path)
    name = image.sboms[0].filename
    with (folder / name).open("wb") as large:
        large.truncate(task_files.MAX_SIZE + 1)
    provenance.save(replace(image, manifest=None, sboms=(Sbom(name),)))
    assert "has more than" in caplog.text
