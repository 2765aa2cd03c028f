"""
koji's session, over HTTP with bounds: how long a call may take, how much a reply may cost, and that
it comes from the hub.

requests goes wherever a reply sends it, and takes along the headers in which koji keeps the key of
its session; koji reads a reply to its end, however long it is, takes, or becomes when it is
unpacked.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping, Optional
from urllib.parse import urljoin, urlsplit
from xmlrpc.client import Error as XmlRpcError
from xmlrpc.client import Fault, ResponseError

import koji
import requests

from pungi_osbuild.checked import printable
from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, PungiOsbuildError
from pungi_osbuild.hub.calls import MAX_REPLY, MIB
from pungi_osbuild.hub.replyparser import FEED, ReplyParser, too_much
from pungi_osbuild.hub.timeouts import Deadline, OverdueError, TimedAdapter
from pungi_osbuild.timing import CALL_TIMEOUT, CONNECT_TIMEOUT


class ClientSession(koji.ClientSession):  # type: ignore[misc]  # koji has no types
    """
    koji's session; its calls also raise what the transport does.

    :param heard: is given the ``Date`` header of each reply, and the seconds until it began
    :param clock: by which calls are overdue
    :raises ReplyError: a reply costs more than it may
    :raises OverdueError: a call takes longer than it may
    :raises xmlrpc.client.ResponseError: a reply is no XML-RPC, or no whole one
    :raises HubError: the hub sends us on to another address
    """

    rsession: Optional[_Transport]
    most: float = CALL_TIMEOUT
    """Seconds that any call may take at most."""
    max_reply: int = MAX_REPLY
    """Bytes that the reply to the next call may have."""

    def __init__(
        self,
        server: str,
        options: Mapping[str, Any],
        heard: Callable[[Optional[str], float], None],
        clock: Clock,
    ) -> None:
        self._heard = heard
        self.clock = clock
        super().__init__(server, options)

    def new_session(self) -> None:
        """Close the connections, and make new ones when they are needed."""
        if self.rsession:
            self.rsession.close()
        self.rsession = _Transport(self)

    def hurry(self, seconds: float) -> None:
        """Let no call take longer from now on, one that is under way included."""
        self.most = min(self.most, seconds)
        if self.rsession is not None and self.rsession.deadline is not None:
            self.rsession.deadline.shorten(seconds)

    def _read_xmlrpc_response(self, response: requests.Response) -> Any:
        self._heard(response.headers.get("Date"), response.elapsed.total_seconds())
        try:
            parser = ReplyParser(self.max_reply, _place(response.url))
            for chunk in response.iter_content(FEED):
                parser.feed(chunk)
            return parser.close()
        except Fault as fault:
            if type(fault.faultCode) is int and isinstance(fault.faultString, str):
                raise
            raise ResponseError("it is a fault without code and text") from fault
        except (XmlRpcError, requests.RequestException, OSError, PungiOsbuildError, OverdueError):
            raise
        except Exception as error:  # what the parsers raise at odd bytes: too many kinds to name
            said = printable(" ".join(str(error).split()))[:200]
            raise ResponseError("it is no XML-RPC: %s" % said) from error


class _Transport(requests.Session):
    def __init__(self, owner: ClientSession) -> None:
        super().__init__()
        self._owner = owner
        self.deadline: Optional[Deadline] = None
        for scheme in ("http://", "https://"):
            self.mount(scheme, _BoundedAdapter(lambda: self.deadline))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request; it, and the reading of what comes, have the same deadline."""
        seconds = min(kwargs.get("timeout") or CALL_TIMEOUT, self._owner.most)
        self.deadline = Deadline(seconds, self._owner.clock)
        kwargs["timeout"] = (min(seconds, CONNECT_TIMEOUT), seconds)
        return super().send(request, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Refuse to be sent on: a call would be a GET then, so not even the hub could mean it."""
        if resp.is_redirect:
            resp.close()
            here = resp.request.url or ""
            raise HubError(
                "the Koji hub at %s sends us on to %s" % (_place(here), _target(here, resp)),
                "If that is the hub's right address, name it as server in the Koji profile.",
            )


def _target(here: str, response: requests.Response) -> str:
    try:
        return _place(urljoin(here, response.headers["Location"]))
    except ValueError:
        return "an address that is none"


def _place(url: str) -> str:
    """Return an address without login and query, for people."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return printable("%s://%s%s" % (parts.scheme, host, parts.path))[:200]


class _BoundedAdapter(TimedAdapter):
    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Make a response whose content has an end."""
        bounded = _BoundedResponse()
        bounded.__dict__.update(super().build_response(req, resp).__dict__)
        return bounded


class _BoundedResponse(requests.Response):
    def iter_content(
        self, chunk_size: Optional[int] = 1, decode_unicode: bool = False
    ) -> Iterator[Any]:
        """Give the content, unpacked, while it is not too long."""
        if "," in self.headers.get("Content-Encoding", ""):
            # Each coding may make a thousand bytes of one.
            raise too_much(_place(self.url), "several content codings")
        size = 0
        for chunk in super().iter_content(chunk_size, decode_unicode):
            size += len(chunk)
            if size > MAX_REPLY:
                raise too_much(_place(self.url), "more than %d MiB" % (MAX_REPLY // MIB))
            yield chunk
