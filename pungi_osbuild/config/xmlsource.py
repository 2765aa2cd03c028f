"""
Reading an XML file into elements that know their line, for errors that name it.

Uses expat itself: ``xml.etree`` forgets where an element stood. A file that declares entities is
refused (entity bombs, files of others); a DOCTYPE as Pungi's files have it is not looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, NoReturn, Tuple
from xml.parsers import expat

from pungi_osbuild.errors import InputError, SourceError


@dataclass(frozen=True)
class Element:
    """
    An element of a file.

    :param text: its own text before, between and after its children
    """

    path: str
    line: int
    tag: str
    attributes: Mapping[str, str]
    children: Tuple[Element, ...]
    text: str

    def below(self, *tags: str) -> List[Element]:
        """Return the elements at the end of a path of tags, in the order of the file."""
        found = [self]
        for tag in tags:
            found = [child for parent in found for child in parent.children if child.tag == tag]
        return found

    def fail(self, reason: str, solution: str) -> NoReturn:
        """Say that something is wrong with this element.

        :raises SourceError: always
        """
        raise SourceError("%s:%d: %s" % (self.path, self.line, reason), solution)


def read_xml(path: Path) -> Element:
    """
    Return the root element of a file.

    :raises InputError: the file is missing or cannot be read
    :raises SourceError: it is no well-formed XML, or declares entities
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            "cannot read the variants file %s: %s" % (path, error.strerror or error),
            "Name a file that exists and that you may read.",
        ) from None
    builder = _Builder(str(path))
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise SourceError(
            "%s:%d: this is not XML: %s" % (path, error.lineno, expat.ErrorString(error.code)),
            "Fix that line.",
        ) from None
    except (LookupError, ValueError) as error:  # the declared encoding, looked up by Python
        raise SourceError("%s:1: %s" % (path, error), "Save the file as UTF-8.") from None
    return builder.elements[0]


class _Open:
    """An element whose end was not seen yet."""

    def __init__(self, line: int, tag: str, attributes: Mapping[str, str]) -> None:
        self.line = line
        self.tag = tag
        self.attributes = attributes
        self.children: List[Element] = []
        self.pieces: List[str] = []


class _Builder:
    def __init__(self, path: str) -> None:
        self._path = path
        self._open = [_Open(0, "", {})]
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity
        self.parser.SkippedEntityHandler = self._entity

    @property
    def elements(self) -> List[Element]:
        """What stands outside any element: the root."""
        return self._open[0].children

    def _start(self, tag: str, attributes: Dict[str, str]) -> None:
        self._open.append(_Open(self.parser.CurrentLineNumber, tag, dict(attributes)))

    def _end(self, _tag: str) -> None:
        done = self._open.pop()
        element = Element(
            path=self._path,
            line=done.line,
            tag=done.tag,
            attributes=done.attributes,
            children=tuple(done.children),
            text="".join(done.pieces),
        )
        self._open[-1].children.append(element)

    def _text(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _entity(self, name: str, *_: Any) -> None:
        raise SourceError(
            "%s:%d: the entity %r is used or declared"
            % (self._path, self.parser.CurrentLineNumber, name),
            "Write its text instead; entities are not read.",
        )
