"""What a hub may say that nobody should trust: odd names, sizes, types and texts."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence

from koji_rehearsal import affected_images
from koji_rehearsal.api_registry import HubContext
from koji_rehearsal.encoding import GenericError, element
from koji_rehearsal.faults import Fault, FaultKind, RequestFaults
from koji_rehearsal.faults.fault_options import ABSENT, NAMES, VALUES
from koji_rehearsal.faults.fault_spec import AffectedImages
from koji_rehearsal.swelling import NUMBER, InBase64, Repeated, as_large, nested

STATUS = "compose-status.json"
ALL = "*"
HUGE_TEXT = 100 * 1000 * 1000
HUGE_FILE = 1000 * 1000 * 1000
CONTROLS = "\x9b2J\x9b31mred\x9b0m\u202egnorw\u202c\r\n\tWARNING: forged line"
"""What clears a screen, colours and turns text round, and can be sent in XML."""

_OF_ARCHIVES = (
    FaultKind.ODD_NAME,
    FaultKind.WRONG_SIZE,
    FaultKind.DEEP_EXTRA,
    FaultKind.HUGE_EXTRA,
)


def spoil(
    request_faults: RequestFaults,
    context: HubContext,
    method: str,
    args: Sequence[Any],
    options: Mapping[str, Any],
    result: Any,
) -> Any:
    """
    Return the result of a call as a fault makes it; without one, as it is.

    :raises koji.GenericError: the fault is that the call fails
    """
    subject = affected_images.of_call(context.state, method, args, options)

    def met(kind: FaultKind) -> Optional[Fault]:
        return request_faults.met((kind,), method, subject)

    if met(FaultKind.ODD_FAULT) is not None:
        raise GenericError("this went wrong: %s" % CONTROLS)
    huge = met(FaultKind.HUGE_STATUS)
    if huge is not None:
        result = _huge_status(request_faults, context, huge, method, args, options, result)
    for kind in _OF_ARCHIVES:
        fault = met(kind)
        if fault is not None and isinstance(result, list):
            result = [_archive(request_faults, fault, subject, one) for one in result]
    many = met(FaultKind.MANY_ARCHIVES)
    if many is not None and isinstance(result, list) and result:
        row = {**result[0], "filename": "%s.bin" % NUMBER.decode(), "extra": None}
        rows = Repeated(element(row), int(many.told("count")))
        result = [*result, request_faults.swelling.element(rows)]
    wrong = met(FaultKind.WRONG_TYPE)
    return result if wrong is None else _of_wrong_type(wrong, result)


def _archive(
    request_faults: RequestFaults,
    fault: Fault,
    subject: Optional[AffectedImages],
    row: Dict[str, Any],
) -> Dict[str, Any]:
    """Return an archive as a fault of an image makes it."""
    image = (row.get("extra") or {}).get("image", {})
    if "boot_mode" not in image or not _of_arch(fault, subject, str(image["arch"])):
        return row
    if fault.kind is FaultKind.ODD_NAME:
        return {**row, "filename": NAMES[fault.name_is or "above"](row["filename"])}
    if fault.kind is FaultKind.WRONG_SIZE:
        return {**row, "size": 2 * row["size"] if fault.size is None else fault.size}
    if fault.kind is FaultKind.DEEP_EXTRA:
        more: Any = request_faults.swelling.element(*nested(int(fault.told("count"))))
    else:
        text = Repeated(b"x", HUGE_TEXT if fault.size is None else fault.size)
        more = request_faults.swelling.text(text)
    return {**row, "extra": {**row["extra"], "image": {**image, "more": more}}}


def _of_arch(fault: Fault, subject: Optional[AffectedImages], arch: str) -> bool:
    return subject is None or fault.fits(subject.name, arch, subject.image_type, subject.version)


def _huge_status(
    request_faults: RequestFaults,
    context: HubContext,
    fault: Fault,
    method: str,
    args: Sequence[Any],
    options: Mapping[str, Any],
    result: Any,
) -> Any:
    """Return compose-status.json, or what is told of it, as if it were huge."""
    size = HUGE_FILE if fault.size is None else fault.size
    if method == "listTaskOutput":
        if isinstance(result, dict) and "st_size" in result.get(STATUS, {}):
            return {**result, STATUS: {**result[STATUS], "st_size": str(size)}}
        return result
    names = ("taskID", "fileName", "offset", "size")
    asked = {"offset": 0, "size": -1, **dict(zip(names, args)), **options}
    path = context.store.output(asked["taskID"], STATUS)
    if asked["fileName"] != STATUS or path is None:
        return result
    source = as_large(path, size)
    start = min(int(asked["offset"] or 0), source.size)
    length = int(asked["size"])
    left = source.size - start
    count = left if length < 0 else min(left, length)
    return request_faults.swelling.text(InBase64(source, start, count))


def _of_wrong_type(fault: Fault, result: Any) -> Any:
    """Return a result in which a field is of the wrong type, wherever it is; or all of it."""
    if fault.field is None:
        return VALUES.get(fault.value or "null")
    return _with(result, fault.field, fault.value or "null")


def _with(value: Any, field: str, wanted: str) -> Any:
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
