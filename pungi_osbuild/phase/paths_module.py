"""
The other way in: an unmodified ``pungi-koji`` imports this for ``paths_module`` in a config.

It is Pungi's own option for other paths. The paths stay Pungi's; importing this puts our phase in
the place of Pungi's. See docs/pungi.md for what this way cannot do.
"""

from pungi.paths import ComposePaths, LogPaths, WorkPaths

from pungi_osbuild.phase.adapter import install

__all__ = ["ComposePaths", "LogPaths", "WorkPaths"]

install()
