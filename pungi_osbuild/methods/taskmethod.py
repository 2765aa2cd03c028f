"""
What a task method is: one Koji task type that builds images.

A method asks nobody. It says what a request is submitted as, returns what has to be asked of the
hub as queries, and reads the replies; ``hub/`` submits, and executes the queries of many tasks
together.
"""

from __future__ import annotations

from typing import Any, List, Optional, Protocol, Sequence, Tuple

from pungi_osbuild.methods.findings import Failure, ImageStates, KeptUpload, SignedUpload
from pungi_osbuild.methods.options import Options
from pungi_osbuild.model import Arch, BuiltImage, ImageRequest, Query


class TaskMethod(Protocol):
    """
    A Koji task type that builds images.

    Whatever a query raises: :class:`~pungi_osbuild.errors.ReplyError` for a reply that does not
    look as it should, or says that something did not arrive, and
    :class:`~pungi_osbuild.model.HubFaultError` for a call that the hub refused.
    """

    def __hash__(self) -> int: ...

    @property
    def name(self) -> str:
        """The hub's method, e.g. ``osbuildImage``."""

    @property
    def section(self) -> str:
        """The section of the config whose blocks are submitted by it, e.g. ``osbuild``."""

    @property
    def section_example(self) -> str:
        """A section, as one writes it."""

    @property
    def type_option(self) -> str:
        """What a block calls its image type; a list holds one."""

    @property
    def repos_option(self) -> str:
        """What a block calls its repositories."""

    @property
    def asks_composer(self) -> bool:
        """Whether osbuild-composer builds: what is known of it judges types, uploads and values."""

    def block_options(self) -> Options:
        """
        Return the options of a block.

        ``name``, ``distro``, ``version``, ``release``, ``target``, ``arches``, ``failable``,
        ``subvariant``, ``manifest_type``, ``skip_tag``, ``split_arches``, ``timeout`` and
        ``retries`` mean the same in each section; ``ostree_*``, ``upload_options``,
        ``arch_upload_options`` and ``customizations`` where composer builds. All others are the
        method's own: :attr:`~pungi_osbuild.model.ImageConfig.options`.
        """

    def top_options(self) -> Options:
        """Return the options at the top for all blocks: ``<section>_<option>`` of some of them."""

    @property
    def goes_on_cancelled(self) -> Optional[str]:
        """What to say of a build that goes on when its task is cancelled; None: it ends, too."""

    @property
    def hidden_options(self) -> Tuple[str, ...]:
        """Options that are never shown as a whole: secrets in them may be called anything."""

    def arguments(self, request: ImageRequest) -> List[Any]:
        """Return the exact positional arguments of a request; a dict at the end is ``opts``."""

    def comparable(self, arguments: Sequence[Any]) -> List[Any]:
        """
        Return positional arguments so that those of equal submissions are equal.

        :param arguments: sent, or as a hub gives them back
        """

    def result(self, task_id: int, request: ImageRequest) -> Query[Tuple[BuiltImage, ...]]:
        """Return the images of a task that is CLOSED, one for each requested arch."""

    def result_of_build(
        self, build_id: int, task_id: int, request: ImageRequest
    ) -> Query[Tuple[BuiltImage, ...]]:
        """
        Return the images of a build whose task has no result: it was cancelled or has failed.

        :param task_id: of that task
        """

    def failure(self, task_id: int, request: ImageRequest) -> Query[Failure]:
        """
        Return why a task that is FAILED did.

        What cannot be had is left out: a poor reason is better than none.
        """

    def uploads(self, task_id: int, request: ImageRequest) -> Query[Tuple[KeptUpload, ...]]:
        """Return what a task has uploaded whose images cannot be used, as far as is known."""

    def progress(self, task_id: int, arches: Tuple[Arch, ...]) -> Query[ImageStates]:
        """
        Return the states of the images of a task that runs; none where it has told nothing yet.

        :param arches: of the task, in order
        """

    def signed_address(self, upload: SignedUpload) -> Query[Optional[str]]:
        """Return the live address of an upload; None where Koji has none."""
