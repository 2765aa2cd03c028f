"""
The state of the last run on a compose, for another process: from its journal, and from the hub.

Nothing is written or locked, so the run is not affected. The hub is asked without a login.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

from pungi_osbuild.errors import InputError, ReplyError
from pungi_osbuild.hub import Hub, HubFaultError, Profile, Query, execute_all, look_up
from pungi_osbuild.methods import ImageStates
from pungi_osbuild.run.events import Ending
from pungi_osbuild.run.history import RunEntry
from pungi_osbuild.run.journal import FOLDER, read_journal
from pungi_osbuild.run.lock import NAME as LOCK
from pungi_osbuild.run.lock import Holder
from pungi_osbuild.run.progress import (
    STAGE_OF,
    Activity,
    Progress,
    RequestStatus,
    Stage,
    as_it_goes_on,
    poll_progress,
    status_of,
)
from pungi_osbuild.run.watch import TURN

_ENDINGS: Dict[Ending, Activity] = {
    Ending.FINISHED: Activity.FINISHED,
    Ending.INTERRUPTED: Activity.INTERRUPTED,
    Ending.BROKEN: Activity.BROKEN,
}


def last_run(topdir: Path) -> RunEntry:
    """
    Return the run that was last on a compose.

    :raises InputError: there was none, or its journal cannot be read
    """
    runs = read_journal(topdir).runs
    if not runs:
        raise _no_run(topdir)
    return runs[-1]


def status(topdir: Path) -> Progress:
    """
    Return the state of the last run on a compose when its journal was last written to.

    :raises InputError: there was none, or its journal cannot be read
    """
    history = read_journal(topdir)
    if not history.runs:
        raise _no_run(topdir)
    run = history.runs[-1]
    activity = _activity(run, topdir / FOLDER / LOCK)
    return Progress(
        compose_id=run.compose or "",
        # Not the host's clock: these are the hub's times, and may be another host's, too.
        now=max((one.changed for one in history.submissions), default=0.0),
        statuses=tuple(status_of(job, activity.is_over) for job in history.jobs),
        activity=activity,
        who="pid %d on %s" % (run.pid, run.host),
        is_hub_gone=history.is_hub_gone and activity.is_over,
    )


def _no_run(topdir: Path) -> InputError:
    return InputError(
        "no run has been on %s: there is no journal in %s" % (topdir, topdir / FOLDER),
        "Name the folder of a compose that `pungi-osbuild run` or pungi-koji has worked on.",
    )


def _activity(run: RunEntry, lock: Path) -> Activity:
    if run.ending is not None:
        return _ENDINGS[run.ending]
    try:
        holder = Holder.read(lock)
    except OSError:
        return Activity.KILLED
    if holder is None:
        return Activity.ELSEWHERE
    me = Holder.me()
    if (holder.host, holder.namespace) != (me.host, me.namespace):
        return Activity.ELSEWHERE
    return Activity.KILLED if holder.is_gone() else Activity.RUNNING


@contextmanager
def anonymous_hub(profile: Profile) -> Iterator[Hub]:
    """
    Give a hub without a login: what is asked here needs none.

    :raises HubError: it cannot be reached
    """
    with Hub(replace(profile, authtype="noauth", user=None, password=None)) as hub:
        yield hub


def refreshed(hub: Hub, progress: Progress) -> Progress:
    """
    Return the same as the hub has it now: its time, the states of tasks and of their images.

    What it refuses to tell stays as it was.

    :raises HubError: it cannot be reached
    """
    running = [one for one in progress.statuses if one.stage.is_running and one.task_id]
    ids = [one.task_id for one in running if one.task_id is not None]
    stages: Dict[int, Stage] = {}
    images: Dict[int, ImageStates] = {}

    def states(part: Sequence[int]) -> Query[None]:
        for task in (yield from look_up(part)):
            stages[task.id] = as_it_goes_on(STAGE_OF[task.state], progress.activity.is_over)

    def progress_of(one: RequestStatus) -> Query[None]:
        images.update([(yield from poll_progress(one))])

    parts = [ids[start : start + TURN] for start in range(0, len(ids), TURN)]
    for end in execute_all(hub, [*map(states, parts), *map(progress_of, running)]):
        if isinstance(end, Exception) and not isinstance(end, (HubFaultError, ReplyError)):
            raise end
    found: List[RequestStatus] = []
    for one in progress.statuses:
        is_known = one.stage.is_running and one.task_id in stages
        found.append(_updated(one, stages, images) if is_known else one)
    now = hub.time.not_before(progress.now)
    return replace(progress, now=now, statuses=tuple(found))


def _updated(
    one: RequestStatus, stages: Dict[int, Stage], images: Dict[int, ImageStates]
) -> RequestStatus:
    assert one.task_id is not None
    return replace(one, stage=stages[one.task_id], images=images.get(one.task_id, ()))


def tasks_in_progress(progress: Progress) -> Tuple[int, ...]:
    """Return the tasks that are in progress in Koji, as far as is known."""
    if progress.is_hub_gone:
        return ()
    running = (one.task_id for one in progress.statuses if one.stage.is_running)
    return tuple(sorted(task_id for task_id in running if task_id is not None))
