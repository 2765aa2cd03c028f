"""
What the builder says of a task that failed: how far it came with osbuild-composer.

The words are those of koji-osbuild 12, recorded with kojihub 1.35.3: a refusal is a GenericError
that quotes composer's answer, an exception of another library is a fault with a traceback.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Optional

from pungi_osbuild.methods.errorbody import ErrorBody, read_error_body
from pungi_osbuild.model import HubFaultError


class Step(Enum):
    """What the builder was at when the task failed."""

    PREPARING = "before it asked composer"
    CREATING = "asking composer to take the request"
    WATCHING = "asking about a compose that composer has taken"
    ENDED = "composer has ended"
    UNKNOWN = "nobody says"


_ANSWERED = re.compile(
    r"Failed to (create the compose request|get the compose \w+)\s*:?\s*(.*)", re.DOTALL
)
_ENDED = "Compose failed (id: "
_PREPARING = re.compile(
    r"No such build target|Unknown build target|Unsupported architecture|Missing arches for tag"
    r"|Unable to increment release|^(KeyError|ValueError: Invalid placeholder)\b"
)
_CREATING = re.compile(r"\bin compose_create\b|url: \S*/v\d+/compose\b(?!s)")
_WATCHING = re.compile(r"\bin (compose_(status|logs|manifests)|wait_for_compose)\b|/composes/")
_CONNECTION = re.compile(r"\b(requests|urllib3)\.exceptions\.|\bConnection\w*Error\b|Timeout\b")
_UNSENT = re.compile(
    r"NewConnectionError|ConnectTimeout|NameResolutionError|Failed to establish a new connection"
    r"|\[Errno (111|-2|-3)\]"
)
_CAUSE = re.compile(
    r"(?:\[Errno -?\d+\] )([^'\")]+)|(too many \d+ error responses)|(Read timed out)"
)
"""What matters of the line that requests writes, which names objects and their addresses."""


@dataclass(frozen=True)
class TaskFault:
    """
    Why a task failed, as the builder says it.

    :param said: one sentence
    :param answer: what composer, or a proxy before it, answered; None: nothing
    :param was_sent: False: there was no connection to send the request on
    """

    said: str
    step: Step = Step.UNKNOWN
    answer: Optional[ErrorBody] = None
    was_sent: bool = True


def read_task_fault(fault: HubFaultError) -> TaskFault:
    """Return what a failed task's fault says."""
    answered = _ANSWERED.search(fault.text)
    if answered is not None:
        return _of_answer(answered.group(1), read_error_body(answered.group(2)))
    said = fault.reason
    if _ENDED in said:
        return TaskFault(said, Step.ENDED)
    step = _step(fault.text)
    if _CONNECTION.search(said):
        unsent = bool(_UNSENT.search(said))
        cause = _CAUSE.search(said)
        if cause is not None:
            said = cause.group(cause.lastindex or 0)
            said = "the builder could not reach osbuild-composer: %s" % said
        return TaskFault(said, step, was_sent=not unsent)
    if step is Step.UNKNOWN and _PREPARING.search(said):
        step = Step.PREPARING
    return TaskFault(said, step)


def _of_answer(what: str, answer: ErrorBody) -> TaskFault:
    is_request = what.startswith("create")
    if is_request and answer.code is not None:
        crashed = answer.details.startswith("runtime error:")
        did = "crashed on" if crashed else "refused"
        said = "osbuild-composer %s the request: %s" % (did, answer.sentence)
    else:
        said = "Failed to %s: %s" % (what, answer.sentence)
    return TaskFault(said, Step.CREATING if is_request else Step.WATCHING, answer)


def _step(text: str) -> Step:
    """Return what a traceback was at."""
    if _WATCHING.search(text):
        return Step.WATCHING
    return Step.CREATING if _CREATING.search(text) else Step.UNKNOWN
