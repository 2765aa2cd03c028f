"""The rows of the decision table that a simulation has taken."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Tuple

import pytest

from simulation import rows


@dataclass(frozen=True)
class Row:
    name: str


@dataclass(frozen=True)
class Step:
    row: str


ROWS: Tuple[Row, ...] = (Row("it is finished"), Row("its task goes on"))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Have a decision table, and somebody who has imported its function by name."""
    table = ModuleType("pungi_osbuild.run.a_table")
    user = ModuleType("pungi_osbuild.run.a_user")
    vars(table).update(ROWS=ROWS, next_step=lambda done: Step(ROWS[0 if done else 1].name))
    vars(user).update(next_step=vars(table)["next_step"])
    monkeypatch.setattr(rows, "MODULE", table.__name__)
    for module in (table, user):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return user


def test_rows_are_counted_whoever_asks(engine: ModuleType) -> None:
    """By their names, and no longer than that is wanted."""
    original = engine.next_step
    with rows.rows_counted() as taken:
        engine.next_step(False)
        engine.next_step(False)
        engine.next_step(done=True)
    assert taken == {"it is finished": 1, "its task goes on": 2}
    assert engine.next_step is original
    assert rows.known_rows() == ("it is finished", "its task goes on")


def test_where_there_is_no_table_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing breaks."""
    monkeypatch.setattr(rows, "MODULE", "pungi_osbuild.run.nowhere")
    with rows.rows_counted() as taken:
        pass
    assert taken == {}
    assert rows.known_rows() == ()
