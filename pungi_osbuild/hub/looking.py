"""
Looking at tasks that run: their states, and what composer says of each image by now.

koji-osbuild writes ``compose-status.json`` into the task's output anew whenever it has asked
composer, every two seconds (found by experiment with koji-osbuild 12).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Mapping, Sequence, Tuple

from pungi_osbuild.checked import json_struct
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub.talks import Talk
from pungi_osbuild.hub.tasks import Task, read_tasks
from pungi_osbuild.methods import COMPOSE_STATUS, ImageStates
from pungi_osbuild.model import Arch, Call, Reply

MAX_STATUS = 256 * 1024
"""Bytes of a compose-status.json that are read: they have some hundred for each arch."""

LONGEST_WORD = 20
"""Characters of a state that are shown; composer's own are shorter."""

Running = Tuple[int, Tuple[Arch, ...]]
"""A task that runs, and its arches in order."""


@dataclass(frozen=True)
class Look:
    """
    What was seen of tasks.

    :param tasks: one that the hub does not know is left out
    :param images: by task; none of a task that has told nothing yet
    """

    tasks: Tuple[Task, ...]
    images: Mapping[int, ImageStates]


def look_at(running: Sequence[Running]) -> Talk[Look]:
    """
    Return the states of tasks and of their images. A talk of one turn.

    :raises HubFaultError: the hub does not tell the tasks' states
    :raises ReplyError: it does not tell them as it should
    """
    if not running:
        return Look((), {})
    size = (("offset", 0), ("size", MAX_STATUS))
    reply, *replies = yield [
        Call("getTaskInfo", ([task_id for task_id, _ in running],)),
        *(Call("downloadTaskOutput", (task_id, COMPOSE_STATUS), size) for task_id, _ in running),
    ]
    images = {task_id: _states(told, arches) for (task_id, arches), told in zip(running, replies)}
    told_of = {task_id: states for task_id, states in images.items() if states}
    return Look(read_tasks(reply.get(), [task_id for task_id, _ in running]), told_of)


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
