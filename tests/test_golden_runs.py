"""Whole runs, compared with what they left the last time somebody looked.

Each folder of ``tests/golden`` is a case: ``case.json`` names the config, the faults and the
options; beside it lie the calls that the hub saw, images.json, osbuild.json, the tree and the
table that people see. ``UPDATE_GOLDEN=1`` writes them; a missing one fails.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, Dict, List

import pytest

from pungi_osbuild.cli.exits import exit_code
from pungi_osbuild.report import result_table
from pungi_osbuild.run import RunOptions
from tests.rehearsed import QUICK, Rehearsed, rehearse

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/case.json"))
POLLS = {"listTasks", "getTaskInfo"}


@pytest.mark.parametrize("name", CASES)
def test_a_run_is_as_it_was(name: str, tmp_path: Path) -> None:
    """Calls, metadata, tree, table and exit status."""
    folder = GOLDEN / name
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    done = rehearse(
        (folder / case["config"]).resolve(),
        tmp_path / "out",
        faults=case.get("faults", ()),
        options=RunOptions(polling=QUICK, over_http=case.get("over_http", False)),
        **case.get("origin", {}),
    )
    assert int(exit_code(done.result)) == case["exit"]
    for image in done.result.images:
        content = (done.out / "compose" / image.path).read_bytes()
        assert image.size == len(content)
        recorded = {checksum.type: checksum.value for checksum in image.checksums}
        assert recorded["sha256"] == hashlib.sha256(content).hexdigest()
    found = {
        "calls.json": json_text(calls(done)),
        "images.json": metadata(done, "images.json"),
        "osbuild.json": metadata(done, "osbuild.json"),
        "tree.txt": "\n".join(tree(done.out)) + "\n",
        "table.txt": "\n".join(result_table(done.result, 80)) + "\n",
    }
    normal = Normal(done)
    compare(folder, {key: normal(text) for key, text in found.items()})


def test_there_are_cases() -> None:
    """The examples are among them."""
    assert {"minimal", "rhel-cloud", "fedora-iot"} <= set(CASES)


class Normal:
    """Replaces what differs from run to run: addresses, folders, times, and ids by order.

    Digests become the name of the file that has them, since compressors differ between machines:
    a digest that no file has stays, and the comparison fails.
    """

    def __init__(self, done: Rehearsed) -> None:
        self.out = str(done.out)
        self.digests = {
            hashlib.new(kind, path.read_bytes()).hexdigest(): "<%s of %s>" % (kind, path.name)
            for path in sorted(done.out.rglob("*"))
            if path.is_file() and path.parent.name in ("images", "iso")
            for kind in ("md5", "sha1", "sha256")
        }
        self.tasks = {
            str(outcome.task_id): "<task of %s>" % outcome.request.nvr
            for outcome in done.result.outcomes
            if outcome.task_id is not None
        }

    def __call__(self, text: str) -> str:
        text = text.replace(self.out, "<out>")
        text = re.sub(
            r'": "([0-9a-f]{32,64})"',
            lambda match: '": "%s"' % self.digests.get(match.group(1), match.group(1)),
            text,
        )
        text = re.sub(r'"size": \d+', '"size": "<size>"', text)
        text = re.sub(r"\d+\.\d KiB", "<size>", text)
        text = re.sub(r"127\.0\.0\.1:\d+", "<host>", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>", text)
        text = re.sub(r'"mtime": \d+', '"mtime": "<time>"', text)
        text = re.sub(r'"(archive_id|build_id)": \d+', r'"\1": "<id>"', text)
        text = re.sub(
            r'("task_id": |/tasks/\d+/|taskID=|  |task )(\d+)(?=$|[,/\n]| \()',
            lambda match: match.group(1) + self.tasks.get(match.group(2), match.group(2)),
            text,
            flags=re.M,
        )
        text = re.sub(r"-task-\d+/", "-task-<n>/", text)
        return re.sub(r"/tasks/\d+/", "/tasks/<n>/", text)


def calls(done: Rehearsed) -> List[Dict[str, Any]]:
    """Return the calls that the hub saw, sorted: threads make them in any order."""
    seen = [
        {"user": call.user, "method": call.method, "params": params(call.params)}
        for call in done.calls
        if call.method not in POLLS
    ]
    return sorted(seen, key=lambda call: json.dumps(call, sort_keys=True))


def params(value: Any) -> Any:
    """Return parameters with ids left out: which task got which id is chance."""
    if isinstance(value, dict):
        return {key: params(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [params(item) for item in value]
    return "<id>" if isinstance(value, int) and not isinstance(value, bool) else value


def metadata(done: Rehearsed, name: str) -> str:
    path = done.out / "compose" / "metadata" / name
    return path.read_text(encoding="utf-8") if path.exists() else "(not written)\n"


def tree(out: Path) -> List[str]:
    """Return every file of the compose, of its logs, and of the phase's own folder."""
    return [
        str(path.relative_to(out))
        for folder in ("compose", "logs", "work")
        for path in sorted((out / folder).rglob("*"))
        if path.is_file()
    ]


def json_text(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def compare(folder: Path, found: Dict[str, str]) -> None:
    """Compare with what is stored, or store it when asked to."""
    for name, text in found.items():
        path = folder / name
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.write_text(text, encoding="utf-8")
        assert path.exists(), "no golden %s: look at the run, then UPDATE_GOLDEN=1" % path
        assert text == path.read_text(encoding="utf-8"), "%s/%s" % (folder.name, name)
