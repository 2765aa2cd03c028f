"""The pages with which a web server, a proxy before it, or the hub itself tells of an error."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from koji_rehearsal.faults import FaultKind

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

BAD_REQUEST = "Invalid request: %s\n"
"""What a hub answers, as text, to a request that it cannot read."""

TOO_LONG = "Request too long"

_SAID = {
    HTTPStatus.FORBIDDEN: (
        "403 Forbidden",
        "You don't have permission to access this resource.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "413 Request Entity Too Large",
        "The requested resource does not allow request data with POST requests, or the amount of"
        " data provided in the request exceeds the capacity limit.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "429 Too Many Requests",
        "The user has sent too many requests in a given amount of time.",
    ),
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


@dataclass(frozen=True)
class ErrorPage:
    """An answer that is an error: its HTTP status, content type and body."""

    status: HTTPStatus
    kind: str
    body: bytes


def error_page(kind: FaultKind) -> ErrorPage:
    """Return the page of a fault that has one."""
    _, _, number = kind.value.partition("http-")
    status = HTTPStatus(int(number)) if number else HTTPStatus.OK
    if status is HTTPStatus.BAD_REQUEST:
        return bad_request(TOO_LONG)
    title, said = _SAID[status]
    body = (_PAGE % {"title": title, "said": said}).encode()
    return ErrorPage(status, "text/html; charset=iso-8859-1", body)


def bad_request(why: object) -> ErrorPage:
    """Return the hub's answer to a request that it cannot read."""
    return ErrorPage(HTTPStatus.BAD_REQUEST, "text/plain", (BAD_REQUEST % why).encode())
