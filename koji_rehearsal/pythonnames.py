"""
What the hub's methods are called in Python, whose words a hub repeats to a wrong call.

A method of the class that a hub exports is named with its class, and counts ``self``; most of the
others are functions that the class only lends its names to, and are named and count as functions
do (read in kojihub 1.35; Python 3.10 and newer name the class).
"""

from __future__ import annotations

import re
from typing import Mapping, Tuple

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
