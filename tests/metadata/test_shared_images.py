"""Pungi's image manifest, to which several phases add at the same time."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, Callable, List

import productmd.images
import pytest

from pungi_osbuild.checked import to_json
from pungi_osbuild.metadata import ImageClashError, SharedImages, productmd_types
from pungi_osbuild.model import Checksum, PlacedImage
from tests.values import SHA256, a_built_image, a_cloud_image, a_placed_image

WORDS = productmd_types()
PATH = Path("/composes/one/compose/metadata/images.json")


def an_image(name: str = "example", arch: str = "x86_64", **changes: Any) -> PlacedImage:
    values = {
        "built": a_built_image(arch=arch),
        "path": "Server/%s/images/%s.qcow2" % (arch, name),
        "subvariant": name,
        **changes,
    }
    return a_placed_image(**values)


def a_foreign_image(images: Any, name: str, **changes: Any) -> Any:
    """An image as another phase makes it: without a checksum yet."""
    image = productmd.images.Image(images)
    values = {
        "path": "Server/x86_64/iso/%s.iso" % name,
        "mtime": 1795410000,
        "size": 900,
        "type": "dvd",
        "format": "iso",
        "arch": "x86_64",
        "disc_number": 1,
        "disc_count": 1,
        "bootable": True,
        "subvariant": name,
        **changes,
    }
    for key, value in values.items():
        setattr(image, key, value)
    return image


LIMIT = 20
"""Seconds after which threads wait for each other for ever."""


class Meeting(dict):  # type: ignore[type-arg]
    """
    productmd's dict of images, which sees to it that two threads meet in it if they can.

    Whoever goes over it stays for a moment, until another comes, too; then both were in it at once.
    """

    def __init__(self, patience: float) -> None:
        super().__init__()
        self._patience = patience
        self._inside = 0
        self._lock = threading.Lock()
        self._another = threading.Event()
        self.met = False

    def __iter__(self) -> Any:
        with self._lock:
            self._inside += 1
            if self._inside > 1:
                self.met = True
                self._another.set()
        self._another.wait(self._patience)
        try:
            yield from super().__iter__()
        finally:
            with self._lock:
                self._inside -= 1

    def items(self) -> Any:
        return [(key, self[key]) for key in self]


def busy(patience: float = 0.002) -> Any:
    """
    A manifest whose ``add`` goes over all that is there, and in which threads can meet.

    :param patience: seconds that each waits for another
    """
    images = productmd.images.Images()
    images.header.set_current_version()
    images.images = Meeting(patience)
    return images


def together(*works: Callable[[], None]) -> List[BaseException]:
    """Do some work in threads that begin at the same time; return what they raised."""
    gate = threading.Barrier(len(works))
    raised: List[BaseException] = []

    def begin(work: Callable[[], None]) -> None:
        gate.wait()
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=begin, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + LIMIT
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    return raised


def paths(images: Any) -> List[str]:
    return sorted(
        image.path
        for arches in images.images.values()
        for arch in arches.values()
        for image in arch
    )


def test_stock_productmd_lets_threads_meet() -> None:
    """What this is about: without a lock they do."""
    images = busy(patience=10)
    raised = together(
        *(
            lambda name=str(number): images.add("V", "x86_64", a_foreign_image(images, name))
            for number in range(8)
        )
    )
    assert images.images.met or raised


def test_adding_from_many_threads_is_one_after_the_other() -> None:
    """Ours, another phase's that knows nothing of us, and whoever only looks."""
    images = busy()
    shared = SharedImages(images, PATH)

    def ours(thread: int) -> None:
        for number in range(8):
            shared.add([an_image("ours-%d-%d" % (thread, number))], WORDS)

    def theirs(thread: int) -> None:
        for number in range(8):
            name = "theirs-%d-%d" % (thread, number)
            variant = "V%d" % number
            images.add(variant=variant, arch="x86_64", image=a_foreign_image(images, name))

    def looks() -> None:
        for _ in range(8):
            shared.entries()

    works = [lambda n=n: ours(n) for n in range(4)] + [lambda n=n: theirs(n) for n in range(4)]
    assert together(*works, looks) == []
    assert not images.images.met
    assert len(paths(images)) == len(shared.entries()) == 64


def test_two_of_ours_share_one_lock() -> None:
    """Two phases that know of it, and positional arguments as Pungi may use them."""
    images = busy()
    first, second = SharedImages(images, PATH), SharedImages(images, PATH)
    raised = together(
        *(
            lambda number=number, one=one: one.add([an_image("x%d" % number)], WORDS)
            for number, one in enumerate([first, second] * 6)
        ),
        lambda: images.add("V", "x86_64", a_foreign_image(images, "theirs")),
    )
    assert raised == []
    assert not images.images.met
    assert len(paths(images)) == 13


def test_what_another_phase_adds_is_refused_as_before() -> None:
    """productmd's own complaint reaches it, and the lock is free afterwards."""
    images = productmd.images.Images()
    shared = SharedImages(images, PATH)
    with pytest.raises(ValueError, match="RPM_ARCHES"):
        images.add("Server", "z80", a_foreign_image(images, "x"))
    assert together(lambda: shared.add([an_image()], WORDS)) == []
    assert len(paths(images)) == 1


def test_an_image_is_as_pungi_wants_it() -> None:
    """With its checksum, its uploads, and what the later phases read."""
    images = productmd.images.Images()
    image = an_image(can_fail=True)
    built = a_built_image(uploads=(a_cloud_image(),))
    SharedImages(images, PATH).add([a_placed_image(built=built, can_fail=True), image], WORDS)
    (entry,) = (one for one in images.images["Server"]["x86_64"] if one.path != image.path)
    assert entry.checksums == {"sha256": SHA256}
    assert entry.cloud == [to_json(a_cloud_image())]
    assert (entry.deliverable, entry.can_fail, entry.bootable) == ("image-build", True, False)
    assert entry.parent is images


def test_entries_are_what_is_there() -> None:
    """Of every phase, with its identity."""
    images = productmd.images.Images()
    shared = SharedImages(images, PATH)
    assert shared.entries() == ()
    images.add("Server", "x86_64", a_foreign_image(images, "boot"))
    shared.add([an_image()], WORDS)
    found = {entry.path: entry for entry in shared.entries()}
    assert set(found) == {"Server/x86_64/iso/boot.iso", "Server/x86_64/images/example.qcow2"}
    ours = found["Server/x86_64/images/example.qcow2"]
    assert (ours.variant, ours.arch) == ("Server", "x86_64")
    assert "subvariant example" in ours.identity.describe()


@pytest.mark.parametrize(
    "other",
    [
        an_image("example", path="Server/x86_64/images/another.qcow2"),
        an_image("another", path="Server/x86_64/images/example.qcow2"),
        an_image("example", path="Client/x86_64/images/example.qcow2", variant="Client"),
        an_image("example", checksums=(Checksum("sha256", "0" * 64),)),
    ],
    ids=["identity", "file", "variant", "checksum"],
)
def test_of_images_that_clash_none_is_added(other: PlacedImage) -> None:
    """None of the request's, not even those that would fit; all clashes are named."""
    images = productmd.images.Images()
    shared = SharedImages(images, PATH)
    shared.add([an_image("example")], WORDS)
    before = paths(images)
    with pytest.raises(ImageClashError) as caught:
        shared.add([an_image("fits"), other, an_image("fits-too")], WORDS)
    assert caught.value.paths == {other.path}
    assert "Server/x86_64/images/example.qcow2" in caught.value.reason
    assert str(PATH) in caught.value.reason
    assert paths(images) == before


def test_every_clash_is_named() -> None:
    """Not only the first."""
    images = productmd.images.Images()
    shared = SharedImages(images, PATH)
    there = [an_image("one"), an_image("two", arch="aarch64")]
    shared.add(there, WORDS)
    with pytest.raises(ImageClashError) as caught:
        shared.add(there, WORDS)
    assert caught.value.paths == {image.path for image in there}


def test_an_image_of_another_phase_clashes_too() -> None:
    """Though neither has a checksum that productmd could compare."""
    images = productmd.images.Images()
    other = a_foreign_image(images, "example", type="qcow2", format="qcow2")
    images.add("Server", "x86_64", other)
    with pytest.raises(ImageClashError, match=r"iso/example\.iso"):
        SharedImages(images, PATH).add([an_image("example")], WORDS)
    assert paths(images) == ["Server/x86_64/iso/example.iso"]


@pytest.mark.parametrize(
    "image",
    [an_image(type=None, format=None), an_image(format="raw.zst"), an_image(size=0)],
    ids=["no words", "unknown word", "empty"],
)
def test_what_productmd_cannot_say_is_passed_over(image: PlacedImage) -> None:
    """The others are added, and the manifest can be written."""
    images = productmd.images.Images()
    for name in ("id", "type", "date", "respin"):
        value = {"id": "Example-1-20261123.n.0", "type": "nightly", "date": "20261123", "respin": 0}
        setattr(images.compose, name, value[name])
    SharedImages(images, PATH).add([image, an_image("fits")], WORDS)
    assert paths(images) == ["Server/x86_64/images/fits.qcow2"]
    assert "fits.qcow2" in images.dumps()


def test_images_of_one_request_that_clash_with_each_other() -> None:
    """All or none: a clash among them leaves none behind either."""
    images = productmd.images.Images()
    one = an_image("same")
    two = an_image("same", path="Server/x86_64/images/two.qcow2", checksums=(_OTHER,))
    with pytest.raises(ImageClashError):
        SharedImages(images, PATH).add([one, two], WORDS)
    assert paths(images) == []


_OTHER = Checksum("sha256", "0" * 64)


def test_another_phases_image_like_one_of_ours_is_refused() -> None:
    """When it is added: productmd would notice only when images.json is read."""
    images = busy()
    shared = SharedImages(images, PATH)
    ours = a_placed_image(type="qcow2", format="qcow2", subvariant="Server")
    shared.add([ours], WORDS)
    like = {"type": "qcow2", "format": "qcow2", "subvariant": "Server", "bootable": False}
    with pytest.raises(ValueError, match="another subvariant") as caught:
        images.add("Server", "x86_64", a_foreign_image(images, "theirs", **like))
    assert "Server/x86_64/iso/theirs.iso" in str(caught.value)
    assert ours.path in str(caught.value)
    assert [entry.path for entry in shared.entries()] == [ours.path]
    # In another variant, too: productmd compares all images of a compose.
    with pytest.raises(ValueError, match="another subvariant"):
        images.add("Client", "x86_64", a_foreign_image(images, "theirs", **like))
    for changes in ({"subvariant": "Other"}, {"arch": "aarch64"}, {"type": "dvd"}):
        images.add("Server", "x86_64", a_foreign_image(images, "x", **{**like, **changes}))
    assert len(shared.entries()) == 4


def test_two_alike_of_other_phases_are_their_own_affair() -> None:
    """As without us."""
    images = busy()
    shared = SharedImages(images, PATH)
    shared.add([an_image()], WORDS)
    for _ in range(2):
        images.add("Server", "x86_64", a_foreign_image(images, "theirs"))
    assert len(shared.entries()) == 3
