"""What a hub says about requests before they are submitted, in two multicalls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import AbstractSet, FrozenSet, Iterator, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.hub import (
    ArchiveTypes,
    Batch,
    Hub,
    KojiBuild,
    Profile,
    Reply,
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


def fetch_hub_facts(hub: Hub, requests: Sequence[ImageRequest], own: AbstractSet[str]) -> HubFacts:
    """
    Ask a hub, everything once: first all that the requests name, then what their targets name.

    :param own: N-V-Rs that are not asked for
    :raises HubFaultError: the hub refused a call
    :raises ReplyError: a reply does not look as it should
    :raises HubError: the hub could not be reached, or takes us for nobody
    """
    names = sorted({request.config.target for request in requests})
    nvrs = sorted({request.nvr for request in requests if request.nvr is not None} - own)
    first = Batch()
    who, perms = first.ask(user_call(), Reply.itself), first.ask(perms_call(), Reply.itself)
    types = first.ask(archive_types_call(), read_archive_types)
    target_of = {name: first.ask(target_call(name), partial(read_target, name)) for name in names}
    build_of = {nvr: first.ask(build_call(nvr), partial(read_build, nvr)) for nvr in nvrs}
    first.send(hub)
    user = read_user(hub.profile, who(), perms())
    archive_types = types()
    targets = {name: answer() for name, answer in target_of.items()}
    builds = {nvr: answer() for nvr, answer in build_of.items()}
    build_tags = sorted({target.build_tag for target in targets.values() if target is not None})
    pairs = sorted(set(_taggings(requests, targets)))
    tags = sorted({tag for tag, _ in pairs})
    second = Batch()
    arches_of = {
        tag: second.ask(build_config_call(tag), partial(read_arches, tag)) for tag in build_tags
    }
    tag_of = {tag: second.ask(tag_call(tag), partial(read_tag, tag)) for tag in tags}
    is_listed = {
        pair: second.ask(listed_call(*pair), partial(read_listed, *pair)) for pair in pairs
    }
    second.send(hub)
    arches = {tag: answer() for tag, answer in arches_of.items()}
    known_tags = {tag: answer() for tag, answer in tag_of.items()}
    unlisted = frozenset(pair for pair, answer in is_listed.items() if not answer())
    return HubFacts(hub.profile, user, archive_types, targets, builds, arches, known_tags, unlisted)


def _taggings(
    requests: Sequence[ImageRequest], targets: Mapping[str, Optional[Target]]
) -> Iterator[Tuple[str, str]]:
    """Give the tag and the package of each request whose build is to be tagged."""
    for request in requests:
        target = targets[request.config.target]
        if target is not None and not request.config.skip_tag:
            yield target.dest_tag, request.config.name
