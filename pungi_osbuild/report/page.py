"""
The report: one HTML page that needs nothing else, neither a network nor a server.

Everything in it was written by others: Jinja2 escapes it all, what cannot be seen is made visible,
and the page carries a policy by which a browser loads nothing and runs this page's script alone.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pungi_osbuild.checked import printable
from pungi_osbuild.report.pageview import PageView

TEMPLATES = Path(__file__).parent / "templates"


def report_page(view: PageView) -> str:
    """Return the page."""
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    template = _environment().get_template("report.html")
    return template.render(view=view, script=script, style=style, policy=_policy(script, style))


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _policy(script: str, style: str) -> str:
    """Return a policy that lets this script run, this style be used, and nothing be loaded."""
    return (
        "default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'"
        % (_digest(script), _digest(style))
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-%s" % base64.b64encode(digest).decode("ascii")


def _seen(value: Any) -> Any:
    """
    Make visible what a browser would not show, or would let other text be shown wrongly by.

    An ID with a hidden character in it is another ID, and one that turns the direction of writing
    could look like any.
    """
    return printable(value) if type(value) is str else value
