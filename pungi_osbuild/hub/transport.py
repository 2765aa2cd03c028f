"""
koji's session, over HTTP with bounds: how long a reply may be, and that it comes from the hub.

requests goes wherever a reply sends it, and takes along the headers in which koji keeps the key of
its session; koji reads a reply to its end, however long it is or becomes when it is unpacked.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping, Optional
from urllib.parse import urljoin, urlsplit
from xmlrpc.client import Error as XmlRpcError
from xmlrpc.client import Fault, ResponseError

import koji
import requests
from requests.adapters import HTTPAdapter

from pungi_osbuild.errors import HubError, PungiOsbuildError, ReplyError
from pungi_osbuild.model import printable

MAX_REPLY = 32 * 1024 * 1024
"""Bytes of a reply, unpacked: five times what the longest of a real hub had. XML-RPC becomes up to
four times as many bytes in memory."""


class ClientSession(koji.ClientSession):  # type: ignore[misc]  # koji has no types
    """
    koji's session; its calls also raise what the transport does.

    :param heard: is given the ``Date`` header of each reply, and the seconds until it began
    :raises ReplyError: a reply is longer than ``MAX_REPLY``
    :raises xmlrpc.client.ResponseError: a reply is no XML-RPC, or no whole one
    :raises HubError: the hub sends us on to another address
    """

    rsession: Optional[requests.Session]

    def __init__(
        self,
        server: str,
        options: Mapping[str, Any],
        heard: Callable[[Optional[str], float], None],
    ) -> None:
        self._heard = heard
        super().__init__(server, options)

    def new_session(self) -> None:
        """Close the connections, and make new ones when they are needed."""
        if self.rsession:
            self.rsession.close()
        self.rsession = _Transport()

    def _read_xmlrpc_response(self, response: requests.Response) -> Any:
        self._heard(response.headers.get("Date"), response.elapsed.total_seconds())
        try:
            return super()._read_xmlrpc_response(response)
        except Fault as fault:
            if type(fault.faultCode) is int and isinstance(fault.faultString, str):
                raise
            raise ResponseError("it is a fault without code and text") from fault
        except (XmlRpcError, requests.RequestException, OSError, PungiOsbuildError):
            raise
        except Exception as error:  # what the parsers raise at odd bytes: too many kinds to name
            said = printable(" ".join(str(error).split()))[:200]
            raise ResponseError("it is no XML-RPC: %s" % said) from error


class _Transport(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _BoundedAdapter())

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


class _BoundedAdapter(HTTPAdapter):
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
        size = 0
        for chunk in super().iter_content(chunk_size, decode_unicode):
            size += len(chunk)
            if size > MAX_REPLY:
                raise ReplyError(
                    "a reply of the Koji hub at %s has more than %d MiB"
                    % (_place(self.url), MAX_REPLY // 2**20),
                    "No honest hub has so much to say: look at the build or the task in Koji.",
                )
            yield chunk
