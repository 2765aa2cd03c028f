"""
Koji's wire format, and Koji's own errors: the one file of this room that imports koji.

XML-RPC as ``koji.xmlrpcplus`` reads and writes it (None, and integers over 32 bits as ``i8``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, NoReturn, Sequence, Tuple
from xmlrpc.client import Fault

import koji
from koji import xmlrpcplus

GenericError = koji.GenericError
ActionNotAllowed = koji.ActionNotAllowed
AuthError = koji.AuthError
AuthExpired = koji.AuthExpired
AuthLockError = koji.AuthLockError
BuildError = koji.BuildError
ParameterError = koji.ParameterError
RetryError = koji.RetryError
SequenceError = koji.SequenceError
ServerOffline = koji.ServerOffline
TagError = koji.TagError

TASK_STATES: Dict[str, int] = {
    name: number for name, number in koji.TASK_STATES.items() if isinstance(name, str)
}
BUILD_STATES: Dict[str, int] = {
    name: number for name, number in koji.BUILD_STATES.items() if isinstance(name, str)
}

SERVER_OFFLINE = int(koji.ServerOffline.faultCode)

FOREIGN = 1
"""The fault code of an exception that is not Koji's own."""


@dataclass(frozen=True)
class TaskFault:
    """What a failed task ended with."""

    code: int
    text: str

    def throw(self) -> NoReturn:
        """Raise it, as getTaskResult does."""
        raise Fault(self.code, self.text)

    def to_wire(self) -> Dict[str, Any]:
        """Return it as a value."""
        return {"faultCode": self.code, "faultString": self.text}


def as_fault(error: Exception) -> TaskFault:
    """Return the fault that an exception is on the wire."""
    if isinstance(error, Fault):
        code = error.faultCode
        return TaskFault(code if isinstance(code, int) else FOREIGN, str(error.faultString))
    if isinstance(error, koji.GenericError):
        return TaskFault(int(error.faultCode), str(error))
    return TaskFault(FOREIGN, "%s: %s" % (type(error), error))


def as_fault_of_many(error: Exception) -> TaskFault:
    """Return the fault that an exception is in a multicall, where Koji words it shorter."""
    if isinstance(error, (Fault, koji.GenericError)):
        return as_fault(error)
    return TaskFault(FOREIGN, ", ".join(map(str, error.args)))


def read_call(body: bytes) -> Tuple[str, Tuple[Any, ...]]:
    """
    Return the method and the parameters of a request.

    :raises Exception: whatever the parsers raise for what is not an XML-RPC call
    """
    parser, target = xmlrpcplus.getparser()
    parser.feed(body)
    parser.close()
    params = target.close()
    return str(target.getmethodname()), tuple(params)


def split_options(params: Sequence[Any]) -> Tuple[Tuple[Any, ...], Dict[str, Any]]:
    """Return positional and named arguments; Koji sends the named ones as a last dict."""
    args, options = koji.decode_args(*params)
    return tuple(args), dict(options)


def response(value: Any) -> bytes:
    """Return the reply that carries a value."""
    return _encoded(xmlrpcplus.dumps((value,), methodresponse=1))


def fault_response(fault: TaskFault) -> bytes:
    """Return the reply that carries a fault."""
    return _encoded(xmlrpcplus.dumps(Fault(fault.code, fault.text)))


def element(value: Any) -> bytes:
    """Return a value as it stands in a reply."""
    text = _encoded(xmlrpcplus.dumps((value,)))
    return text[text.index(b"<value>") : text.rindex(b"</value>") + len(b"</value>")] + b"\n"


def stored_request(method: str, request: Sequence[Any]) -> str:
    """Return a task's request as Koji's database holds it, which an undecoded list shows."""
    return str(xmlrpcplus.dumps(tuple(request), methodname=method))


def stored_result(value: Any) -> str:
    """Return a task's result, a value or a fault, as Koji's database holds it."""
    if isinstance(value, TaskFault):
        return str(xmlrpcplus.dumps(Fault(value.code, value.text)))
    return str(xmlrpcplus.dumps((value,), methodresponse=1))


def parse_nvr(nvr: str) -> Tuple[str, str, str]:
    """
    Return name, version and release.

    :raises koji.GenericError: it is none
    """
    parts = koji.parse_NVR(nvr)
    return str(parts["name"]), str(parts["version"]), str(parts["release"])


def check_nvr(name: str, version: str, release: str) -> None:
    """
    Refuse what Koji refuses as version and release.

    :raises koji.GenericError: one of them has a dash
    """
    koji.check_NVR({"name": name, "version": version, "release": release}, strict=True)


def canonical_arches(arches: Sequence[str]) -> List[str]:
    """Return the arches as Koji calls them."""
    return [str(koji.canonArch(arch)) for arch in arches]


def _encoded(text: Any) -> bytes:
    return str(text).encode("utf-8", "replace")
