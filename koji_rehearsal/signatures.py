"""
What the hub's methods are called in Python, whose words a hub repeats to a wrong call.

A method of the class that a hub exports is named with its class, and counts ``self``; most of the
others are functions that the class only lends its names to, and are named and count as functions
do (read in kojihub 1.35; Python 3.10 and newer name the class).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any, List, Mapping, Sequence, Tuple

from koji_rehearsal.encoding import ParameterError

_PLAIN = frozenset(
    {
        *("login", "logout", "logoutChild", "subsession", "exclusiveSession", "sharedSession"),
        *("osbuildImage",),
    }
)
"""Functions by the same name: of sessions, and of plugins."""

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


def in_python(method: str) -> Tuple[str, int]:
    """
    Return a method's name in Python's words, and how many arguments it takes that no call gives.

    :param method: without a prefix
    """
    if method in _PLAIN:
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
        error: Exception = ParameterError("%s() %s" % (in_python(self.method)[0], what))
        return error

    def _too_many(self, given: int) -> str:
        own = in_python(self.method)[1]
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
