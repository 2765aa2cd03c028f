"""
Fields in texts: ``{version}`` in upload options is replaced by this project, when there is a
compose; elsewhere nobody replaces it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, FrozenSet, Iterable, Iterator, Mapping, Optional, Tuple

from pungi_osbuild.model import TEMPLATE_FIELDS, BadTemplateError, Template
from pungi_osbuild.problems import Problem, Severity, suggest, within
from pungi_osbuild.secrets import HIDDEN, hide

_NAMES = "|".join([*TEMPLATE_FIELDS, "basearch", "releasever"])
_FIELD = re.compile(r"(?<!\$)\{(?:%s)\}" % "|".join(TEMPLATE_FIELDS))
_OTHER_FIELD = re.compile(r"%%\((?:%s)\)s|%%\{(?:%s)\}|\$\$\{?(?:%s)\b\}?" % ((_NAMES,) * 3))
"""Python's and RPM's fields, and what an escaped dollar leaves."""

_VARIABLE = re.compile(r"\$\{?(%s)\b" % _NAMES)
_NEED_RELEASE = ("release", "nvr")
_MORE_THAN_A_NAME = re.compile(r"\s*(\w+)\s*([!:.\[].*)?", re.S)


def template_problems(text: str, place: str, has_release: bool) -> Iterator[Problem]:
    """
    Say what in a text is not a template, or can never be filled in.

    :param place: of the text
    :param has_release: the block's release is configured, in it or in what it falls back to
    """
    try:
        fields = Template.parse(text).fields
    except BadTemplateError as error:
        shown = hide(text)
        for fault in error.faults:
            # What looks like a field may be a secret: it is quoted where its text would show it.
            is_shown = fault is None or fault in shown
            yield Problem("bad-template", place, *_fault(fault if is_shown else HIDDEN))
        fields = error.fields
    for field in fields:
        if field in _NEED_RELEASE and not has_release:
            yield Problem(
                "template-needs-release",
                place,
                "contains {%s}, but the block has no release" % field,
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
        return "contains a single brace", "Write {{ for { and }} for }. " + known
    simple = _MORE_THAN_A_NAME.fullmatch(field)
    name = simple.group(1) if simple else field
    near = name if name in TEMPLATE_FIELDS else suggest(name, TEMPLATE_FIELDS)
    hint = "Did you mean {%s}?" % near if near else known + " Write {{ for a brace."
    if simple and simple.group(2):
        return (
            "{%s} is not a template field: it has a format, an attribute or an index" % field,
            hint,
        )
    return "unknown template field {%s}" % field, hint


def unreplaced(text: str, place: str) -> Iterator[Problem]:
    """Yield what looks like a variable in a text that nobody replaces anything in."""
    names = sorted(set(_VARIABLE.findall(text)))
    yield from unreplaced_fields(text, place)
    if names:
        yield Problem(
            "not-a-template",
            place,
            "contains %s, which is not replaced here" % ", ".join("$" + name for name in names),
            "Write the value; $arch is replaced only in repo, ostree_ref and ostree_parent.",
            Severity.WARNING,
        )


def dollar_hint(text: str) -> str:
    """Return what to do about a ``$arch`` or the like in an upload option; "" without a dollar."""
    for name in _VARIABLE.findall(text):
        field = {"basearch": "arch", "releasever": "version"}.get(name, name)
        return "$ is not replaced in upload options: write {%s}. " % field
    return "$ is not replaced in upload options. " if "$" in text else ""


def unreplaced_option(text: str, place: str) -> Iterator[Problem]:
    """Yield what looks like a variable in an upload option, where braces are replaced only."""
    for problem in unreplaced(text, place):
        yield replace(problem, hint=dollar_hint(text).strip())


def unreplaced_fields(text: str, place: str, instead: Optional[str] = None) -> Iterator[Problem]:
    """
    Yield the fields in a text that are not replaced there.

    :param instead: what to write for them
    """
    others = _OTHER_FIELD.findall(text)
    fields = sorted({*_FIELD.findall(_OTHER_FIELD.sub("", text)), *others})
    if fields:
        written = ", ".join(fields)
        yield Problem(
            "not-a-template",
            place,
            "contains %s, which is not replaced here" % written,
            "Write %s." % instead
            if instead
            else "Write the value; fields in braces are replaced only in upload options.",
            Severity.WARNING,
        )


def unknown_template_fields(invalid: Iterable[str]) -> FrozenSet[str]:
    """Return the template fields whose value is not known, as options of a block are invalid."""
    return frozenset(
        field for field, options in _FILLED_BY.items() if not set(options).isdisjoint(invalid)
    )


_FILLED_BY: Mapping[str, Tuple[str, ...]] = {
    "arch": ("arches", "split_arches"),
    "image_type": ("image_types",),
    "name": ("name",),
    "nvr": ("name", "version", "release", "arches", "split_arches"),
    "release": ("release", "arches", "split_arches"),
    "subvariant": ("subvariant",),
    "version": ("version",),
}
