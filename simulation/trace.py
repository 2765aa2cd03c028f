"""What happened in a night, in words: the same seed gives the same text, byte for byte."""

from __future__ import annotations

from typing import Iterator, List

from simulation.night import Played
from simulation.scenario import ComposePlan, ImagePlan, Scenario
from simulation.schedule import Event

LOUD = frozenset(
    """
    actor clock-step critical ended error fault hub-down hub-up info killed late-request lost
    power-cut signal started warning
    """.split()
)
"""Kinds of events that say what happened; the others are steps."""


def told(played: Played, with_steps: bool = True) -> Iterator[str]:
    """
    Give the lines of a night: what it was, what happened, and what did not hold.

    :param with_steps: also every step on disk and network
    """
    yield from described(played.scenario)
    yield ""
    yield from (str(event) for event in played.events if with_steps or _is_loud(event))
    yield ""
    ends = ("%d %s" % (count, how) for how, count in sorted(played.ends.items()))
    yield "%d runs in %.2f h: %s" % (played.runs, played.hours, ", ".join(ends))
    yield from ("VIOLATED %s" % violation for violation in played.violations)
    yield "trace %s" % played.digest


def described(scenario: Scenario) -> List[str]:
    """Return what a scenario is."""
    hub = scenario.hub
    room = "no limit" if hub.capacity is None else "%d at a time" % hub.capacity
    lines = ["seed %d: images take %g s, %s" % (scenario.seed, hub.duration, room)]
    if hub.session_lifetime is not None:
        lines.append("sessions expire after %g s" % hub.session_lifetime)
    lines.extend("the rehearsal's fault %s" % fault for fault in hub.faults)
    for plan in scenario.composes:
        lines.append(_compose(plan))
        lines.extend("  %s" % _image(image) for image in plan.images)
    lines.extend("at %s" % act for act in scenario.acts)
    if scenario.only is not None:
        lines.extend("injected: %s" % id for id in scenario.only)
    else:
        rates = ("%s %g" % rate for rate in scenario.rates)
        lines.append("injected at random until %g s: %s" % (scenario.calm, ", ".join(rates) or "-"))
    return lines


def _compose(plan: ComposePlan) -> str:
    said = ["compose %s on %s from %g s on" % (plan.key, plan.host, plan.start)]
    said += ["fail-fast"] if plan.fail_fast else []
    said += ["cancels when stopped"] if plan.cancels else []
    said.append("over HTTP" if plan.over_http else plan.link_type)
    said.append("outages up to %g s" % plan.outage_limit)
    return ", ".join(said)


def _image(image: ImagePlan) -> str:
    said = ["%s (%s) for %s" % (image.name, image.image_type, " and ".join(image.arches))]
    said += ["release %s" % image.release] if image.release else []
    said += ["one task"] if not image.split else []
    said += ["may fail on %s" % ", ".join(image.failable)] if image.failable else []
    said += ["%d retries" % image.retries] if image.retries else []
    said += ["timeout %g s" % image.timeout] if image.timeout is not None else []
    said += ["uploaded"] if image.uploads else []
    said += ["as %s" % image.cloud_name] if image.cloud_name else []
    return ", ".join(said)


def _is_loud(event: Event) -> bool:
    return event.kind in LOUD
