"""Whole runs on a compose whose journal is damaged: no second task, no lost image, no silence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable, List

import pytest

from pungi_osbuild.errors import ExitCode, InputError
from pungi_osbuild.run import Rebuild, status
from pungi_osbuild.run.journal import FOLDER, NAME
from tests.run.test_cancel import Scene, a_scene
from tests.run.test_resume import QUICKLY, TWO, kinds, options, paths, tasks

FREE = [replace(one, base_release=None, release_from_hub=True) for one in TWO]
"""Nothing but the journal keeps these from being submitted again: the hub gives another N-V-R."""

Damage = Callable[[List[bytes]], List[bytes]]


def at(event: str, lines: List[bytes]) -> int:
    return next(
        index for index, line in enumerate(lines) if b'"event": "%s"' % event.encode() in line
    )


def changed(event: str, change: Callable[[bytes], bytes]) -> Damage:
    """Return what changes the first line of an event."""

    def damage(lines: List[bytes]) -> List[bytes]:
        index = at(event, lines)
        return [*lines[:index], change(lines[index]), *lines[index + 1 :]]

    return damage


DAMAGES = {
    "NULs for an intent": changed("intent", lambda line: b"\0" * (len(line) - 1) + b"\n"),
    "a bit of a task's id": changed("submitted", lambda line: line.replace(b'"time"', b'"tile"')),
    "an intent lost": changed("intent", lambda _line: b""),
    "a task's id lost": changed("submitted", lambda _line: b""),
    "a task's id twice": changed("submitted", lambda line: line + line),
    "the plan lost": changed("plan", lambda _line: b""),
    "a bit of the last line": changed("end", lambda line: line.replace(b"finished", b"finishee")),
    "two lines glued": changed("intent", lambda line: line[:-1]),
    "swapped": lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
    "cut before an intent": lambda lines: lines[: at("intent", lines)],
    "nothing left": lambda _lines: [],
}


def damaged(scene: Scene, damage: Damage) -> None:
    path = scene.topdir / FOLDER / NAME
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_journal_ends_every_command(damage: Damage, tmp_path: Path) -> None:
    """The images stay, and all is built again where that is asked for."""
    with a_scene(tmp_path, QUICKLY) as scene:
        first = paths(scene.run(FREE))
        damaged(scene, damage)
        for look in (lambda: scene.run(FREE), lambda: status(scene.topdir)):
            with pytest.raises(InputError, match="is damaged at line ") as caught:
                look()
            assert caught.value.exit_code is ExitCode.USAGE
            assert "--rebuild-all" in caught.value.solution
        assert scene.submitted == 2
        assert all((scene.topdir / "compose" / path).is_file() for path in first)
        again = scene.run(FREE, options(Rebuild.ALL))
        assert (kinds(again), scene.submitted) == (["built", "built"], 4)
        assert tasks(scene.run(FREE)) == tasks(again)
        assert scene.submitted == 4


@pytest.mark.parametrize("part", range(1, 9))
def test_a_journal_that_was_cut_costs_nothing(part: int, tmp_path: Path) -> None:
    """Anywhere behind the last intent: the hub knows the rest."""
    with a_scene(tmp_path, QUICKLY) as scene:
        first = scene.run(FREE)
        path = scene.topdir / FOLDER / NAME
        content = path.read_bytes()
        intents = content.find(b"\n", content.rfind(b'"event": "intent"')) + 1
        path.write_bytes(content[: intents + (len(content) - intents) * part // 9])
        again = scene.run(FREE)
        assert scene.submitted == 2
    assert (tasks(again), paths(again)) == (tasks(first), paths(first))
