"""Transcripts of a real hub, and what makes two replies alike."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

GOLDEN = Path(__file__).parent / "data" / "golden"
NAMES = tuple(sorted(path.stem for path in GOLDEN.glob("*.json")))


@dataclass(frozen=True)
class Entry:
    """
    A call as it was recorded, or (``local``) what the client made of replies.

    :param reply: what came back, or for a local entry its value
    :param fault: class, faultCode and faultString, when the call was refused
    """

    index: int
    user: Optional[str]
    method: str
    args: List[Any]
    kwargs: Dict[str, Any]
    reply: Any
    fault: Optional[Mapping[str, Any]]
    local: Optional[str]
    note: str


def transcript(name: str) -> Tuple[Entry, ...]:
    """Return the entries of a transcript, in order."""
    document = json.loads((GOLDEN / (name + ".json")).read_text(encoding="utf-8"))
    return tuple(_entry(index, adapted(raw)) for index, raw in enumerate(document["calls"]))


def adapted(value: Any) -> Any:
    """
    Return what was recorded as it would be with the real composer, which was not behind that hub.

    It refuses the customization ``rig``, by which the stand-in for it was told what to do, and it
    builds no edge-container of Fedora, but an iot-container of the same file.
    """
    if isinstance(value, str):
        return value.replace("edge-container", "iot-container")
    if isinstance(value, list):
        return [adapted(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        adapted(key): adapted(item)
        for key, item in value.items()
        if not (key == "customizations" and isinstance(item, dict) and set(item) == {"rig"})
    }


def _entry(index: int, raw: Mapping[str, Any]) -> Entry:
    local = raw.get("local")
    return Entry(
        index=index,
        user=raw.get("user"),
        method=raw.get("method", ""),
        args=list(raw.get("args", ())),
        kwargs=dict(raw.get("kwargs", {})),
        reply=raw["value"] if local else raw.get("reply"),
        fault=raw.get("fault"),
        local=local,
        note=raw.get("note") or "",
    )


def corrected(status: Any) -> Any:
    """
    Return compose-status.json as composer would have it, where its stand-in had other words.

    Composer itself was recorded later: it names the stage that failed, and the status of an upload
    follows that of the compose.
    """
    status = adapted(status)
    if not isinstance(status, dict) or status.get("status") != "failure":
        return status
    images = []
    for image in status.get("image_statuses", ()):
        image = dict(image)
        if "upload_status" in image:
            image["upload_status"] = {**image["upload_status"], "status": "failure"}
        if image.get("error") == {"id": 10, "reason": "osbuild build failed"}:
            reason = 'osbuild build failed in stage: "org.osbuild.rpm"'
            image["error"] = {"id": 10, "reason": reason}
        images.append(image)
    return {**status, "image_statuses": images}


@dataclass
class Ids:
    """Which id here stands for which in a transcript, by kind; each for one only."""

    by_kind: Dict[str, Dict[int, int]] = field(default_factory=dict)

    def bind(self, kind: str, golden: int, found: int) -> bool:
        """Learn that an id stands for another; False when one of them stands for a third."""
        known = self.by_kind.setdefault(kind, {})
        if golden not in known and found in known.values():
            return False
        return known.setdefault(golden, found) == found

    def here(self, kind: str, golden: Any) -> Any:
        """Return the id here; what is not known, or no id, stays as it is."""
        if isinstance(golden, list):
            return [self.here(kind, one) for one in golden]
        if isinstance(golden, str) and golden.isdigit():
            return str(self.here(kind, int(golden)))
        if isinstance(golden, bool) or not isinstance(golden, int):
            return golden
        return self.by_kind.get(kind, {}).get(golden, golden)


_FIRST = {
    **dict.fromkeys(
        (
            *("getTaskInfo", "getTaskRequest", "getTaskResult", "getTaskChildren"),
            *("getTaskDescendents", "taskFinished", "listTaskOutput", "downloadTaskOutput"),
            *("cancelTask", "cancelTaskFull"),
        ),
        "task",
    ),
    **dict.fromkeys(
        ("getBuild", "getBuildType", "getBuildLogs", "listTags", "listArchives"), "build"
    ),
    **dict.fromkeys(("getArchive", "getImageArchive"), "archive"),
}
_NAMED = {"buildID": "build", "taskID": "task"}


def arguments_here(entry: Entry, ids: Ids) -> Tuple[List[Any], Dict[str, Any]]:
    """Return a call's arguments with the ids of this hub."""
    if entry.method == "multiCall":
        return [[_call_here(call, ids) for call in entry.args[0]]], {}
    return _args_here(entry.method, entry.args, ids), {
        key: ids.here(_NAMED[key], value) if key in _NAMED else value
        for key, value in entry.kwargs.items()
    }


def _args_here(method: str, args: List[Any], ids: Ids) -> List[Any]:
    if not args or method not in _FIRST:
        return args
    return [ids.here(_FIRST[method], args[0]), *args[1:]]


def _call_here(call: Mapping[str, Any], ids: Ids) -> Dict[str, Any]:
    """Return a call of a multicall as it goes over the wire: named arguments in a last dict."""
    params = _args_here(call["methodName"], call["params"], ids)
    if call["kwargs"]:
        params = [*params, {**call["kwargs"], "__starstar": True}]
    return {"methodName": call["methodName"], "params": params}


_ID_KEYS = {
    "build_id": "build",
    "koji_build_id": "build",
    "build": "build",
    "task_id": "task",
    "parent": "task",
    "archive_id": "archive",
    "buildroot_id": "buildroot",
    "session-id": "session",
}
_KIND_ONLY = {
    *("size", "st_size", "st_atime", "st_ctime", "st_mtime", "begin_ts", "creation_event_id"),
    *("create_event", "token", "checksum", "session-key"),
    # of the stand-in for composer behind the recorded hub: hybrid, whatever the arch
    "boot_mode",
}
_UNORDERED = {"listTaskOutput", "getBuildLogs"}
"""Methods that list files in the order in which the disk has them."""

_PATTERNS: Tuple[Tuple[str, str], ...] = (
    (r"http://127\.0\.0\.1:\d+(/composer)?", "<host>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"&X-Amz-Signature=[0-9a-f]+", ""),
    (r"\b(rig|rehearsal)-(bucket|project)\b", r"<\2>"),
    (r"^ami-[0-9a-f]{17}$", "<ami>"),
    (r"^sha256:[0-9a-f]{64}$", "<digest>"),
    (r"^git-rev:[0-9a-f]{40}$", "<git-rev>"),
    (r"^v1\.6\.1(-0\.\d{14}-[0-9a-f]{12})?$", "<version>"),
    (r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$", "<time>"),
    # jsonschema's dump of schema and instance; PostgreSQL's quotation of the query
    (r"(?s)\n\nFailed validating .*", ""),
    (r"(?s)\\?\\nLINE .*|\nLINE .*", ""),
)
_TASK_WORD = re.compile(r"\b([Tt]ask) (\d+)")
_BUILD_NUMBER = re.compile(r"<name>build</name>\n<value><int>(\d+)</int>")
_TAGGED = re.compile(r"<methodName>tagBuild<.*?<int>\d+</int>.*?<int>(\d+)</int>", re.DOTALL)


class Likeness:
    """Compares replies, and learns ids from them."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def differences(self, method: str, golden: Any, found: Any) -> List[str]:
        """Return what is not alike, as lines that name the place; nothing when all is."""
        if method in _UNORDERED:
            golden, found = _sorted(golden), _sorted(found)
        if method == "osbuildImage":
            return self._bound("task", golden, found, "reply")
        return list(self._compare(golden, found, "reply", ""))

    def _compare(self, golden: Any, found: Any, place: str, key: str) -> Iterator[str]:
        if type(golden) is not type(found):
            yield "%s: %r is not %r" % (place, found, golden)
        elif isinstance(golden, dict):
            yield from self._compare_structs(golden, found, place)
        elif key == "traceback":
            yield from self._compare_tracebacks(golden, found, place)
        elif isinstance(golden, list):
            if len(golden) != len(found):
                yield "%s: %d items, not %d" % (place, len(found), len(golden))
            for number, (one, other) in enumerate(zip(golden, found)):
                yield from self._compare(one, other, "%s[%d]" % (place, number), "")
        elif isinstance(golden, str):
            yield from self._compare_texts(golden, found, place, key)
        elif key in _ID_KEYS and isinstance(golden, int) and not isinstance(golden, bool):
            yield from self._bound(_ID_KEYS[key], golden, found, place)
        elif golden != found and key not in _KIND_ONLY and not key.endswith("_ts"):
            yield "%s: %r is not %r" % (place, found, golden)

    def _compare_structs(
        self, golden: Dict[str, Any], found: Dict[str, Any], place: str
    ) -> Iterator[str]:
        if golden and all(key.isdigit() for key in golden):
            golden = {str(self._ids.here("task", key)): value for key, value in golden.items()}
        if golden.keys() != found.keys():
            yield "%s: keys %s, not %s" % (place, sorted(found), sorted(golden))
            return
        kind = _kind_of_struct(golden)
        for key, value in golden.items():
            where = "%s.%s" % (place, key)
            if key == "id" and kind:
                yield from self._bound(kind, value, found[key], where)
            elif key == "request" and golden.get("method") == "tagBuild" and value[1:]:
                yield from self._compare_tag_requests(value, found[key], where)
            else:
                yield from self._compare(value, found[key], where, key)

    def _compare_tag_requests(self, golden: Any, found: Any, place: str) -> Iterator[str]:
        if isinstance(golden, str):
            yield from self._compare_texts(golden, found, place, "request")
            return
        yield from self._bound("build", golden[1], found[1], place)
        yield from self._compare([golden[0], *golden[2:]], [found[0], *found[2:]], place, "")

    def _compare_texts(self, golden: str, found: str, place: str, key: str) -> Iterator[str]:
        if key in _KIND_ONLY:
            return
        if golden.startswith("Traceback (most recent call last):"):
            yield from self._compare_tracebacks(golden.splitlines(), found.splitlines(), place)
            return
        for pattern, kind in (
            (_TASK_WORD, "task"),
            (_BUILD_NUMBER, "build"),
            (_TAGGED, "build"),
        ):
            for one, other in zip(pattern.finditer(golden), pattern.finditer(found)):
                last = pattern.groups
                yield from self._bound(kind, int(one.group(last)), int(other.group(last)), place)
        if plain(golden) != plain(found):
            yield "%s: %r is not %r" % (place, plain(found), plain(golden))

    def _compare_tracebacks(self, golden: List[str], found: List[str], place: str) -> Iterator[str]:
        """Where in the hub's code something went wrong is its own; what went wrong is not."""
        if (golden[0], _raised(golden)) != (found[0], _raised(found)):
            yield "%s: %s is not %s" % (place, _raised(found), _raised(golden))

    def _bound(self, kind: str, golden: Any, found: Any, place: str) -> List[str]:
        if type(golden) is type(found) and self._ids.bind(kind, golden, found):
            return []
        return ["%s: %s %r does not stand for %r" % (place, kind, found, golden)]


def plain(text: str) -> str:
    """Return a text with what differs from hub to hub replaced by a word for its kind."""
    for pattern, word in _PATTERNS:
        text = re.sub(pattern, word, text)
    text = _TASK_WORD.sub(r"\1 <id>", text)
    text = _BUILD_NUMBER.sub("<build>", text)
    if "<methodName>tagBuild<" in text:
        text = re.sub(r"<int>\d+</int>", "<int/>", text)
    return text


def _raised(lines: List[str]) -> str:
    """Return the class of the exception at the end of a traceback."""
    said = [line for line in "".join(lines).splitlines() if line and not line.startswith(" ")]
    last = [line for line in lines if line.strip()][-1] if not said else said[-1]
    return last.split(":")[0].split(".")[-1]


def _kind_of_struct(struct: Mapping[str, Any]) -> Optional[str]:
    if "channel_id" in struct and "method" in struct:
        return "task"
    if "btype" in struct:
        return "archive"
    return "build" if "nvr" in struct else None


def _sorted(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return sorted(value, key=lambda one: one["name"] if isinstance(one, dict) else one)
