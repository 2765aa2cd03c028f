"""
Write the generated parts of docs/configuration.md again, from what ``config/options.py`` says.

A part begins with ``<!-- generated: NAME -->`` and ends with ``<!-- end -->``; the rest of the page
is written by hand. A test fails while the page is not what this script would write.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Callable, Dict, Iterable, Sequence

from pungi_osbuild import imagetypes
from pungi_osbuild.clouds import cloud_of, hub_clouds
from pungi_osbuild.config import GENERATORS, resolve_release
from pungi_osbuild.config.options import (
    image_type_options,
    pungi_options,
    top_options,
    upload_options,
)
from pungi_osbuild.methods import Option, Options
from pungi_osbuild.methods.osbuild_image import OSBUILD_IMAGE
from pungi_osbuild.model import ComposeIdentity, JsonDict

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
_PART = re.compile(r"(<!-- generated: (?P<name>[\w. -]+) -->\n).*?(<!-- end -->)", re.S)
_NIGHTLY = ComposeIdentity(
    id="Fedora-41-20261123.n.0",
    type="nightly",
    date="20261123",
    respin=0,
    label=None,
    release_name="Fedora",
    release_short="Fedora",
    release_version="41",
)
_LABELLED = replace(_NIGHTLY, id="Fedora-41-20261123.0", type="production", label="RC-1.2")


def written(page: str) -> str:
    """
    Return the page with its generated parts as they should be.

    :raises KeyError: for a part that nobody writes
    """
    return _PART.sub(
        lambda match: match[1] + "\n" + _PARTS[match["name"]]() + "\n" + match[3], page
    )


def _sections(options: Options, as_key: bool) -> str:
    return "\n".join(_section(name, option, as_key) for name, option in options.items())


def _section(name: str, option: Option, as_key: bool) -> str:
    example = '"%s": %s,' % (name, option.example) if as_key else "%s = %s" % (name, option.example)
    in_tree = "not there" if option.in_tree is None else "Pungi %s" % option.in_tree
    lines = [
        "### `%s`" % name,
        "",
        str(option.schema["description"]),
        "",
        "- **Value:** %s" % _kind(option.schema),
        "- **Default:** %s" % _default(option),
        "- **Since:** %s (in-tree: %s)" % (option.since, in_tree),
        "",
        "```python",
        example,
        "```",
        "",
    ]
    return "\n".join(lines)


def _table(options: Options) -> str:
    rows = (
        (
            "`%s`" % name,
            "%s (%s)" % (option.schema["description"], _kind(option.schema)),
            _default(option),
            "`%s`" % option.example,
            option.since,
        )
        for name, option in options.items()
    )
    return _rows(("option", "meaning", "default", "example", "since"), rows)


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| %s |\n" % " | ".join(line) for line in lines)


def _default(option: Option) -> str:
    return "**must be given**" if option.default is None else option.default


def _kind(schema: JsonDict) -> str:
    """Return what a value may be, in words."""
    if "enum" in schema:
        return "one of %s" % ", ".join('`"%s"`' % value for value in schema["enum"])
    if "anyOf" in schema:
        kinds = dict.fromkeys(map(_kind, schema["anyOf"]))
        return " or ".join(kinds)
    kind: str = schema["type"]
    if kind == "array":
        return _list_kind(schema)
    return _KINDS[kind]


_KINDS = {
    "boolean": "`True` or `False`",
    "integer": "a whole number",
    "null": "`None`",
    "number": "a number",
    "object": "a dict",
    "string": "a string",
}


def _list_kind(schema: JsonDict) -> str:
    if schema.get("maxItems") == 1:
        return "a list with one string"
    items = schema["items"]
    if "anyOf" in items:
        return "a list of strings and dicts"
    return "a list of strings" if items["type"] == "string" else "a list of pairs"


def _generators() -> str:
    rows = (
        (
            "`%s`" % name,
            "`%s`" % resolve_release(name, _NIGHTLY),
            "`%s`" % resolve_release(name, _LABELLED),
        )
        for name in GENERATORS
    )
    head = ("generator", "Fedora-41-20261123.n.0", "Fedora-41-20261123.0, label RC-1.2")
    return _rows(head, rows)


def _image_types() -> str:
    rows = []
    for name in imagetypes.NAMES:
        entry = imagetypes.find(name)
        assert entry is not None, name
        suffix = entry.file.suffix
        rows.append(
            (
                "`%s`" % name,
                cloud_of(entry.provider).name,
                "`.%s`" % suffix,
                _recorded(entry, suffix),
                imagetypes.KOJI_ALIASES.get(name, ""),
                str(imagetypes.SINCE.get(imagetypes.api_name(name), "")),
            )
        )
    head = ("image type", "goes to", "file", "in images.json as", "another name of")
    return _rows((*head, "since composer"), rows)


def _recorded(entry: imagetypes.ImageType, suffix: str) -> str:
    if suffix == "iso":
        return "`%s`" % entry.iso if entry.iso else "by the file's name"
    words = imagetypes.productmd_type(entry.name, suffix, "image." + suffix)
    return "`%s`" % words[0] if words else "not there"


def _uploads() -> str:
    return "\n".join(
        "### %s\n\n%s" % (cloud.heading, _table(upload_options(cloud))) for cloud in hub_clouds()
    )


_PARTS: Dict[str, Callable[[], str]] = {
    "top": lambda: _sections(top_options(), as_key=False),
    "block": lambda: _sections(OSBUILD_IMAGE.block_options(), as_key=True),
    "image type": lambda: _table(image_type_options()),
    "pungi": lambda: _table(pungi_options()),
    "generators": _generators,
    "catalogue": _image_types,
    "uploads": _uploads,
}

if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
