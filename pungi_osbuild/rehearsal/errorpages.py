"""The pages with which a web server, or a proxy before it, tells of an error."""

from __future__ import annotations

from http import HTTPStatus
from typing import Tuple

from pungi_osbuild.rehearsal.faults import FaultKind

_PAGE = """<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>%(title)s</title>
</head><body>
<h1>%(title)s</h1>
<p>%(said)s</p>
<hr>
<address>Rehearsal Server at koji.example.com Port 443</address>
</body></html>
"""

_SAID = {
    HTTPStatus.OK: ("We'll be right back", "The hub is under maintenance. Please come back later."),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "500 Internal Server Error",
        "The server encountered an internal error and was unable to complete your request.",
    ),
    HTTPStatus.BAD_GATEWAY: (
        "502 Bad Gateway",
        "The proxy server received an invalid response from an upstream server.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "503 Service Unavailable",
        "The server is temporarily unable to service your request. Please try again later.",
    ),
    HTTPStatus.GATEWAY_TIMEOUT: (
        "504 Gateway Timeout",
        "The gateway did not receive a timely response from the upstream server.",
    ),
}


def error_page(kind: FaultKind) -> Tuple[HTTPStatus, bytes]:
    """Return the status and the page of a fault that has one."""
    _, _, number = kind.value.partition("http-")
    status = HTTPStatus(int(number)) if number else HTTPStatus.OK
    title, said = _SAID[status]
    return status, (_PAGE % {"title": title, "said": said}).encode()
