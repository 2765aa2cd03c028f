"""
A task method that does not exist, known to nothing but its own entry in two tables.

Whatever the product does with a task method it must do with this one: it is registered once in the
catalogue and once in the rehearsal's table, and a config that uses it, beside blocks for
osbuildImage, goes through every command. It differs where it can: other arguments in another
order, options of its own, a result that is a text, images that Koji does not describe.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import pytest
from click.testing import Result

import koji_rehearsal
from koji_rehearsal import (
    BuiltFile,
    HubSettings,
    RehearsalHub,
    RehearsedMethod,
    Wanted,
    write_profile,
)
from pungi_osbuild import methods
from pungi_osbuild.checked import Struct, structs
from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.cli.main import main
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub import Hub, read_profile
from pungi_osbuild.metadata import load
from pungi_osbuild.methods import (
    COUNT,
    STRING,
    STRINGS,
    TEXT,
    ComposeState,
    Failure,
    ImageStates,
    KeptUpload,
    Option,
    Options,
    SignedUpload,
    download_output,
    images_folder,
    option,
)
from pungi_osbuild.model import (
    Arch,
    BuiltImage,
    Call,
    Checksum,
    ImageRequest,
    JsonDict,
    OutcomeKind,
    Query,
)
from tests.cli.commands import runner
from tests.rehearsed import DATE, content_for, run_against
from tests.run.engines import WrittenJournal

NAME = "pressFloppy"
SIDES = {"x86_64": "A", "aarch64": "B"}


@dataclass(frozen=True)
class PressFloppy:
    """The product's entry."""

    name: str = NAME
    section: str = "floppy"
    section_example: str = '{"^Server$": [{"name": "rescue", "kind": "floppy-boot"}]}'
    type_option: str = "kind"
    repos_option: str = "sources"
    asks_composer: bool = False
    goes_on_cancelled: Optional[str] = None
    hidden_options: Tuple[str, ...] = ()

    def block_options(self) -> Options:
        return {
            "name": option(TEXT, "The Koji package.", None, '"rescue"'),
            "kind": option(TEXT, "What to press.", None, '"floppy-boot"'),
            "sources": option(STRINGS, "Repositories.", "the variant's own", '["Server"]'),
            "version": option(STRING, "Version.", "`floppy_version`", '"1"'),
            "release": option(STRING, "Release.", "`floppy_release`", '"2"'),
            "target": option(STRING, "Koji build target.", "`floppy_target`", '"floppies"'),
            "arches": option(STRINGS, "Arches.", "all of the variant's", '["x86_64"]'),
            "subvariant": option(STRING, "Subvariant.", "the variant's uid", '"Rescue"'),
            "tracks": option(COUNT, "Tracks, ten at most.", "`floppy_tracks`, else `1`", "2"),
        }

    def top_options(self) -> Options:
        own = self.block_options()
        names = ("version", "release", "target", "tracks")
        return {"floppy_" + name: _at_top(own[name]) for name in names}

    def arguments(self, request: ImageRequest) -> List[Any]:
        config = request.config
        opts: JsonDict = {} if config.options is None else config.options.to_wire()
        if request.release:
            opts["release"] = request.release
        sides = [SIDES[arch] for arch in request.arches]
        sources = [repo.baseurl for repo in request.repos]
        return [
            config.target,
            sides,
            config.image_type,
            config.name,
            request.version,
            sources,
            opts,
        ]

    def comparable(self, arguments: Sequence[Any]) -> List[Any]:
        return [sorted(one) if isinstance(one, list) else one for one in arguments]

    def result(self, task_id: int, request: ImageRequest) -> Query[Tuple[BuiltImage, ...]]:
        (pressed,) = yield [Call("getTaskResult", (task_id,))]
        if pressed.get() != "pressed %s" % request.nvr:
            raise ReplyError("%r was pressed" % pressed.get(), "Look at the task.")
        (builds,) = yield [Call("listBuilds", (), (("taskID", task_id),))]
        (row,) = structs(builds.get(), "listBuilds")
        return (yield from self.result_of_build(row.integer("build_id"), task_id, request))

    def result_of_build(
        self, build_id: int, task_id: int, request: ImageRequest
    ) -> Query[Tuple[BuiltImage, ...]]:
        build, archives = yield [
            Call("getBuild", (build_id,)),
            Call("listArchives", (), (("buildID", build_id),)),
        ]
        rows = structs(archives.get(), "listArchives")
        return tuple(_image(Struct(build.get(), "a build"), row, task_id) for row in rows)

    def failure(self, task_id: int, request: ImageRequest) -> Query[Failure]:
        (reply,) = yield [Call("getTaskResult", (task_id,))]
        said = "nobody knows why" if reply.fault is None else reply.fault.reason
        return Failure("the press: %s" % said, ComposeState.ENDED)

    def uploads(self, task_id: int, request: ImageRequest) -> Query[Tuple[KeptUpload, ...]]:
        yield from download_output(task_id, [])
        return ()

    def progress(self, task_id: int, arches: Tuple[Arch, ...]) -> Query[ImageStates]:
        yield from download_output(task_id, [])
        return tuple((arch, "pressing") for arch in arches)

    def signed_address(self, upload: SignedUpload) -> Query[Optional[str]]:
        yield from download_output(upload.task_id, [])
        return None


def _at_top(own: Option) -> Option:
    return replace(own, default=own.default or "none")


def _image(build: Struct, row: Struct, task_id: int) -> BuiltImage:
    filename = row.filename("filename")
    return BuiltImage(
        arch=filename.rsplit(".", 2)[1],
        filename=filename,
        size=row.integer("size"),
        checksum=Checksum("md5", row.text("checksum")),
        path="%s/%s" % (images_folder(build), filename),
        archive_id=row.integer("id"),
        build_id=build.integer("id"),
        nvr=build.text("nvr"),
        task_id=task_id,
    )


def _refusal(arguments: List[Any]) -> Optional[str]:
    sides = arguments[1]
    return None if set(sides) <= {"A", "B"} else "%r has no such side" % (sides,)


def _wanted(arguments: Sequence[Any]) -> Wanted:
    target, sides, kind, name, version, _sources, opts = arguments
    arches = {side: arch for arch, side in SIDES.items()}
    return Wanted(name, version, kind, target, tuple(arches[side] for side in sides), opts)


def _files(wanted: Wanted, nvr: str) -> Sequence[BuiltFile]:
    content = b"QFI\xfb" * int(wanted.options.get("tracks", 1))
    suffix = "crumpled" if wanted.image_type == "worn-out" else "qcow2"
    return [BuiltFile("%s.%s.%s" % (nvr, arch, suffix), content, arch) for arch in wanted.arches]


TARGET = ("example-target",)
REHEARSED = RehearsedMethod(
    "pressFloppy(target, sides, kind, name, version, sources, opts=None, priority=None)",
    refusal=_refusal,
    wanted=_wanted,
    files=_files,
    result=lambda _task_id, _build_id, nvr: "pressed %s" % nvr,
)


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    method = PressFloppy()
    methods.register(method)
    koji_rehearsal.register_task_method(REHEARSED)
    yield
    koji_rehearsal.unregister_task_method(REHEARSED)
    methods.unregister(method)


CONFIG = """
release_name = "Example"
release_short = "Example"
release_version = "1"
variants_file = "variants.xml"
global_target = "example-target"
global_version = "1"
floppy_release = "7"
floppy_tracks = 3
floppy = {"^Server$": %s}
osbuild_release = "5"
osbuild = {"^Server$": [{"name": "guest", "distro": "fedora-41", "image_types": "guest-image"}]}
"""
VARIANTS = """<variants><variant id="Server" name="Server" type="variant">
<arches><arch>x86_64</arch><arch>aarch64</arch></arches><groups/></variant></variants>"""


def a_block(**changes: Any) -> Dict[str, Any]:
    return {"name": "rescue", "kind": "floppy-boot", "subvariant": "Rescue", **changes}


def a_config(folder: Path, *blocks: Dict[str, Any], more: str = "") -> Path:
    (folder / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    path = folder / "example.conf"
    path.write_text(CONFIG % json.dumps(blocks) + more, encoding="utf-8")
    return path


def command(*arguments: object) -> Result:
    return runner().invoke(main, [str(argument) for argument in arguments])


def problems(path: Path) -> List[Tuple[str, str]]:
    """Return code and place of the problems of a config."""
    done = command("validate", path, "--format", "json")
    return [(one["code"], one["place"]) for one in json.loads(done.stdout)["problems"]]


def images_in(out: Path, name: str) -> List[Dict[str, Any]]:
    """Return the images that a file of a compose's metadata has, of each arch in turn."""
    content = json.loads((out / "compose/metadata" / name).read_text("utf-8"))
    arches = content["payload"]["images"]["Server"]
    return [image for arch in sorted(arches) for image in arches[arch]]


def test_its_section_is_judged_by_its_own_options(tmp_path: Path) -> None:
    """Whatever is wrong in it is shown with its place, and nothing is held against osbuild's."""
    wrong = a_block(name="worse", kind=["a", "b"], tracks=99, distro="fedora-41", trakcs=1)
    path = a_config(tmp_path, a_block(), wrong, a_block(), more="floppy_trackz = 5\n")
    assert [one for one in problems(path) if one[0] != "local-repo"] == [
        ("unknown-key", "floppy_trackz"),
        ("unknown-key", 'floppy["^Server$"][1].distro'),
        ("unknown-key", 'floppy["^Server$"][1].trakcs'),
        ("wrong-type", 'floppy["^Server$"][1].kind'),
        ("bad-value", 'floppy["^Server$"][1].tracks'),
        ("duplicate-nvr", 'floppy["^Server$"][2]'),
    ]


def test_a_pattern_is_of_its_section(tmp_path: Path) -> None:
    """One that fits no variant is named with it, and a skipped section builds nothing."""
    path = a_config(tmp_path, a_block())
    path.write_text(path.read_text("utf-8").replace('floppy = {"^Server$"', 'floppy = {"^Sever$"'))
    assert ("unmatched-pattern", 'floppy["^Sever$"]') in problems(path)
    path = a_config(tmp_path, a_block(), more='skip_phases = ["osbuild"]\n')
    assert ("phase-skipped", "skip_phases") in problems(path)
    planned = json.loads(command("plan", path, "--format", "json").stdout)
    assert {one["method"] for one in planned} == {NAME}


def test_requests_of_both_methods_are_checked_against_each_other(tmp_path: Path) -> None:
    """Koji knows one build of an N-V-R, whoever makes it."""
    found = problems(a_config(tmp_path, a_block(name="guest", release="5")))
    assert ("duplicate-nvr", 'floppy["^Server$"][0]') in found


def test_a_config_that_is_fine_goes_all_the_way(tmp_path: Path) -> None:
    """Validated, planned, rehearsed over HTTP beside the other method, recorded and reported."""
    blocks = (a_block(tracks=2, arches=["x86_64"]), a_block(name="small", subvariant="Small"))
    config, out = a_config(tmp_path, *blocks), tmp_path / "out"
    assert {code for code, _ in problems(config)} == {"local-repo"}
    planned = json.loads(command("plan", config, "--format", "json").stdout)
    asked = [one["args"] for one in planned if one["method"] == NAME]
    assert [(*args[:5], args[6]) for args in asked] == [
        (*TARGET, ["A"], "floppy-boot", "rescue", "1", {"tracks": 2, "release": "7"}),
        (*TARGET, ["B"], "floppy-boot", "small", "1", {"tracks": 3, "release": "7.aarch64"}),
        (*TARGET, ["A"], "floppy-boot", "small", "1", {"tracks": 3, "release": "7.x86_64"}),
    ]
    assert "pressFloppy(" in command("plan", config).stdout

    done = command("rehearse", config, "--out", out, "--duration", 0, "-q", "--format", "json")
    assert done.exit_code == 0, done.output
    recorded = images_in(out, "osbuild.json")
    assert [(one["method"], one["image_type"], one["koji"]["nvr"]) for one in recorded] == [
        ("osbuildImage", "guest-image", "guest-1-5.aarch64"),
        (NAME, "floppy-boot", "small-1-7.aarch64"),
        ("osbuildImage", "guest-image", "guest-1-5.x86_64"),
        (NAME, "floppy-boot", "rescue-1-7"),
        (NAME, "floppy-boot", "small-1-7.x86_64"),
    ]
    assert {task.method for task in load(out).tasks} == {"osbuildImage", NAME}
    assert [(one["path"], one["type"]) for one in images_in(out, "images.json")] == [
        ("Server/aarch64/images/guest-1-5.aarch64.qcow2", "qcow2"),
        ("Server/aarch64/images/small-1-7.aarch64.qcow2", "qcow2"),
        ("Server/x86_64/images/guest-1-5.x86_64.qcow2", "qcow2"),
        ("Server/x86_64/images/rescue-1-7.x86_64.qcow2", "qcow2"),
        ("Server/x86_64/images/small-1-7.x86_64.qcow2", "qcow2"),
    ]
    placed = out / "compose/Server/x86_64/images/rescue-1-7.x86_64.qcow2"
    assert placed.read_bytes() == b"QFI\xfb" * 2

    page = tmp_path / "report.html"
    assert command("report", out, "--output", page).exit_code == 0
    assert "floppy-boot" in page.read_text("utf-8")
    intents = [one for one in journal_of(out) if one["event"] == "intent"]
    assert Counter(one["method"] for one in intents) == {"osbuildImage": 2, NAME: 3}


def journal_of(out: Path) -> List[Dict[str, Any]]:
    lines = (out / "work/global/osbuild/journal.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line[line.index("{") :]) for line in lines]


def test_a_failed_task_says_why(tmp_path: Path) -> None:
    """In the words of its method; the other method's images are there."""
    config, out = a_config(tmp_path, a_block(kind="worn-out")), tmp_path / "out"
    done = command("rehearse", config, "--out", out, "--duration", 0, "-q")
    assert done.exit_code == 1
    assert "the press: unsupported file extension: rescue-1-7.x86_64.x86_64.crumpled" in done.output
    assert {one["method"] for one in images_in(out, "osbuild.json")} == {"osbuildImage"}
    assert not [orphan for task in load(out).tasks for orphan in task.orphans]


@pytest.mark.parametrize("is_known", [True, False])
def test_a_run_that_was_killed_goes_on(is_known: bool, tmp_path: Path) -> None:
    """Its task is looked up by method and arguments, whatever order the hub keeps them in."""
    out = tmp_path / "out"
    prepared = prepare(a_config(tmp_path, a_block()), Origin(date=DATE), out, rehearsal=True)
    content = content_for(prepared)
    with RehearsalHub(HubSettings(duration=0.0), out / "koji", content) as hub:
        write_profile(tmp_path / "profile", hub, "rehearsal", "noauth")
        profile = read_profile("rehearsal", tmp_path / "profile")
        pressed = [one for one in prepared.requests if one.config.method == NAME]
        with WrittenJournal(out, time.time) as journal, Hub(profile) as session:
            journal.plan(prepared.requests, server=profile.server)
            for request in pressed:
                journal.intent(request, 1)
                task_id = int(session.call(NAME, *methods.arguments(request)))
                if is_known:
                    journal.submitted(request, 1, task_id)
        done = run_against(hub, prepared, out)
    assert [outcome.kind for outcome in done.result.outcomes] == [OutcomeKind.BUILT] * 4
    calls = Counter(call.method for call in done.calls)
    assert (calls["osbuildImage"], calls[NAME]) == (2, 2)


def test_a_method_is_registered_once() -> None:
    """Neither table takes another of its name."""
    with pytest.raises(ValueError, match="there is a task method pressFloppy already"):
        methods.register(PressFloppy())
    with pytest.raises(ValueError, match="there is a task method pressFloppy already"):
        koji_rehearsal.register_task_method(REHEARSED)
