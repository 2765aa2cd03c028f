"""
The hub's web pages: tasks and builds, at the addresses that the ``koji`` command prints. Every page
says that this is a rehearsal.

Everything in a task was written by a client: Jinja2 escapes all of it, and the pages carry a policy
that lets a browser run no script and load nothing.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from http import HTTPStatus
from pathlib import Path
from typing import Any, Callable, Dict, Generic, Mapping, Optional, Sequence, Tuple, TypeVar
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from koji_rehearsal.api_registry import HubContext
from koji_rehearsal.dispatch import Dispatcher
from koji_rehearsal.page_values import (
    BuildLine,
    TaskLine,
    build_line,
    build_view,
    task_line,
    task_view,
)

WEB_PATH = "/koji"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
ROWS = 100
"""Of a list on one page."""

HIDING = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that cannot be seen, but change what is: controls and formats."""

REFRESH = 5
"""Seconds after which a page with something unfinished reloads."""

_Line = TypeVar("_Line", TaskLine, BuildLine)


@dataclass(frozen=True)
class Page:
    """
    An answer to a browser.

    :param location: where to look instead
    """

    status: HTTPStatus
    body: bytes = b""
    location: Optional[str] = None


@dataclass(frozen=True)
class ListPage(Generic[_Line]):
    """
    A page of a long list, newest first.

    :param newer: where the page before begins; None: there is none
    :param older: where the next one begins
    """

    rows: Tuple[_Line, ...]
    newer: Optional[int]
    older: Optional[int]


class Pages:
    """
    Answers browsers.

    :param server: the hub's address, to show
    """

    def __init__(self, dispatcher: Dispatcher, server: str) -> None:
        self._dispatcher = dispatcher
        self._server = server
        self._templates = _environment()
        self._views: Mapping[str, Callable[[Mapping[str, str]], Page]] = {
            "": self._tasks,
            "/tasks": self._tasks,
            "/tasks/all": self._all_tasks,
            "/builds": self._builds,
            "/taskinfo": self._task,
            "/buildinfo": self._build,
        }

    def answer(self, path: str, query: str) -> Optional[Page]:
        """
        Return the page of an address, or None when it is not a page's.

        :param path: decoded
        :param query: what stands behind the question mark, as it is
        """
        if path == "/":
            return Page(HTTPStatus.FOUND, location=WEB_PATH + "/")
        if path != WEB_PATH and not path.startswith(WEB_PATH + "/"):
            return None
        view = self._views.get(path[len(WEB_PATH) :].rstrip("/"))
        if view is None:
            return self._missing("There is no such page.")
        try:
            return view({name: values[-1] for name, values in parse_qs(query).items()})
        except Exception as error:
            # A broken connection would look as if the hub were down.
            page = self._missing("BUG: this page cannot be shown: %s" % type(error).__name__)
            return Page(HTTPStatus.INTERNAL_SERVER_ERROR, page.body)

    def _tasks(self, asked: Mapping[str, str]) -> Page:
        """Show the tasks that somebody submitted: many images would bring as many subtasks."""
        return self._task_list(asked, subtasks=False)

    def _all_tasks(self, asked: Mapping[str, str]) -> Page:
        return self._task_list(asked, subtasks=True)

    def _task_list(self, asked: Mapping[str, str], subtasks: bool) -> Page:
        def read(context: HubContext, now: float) -> Tuple[float, ListPage[TaskLine], int]:
            tasks = list(reversed(context.state.tasks.values()))
            shown = tasks if subtasks else [task for task in tasks if task.parent is None]
            listed = _list_page(shown, asked, lambda task: task_line(context, task, now))
            return now, listed, len(tasks) - len(shown)

        now, listed, hidden = self._dispatcher.read(read)
        running = any(line.state in ("FREE", "ASSIGNED", "OPEN") for line in listed.rows)
        values = {"page": listed, "hidden": hidden, "subtasks": subtasks}
        return self._page("tasks.html", now, running, values)

    def _builds(self, asked: Mapping[str, str]) -> Page:
        def read(context: HubContext, now: float) -> Tuple[float, ListPage[BuildLine]]:
            builds = list(reversed(context.state.builds.values()))
            return now, _list_page(builds, asked, build_line)

        now, listed = self._dispatcher.read(read)
        running = any(line.state == "BUILDING" for line in listed.rows)
        return self._page("builds.html", now, running, {"page": listed})

    def _task(self, asked: Mapping[str, str]) -> Page:
        number = _number(asked.get("taskID"))

        def read(context: HubContext, now: float) -> Tuple[float, Any]:
            task = context.state.tasks.get(number)
            return now, None if task is None else task_view(context, task, now)

        now, view = self._dispatcher.read(read)
        if view is None:
            return self._missing("There is no such task.")
        return self._page("task.html", now, view.ended is None, _parts(view))

    def _build(self, asked: Mapping[str, str]) -> Page:
        number = _number(asked.get("buildID"))

        def read(context: HubContext, now: float) -> Tuple[float, Any]:
            build = context.state.builds.get(number)
            return now, None if build is None else build_view(context, build)

        now, view = self._dispatcher.read(read)
        if view is None:
            return self._missing("There is no such build.")
        return self._page("build.html", now, view.build.state == "BUILDING", _parts(view))

    def _missing(self, reason: str) -> Page:
        now = self._dispatcher.read(lambda _context, now: now)
        page = self._page("missing.html", now, False, {"reason": reason})
        return Page(HTTPStatus.NOT_FOUND, page.body)

    def _page(self, name: str, now: float, again: bool, values: Mapping[str, Any]) -> Page:
        text = self._templates.get_template(name).render(
            {**values, "now": now, "server": self._server, "again": REFRESH if again else None}
        )
        return Page(HTTPStatus.OK, text.encode("utf-8", "replace"))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
    )
    environment.filters.update(time=_time, took=_took)
    return environment


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _took(seconds: Optional[float]) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return "%.1f s" % seconds
    minutes, rest = divmod(round(seconds), 60)
    return "%d min %02d s" % (minutes, rest)


def _shown(value: Any) -> Any:
    """Return a text in which nothing is invisible."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return "".join(map(_visible, value))


def _visible(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in HIDING:
        return character
    return character.encode("unicode_escape").decode("ascii")


def _parts(view: Any) -> Dict[str, Any]:
    """Return the fields of a view by name, as they are."""
    return {one.name: getattr(view, one.name) for one in fields(view)}


def _number(text: Optional[str]) -> int:
    """Return an id; 0, which nothing has, for what is none."""
    # Longer ones are no ids, and Python reads them slowly.
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def _list_page(
    rows: Sequence[Any], asked: Mapping[str, str], line: Callable[[Any], _Line]
) -> ListPage[_Line]:
    start = _number(asked.get("start"))
    end = start + ROWS
    return ListPage(
        tuple(map(line, rows[start:end])),
        None if start == 0 else max(0, start - ROWS),
        end if end < len(rows) else None,
    )
