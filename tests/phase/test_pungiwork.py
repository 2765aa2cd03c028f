"""The phase's whole life inside Pungi, over real HTTP against a rehearsal hub."""

from __future__ import annotations

import copy
import hashlib
import json
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

import koji
import pytest
from productmd.images import Images

from koji_rehearsal import HubContent, HubSettings, HubTag, HubTarget, RehearsalHub
from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import InputError
from pungi_osbuild.metadata.productmd_files import NEWEST
from pungi_osbuild.phase.pungiwork import Features
from pungi_osbuild.problems import ConfigError, Problem
from pungi_osbuild.run.engine import COLLECTORS, QUESTIONS, READERS, SUBMITTERS
from pungi_osbuild.timing import PUNGI_CONNECT_LIMIT
from tests.gate import Gate, call_of
from tests.phase.pungi_standin import (
    LIMIT,
    QUICK,
    Phase,
    StandInCompose,
    StandInComposePaths,
    StandInDownloader,
    StandInTracing,
    StandInVariant,
    a_conf,
    a_hub,
    a_server,
    block,
    by_path,
    foreign_image,
    params,
    profile_file,
)
from tests.threads import threads_now, workers_since

SERVER = (a_server(),)
ONE_ARCH = (a_server(arches=["x86_64", "src"]),)
LONG = HubSettings(duration=600)
STRICT = replace(HubContent.golden(), strict=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose koji configuration is the test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def composing(
    home: Path, conf: Dict[str, Any], variants: Tuple[StandInVariant, ...] = SERVER, **more: Any
) -> StandInCompose:
    """Builders can read the compose at an address, so nothing is to be warned of."""
    topdir = home.parent / "compose"
    seen = {"translate_paths": [(str(topdir), "https://composes.example.com/one")], **conf}
    return StandInCompose(topdir, seen, variants, **more)


class MovedPaths(StandInComposePaths):
    """Another ``paths_module`` than Pungi's own."""

    def image_dir(self, variant: StandInVariant, relative: bool = False) -> str:
        return super().image_dir(variant, relative).replace("images", "pictures")


def problems_of(phase: Phase) -> Tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        phase.work.validate()
    return caught.value.problems


def codes_of(phase: Phase) -> List[str]:
    return [problem.code for problem in problems_of(phase)]


def the_image(compose: StandInCompose, variant: str = "Server", arch: str = "x86_64") -> Any:
    (image,) = compose.im.images[variant][arch]
    return image


# Leftovers


def test_a_whole_life(home: Path) -> None:
    """Images placed and in the manifest, task files, logs, osbuild.json; nothing of ours left."""
    with a_hub(home) as hub:
        compose = Phase(composing(home, a_conf(block()))).go()
        ids = {str(task["task_id"]) for task in compose.recorded()["tasks"]}
    images, loaded = compose.dumped()
    paths = {
        "Server/aarch64/images/image-1-1.aarch64.qcow2",
        "Server/x86_64/images/image-1-1.x86_64.qcow2",
    }
    assert set(by_path(images)) == paths
    assert {image.path for arch in loaded.images["Server"].values() for image in arch} == paths
    assert all((Path(compose.topdir) / "compose" / path).is_file() for path in paths)
    assert {task["outcome"] for task in compose.recorded()["tasks"]} == {"built"}
    assert compose.task_ids() == ids
    assert len(ids) == 2
    assert len(params(hub)) == 2


def test_an_image_is_as_pungis_later_phases_read_it(home: Path) -> None:
    """The test phase reads ``deliverable`` without a default; the sha256 is of the placed file."""
    with a_hub(home):
        conf = a_conf(block(failable=["aarch64"], subvariant="Guest"))
        compose = Phase(composing(home, conf)).go()
    image = the_image(compose)
    content = (Path(compose.topdir) / "compose" / image.path).read_bytes()
    assert image.checksums == {"sha256": hashlib.sha256(content).hexdigest()}
    assert (image.size, image.subvariant, image.bootable) == (len(content), "Guest", False)
    assert (image.type, image.format, image.arch) == ("qcow2", "qcow2", "x86_64")
    assert (image.disc_number, image.disc_count) == (1, 1)
    assert (image.deliverable, image.can_fail) == ("image-build", False)
    assert the_image(compose, arch="aarch64").can_fail is True
    image.add_checksum(str(Path(compose.topdir) / "compose"), "md5", "0" * 32)
    images, _ = compose.dumped()
    if NEWEST < (2, 0):  # Pungi's manifest is its own, and 2.0 writes one checksum
        assert by_path(images)[image.path]["checksums"]["md5"] == "0" * 32


def test_cloud_ids_are_in_both_files(home: Path) -> None:
    """And stock productmd reads the one with the ``"cloud"`` list."""
    upload = {"region": "us-east-1", "share_with_accounts": ["123456789012"]}
    conf = a_conf(block(image_types="aws", upload_options=upload))
    with a_hub(home):
        compose = Phase(composing(home, conf)).go()
    images, loaded = compose.dumped()
    assert len(loaded.images["Server"]["x86_64"]) == 1
    recorded = by_path(compose.recorded()["images"])
    entries = by_path(images)
    assert set(entries) == set(recorded)
    assert len(entries) == 2
    for path, entry in entries.items():
        (cloud,) = entry["cloud"]
        assert (cloud["provider"], cloud["region"]) == ("aws", "us-east-1")
        assert cloud["id"].startswith("ami-")
        assert recorded[path]["cloud"] == [cloud]


def test_what_productmd_has_no_words_for_is_in_osbuild_json_only(home: Path) -> None:
    """It is placed all the same, and said beforehand."""
    conf = a_conf(block(image_types="edge-commit", name="commit"), block())
    phase = Phase(composing(home, conf, ONE_ARCH))
    with a_hub(home):
        compose = phase.go()
    assert "[not-in-images-json]" in phase.log.text
    images, _ = compose.dumped()
    assert set(by_path(images)) == {"Server/x86_64/images/image-1-1.x86_64.qcow2"}
    recorded = by_path(compose.recorded()["images"])
    entry = recorded["Server/x86_64/images/commit-1-1.x86_64.tar"]
    assert entry["in_images_json"] is False
    assert (Path(compose.topdir) / "compose" / entry["path"]).is_file()


def test_notifications_have_their_fields(home: Path) -> None:
    """One for each image with its cloud IDs, one for each failure; nothing is left changed."""
    upload = {"region": "us-east-1", "share_with_accounts": ["123456789012"]}
    conf = a_conf(block(image_types="aws", upload_options=upload, failable=["aarch64"]))
    with a_hub(home, "build:arch=aarch64"):
        compose = Phase(composing(home, conf)).go()
    (done,) = compose.notifier.fields("osbuild-imagedone")
    (recorded,) = by_path(compose.recorded()["images"]).values()
    assert done == {
        "variant": "Server",
        "arch": "x86_64",
        "subvariant": "Server",
        "path": "Server/x86_64/images/image-1-1.x86_64.raw",
        "image_type": "aws",
        "nvr": "image-1-1.x86_64",
        "task_id": recorded["koji"]["task_id"],
        "build_id": recorded["koji"]["build_id"],
        "cloud": recorded["cloud"],
    }
    assert done["cloud"][0]["id"].startswith("ami-")
    (fail,) = compose.notifier.fields("osbuild-imagefail")
    task = compose.tasks()["Server aarch64"]
    assert fail == {
        "variant": "Server",
        "arches": ["aarch64"],
        "subvariant": "Server",
        "image_type": "aws",
        "nvr": "image-1-1.aarch64",
        "task_id": task["task_id"],
        "can_fail": True,
        "reason": task["reason"],
    }
    assert "osbuild build failed" in task["reason"]
    json.dumps(compose.notifier.sent)
    images, _ = compose.dumped()
    assert "filled in" not in json.dumps([images, compose.recorded()])


def test_a_notifier_that_raises_harms_nothing(home: Path) -> None:
    """A script of somebody's is not the image's fault."""

    class Broken:
        def send(self, msg: str, **_: Any) -> None:
            raise OSError("no such script for %s" % msg)

    phase = Phase(composing(home, a_conf(block(failable=["aarch64"]))))
    phase.compose.notifier = Broken()
    with a_hub(home, "build:arch=aarch64"):
        compose = phase.go()
    assert compose.tasks()["Server x86_64"]["outcome"] == "built"
    assert len(phase.log.lines("WARNING")) == 2
    assert "no such script for osbuild-imagedone" in phase.log.text
    assert "no such script for osbuild-imagefail" in phase.log.text


def test_each_task_has_a_log_that_names_the_image(home: Path) -> None:
    """Variant, arch and N-V-R; one log for each, with the reason or with what was placed."""
    conf = a_conf(block(failable=["*"]), block(name="other", arches=["x86_64"], subvariant="O"))
    phase = Phase(composing(home, conf))
    with a_hub(home, "build:arch=aarch64") as hub:
        compose = phase.go()
    logs = compose.logs()
    assert set(logs) == {
        "Server-aarch64-image-1-1.aarch64.log",
        "Server-x86_64-image-1-1.x86_64.log",
        "Server-x86_64-other-1-1.log",
    }
    built = logs["Server-x86_64-other-1-1.log"]
    task = next(one for one in compose.recorded()["tasks"] if one["nvr"] == "other-1-1")
    assert "%s/taskinfo?taskID=%d" % (hub.weburl, task["task_id"]) in built
    assert "Server/x86_64/images/other-1-1.x86_64.qcow2" in built
    assert "built" in built
    failed = logs["Server-aarch64-image-1-1.aarch64.log"]
    assert "osbuild build failed" in failed
    assert "Server-aarch64-image-1-1.aarch64.log for details" in phase.log.text


def test_the_phases_log_tells_begin_and_end(home: Path) -> None:
    """As people know it from the in-tree phase, with the task and the image."""
    phase = Phase(composing(home, a_conf(block()), ONE_ARCH))
    with a_hub(home):
        phase.go()
    name = "image-1-1.x86_64.qcow2"
    assert [line for line in phase.log.lines("INFO") if "OSBuild" in line] == [
        "[BEGIN] OSBuild task for variant Server (x86_64, image-1-1)",
        "Submitted OSBuild task for variant Server (x86_64, task id: 1, image-1-1)",
        "[DONE ] OSBuild task for variant Server (x86_64, task id: 1, image-1-1):"
        " Server/x86_64/images/%s" % name,
    ]


def test_the_beginning_is_logged_while_a_slow_hub_takes_the_task(home: Path) -> None:
    """Nobody has to guess what the phase waits for."""
    phase = Phase(composing(home, a_conf(block()), ONE_ARCH))
    with a_hub(home) as hub, Gate(hub) as gate:
        gate.stand_before(profile_file(home))
        gate.hold(call_of("osbuildImage"))
        phase.work.start()
        assert gate.holding.wait(LIMIT)
        begin = "[BEGIN] OSBuild task for variant Server (x86_64, image-1-1)"
        assert phase.log.lines("INFO")[-1] == begin
        gate.open()
        phase.work.finish()


def test_no_checksum_file_is_ours(home: Path) -> None:
    """Pungi's image_checksum writes them, from the manifest."""
    conf = a_conf(block(), media_checksums=["sha512"])
    with a_hub(home):
        compose = Phase(composing(home, conf, ONE_ARCH)).go()
    folder = Path(compose.topdir) / "compose/Server/x86_64/images"
    assert [path.name for path in folder.iterdir()] == ["image-1-1.x86_64.qcow2"]


# The in-tree phase's defects, absent


def test_the_config_is_never_changed(home: Path) -> None:
    """Two variants of one pattern, failable, lists of repositories, every step of the life."""
    upload = {"region": "us-east-1"}
    conf = a_conf(
        osbuild={
            ".*": [
                block(
                    failable=["*"],
                    repo=["https://repos.example.com/$arch", "Server"],
                    arches=["x86_64"],
                    upload_options=upload,
                    customizations={"packages": ["vim"]},
                    name="image-%d" % number,
                    subvariant="S%d" % number,
                    version=str(number),
                    split_arches=False,
                )
                for number in range(2)
            ]
        }
    )
    conf["osbuild"]["^Nothing$"] = [block()]
    for number, one in enumerate(conf["osbuild"][".*"]):
        del one["release"]
        one["repo"].append({"baseurl": "Client", "package_sets": ["build-%d" % number]})
        one.pop("subvariant")
        one.pop("version")
        one["manifest_type"] = "qcow2" if number == 0 else "raw"
    compose = composing(home, conf, (a_server(), a_server(uid="Client", arches=["x86_64"])))
    before = copy.deepcopy(compose.conf)
    phase = Phase(compose)
    with a_hub(home):
        assert phase.work.used_patterns() == {".*"}
        phase.go()
    assert compose.conf == before


def test_failable_holds_for_each_variant_of_a_pattern(home: Path) -> None:
    """In-tree the second one is required."""
    conf = a_conf(osbuild={".*": [block(failable=["*"], arches=["x86_64"])]})
    for item in conf["osbuild"][".*"]:
        del item["release"]
    variants = (a_server(), a_server(uid="Client", arches=["x86_64"]))
    with a_hub(home, "build"):
        compose = Phase(composing(home, conf, variants)).go()
    both = [("Client", "x86_64", "Client"), ("Server", "x86_64", "Server")]
    assert sorted(compose.attempted_deliverables["osbuild"], key=str) == both
    assert sorted(compose.failed_deliverables["osbuild"], key=str) == both
    assert compose.required_deliverables == {}


def test_repositories_of_one_variant_are_not_anothers(home: Path) -> None:
    """Each task has the block's own and, last, its variant's."""
    conf = a_conf(osbuild={".*": [block(repo=["https://r.example.com/$arch"], arches=["x86_64"])]})
    del conf["osbuild"][".*"][0]["release"]
    empty = a_server(uid="Empty", arches=["x86_64"], is_empty=True)
    variants = (a_server(), a_server(uid="Client", arches=["x86_64"]), empty)
    compose = composing(home, conf, variants)
    with a_hub(home) as hub:
        Phase(compose).go()
        asked = params(hub)
    own = "https://composes.example.com/one/compose/%s/$arch/os"
    first = "https://r.example.com/$arch"
    assert sorted(call[6]["repo"] for call in asked) == sorted(
        [[first], [first, own % "Client"], [first, own % "Server"]]
    )


def test_failable_star_without_arches(home: Path) -> None:
    """All arches of the variant are allowed to fail; in-tree it is a KeyError."""
    with a_hub(home, "build:arch=x86_64"):
        compose = Phase(composing(home, a_conf(block(failable=["*"])))).go()
    assert set(compose.attempted_deliverables["osbuild"]) == {
        ("Server", "aarch64", "Server"),
        ("Server", "x86_64", "Server"),
    }
    assert compose.failed_deliverables == {"osbuild": [("Server", "x86_64", "Server")]}


@pytest.mark.parametrize(
    ("image_type", "distro", "path", "words"),
    [
        ("image-installer", "rhel-9.4", "iso/image-1-1.x86_64.iso", ("dvd", "iso")),
        ("azure", "rhel-8.10", "images/image-1-1.x86_64.vhd", ("vpc", "vhd")),
        ("azure-rhui", "rhel-9.4", "images/image-1-1.x86_64.vhd.xz", ("vhd-compressed", "vhd.xz")),
        ("gcp", "rhel-9.4", "images/image-1-1.x86_64.tar.gz", ("tar-gz", "tar.gz")),
        ("wsl", "fedora-42", "images/image-1-1.x86_64.wsl", ("wsl2", "wsl")),
        ("vsphere-ova", "rhel-9.4", "images/image-1-1.x86_64.ova", None),
    ],
)
def test_no_kind_of_archive_is_dropped(
    image_type: str, distro: str, path: str, words: Optional[Tuple[str, str]], home: Path
) -> None:
    """Whatever Koji calls the archive's type, it is placed and recorded."""
    conf = a_conf(block(image_types=image_type, distro=distro))
    with a_hub(home):
        features = Features(checks_sanity=True)
        compose = Phase(composing(home, conf, ONE_ARCH), features=features).go()
    (entry,) = by_path(compose.recorded()["images"]).values()
    assert entry["path"] == "Server/x86_64/" + path
    assert (Path(compose.topdir) / "compose" / entry["path"]).is_file()
    images, _ = compose.dumped()
    if words is None:
        assert (entry["in_images_json"], images) == (False, {})
    else:
        (shown,) = by_path(images).values()
        assert (shown["type"], shown["format"]) == (entry["type"], entry["format"]) == words


def test_equal_identities_are_found_before_anything_is_submitted(home: Path) -> None:
    """In-tree the compose ends with them, at its very end."""
    conf = a_conf(block(), block(name="again"), block(name="third", subvariant="Third"))
    with a_hub(home) as hub:
        (problem,) = problems_of(Phase(composing(home, conf, ONE_ARCH)))
        assert (problem.code, problem.place) == ("duplicate-identity", 'osbuild["^Server$"][1]')
        assert params(hub) == []


def test_arches_that_do_not_fit_the_variant(home: Path) -> None:
    """In-tree it is an AttributeError in the middle of the compose."""
    with a_hub(home):
        (problem,) = problems_of(Phase(composing(home, a_conf(block(arches=["s390x"])))))
    assert problem.code == "no-task"
    assert "aarch64, x86_64" in problem.hint
    assert "src" not in problem.hint


def test_a_missing_target_and_two_image_types_are_errors(home: Path) -> None:
    """In-tree both are sent to the hub as they are."""
    without = block()
    del without["target"]
    conf = a_conf(without, block(name="two", image_types=["guest-image", "aws"]))
    with a_hub(home) as hub:
        found = problems_of(Phase(composing(home, conf)))
        assert params(hub) == []
    assert {(problem.code, problem.place) for problem in found} >= {
        ("missing-target", 'osbuild["^Server$"][0]'),
    }
    assert any(problem.place.startswith('osbuild["^Server$"][1].image_types') for problem in found)


def test_a_target_may_come_from_above(home: Path) -> None:
    """Both fall-backs, nearest first."""
    without = block()
    del without["target"]
    conf = a_conf(without, osbuild_target="near", global_target="far")
    with a_hub(home) as hub:
        Phase(composing(home, conf, ONE_ARCH)).go()
        ((*_, target, arches, _opts),) = params(hub)
    assert (target, arches) == ("near", ["x86_64"])


def test_a_failed_arch_is_told_by_its_arch_and_subvariant(home: Path) -> None:
    """In-tree says ``*`` and null."""
    conf = a_conf(block(failable=["aarch64"], subvariant="Guest"))
    with a_hub(home, "build:arch=aarch64"):
        compose = Phase(composing(home, conf)).go()
    assert compose.required_deliverables == {"osbuild": [("Server", "x86_64", "Guest")]}
    assert compose.attempted_deliverables == {"osbuild": [("Server", "aarch64", "Guest")]}
    assert compose.failed_deliverables == {"osbuild": [("Server", "aarch64", "Guest")]}


def test_one_task_for_all_arches_is_told_by_arch_too(home: Path) -> None:
    """``split_arches = False``: one task fails for all of its arches."""
    conf = a_conf(block(failable=["*"], split_arches=False))
    with a_hub(home, "build:arch=aarch64") as hub:
        compose = Phase(composing(home, conf)).go()
        assert len(params(hub)) == 1
    both = [("Server", "aarch64", "Server"), ("Server", "x86_64", "Server")]
    assert compose.attempted_deliverables == {"osbuild": both}
    assert compose.failed_deliverables == {"osbuild": both}
    assert set(compose.logs()) == {"Server-aarch64+x86_64-image-1-1.log"}


def test_a_whole_run_has_few_sessions_and_leaves_no_thread(home: Path) -> None:
    """A session is a login and a connection: one to validate, four at most to build."""
    blocks = [block(name="image-%d" % number, subvariant="S%d" % number) for number in range(12)]
    before = threads_now()
    with a_hub(home) as hub:
        phase = Phase(composing(home, a_conf(*blocks)))
        phase.work.validate()
        assert hub.counters.connections == 1
        phase.work.start()
        phase.work.finish()
        assert hub.counters.connections <= 5
        assert len(params(hub)) == 24
    assert workers_since(before) == []


# What validate finds


def test_everything_is_found_at_once(home: Path) -> None:
    """In the config, in the plan, in the paths and on the hub; nothing is submitted."""
    content = replace(
        STRICT,
        tags=(*STRICT.tags, HubTag("sealed", locked=True)),
        targets=(*STRICT.targets, HubTarget("sealed", "f41-images-build", "sealed")),
    )
    conf = a_conf(
        block(target="f41-images", nmae="x"),
        block(target="f41-images", name="rig-image", arches=["s390x"]),
        block(target="f41-nope", name="rig-image", subvariant="A"),
        block(target="sealed", name="rig-aws", subvariant="B"),
        block(target="f41-images", name="rig-gce", subvariant="C", repo=["Nowhere"]),
    )
    compose = composing(home, conf, ONE_ARCH)
    with a_hub(home, content=content) as hub:
        compose.paths.compose = MovedPaths(compose)
        found = problems_of(Phase(compose))
        assert params(hub) == []
    assert [problem.code for problem in found] == [
        "unknown-key",
        "moved-paths",
        "unknown-variant",
        "no-task",
        "unknown-target",
        "tag-locked",
        "package-not-listed",
    ]
    assert all(problem.is_error and problem.hint for problem in found)


def test_a_config_without_problems_is_silent(home: Path) -> None:
    """Nothing is logged, nothing is made, nothing is submitted, and one request is not many."""
    phase = Phase(composing(home, a_conf(block())))
    with a_hub(home) as hub:
        phase.work.validate()
        assert params(hub) == []
        assert hub.counters.requests <= 5
    assert phase.log.records == []
    assert not Path(phase.compose.topdir).exists()


def test_an_nvr_that_another_compose_has_built(home: Path) -> None:
    """Said at minute nought."""
    conf = a_conf(block())
    with a_hub(home):
        Phase(StandInCompose(home.parent / "other", conf, ONE_ARCH)).go()
        assert codes_of(Phase(composing(home, conf, ONE_ARCH))) == ["nvr-taken"]


def test_a_second_run_on_a_compose_goes_on(home: Path) -> None:
    """What was built enters the new process's manifest, nothing is submitted, nothing is lost."""
    conf = a_conf(block())
    compose = composing(home, conf)
    with a_hub(home) as hub:
        Phase(compose).go()
        before = compose.recorded()
        again = composing(home, conf)
        Phase(again).go()
        assert len(params(hub)) == 2
    assert again.task_ids() == compose.task_ids()
    assert again.dumped()[0] == compose.dumped()[0]
    assert again.recorded()["images"] == before["images"]
    assert {task["outcome"] for task in again.recorded()["tasks"]} == {"built"}


def test_what_is_built_need_not_be_possible_once_more(home: Path) -> None:
    """A package that was blocked when everything was built is in nobody's way."""
    conf = a_conf(block())
    with a_hub(home) as hub:
        Phase(composing(home, conf)).go()
        admin = koji.ClientSession(hub.server, {"user": "admin", "password": "adminpw"})
        admin.login()
        target = admin.getBuildTarget(conf["osbuild"]["^Server$"][0].get("target", "t"))
        admin.packageListAdd(target["dest_tag_name"], "image", block=True)
        assert not admin.checkTagPackage(target["dest_tag_name"], "image")
        Phase(composing(home, conf)).go()
        assert len(params(hub)) == 2


def test_another_hub_than_before_is_refused(home: Path) -> None:
    """Its tasks have other numbers."""
    compose = composing(home, a_conf(block()))
    with a_hub(home):
        Phase(compose).go()
    with a_hub(home) as hub, pytest.raises(ConfigError) as caught:
        Phase(composing(home, a_conf(block()))).work.validate()
    (problem,) = caught.value.problems
    assert (problem.code, "does not have its task" in problem.message) == ("hub", True)
    assert params(hub) == []


def test_a_run_that_submitted_nothing_is_in_nobodys_way(home: Path) -> None:
    """The hub refused all, or was not there: the same compose may be tried again."""
    compose = composing(home, a_conf(block()), ONE_ARCH)
    with a_hub(home):
        phase = Phase(compose, Late().clock())
        phase.work.validate()
    phase.work.start()
    phase.error_of(phase.work.finish)
    with a_hub(home):
        Phase(compose).go()
    assert {task["outcome"] for task in compose.recorded()["tasks"]} == {"built"}


def test_a_journal_that_cannot_be_read(home: Path) -> None:
    """Nobody knows what was submitted then."""
    compose = composing(home, a_conf(block()))
    (Path(compose.topdir) / "work/global/osbuild/journal.jsonl").mkdir(parents=True)
    with a_hub(home) as hub, pytest.raises(InputError, match="cannot be read"):
        Phase(compose).work.validate()
    assert params(hub) == []


def test_no_profile_is_named(home: Path) -> None:
    """The in-tree phase says so when it submits."""
    conf = a_conf(block(), block(name="bad", image_types="nonsense-type", arches=[]))
    del conf["koji_profile"]
    found = problems_of(Phase(composing(home, conf)))
    assert [problem.code for problem in found if problem.place == "koji_profile"] == ["no-profile"]
    assert any(problem.place.endswith("[1].arches") for problem in found)


@pytest.mark.parametrize("content", ["[another]\nserver = x\n", "[rehearsal\n"])
def test_a_profile_that_cannot_be_used(content: str, home: Path) -> None:
    """No such profile, or a file that is broken: an error beside the others, no traceback."""
    path = profile_file(home)
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    found = problems_of(Phase(composing(home, a_conf(block(arches=["s390x"])))))
    assert sorted(problem.code for problem in found) == ["no-profile", "no-task"]
    (unusable,) = (problem for problem in found if problem.code == "no-profile")
    assert unusable.place == "koji_profile"
    assert "~/.koji/config.d" in unusable.hint


def test_a_hub_that_cannot_be_reached(home: Path) -> None:
    """One more problem, beside those that need no hub."""
    with a_hub(home):
        pass
    conf = a_conf(block(), block(arches=["s390x"]))
    found = problems_of(Phase(composing(home, conf, ONE_ARCH)))
    assert [problem.code for problem in found] == ["no-task", "hub"]
    assert "Connection refused" in found[1].message
    assert "koji --profile=rehearsal" in found[1].hint


def test_a_hub_where_nobody_is_logged_in(home: Path) -> None:
    """Tasks could not be submitted."""
    content = replace(HubContent.golden(), anonymous=None)
    with a_hub(home, content=content):
        (problem,) = problems_of(Phase(composing(home, a_conf(block()))))
    assert (problem.code, problem.place) == ("hub", "koji_profile")
    assert "nobody is logged in" in problem.message


def test_what_may_fail_only_warns_and_fails_alone(home: Path) -> None:
    """A target that does not exist, of a failable image: its siblings are built."""
    conf = a_conf(
        block(name="rig-aws", target="f41-nope", failable=["*"], subvariant="A"),
        block(name="rig-image", target="f41-images"),
    )
    phase = Phase(composing(home, conf, ONE_ARCH))
    with a_hub(home, content=STRICT) as hub:
        compose = phase.go()
        assert [call[0] for call in params(hub)] == ["rig-image"]
    assert sum("[unknown-target]" in line for line in phase.log.lines("WARNING")) == 1
    assert compose.failed_deliverables == {"osbuild": [("Server", "x86_64", "A")]}
    refused, built = sorted(compose.recorded()["tasks"], key=lambda task: str(task["task_id"]))[
        ::-1
    ]
    assert (refused["outcome"], refused["task_id"]) == ("failed", None)
    assert '"f41-nope" does not exist' in refused["reason"]
    assert built["outcome"] == "built"
    assert "but going on anyway" in phase.log.text


def test_of_one_arch_that_may_fail_the_other_still_stops(home: Path) -> None:
    """The same problem is an error for the arch that may not."""
    conf = a_conf(block(name="rig-image", target="f41-nope", failable=["aarch64"]))
    phase = Phase(composing(home, conf))
    with a_hub(home, content=STRICT):
        (problem,) = problems_of(phase)
    assert problem.is_error
    assert len(phase.log.lines("WARNING")) == 2  # the problem and its hint, of aarch64


def test_warnings_are_logged_once(home: Path) -> None:
    """Validated twice and started: the same words are not said three times."""
    conf = a_conf(block(arches=["x86_64", "s390x"]))
    conf["osbuild"]["^Nothing$"] = [block()]
    phase = Phase(composing(home, conf))
    with a_hub(home):
        phase.work.validate()
        phase.work.validate()
        phase.work.start()
        phase.work.finish()
    for code in ("[missing-arch]", "[unmatched-pattern]"):
        assert phase.log.text.count(code) == 1, phase.log.text


def test_patterns_that_are_used(home: Path) -> None:
    """For Pungi's own report of those that are not; a broken section has none."""
    conf = a_conf(osbuild={"^Server$": [block()], "^Nothing$": [block()], "Serv": [{"name": 1}]})
    assert Phase(composing(home, conf)).work.used_patterns() == {"^Server$", "Serv"}
    assert Phase(composing(home, a_conf(osbuild=[]))).work.used_patterns() == set()


# What goes wrong later


def test_one_message_names_every_failed_image(home: Path) -> None:
    """Those that are allowed to fail, too: the reader wants to know it all."""
    conf = a_conf(block(failable=["aarch64"]), block(name="other", subvariant="Other"))
    phase = Phase(composing(home, conf))
    with a_hub(home, "build:name=image", "build:name=other,arch=x86_64"):
        text = phase.failing()
    head, *lines = text.splitlines()
    assert head == "osbuild: 3 of 4 image builds failed: 2 required, 1 allowed to fail"
    tasks = {task["nvr"]: task["task_id"] for task in phase.compose.recorded()["tasks"]}
    said = {line.strip().split(" failed: ")[0] for line in lines}
    what = "Server %s %s (guest-image) [%s, %s, task %d]"
    assert said == {
        what % (arch, name, may, nvr, tasks[nvr])
        for arch, name, may, nvr in [
            ("aarch64", "image", "allowed to fail", "image-1-1.aarch64"),
            ("x86_64", "image", "required", "image-1-1.x86_64"),
            ("x86_64", "other", "required", "other-1-1.x86_64"),
        ]
    }
    assert all("osbuild build failed" in line for line in lines)
    assert phase.compose.failed_deliverables == {"osbuild": [("Server", "aarch64", "Server")]}
    assert phase.compose.tasks()["Server aarch64"]["outcome"] in ("failed", "built")
    assert set(by_path(phase.compose.dumped()[0])) == {
        "Server/aarch64/images/other-1-1.aarch64.qcow2"
    }


def test_what_was_built_of_a_compose_that_is_doomed_is_in_images_json(home: Path) -> None:
    """Pungi writes none for it: the phase has written what it has built, and nothing else."""
    conf = a_conf(block(), block(name="other", subvariant="Other"))
    compose = composing(home, conf, ONE_ARCH)
    other = foreign_image(compose, subvariant="Theirs")
    compose.im.add(variant="Server", arch="x86_64", image=other)
    with a_hub(home, "build:name=other"):
        Phase(compose).failing()
    written = Images()
    written.load(compose.paths.compose.metadata("images.json"))
    (image,) = written["Server"]["x86_64"]
    assert image.path == "Server/x86_64/images/image-1-1.x86_64.qcow2"


def test_failed_images_are_named_though_nothing_can_be_recorded(home: Path) -> None:
    """Both reasons, in one message."""
    compose = composing(home, a_conf(block(), block(name="other", subvariant="Other")))
    broken = Path(compose.paths.compose.metadata("images.json"))

    def spoil(seconds: float) -> None:
        """It was fine before anything was submitted."""
        broken.write_text("no JSON", encoding="utf-8")
        QUICK.sleep(seconds)

    phase = Phase(compose, Clock(sleep=spoil))
    with a_hub(home, "build:name=other", settings=HubSettings(duration=0.3)):
        text = phase.failing()
    assert "images.json" in text.splitlines()[0]
    assert "osbuild: 2 of 4 image builds failed: 2 required, 0 allowed to fail" in text
    for arch in ("aarch64", "x86_64"):
        assert "other-1-1.%s" % arch in text
        assert "image-1-1.%s" % arch not in text


def test_an_image_like_ours_that_another_phase_adds_later_is_refused(home: Path) -> None:
    """That phase hears of it; images.json can still be read."""
    compose = composing(home, a_conf(block()), ONE_ARCH)
    with a_hub(home):
        Phase(compose).go()
    with pytest.raises(ValueError, match="another subvariant"):
        compose.im.add(variant="Server", arch="x86_64", image=foreign_image(compose))
    assert set(by_path(compose.dumped()[0])) == {"Server/x86_64/images/image-1-1.x86_64.qcow2"}


def test_an_image_of_another_phase_is_found_at_start(home: Path) -> None:
    """It was not there when the config was validated; nothing is submitted."""
    phase = Phase(composing(home, a_conf(block()), ONE_ARCH))
    compose = phase.compose
    with a_hub(home) as hub:
        phase.work.validate()
        compose.im.add(variant="Server", arch="x86_64", image=foreign_image(compose))
        with pytest.raises(ConfigError) as caught:
            phase.work.start()
        phase.work.finish()
        assert params(hub) == []
    (problem,) = caught.value.problems
    assert problem.code == "image-exists"
    assert "Server/x86_64/images/other.qcow2" in problem.message
    assert compose.required_deliverables == {}


def test_another_subvariant_of_another_phase_is_no_clash(home: Path) -> None:
    """Both are in the manifest, which can be read."""
    phase = Phase(composing(home, a_conf(block()), ONE_ARCH))
    other = foreign_image(phase.compose, subvariant="Other")
    phase.compose.im.add(variant="Server", arch="x86_64", image=other)
    with a_hub(home):
        phase.go()
    other.checksums = {"sha256": "0" * 64}
    assert len(phase.compose.dumped()[1].images["Server"]["x86_64"]) == 2


def test_an_image_that_another_phase_adds_meanwhile(home: Path) -> None:
    """The request fails, the manifest can still be read, the cloud IDs are not lost."""
    times = [1000.0]

    def meanwhile(seconds: float) -> None:
        if len(times) == 1:
            image = foreign_image(compose, checksums={"sha256": "0" * 64})
            compose.im.add(variant="Server", arch="x86_64", image=image)
            times.append(2000.0)
        QUICK.sleep(seconds)

    compose = composing(home, a_conf(block(), block(name="other", subvariant="O")), ONE_ARCH)
    phase = Phase(compose, Clock(sleep=meanwhile))
    with a_hub(home, settings=LONG, clock=lambda: times[-1]):
        text = phase.failing()
    assert text.startswith("osbuild: 1 of 2 image builds failed: 1 required, 0 allowed to fail")
    assert "Server/x86_64/images/other.qcow2" in text
    recorded = by_path(compose.recorded()["images"])
    assert {Path(path).name: entry["in_images_json"] for path, entry in recorded.items()} == {
        "image-1-1.x86_64.qcow2": False,
        "other-1-1.x86_64.qcow2": True,
    }
    assert {task["nvr"]: task["outcome"] for task in compose.recorded()["tasks"]} == {
        "image-1-1": "failed",
        "other-1-1": "built",
    }
    images, _ = compose.dumped()
    assert {Path(path).name for path in by_path(images)} == {
        "other.qcow2",
        "other-1-1.x86_64.qcow2",
    }


class Late:
    """A clock on which each pause takes longer than a login is tried for."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.passed = 0.0
        self.meanwhile = meanwhile

    def sleep(self, seconds: float) -> None:
        self.passed += PUNGI_CONNECT_LIMIT
        self.meanwhile()
        QUICK.sleep(seconds)

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: time.monotonic() + self.passed, sleep=self.sleep)


def test_a_hub_that_is_gone_at_start(home: Path) -> None:
    """A RuntimeError that says what and what to do, after a while."""
    phase = Phase(composing(home, a_conf(block())), Late().clock())
    with a_hub(home):
        phase.work.validate()
    phase.work.start()
    text = phase.error_of(phase.work.finish)
    assert "Connection refused" in text
    assert "Check `koji --profile=rehearsal hello`" in text
    assert "\n" not in text


def test_a_hub_that_is_away_at_start_is_waited_for(home: Path) -> None:
    """Hours of work depend on it: it comes back, and all is built."""
    with ExitStack() as stack, a_hub(home) as hub:
        back = HubSettings(duration=0, port=urlsplit(hub.server).port or 0)

        def comes_back() -> None:
            if not hubs:
                hubs.append(stack.enter_context(RehearsalHub(back, home.parent / "koji")))

        hubs: List[RehearsalHub] = []
        phase = Phase(composing(home, a_conf(block())), Late(comes_back).clock())
        phase.work.validate()
        hub.stop()
        phase.work.start()
        phase.work.finish()
        assert len(params(hubs[0])) == 2


def test_terminated_while_it_waits_for_a_hub(home: Path) -> None:
    """A RuntimeError as ever: Pungi does not expect anything else of a phase."""
    phase: Phase
    clock = Clock(sleep=lambda _seconds: phase.work._stop.ask())
    phase = Phase(composing(home, a_conf(block())), clock)
    with a_hub(home):
        phase.work.validate()
    phase.work.start()
    assert "interrupted" in phase.error_of(phase.work.finish)


def test_what_the_hub_says_at_start_is_named(home: Path) -> None:
    """Fine when it was validated, taken when it begins: every problem, and its hint."""
    conf = a_conf(block())
    phase = Phase(composing(home, conf, ONE_ARCH))
    with a_hub(home) as hub:
        phase.work.validate()
        Phase(StandInCompose(home.parent / "other", conf, ONE_ARCH)).go()
        phase.work.start()
        text = phase.error_of(phase.work.finish)
        assert len(params(hub)) == 1
    assert "image-1-1" in text
    assert "[nvr-taken]" in text
    assert "another release" in text


def test_a_compose_that_cannot_be_written(home: Path) -> None:
    """Before anything is submitted."""
    phase = Phase(composing(home, a_conf(block())))
    with a_hub(home) as hub:
        phase.work.validate()
        metadata = Path(phase.compose.topdir) / "compose" / "metadata"
        metadata.parent.mkdir(parents=True)
        metadata.write_text("a file", encoding="utf-8")
        phase.work.start()
        text = phase.error_of(phase.work.finish)
        assert params(hub) == []
    assert "cannot be written" in text
    assert "nothing was submitted" in text


def test_a_phase_that_never_started_has_nothing_to_wait_for(home: Path) -> None:
    """Pungi stops a phase that was skipped, too."""
    phase = Phase(composing(home, a_conf(block())))
    phase.work.finish()
    phase.work.terminate()
    assert not Path(phase.compose.topdir).exists()


# Sanity, downloader, threads, secrets


@pytest.mark.parametrize("checks_sanity", [True, False])
def test_an_iso_that_is_none(checks_sanity: bool, home: Path) -> None:
    """The phase's own check where this Pungi leaves it to the phases, else the test phase's."""
    conf = a_conf(block(image_types="image-installer"), osbuild_verify=False)
    compose = composing(home, conf, ONE_ARCH, koji_downloader=Spoiling())
    phase = Phase(compose, features=Features(checks_sanity=checks_sanity))
    with a_hub(home):
        if checks_sanity:
            assert "does not look like an ISO file" in phase.failing()
        else:
            phase.go()
    assert len(by_path(compose.dumped()[0])) == (0 if checks_sanity else 1)


class Spoiling:
    """Gives a file of the right size with nothing in it."""

    def get_file(self, path: str) -> str:
        content = bytes(Path(path).stat().st_size)
        spoilt = Path(path + ".spoilt")
        spoilt.write_bytes(content)
        return str(spoilt)


def downloader(hub: RehearsalHub, cache: Optional[Path] = None) -> StandInDownloader:
    return StandInDownloader(str(hub.topdir), hub.topurl, cache)


def not_mounted(home: Path, hub: RehearsalHub) -> str:
    """Lead the profile to a volume that is not there."""
    path, elsewhere = profile_file(home), str(home.parent / "not-mounted")
    path.write_text(path.read_text("utf-8").replace(str(hub.topdir), elsewhere), "utf-8")
    return elsewhere


def test_pungis_downloader_is_used_where_there_is_one(home: Path) -> None:
    """The image is linked to the file in its cache, verified as any other."""
    cache = home.parent / "cache"
    with a_hub(home) as hub:
        asked = downloader(hub, cache)
        compose = composing(home, a_conf(block()), ONE_ARCH, koji_downloader=asked)
        Phase(compose).go()
        assert hub.counters.downloads == 1
        koji = str(hub.topdir)
    path = "packages/image/1/1/images/image-1-1.x86_64.qcow2"
    assert asked.asked == ["%s/%s" % (koji, path)]
    placed = Path(compose.topdir) / "compose/Server/x86_64/images/image-1-1.x86_64.qcow2"
    assert placed.stat().st_ino == (cache / path).stat().st_ino


class Failing:
    def get_file(self, path: str) -> str:
        raise TimeoutError("no lock on the cache")


def test_what_pungis_downloader_cannot_bring_fails_the_image(home: Path) -> None:
    """And only that."""
    conf = a_conf(block(failable=["*"]))
    phase = Phase(composing(home, conf, ONE_ARCH, koji_downloader=Failing()))
    with a_hub(home):
        compose = phase.go()
    (task,) = compose.recorded()["tasks"]
    assert task["outcome"] == "failed"
    assert "no lock on the cache" in task["reason"]
    assert "BUG" not in task["reason"]


@pytest.mark.parametrize("caches", [False, True])
def test_what_pungis_downloader_has_not_is_downloaded_by_the_run(caches: bool, home: Path) -> None:
    """Koji's volume is not mounted; or the downloader alone gets a 404."""
    with a_hub(home) as hub:
        elsewhere = not_mounted(home, hub)
        asked = StandInDownloader(
            elsewhere, hub.topurl + "/wrong", home.parent / "cache" if caches else None
        )
        compose = composing(home, a_conf(block()), ONE_ARCH, koji_downloader=asked)
        Phase(compose).go()
    assert asked.asked[0].startswith(elsewhere + "/packages/")
    assert the_image(compose).size > 0


@pytest.mark.parametrize("caches", [False, True])
def test_a_file_that_nobody_has(caches: bool, home: Path) -> None:
    """The reason is the address and its answer; nothing is said of the build."""
    phase = Phase(composing(home, a_conf(block(failable=["*"])), ONE_ARCH))
    with a_hub(home) as hub:
        not_mounted(home, hub)
        path = profile_file(home)
        path.write_text(path.read_text("utf-8").replace(hub.topurl, hub.topurl + "/wrong"), "utf-8")
        topurl = hub.topurl + "/wrong"
        phase.compose.koji_downloader = StandInDownloader(
            str(home.parent / "not-mounted"), topurl, home.parent / "cache" if caches else None
        )
        compose = phase.go()
    (task,) = compose.recorded()["tasks"]
    assert task["outcome"] == "failed"
    assert "404" in task["reason"]
    assert topurl in task["reason"]
    assert "gone" not in task["reason"]


THREADS = 1 + 1 + QUESTIONS + SUBMITTERS + READERS + COLLECTORS + 1
"""The phase's own, that of messages, those of a run, and its poller."""


def test_telemetry_reaches_every_thread(home: Path) -> None:
    """All of them are of Pungi's own class, made where the compose's span is the current one."""
    tracing = StandInTracing()
    phase = Phase(composing(home, a_conf(block())), features=tracing.features)
    with a_hub(home), tracing.span("compose") as compose:
        phase.go()
    assert tracing.carried == [compose] * THREADS


def test_each_request_has_a_span(home: Path) -> None:
    """Named as an in-tree image's, with the same attributes; it ends as the request does."""
    tracing = StandInTracing()
    conf = a_conf(block(failable=["*"], subvariant="Guest"))
    phase = Phase(composing(home, conf), features=tracing.features)
    with a_hub(home, "build:arch=aarch64"), tracing.span("compose") as compose:
        phase.go()
    spans = {span.attributes["arch"]: span for span in tracing.of("generate-osbuild")}
    assert set(spans) == {"aarch64", "x86_64"}
    for arch, span in spans.items():
        assert span.attributes == {"variant": "Server", "arch": arch, "subvariant": "Guest"}
        assert (span.root, span.ends) == (compose, 1)
    assert spans["x86_64"].error is None
    assert "osbuild build failed" in str(spans["aarch64"].error)


def test_a_request_that_is_tried_again_has_one_span(home: Path) -> None:
    """From the first submission to the last end."""
    tracing = StandInTracing()
    conf = a_conf(block(retries=1))
    quick = replace(QUICK, monotonic=lambda: time.monotonic() * 100)
    phase = Phase(composing(home, conf, ONE_ARCH), quick, tracing.features)
    with a_hub(home, "register:times=1") as hub:
        phase.go()
        assert len(params(hub)) == 2
    (span,) = tracing.of("generate-osbuild")
    assert (span.ends, span.error) == (1, None)


def test_the_spans_of_a_compose_that_is_ended(home: Path) -> None:
    """None stays open: what is open is never sent."""
    tracing = StandInTracing()
    clock = Watched()
    phase = Phase(composing(home, a_conf(block())), clock.clock(), tracing.features)
    with a_hub(home, settings=LONG):
        phase.work.start()
        assert clock.watching.wait(LIMIT)
        phase.work.terminate()
        phase.error_of(phase.work.finish)
    spans = tracing.of("generate-osbuild")
    assert [span.ends for span in spans] == [1, 1]
    assert all("cancelled" in str(span.error) for span in spans)


class Broken:
    """Telemetry that breaks when a span begins, or when it ends."""

    def __init__(self, when: str) -> None:
        self.when = when

    def __enter__(self) -> None:
        self._break("begins")

    def __exit__(self, *_: object) -> None:
        self._break("ends")

    def _break(self, when: str) -> None:
        if self.when == when:
            raise ValueError("no telemetry")


@pytest.mark.parametrize("when", ["begins", "ends"])
def test_telemetry_that_breaks_fails_no_image(when: str, home: Path) -> None:
    """It is somebody else's library."""
    features = Features(open_span=lambda *_, **__: Broken(when))
    with a_hub(home):
        compose = Phase(composing(home, a_conf(block()), ONE_ARCH), features=features).go()
    (task,) = compose.recorded()["tasks"]
    assert task["outcome"] == "built"


def test_no_secret_is_in_a_log(home: Path) -> None:
    """Neither what customizations hold nor a login in an address, however the build ends."""
    secrets = ("hunter2", "s3cr3t")
    conf = a_conf(
        block(
            customizations={"users": [{"name": "root", "password": "hunter2"}]},
            repo=["https://me:s3cr3t@repos.example.com/$arch"],
            failable=["*"],
        )
    )
    compose = composing(home, conf)
    phase = Phase(compose)
    with a_hub(home, "build:arch=aarch64") as hub:
        phase.go()
        assert all(secret in json.dumps(params(hub)) for secret in secrets)
    logs = list((Path(compose.topdir) / "logs").rglob("*.log"))
    assert len(logs) == 2
    written = [path for path in Path(compose.topdir).rglob("*") if path.suffix != ".qcow2"]
    for path in written:
        if path.is_file():
            text = path.read_text("utf-8")
            assert not any(secret in text for secret in secrets), path
    assert not any(secret in phase.log.text for secret in secrets)
    assert "https://(hidden)@repos.example.com/$arch" in logs[0].read_text("utf-8")


# Ending early


class Watched:
    """A clock that says when all is submitted and watched, and may hold the run there."""

    def __init__(self, hold: bool = False) -> None:
        self.watching = threading.Event()
        self.go_on = threading.Event()
        if not hold:
            self.go_on.set()

    def sleep(self, seconds: float) -> None:
        self.watching.set()
        self.go_on.wait(LIMIT)
        QUICK.sleep(seconds)

    def clock(self) -> Clock:
        return Clock(sleep=self.sleep)


def test_terminating_cancels_the_tasks_and_records(home: Path) -> None:
    """From another thread, as a signal handler does; CANCELED on the hub, written down."""
    before = threads_now()
    clock = Watched()
    phase = Phase(composing(home, a_conf(block(failable=["aarch64"]))), clock.clock())
    with a_hub(home, settings=LONG) as hub:
        phase.work.validate()
        phase.work.start()
        assert clock.watching.wait(LIMIT)
        phase.work.terminate()
        cancelled = {call[0] for call in params(hub, "cancelTask")}
        assert len(cancelled) == 2
        tasks = phase.compose.recorded()["tasks"]
        text = phase.error_of(phase.work.finish)
    assert {task["task_id"] for task in tasks} == cancelled
    assert {str(number) for number in cancelled} == phase.compose.task_ids()
    assert {task["outcome"] for task in tasks} == {"cancelled"}
    assert all("the run was stopped" in task["reason"] for task in tasks)
    assert "interrupted; tasks that go on in Koji: none" in text
    assert "the osbuild phase has ended" in phase.log.text
    assert workers_since(before) == []


def test_terminating_again_does_nothing(home: Path) -> None:
    """The first call still waits when the second one has come back."""
    clock = Watched(hold=True)
    phase = Phase(composing(home, a_conf(block())), clock.clock())
    with a_hub(home, settings=LONG) as hub:
        phase.work.start()
        assert clock.watching.wait(LIMIT)
        first = threading.Thread(target=phase.work.terminate)
        first.start()
        while not phase.work._stop.requested:
            first.join(0.01)
        phase.work.terminate()
        assert first.is_alive()
        assert params(hub, "cancelTask") == []
        clock.go_on.set()
        first.join(LIMIT)
        assert not first.is_alive()
        assert len(params(hub, "cancelTask")) == 2
        phase.error_of(phase.work.finish)


def test_terminating_what_has_ended_changes_nothing(home: Path) -> None:
    """Another phase is what goes on."""
    phase = Phase(composing(home, a_conf(block())))
    with a_hub(home) as hub:
        phase.go()
        said = list(phase.log.records)
        phase.work.terminate()
        assert params(hub, "cancelTask") == []
    assert phase.log.records == said


def test_terminated_before_it_starts_it_submits_nothing(home: Path) -> None:
    """The signal came while another phase ran."""
    phase = Phase(composing(home, a_conf(block())))
    with a_hub(home) as hub:
        phase.work.validate()
        phase.work.terminate()
        phase.work.start()
        assert "interrupted" in phase.error_of(phase.work.finish)
        assert params(hub) == []


def test_what_was_built_before_the_end_is_kept(home: Path) -> None:
    """One is built and in the manifest, the other cancelled."""
    times = [1000.0]
    seen = threading.Event()

    def sleep(seconds: float) -> None:
        if len(times) == 1:
            times.append(1015.0)
        if built():
            seen.set()
        QUICK.sleep(seconds)

    def built() -> bool:
        return bool(phase.compose.notifier.fields("osbuild-imagedone"))

    phase = Phase(composing(home, a_conf(block())), Clock(sleep=sleep))
    settings = HubSettings(duration=10, capacity=1)
    with a_hub(home, settings=settings, clock=lambda: times[-1]):
        phase.work.start()
        assert seen.wait(LIMIT)
        phase.work.terminate()
        phase.error_of(phase.work.finish)
    assert sorted(task["outcome"] for task in phase.compose.recorded()["tasks"]) == [
        "built",
        "cancelled",
    ]
    assert len(by_path(phase.compose.dumped()[0])) == 1


def test_a_hub_that_hangs_does_not_keep_the_phase(home: Path) -> None:
    """It is abandoned after a while, and where to look is logged; the tasks are cancelled late."""
    clock = Watched()
    phase = Phase(composing(home, a_conf(block())), clock.clock(), terminate_timeout=0.05)
    with a_hub(home, settings=LONG) as hub, Gate(hub) as gate:
        gate.stand_before(profile_file(home))
        phase.work.start()
        assert clock.watching.wait(LIMIT)
        gate.hold()
        phase.work.terminate()
        assert "it did not end in time" in phase.error_of(phase.work.finish)
        assert params(hub, "cancelTask") == []
        (error,) = phase.log.lines("ERROR")
        assert "koji-tasks/" in error
        gate.open()
        assert phase.ended()
        assert {str(call[0]) for call in params(hub, "cancelTask")} == phase.compose.task_ids()
    assert {task["outcome"] for task in phase.compose.recorded()["tasks"]} == {"cancelled"}


def test_a_question_that_hangs_keeps_nobody_from_cancelling(home: Path) -> None:
    """Each task is cancelled by another session, and recorded, while it still hangs."""
    phase = Phase(composing(home, a_conf(block())))
    with a_hub(home, settings=LONG) as hub, Gate(hub) as gate:
        gate.stand_before(profile_file(home))
        gate.hold(call_of("getTaskInfo"))
        phase.work.start()
        assert gate.holding.wait(LIMIT)
        phase.work.terminate()
        assert "tasks that go on in Koji: none" in phase.error_of(phase.work.finish)
        assert {str(call[0]) for call in params(hub, "cancelTask")} == phase.compose.task_ids()
    assert {task["outcome"] for task in phase.compose.recorded()["tasks"]} == {"cancelled"}
    assert Path(phase.compose.paths.compose.metadata("images.json")).exists()


class Hanging:
    """A notifier whose script hangs."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.names: List[str] = []

    def send(self, msg: str, **_: Any) -> None:
        self.names.append(msg)
        self.begun.set()
        self.go_on.wait(LIMIT)


def test_a_script_that_hangs_keeps_nobody_from_cancelling(home: Path) -> None:
    """One image has failed at once, and its message hangs; the others are watched and cancelled."""
    conf = a_conf(
        block(name="rig-aws", target="f41-nope", failable=["*"], subvariant="A"),
        block(name="rig-image", target="f41-images"),
    )
    clock, notifier = Watched(), Hanging()
    phase = Phase(composing(home, conf, ONE_ARCH), clock.clock())
    phase.compose.notifier = notifier
    with a_hub(home, content=STRICT, settings=LONG) as hub:
        phase.work.start()
        assert clock.watching.wait(LIMIT)
        assert notifier.begun.wait(LIMIT)
        phase.work.terminate()
        assert not notifier.go_on.is_set()
        assert "tasks that go on in Koji: none" in phase.error_of(phase.work.finish)
        assert len(params(hub, "cancelTask")) == 1
    notifier.go_on.set()
    assert notifier.names == ["osbuild-imagefail"]
    outcomes = [task["outcome"] for task in phase.compose.recorded()["tasks"]]
    assert sorted(outcomes) == ["cancelled", "failed"]


def test_scripts_are_not_waited_for_when_somebody_wants_the_end(home: Path) -> None:
    """All is built and recorded, and a script hangs: what is said is about scripts, not the hub."""
    notifier = Hanging()
    phase = Phase(composing(home, a_conf(block())))
    phase.compose.notifier = notifier
    record = Path(phase.compose.paths.compose.metadata("osbuild.json"))
    with a_hub(home) as hub:
        phase.work.start()
        assert notifier.begun.wait(LIMIT)
        while not record.exists():
            assert not phase.work._background or not phase.work._background.wait(0.01)
        phase.work.terminate()
        text = phase.error_of(phase.work.finish)
        assert params(hub, "cancelTask") == []
    notifier.go_on.set()
    assert "after the images were recorded" in text
    assert "2 messages to notification scripts may be lost" in text
    assert phase.log.lines("ERROR") == []
    assert {task["outcome"] for task in phase.compose.recorded()["tasks"]} == {"built"}
    assert len(by_path(phase.compose.dumped()[0])) == 2


def test_a_compose_that_goes_well_waits_for_its_scripts(home: Path) -> None:
    """Each image's message has been sent when the phase has ended."""
    notifier = Hanging()
    phase = Phase(composing(home, a_conf(block())))
    phase.compose.notifier = notifier
    with a_hub(home):
        phase.work.start()
        assert notifier.begun.wait(LIMIT)
        threading.Timer(0.05, notifier.go_on.set).start()
        phase.work.finish()
    assert notifier.names == ["osbuild-imagedone"] * 2
