"""
What preflight asks the hub: targets, tags and package lists, archive types, and who is logged in.

Each question is a call to put into a multicall, and a function that reads the reply to it. The
replies are those of kojihub 1.35.3, found by experiment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, Optional, Tuple

import koji

from pungi_osbuild.checked import Struct, flag, structs, texts
from pungi_osbuild.hub.login import nobody_logged_in
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.model import Call, Reply

IMAGE = "image"
"""The permission that koji-osbuild asks for; ``admin`` does as well."""

ADMIN = "admin"


@dataclass(frozen=True)
class Target:
    """
    A build target.

    :param build_tag: name of the tag that says which arches can be built
    :param dest_tag: name of the tag that builds go to
    """

    name: str
    build_tag: str
    dest_tag: str


@dataclass(frozen=True)
class Tag:
    """
    A tag.

    :param locked: nobody can tag a build into it, not even an admin
    :param perm: name of the permission that whoever tags into it must have, an admin, too
    """

    name: str
    locked: bool
    perm: Optional[str] = None


def target_call(name: str) -> Call:
    """Return the call that asks for a build target."""
    return Call("getBuildTarget", (name,))


def read_target(name: str, reply: Reply) -> Optional[Target]:
    """
    Return the target that :func:`target_call` asked for; None where there is none.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply does not look as a target does
    """
    value = reply.get()
    if value is None:
        return None
    target = Struct(value, "getBuildTarget %s" % name)
    target.expect("name", name)
    return Target(name, target.text("build_tag_name"), target.text("dest_tag_name"))


def tag_call(name: str) -> Call:
    """Return the call that asks for a tag."""
    return Call("getTag", (name,))


def read_tag(name: str, reply: Reply) -> Tag:
    """
    Return the tag that :func:`tag_call` asked for.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: there is no such tag, although a target names it, or the reply does not
        look as a tag does
    """
    tag = Struct(reply.get(), "getTag %s" % name)
    tag.expect("name", name)
    # Where there is an id there must be a name: a permission that nobody can name is still asked
    # for when the build is tagged.
    perm = tag.text("perm") if tag.has("perm_id") else tag.text_or_none("perm")
    return Tag(name, tag.flag("locked"), perm)


def build_config_call(tag: str) -> Call:
    """
    Return the call that asks what builds from a build tag use.

    Not ``getTag``: a tag may inherit its arches.
    """
    return Call("getBuildConfig", (tag,))


def read_arches(tag: str, reply: Reply) -> Tuple[str, ...]:
    """
    Return the arches that can be built from a build tag, as Koji calls them; perhaps none.

    The builder's rule: the text is split at white space, and each word made canonical.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply does not look as a build tag does
    """
    config = Struct(reply.get(), "getBuildConfig %s" % tag)
    config.expect("name", tag)
    written = config.text_or_none("arches")
    words = (str(koji.canonArch(word)) for word in (written or "").split())
    return tuple(dict.fromkeys(words))


def listed_call(tag: str, package: str) -> Call:
    """
    Return the call that asks whether a tag takes a package.

    Koji asks itself only when a build is tagged, at the very end of its task.

    :param tag: the tag's name
    """
    return Call("checkTagPackage", (tag, package))


def read_listed(tag: str, package: str, reply: Reply) -> bool:
    """
    Whether a package is in a tag's list, its own or an inherited one, and is not blocked there.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply is neither true nor false
    """
    # Neither 0 nor an empty text: a guess here would be a build that cannot be tagged.
    return flag(reply.get(), "checkTagPackage %s %s" % (tag, package))


@dataclass(frozen=True)
class ArchiveTypes:
    """
    The kinds of file that a hub imports.

    :param suffixes: in lower case, without the leading dot
    """

    suffixes: FrozenSet[str]

    def take(self, suffix: str) -> bool:
        """
        Whether the hub imports a file with this suffix.

        The end of the suffix is enough: ``docker.tar.gz`` is taken for ``tar.gz``. Case does not
        matter. Both found by experiment on kojihub 1.35.3.

        :param suffix: without the leading dot, e.g. ``raw.xz``
        """
        parts = suffix.lower().split(".")
        return any(".".join(parts[start:]) in self.suffixes for start in range(len(parts)))


def archive_types_call() -> Call:
    """Return the call that asks for the hub's archive types."""
    return Call("getArchiveTypes")


def read_archive_types(reply: Reply) -> ArchiveTypes:
    """
    Return the types that :func:`archive_types_call` asked for.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply does not look as it should
    """
    return ArchiveTypes(
        frozenset(
            suffix
            for kind in structs(reply.get(), "getArchiveTypes")
            for suffix in kind.text("extensions").lower().split()
        )
    )


@dataclass(frozen=True)
class User:
    """
    The user that tasks are submitted as.

    :param perms: exactly those granted; an admin need not have the others
    """

    name: str
    perms: FrozenSet[str]

    @property
    def may_build_images(self) -> bool:
        """Whether the hub takes image tasks from them.

        As ``hasPerm("image") or hasPerm("admin")``: of an admin who has not got the permission
        itself, the first is false (found by experiment on kojihub 1.35.3).
        """
        return IMAGE in self.perms or ADMIN in self.perms

    @property
    def is_admin(self) -> bool:
        """Whether they may do everything that the hub does not refuse admins, too."""
        return ADMIN in self.perms


def user_call() -> Call:
    """Return the call that asks who is logged in."""
    return Call("getLoggedInUser")


def perms_call() -> Call:
    """Return the call that asks for the permissions of whoever is logged in."""
    return Call("getPerms")


def read_user(profile: Profile, who: Reply, perms: Reply) -> User:
    """
    Return the user that :func:`user_call` and :func:`perms_call` asked for.

    :raises HubFaultError: the hub refused a call
    :raises HubError: nobody is logged in
    :raises ReplyError: a reply does not look as it should
    """
    value = who.get()
    if value is None:
        raise nobody_logged_in(profile)
    return User(
        Struct(value, "getLoggedInUser").text("name"), frozenset(texts(perms.get(), "getPerms"))
    )
