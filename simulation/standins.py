"""What stands in for the system while a world is there, and goes when it goes."""

from __future__ import annotations

import pathlib
from contextlib import ExitStack
from typing import Any


class StandIns(ExitStack):
    """Puts functions in the place of others, until it is left."""

    def put(self, place: Any, name: str, standin: Any) -> None:
        """Put something in the place of what a module or class has under a name."""
        self.callback(setattr, place, name, place.__dict__[name])
        setattr(place, name, standin)
        # Python 3.9 and 3.10 bind the functions that paths use when they are started.
        accessor = getattr(pathlib, "_NormalAccessor", None)
        if accessor is not None and place.__name__ == "os" and name in accessor.__dict__:
            self.callback(setattr, accessor, name, accessor.__dict__[name])
            setattr(accessor, name, staticmethod(standin))
