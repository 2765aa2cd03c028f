"""
Templates: the fields that stand in the strings of ``upload_options``.

``{arch}`` is a field, ``{{`` and ``}}`` are braces. There is nothing else: no format, no
attribute, no index, so a template can do no more than it shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

from pungi_osbuild.model.cloud import Upload

TEMPLATE_FIELDS: Tuple[str, ...] = (
    "arch",
    "variant",
    "subvariant",
    "name",
    "version",
    "release",
    "nvr",
    "image_type",
    "compose_id",
    "date",
    "respin",
    "type",
    "label",
    "attempt",
)
"""Every field that a template may have."""

_TOKEN = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<field>[^{}]*)\}|(?P<single>[{}])")


class BadTemplateError(ValueError):
    """
    A text is not a valid template.

    :param faults: what stands between braces and is not a field; None for a single brace
    :param fields: the valid fields in it
    """

    def __init__(self, faults: Tuple[Optional[str], ...], fields: Tuple[str, ...]) -> None:
        super().__init__("%d faults in a template" % len(faults))
        self.faults = faults
        self.fields = fields


@dataclass(frozen=True)
class Field:
    """A place in a template that is filled in."""

    name: str


@dataclass(frozen=True)
class Template:
    """A text with fields in it, perhaps none."""

    parts: Tuple[Union[str, Field], ...]

    @classmethod
    @lru_cache(maxsize=4096)  # thousands of images have the same few
    def parse(cls, text: str) -> Template:
        """
        Return the template that a text is.

        :raises BadTemplateError: a brace stands alone, or a field is unknown
        """
        parts: List[Union[str, Field]] = []
        faults: List[Optional[str]] = []
        position = 0
        for token in _TOKEN.finditer(text):
            parts.append(text[position : token.start()])
            position = token.end()
            field = token.group("field")
            if token.group("brace"):
                parts.append(token.group("brace")[0])
            elif field in TEMPLATE_FIELDS:
                parts.append(Field(field))
            else:
                faults.append(field)
        template = cls(tuple(filter(None, [*parts, text[position:]])))
        if faults:
            raise BadTemplateError(tuple(dict.fromkeys(faults)), template.fields)
        return template

    @cached_property
    def fields(self) -> Tuple[str, ...]:
        """The names of its fields, each once, in their order."""
        names = [part.name for part in self.parts if isinstance(part, Field)]
        return tuple(dict.fromkeys(names))

    def fill(self, words: Mapping[str, str]) -> str:
        """
        Return the text with every field filled in.

        :param words: what each field stands for
        :raises KeyError: a field has no word
        """
        return "".join(words[part.name] if isinstance(part, Field) else part for part in self.parts)


@dataclass(frozen=True)
class UploadTemplate:
    """
    Upload options as written, and what their fields stand for in one request.

    :param options: every string in it is a template
    :param words: (field, what it stands for), all but ``attempt``
    """

    options: Upload
    words: Tuple[Tuple[str, str], ...] = ()

    @cached_property
    def _filled(self) -> Dict[int, Upload]:
        # By attempt: one is looked at again and again while a plan is checked.
        return {}

    def filled(self, attempt: int) -> Upload:
        """Return the options of a submission, 1 being the first."""
        if attempt not in self._filled:
            self._filled[attempt] = self._fill(attempt)
        return self._filled[attempt]

    def _fill(self, attempt: int) -> Upload:
        words = {**dict(self.words), "attempt": str(attempt)}
        return self.options.changed(
            {name: _filled(value, words) for name, value in self.options.own.items()}
        )


def option_texts(options: Upload) -> Iterator[Tuple[str, int, str]]:
    """
    Give option, position (-1 for an option that is not a list) and text of every string.

    Options of other clouds are not templates.
    """
    for name, value in options.own.items():
        if isinstance(value, tuple):
            for index, text in enumerate(value):
                yield name, index, text
        elif value is not None:
            yield name, -1, value


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        return tuple(Template.parse(text).fill(words) for text in value)
    return None if value is None else Template.parse(value).fill(words)
