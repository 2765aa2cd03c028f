"""The phase: plan, check, submit, watch, collect, place, record."""

from pungi_osbuild.phase.checks import check, check_beside, check_settings
from pungi_osbuild.phase.clock import Clock
from pungi_osbuild.phase.plan import Plan, plan
from pungi_osbuild.phase.prepare import planned_and_checked
from pungi_osbuild.phase.run import RunOptions, run
from pungi_osbuild.phase.watch import PollPolicy

__all__ = [
    "Clock",
    "Plan",
    "PollPolicy",
    "RunOptions",
    "check",
    "check_beside",
    "check_settings",
    "plan",
    "planned_and_checked",
    "run",
]
