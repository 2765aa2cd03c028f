"""Koji profiles: which hub, how to log in, and where its files are: on a volume or served."""

from __future__ import annotations

import configparser
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional, Tuple

import koji

from pungi_osbuild.checked import plain_name, unusable_reply
from pungi_osbuild.errors import InputError, PlacementError
from pungi_osbuild.model import KojiPlace
from pungi_osbuild.secrets import bare_address, hide_known, secrets_in


@dataclass(frozen=True)
class Profile:
    """
    A Koji profile as ``koji`` reads it.

    An address in a profile may hold a login. It is used to connect, and never shown, logged or
    recorded: ``server``, ``topurl`` and ``weburl`` are without it, however they are given.

    :param server: the hub's XML-RPC address
    :param topurl: where its files are served; empty when the profile does not say
    :param topdir: where its volume would be mounted
    :param authtype: kerberos, ssl, password, noauth, or None: whatever fits, as ``koji`` does
    :param session_options: what ``koji.ClientSession`` is made with, without secrets
    """

    name: str
    server: str
    topurl: str
    weburl: str
    topdir: str
    authtype: Optional[str] = None
    cert: str = ""
    serverca: str = ""
    principal: Optional[str] = None
    keytab: Optional[str] = None
    user: Optional[str] = None
    password: Optional[str] = field(default=None, repr=False)
    session_options: Tuple[Tuple[str, Any], ...] = ()
    hub_url: str = field(default="", repr=False)
    """The address of the hub to connect to, with its login."""
    files_url: str = field(default="", repr=False)
    """The address of Koji's files to connect to, with its login."""

    def __post_init__(self) -> None:
        """Keep what is shown and what is connected to apart."""
        for shown, used in (("server", "hub_url"), ("topurl", "files_url"), ("weburl", "")):
            given = getattr(self, shown)
            bare = bare_address(given)
            # Given an address without a secret, an address to connect to stays as it was.
            if used and (given != bare or bare_address(getattr(self, used)) != bare):
                object.__setattr__(self, used, given)
            object.__setattr__(self, shown, bare)

    def hidden(self, text: str) -> str:
        """Return what a library says of an address, without the logins of this profile."""
        return hide_known(text, secrets_in([self.hub_url, self.files_url]))

    @property
    def place(self) -> KojiPlace:
        """The addresses that are recorded in the compose."""
        return KojiPlace(self.name, self.server, self.topurl, self.weburl)


def profile_names(config_file: Optional[Path] = None) -> Tuple[str, ...]:
    """
    Return the names of the Koji profiles that are configured, sorted; none where none can be read.

    :param config_file: read instead of the user's own files, as ``koji --config`` does
    """
    places = ("/etc/koji.conf.d", "/etc/koji.conf", "~/.koji/config.d", "~/.koji/config")
    files = [Path(place).expanduser() for place in places] if config_file is None else [config_file]
    try:
        return tuple(sorted(koji.read_config_files([str(path) for path in files]).sections()))
    except (koji.ConfigurationError, configparser.Error, OSError, ValueError):
        return ()


def read_profile(
    name: str,
    config_file: Optional[Path] = None,
    user: Optional[str] = None,
    password: Optional[str] = None,
) -> Profile:
    """
    Return a profile from koji's own configuration files.

    :param config_file: read instead of the user's own files, as ``koji --config`` does
    :param user: for password logins; profiles hold neither user nor password
    :raises InputError: when there is no such profile, or it cannot be read
    """
    try:
        options = koji.read_config(name, None if config_file is None else str(config_file))
    except (koji.ConfigurationError, configparser.Error, OSError, ValueError) as error:
        raise InputError(
            "Koji profile %r cannot be used: %s" % (name, " ".join(str(error).split())),
            "See what is configured in ~/.koji/config.d and /etc/koji.conf.d, or name a file with"
            " --koji-config; `pungi-osbuild hub --write-profile FILE` writes one for a rehearsal.",
        ) from error
    for key in ("server", "topurl", "weburl"):
        address = options[key] or ""
        # Without a scheme nobody can tell a login from a host.
        if "://" not in address and ("@" in address or key == "server"):
            raise InputError(
                "%s of Koji profile %r is not an address" % (key, name),
                "Write it with its scheme: https://...",
            )
    session_options = koji.grab_session_options(options)
    return Profile(
        name=name,
        server=options["server"],
        topurl=(options["topurl"] or "").rstrip("/"),
        weburl=(options["weburl"] or "").rstrip("/"),
        topdir=options["topdir"] or "",
        authtype=options["authtype"],
        cert=options["cert"],
        serverca=options["serverca"],
        principal=options["principal"],
        keytab=options["keytab"],
        user=user,
        password=password,
        session_options=tuple(sorted(session_options.items())),
    )


def local_path(profile: Profile, path: str) -> Optional[Path]:
    """
    Return a file of Koji's on this machine, or None where its volume is not mounted.

    :param path: below Koji's topdir, its parts checked when it was read
    :raises PlacementError: symbolic links lead to another folder
    """
    if not profile.topdir:
        return None
    topdir = Path(profile.topdir)
    return in_its_folder(topdir / path, path) if (topdir / "packages").is_dir() else None


def in_its_folder(file: Path, path: str) -> Path:
    """
    Return a file of a build, whose folder may be a symbolic link: Koji's volumes are made of them.

    Wherever such a link leads, the folder is that of the same name, version and release.

    :param path: as Koji calls it, which ends in ``<n>/<v>/<r>/images/<filename>``
    :raises PlacementError: the folder is another one
    """
    folder = Path(os.path.realpath(file.parent))
    if folder.parts[-4:] != Path(path).parts[-5:-1]:
        raise PlacementError(
            "a symbolic link leads from %s to %s, which is not this build's folder"
            % (file.parent, folder),
            "Look at the links on Koji's volume; nothing was read from there.",
        )
    return file


def build_file(nvr: str, name: str) -> str:
    """
    Return where a file of an image build is, below Koji's topdir or topurl.

    Also of a build on another volume: Koji keeps a link to it where it would have been.

    :raises ReplyError: the N-V-R is none, or the name leads out of the folder
    """
    try:
        info = koji.parse_NVR(nvr)
    except koji.GenericError as error:
        raise unusable_reply("a recorded N-V-R", "name-version-release", nvr) from error
    for part in ("name", "version", "release"):
        plain_name(info[part], "a part of the N-V-R %s" % nvr)
    folder: str = koji.PathInfo(topdir="").imagebuild(info)
    return "%s/%s" % (folder.lstrip("/"), plain_name(name, "a file of the build"))


def output_address(topurl: str, task_id: int, name: str) -> str:
    """Return where Koji serves a file of a task's output for some days."""
    return "%s/%s" % (koji.PathInfo(topdir=topurl).task(task_id), name)
