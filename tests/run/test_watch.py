"""Watching, with a clock that is turned by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

import pytest

from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import Task, TaskState
from pungi_osbuild.model import TaskTimes
from pungi_osbuild.run.watch import TURN, EndedTask, Watcher
from pungi_osbuild.timing import POLL_OVERLAP, PollPolicy


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


@dataclass(frozen=True)
class Question:
    since: Optional[float]
    ids: Tuple[int, ...]


class Hub:
    """Tasks that end when told; its clock is an hour ahead of ours."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.tasks: Dict[int, Task] = {}
        self.questions: List[Question] = []
        self.ahead = 3600.0
        self.reply = 0.0
        """Seconds that each answer takes."""
        self.shown = 0
        """Rows of tasks that had ended."""

    @property
    def now(self) -> float:
        return self.clock.time + self.ahead

    def submit(self, task_id: int) -> None:
        self.tasks[task_id] = Task(task_id, TaskState.OPEN, TaskTimes(created=self.now))

    def end(self, task_id: int, state: TaskState = TaskState.CLOSED) -> None:
        times = TaskTimes(created=self.tasks[task_id].times.created, ended=self.now)
        self.tasks[task_id] = Task(task_id, state, times)

    def ask(
        self, since: Optional[float], ids: Sequence[int]
    ) -> Tuple[Tuple[Task, ...], Tuple[Task, ...]]:
        self.questions.append(Question(since, tuple(ids)))
        self.clock.time += self.reply
        ended = [
            task
            for task in self.tasks.values()
            if since is not None and task.times.ended is not None and task.times.ended > since
        ]
        self.shown += len(ended)
        looked_up = [self.tasks[task_id] for task_id in ids if task_id in self.tasks]
        return tuple(ended), tuple(looked_up)


@dataclass
class Scene:
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.hub = Hub(self.clock)
        self.watcher = Watcher(self.hub, PollPolicy(), self.clock.clock())

    def submit(self, ids: Iterable[int]) -> None:
        for task_id in ids:
            self.hub.submit(task_id)
            self.watcher.add(task_id)

    def watch(self, polls: int) -> List[EndedTask]:
        """Poll some times, each when it is due."""
        ended: List[EndedTask] = []
        for _ in range(polls):
            self.wait()
            ended += self.watcher.poll()
        return ended

    def wait(self) -> None:
        """Wait until the next poll is due."""
        if self.watcher.left:
            self.clock.sleep(self.watcher.left)


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
        scene.wait()
    assert seen == [1, 2, 3]
    assert scene.watcher.open == set()


def test_one_request_a_second_whatever_is_open(scene: Scene) -> None:
    """A thousand open tasks: each poll asks for ends, and looks up few of the open ones."""
    scene.submit(range(1000))
    scene.watch(polls=200)
    assert len(scene.hub.questions) == 200
    assert set(scene.clock.slept) == {1.0}
    assert [question.since is None for question in scene.hub.questions] == [True] + [False] * 199
    assert max(len(question.ids) for question in scene.hub.questions) == TURN


@pytest.mark.parametrize("count", [1, TURN, TURN + 1, 1000, 5000])
def test_each_open_task_is_looked_up_in_its_turn(scene: Scene, count: int) -> None:
    """All within a minute, or as soon as a slice for each poll allows; nobody twice before that."""
    scene.submit(range(count))
    polls = max(60, -(-count // TURN))
    scene.watch(polls)
    times = Counter(task_id for question in scene.hub.questions for task_id in question.ids)
    assert sorted(times) == list(range(count))
    assert max(times.values()) - min(times.values()) <= 1


def test_ends_and_newcomers_let_everybody_have_a_turn(scene: Scene) -> None:
    """While tasks end and others are submitted again, those that stay are not passed over."""
    scene.submit(range(200))
    stay = set(range(0, 200, 2))
    for step in range(100):
        scene.hub.end(2 * step + 1)
        scene.submit([1000 + step])
        scene.watch(polls=1)
    looked_up = {task_id for question in scene.hub.questions for task_id in question.ids}
    assert stay <= looked_up
    assert scene.watcher.open == {*stay, *range(1000, 1100)}


def test_the_hub_is_asked_by_its_own_clock(scene: Scene) -> None:
    """Our clock may be wrong by an hour; no end is lost and old ones are not asked for."""
    scene.submit([1, 2])
    scene.watch(polls=600)
    scene.hub.end(1)
    (ended,) = scene.watch(polls=1)
    assert ended.task_id == 1
    assert scene.hub.questions[-1].since == scene.hub.now - 1 - POLL_OVERLAP


@pytest.mark.parametrize("step", [7200.0, -7200.0])
def test_a_hub_s_clock_that_is_set_hides_no_end(scene: Scene, step: float) -> None:
    """The first one after that is found in its turn, all others by the next poll."""
    scene.submit(range(TURN))
    scene.watch(polls=90)
    scene.hub.ahead += step
    scene.hub.end(0)
    assert [one.task_id for one in scene.watch(polls=61)] == [0]
    for task_id in range(1, 10):
        scene.clock.time += 10
        scene.hub.end(task_id)
        assert [one.task_id for one in scene.watch(polls=1)] == [task_id]


def test_a_task_that_is_known_of_late_is_looked_up_at_once(scene: Scene) -> None:
    """The answer to its submission was lost, and it has ended long ago."""
    scene.submit([1, 2])
    scene.hub.submit(3)
    scene.hub.end(3)
    scene.watch(polls=30)
    scene.watcher.add(3)
    assert [one.task_id for one in scene.watch(polls=1)] == [3]
    before = len(scene.hub.questions)
    scene.watch(polls=20)
    assert {question.ids for question in scene.hub.questions[before:]} == {()}


def test_a_wave_of_ends_is_told_of_for_seconds_and_not_for_ever(scene: Scene) -> None:
    """A thousand ends at once, and one task that goes on for an hour: its polls stay small."""
    scene.submit(range(1001))
    scene.watch(polls=10)
    for task_id in range(1000):
        scene.hub.end(task_id)
    scene.watch(polls=3600)
    assert 1000 <= scene.hub.shown <= 1000 * (POLL_OVERLAP + 2)
    assert scene.watcher.open == {1000}


def test_an_end_that_shows_up_late_is_seen(scene: Scene) -> None:
    """The hub was longer about it than about one that ended after it."""
    scene.submit([1, 2, 3])
    scene.watch(polls=1)
    at = scene.hub.now
    scene.clock.time += 1
    scene.hub.end(2)
    scene.watch(polls=int(POLL_OVERLAP) - 2)
    scene.hub.tasks[1] = Task(1, TaskState.CLOSED, TaskTimes(created=at, ended=at))
    assert [one.task_id for one in scene.watch(polls=1)] == [1]


def test_an_end_that_is_never_told_of_is_found_within_a_minute(scene: Scene) -> None:
    """Each open task is looked up now and then."""
    scene.submit([1])
    scene.watch(polls=1)
    scene.hub.tasks[1] = Task(1, TaskState.CLOSED, TaskTimes(created=1.0, ended=2.0))
    assert [one.task_id for one in scene.watch(polls=61)] == [1]


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
        (PollPolicy(), 0.02, 1.0),
        (PollPolicy(), 0.1, 4.9),
        (PollPolicy(), 1.0, 49.0),
        (PollPolicy(), 7200.0, 60.0),
        (PollPolicy(maximum=10.0), 7200.0, 10.0),
        (PollPolicy(fixed=0.25), 9.0, 0.25),
    ],
)
def test_a_slow_hub_is_asked_less(
    scene: Scene, policy: PollPolicy, reply: float, pause: float
) -> None:
    """At most once a second, and at most 2 % of a hub worker's time; within a minute always."""
    scene.watcher = Watcher(scene.hub, policy, scene.clock.clock())
    scene.submit([1])
    scene.hub.reply = reply
    scene.watch(polls=500)
    start = scene.clock.time
    scene.watch(polls=1)
    assert scene.clock.time - start - reply == pytest.approx(pause)


def test_many_that_end_one_after_the_other_make_nobody_wait(scene: Scene) -> None:
    """Thirty a second for minutes, each reply as long as so many rows take a hub."""
    scene.submit(range(5000))
    scene.watch(polls=1)
    scene.hub.reply = 0.2
    for second in range(160):
        for task_id in range(30 * second, 30 * second + 30):
            scene.hub.end(task_id)
        scene.watch(polls=1)
    assert set(scene.clock.slept) == {1.0}


def test_a_slow_reply_now_and_then_makes_nobody_wait(scene: Scene) -> None:
    """What quick ones have saved is spent on it."""
    scene.submit([1])
    for _ in range(10):
        scene.hub.reply = 0.005
        scene.watch(polls=60)
        scene.hub.reply = 0.5
        scene.watch(polls=1)
    assert set(scene.clock.slept) == {1.0}


def test_after_a_reply_that_took_an_hour_the_next_comes_in_a_minute(scene: Scene) -> None:
    """The hub was away and koji tried again; what ended meanwhile is seen soon."""
    scene.hub.submit(1)
    scene.hub.submit(2)
    scene.watcher.add(1)
    scene.watcher.add(2)
    scene.hub.reply = 3600.0
    scene.watcher.poll()
    scene.hub.end(2)
    scene.hub.reply = 0.0
    while not scene.watcher.is_due:
        scene.wait()
    assert sum(scene.clock.slept) == pytest.approx(60.0)
    assert [item.task_id for item in scene.watcher.poll()] == [2]


@pytest.mark.parametrize("reply", [0.001, 0.02, 0.1, 0.5])
def test_an_hour_of_polls_takes_its_share_of_a_worker(scene: Scene, reply: float) -> None:
    """At most a request a second, and no more of the hub's time than two per cent."""
    scene.submit(range(1000))
    scene.hub.reply = reply
    start = scene.clock.time
    while scene.clock.time < start + 3600:
        scene.watch(polls=1)
    requests = len(scene.hub.questions)
    assert requests <= 3601
    assert requests * reply <= 0.02 * 3600 + PollPolicy().saved + 2 * reply
