"""What the environment says, and what is said before anything is done."""

from __future__ import annotations

from tests.contract.hub_at_hand import PREFIX, Choices, read_choices


def test_an_empty_variable_counts_as_not_given() -> None:
    """As make exports them."""
    assert read_choices({"CONTRACT_HUB": "", "CONTRACT_TARGET": ""}) == Choices()
    assert not read_choices({"HOME": "x"}).named
    found = read_choices(
        {"CONTRACT_PROFILE": "koji", "CONTRACT_TIMEOUT": "9", "CONTRACT_ARCH": "a"}
    )
    assert found == Choices(profile="koji", timeout=9.0, arch="a")


def test_what_will_be_done_is_said() -> None:
    """Where, as whom, what is made and what is left; never the password."""
    choices = Choices(hub="https://koji.example.com/kojihub", user="me", password="s3cret")
    said = "\n".join(choices.announced())
    for word in ("https://koji.example.com/kojihub", "as me", "up to 3 builds", PREFIX, "cancels"):
        assert word in said
    assert "s3cret" not in said + repr(choices)
    assert Choices().announced() == ["contract: a rehearsal hub of these tests' own"]
