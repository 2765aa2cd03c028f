"""The ``!`` generators have Pungi's meaning."""

from __future__ import annotations

import pytest

from pungi_osbuild.config import GENERATORS, resolve_release, resolve_version
from pungi_osbuild.model import ComposeIdentity
from tests.values import an_identity

NIGHTLY = an_identity(type="nightly", date="20261123", respin=2, release_version="38")
BETA = an_identity(type="production", label="Beta-1.2", release_version="9.4")
RC = an_identity(type="production", label="RC-1.3", release_version="9.4")

EXPECTED = [
    ("!OSTREE_VERSION_FROM_LABEL_DATE_TYPE_RESPIN", NIGHTLY, "38.20261123.n.2"),
    ("!OSTREE_VERSION_FROM_LABEL_DATE_TYPE_RESPIN", BETA, "9.4_Beta.1.2"),
    ("!OSTREE_VERSION_FROM_LABEL_DATE_TYPE_RESPIN", RC, "9.4.1.3"),
    ("!RELEASE_FROM_LABEL_DATE_TYPE_RESPIN", NIGHTLY, "20261123.n.2"),
    ("!RELEASE_FROM_LABEL_DATE_TYPE_RESPIN", BETA, "1.2"),
    ("!RELEASE_FROM_DATE_RESPIN", NIGHTLY, "20261123.2"),
    ("!RELEASE_FROM_DATE_RESPIN", RC, "20261123.0"),
    ("!VERSION_FROM_VERSION_DATE_RESPIN", NIGHTLY, "38.20261123.2"),
    ("!VERSION_FROM_VERSION", BETA, "9.4"),
    ("38", NIGHTLY, "38"),
]


@pytest.mark.parametrize(("value", "identity", "result"), EXPECTED)
def test_a_generator_gives_what_pungi_gives(
    value: str, identity: ComposeIdentity, result: str
) -> None:
    """A version and a release take the same ones."""
    assert resolve_version(value, identity) == result
    assert resolve_release(value, identity) == result


def test_every_generator_is_covered() -> None:
    """Also by the cases above."""
    assert set(GENERATORS) == {value for value, _, _ in EXPECTED if value.startswith("!")}


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_stands_for_the_composes_own(value: str) -> None:
    """The image version for a version, the image release for a release."""
    assert resolve_version(value, BETA) == "9.4_Beta"
    assert resolve_release(value, NIGHTLY) == "20261123.n.2"


def test_an_unknown_generator_is_a_mistake_of_the_caller() -> None:
    """A config with one has been refused before."""
    with pytest.raises(ValueError, match="!NOPE"):
        resolve_version("!NOPE", NIGHTLY)
