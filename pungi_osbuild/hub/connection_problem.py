"""
Connection problems, told apart from what the hub answers.

Connection problems are transient: a connection that is refused or reset, a gateway without a
backend, a hub that says it is offline, a reply that ends early or is a page for people. What the
hub answers, a fault with a reason of its own, is permanent. Which is which was read in koji 1.36's
client (it turns every reply but one of HTTP status 2xx into an exception of requests, and what is
no XML-RPC into one of expat's or xmlrpc's), and found by experiment on kojihub 1.35.3:
``ServerOffline`` stands for offline, lockout and a database that cannot be reached.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional
from xml.parsers.expat import ExpatError
from xmlrpc.client import Error as XmlRpcError
from xmlrpc.client import Fault as XmlRpcFault

import koji
import requests
from urllib3.exceptions import NewConnectionError

from pungi_osbuild.checked import printable
from pungi_osbuild.hub.timeouts import OverdueError
from pungi_osbuild.methods import read_error_body
from pungi_osbuild.secrets import hide
from pungi_osbuild.timing import MAX_RETRY_AFTER

OFFLINE = int(koji.ServerOffline.faultCode)
"""koji's faultCode of a hub that is offline."""

FOREIGN = 1
"""The faultCode of an exception that is not koji's own."""

_TRANSIENT_STATUSES = frozenset({408, 425, 429})
"""HTTP statuses below 500 that ask the client to come again."""

_LOGIN_STATUSES = frozenset({401, 407})
"""HTTP statuses that are about who asks, not about what is asked."""

MAX_REFUSAL = 4096
"""Bytes of a refusal's body that are read."""

_DATABASE_GONE = re.compile(
    r"psycopg2?\.(errors\.)?\w*(OperationalError|InterfaceError|AdminShutdown|CrashShutdown)"
)
"""A hub whose database went away within a call."""

_LOGIN_CUT_SHORT = re.compile(
    r"requests\.exceptions\.(ConnectionError|ConnectTimeout|ReadTimeout|Timeout|ChunkedEncodingError)"
    r"|OverdueError|HTTPError: 5\d\d|ServerOffline|ExpatError|ResponseError"
    r"|^unable to obtain a session$"
)
"""koji's logins by certificate and by Kerberos turn all that goes wrong into one error's text."""


@dataclass(frozen=True)
class ConnectionProblem:
    """
    Why a call was not answered as a hub answers.

    :param text: what is wrong, in one line
    :param acted: the hub may have done what it was asked for all the same
    :param is_hub: a hub, or a gateway that knows of one, says so: the address is right
    :param refused: the HTTP status, 4xx, by which a hub or a proxy refuses the call, or all calls
    :param retry_after: seconds for which the server wants to be left alone
    """

    text: str
    acted: bool = True
    is_hub: bool = False
    refused: Optional[int] = None
    retry_after: float = 0.0


class ConnectionProblemError(Exception):
    """A call was not answered; trying again later may help."""

    def __init__(self, problem: ConnectionProblem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def connection_problem(error: Exception) -> Optional[ConnectionProblem]:
    """Return the problem behind an exception that koji raised; None for one that is permanent."""
    if isinstance(error, (XmlRpcFault, koji.GenericError)):
        return _of_koji(error)
    if isinstance(error, requests.HTTPError):
        return _of_status(error)
    if _is_certificate(error):
        return None
    if isinstance(error, requests.RequestException):
        if isinstance(error, ValueError):  # an address that cannot be one
            return None
        return ConnectionProblem(one_line(error), acted=not _was_never_sent(error))
    if isinstance(error, (OSError, OverdueError)):
        return ConnectionProblem(one_line(error))
    if isinstance(error, (ExpatError, XmlRpcError, UnicodeDecodeError, IndexError, ValueError)):
        return ConnectionProblem("the reply is not complete XML-RPC: %s" % one_line(error))
    return None


def _of_koji(error: Exception) -> Optional[ConnectionProblem]:
    code, text = getattr(error, "faultCode", FOREIGN), one_line(error)
    if code == OFFLINE:
        return ConnectionProblem(text, acted=False, is_hub=True)
    if isinstance(error, koji.RetryError):
        return ConnectionProblem(text, is_hub=True)
    if isinstance(error, koji.AuthError):
        return ConnectionProblem(text, acted=False) if _LOGIN_CUT_SHORT.search(text) else None
    if code == FOREIGN and _DATABASE_GONE.search(str(error)):
        return ConnectionProblem("the hub has lost its database: %s" % text, is_hub=True)
    return None


def _of_status(error: requests.HTTPError) -> Optional[ConnectionProblem]:
    response = error.response
    status = 0 if response is None else response.status_code
    if response is None:
        return None
    if status < 400 or status in _LOGIN_STATUSES:
        response.close()
        return None
    # Not the error's own text: it quotes the address, and an old hub's holds the session's key.
    text = ("HTTP %d %s" % (status, printable(str(response.reason or ""))[:100])).rstrip()
    if status < 500 and status not in _TRANSIENT_STATUSES:
        return ConnectionProblem(_with_body(text, response), acted=False, refused=status)
    # koji leaves the connection of a status that it raises to the garbage collector.
    response.close()
    return ConnectionProblem(
        text, acted=status != 429, is_hub=status != 500, retry_after=_retry_after(response)
    )


def _with_body(text: str, response: requests.Response) -> str:
    """Return a status with what the body says: the hub's own reason, or a proxy's."""
    try:
        content = next(iter(response.iter_content(MAX_REFUSAL)), b"")
    except Exception:  # whatever it is: the status says enough
        return text
    finally:
        response.close()
    body = read_error_body(content.decode("utf-8", "replace"))
    is_more = content.strip() and body.reason.lower() not in text.lower()
    return "%s: %s" % (text, hide(body.sentence)) if is_more else text


def _retry_after(response: requests.Response) -> float:
    """Return for how many seconds the server wants to be left alone; a date is not looked at."""
    said = response.headers.get("Retry-After", "").strip()
    if not said.isascii() or not said.isdigit() or len(said) > 9:
        return 0.0
    return float(min(int(said), MAX_RETRY_AFTER))


def is_login_refused(error: Exception) -> bool:
    """Whether a server says by HTTP's own means that it does not know who asks."""
    response = error.response if isinstance(error, requests.HTTPError) else None
    return response is not None and response.status_code == 401


def _is_certificate(error: BaseException) -> bool:
    return bool(koji.is_requests_cert_error(error)) or "CERTIFICATE_VERIFY_FAILED" in str(error)


def _was_never_sent(error: requests.RequestException) -> bool:
    """Whether there was not even a connection to send a call on."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    inner = error.args[0] if error.args else None
    return isinstance(getattr(inner, "reason", None), NewConnectionError)


def one_line(error: BaseException) -> str:
    """Return an error in one line: of what urllib3 wraps, what the system said."""
    # The address of the hub may hold a login, and an old hub's holds the session's key.
    text = hide(printable(" ".join(str(error).split())))
    system = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text)
    if system:
        return system.group(1)
    return text if len(text) <= 300 else text[:297] + "..."
