"""What JSON and XML-RPC hold, and texts for people."""

from __future__ import annotations

from typing import Any, Dict, Mapping

JsonDict = Dict[str, Any]


def printable(text: str, kept: str = "\n\t") -> str:
    """
    Return a text with everything that is no character for reading written as its escape.

    What goes are the controls of terminals, marks that turn the direction of writing, and half
    characters, which could not be written to a file. An ID with a hidden character in it is
    another ID.

    :param kept: characters that stay although they cannot be printed
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in kept else _escaped(char) for char in text)


def one_line(text: str) -> str:
    """Return a text made :func:`printable`, line breaks and tabs, too."""
    return printable(text, kept="")


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def without_none(values: Mapping[str, Any]) -> JsonDict:
    """Return the values that are not None, tuples as lists."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value is not None
    }
