"""A run: submit, watch, collect, record; the journal, and the state of a run."""

from pungi_osbuild.run.events import (
    Event,
    OutcomeReached,
    SubmissionIntended,
    TaskResumed,
    TaskSubmitted,
)
from pungi_osbuild.run.job import Job
from pungi_osbuild.run.journal import FOLDER as JOURNAL_FOLDER
from pungi_osbuild.run.journal import read_journal
from pungi_osbuild.run.lock import RunLock
from pungi_osbuild.run.policy import Rebuild
from pungi_osbuild.run.progress import Activity, Progress, RequestStatus, Stage
from pungi_osbuild.run.progress_tracker import ProgressTracker
from pungi_osbuild.run.record import check_recording, check_writable, expected_images
from pungi_osbuild.run.resume import check_hub, may_be_submitted
from pungi_osbuild.run.run import RunOptions, run
from pungi_osbuild.run.status import anonymous_hub, last_run, refreshed, status, tasks_in_progress
from pungi_osbuild.run.workers import Background, Inbox, Workers, WorkerThread

__all__ = [
    "JOURNAL_FOLDER",
    "Activity",
    "Background",
    "Event",
    "Inbox",
    "Job",
    "OutcomeReached",
    "Progress",
    "ProgressTracker",
    "Rebuild",
    "RequestStatus",
    "RunLock",
    "RunOptions",
    "Stage",
    "SubmissionIntended",
    "TaskResumed",
    "TaskSubmitted",
    "WorkerThread",
    "Workers",
    "anonymous_hub",
    "check_hub",
    "check_recording",
    "check_writable",
    "expected_images",
    "last_run",
    "may_be_submitted",
    "read_journal",
    "refreshed",
    "run",
    "status",
    "tasks_in_progress",
]
