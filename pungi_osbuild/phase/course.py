"""The course of a run: from the first submission to the last image in its place."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Tuple, Union

from pungi_osbuild.errors import HubError, PungiOsbuildError
from pungi_osbuild.hub import Hub, HubFaultError, fault_text, submit
from pungi_osbuild.model import ComposeIdentity, ImageRequest, Outcome
from pungi_osbuild.phase.collect import Collector, Submitted, Work, failed, refused
from pungi_osbuild.phase.journal import Journal
from pungi_osbuild.phase.releases import Registry, allocate
from pungi_osbuild.phase.watch import Watcher
from pungi_osbuild.phase.workers import Workers
from pungi_osbuild.stop import StopFlag

logger = logging.getLogger(__name__)

SUBMITTERS = 3
COLLECTORS = 4
MAX_ATTEMPTS = 5
"""Submissions of one request whose allocated release is taken by others again and again."""


class Course:
    """
    What happens between the first submission and the last image in its place.

    :param registry: the N-V-Rs that the hub knows
    :param identity: of the compose
    """

    def __init__(
        self,
        hub: Hub,
        registry: Registry,
        identity: ComposeIdentity,
        journal: Journal,
        watcher: Watcher,
        collector: Collector,
        stop: StopFlag,
    ) -> None:
        self._hub = hub
        self._registry = registry
        self._identity = identity
        self._journal = journal
        self._watcher = watcher
        self._collector = collector
        self._stop = stop
        self._submitted: Dict[int, Submitted] = {}
        self._outcomes: Dict[int, Outcome] = {}
        self._lost: Optional[HubError] = None

    @property
    def unfinished(self) -> List[Submitted]:
        """What was submitted and has no outcome; of several attempts the last one."""
        latest = {submitted.request.number: submitted for submitted in self._submitted.values()}
        return [latest[number] for number in latest if number not in self._outcomes]

    def outcomes(self, requests: Sequence[ImageRequest]) -> Tuple[Outcome, ...]:
        """Return what became of each request that was submitted or refused, in their order."""
        found = {submitted.request.number: _unfinished(submitted) for submitted in self.unfinished}
        found.update(self._outcomes)
        return tuple(found[request.number] for request in requests if request.number in found)

    def go(self, requests: Sequence[ImageRequest]) -> None:
        """
        Submit all requests, and go on until there is an outcome for each.

        :raises HubError: the hub could not be reached while something was submitted or collected;
            there is an outcome for each request all the same
        """
        self._submit([(request, 1) for request in requests])
        collectors = Workers(self._collect, self._collect_broke, COLLECTORS)
        try:
            with collectors:
                self._watch(collectors)
        finally:
            for outcome in collectors.take_ready():
                self._outcomes.setdefault(outcome.request.number, outcome)
        if self._lost is not None:
            raise self._lost

    def _watch(self, collectors: Workers[Work, Outcome]) -> None:
        while self._watcher.open or collectors.pending:
            self._stop.check()
            again: List[Outcome] = []
            if self._watcher.open:
                ended, reply = self._watcher.timed_poll()
                for item in ended:
                    collectors.give((self._submitted[item.task_id], item.task))
                done = collectors.take_ready()
                again = [outcome for outcome in done if not self._settle(outcome)]
                if self._watcher.open and not again:
                    self._watcher.wait(reply)
            else:
                outcome = collectors.take(self._stop.check)
                again = [] if self._settle(outcome) else [outcome]
            if again:
                self._submit(self._with_new_releases(again))

    def _submit(self, requests: Sequence[Tuple[ImageRequest, int]]) -> None:
        submitters = Workers(self._submit_one, self._submit_broke, SUBMITTERS)
        try:
            with submitters:
                for request in requests:
                    submitters.give(request)
                while submitters.pending:
                    self._note(submitters.take(self._stop.check))
        finally:
            for done in submitters.take_ready():
                self._note(done)

    def _note(self, done: Union[Submitted, Outcome]) -> None:
        if isinstance(done, Outcome):
            self.keep(done)
        else:
            self._submitted[done.task_id] = done
            self._watcher.add(done.task_id)

    def _submit_one(self, item: Tuple[ImageRequest, int]) -> Union[Submitted, Outcome]:
        request, attempt = item
        try:
            self._journal.intent(request, attempt)
            task_id = submit(self._hub, request)
        except HubFaultError as fault:
            return refused(request, attempt, "the hub refused the task: %s" % fault_text(fault))
        except HubError as error:
            self._lost = error
            reason = "%s; whether there is a task now is not known" % error.reason
            return refused(request, attempt, reason)
        except PungiOsbuildError as error:
            return refused(request, attempt, error.reason)
        try:
            self._journal.submitted(request, attempt, task_id)
        except PungiOsbuildError as error:
            logger.error("task %d is not in the journal: %s", task_id, error.reason)
        logger.info("submitted %s: task %d, %s", request.describe(), task_id, request.nvr)
        return Submitted(request, task_id, attempt)

    def _submit_broke(
        self, item: Tuple[ImageRequest, int], error: Exception
    ) -> Union[Submitted, Outcome]:
        return refused(item[0], item[1], _bug(error))

    def _collect(self, work: Work) -> Outcome:
        return self._collector.collect(*work)

    def _collect_broke(self, work: Work, error: Exception) -> Outcome:
        submitted, task = work
        if isinstance(error, HubError):
            self._lost = error
            reason = "task %d ended, and what it built was not collected: %s"
            return failed(submitted, reason % (submitted.task_id, error.reason), task)
        return failed(submitted, _bug(error), task)

    def _settle(self, outcome: Outcome) -> bool:
        """Keep an outcome; False when its request is to be submitted again instead."""
        request = outcome.request
        if outcome.nvr_taken and request.release_from_hub and outcome.attempt < MAX_ATTEMPTS:
            logger.warning("%s was taken by another build meanwhile; taking another", request.nvr)
            return False
        self.keep(outcome)
        return True

    def keep(self, outcome: Outcome) -> None:
        """Keep what became of a request."""
        request = outcome.request
        self._outcomes[request.number] = outcome
        if not outcome.ok:
            logger.error(
                "%s %s%s: %s",
                outcome.kind.value,
                request.describe(),
                " (it may fail)" if request.can_fail else "",
                "; ".join((outcome.reason or "").splitlines()),
            )
        self._journal.outcome(outcome)

    def _with_new_releases(self, again: Sequence[Outcome]) -> List[Tuple[ImageRequest, int]]:
        waiting = [replace(outcome.request, base_release=None) for outcome in again]
        others = [submitted.request for submitted in self._submitted.values()]
        allocated = allocate(waiting, self._registry, self._identity, others)
        return [(request, outcome.attempt + 1) for request, outcome in zip(allocated, again)]


def _unfinished(submitted: Submitted) -> Outcome:
    reason = "the run was stopped before task %d ended; it goes on in Koji" % submitted.task_id
    return failed(submitted, reason, None)


def _bug(error: Exception) -> str:
    logger.debug("unexpected", exc_info=error)
    return "BUG in pungi-osbuild, please report it: %s: %s" % (type(error).__name__, error)
