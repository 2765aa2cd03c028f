"""Reading the templates in upload options; they are filled in when there is a compose."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, Optional, Tuple

from pungi_osbuild.model import TEMPLATE_FIELDS, BadTemplateError, Template
from pungi_osbuild.problems import Problem, suggest, within

_NEED_RELEASE = ("release", "nvr")
_MORE_THAN_A_NAME = re.compile(r"\s*(\w+)\s*([!:.\[].*)?", re.S)


def template_problems(text: str, place: str, has_release: bool) -> Iterator[Problem]:
    """
    Say what in a text is no template, or can never be filled in.

    :param place: of the text
    :param has_release: the block's release is configured, in it or in what it falls back to
    """
    try:
        fields = Template.parse(text).fields
    except BadTemplateError as error:
        for fault in error.faults:
            yield Problem("bad-template", place, *_fault(fault))
        fields = error.fields
    for field in fields:
        if field in _NEED_RELEASE and not has_release:
            yield Problem(
                "template-needs-release",
                place,
                "holds {%s}, and the block has no release" % field,
                "Set release, osbuild_release or global_release, or use {compose_id}.",
            )


def literal(text: str) -> Optional[str]:
    """Return what a text without any field stands for; None for one that has fields, or is bad."""
    try:
        template = Template.parse(text)
    except BadTemplateError:
        return None
    return None if template.fields else template.fill({})


def option_strings(options: Mapping[str, Any], place: str) -> Iterator[Tuple[str, str, str]]:
    """
    Give option, place and text of every string in upload options.

    :param options: plain dicts and lists, perhaps of wrong types
    :param place: of the options
    """
    for option, value in options.items():
        if isinstance(value, str):
            yield option, within(place, option), value
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, str):
                yield option, within(within(place, option), index), item


def _fault(field: Optional[str]) -> Tuple[str, str]:
    known = "Fields are %s." % ", ".join("{%s}" % name for name in TEMPLATE_FIELDS)
    if field is None:
        return "holds a single brace", "Write {{ for { and }} for }. " + known
    simple = _MORE_THAN_A_NAME.fullmatch(field)
    name = simple.group(1) if simple else field
    near = name if name in TEMPLATE_FIELDS else suggest(name, TEMPLATE_FIELDS)
    hint = "Did you mean {%s}?" % near if near else known + " Write {{ for a brace."
    if simple and simple.group(2):
        return (
            "holds {%s}: a field is a name and nothing else, no format, attribute or index" % field,
            hint,
        )
    return "holds {%s}, and there is no such field" % field, hint
