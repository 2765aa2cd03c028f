"""
Spans: what Pungi's telemetry, if it has one, sees of each request.

Nothing of Pungi is imported here; without telemetry nothing is recorded.
"""

from __future__ import annotations

import contextvars
import logging
from typing import Any, Callable, ContextManager, Dict, Optional, Tuple

from pungi_osbuild.model import ImageRequest

logger = logging.getLogger(__name__)

OpenSpan = Callable[..., ContextManager[Any]]
"""``pungi.otel.tracing.span``: a name, and attributes by keyword."""

SPAN = "generate-osbuild"
"""What Pungi's ``failable()`` calls the span of an in-tree image."""


class Spans:
    """
    A span for each request, from its first submission to its end. May be used by several threads.

    Its parent is the span in which the thread works that begins it. Whatever goes wrong with
    telemetry, no image fails for it.

    :param open_span: None: there is no telemetry
    """

    def __init__(self, open_span: Optional[OpenSpan] = None) -> None:
        self._open_span = open_span
        self._opened: Dict[int, Tuple[contextvars.Context, ContextManager[Any]]] = {}

    def begin(self, request: ImageRequest) -> None:
        """Begin a request's span, with the attributes that ``failable()`` gives one."""
        if self._open_span is None or request.number in self._opened:
            return
        # A span is the current one of a context, and ends in the same; a thread has but one, and
        # the thread in which a request ends is another than that in which it begins.
        context = contextvars.copy_context()
        try:
            span = self._open_span(
                SPAN,
                variant=request.variant,
                arch=",".join(request.arches),
                subvariant=request.subvariant,
            )
            context.run(span.__enter__)
        except Exception as error:
            logger.debug("the span of %s cannot begin: %s", request.describe(), error)
            return
        self._opened[request.number] = context, span

    def end(self, request: ImageRequest, failure: Optional[str] = None) -> None:
        """
        End a request's span, if it has begun.

        :param failure: why the request has failed, without secrets; None: it has not
        """
        context, span = self._opened.pop(request.number, (None, None))
        if context is None or span is None:
            return
        try:
            if failure is None:
                context.run(span.__exit__, None, None, None)
            else:
                context.run(span.__exit__, RuntimeError, RuntimeError(failure), None)
        except Exception as problem:
            logger.debug("the span of %s cannot end: %s", request.describe(), problem)
