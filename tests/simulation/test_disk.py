"""A simulated disk: what fails, and what is left after a power cut."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Callable, Iterator, List, Set

import pytest

from pungi_osbuild.metadata import fsync_folder, making
from simulation.world import KILL, POWER, Machine, Process, World, WorldOptions


def in_world(seed: int, main: Callable[[Machine], Any], **options: Any) -> Iterator[Process]:
    with World(seed, WorldOptions(**options)) as world:
        machine = world.machine("one")
        process = machine.start("p", lambda: main(machine))
        assert world.go(until=100.0)
        yield process


def run(seed: int, main: Callable[[Machine], Any], **options: Any) -> Process:
    return next(in_world(seed, main, **options))


def states(main: Callable[[Machine], Any], look: Callable[[Path], Any]) -> Set[Any]:
    """Return what a power cut after something may leave, over many seeds."""
    seen = set()
    for seed in range(60):
        for process in in_world(seed, main):
            process.machine.cut_power()
            seen.add(look(process.machine.folder))
    return seen


def content(path: Path) -> Any:
    return path.read_bytes() if path.exists() else None


def test_what_was_flushed_stays() -> None:
    """Content and name."""

    def main(machine: Machine) -> None:
        with (machine.folder / "a").open("wb") as file:
            file.write(b"whole")
            file.flush()
            os.fsync(file.fileno())
        fsync_folder(machine.folder)

    assert states(main, lambda folder: content(folder / "a")) == {b"whole"}


def test_what_was_not_flushed_may_be_anything() -> None:
    """All, a part, zeros, nothing, no file."""

    def main(machine: Machine) -> None:
        (machine.folder / "a").write_bytes(b"1234")

    seen = states(main, lambda folder: content(folder / "a"))
    assert {None, b"", b"1234", b"123"} <= seen
    assert any(one and one.endswith(b"\0") for one in seen)
    assert all(one is None or b"1234".startswith(one.rstrip(b"\0")) for one in seen)


def test_a_line_after_the_last_flush_may_be_torn() -> None:
    """What was flushed before it is not."""

    def main(machine: Machine) -> None:
        descriptor = os.open(machine.folder / "a", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, b"one\n")
        os.fsync(descriptor)
        os.write(descriptor, b"two\n")
        os.close(descriptor)

    seen = states(main, lambda folder: content(folder / "a"))
    assert {b"one\n", b"one\ntwo", b"one\ntwo\n"} <= seen
    assert all(one.startswith(b"one\n") for one in seen)


def test_a_file_is_replaced_or_not() -> None:
    """One that was written beside its place, flushed and renamed is never half there."""

    def main(machine: Machine) -> None:
        for text in (b"old", b"new"):
            with making(machine.folder / "a") as part, part.open("wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        (machine.folder / "a").replace(machine.folder / "b")

    def look(folder: Path) -> Any:
        return content(folder / "a"), content(folder / "b"), len(list(folder.iterdir()))

    assert states(main, look) == {(b"new", None, 1), (None, b"new", 1)}


def test_what_was_removed_may_come_back() -> None:
    """With what was in it."""

    def main(machine: Machine) -> None:
        (machine.folder / "d").mkdir()
        (machine.folder / "d" / "a").write_bytes(b"x")
        with (machine.folder / "d" / "a").open("r+b") as file:
            os.fsync(file.fileno())
        (machine.folder / "d" / "a").unlink()
        (machine.folder / "d").rmdir()

    seen = states(main, lambda folder: ((folder / "d").is_dir(), content(folder / "d" / "a")))
    assert seen == {(True, b"x"), (True, None), (False, None)}


@pytest.mark.parametrize("kind", ["disk.enospc", "disk.eio", "disk.erofs"])
def test_a_call_that_fails_changes_nothing(kind: str) -> None:
    """And is listed by its id."""

    def main(machine: Machine) -> None:
        (machine.folder / "images").mkdir()
        (machine.folder / "images" / "a").write_bytes(b"x")

    only = frozenset({"%s@write image#1" % kind})
    for process in in_world(1, main, only=only):
        assert isinstance(process.error, OSError)
        assert process.error.errno == getattr(errno, kind.partition(".")[2].upper())
        assert (process.machine.folder / "images" / "a").read_bytes() == b""
        assert [one.id for one in process.machine.world.injected] == list(only)


def test_a_write_may_be_short() -> None:
    """Python writes the rest, as for every short write."""

    def main(machine: Machine) -> None:
        (machine.folder / "a").write_bytes(b"12345678")

    for process in in_world(1, main, only=frozenset({"disk.short-write@write other#1"})):
        assert process.error is None
        assert (process.machine.folder / "a").read_bytes() == b"12345678"
        assert len(process.machine.world.injected) == 1


@pytest.mark.parametrize("how", [KILL, POWER])
def test_every_step_may_be_the_last(how: str) -> None:
    """What was there before is there, or what was to be."""

    def main(machine: Machine) -> None:
        for text in ("old", "new"):
            with making(machine.folder / "a") as part, part.open("w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())

    steps = run(1, main).machine.world.steps
    seen: List[Any] = []
    for step in range(1, steps + 1):
        for process in in_world(1, main, crashes=((step, how),)):
            assert process.state == "killed"
            seen.append(content(process.machine.folder / "a"))
    assert set(seen) == {None, b"old", b"new"}
    assert seen == sorted(seen, key=[None, b"old", b"new"].index)


def test_the_files_of_a_killed_process_are_closed() -> None:
    """And its locks are free: that of the system, not the file that says who it was."""

    def main(machine: Machine) -> None:
        with (machine.folder / "a").open("w") as file:
            file.write("in a buffer of Python's")
            machine.clock.sleep(10.0)

    with World(1) as world:
        machine = world.machine("one")
        process = machine.start("p", lambda: main(machine))
        world.at(5.0, "kill", process.kill)
        before = len(list(Path("/proc/self/fd").iterdir()))
        assert world.go(until=100.0)
        assert len(list(Path("/proc/self/fd").iterdir())) == before
        assert (machine.folder / "a").read_bytes() == b""


def test_other_files_are_the_real_ones(tmp_path: Path) -> None:
    """Outside of the machine's folder nothing fails and nothing is a step."""

    def main(_machine: Machine) -> None:
        (tmp_path / "a").write_text("x")

    for process in in_world(1, main, rates={"disk.enospc": 1.0}):
        assert process.error is None
        assert process.machine.world.steps == 0
    assert (tmp_path / "a").read_text() == "x"
