"""The harness itself: the Pungi at hand composes what these tests have written, without us."""

from __future__ import annotations

from tests.with_pungi.composing import PUNGIS, Workshop
from tests.with_pungi.repository import ARCHES


def test_pungi_ends_a_compose_without_images(workshop: Workshop) -> None:
    """
    The config, the variants and the profile are fit for a compose.

    There is a hub, since a newer Pungi reads the profile for any compose.
    """
    workshop.hub()
    done = workshop.compose(workshop.config(None), way=PUNGIS)
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    assert done.images() == []
    for uid in ("Client", "Server"):
        for arch in ARCHES:
            assert (done.folder / "compose" / uid / arch).is_dir(), done.out
