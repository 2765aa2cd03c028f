"""Who is logged in at the hub, and what he may do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet

from pungi_osbuild.checked import Struct, texts
from pungi_osbuild.hub.login import nobody_logged_in
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.model import Call, Reply

IMAGE = "image"
"""The permission that koji-osbuild asks for; ``admin`` does as well."""

ADMIN = "admin"


@dataclass(frozen=True)
class User:
    """
    The user that tasks are submitted as.

    :param perms: his very permissions; an admin need not have the others
    """

    name: str
    perms: FrozenSet[str]

    @property
    def may_build_images(self) -> bool:
        """Whether the hub takes image tasks from him.

        As ``hasPerm("image") or hasPerm("admin")``: of an admin who has not got the permission
        itself, the first is false (found by experiment on kojihub 1.35.3).
        """
        return IMAGE in self.perms or ADMIN in self.perms

    @property
    def is_admin(self) -> bool:
        """Whether he may do everything that the hub does not refuse admins, too."""
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
