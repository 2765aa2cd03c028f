"""
The people, clients and machines of a night: what they do to its runs, its hub and its composes.

Each act is a function of the night and of what the scenario says; it finds out by itself whom there
is to do it to, and does nothing where there is nobody.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Dict, List, Mapping, Optional, Tuple

from koji_rehearsal import build_rules
from koji_rehearsal.api_registry import HubContext
from koji_rehearsal.encoding import BUILD_STATES, GenericError
from koji_rehearsal.records import Build
from koji_rehearsal.steps import Conclusion, FilesDue
from pungi_osbuild.model import ImageRequest
from simulation.record import hub_tasks
from simulation.scenario import Act

if TYPE_CHECKING:
    from simulation.night import Night

RESERVED_FOR = 100.0
"""Seconds for which another client builds what it has reserved."""

Doing = Callable[["Night", Act], Optional[str]]
"""Does it, and returns to whom; None: there was nobody."""


def cancel_task(night: Night, act: Act) -> Optional[str]:
    """Somebody cancels a task that is in progress."""
    tasks = [
        task
        for task in hub_tasks(night.world.hub.context.state, night.methods)
        if task.is_open and task.slot is not None and task.slot.compose == act.compose
    ]
    if not tasks:
        return None
    task = tasks[act.number % len(tasks)]
    night.world.hub.cancel(task.id)
    return "task %d" % task.id


def free_build(night: Night, act: Act) -> Optional[str]:
    """An administrator releases an N-V-R that is reserved and that nobody builds any more."""

    def free(context: HubContext, now: float) -> Optional[str]:
        coming = set()
        for _, _, step in context.builder.in_progress()["due"]:
            if isinstance(step, FilesDue):
                coming.add(step.build_id)
            elif isinstance(step, Conclusion) and step.compose.build is not None:
                coming.add(step.compose.build.id)
        stuck = [build for build in _builds(context, "BUILDING") if build.id not in coming]
        if not stuck:
            return None
        build = stuck[act.number % len(stuck)]
        state = BUILD_STATES["CANCELED"]
        context.state.put_build(replace(build, state=state, completion_ts=now))
        return build.nvr

    freed: Optional[str] = night.world.hub.read(free)
    return freed


def lose_build(night: Night, act: Act) -> Optional[str]:
    """Composer loses a build whose task has ended: it is never imported, and stays BUILDING."""

    def lose(context: HubContext, _now: float) -> Optional[str]:
        schedule = context.builder._schedule
        coming = [
            one
            for one in schedule._due
            if isinstance(one[2], Conclusion)
            and one[2].compose.build is not None
            and context.state.tasks[one[2].compose.order.task_id].ended
        ]
        if not coming:
            return None
        lost = coming[act.number % len(coming)]
        schedule._due.remove(lost)
        heapq.heapify(schedule._due)
        assert isinstance(lost[2], Conclusion)
        return lost[2].compose.order.nvr

    lost: Optional[str] = night.world.hub.read(lose)
    return lost


def delete_build(night: Night, act: Act) -> Optional[str]:
    """An administrator deletes a build of the compose, and Koji its files."""
    if night.desk(act.compose).plan.link_type == "symlink":
        return None
    ours = {
        task.id
        for task in hub_tasks(night.world.hub.context.state, night.methods)
        if task.slot is not None and task.slot.compose == act.compose
    }

    def delete(context: HubContext, _now: float) -> Optional[str]:
        builds = [build for build in _builds(context, "COMPLETE") if build.task_id in ours]
        if not builds:
            return None
        build = builds[act.number % len(builds)]
        context.state.put_build(replace(build, state=BUILD_STATES["DELETED"]))
        context.store.discard_build(build.folder)
        return build.nvr

    deleted: Optional[str] = night.world.hub.read(delete)
    return deleted


def take_nvr(night: Night, act: Act) -> Optional[str]:
    """Another client builds an N-V-R that a request of the compose is about to want."""
    return _others_build(night, act, "COMPLETE")


def reserve_nvr(night: Night, act: Act) -> Optional[str]:
    """Another client has such an N-V-R building, for a while."""
    nvr = _others_build(night, act, "BUILDING")
    if nvr is not None:
        # Half of these are never built to their end: somebody has to free them.
        end = "COMPLETE" if act.number % 2 else "FAILED"
        night.world.at(
            night.now + RESERVED_FOR,
            "another client ends %s: %s" % (nvr, end),
            lambda: _end_build(night, str(nvr), end),
        )
    return nvr


def take_cloud_name(night: Night, act: Act) -> Optional[str]:
    """Another client gives an image in a cloud the name that a request wants."""
    named = [one for one in night.desk(act.compose).plan.images if one.cloud_name is not None]
    if not named:
        return None
    image = named[act.number % len(named)]
    places = {
        "aws": ("aws", "us-east-1"),
        "gcp": ("gcp",),
        "azure": ("azure", "00000000-0000-0000-0000-000000000002", "images"),
    }
    wanted = str(image.cloud_name).replace("{arch}", "x86_64").replace("{attempt}", "1")
    name = (*places[image.image_type], wanted)
    names: Dict[Tuple[str, ...], str] = night.world.hub.context.state.cloud_names
    if name in names:
        return None
    names[name] = "another client's"
    return " ".join(name)


def stop(night: Night, act: Act) -> Optional[str]:
    """Somebody stops the compose's run with SIGTERM."""
    desk = night.desk(act.compose)
    if desk.process is None or desk.process.state != "running":
        return None
    desk.process.signal(desk.stop)
    return act.compose


def kill(night: Night, act: Act) -> Optional[str]:
    """The compose's run is killed with SIGKILL."""
    desk = night.desk(act.compose)
    if desk.process is None or desk.process.state != "running":
        return None
    desk.process.kill()
    return act.compose


def power_cut(night: Night, act: Act) -> Optional[str]:
    """The compose's machine loses its power."""
    machine = night.desk(act.compose).machine
    machine.cut_power()
    return str(machine.name)


def step_clock(night: Night, act: Act) -> Optional[str]:
    """Somebody sets the clock of the compose's machine."""
    steps = (-7200.0, -60.0, 60.0, 7200.0, 86400.0)
    machine = night.desk(act.compose).machine
    machine.step_clock(steps[act.number % len(steps)])
    return str(machine.name)


def network_down(night: Night, act: Act) -> Optional[str]:
    """Nobody reaches the hub for a while."""
    how = ("refuse", "silence", "gateway", "offline")[act.number % 4]
    night.world.network.down(float(10 + act.number % 200), how)
    return "hub"


def hub_restarts(night: Night, _act: Act) -> Optional[str]:
    """The hub restarts with an older database of sessions: it knows none of them."""
    night.world.hub.context.state.sessions.clear()
    night.world.network.down(5.0, "refuse")
    return "hub"


def builders_away(night: Night, act: Act) -> Optional[str]:
    """The builders take no tasks for a while."""
    builder = night.world.hub.context.builder
    before = builder._settings
    if before.capacity == 0:
        return None
    builder._settings = replace(before, capacity=0)

    def come_back() -> None:
        builder._settings = before
        night.world.hub.read(lambda context, now: context.builder._take_waiting(now))

    night.world.at(night.now + 5.0 + act.number % 120, "the builders are back", come_back)
    return "hub"


def change_config(night: Night, act: Act) -> Optional[str]:
    """Somebody changes the compose's config; the next run has it, and may build it again."""
    desk = night.desk(act.compose)
    image = desk.plan.images[act.number % len(desk.plan.images)]
    if act.number % 7 == 0 and len(desk.plan.images) > 1:
        desk.left_out = (*desk.left_out, image.key)
    else:
        desk.editions[image.key] = desk.editions.get(image.key, 0) + 1
    desk.rebuild = ("nothing", "changed", "changed", "all")[act.number % 4]
    desk.wants_run = True
    return "%s/%s" % (act.compose, image.key)


def second_run(night: Night, act: Act) -> Optional[str]:
    """Somebody begins a second run on the compose while one is in progress."""
    desk = night.desk(act.compose)
    if desk.process is None or desk.process.state != "running":
        return None
    night.start_beside(desk)
    return act.compose


def remove_image(night: Night, act: Act) -> Optional[str]:
    """Somebody removes an image from the compose, between two runs."""
    night.desk(act.compose).to_remove += 1
    return None


ACTS: Mapping[str, Doing] = {
    "cancel-task": cancel_task,
    "free-build": free_build,
    "lose-build": lose_build,
    "delete-build": delete_build,
    "take-nvr": take_nvr,
    "reserve-nvr": reserve_nvr,
    "take-cloud-name": take_cloud_name,
    "stop": stop,
    "kill": kill,
    "power-cut": power_cut,
    "step-clock": step_clock,
    "network-down": network_down,
    "hub-restarts": hub_restarts,
    "builders-away": builders_away,
    "change-config": change_config,
    "second-run": second_run,
    "remove-image": remove_image,
}
"""Every act, by its name in a scenario."""


def _builds(context: HubContext, state: str) -> List[Build]:
    wanted = BUILD_STATES[state]
    return [build for build in context.state.builds.values() if build.state == wanted]


def _others_build(night: Night, act: Act, state: str) -> Optional[str]:
    requests = night.desk(act.compose).requests
    if not requests:
        return None
    request: ImageRequest = requests[act.number % len(requests)]

    def take(context: HubContext, now: float) -> Optional[str]:
        try:
            release = request.release or request.release_of(
                build_rules.next_release(context.state, request.config.name, request.version)
            )
            user = context.state.users[1]
            build = build_rules.reserve_build(
                context.state, user, request.config.name, request.version, release, now
            )
        except GenericError:
            return None
        ended = now if state == "COMPLETE" else None
        taken = replace(build, state=BUILD_STATES[state], completion_ts=ended, by_composer=False)
        context.state.put_build(taken)
        return build.nvr

    taken: Optional[str] = night.world.hub.read(take)
    return taken


def _end_build(night: Night, nvr: str, state: str) -> None:
    def end(context: HubContext, now: float) -> None:
        for build in _builds(context, "BUILDING"):
            if build.nvr == nvr and not build.by_composer:
                context.state.put_build(
                    replace(build, state=BUILD_STATES[state], completion_ts=now)
                )

    night.world.hub.read(end)
