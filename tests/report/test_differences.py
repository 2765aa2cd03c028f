"""Differences from a previous compose."""

from __future__ import annotations

from typing import Sequence, Tuple

from pungi_osbuild.metadata import ImageRecord, TaskRecord
from pungi_osbuild.report.differences import Differences, Subject, differences
from tests.report.records import a_failed_task, a_record, a_task, an_image


def compared(
    now: Tuple[Sequence[ImageRecord], Sequence[TaskRecord]],
    before: Tuple[Sequence[ImageRecord], Sequence[TaskRecord]],
) -> Differences:
    return differences(
        a_record(images=tuple(now[0]), tasks=tuple(now[1])),
        a_record(compose_id="Earlier", images=tuple(before[0]), tasks=tuple(before[1])),
    )


def titles(found: Sequence[Subject]) -> list[str]:
    return ["%s %s" % (one.title, ",".join(one.arches)) for one in found]


def test_nothing_differs() -> None:
    """Versions and releases always do, and do not count."""
    one = an_image()
    found = compared(([one], [a_task()]), ([one], [a_task()]))
    assert found.nothing
    assert (found.previous, found.compared) == ("Earlier", 1)


def test_added_and_gone() -> None:
    """An image that was not there, and one that nobody has tried to build."""
    found = compared(([an_image("new")], []), ([an_image("old")], []))
    assert titles(found.added) == ["new x86_64"]
    assert titles(found.missing) == ["old x86_64"]


def test_a_failure_is_not_missing_and_what_is_fixed_is_not_added() -> None:
    """Each is told once."""
    failed = a_failed_task("one", "x86_64")
    broken = compared(([], [failed]), ([an_image("one")], [a_task("one")]))
    assert titles(broken.failing) == ["one x86_64"]
    assert not broken.missing
    fixed = compared(([an_image("one")], [a_task("one")]), ([], [failed]))
    assert titles(fixed.fixed) == ["one x86_64"]
    assert not fixed.added
    still = compared(([], [failed]), ([], [failed]))
    assert titles(still.still_failing) == ["one x86_64"]
    assert still.nothing


def test_sizes() -> None:
    """The greatest change first; small ones are left out."""
    now = [
        an_image("a", size=1000),
        an_image("b", size=2000),
        an_image("c", size=1009),
        an_image("d", size=500),
    ]
    before = [an_image(name, size=1000) for name in "abcd"]
    found = compared((now, []), (before, []))
    assert [(change.subject.title, change.text) for change in found.sizes] == [
        ("b", "1000 B to 2.0 KiB (+100.0 %)"),
        ("d", "1000 B to 500 B (-50.0 %)"),
    ]


def test_images_that_are_alike_are_compared_one_by_one() -> None:
    """Two files of one build."""
    found = compared(
        ([an_image(size=1), an_image(size=2)], []), ([an_image(size=1), an_image(size=2)], [])
    )
    assert found.nothing
    assert found.compared == 2


def test_a_task_for_several_arches() -> None:
    """It takes the images of all of them along."""
    both = a_failed_task("one", arches=("aarch64", "x86_64"))
    images = [an_image("one", "aarch64"), an_image("one", "x86_64")]
    found = compared(([], [both]), (images, []))
    assert titles(found.failing) == ["one aarch64,x86_64"]
    assert not found.missing


def test_what_took_much_longer() -> None:
    """Half as long again, and a minute more: of what was built both times."""

    def task(name: str, seconds: int) -> TaskRecord:
        return a_task(name, created=100, started=110, ended=100 + seconds, placed=None)

    before = [task("a", 600), task("b", 600), task("c", 20), task("d", 600), task("e", 600)]
    failed = a_failed_task("d", "x86_64", created=100, ended=5000)
    now = [task("a", 1000), task("b", 899), task("c", 70), failed, task("e", 3600)]
    found = compared(([], now), ([], before))
    assert [(one.subject.title, one.text) for one in found.slower] == [
        ("e", "1 h 00 min, was 10 min 00 s"),
        ("a", "16 min 40 s, was 10 min 00 s"),
    ]
    assert not found.nothing
