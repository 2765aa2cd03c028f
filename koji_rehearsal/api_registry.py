"""
Koji's API calls: declared with the hub's own signature, called for a caller.

The signature is the hub's, word by word, since clients name arguments by it and the hub's refusal
of a wrong call repeats it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from koji_rehearsal.builder import Builder
from koji_rehearsal.encoding import ActionNotAllowed, GenericError, ParameterError
from koji_rehearsal.network_faults import NetworkFaults
from koji_rehearsal.records import Session, User
from koji_rehearsal.state import State
from koji_rehearsal.store import Store
from koji_rehearsal.task_methods import TASK_METHODS


@dataclass(frozen=True)
class HubContext:
    """What API calls work on, all of it under the hub's lock."""

    state: State
    builder: Builder
    store: Store
    network_faults: NetworkFaults


@dataclass(frozen=True)
class Caller:
    """
    Who makes a call, and when.

    :param user: None: nobody
    :param session: None: without a login
    :param renewing: the expired session that a login may renew
    :param now: seconds since the epoch
    """

    context: HubContext
    user: Optional[User]
    session: Optional[Session]
    now: float
    renewing: Optional[Session] = None

    @property
    def state(self) -> State:
        """The hub's tables."""
        return self.context.state

    def has_perm(self, perm: str) -> bool:
        """Whether the caller has that very permission; an admin need not have it."""
        return self.user is not None and perm in self.user.perms

    def require_perm(self, perm: str) -> None:
        """
        Refuse a caller who has neither the permission nor ``admin``.

        :raises koji.ActionNotAllowed: so
        """
        if self.has_perm(perm) or self.has_perm("admin"):
            return
        who = "logged in as %s" % self.user.name if self.user else "user not logged in"
        raise ActionNotAllowed("%s permission required (%s)" % (perm, who))


# What Koji's calls are named in Python, which a hub repeats to a wrong call. A method of the class
# that a hub exports is named with its class, and counts ``self``; most others are functions that
# the class only lends its names to (read in kojihub 1.35; Python 3.10 and newer name the class).
_PLAIN = frozenset(
    {
        *("login", "logout", "logoutChild", "subsession", "exclusiveSession", "sharedSession"),
    }
)
"""Functions by the same name, of sessions. Those of plugins are, too: all task methods are."""

_FUNCTIONS = frozenset(
    {
        *("getArchive", "getArchiveType", "getArchiveTypes", "getBuild", "getBuildLogs"),
        *("getBuildTarget", "getBuildTargets", "getBuildType", "getChannel", "getHost"),
        *("getImageArchive", "getMavenBuild", "getNextRelease", "getTag", "getTagExternalRepos"),
        *("getUser", "getWinBuild", "listArchives", "listChannels", "listTags"),
        *("listTaskOutput", "listVolumes"),
    }
)
"""Functions whose Python names are the same words with underscores."""

_OTHERWISE: Mapping[str, str] = {
    "getPackage": "lookup_package",
    "getRepo": "old_get_repo",
    "getTagGroups": "readTagGroups",
    "listBTypes": "list_btypes",
    "listBuildroots": "query_buildroots",
    "listRPMs": "list_rpms",
    "packageListAdd": "pkglist_add",
}
_METHODS_OF: Mapping[str, str] = {
    "listMethods": "HandlerRegistry.system_listMethods",
    "multiCall": "ModXMLRPCRequestHandler.multiCall",
}


def python_name(method: str) -> Tuple[str, int]:
    """
    Return a method's name in Python's words, and how many arguments it takes that no call gives.

    :param method: without a prefix
    """
    if method in _PLAIN or method in TASK_METHODS:
        return method, 0
    if method in _FUNCTIONS:
        return re.sub("[A-Z]", lambda found: "_" + found.group().lower(), method), 0
    if method in _OTHERWISE:
        return _OTHERWISE[method], 0
    return _METHODS_OF.get(method, "RootExports." + method), 1


@dataclass(frozen=True)
class Signature:
    """
    A method's name and parameters.

    :param defaults: of the last parameters
    """

    method: str
    parameters: Tuple[str, ...]
    defaults: Tuple[Any, ...]

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Return the signature that is written as Python: ``getBuild(buildInfo, strict=False)``."""
        definition = ast.parse("def %s: pass" % text).body[0]
        assert isinstance(definition, ast.FunctionDef)
        names = tuple(argument.arg for argument in definition.args.args)
        defaults = tuple(ast.literal_eval(value) for value in definition.args.defaults)
        return cls(definition.name, names, defaults)

    def bind(self, args: Sequence[Any], options: Mapping[str, Any]) -> List[Any]:
        """
        Return a value for each parameter, in order.

        :raises koji.ParameterError: the arguments do not fit, in Python's own words
        """
        for name in options:
            if name not in self.parameters:
                raise self._wrong("got an unexpected keyword argument %r" % name)
            if name in self.parameters[: len(args)]:
                raise self._wrong("got multiple values for argument %r" % name)
        if len(args) > len(self.parameters):
            raise self._wrong(self._too_many(len(args)))
        values = dict(zip(self.parameters[-len(self.defaults) :], self.defaults))
        values.update(zip(self.parameters, args))
        values.update(options)
        missing = [repr(name) for name in self.parameters if name not in values]
        if missing:
            raise self._wrong(_missing(missing))
        return [values[name] for name in self.parameters]

    def _wrong(self, what: str) -> Exception:
        error: Exception = ParameterError("%s() %s" % (python_name(self.method)[0], what))
        return error

    def _too_many(self, given: int) -> str:
        own = python_name(self.method)[1]
        given += own
        most = len(self.parameters) + own
        least = most - len(self.defaults)
        takes = "from %d to %d" % (least, most) if self.defaults else "%d" % most
        plural = "" if most == 1 and not self.defaults else "s"
        were = "was" if given == 1 else "were"
        return "takes %s positional argument%s but %d %s given" % (takes, plural, given, were)


def _missing(names: List[str]) -> str:
    listed = names[0] if len(names) == 1 else "%s and %s" % (", ".join(names[:-1]), names[-1])
    if len(names) > 2:
        listed = "%s, and %s" % (", ".join(names[:-1]), names[-1])
    plural = "" if len(names) == 1 else "s"
    return "missing %d required positional argument%s: %s" % (len(names), plural, listed)


Function = Callable[..., Any]


@dataclass(frozen=True)
class ApiCall:
    """An API call: its signature, and the function that takes a caller and a value for each."""

    signature: Signature
    function: Function
    writes: bool


class ApiRegistry:
    """The API calls of a hub by name."""

    def __init__(self) -> None:
        self._calls: Dict[str, ApiCall] = {}

    def call(
        self, signature: str, prefix: str = "", writes: bool = False
    ) -> Callable[[Function], Function]:
        """
        Return a decorator that adds a function as the API call of that signature.

        :param prefix: of the call's name, e.g. ``system.``
        :param writes: it changes something, so that it must not be done twice by a retry
        """

        def add(function: Function) -> Function:
            parsed = Signature.parse(signature)
            self._calls[prefix + parsed.method] = ApiCall(parsed, function, writes)
            return function

        return add

    def remove(self, name: str) -> None:
        """Take a call out."""
        del self._calls[name]

    def names(self) -> List[str]:
        """Return the names of all calls, sorted."""
        return sorted(self._calls)

    def parameters(self, name: str) -> Tuple[str, ...]:
        """Return the names of a call's parameters, in order."""
        return self._calls[name].signature.parameters

    def writes(self, name: str) -> bool:
        """Whether a call changes something."""
        found = self._calls.get(name)
        return found is not None and found.writes

    def invoke(
        self, caller: Caller, name: str, args: Sequence[Any], options: Mapping[str, Any]
    ) -> Any:
        """
        Make a call.

        :raises koji.GenericError: there is none of that name, or it refuses
        """
        found = self._calls.get(name)
        if found is None:
            raise GenericError("Invalid method: %s" % name)
        return found.function(caller, *found.signature.bind(args, options))


API = ApiRegistry()
"""What :mod:`koji_rehearsal.api` adds its functions to."""
