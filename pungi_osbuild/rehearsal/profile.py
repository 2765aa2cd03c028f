"""A Koji profile for a rehearsal hub, as the ``koji`` command reads it."""

from __future__ import annotations

from pathlib import Path

from pungi_osbuild.errors import InputError
from pungi_osbuild.rehearsal.hub import RehearsalHub


def write_profile(path: Path, hub: RehearsalHub, name: str = "rehearsal") -> None:
    """
    Write a file with one profile, for ``koji --config=FILE --profile=NAME``; its folder is made.

    Koji's profiles hold no password, so nobody logs in: the hub takes an anonymous caller for its
    rehearsal user.

    :param hub: started
    :raises InputError: the file cannot be written
    """
    values = (
        ("server", hub.server),
        ("weburl", hub.weburl),
        ("topurl", hub.topurl),
        ("topdir", str(hub.topdir)),
        ("authtype", "noauth"),
    )
    lines = ["[%s]" % name, *("%s = %s" % (key, value.replace("%", "%%")) for key, value in values)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            "the profile cannot be written to %s: %s" % (path, error.strerror or error),
            "Name a file in a folder that you may write to.",
        ) from error
