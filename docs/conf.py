"""How Sphinx makes the documentation: ``make docs``. Nothing here needs a network."""

from __future__ import annotations

import re
from pathlib import Path

project = "pungi-osbuild"
copyright = "the pungi-osbuild developers; GPL-2.0-or-later"
_PACKAGE = Path(__file__).parent.parent / "pungi_osbuild" / "__init__.py"
release = version = re.findall(r'^__version__ = "([^"]+)"', _PACKAGE.read_text(), re.M)[0]

extensions = ["myst_parser"]
# README.md is the index of decisions for those who read the folder; architecture.md is the site's.
exclude_patterns = ["decisions/README.md"]
myst_heading_anchors = 4
nitpicky = True
smartquotes = False  # they make one dash of the two that an option begins with

html_theme = "furo"
html_title = "pungi-osbuild %s" % release
html_copy_source = False
html_show_sphinx = False
