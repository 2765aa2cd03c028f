"""Logging in at the hub by the profile's own method, and what is said where that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pungi_osbuild.errors import HubError, InputError
from pungi_osbuild.hub.connection_problem import one_line
from pungi_osbuild.hub.profile import Profile


def log_in(session: Any, profile: Profile) -> None:
    """
    Log a session in by the profile's own method, as ``koji`` itself does.

    The order is that of koji 1.36's ``koji_cli.lib.activate_session``: noauth; a certificate;
    user and password; Kerberos.

    :raises InputError: user or password is missing
    :raises HubError: the profile asks for a method that nobody knows
    """
    if profile.authtype == "noauth":
        return
    if profile.authtype == "ssl" or (profile.authtype is None and _is_file(profile.cert)):
        session.ssl_login(profile.cert, None, profile.serverca)
    elif profile.authtype == "password" or (profile.authtype is None and profile.user):
        if not profile.user or profile.password is None:
            raise InputError(
                "profile %r logs in by user and password, and the %s was not given"
                % (profile.name, "password" if profile.user else "user"),
                "`pungi-osbuild` takes them with --user and --password-file. Inside Pungi they"
                " cannot be given: use a profile that logs in by Kerberos or certificate there.",
            )
        session.login()
    elif profile.authtype in (None, "kerberos"):
        kerberos = {"principal": profile.principal, "keytab": profile.keytab}
        session.gssapi_login(**{key: value for key, value in kerberos.items() if value})
    else:
        raise HubError(
            "profile %r has authtype %r, which nobody knows" % (profile.name, profile.authtype),
            "Use kerberos, ssl, password or noauth.",
        )


def _is_file(path: str) -> bool:
    return bool(path) and Path(path).is_file()


def nobody_logged_in(profile: Profile) -> HubError:
    """Return the error for a hub that takes us for nobody."""
    return HubError(
        "nobody is logged in at %s" % profile.server,
        "Give the profile %r an authtype that logs in (kerberos, ssl or password); image"
        " tasks cannot be submitted anonymously." % profile.name,
    )


def login_failed(profile: Profile, error: Exception) -> HubError:
    """Return the error for a hub that refuses the login."""
    why = profile.hidden(one_line(error))
    return HubError(
        "logging in at %s failed: %s" % (profile.server, why),
        "Check the profile %r, and your ticket (`klist`), certificate or password." % profile.name,
    )


def no_kerberos(profile: Profile, error: Exception) -> HubError:
    """Return the error for a koji that cannot log in by Kerberos."""
    return HubError(
        "the profile %r logs in by Kerberos, and koji has no library for that: %s"
        % (profile.name, one_line(error)),
        "Take koji from your distribution, or install requests-gssapi.",
    )
