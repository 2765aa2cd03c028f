"""A phase on a real ``pungi.compose.Compose``, in the test's own process."""

from __future__ import annotations

import copy
import itertools
import json
import logging
import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional
from unittest import mock

import koji

from koji_rehearsal import RehearsalHub
from tests.with_pungi.composing import Composed, Submitted, Workshop, submitted

MakePhase = Callable[[Any], Any]
_numbers = itertools.count()


@dataclass(frozen=True)
class Ran:
    """
    What a phase has left behind.

    :param compose: Pungi's object
    :param before: the config as the phase was given it
    :param error: what the phase has raised
    """

    compose: Any
    folder: Path
    before: Dict[str, Any]
    submitted: List[Submitted]
    error: Optional[Exception]

    @property
    def after(self) -> Dict[str, Any]:
        return dict(self.compose.conf)

    @property
    def files(self) -> List[str]:
        return Composed(0, "", self.folder).images()

    def entries(self) -> List[Dict[str, Any]]:
        """Return the entries of images.json, without what differs from run to run."""
        path = self.folder / "images-by-test.json"
        self.compose.im.dump(str(path))
        images = json.loads(path.read_text("utf-8"))["payload"]["images"]
        found = [
            {"variant": uid, **{key: entry[key] for key in entry if key not in IN_PASSING}}
            for uid in sorted(images)
            for arch in sorted(images[uid])
            for entry in images[uid][arch]
        ]
        return sorted(found, key=lambda entry: str(entry["path"]))

    def marks(self) -> List[Any]:
        """Return what Pungi's later phases read from the images, but productmd does not write."""
        images = self.compose.im.images
        return sorted(
            (image.path, image.deliverable, bool(image.can_fail))
            for uid in images
            for arch in images[uid]
            for image in images[uid][arch]
        )


IN_PASSING = frozenset({"mtime", "checksums", "cloud"})


def in_tree(compose: Any) -> Any:
    """Make Pungi's own phase."""
    from pungi.phases.osbuild import OSBuildPhase

    return OSBuildPhase(compose)


def ours(compose: Any) -> Any:
    """Make the phase of this project."""
    from pungi_osbuild.phase.adapter import OSBuildPhase

    return OSBuildPhase(compose)


@contextmanager
def patched_koji_wrapper(hub: RehearsalHub) -> Iterator[None]:
    """Let Pungi's own phase work with a hub that takes everybody, and without ``koji``."""
    from pungi.wrappers.kojiwrapper import KojiWrapper

    def watch_task(wrapper: Any, task_id: int, *_: Any, **__: Any) -> int:
        session = koji.ClientSession(hub.server, {})
        try:
            while not session.taskFinished(task_id):
                time.sleep(0.05)
            closed = session.getTaskInfo(task_id)["state"] == koji.TASK_STATES["CLOSED"]
            return 0 if closed else 1
        finally:
            session.rsession.close()

    with (
        mock.patch.object(KojiWrapper, "login", lambda wrapper: None),
        mock.patch.object(KojiWrapper, "watch_task", watch_task),
    ):
        yield


@contextmanager
def forbidden_koji_wrapper() -> Iterator[None]:
    """Let nobody log in or watch a task as Pungi's own phase does."""
    from pungi.wrappers.kojiwrapper import KojiWrapper

    def nobody(wrapper: Any, *_: Any, **__: Any) -> None:
        raise AssertionError("Pungi's own way to Koji was used")

    with (
        mock.patch.object(KojiWrapper, "login", nobody),
        mock.patch.object(KojiWrapper, "watch_task", nobody),
    ):
        yield


def run_phase(
    make: MakePhase, workshop: Workshop, hub: RehearsalHub, config: Path, folder: Path
) -> Ran:
    """Run a phase from its validation to its end on a new compose."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, {"HOME": str(workshop.home)}))
        # koji keeps a profile for as long as the process lives; here each hub has its own.
        stack.enter_context(mock.patch.dict(koji.PROFILE_MODULES, clear=True))
        compose = _compose(config, folder, stack)
        before = copy.deepcopy(dict(compose.conf))
        wrapper = patched_koji_wrapper(hub) if make is in_tree else forbidden_koji_wrapper()
        stack.enter_context(wrapper)
        error: Optional[Exception] = None
        try:
            _live(make(compose))
        except Exception as caught:
            error = caught
        if error is None:
            _live(_image_checksum(compose))
        return Ran(compose, folder, before, submitted(hub), error)


def _live(phase: Any) -> None:
    """Let a phase live as it does in ``pungi-koji``."""
    assert not phase.skip()
    phase.validate()
    phase.start()
    phase.stop()


def _image_checksum(compose: Any) -> Any:
    """Make the phase without which Pungi's own images cannot be written to images.json."""
    from pungi.phases import ImageChecksumPhase

    return ImageChecksumPhase(compose)


def _compose(config: Path, folder: Path, stack: ExitStack) -> Any:
    """Make a compose as ``pungi-koji`` does."""
    import pungi.checks
    import pungi.util
    from pungi.compose import Compose
    from pungi.notifier import PungiNotifier

    conf = pungi.util.load_config(str(config))
    for offline in (True, False):
        errors, _ = pungi.checks.validate(conf, offline=offline)
        assert not errors, errors
    folder.mkdir()
    info = Compose.get_compose_info(conf, compose_type="test", compose_date="20261123")
    Compose.write_compose_info(str(folder), info)
    logger = logging.getLogger("pungi.in-test-%d" % next(_numbers))
    logger.setLevel(logging.DEBUG)
    notifier = PungiNotifier([])
    compose = Compose(conf, topdir=str(folder), logger=logger, notifier=notifier)
    stack.callback(_forget, logger)
    notifier.compose = compose
    compose.read_variants()
    return compose


def _forget(logger: logging.Logger) -> None:
    """Close what Pungi has opened; a phase's own logger writes to copies of the same handlers."""
    logging.getLogger("OSBUILD").handlers.clear()
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
