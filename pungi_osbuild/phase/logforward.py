"""Forwards what the package logs to the log of the phase."""

from __future__ import annotations

import logging

from pungi_osbuild.secrets import HidingFilter

_PACKAGE = "pungi_osbuild"
_KOJI = "koji"
"""koji logs there that a hub does not answer and that it retries; also for other phases."""


class _Forward(logging.Handler):
    def __init__(self, target: logging.Logger, format: str) -> None:
        super().__init__(logging.INFO)
        self.addFilter(HidingFilter())
        self._target = target
        self._text = format

    def emit(self, record: logging.LogRecord) -> None:
        # The target may be below the package's logger (adapter.py falls back to one): its own
        # records come here, too, and would go round for ever.
        if record.name != self._target.name:
            self._target.log(record.levelno, self._text, record.getMessage())


def forward(target: logging.Logger) -> None:
    """
    Send what the package logs to another logger from now on, and nowhere else.

    What koji logs goes there, too, with the prefix ``koji:``: it may be about other phases' calls.
    """
    package = logging.getLogger(_PACKAGE)
    if package is not target:
        package.handlers = [_Forward(target, "%s")]
        # Else a root logger with handlers gets each line twice: from here and from the target.
        package.propagate = False
        package.setLevel(logging.INFO)
    # Shared with Pungi's other phases, which may have handlers on it: only ours is replaced.
    koji = logging.getLogger(_KOJI)
    others = [handler for handler in koji.handlers if not isinstance(handler, _Forward)]
    koji.handlers = [*others, _Forward(target, "koji: %s")]
