"""The host inside Pungi: what happens goes where Pungi and its later phases look for it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, List, Optional, Tuple

import pytest
from productmd.images import Images

from pungi_osbuild.checked import to_json
from pungi_osbuild.errors import HubError, InputError, PlacementError, SourceError
from pungi_osbuild.metadata import SharedImages, productmd_types
from pungi_osbuild.model import JsonDict, Outcome, OutcomeKind, RunResult, UnknownUpload
from pungi_osbuild.phase.messages import Message, Messages
from pungi_osbuild.phase.pungihost import PungiHost, describe_failure
from pungi_osbuild.phase.tasklog import TaskLogs
from pungi_osbuild.placing.place import FileSource
from pungi_osbuild.run import TaskSubmitted
from tests.phase.pungi_standin import (
    Kept,
    StandInCompose,
    StandInDownloader,
    a_conf,
    a_log,
    a_profile,
    a_server,
    foreign_image,
)
from tests.run.engines import a_job, finish
from tests.values import (
    a_built_image,
    a_cloud_image,
    a_failed_outcome,
    a_koji_place,
    a_placed_image,
    a_request,
    an_identity,
    an_outcome,
)


class SentAtOnce(Messages):
    """Messages without the thread; that has tests of its own."""

    def send(self, name: str, fields: JsonDict) -> None:
        message = Message(name, tuple(fields.items()))
        try:
            self._send(message)
        except Exception as error:
            self._failed(message, error)


class Scene:
    """A host, its compose and its log."""

    def __init__(self, folder: Path, downloader: Any = None, checks_sanity: bool = False) -> None:
        topdir = folder / "compose"
        self.koji = folder / "koji"
        self.compose = StandInCompose(topdir, a_conf(), (a_server(),), downloader)
        logger, self.log = a_log()
        self.kept: List[RunResult] = []
        self.host = PungiHost(
            self.compose,
            a_profile(self.koji),
            SharedImages(self.compose.im, Path("images.json")),
            productmd_types(),
            logger,
            TaskLogs(topdir / "logs/global/osbuild", "", lambda: 0.0),
            checks_sanity,
            SentAtOnce(self.compose.notifier, logger),
            self.kept.append,
        )

    @property
    def images_json(self) -> Path:
        return Path(self.compose.topdir) / "compose/metadata/images.json"

    @property
    def osbuild_json(self) -> Path:
        return Path(self.compose.topdir) / "compose/metadata/osbuild.json"

    @property
    def deliverables(self) -> Tuple[Any, Any, Any]:
        """Attempted, required and failed."""
        compose = self.compose
        kinds = (
            compose.attempted_deliverables,
            compose.required_deliverables,
            compose.failed_deliverables,
        )
        attempted, required, failed = (kind.get("osbuild", []) for kind in kinds)
        return attempted, required, failed


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_deliverables_are_expected_by_arch_and_subvariant(scene: Scene) -> None:
    """What is allowed to fail is attempted, all else is required."""
    both = a_request(number=1, arches=("aarch64", "x86_64"), can_fail=True, subvariant="Guest")
    scene.host.expect([a_request(), both])
    assert scene.deliverables == (
        [("Server", "aarch64", "Guest"), ("Server", "x86_64", "Guest")],
        [("Server", "x86_64", "Server")],
        [],
    )


@pytest.mark.parametrize("kind", [OutcomeKind.FAILED, OutcomeKind.CANCELLED])
def test_a_failure_that_may_be_is_a_failed_deliverable(kind: OutcomeKind, scene: Scene) -> None:
    """For each of its arches; the compose is incomplete."""
    request = a_request(arches=("aarch64", "x86_64"), can_fail=True, subvariant="Guest")
    finish(scene.host, a_failed_outcome(request=request, kind=kind))
    _, _, failed = scene.deliverables
    assert failed == [("Server", "aarch64", "Guest"), ("Server", "x86_64", "Guest")]
    assert scene.log.lines("ERROR")[0] == (
        "[FAIL] Osbuild (variant Server, arch aarch64,x86_64, subvariant Guest) %s,"
        " but going on anyway." % kind.value
    )


def test_a_failure_that_may_not_be_ends_the_compose_and_is_logged_now(scene: Scene) -> None:
    """It is no failed deliverable; the log does not say that anything goes on."""
    finish(scene.host, a_failed_outcome())
    assert scene.deliverables == ([], [], [])
    first, second, third = scene.log.lines("ERROR")
    assert first == "[FAIL] Osbuild (variant Server, arch x86_64, subvariant Server) failed."
    assert second.endswith("failed: x86_64: depsolving failed")
    assert "Server-x86_64-example-guest-1-5.log" in third


def test_a_login_in_a_reason_is_not_logged(scene: Scene) -> None:
    """Composer quotes the address of a repository that it cannot read."""
    finish(scene.host, a_failed_outcome(reason="cannot read https://me:s3cr3t@r.example.com/x"))
    assert "https://" in scene.log.text
    assert "s3cr3t" not in scene.log.text


def test_what_was_built_is_no_failure(scene: Scene) -> None:
    """Neither in the log nor for a script."""
    finish(scene.host, an_outcome())
    assert scene.deliverables == ([], [], [])
    assert scene.log.lines("ERROR") == []
    assert scene.compose.notifier.sent == []


def test_a_tasks_id_is_a_file(scene: Scene) -> None:
    """Empty, where Pungi's own handler looks for it."""
    scene.host.notify(TaskSubmitted(0, 4711), a_job(a_request(), 4711))
    path = Path(scene.compose.paths.log.koji_tasks_dir()) / "4711"
    assert path.read_bytes() == b""
    assert scene.log.lines("INFO") == [
        "Submitted OSBuild task for variant Server (x86_64, task id: 4711, example-guest-1-5)"
    ]


def test_the_end_names_files_and_cloud_ids(scene: Scene) -> None:
    """Whoever reads the log has them there."""
    cloud = a_cloud_image()
    unknown = UnknownUpload("moon", (("crater", "Tycho"),))
    images = (
        a_placed_image(built=a_built_image(uploads=(cloud, unknown))),
        a_placed_image(path="Server/x86_64/images/other.qcow2"),
    )
    finish(scene.host, an_outcome(images=images))
    (line,) = scene.log.lines("INFO")
    assert line.startswith("[DONE ] OSBuild task for variant Server (x86_64, task id: 11, ")
    first, second = line.partition("): ")[2].split("; ")
    uploads = "%s %s, moon crater: Tycho" % (cloud.provider, cloud.id)
    assert first == "%s, %s" % (images[0].path, uploads)
    assert second == images[1].path


def test_a_tasks_file_that_cannot_be_made_is_a_warning(scene: Scene) -> None:
    """The task is there and goes on; it is logged all the same."""
    folder = Path(scene.compose.paths.log.topdir()) / "koji-tasks"
    folder.write_text("a file", encoding="utf-8")
    scene.host.notify(TaskSubmitted(0, 4711), a_job(a_request(), 4711))
    (warning,) = scene.log.lines("WARNING")
    assert "koji-tasks/4711" in warning
    assert len(scene.compose.logs()) == 1


def test_a_pungi_that_keeps_task_ids_elsewhere(scene: Scene) -> None:
    """The task goes on all the same."""

    class Elsewhere:
        pass

    scene.compose.paths.log = Elsewhere()
    scene.host.notify(TaskSubmitted(0, 4711), a_job(a_request(), 4711))
    (warning,) = scene.log.lines("WARNING")
    assert "koji-tasks/4711" in warning


def test_built_images_are_in_the_manifest_and_told(scene: Scene) -> None:
    """The outcome is as it was."""
    built = a_built_image(uploads=(a_cloud_image(),))
    outcome = an_outcome(images=(a_placed_image(built=built),))
    assert scene.host.built(outcome) is outcome
    ((entry,),) = scene.compose.im.images["Server"].values()
    assert entry.path == outcome.images[0].path
    (fields,) = scene.compose.notifier.fields("osbuild-imagedone")
    assert fields["cloud"] == [to_json(a_cloud_image())]
    json.dumps(fields)


def test_an_image_like_one_that_is_there_fails_its_request(scene: Scene) -> None:
    """Nobody is told that it is done."""
    other = foreign_image(scene.compose)
    scene.compose.im.add("Server", "x86_64", other)
    outcome = scene.host.built(an_outcome())
    assert outcome.kind is OutcomeKind.FAILED
    assert "Server/x86_64/images/other.qcow2" in (outcome.reason or "")
    assert "another subvariant" in (outcome.hint or "")
    assert outcome.images == an_outcome().images
    assert scene.compose.notifier.sent == []
    assert scene.compose.im.images["Server"]["x86_64"] == {other}


@pytest.mark.parametrize(
    ("checks_sanity", "kind"), [(True, OutcomeKind.FAILED), (False, OutcomeKind.BUILT)]
)
def test_sanity_is_checked_where_pungi_leaves_it_to_us(
    checks_sanity: bool, kind: OutcomeKind, tmp_path: Path
) -> None:
    """An ISO that is none fails its request and is in no manifest."""
    scene = Scene(tmp_path, checks_sanity=checks_sanity)
    image = a_placed_image(path="Server/x86_64/iso/x.iso", type="dvd", format="iso")
    file = Path(scene.compose.topdir) / "compose" / image.path
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no ISO")
    assert scene.host.built(an_outcome(images=(image,))).kind is kind
    assert bool(scene.compose.im.images) is (kind is OutcomeKind.BUILT)


def test_an_image_without_words_is_not_checked_as_one(tmp_path: Path) -> None:
    """It has no format, and no place in the manifest."""
    scene = Scene(tmp_path, checks_sanity=True)
    outcome = an_outcome(images=(a_placed_image(type=None, format=None),))
    assert scene.host.built(outcome).ok
    assert scene.compose.im.images == {}


def test_a_failure_is_told_with_its_fields(scene: Scene) -> None:
    """Also one that was never submitted: without a task."""
    finish(scene.host, a_failed_outcome(task_id=None))
    (fields,) = scene.compose.notifier.fields("osbuild-imagefail")
    assert fields == {
        "variant": "Server",
        "arches": ["x86_64"],
        "subvariant": "Server",
        "image_type": "guest-image",
        "nvr": "example-guest-1-5",
        "task_id": None,
        "can_fail": False,
        "reason": "x86_64: depsolving failed",
    }


def downloader(koji: Path, cache: Optional[Path] = None) -> StandInDownloader:
    return StandInDownloader(str(koji), "http://127.0.0.1:9/none", cache)


def in_koji(koji: Path) -> Path:
    """Put the image where Koji has it."""
    file = koji / a_built_image().path
    file.parent.mkdir(parents=True)
    file.write_bytes(b"foo")
    return file


def test_without_a_downloader_the_run_finds_the_file_itself(scene: Scene) -> None:
    """Pungi before 4.5."""
    assert scene.host.source(a_built_image()) is None


def test_a_file_that_the_downloader_has_in_its_cache(tmp_path: Path) -> None:
    """It is asked by the path on Koji's volume."""
    cache = tmp_path / "cache"
    cached = in_koji(cache)
    asked = downloader(tmp_path / "koji", cache)
    scene = Scene(tmp_path, asked)
    assert scene.host.source(a_built_image()) == FileSource(local=cached)
    assert asked.asked == ["%s/%s" % (scene.koji, a_built_image().path)]


def test_a_file_of_a_volume_that_is_mounted(tmp_path: Path) -> None:
    """Without a cache the downloader returns the path that it was given."""
    file = in_koji(tmp_path / "koji")
    scene = Scene(tmp_path, downloader(tmp_path / "koji"))
    assert scene.host.source(a_built_image()) == FileSource(local=file)


def test_a_volume_that_is_not_mounted(tmp_path: Path) -> None:
    """Without a cache the downloader has nothing, and the run downloads the file itself."""
    asked = downloader(tmp_path / "koji")
    assert Scene(tmp_path, asked).host.source(a_built_image()) is None
    assert len(asked.asked) == 1


def test_a_profile_without_a_topdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a downloader would take a file below the working directory."""
    monkeypatch.chdir(tmp_path)
    in_koji(tmp_path)
    scene = Scene(tmp_path, downloader(Path()))
    host = replace(scene.host, profile=replace(scene.host.profile, topdir=""))
    assert host.source(a_built_image()) is None


class Failing:
    """What the real one raises comes from requests, from the lock's library or from the disk."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_file(self, path: str) -> Optional[str]:
        raise self.error


@pytest.mark.parametrize("error", [OSError("no route"), RuntimeError("bad lock")])
def test_a_download_that_fails(error: Exception, tmp_path: Path) -> None:
    """Reason, path and advice."""
    scene = Scene(tmp_path, Failing(error))
    with pytest.raises(PlacementError, match=str(error)) as caught:
        scene.host.source(a_built_image())
    assert a_built_image().path in caught.value.reason
    assert caught.value.solution


def test_a_compose_that_can_be_written(scene: Scene) -> None:
    """Nothing stays behind; one that cannot is refused."""
    scene.host.check(())
    metadata = Path(scene.compose.topdir) / "compose" / "metadata"
    assert list(metadata.iterdir()) == []
    metadata.rmdir()
    metadata.write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        scene.host.check(())


def test_the_record_says_what_is_in_images_json(scene: Scene) -> None:
    """Images of a request that failed are not; Pungi will not write the file for this compose."""
    other = a_placed_image(path="Server/x86_64/images/other.qcow2", subvariant="Other")
    wordless = a_placed_image(path="Server/x86_64/images/w.tar", type=None, format=None)
    outcomes: Tuple[Outcome, ...] = (
        an_outcome(images=(a_placed_image(),)),
        replace(a_failed_outcome(request=a_request(number=1)), images=(other,)),
        an_outcome(request=a_request(number=2), images=(wordless,)),
    )
    result = RunResult(an_identity(), a_koji_place(), outcomes)
    assert scene.host.record(result) is result
    assert scene.kept == [result]
    images = scene.compose.recorded()["images"]["Server"]["x86_64"]
    assert {Path(image["path"]).name: image["in_images_json"] for image in images} == {
        "example-guest-1-5.x86_64.qcow2": True,
        "other.qcow2": False,
        "w.tar": False,
    }
    manifest = Images()
    manifest.load(str(scene.images_json))
    assert [image.path for image in manifest["Server"]["x86_64"]] == [a_placed_image().path]


def test_the_result_is_kept_though_it_cannot_be_recorded(scene: Scene) -> None:
    """What failed must be told all the same; and osbuild.json is tried though images.json fails."""
    scene.images_json.parent.mkdir(parents=True, exist_ok=True)
    scene.images_json.write_text("no JSON", encoding="utf-8")
    result = RunResult(an_identity(), a_koji_place(), (an_outcome(),))
    with pytest.raises(SourceError):
        scene.host.record(result)
    assert scene.kept == [result]
    assert scene.osbuild_json.exists()


def test_a_failure_in_a_line() -> None:
    """What it is, whether it may be, N-V-R, task, and all of the reason."""
    outcome = a_failed_outcome(reason="Compose failed\n  x86_64: no space\n")
    assert describe_failure(outcome) == (
        "Server x86_64 example-guest (guest-image) [required, example-guest-1-5, task 11]"
        " failed: Compose failed; x86_64: no space"
    )
    request = a_request(can_fail=True, base_release=None)
    never = a_failed_outcome(request=request, task_id=None, kind=OutcomeKind.CANCELLED)
    assert describe_failure(never) == (
        "Server x86_64 example-guest (guest-image) [allowed to fail] cancelled:"
        " x86_64: depsolving failed"
    )


def test_an_error_in_a_line() -> None:
    """Two sentences, one full stop between them."""
    assert HubError("it is gone", "Wait.").in_a_line() == "it is gone. Wait."
    assert HubError("it is gone.", "Wait.").in_a_line() == "it is gone. Wait."


def test_a_log_keeps_its_levels() -> None:
    """The stand-in's own: what the tests above rely on."""
    logger, kept = a_log()
    logger.warning("%s", "one")
    assert isinstance(kept, Kept)
    assert kept.records == [("WARNING", "one")]
