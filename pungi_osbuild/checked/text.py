"""Texts of others: what of them can be shown, and what can name a file."""

from __future__ import annotations

from typing import Optional

MAX_NAME = 255
"""Bytes in a file's name, on every file system a compose lies on."""


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


def name_flaw(name: str) -> Optional[str]:
    """
    Return why a name cannot be a file's or a folder's, or None where it can.

    This is the one rule for what a config says, for what a hub says, and for what is placed: a
    name that is refused when the image is there should have been refused before it was built.
    """
    if not name:
        return "it is empty"
    if "/" in name or "\\" in name or ".." in name:
        return "it could leave its folder"
    if name.startswith("."):
        return "it is hidden"
    if not name.isprintable():
        return "it has characters that cannot be printed"
    if len(name.encode("utf-8")) > MAX_NAME:
        return "it is longer than %d bytes" % MAX_NAME
    return None
