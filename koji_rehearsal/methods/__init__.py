"""The hub's methods, a module for each kind of thing; importing this fills the registry."""

from koji_rehearsal.methods import (
    archives,
    builds,
    hosts,
    inheritance,
    people,
    sessions,
    submission,
    tags,
    targets,
    tasklist,
    taskoutput,
    tasks,
)
from koji_rehearsal.rpc import METHODS

__all__ = [
    "METHODS",
    "archives",
    "builds",
    "hosts",
    "inheritance",
    "people",
    "sessions",
    "submission",
    "tags",
    "targets",
    "tasklist",
    "taskoutput",
    "tasks",
]
