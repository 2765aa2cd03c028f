"""Every error this project raises for people: a reason, a solution and an exit code."""

from __future__ import annotations

from enum import IntEnum

from pungi_osbuild.secrets import hide


class ExitCode(IntEnum):
    """What a command's exit status means, to people and to nightly automation."""

    FINE = 0
    """Everything asked for was done."""

    FAILED = 1
    """The config has errors, or a required image failed."""

    USAGE = 2
    """The command was called wrongly: a missing file, an output folder in use."""

    HUB = 3
    """The Koji hub could not be reached, or refused."""

    INTERRUPTED = 4
    """Stopped from outside; tasks that were submitted go on in Koji."""

    INCOMPLETE = 5
    """Finished, but at least one image that is allowed to fail did."""


class PungiOsbuildError(Exception):
    """
    Something a person has to act on.

    :param reason: what went wrong, and where, in the user's words
    :param solution: what to do about it

    Secrets that either of them quotes are hidden.
    """

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, reason: str, solution: str) -> None:
        self.reason = hide(reason)
        self.solution = hide(solution)
        super().__init__(self.reason)

    def friendly(self) -> str:
        """Return the text to show: the reason, then what to do, on its own lines."""
        return "%s\n    %s" % (self.reason, self.solution)

    def in_a_line(self) -> str:
        """Return the reason and what to do in one line, for a log."""
        return "%s. %s" % (self.reason.rstrip("."), self.solution)


class InputError(PungiOsbuildError):
    """
    Something that was named or chosen for this command cannot be used.

    A file, a folder, a profile, a login, a fault, the compose's name. Name another one.
    """

    exit_code = ExitCode.USAGE


class SourceError(PungiOsbuildError):
    """
    A file was found but cannot be read as what it should be, or an option in it cannot be used.

    Fix the file.
    """


class HubError(PungiOsbuildError):
    """The Koji hub could not be reached, or refused a call that a run cannot do without."""

    exit_code = ExitCode.HUB


class PlacementError(PungiOsbuildError):
    """
    An image, or the checksum file beside it, could not be placed in the compose.

    Of an image: its outcome is "failed".
    """


class ReproductionError(PungiOsbuildError):
    """
    An image could not be built again on this machine.

    osbuild's output is above; the compose is unchanged.
    """


class ReplyError(PungiOsbuildError):
    """
    A reply of the hub cannot be used.

    Of a finished build: that image's outcome is "failed". Of anything else: the run ends.
    """

    exit_code = ExitCode.HUB


class DefectError(PungiOsbuildError):
    """A bug in pungi-osbuild. What was finished is recorded."""


class RunInterruptedError(PungiOsbuildError):
    """The run was stopped from outside. Tasks that were submitted go on in Koji."""

    exit_code = ExitCode.INTERRUPTED
