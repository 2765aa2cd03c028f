"""The jobs of a run: an event is written first, then applied, then the listeners are notified."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, Iterator, List, Protocol, Sequence, Tuple

from pungi_osbuild.methods import sent_digest
from pungi_osbuild.model import Outcome
from pungi_osbuild.run import events
from pungi_osbuild.run.job import Job, apply
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.run.leftovers import leftovers_of_cancelled
from pungi_osbuild.run.outcomes import outcome_at_stop

News = Tuple[int, events.Event]
"""The number of a request, and what has happened to it."""


class Listener(Protocol):
    """Is notified of what happens to a job, in the thread that runs the engine."""

    def notify(self, event: events.Event, job: Job) -> None:
        """Take note of an event. Must not raise; the job is as it is after the event."""


class Jobs:
    """
    The jobs of a run, by the requests' numbers.

    Belongs to the thread that runs the engine; other threads send it events.

    :param listeners: are notified of each event, in this order
    :param now: the hub's time, in seconds since the epoch
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        journal: Journal,
        listeners: Sequence[Listener],
        now: Callable[[], float],
    ) -> None:
        self._jobs: Dict[int, Job] = {job.number: job for job in jobs}
        self._journal = journal
        self._listeners = listeners
        self._now = now

    def __getitem__(self, number: int) -> Job:
        return self._jobs[number]

    def __iter__(self) -> Iterator[Job]:
        return iter(tuple(self._jobs.values()))

    @property
    def in_progress(self) -> List[int]:
        """The tasks that continue in Koji when the run stops now."""
        return sorted(job.task_id for job in self if job.goes_on)

    @property
    def in_doubt(self) -> int:
        """How many submissions the hub has not answered: there may be a task, or none."""
        return sum(job.in_doubt for job in self)

    @property
    def unfinished_outcomes(self) -> Tuple[Outcome, ...]:
        """The outcomes of submitted jobs that are not finished when the run stops."""
        return tuple(outcome_at_stop(job) for job in self if job.is_ours and job.outcome is None)

    def outcomes(self) -> Tuple[Outcome, ...]:
        """Return the outcomes of the requests that were submitted or refused, in their order."""
        found = {outcome.request.number: outcome for outcome in self.unfinished_outcomes}
        found.update((job.number, job.outcome) for job in self if job.outcome is not None)
        return tuple(found[job.number] for job in self if job.number in found)

    def check(self) -> None:
        """
        Check that the compose folder was not removed or replaced under the run.

        :raises InputError: it was
        """
        self._journal.check()

    def record(self, news: Sequence[News]) -> None:
        """
        Append events to the journal, all at once; then apply them and notify the listeners.

        :raises InputError: the journal cannot be written. What has already happened is applied all
            the same; submissions that were only intended are not.
        """
        time, is_written = events.readable(self._now()), False
        try:
            kept = [event for _, event in news if isinstance(event, events.JournalEvent)]
            self._journal.append(kept, time)
            is_written = True
        finally:
            for number, event in news:
                if is_written or not isinstance(event, events.SubmissionIntended):
                    job = self._jobs[number] = apply(self._jobs[number], event, time)
                    for listener in self._listeners:
                        listener.notify(event, job)

    def intents(self, jobs: Iterable[Job], bounds: events.Bounds) -> List[News]:
        """Return the events by which the journal learns that some are about to be submitted."""
        return [
            (
                job.number,
                events.SubmissionIntended(
                    self._journal.next_intent + index,
                    job.wanted.attempt,
                    job.planned.slot,
                    job.planned.block,
                    sent_digest(job.wanted),
                    job.wanted.version,
                    job.wanted.base_release,
                    job.wanted.nvr,
                    bounds,
                    job.left,
                    leftovers_of_cancelled(job.wanted),
                ),
            )
            for index, job in enumerate(jobs)
        ]
