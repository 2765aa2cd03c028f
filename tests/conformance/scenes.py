"""The state in which each transcript begins, and what happens between its calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Tuple

from tests.conformance.desk import DURATION, Desk
from tests.conformance.transcripts import Ids

REPO = {"repo": ["https://repos.example.com/f41/$arch/os/"]}
ONE = {**REPO, "release": "1"}


@dataclass
class Stage:
    """A hub, and which of its ids stand for which of the transcript."""

    desk: Desk
    ids: Ids

    def submit(self, golden_id: int, version: str, **changes: Any) -> int:
        """Submit the task that stands for one of the transcript, and let it be taken."""
        opts = changes.pop("opts", ONE)
        name = changes.pop("name", "rig-image")
        values = {"image_type": "guest-image", "arches": ["x86_64"], **changes}
        task_id = int(
            self.desk.session().osbuildImage(
                name,
                version,
                "fedora-41",
                values["image_type"],
                "f41-images",
                values["arches"],
                opts,
            )
        )
        assert self.ids.bind("task", golden_id, task_id)
        return task_id

    def taken(self) -> None:
        """Let every FREE task be taken, and none end."""
        self.desk.clock.turn(1)

    def all_ended(self) -> None:
        """Let every task end."""
        self.desk.end_all()


Step = Callable[[Stage], None]


@dataclass(frozen=True)
class Scene:
    """
    How a transcript is played.

    :param before: what happens before the entry of that number
    """

    before: Mapping[int, Step] = field(default_factory=dict)
    faults: Tuple[str, ...] = ()
    sboms: bool = False


def _after_submission(**more: Any) -> Scene:
    """One task: it is looked at at once, and again when it has ended."""
    return Scene({2: Stage.all_ended}, **more)


def _submit_closed(stage: Stage) -> None:
    stage.submit(33, "42.070403.2", arches=["x86_64", "aarch64"], opts=ONE)
    stage.taken()


def _cancel_open(stage: Stage) -> None:
    task_id = stage.submit(34, "42.070403.3", opts=ONE)
    stage.taken()
    stage.desk.session().cancelTask(task_id)


def _fail(stage: Stage) -> None:
    stage.submit(35, "42.070403.4", opts=ONE)
    stage.all_ended()


def _three_ended(stage: Stage) -> None:
    """Tasks 33 CLOSED, 34 CANCELED while it was OPEN, 35 FAILED."""
    _submit_closed(stage)
    _cancel_open(stage)
    _fail(stage)
    (child,) = stage.desk.session().getTaskChildren(stage.ids.here("task", 33))
    stage.ids.bind("task", 36, child["id"])
    (build,) = stage.desk.session().listBuilds(taskID=stage.ids.here("task", 33))
    stage.ids.bind("build", 18, build["build_id"])
    archives = stage.desk.session().listArchives(build["build_id"])
    (image,) = [one for one in archives if one["filename"].endswith("-1.aarch64.qcow2")]
    stage.ids.bind("archive", 43, image["id"])


FAIL_35 = "build:name=rig-image,version=42.070403.4"
COMPOSER_DOWN = "composer-down:version=42.070403.29"


def _two_failed_last(stage: Stage) -> None:
    """The newest two: an N-V-R that is taken, and a composer that is not there."""
    _three_ended(stage)
    stage.submit(67, "42.dup")
    stage.all_ended()
    stage.submit(69, "42.dup")
    stage.all_ended()
    stage.submit(70, "42.070403.29")
    stage.all_ended()


def _tagged_last(stage: Stage) -> None:
    _three_ended(stage)
    stage.submit(67, "42.dup")
    stage.all_ended()


def _free(stage: Stage) -> None:
    for number in (71, 72, 73):
        stage.submit(number, "42.070403.%d" % (number - 41))


def _ended_and_free(stage: Stage) -> None:
    _three_ended(stage)
    _free(stage)


def _assigned(stage: Stage) -> None:
    stage.desk.clock.turn(0.06)


def _one_open(golden_id: int) -> Step:
    def step(stage: Stage) -> None:
        stage.submit(golden_id, "42.070403.%d" % (golden_id - 41))
        stage.taken()

    return step


def _a_history(stage: Stage) -> None:
    """Tasks that ended in every way, in the order of the transcript's ids."""
    stage.submit(1, "41.a", opts={})
    stage.all_ended()
    (child,) = stage.desk.session().getTaskChildren(stage.ids.here("task", 1))
    stage.ids.bind("task", 2, child["id"])
    stage.submit(3, "41.b", opts=REPO)
    stage.submit(5, "41.c", arches=["x86_64", "aarch64"], opts={**REPO, "release": "20241111.0"})
    upload = {"region": "us-east-2", "share_with_accounts": []}
    stage.submit(
        30,
        "41.p",
        name="rig-aws",
        image_type="aws",
        arches=["x86_64", "aarch64"],
        opts={**ONE, "upload_options": upload},
    )
    stage.all_ended()
    _three_ended(stage)
    stage.desk.session().cancelTask(stage.submit(71, "42.070403.30"))
    for golden_id, release in ((168, {"release": "20240101.n.0.aarch64"}), (169, {})):
        opts = {"repo": ["https://e.com/$arch/"], **release}
        stage.submit(golden_id, "rev.2", name="img-190", opts=opts)
        stage.all_ended()


def _submit_free(stage: Stage) -> None:
    stage.submit(31, "42.070403.1")


SCENES: Mapping[str, Scene] = {
    "01_version_login": Scene(),
    "02_target_tag": Scene(),
    "03_packages": Scene(),
    "04_perms": Scene(),
    "05a_success_image_type_string": _after_submission(),
    "05c_success_two_arches": _after_submission(),
    "05d_success_aws_ec2": _after_submission(),
    "05e_success_aws_s3": _after_submission(),
    "05g_success_gcp": _after_submission(),
    "05h_success_container": _after_submission(),
    "05l_success_skip_tag": _after_submission(),
    "05m_success_sbom": _after_submission(sboms=True),
    "05p_failed_one_arch": _after_submission(faults=("build:arch=aarch64",)),
    "06_osbuildImage_faults": Scene(),
    "07_getTaskInfo": Scene({0: _two_failed_last}, faults=(FAIL_35, COMPOSER_DOWN)),
    "08_task_states": Scene(
        {
            0: _submit_free,
            3: _assigned,
            5: Stage.all_ended,
            8: _submit_closed,
            14: _cancel_open,
            19: _fail,
        },
        faults=(FAIL_35,),
    ),
    "10_children_descendents": Scene({0: _three_ended}, faults=(FAIL_35,)),
    "11_task_output": Scene({0: _three_ended}, faults=(FAIL_35,)),
    "12_builds_archives": Scene({0: _tagged_last}, faults=(FAIL_35,)),
    "14_cancelTask": Scene(
        {0: _ended_and_free, 15: _one_open(74), 17: _one_open(75)}, faults=(FAIL_35,)
    ),
    "15_multicall": Scene({0: _three_ended}, faults=(FAIL_35,)),
    "18_listTasks": Scene({0: _a_history}, faults=(FAIL_35, "build:name=rig-aws,arch=aarch64")),
}
assert DURATION > 5, "_taken must not end a task"
