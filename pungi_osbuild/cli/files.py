"""The type of arguments and options that name a file or a folder of this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Optional

import click

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class _File(click.Path):
    """A path; an address, as people copy it from a browser, is refused as what it is."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: Any, param: Optional[click.Parameter], ctx: Optional[click.Context]
    ) -> Any:
        if isinstance(value, str) and _ADDRESS.match(value):
            message = "%s is an address; name a file or folder on this machine."
            self.fail(message % value, param, ctx)
        return super().convert(value, param, ctx)


FILE = _File()
