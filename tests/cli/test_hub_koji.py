"""The real ``koji`` command against a ``pungi-osbuild hub`` process, by both ways of login."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Iterator

import koji
import pytest

from tests.cli.commands import BIN, LIMIT, environment, hub

PLUGIN = os.environ.get("PUNGI_OSBUILD_KOJI_PLUGIN", "")
"""The file plugins/cli/osbuild.py of koji-osbuild, where somebody has it."""

ADMIN = ("--user=admin", "--password=adminpw", "--authtype=password")
PUNGI = ("--user=pungi", "--password=pungipw")
REPO = "https://repos.example.com/f41/$arch/os/"
EC2 = {"region": "us-east-1", "share_with_accounts": ["123456789012"]}
USERS = {"users": [{"name": "joe", "password": "not-for-eyes"}]}
OSTREE = {
    "url": "https://ostree.example.com",
    "ref": "fedora/41/$arch/iot",
    "parent": "fedora/41/$arch/parent",
}


class Shell:
    """Runs koji commands with the profile that a hub has written."""

    def __init__(self, home: Path, profile: Path, *login: str) -> None:
        self.home = home
        self.login = login
        self._profile = profile
        with profile.open("a", encoding="utf-8") as more:
            more.write("poll_interval = 0\n")
        self._options = koji.read_config("rehearsal", str(profile))

    def koji(self, *args: str, status: int = 0) -> str:
        """Run a command, expect its exit status and return what it printed."""
        done = subprocess.run(
            [str(BIN / "koji"), "--config=%s" % self._profile, "-p", "rehearsal", *args],
            env={**environment(self.home), "PYTHONWARNINGS": "ignore", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            cwd=self.home,
            check=False,
        )
        assert done.returncode == status, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def as_pungi(self, *args: str, status: int = 0) -> str:
        """Run a command as the user who builds images."""
        return self.koji(*self.login, *args, status=status)

    def session(self) -> Any:
        """Return a session of that user, to be closed by :func:`ended`."""
        session = koji.ClientSession(self.server, {"user": "pungi", "password": "pungipw"})
        session.login()
        return session

    @property
    def server(self) -> str:
        """The address of the hub."""
        return str(self._options["server"])

    @property
    def weburl(self) -> str:
        """The address of the hub's pages, as the profile says."""
        return str(self._options["weburl"])


def ended(session: Any) -> None:
    session.logout()
    session.rsession.close()


@pytest.fixture(scope="module", params=["noauth", "strict"])
def shell(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A hub with a build: task 1, its tagBuild task 2, and task 3, which has failed."""
    home = tmp_path_factory.mktemp(request.param)
    strict = request.param == "strict"
    arguments = ["--strict-auth", "--strict-content"] if strict else []
    with hub(home, "--fault", "build:arch=aarch64", *arguments) as (profile, _):
        one = Shell(home, profile, *(PUNGI if strict else ()))
        session = one.session()
        for arch, opts in (("x86_64", {}), ("aarch64", {"release": "9"})):
            request = ("Fedora-IoT", "41", "fedora-41", "guest-image", "f41-images", [arch])
            session.osbuildImage(*request, {"repo": [REPO], **opts})
        ended(session)
        yield one


def test_who_is_there(shell: Shell) -> None:
    """hello and moshimoshi; a wrong password is refused."""
    for command in ("hello", "moshimoshi"):
        said = shell.as_pungi(command)
        assert ", pungi!" in said
        assert "(Koji 1.35.3)" in said
    assert ", admin!" in shell.koji(*ADMIN, "hello")
    wrong = ("--user=admin", "--password=wrong", "--authtype=password")
    assert "invalid username or password" in shell.koji(*wrong, "hello", status=1)


def test_tasks(shell: Shell) -> None:
    """taskinfo, watch-task, watch-logs, list-tasks, download-task."""
    said = shell.koji("taskinfo", "-r", "1")
    assert "State: closed" in said
    assert "Build: Fedora-IoT-41-1 (1)" in said
    assert "Type: tagBuild" in said
    assert "1 osbuildImage (noarch): closed" in shell.koji("watch-task", "1")
    assert "FAILED: BuildError: Compose failed" in shell.koji("watch-task", "3", status=1)
    assert "Watching logs" in shell.koji("watch-logs", "1")
    log = shell.koji("watch-logs", "--log=x86_64-guest-image.log.json", "1")
    assert "==> 1:DEFAULT:x86_64-guest-image.log.json: <==" in log
    assert "This is a rehearsal" in log
    listed = shell.as_pungi("list-tasks", "--all", "--after=1", "--quiet", "--method=osbuildImage")
    assert len(listed.splitlines()) >= 2
    assert "pungi" in shell.as_pungi("list-tasks", "--mine", "--all", "--after=1")
    shell.koji("download-task", "--all", "--dirpertask", "1")
    files = {path.name.split(".")[0] for path in shell.home.rglob("*.json")}
    assert {"compose-status", "compose-request", "koji-import"} <= {
        name.split("-noarch")[0] for name in files
    }


def test_builds(shell: Shell) -> None:
    """buildinfo, list-builds, latest-build, list-tagged, call."""
    said = shell.koji("buildinfo", "Fedora-IoT-41-1")
    assert "State: COMPLETE" in said
    assert "Fedora-IoT-41-1.x86_64.qcow2" in said
    assert "Fedora-IoT-41-9" in shell.koji("list-builds", "--package=Fedora-IoT", "--state=FAILED")
    latest = shell.koji("latest-build", "--quiet", "f41-images-child", "Fedora-IoT")
    assert latest.split()[0] == "Fedora-IoT-41-1"
    assert "Fedora-IoT-41-1" in shell.koji("list-tagged", "f41-images-candidate")
    build = json.loads(shell.as_pungi("call", "--json-output", "getBuild", "Fedora-IoT-41-1"))
    assert build["nvr"] == "Fedora-IoT-41-1"


def test_targets_and_tags(shell: Shell) -> None:
    """list-targets, list-tag-inheritance both ways, taginfo, list-hosts, list-channels."""
    assert "f41-images-candidate" in shell.koji("list-targets", "--name=f41-images")
    above = shell.koji("list-tag-inheritance", "f41-images-child")
    assert re.search(r"─f41-images-candidate \(2\)", above)
    below = shell.koji("list-tag-inheritance", "--reverse", "f41-images-candidate")
    assert re.findall(r"─(\S+)", below) == [
        "f41-images-locked",
        "f41-images-perm",
        "f41-images-child",
    ]
    said = shell.koji("taginfo", "f41-images-perm")
    assert "Required permission: 'admin'" in said
    assert "f41-images-candidate" in said
    assert "rehearsal-builder" in shell.koji("list-hosts", "--show-channels")
    assert "image" in shell.koji("list-channels")


def test_a_package_is_added_by_an_admin(shell: Shell) -> None:
    """add-pkg and list-pkgs; for others it is refused, as on a real hub."""
    adding = ("add-pkg", "--owner=pungi", "f41-images-empty", "new-image")
    assert "policy violation" in shell.as_pungi(*adding, status=1)
    assert "(no matching packages)" in shell.koji("list-pkgs", "--tag=f41-images-empty", status=1)
    shell.koji(*ADMIN, *adding)
    listed = shell.koji("list-pkgs", "--tag=f41-images-empty", "--quiet")
    assert listed.split() == ["new-image", "f41-images-empty", "pungi"]
    assert "already exists" in shell.koji(*ADMIN, *adding)
    mine = shell.koji("list-pkgs", "--owner=pungi", "--quiet")
    assert mine.split()[:2] == ["new-image", "f41-images-empty"]
    unknown = ("add-pkg", "--owner=who", "f41-images-empty", "other-image")
    assert "No such user: who" in shell.koji(*ADMIN, *unknown, status=1)


def test_a_task_is_cancelled_by_its_owner(shell: Shell) -> None:
    """cancel: one that has ended stays as it is, somebody else's is refused."""
    shell.as_pungi("cancel", "1")
    assert "State: closed" in shell.koji("taskinfo", "1")
    nobody = ("--user=nobody", "--password=nobodypw", "--authtype=password")
    assert "Cannot cancel task, not owner" in shell.koji(*nobody, "cancel", "1", status=1)
    assert "No such task: 999" in shell.as_pungi("cancel", "999", status=1)


@pytest.mark.skipif(
    not PLUGIN,
    reason="NOT TESTED with koji-osbuild's own command line plugin: PUNGI_OSBUILD_KOJI_PLUGIN"
    " does not name its file plugins/cli/osbuild.py",
)
def test_the_command_line_plugin_of_koji_osbuild(shell: Shell, tmp_path: Path) -> None:
    """``koji osbuild-image``, the real plugin: every option that it has."""
    (tmp_path / "osbuild.py").write_bytes(Path(PLUGIN).read_bytes())
    (tmp_path / "ec2.json").write_text(json.dumps(EC2))
    (tmp_path / "users.json").write_text(json.dumps(USERS))
    command = (*shell.login, "--plugin-paths=%s" % tmp_path, "osbuild-image")
    common = ("fedora-41", "f41-images", "x86_64")
    said = shell.koji(
        *command,
        "--nowait",
        "--image-type=aws",
        "--release=7",
        "--upload-options=%s" % (tmp_path / "ec2.json"),
        "--customizations=%s" % (tmp_path / "users.json"),
        "--repo=%s" % REPO,
        "--repo-package-sets=blueprint;build",
        *("rig-aws", "41", *common),
    )
    task_id = int(re.findall(r"Created task: (\d+)", said)[0])
    assert "Task info: %s/taskinfo?taskID=%d\n" % (shell.weburl, task_id) in said
    # The plugin itself looks once a minute when there is a subtask, on any hub.
    watched = shell.koji("watch-task", str(task_id))
    assert "%d osbuildImage (noarch): closed" % task_id in watched
    assert "tagBuild (noarch): closed" in watched
    session = shell.session()
    opts = session.getTaskRequest(task_id)[6]
    assert opts["customizations"] == USERS
    assert opts["upload_options"] == EC2
    assert opts["repo"] == [{"baseurl": REPO, "package_sets": ["blueprint", "build"]}]
    assert session.getBuild("rig-aws-41-7")["task_id"] == task_id
    said = shell.koji(
        *command,
        "--wait",
        "--skip-tag",
        "--image-type=iot-commit",
        *("--ostree-%s=%s" % item for item in OSTREE.items()),
        *("rig-ostree", "41", *common),
    )
    task_id = int(re.findall(r"Created task: (\d+)", said)[0])
    assert "%d osbuildImage (noarch): closed" % task_id in said
    assert "'composer': {" in said
    assert session.getTaskRequest(task_id)[6] == {"ostree": OSTREE, "skip_tag": True}
    assert session.listTags("rig-ostree-41-1") == []
    said = shell.koji(*command, "--nowait", "rig-image", "41", *common)
    assert "Created task: " in said
    assert "Watching tasks" not in said
    failing = ("--wait", "--release=8", "rig-image", "41", "fedora-41", "f41-images", "aarch64")
    assert "FAILED: BuildError: Compose failed" in shell.koji(*command, *failing, status=1)
    if shell.login:
        unknown = ("rig-image", "41", "fedora-41", "no-target", "x86_64")
        assert "Unknown build target: no-target" in shell.koji(*command, *unknown, status=1)
    ended(session)


@pytest.mark.parametrize(
    "name, image_type, opts",
    [
        ("img-001", "aws", {"upload_options": EC2, "customizations": USERS, "release": "7"}),
        ("img-002", "iot-commit", {"ostree": OSTREE, "skip_tag": True}),
        ("img-003", "guest-image", {"repo": [{"baseurl": REPO, "package_sets": ["blueprint"]}]}),
        ("img-004", "guest-image", {}),
    ],
)
def test_the_calls_that_the_plugin_makes(
    name: str, image_type: str, opts: Any, shell: Shell
) -> None:
    """The same calls in the same order: before a login, submitted, and watched after a logout."""
    session = koji.ClientSession(shell.server, {"user": "pungi", "password": "pungipw"})
    target = session.getBuildTarget("f41-images")
    assert session.getTag(target["dest_tag"])["name"] == "f41-images-candidate"
    session.login()
    task_id = session.osbuildImage(
        name, "41", "fedora-41", image_type, "f41-images", ["x86_64"], opts=opts
    )
    session.logout()
    assert session.getTaskInfo(task_id, request=True)["request"][6] == opts
    children = session.getTaskChildren(task_id, request=True)
    assert [child["method"] for child in children] == [] if "skip_tag" in opts else ["tagBuild"]
    result = session.getTaskResult(task_id)
    assert set(result) == {"composer", "koji"}
    build = session.getBuild(result["koji"]["build"])
    assert build["nvr"] == "%s-41-%s" % (name, opts.get("release", "1"))
    session.rsession.close()
