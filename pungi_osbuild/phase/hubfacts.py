"""What a hub says about requests before they are submitted, in two multicalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import AbstractSet, FrozenSet, Iterator, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.hub import (
    ArchiveTypes,
    Hub,
    KojiBuild,
    Profile,
    Tag,
    Target,
    User,
    archive_types_call,
    build_call,
    build_config_call,
    listed_call,
    perms_call,
    read_arches,
    read_archive_types,
    read_build,
    read_listed,
    read_tag,
    read_target,
    read_user,
    tag_call,
    target_call,
    user_call,
)
from pungi_osbuild.model import Arch, ImageRequest


@dataclass(frozen=True)
class HubFacts:
    """
    What the hub says of everything that some requests name.

    :param profile: by which the hub was asked
    :param targets: by name; None: there is no such target
    :param builds: by N-V-R; None: there is no such build
    :param arches: of build tags by name
    :param tags: destination tags by name
    :param unlisted: destination tag and package that it does not take
    """

    profile: Profile
    user: User
    archive_types: ArchiveTypes
    targets: Mapping[str, Optional[Target]]
    builds: Mapping[str, Optional[KojiBuild]]
    arches: Mapping[str, Tuple[Arch, ...]]
    tags: Mapping[str, Tag]
    unlisted: FrozenSet[Tuple[str, str]]


def ask(hub: Hub, requests: Sequence[ImageRequest], own: AbstractSet[str]) -> HubFacts:
    """
    Ask a hub, everything once: first all that the requests name, then what their targets name.

    :param own: N-V-Rs that are not asked for
    :raises HubFaultError: the hub refused a call
    :raises ReplyError: a reply does not look as it should
    :raises HubError: the hub could not be reached, or takes us for nobody
    """
    names = sorted({request.config.target for request in requests})
    nvrs = sorted({request.nvr for request in requests if request.nvr is not None} - own)
    calls = [user_call(), perms_call(), archive_types_call()]
    replies = iter(hub.multicall([*calls, *map(target_call, names), *map(build_call, nvrs)]))
    user = read_user(hub.profile, next(replies), next(replies))
    archive_types = read_archive_types(next(replies))
    targets = {name: read_target(name, next(replies)) for name in names}
    builds = {nvr: read_build(nvr, next(replies)) for nvr in nvrs}
    build_tags = sorted({target.build_tag for target in targets.values() if target is not None})
    pairs = sorted(set(_taggings(requests, targets)))
    tags = sorted({tag for tag, _ in pairs})
    calls = [*map(build_config_call, build_tags), *map(tag_call, tags)]
    replies = iter(hub.multicall([*calls, *(listed_call(*pair) for pair in pairs)]))
    arches = {tag: read_arches(tag, next(replies)) for tag in build_tags}
    known_tags = {tag: read_tag(tag, next(replies)) for tag in tags}
    unlisted = frozenset(pair for pair in pairs if not read_listed(*pair, next(replies)))
    return HubFacts(hub.profile, user, archive_types, targets, builds, arches, known_tags, unlisted)


def _taggings(
    requests: Sequence[ImageRequest], targets: Mapping[str, Optional[Target]]
) -> Iterator[Tuple[str, str]]:
    """Give the tag and the package of each request whose build is to be tagged."""
    for request in requests:
        target = targets[request.config.target]
        if target is not None and not request.config.skip_tag:
            yield target.dest_tag, request.config.name
