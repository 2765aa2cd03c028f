"""What the package logs goes into the log of whoever it works for."""

from __future__ import annotations

import logging

_SOURCES = ("pungi_osbuild", "koji")
"""koji tells there when a hub does not answer and it tries again."""


class _Forward(logging.Handler):
    def __init__(self, target: logging.Logger) -> None:
        super().__init__(logging.INFO)
        self._target = target

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != self._target.name:
            self._target.log(record.levelno, "%s", record.getMessage())


def forward(target: logging.Logger) -> None:
    """Send what the package and koji log to another logger from now on, and nowhere else."""
    for name in _SOURCES:
        source = logging.getLogger(name)
        if source is target:
            continue
        source.handlers = [_Forward(target)]
        source.propagate = False
        source.setLevel(logging.INFO)
