"""
Which HTTP requests come from local clients, and which from another site's web page.

A browser lets any page send a plain POST to ``http://127.0.0.1:PORT`` (it needs no preflight), and
a name that resolves to 127.0.0.1 (DNS rebinding) lets that page read the answer, too. Such a
request names the page in ``Origin``, or the attacker's name in ``Host``.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import FrozenSet, Optional, Sequence

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.%]+\]|[^\[\]:/@\s]+)(?P<port>:\d{1,5})?", re.ASCII)


def foreign(
    hosts: Sequence[str], origins: Sequence[str], asked: str, names: FrozenSet[str]
) -> Optional[str]:
    """
    Return why a request is refused; None: it is not.

    :param hosts: all its ``Host`` headers; none at all is no browser's
    :param origins: all its ``Origin`` headers
    :param asked: host and port of an address that is asked for as a whole; "": only a path is
    :param names: host names and addresses, in lower case, that this hub has beside loopback
    """
    for host in (*hosts, *filter(None, [asked])):
        if not _is_own(host, names):
            return "The Host is neither this machine nor the one given with --host."
    for origin in origins:
        if not hosts or origin.lower() != "http://%s" % hosts[0].lower():
            return "The request comes from another site's web page."
    return None


def _is_own(host: str, names: FrozenSet[str]) -> bool:
    match = _HOST.fullmatch(host.strip())
    if match is None:
        return False
    name = match["name"].strip("[]").lower().rstrip(".")
    return name == "localhost" or name in names or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
