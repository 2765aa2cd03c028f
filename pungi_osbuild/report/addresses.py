"""
Addresses that a report may link to: of Koji, and of the consoles of the clouds.

What an ID says was written by others. An address is made of it only when it looks exactly as that
cloud's IDs do; everything else is shown and not linked.
"""

from __future__ import annotations

from typing import Optional

from pungi_osbuild.clouds import Link, find_cloud, web_address
from pungi_osbuild.model import CloudImage


def task_link(weburl: str, task_id: Optional[int]) -> Optional[Link]:
    """Return where a task can be looked at in Koji; None where its web address is not known."""
    return _koji(weburl, "taskinfo?taskID", "task", task_id)


def build_link(weburl: str, build_id: Optional[int]) -> Optional[Link]:
    """Return where a build can be looked at in Koji; None where its web address is not known."""
    return _koji(weburl, "buildinfo?buildID", "build", build_id)


def _koji(weburl: str, page: str, what: str, number: Optional[int]) -> Optional[Link]:
    base = web_address(weburl)
    if base is None or number is None:
        return None
    return Link("%s/%s=%d" % (base.rstrip("/"), page, number), "%s %d" % (what, number))


def console_link(image: CloudImage) -> Optional[Link]:
    """Return where an image can be looked at in its cloud; None where there is no such page."""
    cloud = find_cloud(image.provider)
    return None if cloud is None else cloud.console(image)
