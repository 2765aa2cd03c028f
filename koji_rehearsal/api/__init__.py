"""The calls of Koji's API, a module for each kind of thing; importing this fills the registry."""

from koji_rehearsal.api import (
    builds,
    sessions,
    submission,
    tags,
    targets,
    tasks,
    users_and_hosts,
)
from koji_rehearsal.api_registry import API

__all__ = [
    "API",
    "builds",
    "sessions",
    "submission",
    "tags",
    "targets",
    "tasks",
    "users_and_hosts",
]
