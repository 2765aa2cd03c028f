"""How a command logs in at a hub: the options for it, and the profile that comes of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional

import click

from pungi_osbuild.cli.files import FILE
from pungi_osbuild.errors import InputError
from pungi_osbuild.hub import Profile, read_profile


@dataclass(frozen=True)
class Login:
    """
    What the options say.

    :param koji_config: read instead of the user's own files
    :param user: for a profile that logs in by password, with :attr:`password_file`
    """

    koji_config: Optional[Path] = None
    user: Optional[str] = None
    password_file: Optional[Path] = field(default=None, repr=False)

    @property
    def given(self) -> bool:
        """Whether there was any of the options."""
        return any((self.koji_config, self.user, self.password_file))

    def profile(self, name: str) -> Profile:
        """
        Return a Koji profile, with user and password where they were given.

        :raises InputError: there is no such profile, or a file cannot be read
        """
        return read_profile(name, self.koji_config, self.user, _password(self.password_file))


def login_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what :class:`Login` says as options; the command takes it as ``login``."""

    @functools.wraps(command)
    def with_login(
        koji_config: Optional[Path],
        user: Optional[str],
        password_file: Optional[Path],
        **others: Any,
    ) -> None:
        command(login=Login(koji_config, user, password_file), **others)

    decorated: Callable[..., None] = with_login
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


_OPTIONS = (
    click.option("--koji-config", type=FILE, metavar="FILE", help="Koji's configuration file."),
    click.option("--user", metavar="NAME", help="User, for a profile that logs in by password."),
    click.option(
        "--password-file", type=FILE, metavar="FILE", help="File that holds the password."
    ),
)


def _password(path: Optional[Path]) -> Optional[str]:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "the password file %s cannot be read: %s" % (path, error),
            "Name a file that you can read, with the password in its first line.",
        ) from error
