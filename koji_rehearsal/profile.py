"""A Koji profile for a rehearsal hub, as the ``koji`` command reads it."""

from __future__ import annotations

from pathlib import Path

from koji_rehearsal.errors import RehearsalError
from koji_rehearsal.hub import RehearsalHub

PROFILE = "rehearsal"
"""What the profile is called."""

MARK = "# Written by pungi-osbuild for a rehearsal hub; it will be written again."


def write_profile(
    path: Path, hub: RehearsalHub, name: str = PROFILE, authtype: str = "noauth"
) -> None:
    """
    Write a file with one profile, for ``koji --config=FILE --profile=NAME``; its folder is made.

    Koji's profiles hold no password, so nobody logs in: the hub takes an anonymous caller for its
    rehearsal user. For a hub that wants a login the authtype is ``password``.

    :param hub: started
    :param authtype: how koji logs in; with ``password`` it wants ``--user`` and ``--password``
    :raises RehearsalError: the file cannot be written, or is somebody else's
    """
    values = (
        ("server", hub.server),
        ("weburl", hub.weburl),
        ("topurl", hub.topurl),
        ("topdir", str(hub.topdir)),
        ("authtype", authtype),
    )
    lines = [
        MARK,
        "[%s]" % name,
        *("%s = %s" % (key, value.replace("%", "%%")) for key, value in values),
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.read_bytes().startswith(MARK.encode("utf-8")):
            raise RehearsalError(
                "the file %s exists and was not written by this command" % path,
                "Choose another file, e.g. ~/.koji/config.d/rehearsal.conf.",
            )
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise RehearsalError(
            "cannot write the profile to %s: %s" % (path, error.strerror or error),
            "Choose a file in a folder that you can write to.",
        ) from error
