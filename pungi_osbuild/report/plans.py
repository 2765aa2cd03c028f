"""The plan: the tasks that would be submitted, with their exact arguments."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence

from pungi_osbuild.methods import arguments
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.report.tables import columns
from pungi_osbuild.secrets import hide_in

NEXT = "<next>"
"""Stands for a release that the hub gives."""


def plan_table(requests: Sequence[ImageRequest], show_secrets: bool = False) -> List[str]:
    """
    Return the lines that show a plan: a task a row, then each task's arguments.

    :param show_secrets: show passwords, keys and logins, which are hidden otherwise
    """
    if not requests:
        return ["No tasks to submit."]
    header = ("#", "VARIANT", "ARCHES", "IMAGE TYPE", "N-V-R", "TARGET", "FAILABLE")
    rows = [
        (
            str(request.number + 1),
            request.variant,
            ",".join(request.arches),
            request.config.image_type,
            request.nvr or "%s-%s-%s" % (request.config.name, request.version, NEXT),
            request.config.target,
            "yes" if request.can_fail else "no",
        )
        for request in requests
    ]
    lines = columns(header, rows)
    for request in requests:
        sent = _arguments(request, show_secrets)
        opts = [sent.pop()] if sent and isinstance(sent[-1], dict) else []
        parts = [", ".join(map(json.dumps, sent)), *("opts=%s" % _indented(one) for one in opts)]
        lines.extend(["", "#%d %s(" % (request.number + 1, request.config.method)])
        lines.append("    %s)" % ",\n    ".join(parts))
    return [*lines, "", "%d task%s." % (len(requests), "" if len(requests) == 1 else "s")]


def _arguments(request: ImageRequest, show_secrets: bool) -> List[Any]:
    # There is no digest of what is hidden: short passwords can be guessed by it. Plans have to be
    # compared before they are shown.
    sent = arguments(request)
    return sent if show_secrets else [hide_in(argument) for argument in sent]


def _indented(opts: Dict[str, Any]) -> str:
    return json.dumps(opts, indent=4, sort_keys=True).replace("\n", "\n    ")


def plan_json(requests: Sequence[ImageRequest], show_secrets: bool = False) -> List[Dict[str, Any]]:
    """
    Return a plan as ``plan --format json`` prints it; a release that only the hub can give is null.

    :param show_secrets: as for :func:`plan_table`
    """
    return [
        {
            "variant": request.variant,
            "arches": list(request.arches),
            "name": request.config.name,
            "version": request.version,
            "release": request.release,
            "nvr": request.nvr,
            "image_type": request.config.image_type,
            "distro": request.config.distro,
            "target": request.config.target,
            "can_fail": request.can_fail,
            "subvariant": request.subvariant,
            "method": request.config.method,
            "args": _arguments(request, show_secrets),
        }
        for request in requests
    ]
