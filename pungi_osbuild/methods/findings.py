"""What a task method finds out of a task: values that are the same for each method."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Optional, Tuple

from pungi_osbuild.model import Arch, CloudImage, Uploaded

ImageStates = Tuple[Tuple[Arch, str], ...]
"""The state of each arch's image while a task runs, in the builders' own word."""


@dataclass(frozen=True)
class OutputFile:
    """
    A file of a task's output.

    :param task_id: of the task, or of one of its subtasks
    :param name: nothing but a name in a folder
    :param content: its beginning, of some MiB at most
    """

    task_id: int
    name: str
    content: bytes = field(repr=False)


class ComposeState(Enum):
    """
    What osbuild-composer has of a task that failed.

    Read in composer 180: it checks a request, queues the job that reserves the N-V-R
    (``koji-init``), and makes the manifests of one arch after the other, which may still refuse it.
    It never takes back what it has queued.
    """

    NOT_TAKEN = "it refused the request, or never got it"
    REFUSED_LATE = "it refused the request after it had queued some of its jobs"
    RUNNING = "it has taken the request and goes on, though the builder has lost it"
    UNKNOWN = "nobody knows whether it has taken the request"
    ENDED = "it has ended"


@dataclass(frozen=True)
class KeptUpload:
    """What stays in a cloud though the image of an arch cannot be used."""

    arch: Arch
    upload: Uploaded

    def describe(self) -> str:
        """Return it in a line, for people."""
        upload = self.upload
        named = (
            upload.id
            if isinstance(upload, CloudImage)
            else "%s (%s)" % (upload.provider, upload.describe())
        )
        return "%s was uploaded all the same: %s" % (self.arch, named)


@dataclass(frozen=True)
class Failure:
    """
    Why a task failed.

    :param reason: the builder's words, then composer's, a line for each arch that it names
    :param compose: what composer has of it
    :param hint: what to do; None: what the reason says is enough
    :param files: of the task's output, those that tell more and could be read, the best one first
    :param nvr_taken: the build's N-V-R was another's by the time it was registered
    :param transient_reason: why it may not happen again; None: trying again is of no use
    :param uploads: what was uploaded all the same
    :param is_imported: composer was done, and the build is in Koji
    :param tells_uploads: whether those are all: composer has ended, and says so of each image
    :param refused_arches: of a request that composer refused late, the arches that it may build
    """

    reason: str
    compose: ComposeState
    hint: Optional[str] = None
    files: Tuple[OutputFile, ...] = ()
    nvr_taken: bool = False
    transient_reason: Optional[str] = None
    uploads: Tuple[KeptUpload, ...] = ()
    is_imported: bool = False
    tells_uploads: bool = True
    refused_arches: Tuple[Arch, ...] = ()


@dataclass(frozen=True)
class SignedUpload:
    """
    An upload whose address was recorded without its signature.

    :param method: of the task, as the hub calls it
    :param address: as it was recorded
    """

    method: str
    task_id: int
    build_id: int
    archive_id: int
    address: str
