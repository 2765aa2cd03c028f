"""
Stored configs, what is wrong with each, and the plan of those that are fine.

``valid/NAME.conf`` and ``invalid/NAME.conf`` can be validated by hand. ``NAME.options.json``, where
there is one, says what ``validate`` is told beside the config (``label``, ``date``, ``type``,
``respin``, ``variants``) and which of productmd's words are others than those of
``vocabulary.json`` (those of productmd 1.51). What comes out is in ``NAME.expected.json``;
``UPDATE_GOLDEN=1`` writes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Dict, List, Set, Tuple

from pungi_osbuild.cli.inputs import Origin, Prepared, prepare
from pungi_osbuild.metadata import ProductmdTypes

FOLDER = Path(__file__).parent
TOPDIR = Path("/compose")


@dataclass(frozen=True)
class Case:
    """A stored config."""

    path: Path

    @property
    def name(self) -> str:
        return "%s/%s" % (self.path.parent.name, self.path.stem)

    @property
    def is_valid(self) -> bool:
        return self.path.parent.name == "valid"

    @property
    def expectation(self) -> Path:
        return self.path.with_suffix(".expected.json")

    def expected(self) -> Dict[str, Any]:
        """Return what is stored."""
        loaded: Dict[str, Any] = json.loads(self.expectation.read_text(encoding="utf-8"))
        return loaded

    def prepared(self) -> Prepared:
        """Read, plan and check it, as ``validate`` does."""
        options = self._options()
        words = _vocabulary(options.pop("vocabulary", {}))
        variants = options.pop("variants", None)
        origin = Origin(
            variants=None if variants is None else self.path.parent / variants,
            **{"date": "20261123", **options},
        )
        return prepare(self.path, origin, topdir=TOPDIR, productmd=words)

    def _options(self) -> Dict[str, Any]:
        path = self.path.with_suffix(".options.json")
        loaded: Dict[str, Any] = {}
        if path.exists():
            loaded = json.loads(path.read_text(encoding="utf-8"))
        return loaded


def _vocabulary(changes: Dict[str, Any]) -> ProductmdTypes:
    words = json.loads((FOLDER / "vocabulary.json").read_text(encoding="utf-8"))
    words.update(changes)
    pairs = tuple((type_, tuple(formats)) for type_, formats in words["pairs"].items())
    return ProductmdTypes(
        frozenset(words["types"]), frozenset(words["formats"]), frozenset(words["arches"]), pairs
    )


CASES: Tuple[Case, ...] = tuple(Case(path) for path in sorted(FOLDER.glob("*valid/*.conf")))


@cache
def stored_problems(*cases: Case) -> Tuple[Dict[str, str], ...]:
    """Return every problem of some cases, as stored; without any, of every case."""
    found: List[Dict[str, str]] = []
    for case in cases or CASES:
        found.extend(case.expected()["problems"])
    return tuple(found)


def stored_codes() -> Set[str]:
    """Return the codes of all problems of all cases."""
    return {problem["code"] for problem in stored_problems()}
