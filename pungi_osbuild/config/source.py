"""
Reading a compose config file: Pungi's Python-like syntax through ``kobo.conf``, or JSON.

The only file that imports ``kobo.conf``. What kobo raises for a broken file (it has no error of
its own) comes out as one :class:`~pungi_osbuild.errors.SourceError` that names file and line.
"""

from __future__ import annotations

import collections.abc
import json
import re
import tokenize
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, List, Mapping, NoReturn, Optional, Tuple

from kobo.conf import PyConfigParser

from pungi_osbuild.errors import InputError, SourceError

MAX_DEPTH = 100
"""Levels of nesting. Nothing that Pungi or composer takes is a tenth of that."""

_BRACKETS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Source:
    """
    A compose config as written, before anything in it is judged.

    What is given as ``data`` is copied and frozen all the way down, so reading can never change
    the dict that Pungi or a caller goes on using. Tuples count as lists, as in Pungi.

    :param path: the file it came from; relative file names in it are relative to that
    :raises SourceError: when ``data`` is nested deeper than :data:`MAX_DEPTH`
    """

    path: str
    data: Mapping[str, Any] = field(repr=False, hash=False)

    def __post_init__(self) -> None:
        try:
            frozen = _freeze(self.data, MAX_DEPTH)
        except RecursionError:
            raise _too_deep(self.path) from None
        object.__setattr__(self, "data", frozen)


def thaw(value: Any) -> Any:
    """Return a fresh, plain copy of a value of a :class:`Source`, without keys that are no text."""
    if isinstance(value, collections.abc.Mapping):
        return {key: thaw(item) for key, item in value.items() if isinstance(key, str)}
    if isinstance(value, (list, tuple)):
        return [thaw(item) for item in value]
    return value


def read_source(path: Path) -> Source:
    """
    Read a config file.

    :param path: a ``.json`` file is read as JSON, any other in Pungi's own syntax
    :raises InputError: the file is missing or cannot be read
    :raises SourceError: the file, or one that it imports, does not parse
    """
    try:
        if path.name.endswith(".json"):
            data = _read_json(path)
        else:
            parser = _Parser()
            parser.load_from_file(str(path))
            data = dict(parser)
    except OSError as error:
        raise InputError(
            "cannot read the config %s: %s" % (path, error.strerror or error),
            "Name a file that exists and that you may read.",
        ) from None
    return Source(str(path), data)


def _freeze(value: Any, levels: int) -> Any:
    if levels == 0:
        raise RecursionError
    if isinstance(value, collections.abc.Mapping):
        return MappingProxyType({key: _freeze(item, levels - 1) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(_freeze(item, levels - 1) for item in value)
    return value


def _too_deep(path: str, line: Optional[int] = None) -> SourceError:
    return SourceError(
        "%s: values are nested too deeply, or files import each other" % _at(path, line),
        "Remove the nesting, or the circular import.",
    )


def _at(path: str, line: Optional[int]) -> str:
    return path if line is None else "%s:%d" % (path, line)


def _decode(raw: bytes, path: str) -> str:
    try:
        # Editors on Windows write a byte order mark, which nobody can see.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SourceError(
            "%s: the file is not UTF-8 text" % _at(path, line),
            "Save it as UTF-8; the first byte that is not is 0x%02x." % raw[error.start],
        ) from None


def _read_json(path: Path) -> Mapping[str, Any]:
    text = _decode(path.read_bytes(), str(path))
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(
            "%s: this is not JSON: %s" % (_at(str(path), error.lineno), error.msg),
            "Fix that line. A config in Pungi's own syntax must not be named .json.",
        ) from None
    except RecursionError:
        raise _too_deep(str(path)) from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise SourceError("%s: %s" % (path, error), "Write a shorter number.") from None
    if not isinstance(data, dict):
        raise SourceError(
            "%s:1: the file does not contain a JSON object" % path,
            'Put the options in one: {"release_name": ..., "osbuild": {...}}.',
        )
    return data


class _Parser(PyConfigParser):  # type: ignore[misc]
    """
    Kobo's parser with errors for people.

    An imported file is read by another instance of this class, so that each reports its own
    lines. A file that cannot be opened is left to the caller: for the first file that is a
    wrong argument, for an imported one a mistake in the file that imports it.
    """

    def load_from_file(self, file_name: str) -> None:
        self._open_file = file_name
        self._text = _decode(Path(file_name).read_bytes(), file_name).replace("\r\n", "\n")
        self.opened_files.append(str(Path(file_name).absolute()))
        try:
            self.load_from_string(self._text)
        except SourceError:
            raise
        except RecursionError:
            raise _too_deep(file_name, self._line()) from None
        except OSError as error:
            self._fail(
                self._line(),
                "cannot import %s: %s" % (error.filename, error.strerror),
                "A file is imported by its name without .conf, relative to this one.",
            )
        except Exception as error:  # whatever kobo and tokenize raise, it is the file's fault
            self._fail(*self._explain(error))

    def _line(self) -> Optional[int]:
        # Kobo keeps where the last token begins; it has none before the first token.
        return self._tok_begin[0] if self._tok_begin else None

    def _fail(self, line: Optional[int], reason: str, solution: str) -> NoReturn:
        raise SourceError("%s: %s" % (_at(self._open_file, line), reason), solution) from None

    def _explain(self, error: Exception) -> Tuple[Optional[int], str, str]:
        """Return line, reason and solution for what was raised while parsing."""
        unclosed = _unclosed(self._text)
        if unclosed is not None:
            return unclosed[0], "this %r is never closed" % unclosed[1], "Close it."
        line = self._line()
        if isinstance(error, tokenize.TokenError):
            reason, where = error.args
            if "EOF" in reason:
                reason = "the file ends in the middle of a value"
            return where[0], reason, "Finish the value."
        if isinstance(error, SyntaxError):
            return error.lineno or line, *(_other_syntax(self._text) or self._syntax(error))
        if isinstance(error, KeyError):
            return line, *self._missing_name(error)
        if isinstance(error, RuntimeError):  # the tokens ran out inside kobo's generator
            return line, "the file ends too early", "Finish its last line."
        return line, "a value cannot be read: %s" % error, "Fix that line."

    def _syntax(self, error: SyntaxError) -> Tuple[str, str]:
        message = re.split(r": file: | in file |\s*\(<tokenize>", error.msg or "")[0]
        if message == "Invalid syntax":
            lines = self._text.splitlines()
            line = self._line() or 0
            written = lines[line - 1].strip()[:60] if 0 < line <= len(lines) else ""
            reason = "this is not Pungi's syntax: %s" % (written or "the file ends too early")
            return reason, "Fix that line."
        return message[:1].lower() + message[1:], "Fix that line."

    def _missing_name(self, error: KeyError) -> Tuple[str, str]:
        name = str(error.args[0]) if error.args else ""
        if name.startswith("Can't import"):
            return name[:1].lower() + name[1:], "Import a name that the file sets."
        if name.startswith("_"):
            return "the name %s begins with _" % name, "Give the option another name."
        return "the name %r of %%(...)s has no value" % name, "Add it to the dict after %."


_SYNTAXES = (
    ("{", "JSON", "Give the file a name that ends in .json."),
    ("<", "XML", "Name the compose config; --variants takes a variants file."),
    (
        "[",
        "INI",
        "Name the compose config that a pungi-orchestrate config refers to.",
    ),
    ("---", "YAML", "Name a compose config in Pungi's syntax: name = value."),
)
"""What a file begins with that is no compose config, what it is, and what to do."""


def _other_syntax(text: str) -> Optional[Tuple[str, str]]:
    """Return reason and solution where the whole file is of another syntax than Pungi's."""
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith(("#", ";"))), "")
    for beginning, name, solution in _SYNTAXES:
        if first.startswith(beginning):
            return "this is %s, not Pungi's syntax" % name, solution
    return None


def _unclosed(text: str) -> Optional[Tuple[int, str]]:
    """Return line and bracket of the first bracket that nothing closes, or None."""
    still_open: List[Tuple[int, str]] = []
    try:
        for token in tokenize.generate_tokens(StringIO(text).readline):
            if token.type != tokenize.OP:
                continue
            if token.string in _BRACKETS.values():
                still_open.append((token.start[0], token.string))
            opening = _BRACKETS.get(token.string)
            if opening and (not still_open or still_open.pop()[1] != opening):
                return None  # closed by the wrong one: kobo says where
    except SyntaxError:
        pass
    except tokenize.TokenError as error:
        # The words of every Python from 3.9 to 3.13 for a text that ends inside brackets.
        if "multi-line statement" in str(error) and still_open:
            return still_open[0]
    return None
