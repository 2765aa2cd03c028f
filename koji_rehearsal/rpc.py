"""
The hub's methods: declared with the hub's own signature, called for a caller.

The signature is the hub's, word by word, since clients name arguments by it and the hub's refusal
of a wrong call repeats it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from koji_rehearsal.builder import Builder
from koji_rehearsal.network_faults import NetworkFaults
from koji_rehearsal.pythonnames import in_python
from koji_rehearsal.records import Session, User
from koji_rehearsal.state import State
from koji_rehearsal.store import Store
from koji_rehearsal.wire import ActionNotAllowed, GenericError, ParameterError


@dataclass(frozen=True)
class Office:
    """What methods work on, all of it under the hub's lock."""

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

    office: Office
    user: Optional[User]
    session: Optional[Session]
    now: float
    renewing: Optional[Session] = None

    @property
    def state(self) -> State:
        """The hub's tables."""
        return self.office.state

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


Function = Callable[..., Any]


@dataclass(frozen=True)
class Method:
    """A method: its signature, and the function that takes a caller and a value for each."""

    signature: Signature
    function: Function
    writes: bool


class Registry:
    """The methods of a hub by name."""

    def __init__(self) -> None:
        self._methods: Dict[str, Method] = {}

    def method(
        self, signature: str, prefix: str = "", writes: bool = False
    ) -> Callable[[Function], Function]:
        """
        Return a decorator that adds a function as the method of that signature.

        :param prefix: of the method's name, e.g. ``system.``
        :param writes: it changes something, so that it must not be done twice by a retry
        """

        def add(function: Function) -> Function:
            parsed = Signature.parse(signature)
            self._methods[prefix + parsed.method] = Method(parsed, function, writes)
            return function

        return add

    def names(self) -> List[str]:
        """Return the names of all methods, sorted."""
        return sorted(self._methods)

    def parameters(self, name: str) -> Tuple[str, ...]:
        """Return the names of a method's parameters, in order."""
        return self._methods[name].signature.parameters

    def writes(self, name: str) -> bool:
        """Whether a method changes something."""
        method = self._methods.get(name)
        return method is not None and method.writes

    def call(
        self, caller: Caller, name: str, args: Sequence[Any], options: Mapping[str, Any]
    ) -> Any:
        """
        Call a method.

        :raises koji.GenericError: there is none of that name, or it refuses
        """
        method = self._methods.get(name)
        if method is None:
            raise GenericError("Invalid method: %s" % name)
        return method.function(caller, *method.signature.bind(args, options))


METHODS = Registry()
"""What :mod:`koji_rehearsal.methods` adds its functions to."""
