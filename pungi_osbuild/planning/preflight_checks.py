"""What the hub said of the requests, checked; each problem with the command that fixes it."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import Iterator

from pungi_osbuild.hub import BuildState, KojiBuild, Target
from pungi_osbuild.imagetypes import expected_suffix
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.planning.hub_facts import HubFacts
from pungi_osbuild.problems import Problem, ProblemCode, Severity

PROFILE_PLACE = "koji_profile"


@dataclass(frozen=True)
class PreflightChecks:
    """
    Checks the run as a whole, and each request by itself.

    A problem of a request that is allowed to fail is a warning; one of the whole run is always an
    error.
    """

    facts: HubFacts

    def of_run(self) -> Iterator[Problem]:
        """Give what is wrong whatever is requested."""
        user = self.facts.user
        if not user.may_build_images:
            yield Problem(
                "no-image-permission",
                PROFILE_PLACE,
                'the user "%s" is not allowed to build images at %s'
                % (user.name, self.facts.profile.server),
                "Ask an administrator of the hub for the permission (`%s`), or use another login."
                % self._koji("grant-permission", "image", user.name),
            )

    def of_request(self, request: ImageRequest) -> Iterator[Problem]:
        """Give what is wrong with a request."""
        target = self.facts.targets[request.config.target]
        if target is None:
            yield self._unknown_target(request)
        else:
            yield from self._arch_problems(request, target)
            if not request.config.skip_tag:
                yield from self._tag_problems(request, target)
        yield from self._file_problems(request)
        build = self.facts.builds.get(request.nvr or "")
        if build is not None and build.takes_nvr:
            yield self._taken(request, build)

    def _unknown_target(self, request: ImageRequest) -> Problem:
        return _problem(
            request,
            "unknown-target",
            'the Koji target "%s" does not exist' % request.config.target,
            "Choose one that `%s` shows." % self._koji("list-targets"),
        )

    def _arch_problems(self, request: ImageRequest, target: Target) -> Iterator[Problem]:
        has = self.facts.arches[target.build_tag]
        lacks = [arch for arch in request.arches if arch not in has]
        if lacks:
            yield _problem(
                request,
                "arch-not-built",
                'images of the Koji target "%s" are built from the tag "%s", which has no %s (%s)'
                % (
                    request.config.target,
                    target.build_tag,
                    ", ".join(lacks),
                    "it has %s" % ", ".join(has) if has else "it has no arches at all",
                ),
                "Ask whoever owns the tag to add %s (`%s`), choose another target, or remove %s"
                " of the block's arches."
                % (
                    "it" if len(lacks) == 1 else "them",
                    self._koji(
                        "edit-tag", "--arches=%s" % " ".join((*has, *lacks)), target.build_tag
                    ),
                    "it" if len(lacks) == 1 else "them",
                ),
            )

    def _tag_problems(self, request: ImageRequest, target: Target) -> Iterator[Problem]:
        tag = self.facts.tags[target.dest_tag]
        if tag.locked:
            yield self._tag_locked(request, target.dest_tag)
        if tag.perm is not None and tag.perm not in self.facts.user.perms:
            yield self._tag_permission(request, target.dest_tag, tag.perm)
        if (target.dest_tag, request.config.name) in self.facts.unlisted:
            yield self._package_not_listed(request, target.dest_tag)

    def _tag_locked(self, request: ImageRequest, tag: str) -> Problem:
        return _problem(
            request,
            "tag-locked",
            'builds of the Koji target "%s" go to the tag "%s", which is locked'
            % (request.config.target, tag),
            "Ask whoever owns the tag to unlock it (`%s`), choose another target, or set skip_tag."
            % self._koji("edit-tag", "--unlock", tag),
        )

    def _tag_permission(self, request: ImageRequest, tag: str, perm: str) -> Problem:
        user = self.facts.user
        return _problem(
            request,
            "tag-permission",
            'builds of the Koji target "%s" go to the tag "%s", which accepts them only from users'
            ' with the permission "%s", and "%s" does not have it%s'
            % (
                request.config.target,
                tag,
                perm,
                user.name,
                "; admin permission is not enough" if user.is_admin else "",
            ),
            "Ask an administrator of the hub for it (`%s`), choose another target, or set skip_tag."
            % self._koji("grant-permission", perm, user.name),
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

    def _file_problems(self, request: ImageRequest) -> Iterator[Problem]:
        config = request.config
        suffix = expected_suffix(config)
        if suffix is None:
            # Nobody knows what file it is.
            return
        if not self.facts.archive_types.take(suffix):
            yield _problem(
                request,
                "file-not-imported",
                "an image of type %s is a .%s file, which the hub cannot import: the task"
                " would fail after the build" % (config.image_type, suffix),
                "Ask an administrator of the hub to add the archive type (`%s`), or choose another"
                " image type."
                % self._koji(
                    "call", "addArchiveType", suffix.replace(".", "-"), "DESCRIPTION", suffix
                ),
            )

    def _taken(self, request: ImageRequest, build: KojiBuild) -> Problem:
        return _problem(
            request,
            "nvr-taken",
            "%s, and Koji never builds an N-V-R twice" % _said_of(str(request.nvr), build),
            "Set another release or version, or leave the release out: the hub gives one then."
            " `%s` shows what is there." % self._koji("buildinfo", str(request.nvr)),
        )

    def _koji(self, *words: str) -> str:
        """Return a command that can be pasted: a tag's name is the hub's word."""
        return " ".join(map(quote, ("koji", "--profile=%s" % self.facts.profile.name, *words)))


def _said_of(nvr: str, build: KojiBuild) -> str:
    by_task = "" if build.task_id is None else " by task %d" % build.task_id
    if build.state is BuildState.BUILDING:
        return "%s is being built now%s (BUILDING)" % (nvr, by_task)
    if build.state is BuildState.DELETED:
        return "%s was built%s and is deleted (DELETED)" % (nvr, by_task)
    return "%s was built already%s (%s)" % (nvr, by_task, build.state.name)


def _problem(request: ImageRequest, code: ProblemCode, message: str, hint: str) -> Problem:
    severity = Severity.WARNING if request.can_fail else Severity.ERROR
    return Problem(code, request.config.place, message, hint, severity)
