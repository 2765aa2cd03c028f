"""
A night: the runs on the composes of a scenario, one after the other until all is well, with what
happens to them; and, whenever one has ended, whether all holds that must hold.

After every end there is a person who does what the error or the failure says, and starts the next
run: moves a file away, waits, runs it again. A night has ended when every compose has a run that
has returned, and a further one would change nothing.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from koji_rehearsal import HubContent, HubSettings, ResultsIn, parse_fault
from koji_rehearsal.dispatch import ParsedRequest
from koji_rehearsal.task_methods import TASK_METHODS
from pungi_osbuild.config import Source, read_config, read_variants
from pungi_osbuild.errors import PungiOsbuildError, RunInterruptedError
from pungi_osbuild.metadata import identify, productmd_types
from pungi_osbuild.model import Compose, ImageRequest, ReleaseConfig, Settings, Variant
from pungi_osbuild.planning import checked_plan
from pungi_osbuild.problems import ConfigError, has_errors
from pungi_osbuild.run import Rebuild, RunOptions, run
from pungi_osbuild.stop import StopFlag
from simulation.actors import ACTS
from simulation.foreign import write_foreign
from simulation.invariants import Violation, violations
from simulation.record import (
    Ended,
    Exchange,
    Happening,
    Record,
    Run,
    Slot,
    hub_builds,
    hub_tasks,
    told,
)
from simulation.scenario import SECRET, Act, ComposePlan, Scenario, config_of
from simulation.schedule import Event
from simulation.world import EPOCH, Machine, Process, World, WorldOptions

LOOK = 5.0
"""Virtual seconds between two looks whether a run has ended."""

PAUSE = 20.0
"""Virtual seconds until somebody runs it again."""

CALM_PAUSE = 400.0
"""The same when nothing goes wrong any more: what somebody was building has ended by then."""

MOST_RUNS = 25
"""Runs on one compose; a night that needs more never ends."""

CALM_RUNS = 5
"""Runs on one compose from when nothing goes wrong any more, by which it must be built."""

ORPHAN = 4 * 3600.0 + 300.0
"""Seconds for which a run waits for a build whose task was cancelled, and a little."""

VARIANTS = """<?xml version="1.0" encoding="UTF-8"?>
<variants>
  <variant id="Server" name="Server" type="variant" has_optional="false">
    <arches><arch>x86_64</arch><arch>aarch64</arch></arches>
    <groups/>
  </variant>
</variants>
"""

_Plan = Tuple[Compose, Settings, Tuple[ImageRequest, ...]]

_LOGGED = ("info", "warning", "error", "critical")

_IN_THE_WAY = re.compile(r"another file is at (\S+) already")


@dataclass(frozen=True)
class Played:
    """
    A night that was played.

    :param events: the trace
    :param injected: ids of the faults that were injected
    :param counts: how many of each kind happened, injected or done by somebody
    :param pairs: how often a kind of fault met a step
    :param hours: of virtual time
    """

    scenario: Scenario
    violations: Tuple[Violation, ...]
    events: Tuple[Event, ...]
    digest: str
    injected: Tuple[str, ...]
    counts: Mapping[str, int]
    pairs: Mapping[Tuple[str, str], int]
    hours: float
    runs: int
    ends: Mapping[str, int]


@dataclass
class Desk:
    """Where the runs on a compose are begun, one after the other."""

    plan: ComposePlan
    machine: Machine
    topdir: Path
    due: float
    stop: StopFlag = field(default_factory=StopFlag)
    process: Optional[Process] = None
    run: Optional[Run] = None
    requests: Tuple[ImageRequest, ...] = ()
    editions: Dict[str, int] = field(default_factory=dict)
    left_out: Tuple[str, ...] = ()
    rebuild: str = "nothing"
    wants_run: bool = True
    to_remove: int = 0
    count: int = 0
    calm_runs: int = 0
    beside: List[Tuple[Process, Run]] = field(default_factory=list)
    boot: str = ""
    said: Tuple[Any, ...] = ()


class Night:
    """
    A night in progress.

    :param world: entered
    """

    methods = tuple(TASK_METHODS)

    def __init__(self, scenario: Scenario, world: World) -> None:
        self.scenario = scenario
        self.world = world
        self._types = productmd_types()
        self._plans: Dict[Any, _Plan] = {}
        self._machines = {
            host: world.machine(host) for host in sorted({one.host for one in scenario.composes})
        }
        self._desks = [self._desk(plan) for plan in scenario.composes]
        self._happenings: List[Happening] = []
        self._runs: List[Run] = []
        self._exchanges: List[Exchange] = []
        self._call = world.network._call
        world.network._call = self._watched  # type: ignore[method-assign]
        self._foreign = {
            desk.plan.key: write_foreign(desk.topdir, self._identity(desk.plan))
            for desk in self._desks
        }

    @property
    def now(self) -> float:
        """Virtual seconds since the world began."""
        return self.world.schedule.now

    def desk(self, compose: str) -> Desk:
        """Return where the runs on a compose are begun."""
        return next(desk for desk in self._desks if desk.plan.key == compose)

    def play(self) -> Tuple[Violation, ...]:
        """Play it to its end, or to the first moment at which something does not hold."""
        for act in self.scenario.acts:
            if any(desk.plan.key == act.compose for desk in self._desks):
                self.world.at(act.at, str(act), partial(self._act, act))
        self.world.at(self.scenario.calm, "nothing goes wrong any more", self._calm_down)
        while True:
            for desk in self._desks:
                self._begin_if_due(desk)
            self._let_go()
            found = [desk for desk in self._desks if self._see_to(desk)]
            for desk in self._desks:
                self._see_to_power(desk)
            is_over = not any(self._is_awaited(desk) for desk in self._desks)
            if found or is_over:
                wrong = violations(self._record(is_over))
                if wrong or is_over:
                    return wrong

    @property
    def ends(self) -> Dict[str, int]:
        """How the runs have ended, and how many of them."""
        found: Dict[str, int] = {}
        for one in self._runs:
            how = "in progress" if one.how is None else one.how.value
            found[how] = found.get(how, 0) + 1
        return found

    @property
    def happenings(self) -> Dict[str, int]:
        """What was done by somebody, and how often."""
        found: Dict[str, int] = {}
        for one in self._happenings:
            found[one.kind] = found.get(one.kind, 0) + 1
        return found

    def start_beside(self, desk: Desk) -> None:
        """Begin one more run on a compose while another one is in progress."""
        stop = StopFlag()
        process, begun = self._start(desk, "%s beside %d" % (desk.plan.key, desk.count), stop)
        desk.beside.append((process, begun))
        self._runs.append(begun)

    def _let_go(self) -> None:
        waiting = [desk.due for desk in self._desks if desk.process is None and desk.wants_run]
        until = max(self.now, min([self.now + LOOK, *waiting]))
        if any(desk.process or desk.beside for desk in self._desks):
            self.world.go(until)
        elif until > self.now:
            self.world.wait(until - self.now)

    def _calm_down(self) -> None:
        self.world.injection.stop()
        self.world.network.up()

    def _watched(self, way: Any, request: Any) -> Any:
        """Keep what is sent, and whether the hub has answered it."""
        program, is_answered, at = self.world.program(), False, self.now
        sent: bytes = request.body or b""
        try:
            answer = self._call(way, request)
            head, body = answer[1], answer[2]
            is_whole = head.get("Content-Length", "") in ("", str(len(body)))
            is_reply = is_whole and b"</methodResponse>" in body[-40:]
            is_answered = is_reply and b"<fault>" not in body[:200]
            return answer
        finally:
            if program is not None:
                # Only what the invariants look into: to read each of them takes its time.
                is_read = b"cancelTask" in sent or b"completeAfter" in sent
                asked = ParsedRequest.read(sent).calls if is_read else ()
                calls = tuple((name, tuple(args)) for name, args, _ in asked)
                self._exchanges.append(Exchange(at, program.name, calls, is_answered))

    def _act(self, act: Act) -> None:
        whom = ACTS[act.kind](self, act)
        if whom is not None:
            self._happen(act.kind, whom)

    def _happen(self, kind: str, whom: str) -> None:
        self._happenings.append(Happening(self.now, kind, whom))
        self.world.note(kind, whom)

    def _desk(self, plan: ComposePlan) -> Desk:
        machine = self._machines[plan.host]
        return Desk(plan, machine, machine.folder / plan.key, plan.start)

    def _identity(self, plan: ComposePlan) -> Any:
        release = ReleaseConfig("Example", "Example", "1")
        return identify(release, "test", "2026112%d" % (3 + int(plan.key[1:])), 0, None)

    # Runs

    def _is_awaited(self, desk: Desk) -> bool:
        return bool(desk.wants_run or desk.process or desk.beside)

    def _begin_if_due(self, desk: Desk) -> None:
        if desk.process is not None or not desk.wants_run or desk.due > self.now:
            return
        desk.count += 1
        desk.wants_run = False
        desk.stop = StopFlag()
        if desk.run is not None:
            self._move_away(desk, desk.run)
            self._remove_images(desk, desk.run)
        name = "%s run %d" % (desk.plan.key, desk.count)
        desk.process, begun = self._start(desk, name, desk.stop)
        desk.run = begun
        desk.rebuild = "nothing"
        self._runs.append(begun)

    def _start(self, desk: Desk, name: str, stop: StopFlag) -> Tuple[Process, Run]:
        compose, settings, requests = self._planned(desk)
        desk.requests = requests
        slots = _slots(desk.plan.key, requests)
        options: RunOptions = desk.machine.run_options(
            stop=stop,
            over_http=desk.plan.over_http,
            cancel_on_stop=desk.plan.cancels,
            rebuild=Rebuild(desk.rebuild),
        )
        profile, types, clock = self.world.profile, self._types, desk.machine.clock
        begun = Run(
            name=name,
            compose=desk.plan.key,
            began=self.now,
            bound=self.now + self._bound(desk),
            slots=tuple(slots.values()),
            timeouts={str(slots[one.number]): one.config.timeout for one in requests},
            rebuild=desk.rebuild,
            edition=sum(desk.editions.values()),
            fail_fast=settings.fail_fast,
            cancels=desk.plan.cancels,
            verify=settings.verify,
            beside=stop is not desk.stop,
        )
        process = desk.machine.start(
            name, lambda: run(requests, compose, settings, profile, types, options, clock)
        )
        return process, begun

    def _planned(self, desk: Desk) -> _Plan:
        key = (desk.plan.key, tuple(sorted(desk.editions.items())), desk.left_out)
        if key not in self._plans:
            self._plans[key] = self._plan(desk)
        return self._plans[key]

    def _plan(self, desk: Desk) -> _Plan:
        reading = _reading(desk.plan, self.scenario.seed, desk.editions, desk.left_out)
        problems = list(reading.problems)
        compose = Compose(self._identity(desk.plan), _variants(), str(desk.topdir))
        plan = checked_plan(reading.config, compose, self._types, problems, False)
        assert not has_errors(plan.problems), plan.problems
        return compose, reading.config.settings, plan.requests

    def _bound(self, desk: Desk) -> float:
        """Return the most seconds that a run may take."""
        hub, plan = self.scenario.hub, desk.plan
        images = sum(len(one.images) for one in self.scenario.composes) * 2
        retries = sum(image.retries * len(image.arches) for image in plan.images)
        builds = (images + retries) * (1 + retries) * (hub.duration + 10.0)
        waiting = 4 * plan.outage_limit + 900.0 * retries + 600.0
        return self.scenario.calm + builds + waiting + ORPHAN

    # Ends

    def _see_to(self, desk: Desk) -> bool:
        """Look whether a run on a compose has ended, and do what its end asks for."""
        has_ended = False
        for other, its_run in list(desk.beside):
            if other.state != "running":
                desk.beside.remove((other, its_run))
                self._replace(its_run, self._ended(desk, other, its_run))
                has_ended = True
        process, begun_run = desk.process, desk.run
        if process is None or begun_run is None:
            return has_ended
        if process.state == "running":
            if self.now <= begun_run.bound:
                return has_ended
            process.kill()
            ended = _with(begun_run, self.now, Ended.HUNG)
        else:
            ended = self._ended(desk, process, begun_run)
        desk.process = None
        self._replace(begun_run, ended)
        desk.run = ended
        self._decide(desk, ended)
        return True

    def _see_to_power(self, desk: Desk) -> None:
        """Run again what a power cut may have harmed: images are not flushed (decision 16)."""
        if desk.boot != desk.machine.boot_id and desk.run is not None and desk.process is None:
            desk.wants_run = True
        if desk.process is None:
            desk.boot = desk.machine.boot_id

    def _replace(self, before: Run, after: Run) -> None:
        self._runs[self._runs.index(before)] = after

    def _ended(self, desk: Desk, process: Process, begun: Run) -> Run:
        log = tuple(
            event.text
            for event in self.world.trace
            if event.process == begun.name and event.kind in _LOGGED
        )
        if process.state == "killed":
            return _with(begun, self.now, Ended.CRASH, log=log)
        if process.error is None:
            slots = _slots(desk.plan.key, desk.requests)
            outcomes = tuple(told(one, slots) for one in process.result.outcomes)
            return _with(begun, self.now, Ended.RESULT, outcomes=outcomes, log=log)
        error = process.error
        is_ours = isinstance(error, PungiOsbuildError)
        how = Ended.INTERRUPTED if isinstance(error, RunInterruptedError) else Ended.ERROR
        said = error.friendly() if isinstance(error, PungiOsbuildError) else repr(error)
        if isinstance(error, ConfigError):
            said += "".join("\n%s" % problem.message for problem in error.problems)
        name = type(error).__name__
        return _with(begun, self.now, how, error=name, is_ours=is_ours, said=said, log=log)

    def _decide(self, desk: Desk, ended: Run) -> None:
        """Decide whether there is one more run, and do what the last one asks for."""
        is_calm = ended.began >= self.scenario.calm
        desk.calm_runs += is_calm
        is_built = all(one.kind == "built" for one in ended.outcomes)
        said = tuple((one.slot, one.reason) for one in ended.outcomes)
        # What two runs have said, when nothing went wrong between them, a third one says, too.
        is_final = ended.how is Ended.RESULT and (is_built or (is_calm and said == desk.said))
        desk.said = said if is_calm else ()
        if desk.to_remove and any(one.images for one in ended.outcomes):
            desk.wants_run = True
        if not is_final and desk.calm_runs < CALM_RUNS:
            desk.wants_run = True
        desk.wants_run = desk.wants_run and desk.count < MOST_RUNS
        desk.due = self.now + (CALM_PAUSE if is_calm else PAUSE)
        if desk.wants_run and not is_calm and desk.count >= 4:
            # Nobody tries for ever while things go wrong: again when they do not any more.
            desk.due = max(desk.due, self.scenario.calm)

    def _move_away(self, desk: Desk, ended: Run) -> None:
        """Do what an outcome says of a file that is in the way: nobody needs it."""
        for outcome in ended.outcomes:
            for name in _IN_THE_WAY.findall(outcome.reason or ""):
                path = Path(name)
                if desk.topdir in path.parents and path.is_file():
                    path.unlink()
                    self._happen("remove-image", str(path.relative_to(desk.topdir / "compose")))

    def _remove_images(self, desk: Desk, ended: Run) -> None:
        placed = [path for outcome in ended.outcomes for path in outcome.images]
        while desk.to_remove and placed:
            desk.to_remove -= 1
            path = desk.topdir / "compose" / placed.pop(0)
            if path.is_file():
                path.unlink()
                self._happen("remove-image", str(path.relative_to(desk.topdir / "compose")))

    # The record

    def _record(self, is_over: bool) -> Record:
        state = self.world.hub.context.state
        self.world.hub.read(lambda _context, _now: None)
        began = EPOCH
        return Record(
            composes={desk.plan.key: desk.topdir for desk in self._desks},
            settled=tuple(
                desk.plan.key
                for desk in self._desks
                if desk.process is None and not desk.beside and desk.run is not None
            ),
            koji=self.world.hub.context.store.topdir,
            tasks=hub_tasks(state, self.methods, began),
            builds=hub_builds(state, began),
            cloud_names=tuple(sorted(state.cloud_names)),
            exchanges=tuple(sorted(self._exchanges, key=lambda one: one.at)),
            runs=tuple(self._runs),
            happenings=tuple(
                sorted(
                    [
                        *self._happenings,
                        *(Happening(one.at, one.kind, one.step) for one in self.world.injected),
                    ],
                    key=lambda one: one.at,
                )
            ),
            faults=self.scenario.hub.faults,
            results_in=self.scenario.hub.results_in,
            secrets=(SECRET % self.scenario.seed, str(self.world.profile.password)),
            foreign=self._foreign,
            over=is_over,
        )


def play(scenario: Scenario) -> Played:
    """Play a scenario; the same one gives the same, byte for byte."""
    hub = scenario.hub
    settings = HubSettings(
        duration=hub.duration,
        capacity=hub.capacity,
        session_lifetime=hub.session_lifetime,
        results_in=ResultsIn(hub.results_in),
        faults=tuple(map(parse_fault, hub.faults)),
    )
    names = sorted({image.name for plan in scenario.composes for image in plan.images})
    content = HubContent.seeded(["images"], names, ["x86_64", "aarch64"])
    only = None if scenario.only is None else frozenset(scenario.only)
    options = WorldOptions(rates=dict(scenario.rates), only=only, hub=settings)
    with World(scenario.seed, options, content) as world:
        night = Night(scenario, world)
        found = night.play()
        counts = dict(world.counts())
        for kind, count in night.happenings.items():
            counts[kind] = counts.get(kind, 0) + count
        return Played(
            scenario=scenario,
            violations=found,
            events=tuple(world.trace),
            digest=world.digest(),
            injected=tuple(one.id for one in world.injected),
            counts=counts,
            pairs=world.pairs(),
            hours=night.now / 3600.0,
            runs=sum(night.ends.values()),
            ends=night.ends,
        )


def _with(run: Run, now: float, how: Ended, **changes: Any) -> Run:
    return replace(run, ended=now, how=how, **changes)


def _slots(compose: str, requests: Sequence[ImageRequest]) -> Dict[int, Slot]:
    """Return the slot of each request, by its number."""
    return {
        one.number: Slot(compose, one.config.name.partition("-")[2], one.arches) for one in requests
    }


def _reading(plan: ComposePlan, seed: int, editions: Mapping[str, int], left_out: Any) -> Any:
    source = Source("/compose.json", config_of(plan, seed, editions, left_out))
    reading = read_config(source)
    assert reading.config is not None, reading.problems
    return reading


@lru_cache(maxsize=1)
def _variants() -> Tuple[Variant, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "variants.xml"
        path.write_text(VARIANTS, encoding="utf-8")
        return tuple(read_variants(path, (), ()))
