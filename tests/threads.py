"""The threads of one test: one that a test before it made to hang may still be there, or end."""

from __future__ import annotations

import threading
from typing import AbstractSet, List

from kobo.threads import WorkerThread


def threads_now() -> AbstractSet[threading.Thread]:
    """Return all that there are."""
    return set(threading.enumerate())


def workers_since(before: AbstractSet[threading.Thread]) -> List[threading.Thread]:
    """Return kobo's threads that there were not before."""
    return [thread for thread in threads_now() - before if isinstance(thread, WorkerThread)]
