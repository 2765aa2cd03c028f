"""
Koji's API calls: declared with the hub's own signature, called for a caller.

The signature is the hub's, word by word, since clients name arguments by it and the hub's refusal
of a wrong call repeats it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from koji_rehearsal.builder import Builder
from koji_rehearsal.encoding import ActionNotAllowed, GenericError
from koji_rehearsal.network_faults import NetworkFaults
from koji_rehearsal.records import Session, User
from koji_rehearsal.signatures import Signature
from koji_rehearsal.state import State
from koji_rehearsal.store import Store


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
