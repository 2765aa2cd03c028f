"""The files of a compose, read as anybody would: with ``open``, ``json`` and ``hashlib``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

Line = Mapping[str, Any]


class ComposeFiles:
    """
    What is recorded in a compose, and the files that are there.

    :param topdir: the compose folder
    """

    def __init__(self, topdir: Path) -> None:
        self._compose = topdir / "compose"
        self.damage: Optional[str] = None
        """What cannot be read of osbuild.json or images.json."""
        self.recorded: Dict[str, Any] = {
            entry["path"]: entry for entry in self._entries("osbuild.json")
        }
        """The images of osbuild.json, by their paths."""
        self.in_images_json: Set[str] = {entry["path"] for entry in self._entries("images.json")}

    def _entries(self, name: str) -> Iterator[Any]:
        path = self._compose / "metadata" / name
        if not path.exists():
            return
        try:
            images = json.loads(path.read_text("utf-8"))["payload"]["images"]
        except (ValueError, KeyError) as error:
            self.damage = "%s cannot be read: %s" % (name, error)
            return
        for arches in images.values():
            for entries in arches.values():
                yield from entries

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self._compose / path).is_file()

    def content(self, path: str) -> Optional[bytes]:
        """Return what a file holds; None when there is none."""
        file = self._compose / path
        return file.read_bytes() if file.is_file() else None

    def md5(self, path: str) -> str:
        """Return a file's MD5, as Koji knows it."""
        return hashlib.md5(self.content(path) or b"").hexdigest()

    def flaw(self, path: str, entry: Any) -> Optional[str]:
        """Return what is wrong with a file beside what is recorded of it."""
        content = self.content(path)
        if content is None:
            return "it is not there"
        if len(content) != entry["size"]:
            return "it has %d bytes, not %d" % (len(content), entry["size"])
        for kind, value in entry["checksums"].items():
            if hashlib.new(kind, content).hexdigest() != value:
                return "its %s is wrong" % kind
        return None


def journal_lines(path: Path) -> Tuple[List[Line], Optional[str]]:
    """
    Return the lines of a journal up to the first bad one, and what is wrong with that.

    An end that is torn is not wrong: nobody acted on it.
    """
    if not path.exists():
        return [], None
    *whole, _torn = path.read_bytes().split(b"\n")
    lines: List[Line] = []
    previous = ""
    for number, text in enumerate(whole, 1):
        try:
            line = json.loads(text)
            checksum = line["checksum"]
        except (ValueError, KeyError, TypeError):
            return lines, "cannot be read at line %d" % number
        bare = text.replace(b', "checksum": "%s"' % checksum.encode(), b"", 1)
        if hashlib.sha256(previous.encode() + bare).hexdigest()[:16] != checksum:
            return lines, "has a wrong checksum at line %d" % number
        lines.append(line)
        previous = checksum
    return lines, None


def replay(lines: Sequence[Line]) -> Dict[Tuple[str, Tuple[str, ...]], Dict[str, Any]]:
    """Return what a journal says of the last submission of each image, by name and arches."""
    found: Dict[Tuple[str, Tuple[str, ...]], Dict[str, Any]] = {}
    intents: Dict[int, Dict[str, Any]] = {}
    for line in lines:
        event = line["event"]
        if event == "plan" and line["anew"]:
            found, intents = {}, {}
        if event == "intent":
            now: Dict[str, Any] = {"nvr": line["nvr"], "placed": []}
            intents[line["intent"]] = found[line["name"], tuple(line["arches"])] = now
        known = intents.get(line.get("intent", -1))
        if known is None:
            continue
        if event == "resumed":
            # What was said of it before does not count any more.
            known.pop("outcome", None)
        if event == "submitted":
            known["task_id"] = line["task_id"]
        if event == "placed":
            known["placed"].append(line["path"])
        if event == "outcome":
            known["outcome"] = line["outcome"]
    return found
