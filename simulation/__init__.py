"""
Whole runs in a world in which one seed decides everything: threads, time, network, disk, crashes.

The code under test is the real one, from ``pungi_osbuild.run.run()`` to koji's XML-RPC and to the
system calls; only what it stands on is simulated. How a world is used::

    with World(seed, WorldOptions(rates={"net.lose-answer": 0.01}), content) as world:
        night = world.machine("night")            # a host: name, pids, clock, a disk
        topdir = night.folder / "compose-1"       # a real folder, on tmpfs
        stop = StopFlag()
        options = night.run_options(stop=stop)    # RunOptions with the seeded inbox
        first = night.start("run 1", lambda: run(
            requests, compose, settings, world.profile, productmd, options, night.clock))
        world.at(30.0, "ann cancels task 1", lambda: world.hub.cancel(1))
        world.go(until=7200.0)                    # virtual seconds since the world began
        first.state, first.result, first.error    # "ended", RunResult or None, exception or None

**Processes.** ``machine.start(name, main)`` runs ``main`` as the main thread of a simulated process
from the present virtual time on, when the world goes. Any number may be started, on one machine or
on several, all on the one hub. A process ends when ``main`` returns or raises; its other threads
end with it, as daemons do. ``process.state`` is "running", "ended" or "killed".

**Going.** ``world.go(until)`` lets everything go until all processes have ended (True) or the
virtual time is over (False; processes that are left may go on in the next ``go``, or be killed).
What was put there with ``world.at`` for later happens in a later ``go``; ``world.wait(seconds)``
lets time pass without processes, so that the hub goes on building.

**Actors.** ``world.at(when, name, act)``: ``act()`` is called at that virtual time by whoever has
the turn; it must not wait for anything (no clock.sleep, no simulated disk), and may do all else:
``world.hub`` (the rehearsal's tables), ``world.network.down(seconds)``, ``machine.step_clock(60)``,
``process.signal(stop)``, ``machine.kill(process)``, ``machine.cut_power()``, ``world.at(...)``
again. The name is a line of the trace.

**Crashes.** ``process.kill()`` is kill -9: its threads do nothing any more from this moment, what
it wrote stays, its lock files stay, too. ``machine.cut_power()`` kills every process of the machine
and takes back what was not fsynced (see disk.py for what may be left); the machine has another boot
id afterwards and can be used at once. ``world.crash_at(step, how)`` does either at the step of that
number: every call to disk, network and clock and every hand-over to or from a worker is a step,
counted in ``world.steps``; ``world.options.crashes`` does so from the start. A new run is
``machine.start`` once more with the same arguments.

**Faults.** ``WorldOptions.rates`` says how likely each kind is at each step that it can meet: see
:data:`simulation.injection.KINDS`. Each fault that was injected is an ``Injected`` in
``world.injected`` with an ``id`` such as ``net.lose-answer@packageTask#17``: the 17th step which
that kind could have met. The ids of one seed do not depend on each other: ``WorldOptions.only``
injects the named ones and no other, which is how a failing seed is shrunk. ``world.counts()`` gives
the number of injected faults by kind, ``world.pairs()`` by kind and step, and
``world.injection.met()`` how many steps each kind could have met: the pairs that are possible.
``world.injection.stop()`` ends them all.

**Trace.** ``world.trace`` is a list of :class:`~simulation.schedule.Event` (time, process, thread,
kind, text), the same for the same seed on every Python, whatever the hash seed: disk and network
steps, faults, crashes, actors, what was logged from INFO on. ``world.note(kind, text)`` adds one.
``world.choices`` are the scheduler's choices; ``world.digest()`` is a hash over both.
"""
