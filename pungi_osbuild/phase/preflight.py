"""
What the hub is asked before anything is submitted: what would fail for certain, at its very end.

Koji looks neither at the target nor at the N-V-R when a task is submitted, and at the destination
tag only when the finished build is tagged: by then the image is built, and its N-V-R used up
(found by experiment on kojihub 1.35.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import (
    AbstractSet,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    Mapping,
    Optional,
    Sequence,
    Tuple,
)

from pungi_osbuild.config.problems import make
from pungi_osbuild.hub import (
    Hub,
    Target,
    build_call,
    listed_call,
    read_listed,
    read_tag,
    read_taken,
    read_target,
    tag_call,
    target_call,
)
from pungi_osbuild.model import ImageRequest, Problem, Severity

_Targets = Mapping[str, Optional[Target]]
_Taken = FrozenSet[str]
_Locked = FrozenSet[str]
_Unlisted = FrozenSet[Tuple[str, str]]


def preflight(
    hub: Hub, requests: Sequence[ImageRequest], own: AbstractSet[str] = frozenset()
) -> Dict[int, Tuple[Problem, ...]]:
    """
    Return everything that would fail for certain, by the request's number; in two multicalls.

    A target that does not exist; a destination tag that is locked, or whose list the package is
    not in (neither matters with ``skip_tag``); a configured N-V-R that Koji has already. What is
    wrong with a request that may fail is a warning.

    :param own: N-V-Rs that this compose has built in an earlier run; they are not taken
    :returns: only requests with a problem; those of one block may have equal ones
    :raises HubFaultError: the hub refused a call
    :raises ReplyError: a reply does not look as it should
    :raises HubError: the hub could not be reached
    """
    targets, taken = _targets_and_nvrs(hub, requests, own)
    locked, unlisted = _tags(hub, _taggings(requests, targets))
    judge = _Judge(hub.profile.name, targets, taken, locked, unlisted)
    found = {request.number: tuple(judge.problems(request)) for request in requests}
    return {number: problems for number, problems in found.items() if problems}


def _targets_and_nvrs(
    hub: Hub, requests: Sequence[ImageRequest], own: AbstractSet[str]
) -> Tuple[_Targets, _Taken]:
    names = sorted({request.config.target for request in requests})
    nvrs = sorted({request.nvr for request in requests if request.nvr is not None} - own)
    replies = hub.multicall([*map(target_call, names), *map(build_call, nvrs)])
    of_targets, of_nvrs = replies[: len(names)], replies[len(names) :]
    return (
        {name: read_target(name, reply) for name, reply in zip(names, of_targets)},
        frozenset(nvr for nvr, reply in zip(nvrs, of_nvrs) if read_taken(nvr, reply)),
    )


def _taggings(requests: Sequence[ImageRequest], targets: _Targets) -> Iterator[Tuple[str, str]]:
    """Give the tag and the package of each request whose build is to be tagged."""
    for request in requests:
        target = targets[request.config.target]
        if target is not None and not request.config.skip_tag:
            yield target.dest_tag, request.config.name


def _tags(hub: Hub, taggings: Iterable[Tuple[str, str]]) -> Tuple[_Locked, _Unlisted]:
    pairs = sorted(set(taggings))
    tags = sorted({tag for tag, _ in pairs})
    calls = [*map(tag_call, tags), *(listed_call(tag, package) for tag, package in pairs)]
    replies = hub.multicall(calls)
    of_tags, of_pairs = replies[: len(tags)], replies[len(tags) :]
    return (
        frozenset(tag for tag, reply in zip(tags, of_tags) if read_tag(tag, reply).locked),
        frozenset(pair for pair, reply in zip(pairs, of_pairs) if not read_listed(*pair, reply)),
    )


@dataclass(frozen=True)
class _Judge:
    """
    Judges each request by itself, by what the hub said.

    :param profile: the Koji profile that the hints' commands name
    :param targets: by name; None: there is no such target
    :param taken: N-V-Rs
    :param locked: tags
    :param unlisted: (tag, package)
    """

    profile: str
    targets: _Targets
    taken: _Taken
    locked: _Locked
    unlisted: _Unlisted

    def problems(self, request: ImageRequest) -> Iterator[Problem]:
        """Give what is wrong with a request."""
        target = self.targets[request.config.target]
        if target is None:
            yield self._unknown_target(request)
        elif not request.config.skip_tag:
            yield from self._tag_problems(request, target.dest_tag)
        if request.nvr in self.taken:
            yield _taken(request)

    def _tag_problems(self, request: ImageRequest, tag: str) -> Iterator[Problem]:
        if tag in self.locked:
            yield self._tag_locked(request, tag)
        if (tag, request.config.name) in self.unlisted:
            yield self._package_not_listed(request, tag)

    def _unknown_target(self, request: ImageRequest) -> Problem:
        return _problem(
            request,
            "unknown-target",
            'the Koji target "%s" does not exist' % request.config.target,
            "Choose one that `%s` shows." % self._koji("list-targets"),
        )

    def _tag_locked(self, request: ImageRequest, tag: str) -> Problem:
        return _problem(
            request,
            "tag-locked",
            'builds of the Koji target "%s" go to the tag "%s", which is locked'
            % (request.config.target, tag),
            "Ask whoever owns the tag to unlock it (`%s`), choose another target, or set skip_tag."
            % self._koji("edit-tag", "--unlock", tag),
        )

    def _package_not_listed(self, request: ImageRequest, tag: str) -> Problem:
        package = request.config.name
        return _problem(
            request,
            "package-not-listed",
            'builds of the Koji target "%s" go to the tag "%s", and the package "%s" is not in its'
            " list, or is blocked there" % (request.config.target, tag, package),
            "Ask whoever owns the tag to add it (`%s`; where it is blocked, `%s`), or set skip_tag."
            % (
                self._koji("add-pkg", "--owner=OWNER", tag, package),
                self._koji("unblock-pkg", tag, package),
            ),
        )

    def _koji(self, *words: str) -> str:
        """Return a command that can be pasted: a tag's name is the hub's word."""
        return " ".join(map(quote, ("koji", "--profile=%s" % self.profile, *words)))


def _taken(request: ImageRequest) -> Problem:
    return _problem(
        request,
        "nvr-taken",
        "Koji has the build %s already, and never builds an N-V-R twice" % request.nvr,
        "Set another release or version, or leave the release out: the hub gives one then.",
    )


def _problem(request: ImageRequest, code: str, message: str, hint: str) -> Problem:
    severity = Severity.WARNING if request.can_fail else Severity.ERROR
    return make(code, request.config.place, message, hint, severity)
