"""A job at a moment, and the conditions of the table's rows (``decide.py``). Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import FrozenSet, Optional

from pungi_osbuild.hub import BuildState, TaskState
from pungi_osbuild.model import ImageRequest, Outcome
from pungi_osbuild.run.job import Job
from pungi_osbuild.run.outcomes import explained, obstacle_to_retry
from pungi_osbuild.run.policy import Rebuild, RunPolicy
from pungi_osbuild.timing import RELEASE_ATTEMPTS


@dataclass(frozen=True)
class Facts:
    """
    What is known of the whole run.

    :param tasks: the ids of all tasks that were ever submitted for this compose
    :param giving_up: why the run gives up on all unfinished jobs; None: it does not
    """

    tasks: FrozenSet[int] = frozenset()
    giving_up: Optional[str] = None


@dataclass(frozen=True)
class Situation:
    """A job at a moment, and the conditions that rows share."""

    job: Job
    now: float
    policy: RunPolicy
    facts: Facts

    @property
    def result(self) -> Outcome:
        """The outcome of the last attempt."""
        assert self.job.result is not None
        return self.job.result

    @property
    def outcome(self) -> Outcome:
        """The same; if this run has cancelled the task, with the reason."""
        return explained(self.job, self.result, self.facts.giving_up)

    @property
    def takes_other_release(self) -> bool:
        """Whether another build has taken the N-V-R, and the hub may give another release."""
        tried = self.result.attempt - self.job.first_attempt + 1
        is_free = self.job.wanted.release_from_hub and tried < RELEASE_ATTEMPTS
        return self.result.nvr_taken and is_free

    @property
    def is_transient(self) -> bool:
        """Whether the failure looks transient, and the config asks for retries."""
        is_wanted = self.job.wanted.config.retries > 0
        return self.result.transient_reason is not None and is_wanted

    @property
    def obstacle(self) -> Optional[str]:
        """Why it is still not retried; None: it is."""
        return obstacle_to_retry(self.result, self.job.retries + 1, self.policy.retries)

    @property
    def following(self) -> ImageRequest:
        """The request as it is submitted next; submissions without a task do not count."""
        last = self.job.submission
        if last is None or self.is_anew:
            return self.job.wanted.with_attempt(1)
        return self.job.wanted.with_attempt(last.attempt + (last.task_id is not None))

    @property
    def is_anew(self) -> bool:
        """Whether it is built again, whatever earlier runs have submitted."""
        rebuild, is_ours = self.policy.rebuild, self.job.is_ours
        is_wanted = rebuild is Rebuild.ALL or (self.job.is_changed and rebuild is Rebuild.CHANGED)
        return is_wanted and not is_ours

    @property
    def state(self) -> Optional[TaskState]:
        """How the task stands, as far as is known."""
        return None if self.job.task is None else self.job.task.state

    @property
    def is_worth_reading(self) -> bool:
        """Whether an earlier run's task goes on, has built something, or why it failed is new."""
        last = self.job.submission
        is_unseen = last is not None and last.outcome is None and not self.job.is_changed
        return self.state is not TaskState.CANCELED and (
            self.state is not TaskState.FAILED or is_unseen
        )

    @property
    def has_build(self) -> bool:
        """Whether the N-V-R has a build that is complete, of a task of this compose."""
        build = self.job.build
        return build is not None and build.state is BuildState.COMPLETE and self.is_build_ours

    @property
    def is_build_ours(self) -> bool:
        """Whether a task of this compose has made the build that has the N-V-R."""
        build = self.job.build
        return build is not None and build.task_id in {*self.facts.tasks, self.job.task_id}

    @property
    def is_building(self) -> bool:
        """Whether the N-V-R is reserved by a build in progress."""
        return self.job.build is not None and self.job.build.state is BuildState.BUILDING

    @property
    def leaves_building(self) -> bool:
        """Whether the task was cancelled, and composer still builds."""
        build = self.job.build
        may_be_ours = build is not None and (build.task_id is None or self.is_build_ours)
        is_cancelled = self.state is TaskState.CANCELED and not self.job.is_changed
        return is_cancelled and self.is_building and may_be_ours

    @property
    def build_due_at(self) -> float:
        """When to ask again for the build that is waited for, by the run's monotonic clock."""
        asked = self.job.build_asked
        return -math.inf if asked is None else asked + self.policy.build_interval

    @property
    def build_is_lost(self) -> bool:
        """Whether the build that the job waits for has been in progress for too long."""
        waited = self.now - (self.job.waits_since or 0.0)
        return self.is_building and waited >= self.policy.build_timeout

    @property
    def timeout_at(self) -> float:
        """When the task should have ended, by the run's monotonic clock."""
        timeout, begun = self.job.wanted.config.timeout, self.job.begun
        return math.inf if timeout is None or begun is None else begun + timeout
