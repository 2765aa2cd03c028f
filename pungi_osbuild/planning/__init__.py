"""Before a submission: the plan, checks of requests against each other, preflight, releases."""

from pungi_osbuild.planning.checks import (
    accepted,
    check,
    check_beside,
    check_settings,
    checked_plan,
)
from pungi_osbuild.planning.plan import Plan, plan
from pungi_osbuild.planning.preflight import (
    HubCheck,
    Preflight,
    check_on_hub,
    failed_check,
    preflight,
    refusals_explained,
)
from pungi_osbuild.planning.releases import NvrRegistry, allocate

__all__ = [
    "HubCheck",
    "NvrRegistry",
    "Plan",
    "Preflight",
    "accepted",
    "allocate",
    "check",
    "check_beside",
    "check_on_hub",
    "check_settings",
    "checked_plan",
    "failed_check",
    "plan",
    "preflight",
    "refusals_explained",
]
