"""
What composer answers to the builder when something goes wrong, in the builder plugin's words.

It can go wrong when the builder hands composer a request, before composer has taken it or after;
when the builder first asks how it goes; and later. Each leaves something else behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Mapping, Optional, Tuple

from koji_rehearsal.composer import errors
from koji_rehearsal.composer.errors import Refusal
from koji_rehearsal.composer.request import Order
from koji_rehearsal.encoding import FOREIGN, GenericError, TaskFault, as_fault
from koji_rehearsal.errorpages import error_page
from koji_rehearsal.faults import Fault, FaultKind, FaultPlan
from koji_rehearsal.hub_content import HubContent

_NOT_CREATED = "Failed to create the compose request: %s"
_NO_STATUS = "Failed to get the compose status: %s"
_UNREACHABLE = "requests.exceptions.ConnectionError"
_REFUSED = "%s: Max retries exceeded (Caused by NewConnectionError: Connection refused)"
_RESET = "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))"
NONE = "none"
"""Asked for where composer is to give no answer at all."""


@dataclass(frozen=True)
class Answer:
    """
    Composer's answer to a request that the builder takes for a failure.

    :param fault: what the task fails with
    :param goes_on: composer has taken the request all the same, and builds
    :param reserves: composer has queued koji-init, so that the N-V-R is reserved for ever
    :param stray: arches that composer builds, and uploads, but never imports
    """

    fault: TaskFault
    goes_on: bool = False
    reserves: bool = False
    stray: Tuple[str, ...] = ()


_Refusals = Mapping[int, Callable[[Order, str], Refusal]]
_REFUSALS: _Refusals = {
    4: lambda _order, _arch: errors.UNSUPPORTED_DISTRIBUTION,
    5: lambda _order, _arch: errors.UNSUPPORTED_ARCH,
    6: lambda _order, _arch: errors.UNSUPPORTED_IMAGE_TYPE,
    30: lambda _order, _arch: errors.bad_hostname(5),
    errors.MANIFEST_REFUSED: lambda order, arch: errors.no_swap(
        order.image_type, order.distro, arch
    ),
}
"""Composer's refusals that can be asked for, by code."""


class ComposerAnswers:
    """
    Says how composer answers an order's builder.

    :param address: composer's
    :param version: composer's
    """

    def __init__(self, faults: FaultPlan, content: HubContent, address: str, version: int) -> None:
        self._faults = faults
        self._content = content
        self._address = address
        self._version = version

    def to_request(self, order: Order) -> Optional[Answer]:
        """Return the answer to a request that does not go well; None: composer has taken it."""
        if self._met(FaultKind.COMPOSER_DOWN, order):
            return Answer(traceback_of(_UNREACHABLE, _REFUSED % self._address))
        if self._met(FaultKind.COMPOSER_ERROR, order):
            return Answer(_fault(_NOT_CREATED, _page(FaultKind.HTTP_503)))
        if self._met(FaultKind.COMPOSER_FULL, order):
            return self._refused(order, errors.QUEUE_FULL)
        is_listed = any(entry.name == order.image_type for entry in self._content.image_types)
        refusal = order.refusal(self._version, is_listed)
        if refusal is not None:
            return self._refused(order, refusal)
        asked = self._met(FaultKind.COMPOSER_REFUSES, order)
        if asked is not None:
            return self._as_asked(order, asked)
        if self._met(FaultKind.COMPOSER_TIMEOUT, order):
            return Answer(_fault(_NOT_CREATED, _page(FaultKind.HTTP_504)), goes_on=True)
        if self._met(FaultKind.COMPOSER_RESET, order):
            return Answer(traceback_of(_UNREACHABLE, _RESET), goes_on=True)
        return None

    def _as_asked(self, order: Order, fault: Fault) -> Answer:
        """Refuse a request as a fault wants it: what comes before the arch it is of is queued."""
        code = int(fault.option("code"))
        number = next(
            number
            for number, arch in enumerate(order.arches)
            if fault.is_about(order.subject(arch))
        )
        refused = self._refused(order, _REFUSALS[code](order, order.arches[number]))
        if code != errors.MANIFEST_REFUSED:
            return refused
        return Answer(refused.fault, reserves=True, stray=order.arches[:number])

    def _refused(self, order: Order, refusal: Refusal) -> Answer:
        key = "%d %s" % (order.task_id, order.nvr)
        return Answer(_fault(_NOT_CREATED, refusal.body(key)))

    def to_first_question(self, order: Order) -> Optional[TaskFault]:
        """Return what the task fails with when the builder first asks; None: it is told."""
        return self._to_question(FaultKind.COMPOSER_LOST, order)

    def to_later_question(self, order: Order) -> Optional[TaskFault]:
        """Return what the task fails with when the builder asks again; None: it is told."""
        return self._to_question(FaultKind.COMPOSER_LOST_LATER, order)

    def _to_question(self, kind: FaultKind, order: Order) -> Optional[TaskFault]:
        fault = self._met(kind, order)
        if fault is None:
            return None
        if fault.option("answer") == NONE:
            return traceback_of(_UNREACHABLE, _REFUSED % self._address)
        return _fault(_NO_STATUS, _page(FaultKind.HTTP_503))

    def _met(self, kind: FaultKind, order: Order) -> Optional[Fault]:
        return self._faults.image(kind, order.subject(), order.attempt)


def _fault(words: str, said: str) -> TaskFault:
    return as_fault(GenericError(words % said))


def _page(kind: FaultKind) -> str:
    """Return what composer's proxy answers when composer cannot, and the builder quotes."""
    return error_page(kind).body.decode().strip()


def traceback_of(called: str, said: str) -> TaskFault:
    """
    Return the fault of an exception that is not Koji's: a traceback.

    :param called: the exception's class, as the builder would see it
    """
    where = '  File "/usr/lib/koji-builder-plugins/osbuild.py", line 112, in as_dict\n'
    return TaskFault(
        FOREIGN, "Traceback (most recent call last):\n%s%s: %s\n" % (where, called, said)
    )
