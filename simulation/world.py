"""One simulated world: a hub, machines with disks and processes, and what stands in for them."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import secrets
import socket
import tempfile
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple, cast

import requests
from requests.adapters import HTTPAdapter

from koji_rehearsal import REHEARSAL_USER, HubContent, HubSettings
from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import Profile
from pungi_osbuild.run import Inbox, RunOptions
from pungi_osbuild.stop import StopFlag
from simulation.disk import Disk
from simulation.files import Files, clean
from simulation.inbox import SeededInbox
from simulation.injection import Injected, Injection
from simulation.network import ADDRESS, HubHere, Network
from simulation.prng import Prng
from simulation.schedule import (
    Event,
    Fiber,
    KilledError,
    Owner,
    Schedule,
    SeededCondition,
    SeededLock,
    SeededRLock,
    StuckError,
)
from simulation.standins import StandIns

_MEMORY = Path("/dev/shm")  # noqa: S108
EPOCH = 1795478400.0
"""When every world begins: 2026-11-24, midnight UTC."""

_BOOTED = 1000.0
"""Seconds on the monotonic clock when a world begins."""

_NAMESPACE = 4026531836
"""The inode of the pid namespace, as most machines have it."""

KILL, POWER = "kill", "power"


@dataclass(frozen=True)
class WorldOptions:
    """
    What a world is like.

    :param rates: how likely each kind of fault is, see :data:`simulation.injection.KINDS`
    :param only: ids of the faults to inject, and of no others
    :param crashes: numbers of steps, and whether the process is killed or the power goes there
    :param hub: settings of the rehearsal hub; its clock is the world's
    :param is_mounted: Koji's volume is mounted on every machine; else files are downloaded
    :param restless: how likely a thread lets another one go first at a step; None: the seed says
    :param max_steps: after which a world is taken for one that never ends
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    only: Optional[FrozenSet[str]] = None
    crashes: Tuple[Tuple[int, str], ...] = ()
    hub: HubSettings = HubSettings(duration=60.0)  # noqa: RUF009  frozen
    is_mounted: bool = True
    restless: Optional[float] = None
    max_steps: int = 1_000_000


class Process(Owner):
    """
    A simulated process.

    :param main: what its main thread does
    """

    def __init__(self, machine: Machine, name: str, pid: int, main: Callable[[], Any]) -> None:
        super().__init__(name)
        self.machine = machine
        self.pid = pid
        self.state = "running"
        self.result: Any = None
        self.error: Optional[BaseException] = None
        self.descriptors: Dict[int, str] = {}
        self.started = machine.world.schedule.now
        self.ended: Optional[float] = None
        self.main = Fiber("main", self, lambda: self._run(main))

    @property
    def disk(self) -> Disk:
        """Of the machine."""
        return self.machine.disk

    def signal(self, stop: Optional[StopFlag] = None) -> None:
        """Send the process SIGTERM: what ``pungi_osbuild.cli.signals`` does then."""
        if self.state != "running":
            return
        self.machine.world.note("signal", self.name)
        if stop is not None:
            stop.ask()
        self.machine.world.schedule.raise_in(self.main, KeyboardInterrupt())

    def kill(self) -> None:
        """Kill it at once, as ``kill -9`` does."""
        if self.state == "running":
            self.machine.world.note("killed", self.name)
            self._end("killed")

    def special(self, path: str) -> Optional[str]:
        """Return what is in a file below /proc, as far as it could make a difference."""
        if path == "/proc/sys/kernel/random/boot_id":
            return self.machine.boot_id + "\n"
        parts = path.split("/")
        if len(parts) == 4 and parts[3] == "stat" and parts[2].isdigit():
            process = self.machine.process(int(parts[2]))
            if process is None:
                raise FileNotFoundError(2, "No such file or directory", path)
            ticks = int((process.started + _BOOTED) * 100)
            return "%d (python) S %s%d 0\n" % (process.pid, "0 " * 18, ticks)
        return None

    def _run(self, main: Callable[[], Any]) -> None:
        try:
            self.result = main()
        except KilledError:
            raise
        except BaseException as error:
            self.error = error
        if not self.is_dead:
            how = "" if self.error is None else type(self.error).__name__
            self.machine.world.note("ended", "%s %s" % (self.name, how))
            self._end("ended")

    def _end(self, state: str) -> None:
        self.state = state
        world = self.machine.world
        self.ended = world.schedule.now
        world.schedule.kill(self)
        for descriptor in self.descriptors:
            world.files.really("close", descriptor)
        self.descriptors.clear()


class Machine:
    """
    A host with a disk, a clock and processes.

    :param name: of the host
    """

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.folder = world.folder / name
        self.folder.mkdir()
        self.disk = Disk(self.folder)
        self.processes: List[Process] = []
        self._prng = world.prng.named("machine " + name)
        self._ahead = 0.0
        self._pids = 1000
        self.boot_id = self._new_boot()
        self.clock = Clock(self._now, self._monotonic, self._sleep)

    def start(self, name: str, main: Callable[[], Any]) -> Process:
        """Start a process, which goes on when the world goes."""
        self._pids += 1
        process = Process(self, name, self._pids, main)
        self.processes.append(process)
        self.world.note("started", "%s on %s" % (name, self.name))
        self.world.schedule.spawn(process.main)
        return process

    def process(self, pid: int) -> Optional[Process]:
        """Return the process with a number, if it is there."""
        return next((one for one in self.processes if one.pid == pid and not one.is_dead), None)

    def run_options(self, **more: Any) -> RunOptions:
        """Return the options of a run, which works with the seeded inbox."""
        return RunOptions(inbox=cast(Callable[[], Inbox], self.world.inbox), **more)

    def step_clock(self, seconds: float) -> None:
        """Set the host's clock ahead, or back."""
        self._ahead += seconds
        self.world.note("clock-step", "%+.3f s on %s" % (seconds, self.name))

    def cut_power(self) -> None:
        """Kill all processes, and lose what the disk does not have yet."""
        self.world.note("power-cut", self.name)
        for process in self.processes:
            process.kill()
        with self.world.schedule.outside():
            self.disk.lose(self._prng, lambda text: self.world.note("lost", text))
        self.boot_id = self._new_boot()

    def wall(self) -> float:
        """Return the time that the host's clock shows."""
        return round(EPOCH + self.world.schedule.now + self._ahead, 6)

    def _new_boot(self) -> str:
        return str(uuid.UUID(int=self._prng.bits() << 64 | self._prng.bits(), version=4))

    def _now(self) -> float:
        self.world.check_alive()
        return self.wall()

    def _monotonic(self) -> float:
        self.world.check_alive()
        return _BOOTED + self.world.schedule.now

    def _sleep(self, seconds: float) -> None:
        self.world.step("sleep", "")
        self.world.schedule.sleep(seconds)


class World:
    """
    Everything that a night happens in; see the package. Use it as a context manager, one at a time.

    :param seed: decides everything
    :param content: what the hub knows at first; None: what the recorded one does
    """

    def __init__(
        self,
        seed: int,
        options: WorldOptions = WorldOptions(),
        content: Optional[HubContent] = None,
    ) -> None:
        self.seed = seed
        self.options = options
        self.prng = Prng(seed, "world")
        restless = options.restless
        if restless is None:
            restless = self.prng.choice((0.02, 0.1, 0.3, 0.6))
        self.schedule = Schedule(self.prng.named("schedule"), restless)
        self.injection = Injection(seed, options.rates, options.only)
        self.steps = 0
        """Steps that were taken so far, by all processes."""
        self.trace: List[Event] = []
        self.machines: Dict[str, Machine] = {}
        self.files = Files(self)
        self._content = replace(content or HubContent.golden(), anonymous=None)
        self._crashes = dict(options.crashes)
        self._is_endless = False
        self._names = self.prng.named("names")
        self._standins = StandIns()

    def __enter__(self) -> World:
        base = _MEMORY if _MEMORY.is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="pungi-osbuild-world-", dir=base))
        self._root = str(self.folder)
        self.volume = str(self.folder / "koji")
        gc.disable()
        self._install()
        # Made inside, so that its lock is one of the stand-ins, too.
        self.hub = HubHere(self.options.hub, self._content, Path(self.volume), self._hub_time)
        self.network = Network(
            self.schedule,
            self.hub,
            self.injection,
            self.prng.named("network"),
            self.step,
            self.note,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for machine in self.machines.values():
            for process in machine.processes:
                process.kill()
        # The killed fibers let go of what they hold.
        self.schedule.go(self.schedule.now, lambda: not self.schedule.live)
        self._standins.close()
        gc.enable()
        clean(self.folder)

    # For whoever makes a night

    def machine(self, name: str) -> Machine:
        """Return the host of a name, which is made when there is none."""
        if name not in self.machines:
            self.machines[name] = Machine(self, name)
        return self.machines[name]

    @property
    def profile(self) -> Profile:
        """How the hub is reached."""
        return Profile(
            name="simulated",
            server=ADDRESS + "/kojihub",
            topurl=ADDRESS + "/kojifiles",
            weburl=ADDRESS + "/koji",
            topdir=str(self.hub.rehearsal.topdir) if self.options.is_mounted else "",
            authtype="password",
            user=REHEARSAL_USER,
            password=REHEARSAL_USER + "pw",
        )

    def at(self, when: float, name: str, act: Callable[[], object]) -> None:
        """Have something happen at a virtual time, in seconds since the world began."""

        def acted() -> None:
            self.note("actor", name)
            act()

        self.schedule.at(when, acted)

    def go(self, until: float) -> bool:
        """
        Let all processes go on; return whether all of them have ended by then.

        :param until: virtual seconds since the world began
        :raises StuckError: nobody can go on, or it never ends
        """
        self.schedule.go(until, lambda: not self.schedule.live or self._is_endless)
        if self._is_endless:
            raise StuckError("%d steps, and no end" % self.steps)
        return not self.schedule.live

    def wait(self, seconds: float) -> None:
        """Let time pass, also when there is no process."""
        self.schedule.go(self.schedule.now + seconds, lambda: self._is_endless)

    def crash_at(self, step: int, how: str = KILL) -> None:
        """
        Have whichever process takes a step be killed there, or its machine lose its power.

        :param step: its number: the next one is ``world.steps + 1``
        :param how: "kill" or "power"
        """
        self._crashes[step] = how

    def note(self, kind: str, text: str) -> None:
        """Add a line to the trace."""
        fiber = self.schedule.current
        process, thread = ("", "") if fiber is None else (fiber.owner.name, fiber.name)
        shown = text.replace(self._root, "") if self._root in text else text
        self.trace.append(Event(self.schedule.now, process, thread, kind, shown))

    @property
    def injected(self) -> List[Injected]:
        """Every fault that was injected, in order."""
        return self.injection.injected

    @property
    def choices(self) -> List[int]:
        """The scheduler's choices: each the index times 256, and of how many."""
        return self.schedule.choices

    def counts(self) -> Mapping[str, int]:
        """Return how many faults of each kind were injected."""
        return Counter(one.kind for one in self.injected)

    def pairs(self) -> Mapping[Tuple[str, str], int]:
        """Return how many faults of each kind were injected at each step."""
        return Counter((one.kind, one.step) for one in self.injected)

    def digest(self) -> str:
        """Return what two worlds have in common in which the same has happened."""
        made = hashlib.sha256()
        for event in self.trace:
            made.update(str(event).encode("utf-8", "backslashreplace"))
        made.update(repr(self.choices).encode())
        return made.hexdigest()

    # For its parts

    def program(self) -> Optional[Process]:
        """Return the process that has the baton."""
        fiber = self.schedule.current
        return None if fiber is None else cast(Process, fiber.owner)

    def check_alive(self) -> None:
        """Stop a fiber whose process is no more."""
        fiber = self.schedule.current
        if fiber is not None and fiber.owner.is_dead:
            raise KilledError

    def step(self, kind: str, subject: str, torn: Optional[Callable[[Prng], None]] = None) -> int:
        """Take a step: the process may be killed here, or another fiber go first."""
        fiber = self.schedule.current
        if fiber is None:
            return 0
        process = cast(Process, fiber.owner)
        if process.is_dead:
            raise KilledError
        self.steps += 1
        number, now = self.steps, self.schedule.now
        if number > self.options.max_steps:
            self._is_endless = True
            self.schedule.sleep(0.0)
        self.trace.append(Event(now, process.name, fiber.name, kind, subject))
        how = self._crashes.get(number) if self._crashes else None
        if how is None and self.injection.rates:
            met = self.injection.first(_CRASHES, _joined(kind, subject), now, number)
            how = None if met is None else met[0].partition(".")[2]
        if how is not None:
            self._crash(process, how, number, torn)
        self.schedule.step()
        return number

    def hand_over(self, what: str) -> None:
        """Take the step of an item, or a result, that changes hands."""
        self.step(what, "")

    def _crash(
        self, process: Process, how: str, number: int, torn: Optional[Callable[[Prng], None]]
    ) -> None:
        prng = self.prng.named("crash %d" % number)
        if torn is not None and prng.chance(0.5):
            torn(prng)
        if how == POWER:
            process.machine.cut_power()
        else:
            process.kill()
        raise KilledError

    def fault(self, kinds: Sequence[str], step: str) -> Optional[str]:
        """Return the kind of fault that a step on a disk meets."""
        met = self.injection.first(kinds, step, self.schedule.now, self.steps)
        if met is None:
            return None
        self.note("fault", "%s %s" % (met[0], step))
        return met[0]

    def pause(self) -> None:
        """Let others go on for a moment."""
        self.schedule.sleep(0.01)

    def wall(self) -> float:
        """Return the time on the host of whoever has the baton."""
        process = self.program()
        return self._hub_time() if process is None else process.machine.wall()

    def inbox(self) -> SeededInbox:
        """Return an inbox for a run of the process that has the baton."""
        process = self.program()
        assert process is not None, "BUG: a run outside of every process"
        return SeededInbox(self.schedule, process, self.hand_over)

    def _hub_time(self) -> float:
        return round(EPOCH + self.schedule.now, 6)

    def _install(self) -> None:
        """Put the stand-ins in place."""
        put = self._standins.put
        for made in (SeededLock, SeededCondition):
            made.schedule = self.schedule
        put(threading, "Lock", SeededLock)
        put(threading, "RLock", SeededRLock)
        put(threading, "Condition", SeededCondition)
        self.files.install(self._standins)
        System(self).install(self._standins)
        handler = _TraceLog(self)
        logger = logging.getLogger("pungi_osbuild")
        before = logger.level, logger.propagate
        self._standins.callback(logger.setLevel, before[0])
        self._standins.callback(setattr, logger, "propagate", before[1])
        self._standins.callback(logger.removeHandler, handler)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False


_CRASHES = ("crash.kill", "crash.power")


def _joined(kind: str, subject: str) -> str:
    return kind + " " + subject if subject else kind


class System:
    """The stand-ins for what says who and where a process is, and for what is random."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._names = world.prng.named("names")
        self._getpid, self._kill, self._stat = os.getpid, os.kill, os.stat
        self._gethostname, self._send = socket.gethostname, HTTPAdapter.send

    def install(self, standins: StandIns) -> None:
        """Put them in place."""
        standins.put(os, "getpid", self.getpid)
        standins.put(os, "kill", self.kill)
        standins.put(os, "stat", self.stat)
        standins.put(socket, "gethostname", self.gethostname)
        standins.put(uuid, "uuid4", self.uuid4)
        standins.put(secrets, "token_hex", self.token_hex)
        standins.put(secrets, "token_urlsafe", self.token_hex)
        standins.put(requests.sessions, "preferred_clock", lambda: self._world.schedule.now)
        # Whoever plays a night may have proxies; and to look for them at each request takes time.
        standins.put(requests.sessions, "get_environ_proxies", lambda *_, **_more: {})
        # No proxy, no login of somebody's; to look for them takes a tenth of the time.
        standins.put(requests.sessions, "get_environ_proxies", lambda *_args, **_more: {})
        standins.put(requests.sessions, "get_netrc_auth", lambda *_args, **_more: None)
        world = self._world

        def send(adapter: Any, request: Any, *_: Any, timeout: Any = None, **_more: Any) -> Any:
            world.check_alive()
            return world.network.send(adapter, request, timeout)

        standins.put(HTTPAdapter, "send", send)

    def getpid(self) -> int:
        """Stand in for ``os.getpid``."""
        process = self._world.program()
        return self._getpid() if process is None else process.pid

    def kill(self, pid: int, number: int) -> None:
        """Stand in for ``os.kill``, by which is asked whether a process is there."""
        process = self._world.program()
        if process is None:
            self._kill(pid, number)
        elif process.machine.process(pid) is None:
            raise ProcessLookupError(3, "No such process")

    def stat(self, path: Any, *args: Any, **kwargs: Any) -> Any:
        """Stand in for ``os.stat``; only the namespace of pids is not the real one."""
        if self._world.schedule.current is not None and str(path) == "/proc/self/ns/pid":
            return os.stat_result((0o100444, _NAMESPACE, 4, 1, 0, 0, 0, 0, 0, 0))
        return self._stat(path, *args, **kwargs)

    def gethostname(self) -> str:
        """Stand in for ``socket.gethostname``."""
        process = self._world.program()
        return self._gethostname() if process is None else process.machine.name

    def uuid4(self) -> uuid.UUID:
        """Stand in for ``uuid.uuid4``."""
        return uuid.UUID(int=self._names.bits() << 64 | self._names.bits(), version=4)

    def token_hex(self, count: Optional[int] = None) -> str:
        """Stand in for ``secrets.token_hex``, and for ``token_urlsafe``."""
        count = count or 32
        text = "".join("%016x" % self._names.bits() for _ in range(count // 8 + 1))
        return text[: 2 * count]


class _TraceLog(logging.Handler):
    """Puts what is logged into the trace."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.INFO)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        """Add a line."""
        process = self._world.program()
        if process is None or not process.is_dead:
            text = "%s: %s" % (record.name.rpartition(".")[2], record.getMessage())
            self._world.note(record.levelname.lower(), text)
