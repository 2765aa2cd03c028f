"""What the package logs goes into the log of whoever it works for."""

from __future__ import annotations

import logging

from pungi_osbuild.secrets import HidingFilter

_PACKAGE = "pungi_osbuild"
_KOJI = "koji"
"""koji tells there when a hub does not answer and it tries again; to other phases, too."""


class _Forward(logging.Handler):
    def __init__(self, target: logging.Logger, format: str) -> None:
        super().__init__(logging.INFO)
        self.addFilter(HidingFilter())
        self._target = target
        self._text = format

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != self._target.name:
            self._target.log(record.levelno, self._text, record.getMessage())


def forward(target: logging.Logger) -> None:
    """
    Send what the package logs to another logger from now on, and nowhere else.

    What koji warns of goes there, too, under its own name: it may be about calls of others.
    """
    package = logging.getLogger(_PACKAGE)
    if package is not target:
        package.handlers = [_Forward(target, "%s")]
        package.propagate = False
        package.setLevel(logging.INFO)
    koji = logging.getLogger(_KOJI)
    others = [handler for handler in koji.handlers if not isinstance(handler, _Forward)]
    koji.handlers = [*others, _Forward(target, "koji: %s")]
