"""Every public value is frozen, and none shows a secret."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from typing import Any, Iterator, Tuple, Type

import pytest

import pungi_osbuild
from pungi_osbuild.hub import Profile
from pungi_osbuild.model import JsonObject

NEED_PUNGI = ("pungi_osbuild.phase.adapter", "pungi_osbuild.phase.paths_module")
"""They define no values, and cannot be imported where Pungi is not."""

SECRET_WORDS = ("password", "secret", "token", "session_key")


def dataclasses_of_the_package() -> Iterator[Tuple[str, Type[Any]]]:
    """Give every dataclass that the package defines."""
    for info in pkgutil.walk_packages(pungi_osbuild.__path__, "pungi_osbuild."):
        if info.name in NEED_PUNGI:
            continue
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if not inspect.isclass(value) or value.__module__ != info.name:
                continue
            if dataclasses.is_dataclass(value):
                yield "%s.%s" % (info.name, name), value


VALUES = dict(dataclasses_of_the_package())


def test_there_are_values() -> None:
    """The tests below look at something."""
    assert len(VALUES) > 30


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_value_is_frozen(name: str) -> None:
    """No dataclass of the package can be changed after it was made."""
    assert VALUES[name].__dataclass_params__.frozen


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_value_holds_nothing_that_can_be_changed(name: str) -> None:
    """Fields are tuples and mappings of the model, not lists, sets or dicts."""
    for field in dataclasses.fields(VALUES[name]):
        for container in ("List[", "list[", "Dict[", "dict[", "Set[", "set[", "bytearray"):
            declared = str(field.type).replace("FrozenSet[", "").replace("frozenset[", "")
            assert container not in declared, "%s.%s: %s" % (name, field.name, field.type)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_secret_is_not_in_the_repr(name: str) -> None:
    """A field that is called like a secret is left out of the repr."""
    for field in dataclasses.fields(VALUES[name]):
        if any(word in field.name for word in SECRET_WORDS):
            assert not field.repr, "%s.%s" % (name, field.name)


def test_a_profile_does_not_show_its_password() -> None:
    """Logging a profile is safe."""
    profile = Profile("koji", "https://hub", "", "", "", user="me", password="hunter2")
    assert "hunter2" not in repr(profile)


def test_customizations_do_not_show_passwords() -> None:
    """Customizations may hold users with passwords and keys."""
    value = JsonObject.from_conf({"users": [{"name": "root", "password": "hunter2"}]})
    assert "hunter2" not in repr(value)
    assert value.to_wire() == {"users": [{"name": "root", "password": "hunter2"}]}
