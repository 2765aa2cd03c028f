"""
Reading a reply's XML, whose cost is bounded whatever is in it.

Expat keeps a token that has not ended and reads all of it again when more arrives, so the time that
one long comment takes grows with the square of its length; koji's own parser bounds neither that
nor the depth and the number of values, of which a few bytes each become hundreds in memory.
"""

from __future__ import annotations

from typing import Any, Dict
from xml.parsers import expat
from xmlrpc.client import ResponseError, Unmarshaller

from pungi_osbuild.errors import ReplyError

FEED = 8 * 1024
"""Bytes that are parsed at once."""

MAX_TOKEN = 64 * 1024
"""Bytes of a tag with its attributes, of a comment and the like. A text is none: it is taken as it
comes."""

MAX_DEPTH = 200
"""Elements in each other; a value in a struct in a value is three."""

BYTES_OF_ELEMENT = 32
"""A reply may have an element for so many of the bytes that it may have. Real ones have one for
fifteen of the bytes that they have, which are a fraction of what they may have."""


class ReplyParser:
    """
    Parses one reply.

    :param max_reply: bytes that it may have
    :param server: how errors call the hub
    """

    def __init__(self, max_reply: int, server: str) -> None:
        self._server = server
        self._max_reply = max_reply
        self._left = max_reply // BYTES_OF_ELEMENT
        self._fed = self._depth = 0
        self._unmarshaller = Unmarshaller()
        # As xmlrpc's own parser does: what expat gives is text already.
        self._unmarshaller.xml(None, None)  # type: ignore[arg-type]
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._unmarshaller.data
        parser.StartDoctypeDeclHandler = self._refuse
        self._parser = parser

    def feed(self, data: bytes) -> None:
        """
        Parse more of the reply.

        :raises ReplyError: a bound is exceeded
        :raises expat.ExpatError: it is not well-formed
        :raises xmlrpc.client.ResponseError: it is no XML-RPC
        :raises Exception: what xmlrpc raises at a value that is none
        """
        for start in range(0, len(data), FEED):
            piece = data[start : start + FEED]
            self._fed += len(piece)
            if self._fed > self._max_reply:
                raise self._too_much("more than %s" % _size(self._max_reply))
            self._parser.Parse(piece, False)
            if self._fed - max(self._parser.CurrentByteIndex, 0) > MAX_TOKEN:
                raise self._too_much("a tag or comment of more than %s" % _size(MAX_TOKEN))

    def close(self) -> Any:
        """
        Return what the reply says.

        :raises xmlrpc.client.Fault: it is a fault
        :raises xmlrpc.client.ResponseError: it is no XML-RPC
        :raises expat.ExpatError: it has not come to its end
        """
        self._parser.Parse(b"", True)
        result = self._unmarshaller.close()
        return result[0] if len(result) == 1 else result

    def _start(self, tag: str, attributes: Dict[str, str]) -> None:
        self._left -= 1
        self._depth += 1
        if self._left < 0:
            most = self._max_reply // BYTES_OF_ELEMENT
            raise self._too_much("more than %d elements" % most)
        if self._depth > MAX_DEPTH:
            raise self._too_much("more than %d elements in each other" % MAX_DEPTH)
        self._unmarshaller.start(tag, attributes)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._unmarshaller.end(tag)

    def _refuse(self, *_: object) -> None:
        # A page for people; and nothing can be an entity.
        raise ResponseError("it has a document type")

    def _too_much(self, what: str) -> ReplyError:
        return too_much(self._server, what)


def too_much(server: str, what: str) -> ReplyError:
    """Return the error for a reply that costs more than it may."""
    return ReplyError(
        "a reply of the Koji hub at %s has %s" % (server, what),
        "No hub has that much to say: look at the build or the task in Koji.",
    )


def _size(count: int) -> str:
    return "%d MiB" % (count >> 20) if count >= 2**20 else "%d KiB" % (count >> 10)
