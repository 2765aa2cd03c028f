"""The commands; the only package that prints or exits."""

from pungi_osbuild.cli.entry import entry

__all__ = [
    "entry",
]
