"""Before a submission: the plan, checks of requests against each other, preflight, releases."""

from pungi_osbuild.planning.checks import check, check_beside, check_settings
from pungi_osbuild.planning.cloudnames import wanted_name
from pungi_osbuild.planning.hubcheck import HubCheck, check_on_hub, hindered
from pungi_osbuild.planning.plan import Plan, plan
from pungi_osbuild.planning.preflight import Preflight, preflight
from pungi_osbuild.planning.prepare import planned_and_checked
from pungi_osbuild.planning.refusals import refusals_explained
from pungi_osbuild.planning.releases import Registry, allocate

__all__ = [
    "HubCheck",
    "Plan",
    "Preflight",
    "Registry",
    "allocate",
    "check",
    "check_beside",
    "check_on_hub",
    "check_settings",
    "hindered",
    "plan",
    "planned_and_checked",
    "preflight",
    "refusals_explained",
    "wanted_name",
]
