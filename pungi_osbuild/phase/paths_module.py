"""
The entry point for an unmodified ``pungi-koji``, which imports this for ``paths_module``.

It is Pungi's own option for other paths. The paths stay Pungi's; importing this replaces Pungi's
phase. See docs/pungi.md for its limits.
"""

from pungi.paths import ComposePaths, LogPaths, WorkPaths

from pungi_osbuild.phase.adapter import install

__all__ = ["ComposePaths", "LogPaths", "WorkPaths"]

install()
