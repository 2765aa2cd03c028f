"""A request that a hub would not take is known before it is submitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest

from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.problems import Severity
from tests.rehearsed import DATE
from tests.run.test_run import a_config

MIB = 2**20


@pytest.mark.parametrize(
    ("length", "number", "is_long"),
    [
        (3 * MIB, 1, False),
        (5 * MIB, 1, True),
        (3 * MIB, 2**40, False),
        (5 * MIB, 2**40, True),
    ],
)
def test_a_request_of_more_than_four_mib(
    length: int, number: int, is_long: bool, tmp_path: Path
) -> None:
    """One warning for a block with two arches, whatever else is in it."""
    file = {"path": "/etc/x", "data": "x" * length}
    customizations: Dict[str, Any] = {"files": [file], "filesystem": [{"min_size": number}]}
    config = a_config(tmp_path, {"customizations": customizations})
    prepared = prepare(config, Origin(date=DATE), tmp_path / "out", rehearsal=True)
    found = [problem for problem in prepared.problems if problem.code == "long-request"]
    assert [problem.severity for problem in found] == [Severity.WARNING] * is_long
    if found:
        assert "the request has 5.0 MiB" in found[0].message


def test_a_text_that_grows_on_its_way_counts_as_it_is_sent(tmp_path: Path) -> None:
    """XML writes five characters for one of these."""
    file = {"path": "/etc/x", "data": "&" * MIB}
    config = a_config(tmp_path, {"customizations": {"files": [file]}})
    prepared = prepare(config, Origin(date=DATE), tmp_path / "out", rehearsal=True)
    assert "long-request" in {problem.code for problem in prepared.problems}
