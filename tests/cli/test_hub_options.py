"""The options of ``pungi-osbuild hub`` and ``rehearse``, in processes of their own."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import koji
import pytest
import requests

from tests.cli.commands import LIMIT, hub, in_process, started
from tests.rehearsed import EXAMPLES

CONFIG = EXAMPLES / "minimal" / "minimal.conf"
CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"
EC2 = {"upload_options": {"region": "us-east-1", "share_with_accounts": []}}


@contextmanager
def session_with(home: Path, *arguments: object) -> Iterator[Any]:
    """Give a session of a hub process that runs with these options."""
    home.mkdir(exist_ok=True)
    with hub(home, *arguments) as (profile, _):
        options = koji.read_config("rehearsal", str(profile))
        session = koji.ClientSession(
            options["server"], {"user": "pungi", "password": "pungipw", "timeout": LIMIT}
        )
        session.login()
        yield session
        session.logout()
        session.rsession.close()


def built(session: Any, name: str = "rig-aws", **opts: Any) -> Tuple[Any, List[Any]]:
    """Build an AMI; return its task and its image's upload results."""
    request = (name, "41", "fedora-41", "aws", "f41-images", ["x86_64"])
    task_id = session.osbuildImage(*request, {**EC2, **opts})
    while not session.taskFinished(task_id):
        pass
    build = session.getTaskResult(task_id)["koji"]["build"]
    archives = session.listArchives(buildID=build)
    (image,) = (one["extra"]["image"] for one in archives if "boot_mode" in one["extra"]["image"])
    return session.getTaskInfo(task_id), image.get("upload_target_results", [])


def test_the_clock_runs_faster(tmp_path: Path) -> None:
    """An hour by the hub's clock, which nobody waits for."""
    with session_with(tmp_path, "--duration", 3600, "--speed", 1000000) as session:
        task, _ = built(session)
        assert task["completion_ts"] - task["start_ts"] == pytest.approx(3600)


@pytest.mark.parametrize("version, told", [(90, False), (91, True)])
def test_composer_of_a_version(version: int, told: bool, tmp_path: Path) -> None:
    """Older ones do not tell Koji of uploads."""
    with session_with(tmp_path, "--composer-version", version) as session:
        task, results = built(session)
        assert bool(results) is told
        status = json.loads(session.downloadTaskOutput(task["id"], "compose-status.json"))
        assert status["image_statuses"][0]["upload_status"]["options"]["ami"]


@pytest.mark.parametrize("version, code", [(1, 2), (57, 2), (58, 0), (180, 0), (999, 0)])
def test_a_composer_that_uploads_nothing_is_not_rehearsed(
    version: int, code: int, tmp_path: Path
) -> None:
    """Refused in a sentence, with the first version that can be."""
    done = in_process(
        *("rehearse", CONFIG, "--out", tmp_path / "out", "--duration", 0, "-q"),
        *("--composer-version", version),
        home=tmp_path,
    )
    assert done.exit == code, done.err
    if code:
        assert "composer %d uploaded no image of a Koji build" % version in done.err
        assert "58" in done.err
        assert not (tmp_path / "out").exists()


def test_a_seed_gives_the_same_again(tmp_path: Path) -> None:
    """IDs in clouds and composer's own."""
    seen = []
    for number, seed in enumerate((1, 1, 2)):
        with session_with(tmp_path / str(number), "--seed", seed) as session:
            task, results = built(session, release="1")
            seen.append((results, session.getTaskResult(task["id"])["composer"]["id"]))
    assert seen[0] == seen[1]
    assert seen[0][0] != seen[2][0]
    assert seen[0][1] != seen[2][1]


def test_strict_content_adds_nothing(tmp_path: Path) -> None:
    """Neither a target nor a package."""
    with session_with(tmp_path / "strict", "--strict-content") as session:
        assert session.getBuildTarget("new-target") is None
        assert not session.checkTagPackage("f41-images-empty", "new")
    with session_with(tmp_path / "lax") as session:
        assert session.getBuildTarget("new-target")["dest_tag_name"] == "new-target-candidate"


def test_its_page_is_told(tmp_path: Path) -> None:
    """And is there."""
    process = started("hub", home=tmp_path)
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        assert lines[0].startswith("REHEARSAL HUB: nothing real")
        (web,) = (line.split()[1] for line in lines if line.startswith("web "))
        assert "nothing real is built" in requests.get(web, timeout=LIMIT).text
    finally:
        process.terminate()
        _, said = process.communicate(timeout=LIMIT)
    assert "WARNING" not in said


@pytest.mark.parametrize("strict", [False, True])
def test_another_host_is_warned_of(strict: bool, tmp_path: Path) -> None:
    """127.0.0.2 is this machine, too, but is not what a hub listens on by itself."""
    more = ["--strict-auth"] if strict else []
    process = started("hub", "--host", "127.0.0.2", *more, home=tmp_path)
    try:
        assert process.stderr is not None
        said = process.stderr.readline() + process.stderr.readline()
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=LIMIT)
    assert "WARNING: this hub listens on 127.0.0.2, not on this machine alone." in said
    assert ("a well-known password" in said) is strict
    assert "http://127.0.0.2:" in out


def test_a_host_that_is_not_here_is_explained(tmp_path: Path) -> None:
    """It is somebody else's address."""
    done = in_process("hub", "--host", "192.0.2.1", home=tmp_path)
    assert done.exit == 2
    assert "cannot listen on port 0 of 192.0.2.1" in done.err


def test_a_broken_state_is_explained(tmp_path: Path) -> None:
    """And kept."""
    (tmp_path / "hub.json").write_text("{}")
    done = in_process("hub", "--state", "hub.json", home=tmp_path)
    assert done.exit == 2
    assert "the state file %s cannot be used" % (tmp_path / "hub.json") in done.err
    assert (tmp_path / "hub.json").read_text() == "{}"


@pytest.mark.parametrize(
    "options",
    [("--speed", 0), ("--speed", -1), ("--seed", "x"), ("--composer-version", 0), ("--fault", "x")],
)
def test_odd_values_are_refused(options: Tuple[object, object], tmp_path: Path) -> None:
    """As wrong usage, by both commands."""
    for command in (("hub",), ("rehearse", CONFIG, "--out", tmp_path / "out")):
        assert in_process(*command, *options, home=tmp_path).exit == 2


@pytest.mark.parametrize("fault", ["restart", "expire", "slow"])
def test_a_rehearsal_goes_through_trouble(fault: str, tmp_path: Path) -> None:
    """It logs in where the trouble is about sessions, and ends well."""
    out = tmp_path / "out"
    arguments = ("rehearse", CONFIG, "--out", out, "--download", "--duration", 0, "--fault", fault)
    done = in_process(*arguments, home=tmp_path)
    assert done.exit == 0, done.err


def test_a_rehearsal_takes_the_options_of_its_hub(tmp_path: Path) -> None:
    """All at once; before composer 91 the IDs are found all the same."""
    out = tmp_path / "out"
    options = ("--duration", 3600, "--speed", 100000, "--capacity", 3, "--composer-version", 90)
    seed = ("--seed", 7, "--format", "json")
    done = in_process("rehearse", CLOUD, "--out", out, *options, *seed, home=tmp_path)
    assert done.exit == 0, done.err
    assert "note: of composer 90 the image types, some customizations" in done.err
    images = json.loads(done.out)["images"]
    assert len(images) == 9
    assert all(image["cloud"] for image in images)
