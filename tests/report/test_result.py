"""What people look at after a run."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.model import CloudImage, PlacedImage
from pungi_osbuild.report import result_json, result_table
from pungi_osbuild.report.units import size_text
from tests.values import (
    a_built_image,
    a_cloud_image,
    a_failed_outcome,
    a_placed_image,
    a_request,
    a_run_result,
    an_outcome,
    cloud_image,
)

AZURE = cloud_image("azure", "/subscriptions/%s/images/x" % ("0" * 120))


def placed(*clouds: CloudImage) -> PlacedImage:
    return a_placed_image(built=a_built_image(uploads=clouds))


def table(width: object, *images: PlacedImage) -> str:
    result = a_run_result(outcomes=(an_outcome(images=images),))
    return "\n".join(result_table(result, width))  # type: ignore[arg-type]


def test_without_a_terminal_each_cloud_id_has_one_line_with_its_image() -> None:
    """For grep and awk."""
    lines = table(None, placed(AZURE), placed(a_cloud_image())).splitlines()
    assert lines[0].split() == "VARIANT ARCH IMAGE TYPE SIZE N-V-R TASK CLOUD ID".split()
    row = lines[1].split()
    assert row[:2] == ["Server", "x86_64"]
    assert row[-1] == AZURE.id
    assert lines[2].split()[-1] == a_cloud_image().id


@given(
    width=st.none() | st.integers(1, 300),
    ids=st.lists(st.from_regex(r"[a-z0-9/:@.-]{1,200}", fullmatch=True), max_size=3),
)
def test_an_id_is_never_cut_or_wrapped(width: object, ids: list[str]) -> None:
    """Whatever the terminal's width: each ID stands whole on one line."""
    shown = table(width, placed(*(cloud_image("aws", cloud_id) for cloud_id in ids)))
    for cloud_id in ids:
        assert any(cloud_id in line.split() for line in shown.splitlines())


def test_a_narrow_terminal_shows_an_id_below_its_image() -> None:
    """And a wide one in the row."""
    narrow = table(100, placed(AZURE)).splitlines()
    assert narrow[2] == "    azure  %s" % AZURE.id
    assert "CLOUD ID" in table(1000, placed(AZURE)).splitlines()[0]


def test_failures_say_what_why_and_where_to_look() -> None:
    """With every line of the reason, and whether it is allowed to fail."""
    failed = a_failed_outcome(reason="Compose failed\nx86_64: no space", logs=("http://log",))
    soft = replace(failed, task_id=None, request=a_request(can_fail=True))
    lines = result_table(a_run_result(outcomes=(failed, soft)), None)
    text = "\n".join(lines)
    assert "FAILED: Server x86_64 example-guest (guest-image), task 11 (required)" in lines
    assert "    Compose failed" in lines
    assert "    x86_64: no space" in lines
    assert "    log: http://log" in lines
    assert "not submitted (allowed to fail)" in text
    assert lines[0] == "No image was built."
    assert lines[-1] == (
        "0 of 2 tasks built, 0 images placed, 0 cloud IDs recorded."
        " 2 failed: 1 required, 1 allowed to fail."
    )


def test_json_holds_what_the_table_shows() -> None:
    """And what osbuild.json records of it."""
    shown = result_json(a_run_result(outcomes=(an_outcome(images=(placed(AZURE),)),)))
    (image,) = shown["images"]
    (task,) = shown["tasks"]
    assert (image["variant"], image["arch"], image["size"]) == ("Server", "x86_64", 3)
    assert image["cloud"] == [{"provider": "azure", "id": AZURE.id}]
    assert (task["task_id"], task["outcome"]) == (11, "built")


def test_sizes_are_for_people() -> None:
    """Bytes, KiB, MiB, GiB."""
    sizes = [size_text(size) for size in (0, 1023, 65536, 5 * 1024**2, 3 * 1024**4)]
    assert sizes == ["0 B", "1023 B", "64.0 KiB", "5.0 MiB", "3072.0 GiB"]
