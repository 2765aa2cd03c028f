"""
Builds that fail: what composer says of each, and the log that osbuild leaves.

Sources: the form of osbuild's result and of composer's job errors (osbuild 157, composer 180); the
words are those of the tools that the stages call, as public bug reports and Fedora's compose logs
have them. Package, path and host names are made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Dict, List, Mapping, Tuple

from koji_rehearsal.composer.errors import NOTHING_REAL

OSBUILD_FAILED = 10


@dataclass(frozen=True)
class _StageFailure:
    """
    A stage that fails.

    :param pipeline: that it is in
    :param before: the stages of the pipeline that went well
    :param said: what the tools that it calls have written
    :param command: the one that failed
    """

    pipeline: str
    before: Tuple[str, ...]
    stage: str
    said: str
    command: Tuple[str, ...]
    status: int = 1

    def output(self) -> str:
        """Return what the stage has written, the tools' words before its own traceback."""
        return (
            "%s%s\nTraceback (most recent call last):\n"
            '  File "/run/osbuild/bin/%s", line 506, in <module>\n'
            '  File "/usr/lib64/python3.12/subprocess.py", line 571, in run\n'
            "subprocess.CalledProcessError: Command %r returned non-zero exit status %d.\n"
            % (NOTHING_REAL, self.said, self.stage, list(self.command), self.status)
        )


_RPM = ("rpm", "--verbose", "--root", "/run/osbuild/tree", "--install", "/proc/self/fd/3")
_STAGES: Mapping[str, _StageFailure] = {
    "scriptlet": _StageFailure(
        "os",
        ("org.osbuild.kernel-cmdline",),
        "org.osbuild.rpm",
        "Preparing packages...\n"
        "glibc-2.42-4.fc43.x86_64\n"
        "rehearsed-tools-1.0-1.noarch\n"
        "/var/tmp/rpm-tmp.Ql2x9T: line 3: /usr/sbin/useradd: No such file or directory\n"
        "error: %prein(rehearsed-tools-1.0-1.noarch) scriptlet failed, exit status 127\n"
        "error: rehearsed-tools-1.0-1.noarch: install failed",
        _RPM,
    ),
    "selinux": _StageFailure(
        "os",
        ("org.osbuild.rpm", "org.osbuild.locale", "org.osbuild.users"),
        "org.osbuild.selinux",
        "setfiles: Could not set context for /run/osbuild/tree/usr/libexec/rehearsed:"
        "  Invalid argument\n"
        "setfiles: conflicting specifications for /run/osbuild/tree/usr/bin/rehearsed and"
        " /run/osbuild/tree/usr/libexec/rehearsed, using system_u:object_r:bin_t:s0.",
        (
            *("setfiles", "-F", "-r", "/run/osbuild/tree"),
            "/run/osbuild/tree/etc/selinux/targeted/contexts/files/file_contexts",
            "/run/osbuild/tree",
        ),
        255,
    ),
    "space": _StageFailure(
        "image",
        ("org.osbuild.truncate", "org.osbuild.sfdisk", "org.osbuild.mkfs.ext4"),
        "org.osbuild.copy",
        "cp: error writing '/run/osbuild/mounts/root/usr/lib/modules/6.17.1-300.fc43.x86_64/"
        "kernel/drivers/net/rehearsed.ko.xz': No space left on device",
        ("cp", "-a", "--reflink=auto", "/run/osbuild/inputs/root-tree/.", "/run/osbuild/mounts"),
    ),
    "initramfs": _StageFailure(
        "os",
        ("org.osbuild.rpm", "org.osbuild.kernel-cmdline"),
        "org.osbuild.dracut",
        "dracut[E]: Module 'rehearsed' cannot be found.\n"
        "dracut[F]: installkernel failed in module kernel-modules",
        ("/usr/sbin/chroot", "/run/osbuild/tree", "dracut", "--no-hostonly", "--kver", "6.17.1"),
    ),
}

_MARKING = (
    "DNF error occurred: MarkingErrors: Error occurred when marking packages for installation:"
    " Problems in request:\n"
)
_DEPSOLVE: Mapping[str, Tuple[int, str]] = {
    "missing": (20, _MARKING + "missing packages: no-such-package"),
    "conflict": (
        20,
        "DNF error occurred: DepsolveError: There was a problem depsolving: \n Problem: package"
        " rehearsed-tools-1.0-1.noarch from r1 requires librehearsed.so.2()(64bit), but none of the"
        " providers can be installed\n  - conflicting requests\n  - nothing provides"
        " rehearsed-libs = 1.0-2 needed by rehearsed-libs-devel-1.0-2.x86_64 from r1",
    ),
    "repository": (
        25,
        "DNF error occurred: RepoError: There was a problem reading a repository: Failed to"
        " download metadata for repo 'r1' [r1: https://repos.example.com/f43/x86_64/os/]: Curl"
        " error (28): Timeout was reached for https://repos.example.com/f43/x86_64/os/repodata/"
        "repomd.xml [Connection timed out after 30001 milliseconds]",
    ),
}


def build_error(reason: str) -> Dict[str, Any]:
    """Return composer's error of a build that fails for a reason of the fault ``build``."""
    said = 'osbuild build failed in stage: "%s"' % _STAGES[reason].stage
    return {"id": OSBUILD_FAILED, "reason": said}


def depsolve_error(reason: str) -> Dict[str, Any]:
    """Return composer's error of a manifest, for a reason of the fault ``depsolve``."""
    code, said = _DEPSOLVE[reason]
    depsolve = {
        "id": 5,
        "reason": "Error in depsolve job dependency",
        "details": [{"id": code, "reason": said}],
    }
    return {"id": 9, "reason": "Manifest dependency failed", "details": [depsolve]}


def osbuild_output(reason: str, key: str) -> Dict[str, Any]:
    """
    Return osbuild's output of a build that failed in a stage, for ``<arch>-<type>.log.json``.

    :param reason: of the fault ``build``
    :param key: names the image; the stages' ids follow from it
    """
    failure = _STAGES[reason]
    failed = _stage(key, failure.stage, failure.output())
    stages: List[Dict[str, Any]] = [
        {**_stage(key, name, ""), "success": True} for name in failure.before
    ]
    return {
        "type": "error",
        "success": False,
        "error": {
            "type": "org.osbuild.error.stage",
            "details": {"stage": {**failed, "error": None}},
        },
        "log": {failure.pipeline: [*stages, {**failed, "success": False}]},
        "metadata": {},
    }


def _stage(key: str, name: str, output: str) -> Dict[str, Any]:
    stage_id = sha256(("stage %s %s" % (key, name)).encode()).hexdigest()
    return {"id": stage_id, "type": name, "output": output}
