"""What a request for a file is answered with: the whole of it, a range, or what a fault makes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Mapping, Optional, Tuple

from koji_rehearsal.faults import Fault, FaultKind


@dataclass(frozen=True)
class Download:
    """
    An answer to a request for a file.

    :param start: the first byte that is sent
    :param promised: how many bytes the head promises
    :param sent: how many of them are sent
    :param headers: more of them, by name
    :param spoils: whether one of the bytes is wrong
    :param slow: whether they come slowly
    """

    status: HTTPStatus
    start: int = 0
    promised: int = 0
    sent: int = 0
    headers: Tuple[Tuple[str, str], ...] = ()
    spoils: bool = False
    slow: bool = False


def plan(
    size: int, wanted: Optional[str], met: Mapping[FaultKind, Fault], path: str, other: str
) -> Download:
    """
    Return the answer to a request for a file.

    :param size: of the file, bytes
    :param wanted: the request's Range, or None
    :param met: the faults that the request meets
    :param path: of the request
    :param other: the address of this very server by another name
    """
    if FaultKind.GONE in met:
        return Download(HTTPStatus.NOT_FOUND)
    if FaultKind.REDIRECT in met:
        there = met[FaultKind.REDIRECT].to or other
        return Download(HTTPStatus.FOUND, headers=(("Location", there + path),))
    knows_ranges = FaultKind.NO_RANGE not in met
    headers: Tuple[Tuple[str, str], ...] = (("Accept-Ranges", "bytes"),) if knows_ranges else ()
    status, start, length = HTTPStatus.OK, 0, size
    asked = read_range(wanted, size) if wanted is not None and knows_ranges else None
    if asked == ():
        headers += (("Content-Range", "bytes */%d" % size),)
        return Download(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    if asked:
        status, (start, length) = HTTPStatus.PARTIAL_CONTENT, asked
        headers += (("Content-Range", "bytes %d-%d/%d" % (start, start + length - 1, size)),)
    return Download(
        status,
        start,
        promised=length,
        sent=length // 2 if FaultKind.CUT in met else length,
        headers=headers,
        spoils=FaultKind.WRONG_BYTES in met,
        slow=FaultKind.SLOW in met,
    )


def read_range(text: str, size: int) -> Optional[Tuple[int, ...]]:
    """
    Return the start and the length of the range that a header asks for.

    :returns: None for a header that asks for no single range, which counts as none; nothing at
        all for a range that the file does not have
    """
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", text.strip(), re.ASCII)
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else ()
    if last and int(last) < int(first):
        return None
    start = int(first)
    if start >= size:
        return ()
    end = min(int(last), size - 1) if last else size - 1
    return start, end - start + 1
