"""Says loudly where Pungi is missing, and hands out what the tests of this folder share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, List

import pytest

from tests.with_pungi import at_hand
from tests.with_pungi.composing import Workshop
from tests.with_pungi.repository import make_repository
from tests.with_pungi.standins import StandIns

FOLDER = Path(__file__).parent
OPTION = "pungi_option"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "%s(name): needs an image block's option that the Pungi at hand knows" % OPTION
    )


def pytest_collection_modifyitems(config: pytest.Config, items: List[pytest.Item]) -> None:
    ours = [item for item in items if FOLDER in item.path.parents]
    reason = at_hand.why_not()
    if reason is not None:
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=reason))
        return
    gone = [item for item in ours if _lacks(item)]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reason = at_hand.why_not()
    if reason is not None:
        terminalreporter.write_line(reason, yellow=True, bold=True)


def _lacks(item: pytest.Item) -> bool:
    """Whether a test is about an option that the Pungi at hand has never heard of."""
    return any(mark.args[0] not in at_hand.block_options() for mark in item.iter_markers(OPTION))


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository of two tiny packages."""
    return make_repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> StandIns:
    return StandIns.made(tmp_path_factory.mktemp("stand-ins"))


@pytest.fixture
def workshop(tmp_path: Path, repository: Path, stand_ins: StandIns) -> Iterator[Workshop]:
    """Give a place to compose in; its hubs end with it."""
    with Workshop(tmp_path, repository, stand_ins) as made:
        yield made


@pytest.fixture(scope="module")
def shared_workshop(
    tmp_path_factory: pytest.TempPathFactory, repository: Path, stand_ins: StandIns
) -> Iterator[Workshop]:
    """Give one for a compose that several tests look at."""
    with Workshop(tmp_path_factory.mktemp("shared"), repository, stand_ins) as made:
        yield made
