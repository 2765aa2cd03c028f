"""
Replies that nobody should trust: odd names, sizes, types and texts, and such as are too large to be
made. They are asked for as the hub's own faults are: ``odd-name:arch=x86_64,name_is=above``.

What is huge has a placeholder in the reply, and is made while the reply is sent: it stands nowhere
as a whole.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from koji_rehearsal import Fault, parse_fault
from koji_rehearsal.affected_images import of_call
from koji_rehearsal.encoding import GenericError, element
from koji_rehearsal.faults import AffectedImages
from koji_rehearsal.reply_rewriter import ReplyRewriter
from koji_rehearsal.state import State
from koji_rehearsal.store import Store

VALUES: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "number": 7,
    "negative": -1,
    "huge": 2**62,
    "float": 0.5,
    "text": "wrong",
    "empty": "",
    "list": [],
    "dict": {},
    "nested": [{"wrong": [{"wrong": None}]}],
}
"""What a field may be instead of what it should be, by the name it is asked for with."""

ABSENT = "absent"
"""Asked for where a field is not to be there at all."""

NAMES: Mapping[str, Callable[[str], str]] = {
    "absolute": lambda name: "/tmp/%s" % name,
    "above": lambda name: "../../../../%s" % name,
    "below": lambda name: "sub/%s" % name,
    "dots": lambda _name: "..",
    "empty": lambda _name: "",
    "nul": lambda name: "%s\0.txt" % name,
    "newline": lambda name: "%s\nanother line" % name,
    "control": lambda name: "\x9b31m%s\x9b0m\u202e" % name,
    "long": lambda name: "x" * 4096 + name,
}
"""What an archive may be called, by the name it is asked for with."""

PIECE = 192 * 1024
"""Bytes that are made at a time; a multiple of 3, for base64."""

NUMBER = b"@NUMBER@"
"""What stands for the number of a row; so many digits has that."""


@dataclass(frozen=True)
class Repeated:
    """
    Something that is repeated.

    :param body: in which :data:`NUMBER` stands for the number of the repetition
    """

    body: bytes
    times: int

    @property
    def length(self) -> int:
        """Bytes."""
        return len(self.body) * self.times

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes."""
        many = max(1, PIECE // max(1, len(self.body)))
        for first in range(0, self.times, many):
            last = min(self.times, first + many)
            if NUMBER in self.body:
                yield b"".join(
                    self.body.replace(NUMBER, b"%0*d" % (len(NUMBER), number))
                    for number in range(first, last)
                )
            else:
                yield self.body * (last - first)


@dataclass(frozen=True)
class Padded:
    """
    A file that is as large as one likes: another one's content, and blanks before its end.

    :param content: ends with a brace, as JSON does
    :param size: bytes
    """

    content: bytes = field(repr=False)
    size: int

    def read(self, start: int, length: int) -> bytes:
        """Return a piece of it."""
        end = min(self.size, start + length)
        head, tail = self.content[:-1], self.content[-1:]
        wanted = head[start:end]
        blanks = min(end, self.size - len(tail)) - max(start, len(head))
        wanted += b" " * max(0, blanks)
        return wanted + (tail if start < self.size <= end else b"")


@dataclass(frozen=True)
class InBase64:
    """A piece of a file, in base64."""

    source: Padded
    start: int
    count: int

    @property
    def length(self) -> int:
        """Bytes."""
        return (self.count + 2) // 3 * 4

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes."""
        for done in range(0, self.count, PIECE):
            many = min(PIECE, self.count - done)
            yield base64.b64encode(self.source.read(self.start + done, many))


Huge = Union[Repeated, InBase64]


class Oversized:
    """The huge things of one reply."""

    def __init__(self) -> None:
        # Not to be guessed, lest what a client has sent be taken for one.
        self._mark = "oversized-%s-" % secrets.token_hex(16)
        self._huge: Dict[str, Tuple[Huge, ...]] = {}

    def text(self, huge: Huge) -> str:
        """Return a placeholder for a huge text."""
        return self._put(huge)

    def element(self, *huge: Huge) -> str:
        """Return a placeholder for values that are XML themselves."""
        return self._put(*huge, whole=True)

    def _put(self, *huge: Huge, whole: bool = False) -> str:
        name = "%s%d%s" % (self._mark, len(self._huge), "w" if whole else "t")
        self._huge[name] = huge
        return name

    def body(self, reply: bytes) -> Body:
        """Return a reply with the huge things in their places."""
        if not self._huge:
            return Body((reply,))
        mark = re.escape(self._mark.encode())
        whole = rb"<value>\s*<string>(%s\d+w)</string>\s*</value>" % mark
        parts: List[Union[bytes, Huge]] = []
        end = 0
        for found in re.finditer(whole + rb"|(%s\d+t)" % mark, reply):
            parts.append(reply[end : found.start()])
            parts.extend(self._huge[(found.group(1) or found.group(2)).decode()])
            end = found.end()
        return Body((*parts, reply[end:]))


@dataclass(frozen=True)
class Body:
    """The body of a reply."""

    parts: Tuple[Union[bytes, Huge], ...] = field(repr=False)

    @property
    def length(self) -> int:
        """Bytes."""
        return sum(len(part) if isinstance(part, bytes) else part.length for part in self.parts)

    def pieces(self, length: int) -> Iterator[bytes]:
        """Give its first bytes."""
        for part in self.parts:
            for piece in (part,) if isinstance(part, bytes) else part.pieces():
                yield piece[:length]
                length = max(0, length - len(piece))


def as_large(path: Path, size: int) -> Padded:
    """Return a file that is there, but of a size, or its own where that is larger."""
    content = path.read_bytes().rstrip()
    return Padded(content, max(size, len(content)))


def nested(depth: int) -> Tuple[Any, ...]:
    """Return a struct in a struct and so on, as XML."""
    return (
        Repeated(b"<value><struct><member><name>a</name>", depth),
        Repeated(b"<value><int>1</int></value>", 1),
        Repeated(b"</member></struct></value>", depth),
    )


STATUS = "compose-status.json"
ALL = "*"
HUGE_TEXT = 100 * 1000 * 1000
HUGE_FILE = 1000 * 1000 * 1000
CONTROLS = "\x9b2J\x9b31mred\x9b0m\u202egnorw\u202c\r\n\tWARNING: forged line"
"""What clears a screen, colours and turns text round, and can be sent in XML."""

_KINDS: Mapping[str, Tuple[str, ...]] = {
    "wrong-type": ("osbuildImage",),
    "odd-fault": ("osbuildImage",),
    "odd-name": ("listArchives",),
    "wrong-size": ("listArchives",),
    "many-archives": ("listArchives",),
    "deep-extra": ("listArchives",),
    "huge-extra": ("listArchives",),
    "huge-status": ("downloadTaskOutput", "listTaskOutput"),
}
"""The kinds of hostile reply, and the calls that meet them unless another is named."""


@dataclass(frozen=True)
class HostileReply:
    """
    A reply that nobody should trust.

    :param where: which calls meet it, of which images, how often: a fault of the hub's own
    :param field: that is wrong, at any depth, or ``*``; "": the reply itself
    :param value: what it is instead
    :param name_is: how an archive's name is odd
    :param size: bytes; None: those of its kind
    :param count: how many, or how deep
    """

    kind: str
    where: Fault
    field: str = ""
    value: str = "null"
    name_is: str = "above"
    size: Optional[int] = None
    count: int = 100000

    @classmethod
    def parse(cls, spec: str) -> HostileReply:
        """Return what a text asks for."""
        kind, _, rest = spec.partition(":")
        own: Dict[str, Any] = {}
        common = []
        for item in filter(None, rest.split(",")):
            key, _, text = item.partition("=")
            if key in ("size", "count"):
                own[key] = int(text)
            elif key in ("field", "value", "name_is"):
                own[key] = text
            else:
                common.append(item)
        return cls(kind, parse_fault("no-method:" + ",".join(common)), **own)

    def meets(self, method: str, images: Optional[AffectedImages]) -> bool:
        """Whether a call can meet it."""
        named = self.where.method is not None
        called = self.where.meets(method) if named else method in _KINDS[self.kind]
        return called and self.where.is_about(images)


class HostileReplies:
    """
    Makes the rewriters of a hub, one for each request.

    However many calls of a request meet a hostile reply, it is one occasion.
    """

    def __init__(self, asked: Sequence[HostileReply]) -> None:
        self.asked = asked
        self.met: Dict[HostileReply, int] = {}

    def __call__(self) -> ReplyRewriter:
        """Return a rewriter for a request."""
        return _Rewriter(self)


class _Rewriter:
    """What one request is answered. Under the hub's lock, but for :meth:`body`."""

    def __init__(self, replies: HostileReplies) -> None:
        self._replies = replies
        self._hits: Dict[HostileReply, bool] = {}
        self._oversized = Oversized()

    def _met(self, method: str, images: Optional[AffectedImages]) -> Dict[str, HostileReply]:
        met: Dict[str, HostileReply] = {}
        for one in self._replies.asked:
            if not one.meets(method, images):
                continue
            if one not in self._hits:
                number = self._replies.met[one] = self._replies.met.get(one, 0) + 1
                self._hits[one] = one.where.hits(number)
            if self._hits[one]:
                met.setdefault(one.kind, one)
        return met

    def result(
        self,
        state: State,
        store: Store,
        method: str,
        args: Sequence[Any],
        options: Mapping[str, Any],
        result: Any,
    ) -> Any:
        """Return the result of a call as those that it meets make it."""
        images = of_call(state, method, args, options)
        met = self._met(method, images)
        if "odd-fault" in met:
            raise GenericError("this went wrong: %s" % CONTROLS)
        if "huge-status" in met:
            result = self._huge_status(met["huge-status"], store, method, args, options, result)
        for kind in ("odd-name", "wrong-size", "deep-extra", "huge-extra"):
            if kind in met and isinstance(result, list):
                result = [self._archive(met[kind], images, one) for one in result]
        if "many-archives" in met and isinstance(result, list) and result:
            row = {**result[0], "filename": "%s.bin" % NUMBER.decode(), "extra": None}
            rows = Repeated(element(row), met["many-archives"].count)
            result = [*result, self._oversized.element(rows)]
        if "wrong-type" in met:
            wrong = met["wrong-type"]
            if not wrong.field:
                return VALUES.get(wrong.value)
            return _with(result, wrong.field, wrong.value)
        return result

    def body(self, reply: bytes) -> Body:
        """Return the reply with the huge things in their places."""
        return self._oversized.body(reply)

    def _archive(
        self, asked: HostileReply, images: Optional[AffectedImages], row: Dict[str, Any]
    ) -> Dict[str, Any]:
        """Return the archive of an image that is meant as it is asked for; others as they are."""
        image = (row.get("extra") or {}).get("image", {})
        if "boot_mode" not in image or not _is_meant(asked.where, images, str(image["arch"])):
            return row
        if asked.kind == "odd-name":
            return {**row, "filename": NAMES[asked.name_is](row["filename"])}
        if asked.kind == "wrong-size":
            return {**row, "size": 2 * row["size"] if asked.size is None else asked.size}
        if asked.kind == "deep-extra":
            more: Any = self._oversized.element(*nested(asked.count))
        else:
            more = self._oversized.text(
                Repeated(b"x", HUGE_TEXT if asked.size is None else asked.size)
            )
        return {**row, "extra": {**row["extra"], "image": {**image, "more": more}}}

    def _huge_status(
        self,
        asked: HostileReply,
        store: Store,
        method: str,
        args: Sequence[Any],
        options: Mapping[str, Any],
        result: Any,
    ) -> Any:
        """Return compose-status.json, or what is said of it, as if it were huge."""
        size = HUGE_FILE if asked.size is None else asked.size
        if method == "listTaskOutput":
            if isinstance(result, dict) and "st_size" in result.get(STATUS, {}):
                return {**result, STATUS: {**result[STATUS], "st_size": str(size)}}
            return result
        names = ("taskID", "fileName", "offset", "size")
        given = {"offset": 0, "size": -1, **dict(zip(names, args)), **options}
        path = store.output(given["taskID"], STATUS)
        if given["fileName"] != STATUS or path is None:
            return result
        source = as_large(path, size)
        start = min(int(given["offset"] or 0), source.size)
        length = int(given["size"])
        left = source.size - start
        return self._oversized.text(
            InBase64(source, start, left if length < 0 else min(left, length))
        )


def _is_meant(where: Fault, images: Optional[AffectedImages], arch: str) -> bool:
    return images is None or where.fits(images.name, arch, images.image_type, images.version)


def _with(value: Any, field: str, wanted: str) -> Any:
    """Return a value in which a field is of the wrong type, wherever it is."""
    if isinstance(value, (list, tuple)):
        return [_with(one, field, wanted) for one in value]
    if not isinstance(value, dict):
        return value
    changed: Dict[str, Any] = {}
    for key, one in value.items():
        if field not in (key, ALL):
            changed[key] = _with(one, field, wanted)
        elif wanted != ABSENT:
            changed[key] = VALUES[wanted]
    return changed


def split(specs: Sequence[str]) -> Tuple[Tuple[Fault, ...], HostileReplies]:
    """Return the hub's own faults among those that are asked for, and the hostile replies."""
    hostile = [spec for spec in specs if spec.partition(":")[0] in _KINDS]
    faults = tuple(parse_fault(spec) for spec in specs if spec not in hostile)
    return faults, HostileReplies([HostileReply.parse(spec) for spec in hostile])
