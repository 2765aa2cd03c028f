"""Watching, with a clock that is turned by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Sequence, Tuple

import pytest

from pungi_osbuild.hub import Task, TaskState
from pungi_osbuild.model import TaskTimes
from pungi_osbuild.phase.clock import Clock
from pungi_osbuild.phase.watch import PollPolicy, Watcher


class HandClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: List[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def clock(self) -> Clock:
        return Clock(now=lambda: self.time, monotonic=lambda: self.time, sleep=self.sleep)


class Hub:
    """Tasks that end when told; its clock is an hour ahead of ours."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.tasks: Dict[int, Task] = {}
        self.questions: List[Tuple[str, object]] = []

    @property
    def now(self) -> float:
        return self.clock.time + 3600

    def submit(self, task_id: int) -> None:
        self.tasks[task_id] = Task(task_id, TaskState.OPEN, TaskTimes(created=self.now))

    def end(self, task_id: int, state: TaskState = TaskState.CLOSED) -> None:
        times = TaskTimes(created=self.tasks[task_id].times.created, ended=self.now)
        self.tasks[task_id] = Task(task_id, state, times)

    def ended_since(self, since: float) -> Tuple[Task, ...]:
        self.questions.append(("ended_since", since))
        return tuple(
            task
            for task in self.tasks.values()
            if task.times.ended is not None and task.times.ended > since
        )

    def look_up(self, ids: Sequence[int]) -> Tuple[Task, ...]:
        self.questions.append(("look_up", tuple(ids)))
        return tuple(self.tasks[task_id] for task_id in ids if task_id in self.tasks)


@dataclass
class Scene:
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.hub = Hub(self.clock)
        self.watcher = Watcher(self.hub, PollPolicy(), self.clock.clock())


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_each_end_is_reported_once(scene: Scene) -> None:
    """Whatever overlaps in the hub's answers, a task ends once."""
    for task_id in (1, 2, 3):
        scene.hub.submit(task_id)
        scene.watcher.add(task_id)
    seen: List[int] = []
    for step in range(6):
        if step in (2, 3, 4):
            scene.hub.end(step - 1, TaskState.FAILED if step == 3 else TaskState.CLOSED)
        ended = scene.watcher.poll()
        seen.extend(item.task_id for item in ended)
        scene.watcher.wait()
    assert seen == [1, 2, 3]
    assert scene.watcher.open == set()


def test_one_small_question_a_poll_whatever_is_open(scene: Scene) -> None:
    """A thousand open tasks: one look-up, then questions for ends alone, until a minute is over."""
    for task_id in range(1000):
        scene.hub.submit(task_id)
        scene.watcher.add(task_id)
    for _ in range(50):
        scene.watcher.poll()
        scene.watcher.wait()
    kinds = [kind for kind, _ in scene.hub.questions]
    assert kinds == ["look_up"] + ["ended_since"] * 49
    assert set(scene.clock.slept) == {1.0}


def test_the_hub_is_asked_by_its_own_clock(scene: Scene) -> None:
    """Our clock may be wrong by an hour; no end is lost and old ones are not asked for."""
    scene.hub.submit(1)
    scene.watcher.add(1)
    scene.watcher.poll()
    scene.clock.time += 600
    scene.hub.end(1)
    scene.watcher._looked_up = (
        scene.clock.time
    )  # not due for a look-up: the small question finds it
    ended = scene.watcher.poll()
    assert [item.task_id for item in ended] == [1]
    assert scene.hub.questions[-1] == ("ended_since", 4600.0 - 15.0)


def test_open_tasks_are_looked_up_now_and_then(scene: Scene) -> None:
    """An end that the small question missed is found within a minute."""
    scene.hub.submit(1)
    scene.watcher.add(1)
    scene.watcher.poll()
    scene.hub.tasks[1] = Task(1, TaskState.CLOSED, TaskTimes(created=1.0, ended=2.0))
    polls = 0
    while scene.watcher.open:
        scene.watcher.poll()
        scene.watcher.wait()
        polls += 1
    assert polls <= 61


def test_a_task_that_the_hub_forgot_is_reported(scene: Scene) -> None:
    """It ends without a task, and is not waited for for ever."""
    scene.hub.submit(1)
    for task_id in (1, 2):
        scene.watcher.add(task_id)
    ended = scene.watcher.poll()
    assert [(item.task_id, item.task) for item in ended] == [(2, None)]
    assert scene.watcher.open == {1}


def test_a_task_added_later_is_seen(scene: Scene) -> None:
    """A resubmission is looked up at the next poll."""
    scene.hub.submit(1)
    scene.watcher.add(1)
    scene.watcher.poll()
    scene.hub.submit(2)
    scene.watcher.add(2)
    scene.hub.end(2)
    assert [item.task_id for item in scene.watcher.poll()] == [2]


def test_nothing_is_asked_while_nothing_is_open(scene: Scene) -> None:
    """No task, no request."""
    assert scene.watcher.poll() == ()
    assert scene.hub.questions == []


@pytest.mark.parametrize(
    ("policy", "reply", "pause"),
    [
        (PollPolicy(), 0.001, 1.0),
        (PollPolicy(), 0.1, 5.0),
        (PollPolicy(), 1.2, 60.0),
        (PollPolicy(), 7200.0, 60.0),
        (PollPolicy(maximum=10.0), 7200.0, 10.0),
        (PollPolicy(fixed=0.25), 9.0, 0.25),
    ],
)
def test_a_slow_hub_is_asked_less(policy: PollPolicy, reply: float, pause: float) -> None:
    """At most once a second, and at most 2 % of a hub worker's time; within a minute always."""
    assert policy.pause(reply) == pytest.approx(pause)


def test_after_a_reply_that_took_an_hour_the_next_comes_in_a_minute(scene: Scene) -> None:
    """The hub was away and koji tried again; what ended meanwhile is seen soon."""
    scene.hub.submit(1)
    scene.hub.submit(2)
    scene.watcher.add(1)
    scene.watcher.add(2)
    look_up = scene.hub.look_up

    def slow(ids: Sequence[int]) -> Tuple[Task, ...]:
        scene.clock.time += 3600
        return look_up(ids)

    scene.hub.look_up = slow  # type: ignore[method-assign]
    scene.watcher.poll()
    scene.hub.end(2)
    scene.hub.look_up = look_up  # type: ignore[method-assign]
    while not scene.watcher.is_due:
        scene.watcher.wait()
    assert sum(scene.clock.slept) == pytest.approx(60.0)
    assert [item.task_id for item in scene.watcher.poll()] == [2]
