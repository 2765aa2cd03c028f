"""
What composer answers to the builder when something goes wrong, in the builder plugin's words.

It can go wrong when the builder hands composer a request, before composer has taken it or after;
when the builder first asks how it goes; and later. Each leaves something else behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from koji_rehearsal.composer import checks, cloudapi, errors
from koji_rehearsal.composer.errors import Refusal
from koji_rehearsal.composer.request import Order
from koji_rehearsal.composer.table import Table
from koji_rehearsal.encoding import FOREIGN, GenericError, TaskFault, as_fault
from koji_rehearsal.errorpages import error_page
from koji_rehearsal.faults import Fault, FaultKind, FaultPlan

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


_SWAP = (
    'blueprint validation failed for image type "qcow2": customizations.disk: swap partition'
    " creation is not supported on %s %s"
)
"""What composer says of a partition that RHEL 8 cannot have on aarch64."""


def _refusal_of(code: int, order: Order, number: int) -> Refusal:
    """
    Return a refusal that is asked for by its code.

    :param number: of the image request that it is of
    """
    if code == errors.SCHEMA:
        request = {**order.request(""), "customizations": {"hostname": 5}}
        return Refusal(code, cloudapi.refused(request))
    if code == errors.MANIFEST:
        return Refusal(code, _SWAP % (order.distro, order.arches[number]), number)
    return Refusal(code)


class ComposerAnswers:
    """
    Says how composer answers an order's builder.

    :param table: what composer builds
    :param address: composer's
    :param server: the hub's address, which the builder tells composer
    """

    def __init__(self, faults: FaultPlan, table: Table, address: str, server: str) -> None:
        self._faults = faults
        self._table = table
        self._address = address
        self._server = server

    def to_request(self, order: Order) -> Optional[Answer]:
        """Return the answer to a request that does not go well; None: composer has taken it."""
        if self._met(FaultKind.COMPOSER_DOWN, order):
            return Answer(traceback_of(_UNREACHABLE, _REFUSED % self._address))
        if self._met(FaultKind.COMPOSER_ERROR, order):
            return Answer(_fault(_NOT_CREATED, _page(FaultKind.HTTP_503)))
        if self._met(FaultKind.COMPOSER_FULL, order):
            return self._refused(order, errors.QUEUE_FULL)
        refusal = checks.refusal(order.request(self._server), self._table)
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
        return self._refused(order, _refusal_of(code, order, number))

    def _refused(self, order: Order, refusal: Refusal) -> Answer:
        """Return the answer of a refusal: what composer has queued before, it works on."""
        fault = _fault(_NOT_CREATED, refusal.body("%d %s" % (order.task_id, order.nvr)))
        queued = refusal.queued
        return Answer(fault, reserves=queued is not None, stray=order.arches[: queued or 0])

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
