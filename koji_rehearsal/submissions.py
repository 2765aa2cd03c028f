"""
Who submitted which image when: the hub's own record, for proofs that nothing came twice.

It holds no customizations: they may hold passwords. Two requests are the same when their digests
are.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Set, Tuple

from koji_rehearsal.errors import RehearsalError
from koji_rehearsal.records import Task
from koji_rehearsal.state import State
from koji_rehearsal.task_methods import Wanted, wanted_by


@dataclass(frozen=True)
class Submission:
    """
    An image task that was submitted, and taken.

    :param at: seconds since the epoch, by the hub's clock
    :param user: who submitted it
    :param release: None: the builder is to find one
    :param digest: of all that was asked for, 64 hex digits
    """

    task_id: int
    at: float
    user: str
    method: str
    name: str
    version: str
    release: Optional[str]
    image_type: str
    target: str
    arches: Tuple[str, ...]
    digest: str

    def to_json(self) -> Dict[str, Any]:
        """Return it for a line of the file."""
        when = datetime.fromtimestamp(self.at, timezone.utc)
        return {"at": when.isoformat(), **{k: v for k, v in vars(self).items() if k != "at"}}


def submissions(state: State) -> Tuple[Submission, ...]:
    """Return all submissions that a hub has taken, in order."""
    tasks = ((task, wanted_by(task.method, task.request)) for task in state.tasks.values())
    return tuple(_submission(state, task, wanted) for task, wanted in tasks if wanted is not None)


def _submission(state: State, task: Task, wanted: Wanted) -> Submission:
    asked = json.dumps(task.request, sort_keys=True, default=str)
    return Submission(
        task_id=task.id,
        at=task.create_ts,
        user=state.users[task.owner].name,
        method=task.method,
        name=wanted.name,
        version=wanted.version,
        release=wanted.options.get("release") or None,
        image_type=wanted.image_type,
        target=wanted.target,
        arches=wanted.arches,
        digest=hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest(),
    )


class SubmissionFile:
    """
    A file with a line of JSON for each submission, written before its reply. Under the hub's lock.

    :param resumed: the hub began with the tasks of another time, whose lines may be there
    :raises RehearsalError: the file cannot be written
    """

    def __init__(self, path: Path, state: State, resumed: bool) -> None:
        self._path = path
        self._state = state
        self.problem: Optional[str] = None
        """Why the last submission was not written, or None."""
        try:
            self._written: Set[int] = set(_task_ids(path)) if resumed else set()
            path.touch()
        except OSError as error:
            raise RehearsalError(
                "cannot write the submissions file %s: %s" % (path, error.strerror or error),
                "Choose another with --submissions.",
            ) from error
        self._seen = 0

    def save(self) -> None:
        """Write what was submitted since."""
        if len(self._state.tasks) == self._seen:
            return
        new = [one for one in submissions(self._state) if one.task_id not in self._written]
        lines = "".join(json.dumps(one.to_json()) + "\n" for one in new)
        try:
            if lines:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(lines)
        except OSError as error:
            self.problem = "%s cannot be written: %s" % (self._path, error.strerror or error)
        else:
            self.problem = None
            self._seen = len(self._state.tasks)
            self._written.update(one.task_id for one in new)


def _task_ids(path: Path) -> Iterator[int]:
    """Give the tasks that a file tells of; a last line that is torn is cut off."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        path.write_bytes(whole)
    for line in whole.splitlines():
        with suppress(ValueError, KeyError, TypeError):
            yield int(json.loads(line)["task_id"])
