"""
The file in which a hub keeps its state over a restart, also after it was killed.

One JSON document with the tables, the work in progress and the hub's time. It is replaced as a
whole before the reply to a call that changed something, so a client never knows more than the file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from koji_rehearsal.archivetypes import ArchiveType
from koji_rehearsal.builder import Builder
from koji_rehearsal.codec import Codec, CodecError
from koji_rehearsal.composer.jobs import Compose
from koji_rehearsal.composer.request import Order
from koji_rehearsal.encoding import TaskFault
from koji_rehearsal.errors import RehearsalError
from koji_rehearsal.faults import FaultPlan
from koji_rehearsal.hub_content import HubUser
from koji_rehearsal.records import (
    Archive,
    Build,
    Listing,
    Session,
    Tag,
    Tagging,
    Target,
    Task,
    User,
)
from koji_rehearsal.state import State
from koji_rehearsal.steps import (
    Beginning,
    Conclusion,
    FilesDue,
    Offer,
    Start,
    StrayUploads,
    Vacancy,
)
from koji_rehearsal.store import PRIVATE
from pungi_osbuild.imagetypes import ExportedFile, ImageType

FORMAT = "pungi-osbuild rehearsal hub"
VERSION = 4
_ROWS = (Archive, Build, Listing, Session, Tag, Tagging, Target, Task, User)
_PARTS = (ArchiveType, ExportedFile, HubUser, ImageType, TaskFault)
_WORK = (Beginning, Compose, Conclusion, FilesDue, Offer, Order, Start, StrayUploads, Vacancy)


class StateFile:
    """
    Keeps a hub's state in a file. Used under the hub's lock.

    :param path: the file; its folder is made
    """

    def __init__(self, path: Path, state: State, builder: Builder, faults: FaultPlan) -> None:
        self._path = path
        self._faults = faults
        self._state = state
        self._builder = builder
        self._codec = Codec(*_ROWS, *_PARTS, *_WORK)
        self._logins = Codec(*_ROWS, *_PARTS)
        self._saved: Optional[Tuple[Any, ...]] = None
        self.problem: Optional[str] = None
        """Why the state was not saved the last time, or None."""

    def restore(self) -> Optional[float]:
        """
        Restore the hub from the file.

        :returns: the hub's time then; None when there is no such file
        :raises RehearsalError: the file is broken, of another version, or cannot be read
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise self._broken("it cannot be read: %s" % error) from error
        kept = self._kept(text)
        try:
            tables, work, sessions = map(
                self._codec.decode, (kept["tables"], kept["work"], kept["sessions"])
            )
            self._state.restore({**tables, "sessions": sessions})
            self._builder.restore(work)
            self._faults.restore(work["faults"])
            return float(kept["now"])
        except (CodecError, KeyError, TypeError, ValueError) as error:
            raise self._broken("unexpected content: %s" % error) from error

    def _kept(self, text: str) -> Mapping[str, Any]:
        """Return what the file keeps, as it was written and not by anybody else."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._broken("it is not JSON: %s" % error) from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise self._broken("it is not the state of a rehearsal hub")
        if document.get("version") != VERSION:
            raise self._broken(
                "its version is %r, this hub reads version %d" % (document.get("version"), VERSION)
            )
        kept = document.get("kept")
        if not isinstance(kept, dict) or document.get("sha256") != _digest(_compact(kept)):
            raise self._broken("its checksum is wrong")
        return kept

    def _broken(self, why: str) -> RehearsalError:
        return RehearsalError(
            "the state file %s cannot be used: %s" % (self._path, why),
            "Choose another file with --state, or remove this one to start afresh.",
        )

    def save(self, now: float) -> None:
        """
        Write the file, when there is something that it does not hold.

        The last use of a session does not count: a hub that forgets it forgets no call.

        :param now: the hub's time
        """
        tables = self._state.tables()
        sessions: Dict[int, Session] = tables.pop("sessions")
        unused = {
            number: replace(one, callnum=None, update_ts=0.0) for number, one in sessions.items()
        }
        met = self._faults.counts()
        work = {**self._builder.in_progress(), "faults": met, "met": sum(met.values())}
        seen = (_marks(tables), _marks(work), unused)
        if seen == self._saved and self.problem is None:
            return
        most = self._codec.encode({"tables": tables, "work": work})
        rest = '"sessions":%s,"now":%s' % (self._logins.encode(sessions), json.dumps(now))
        self._write("%s,%s}" % (most[:-1], rest))
        self._saved = seen

    def _write(self, body: str) -> None:
        head = '"format":%s,"version":%d,"sha256":"%s"' % (
            json.dumps(FORMAT),
            VERSION,
            _digest(body),
        )
        unfinished = self._path.with_name(self._path.name + ".unfinished")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # It holds the keys of sessions, and what was asked for.
            unfinished.unlink(missing_ok=True)
            unfinished.touch(mode=PRIVATE)
            unfinished.write_text('{%s,"kept":%s}\n' % (head, body), encoding="utf-8")
            unfinished.replace(self._path)
        except OSError as error:
            self.problem = "%s cannot be written: %s" % (self._path, error.strerror or error)
        else:
            self.problem = None


def _marks(values: Mapping[str, Any]) -> Tuple[Any, ...]:
    """
    Return what tells whether something has changed, quicker than writing it.

    A row that changes is another row, and the codec keeps the rows that were written, so that no
    other one can have their identity. Whatever else changes has a counter beside it.
    """
    marks: List[Any] = []
    for value in values.values():
        if not isinstance(value, dict):
            marks.append(len(value) if isinstance(value, (list, set, tuple)) else value)
        elif dataclasses.is_dataclass(next(iter(value.values()), None)):
            marks.append(tuple(map(id, value.values())))
        else:
            marks.append(len(value))
    return tuple(marks)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
