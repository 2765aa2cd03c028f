"""A hub's refusal as an error for people."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import HubFaultError, Profile


@contextmanager
def refusals_explained(profile: Profile) -> Iterator[None]:
    """
    Turn a fault that nobody has handled into an error.

    :raises HubError: the hub refused a call
    """
    try:
        yield
    except HubFaultError as fault:
        raise HubError(
            "the hub at %s refused: %s" % (profile.server, fault.reason),
            "Check the profile %r and what it may do there." % profile.name,
        ) from fault
