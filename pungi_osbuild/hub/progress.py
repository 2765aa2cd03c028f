"""
Progress of running tasks: their states, and what composer says of each image by now.

koji-osbuild writes ``compose-status.json`` into the task's output anew whenever it has asked
composer, every two seconds (found by experiment with koji-osbuild 12).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Mapping, Sequence, Tuple

from pungi_osbuild.checked import json_struct
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub.tasks import Task, read_tasks
from pungi_osbuild.methods import COMPOSE_STATUS, ImageStates
from pungi_osbuild.model import Arch, Call, Query, Reply

MAX_STATUS = 256 * 1024
"""Bytes of a compose-status.json that are read: there are some hundred for each arch."""

LONGEST_WORD = 20
"""Characters of a state that are shown; composer's own are shorter."""

RunningTask = Tuple[int, Tuple[Arch, ...]]
"""A running task, and its arches in order."""


@dataclass(frozen=True)
class PolledProgress:
    """
    The states of tasks and of their images.

    :param tasks: one that the hub does not know is left out
    :param images: by task; none of a task that has reported nothing yet
    """

    tasks: Tuple[Task, ...]
    images: Mapping[int, ImageStates]


def poll_progress(running: Sequence[RunningTask]) -> Query[PolledProgress]:
    """
    Return the states of tasks and of their images. A query of one turn.

    :raises HubFaultError: the hub does not tell the tasks' states
    :raises ReplyError: it does not tell them as it should
    """
    if not running:
        return PolledProgress((), {})
    size = (("offset", 0), ("size", MAX_STATUS))
    reply, *replies = yield [
        Call("getTaskInfo", ([task_id for task_id, _ in running],)),
        *(Call("downloadTaskOutput", (task_id, COMPOSE_STATUS), size) for task_id, _ in running),
    ]
    images = {
        task_id: _states(answer, arches) for (task_id, arches), answer in zip(running, replies)
    }
    reported = {task_id: states for task_id, states in images.items() if states}
    return PolledProgress(read_tasks(reply.get(), [task_id for task_id, _ in running]), reported)


def _states(reply: Reply, arches: Tuple[Arch, ...]) -> ImageStates:
    """Return the states in a file that may not be there yet, or be half written."""
    if reply.fault is not None or not isinstance(reply.value, str):
        return ()
    try:
        status = json_struct(base64.b64decode(reply.value), COMPOSE_STATUS)
        words = [image.text_or_none("status") or "" for image in status.structs("image_statuses")]
    except (ReplyError, ValueError):
        return ()
    return tuple((arch, word) for arch, word in zip(arches, words) if _is_word(word))


def _is_word(text: str) -> bool:
    return text.isascii() and text.isalpha() and len(text) <= LONGEST_WORD
