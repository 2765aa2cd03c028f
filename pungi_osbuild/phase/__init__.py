"""The phase."""

from pungi_osbuild.phase.board import Board
from pungi_osbuild.phase.journal import FOLDER as JOURNAL_FOLDER
from pungi_osbuild.phase.journal import read_journal
from pungi_osbuild.phase.lock import RunLock
from pungi_osbuild.phase.progress import Activity, Progress, Stage, Standing
from pungi_osbuild.phase.resume import Rebuild
from pungi_osbuild.phase.retrying import RetryPolicy
from pungi_osbuild.phase.run import RunOptions, run
from pungi_osbuild.phase.status import going_on, last_run, looked_at, looking_hub, status
from pungi_osbuild.phase.watch import PollPolicy

__all__ = [
    "JOURNAL_FOLDER",
    "Activity",
    "Board",
    "PollPolicy",
    "Progress",
    "Rebuild",
    "RetryPolicy",
    "RunLock",
    "RunOptions",
    "Stage",
    "Standing",
    "going_on",
    "last_run",
    "looked_at",
    "looking_hub",
    "read_journal",
    "run",
    "status",
]
