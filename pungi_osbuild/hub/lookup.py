"""
Looking up the task of a submission whose answer was lost.

The hub does not know whose words a task came from, so a task is told by its arguments, and by being
younger than the intent to submit it. Age is told by task ids, which Koji takes from one sequence:
clocks differ, and a task of the same arguments may be seconds older.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import AbstractSet, Any, Callable, Dict, List, Mapping, Sequence

from pungi_osbuild.checked import Struct, unusable_reply
from pungi_osbuild.clock import Clock
from pungi_osbuild.hub.session import Hub
from pungi_osbuild.hub.tasks import own_tasks
from pungi_osbuild.methods import digest_of
from pungi_osbuild.timing import LOST_SUBMISSIONS

logger = logging.getLogger(__name__)

PAGE = 50
"""Tasks asked for at once, with their arguments: those of a run, or less."""

MAX_PAGES = 200
"""Pages looked at: ten thousand image tasks of one user since the intent are somebody else's."""


@dataclass(frozen=True)
class LostSubmission:
    """
    A submission whose answer was lost.

    :param key: what the caller calls it by
    :param method: that it was submitted by
    :param sent: the digest of its arguments (:func:`~pungi_osbuild.methods.sent_digest`)
    :param after: the id of a task from before the intent to submit it: the newest one then, or a
        later one that is known to be another's
    """

    key: int
    method: str
    sent: str
    after: int


def await_submitted(
    hub: Hub,
    user_id: int,
    sought: Sequence[LostSubmission],
    clock: Clock,
    check: Callable[[], None],
    known: AbstractSet[int] = frozenset(),
) -> Dict[int, int]:
    """
    Return the tasks that have come of some submissions, once none can come any more.

    Whoever sent a submission may be gone, and a proxy or the hub's web server still hold it. So
    the hub is asked until every task is there, or for as long as a call may take. That time begins
    now: when exactly the submission was sent is not known, and clocks are stepped.

    :param check: called each second; may raise to end the waiting
    :param known: tasks that are none of these
    :returns: as :func:`find_submitted`, and it raises the same
    """
    found = find_submitted(hub, user_id, sought, known)
    retries = replace(LOST_SUBMISSIONS, limit=hub.timeout)
    if len(found) < len(sought):
        logger.info(
            "submissions that may still be on their way to the hub: %d; looking for up to %g s",
            *(len(sought) - len(found), retries.limit),
        )
    tries, waited = 1, 0.0
    while len(found) < len(sought) and retries.should_retry(tries, waited):
        pause = retries.sleep_time(tries, waited)
        clock.sleep_in_slices(pause, check)
        tries, waited = tries + 1, waited + pause
        found = find_submitted(hub, user_id, sought, known)
    return found


def find_submitted(
    hub: Hub, user_id: int, sought: Sequence[LostSubmission], known: AbstractSet[int] = frozenset()
) -> Dict[int, int]:
    """
    Return the tasks that have come of some submissions by now.

    One request to the hub for each method and ``PAGE`` tasks of it and the user since the first of
    them.

    :param user_id: who has submitted them
    :param known: tasks that are none of these
    :returns: task ids by key; of several tasks with the same arguments the oldest
    :raises HubFaultError: the hub refused the call
    :raises HubError: the hub could not be reached
    :raises ReplyError: the reply does not look as it should
    """
    found: Dict[int, int] = {}
    for method in dict.fromkeys(one.method for one in sought):
        these = [one for one in sought if one.method == method]
        found.update(_find(hub, user_id, method, these, known))
    return found


def _find(
    hub: Hub, user_id: int, method: str, sought: Sequence[LostSubmission], known: AbstractSet[int]
) -> Dict[int, int]:
    """Return the tasks that have come of submissions by one method."""
    found: Dict[int, int] = {}
    for task in _younger_tasks(hub, user_id, method, min(one.after for one in sought)):
        arguments, task_id = task.raw("request"), task.integer("id")
        if not isinstance(arguments, (list, tuple)):
            # Whatever it is, it is none of ours: all that is submitted here has arguments.
            continue
        sent = digest_of(method, arguments)
        for one in sought:
            if one.sent == sent and one.after < task_id and task_id not in known:
                found[one.key] = task_id
    return found


def _younger_tasks(hub: Hub, user_id: int, method: str, after: int) -> List[Struct]:
    """Return a user's tasks of a method that are younger than a task, the newest first."""
    opts: Mapping[str, Any] = {"owner": user_id, "method": method, "decode": True}
    found: List[Struct] = []
    for _ in range(MAX_PAGES):
        # A task that comes between two pages shifts the second: one may be there twice.
        query = {"limit": PAGE, "offset": len(found), "order": "-id"}
        page = own_tasks(hub.call("listTasks", opts, query), user_id, method, PAGE)
        found.extend(page)
        if len(page) < PAGE or page[-1].integer("id") <= after:
            return [task for task in found if task.integer("id") > after]
    raise unusable_reply("listTasks", "fewer than %d tasks" % (PAGE * MAX_PAGES), len(found))
