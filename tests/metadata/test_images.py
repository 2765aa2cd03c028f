"""images.json: ours go in and out, what is not ours stays as it is."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, Collection, Dict, List, Sequence, Tuple

import productmd.images
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.metadata import (
    CloudAwareImages,
    ImageClashError,
    Owned,
    describable,
    planned_identity,
    productmd_image,
    productmd_types,
    record_images,
    recorded_images,
)
from pungi_osbuild.metadata.productmd_files import NEWEST
from pungi_osbuild.model import PlacedImage
from tests.values import (
    MD5,
    SHA256,
    a_built_image,
    a_cloud_image,
    a_placed_image,
    an_identity,
)

OTHER_SHA256 = "f" * 64


def a_foreign_entry(name: str = "boot", **changes: Any) -> Dict[str, Any]:
    """An entry as another phase of Pungi writes it."""
    entry = {
        "path": "Server/x86_64/iso/%s.iso" % name,
        "mtime": 1795410000,
        "size": 900,
        "volume_id": "Example-1",
        "type": "boot",
        "format": "iso",
        "arch": "x86_64",
        "disc_number": 1,
        "disc_count": 1,
        "checksums": {"md5": MD5, "sha256": OTHER_SHA256},
        "implant_md5": MD5,
        "bootable": True,
        "subvariant": name,
    }
    return {**entry, **changes}


def a_document(*entries: Dict[str, Any], version: str = "1.2") -> Dict[str, Any]:
    return {
        "header": {"type": "productmd.images", "version": version},
        "payload": {
            "compose": {
                "id": "Example-1-20261123.t.0",
                "type": "test",
                "date": "20261123",
                "respin": 0,
            },
            "images": {"Server": {"x86_64": list(entries)}},
        },
    }


def images_file(folder: Path, *entries: Dict[str, Any]) -> Path:
    path = folder / "images.json"
    path.write_text(json.dumps(a_document(*entries)))
    return path


def entries_of(path: Path) -> List[Dict[str, Any]]:
    document = json.loads(path.read_text())
    return [
        entry
        for arches in document["payload"]["images"].values()
        for entries in arches.values()
        for entry in entries
    ]


def record(
    path: Path, placed: Sequence[PlacedImage], replace: Collection[Owned] = ()
) -> List[Dict[str, Any]]:
    record_images(path, an_identity(), placed, replace)
    return entries_of(path)


def an_uploaded_image(**changes: Any) -> PlacedImage:
    return a_placed_image(built=a_built_image(uploads=(a_cloud_image(),)), **changes)


def path_of(entry: Dict[str, Any]) -> str:
    path = entry["path"]
    assert isinstance(path, str)
    return path


def owned(image: PlacedImage) -> Owned:
    return Owned(image.variant, image.built.arch, image.path)


def test_an_image_is_recorded_as_pungis_own_phase_does(tmp_path: Path) -> None:
    """One disc of one, not bootable, no volume id; and the upload."""
    assert record(tmp_path / "images.json", [an_uploaded_image()]) == [
        {
            "path": "Server/x86_64/images/example-guest-1-5.x86_64.qcow2",
            "mtime": 1795418607,
            "size": 3,
            "volume_id": None,
            "type": "qcow2",
            "format": "qcow2",
            "arch": "x86_64",
            "disc_number": 1,
            "disc_count": 1,
            "checksums": {"sha256": SHA256},
            "implant_md5": None,
            "bootable": False,
            "subvariant": "Server",
            "cloud": [
                {
                    "provider": "aws",
                    "id": "ami-0123456789abcdef0",
                    "region": "us-east-1",
                    "name": "example",
                }
            ],
        }
    ]


def test_an_image_without_upload_has_no_cloud(tmp_path: Path) -> None:
    """There is no empty list."""
    (entry,) = record(tmp_path / "images.json", [a_placed_image()])
    assert "cloud" not in entry


def test_stock_productmd_loads_what_was_recorded(tmp_path: Path) -> None:
    """It drops the uploads and keeps everything else."""
    path = images_file(tmp_path, a_foreign_entry())
    record(path, [an_uploaded_image()])
    manifest = productmd.images.Images()
    manifest.load(str(path))
    assert manifest.compose.id == "Example-1-20261123.t.0"
    found = {image.path: image for image in manifest["Server"]["x86_64"]}
    assert found["Server/x86_64/iso/boot.iso"].volume_id == "Example-1"
    ours = found["Server/x86_64/images/example-guest-1-5.x86_64.qcow2"]
    assert (ours.type, ours.size, ours.checksums) == ("qcow2", 3, {"sha256": SHA256})


def test_a_run_without_images_leaves_an_empty_file(tmp_path: Path) -> None:
    """A file that productmd loads, also when everything failed."""
    assert record(tmp_path / "metadata" / "images.json", []) == []
    manifest = productmd.images.Images()
    manifest.load(str(tmp_path / "metadata" / "images.json"))
    assert manifest.images == {}


def test_the_file_looks_as_productmd_writes_it(tmp_path: Path) -> None:
    """Sorted keys, four spaces: a difference between two composes stays readable."""
    path = images_file(tmp_path, a_foreign_entry("a"), a_foreign_entry("b"))
    record(path, [])
    manifest = productmd.images.Images()
    manifest.load(str(path))
    assert path.read_text() == manifest.dumps()


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    """With uploads that others recorded, unified images, and keys that nobody knows."""
    foreign = [
        a_foreign_entry("a", cloud=[{"provider": "aws", "id": "ami-1"}]),
        a_foreign_entry("b", unified=True, additional_variants=["Client"]),
        a_foreign_entry("c", location={"url": "https://example.com/c.iso"}, parent=7),
        a_foreign_entry("d", cloud={"not": "ours"}),
    ]
    path = images_file(tmp_path, *foreign)
    entries = record(path, [a_placed_image()])
    assert [entry for entry in entries if "/iso/" in entry["path"]] == foreign
    assert len(entries) == 5


def test_own_old_entries_are_replaced(tmp_path: Path) -> None:
    """The new image may have the same place and identity, the other entry not."""
    path = tmp_path / "images.json"
    path.write_text(json.dumps(a_document(a_foreign_entry())))
    old = an_uploaded_image()
    record(path, [old])
    new = a_placed_image(size=4, path="Server/x86_64/images/example-guest-1-6.x86_64.qcow2")
    entries = record(path, [new], [owned(old)])
    assert [entry["path"] for entry in entries] == [new.path, "Server/x86_64/iso/boot.iso"]


def test_an_own_entry_goes_though_nothing_comes(tmp_path: Path) -> None:
    """Its request failed this time."""
    path = tmp_path / "images.json"
    record(path, [a_placed_image()])
    assert record(path, [], [owned(a_placed_image())]) == []


def test_the_same_place_under_another_variant_is_not_own(tmp_path: Path) -> None:
    """Variant, arch and path count together."""
    path = tmp_path / "images.json"
    record(path, [a_placed_image()])
    place = owned(a_placed_image())
    assert len(record(path, [], [Owned("Client", place.arch, place.path)])) == 1


def test_recording_the_same_again_changes_nothing(tmp_path: Path) -> None:
    """A run that was killed after images.json and before osbuild.json goes on."""
    path = tmp_path / "images.json"
    first = record(path, [an_uploaded_image()])
    assert record(path, [an_uploaded_image()]) == first


def test_a_clash_names_both_images_and_loses_neither(tmp_path: Path) -> None:
    """The other entry stays, everything else is recorded, and productmd still loads the file."""
    foreign = a_foreign_entry("guest", type="qcow2", format="qcow2", subvariant="Server")
    path = images_file(tmp_path, foreign)
    clashing = a_placed_image()
    fine = a_placed_image(
        path="Server/x86_64/images/x.vmdk", type="vmdk", format="vmdk", subvariant="Server"
    )
    with pytest.raises(ImageClashError) as caught:
        record(path, [clashing, fine])
    assert clashing.path in caught.value.reason
    assert foreign["path"] in caught.value.reason
    assert "subvariant Server" in caught.value.reason
    assert caught.value.paths == {clashing.path}
    assert caught.value.exit_code == 1
    manifest = productmd.images.Images()
    manifest.load(str(path))
    assert {image.path for image in manifest["Server"]["x86_64"]} == {foreign["path"], fine.path}


def test_two_images_of_a_run_may_clash_too(tmp_path: Path) -> None:
    """Over all variants: productmd compares them all."""
    other = a_placed_image(variant="Client", path="Client/x86_64/images/x.qcow2")
    with pytest.raises(ImageClashError) as caught:
        record(tmp_path / "images.json", [a_placed_image(), other])
    assert caught.value.paths == {other.path}
    assert len(entries_of(tmp_path / "images.json")) == 1


def test_a_foreign_entry_of_the_same_file_is_a_clash(tmp_path: Path) -> None:
    """It says of the file what is not true any more, and it is not ours to take out."""
    ours = a_placed_image()
    path = images_file(tmp_path, a_foreign_entry(path=ours.path))
    with pytest.raises(ImageClashError, match="the file"):
        record(path, [ours])
    assert len(entries_of(path)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"type": None, "format": None},
        {"type": "ami"},
        {"format": "ova"},
        {"size": 0},
        {"checksums": ()},
        {"built": a_built_image(arch="src")},
        {"built": a_built_image(arch="abacus")},
    ],
)
def test_what_productmd_has_no_words_for_is_passed_over(
    tmp_path: Path, changes: Dict[str, Any]
) -> None:
    """Its place is osbuild.json; images.json stays loadable."""
    image = a_placed_image(**changes)
    assert not describable(image, productmd_types())
    assert record(tmp_path / "images.json", [image]) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "\x00",
        json.dumps(a_document({})),
        json.dumps(a_document(a_foreign_entry(type=""))),
        json.dumps(a_document(a_foreign_entry(format=7))),
        json.dumps(a_document(a_foreign_entry(mtime="noon"))),
        json.dumps(a_document(a_foreign_entry("a"), a_foreign_entry("a", checksums={"md5": MD5}))),
        json.dumps(a_document(a_foreign_entry(unified=False, additional_variants="x"))),
    ],
)
def test_a_broken_file_is_left_alone(tmp_path: Path, text: str) -> None:
    """And named; so that it can be seen to before anything is built."""
    path = tmp_path / "images.json"
    path.write_text(text)
    with pytest.raises(SourceError) as caught:
        recorded_images(path)
    assert str(path) in caught.value.reason
    with pytest.raises(SourceError):
        record(path, [a_placed_image()])
    assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


NEWER = [
    {"type": "kvm-next", "format": "raw.br"},
    {"format": "raw.br"},
    {"type": "kvm-next", "cloud": [{"provider": "aws", "id": "ami-1"}], "signed": {"by": "x"}},
]


@pytest.mark.parametrize("changes", NEWER)
def test_what_only_a_newer_productmd_knows_stays(tmp_path: Path, changes: Dict[str, Any]) -> None:
    """Types and formats are added with every release of productmd."""
    foreign = a_foreign_entry("a", **changes)
    path = images_file(tmp_path, foreign, a_foreign_entry("b"))
    assert [entry.path for entry in recorded_images(path)]
    entries = record(path, [a_placed_image()])
    assert foreign in entries
    assert len(entries) == 3


def test_an_arch_that_only_a_newer_productmd_knows_stays(tmp_path: Path) -> None:
    """So are arches."""
    document = a_document(a_foreign_entry("a"))
    foreign = a_foreign_entry("b", arch="riscv512", path="Server/riscv512/iso/b.iso")
    document["payload"]["images"]["Server"]["riscv512"] = [foreign]
    path = tmp_path / "images.json"
    path.write_text(json.dumps(document))
    record(path, [a_placed_image()])
    written = json.loads(path.read_text())
    assert written["payload"]["images"]["Server"]["riscv512"] == [foreign]


def test_the_same_minor_version_and_the_rest_of_the_file_stay(tmp_path: Path) -> None:
    """A newer 1.x adds what it likes; nothing of it is dropped."""
    document = a_document(a_foreign_entry("a"), version="1.3")
    document["header"]["generator"] = "x"
    document["payload"]["compose"]["origin"] = {"parent": "y"}
    document["payload"]["signatures"] = ["z"]
    path = tmp_path / "images.json"
    path.write_text(json.dumps(document))
    record(path, [])
    assert json.loads(path.read_text()) == document


@pytest.mark.parametrize(
    ("version", "changes", "said", "advice"),
    [
        ("1.9", {"mtime": "noon"}, "format 1.9", "supports format 1.9"),
        ("3.0", {}, "format 3.0, and this pungi-osbuild supports 1.x and 2.x", "format 3.x"),
        ("17.4", {}, "format 17.4", "format 17.x"),
    ],
)
def test_a_newer_file_is_not_called_broken(
    tmp_path: Path, version: str, changes: Dict[str, Any], said: str, advice: str
) -> None:
    """Its version is named, and what reads it; never that it should be moved away."""
    path = tmp_path / "images.json"
    path.write_text(json.dumps(a_document(a_foreign_entry("a", **changes), version=version)))
    refuses(path, said, advice)


@pytest.mark.skipif(NEWEST >= (2, 0), reason="productmd 2.0 reads this")
def test_format_2_names_the_productmd_that_it_needs(tmp_path: Path) -> None:
    """productmd 1.x would say that the path is missing."""
    path = tmp_path / "images.json"
    path.write_text(json.dumps(a_document({"location": {}}, version="2.0")))
    refuses(path, "format 2.0, and the installed productmd supports up to 1.2", "productmd 2.0")


@pytest.mark.parametrize(
    ("section", "value"), [("type", "weekly"), ("label", "Spring-1.0"), ("id", "x")]
)
def test_a_value_of_a_newer_productmd_is_not_called_broken(
    tmp_path: Path, section: str, value: str
) -> None:
    """The compose's own section is checked against lists, too."""
    document = a_document()
    document["payload"]["compose"][section] = value
    path = tmp_path / "images.json"
    path.write_text(json.dumps(document))
    refuses(path, "the installed productmd does not accept", "newer productmd")


def refuses(path: Path, said: str, advice: str) -> None:
    with pytest.raises(SourceError) as caught:
        record(path, [a_placed_image()])
    assert said in caught.value.reason
    assert advice in caught.value.solution
    for word in ("broken", "CloudAware", "away"):
        assert word not in caught.value.friendly()


def test_a_file_of_another_compose_is_refused(tmp_path: Path) -> None:
    """Both IDs are named."""
    document = a_document(a_foreign_entry())
    document["payload"]["compose"].update(id="Other-2-20261124.n.1", type="nightly")
    path = tmp_path / "images.json"
    path.write_text(json.dumps(document))
    with pytest.raises(SourceError, match=r"Other-2-20261124.n.1, and .* Example-1-20261123.t.0"):
        record(path, [a_placed_image()])
    assert json.loads(path.read_text()) == document


def test_a_new_file_is_written_as_1_2(tmp_path: Path) -> None:
    """Whatever productmd is installed: every consumer reads that."""
    path = tmp_path / "images.json"
    record(path, [a_placed_image()])
    assert json.loads(path.read_text())["header"]["version"] == "1.2"
    assert json.loads(CloudAwareImages.dumps(a_manifest()))["header"]["version"] == "1.2"


def a_manifest() -> CloudAwareImages:
    manifest = CloudAwareImages()
    manifest.compose.id, manifest.compose.type = "Example-1-20261123.t.0", "test"
    manifest.compose.date, manifest.compose.respin = "20261123", 0
    return manifest


def test_serialize_can_be_called_as_either_productmd_does() -> None:
    """2.0 names the version to write."""
    manifest = a_manifest()
    manifest.add("Server", "x86_64", productmd_image(manifest, an_uploaded_image()))
    plain: Dict[str, Any] = {}
    forced: Dict[str, Any] = {}
    manifest.serialize(plain)
    manifest.serialize(forced, force_version=(1, 2))
    assert plain == forced
    (image,) = manifest.images["Server"]["x86_64"]
    entries: List[Dict[str, Any]] = []
    image.serialize(entries, force_version=(1, 2))
    assert entries == plain["payload"]["images"]["Server"]["x86_64"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "metadata").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        record(tmp_path / "metadata" / "images.json", [])


def test_kept_entries_can_be_asked_for(tmp_path: Path) -> None:
    """Planning compares requests with them."""
    assert recorded_images(tmp_path / "images.json") == ()
    path = images_file(tmp_path, a_foreign_entry())
    record(path, [a_placed_image()])
    found = {entry.path: entry for entry in recorded_images(path)}
    ours = found[a_placed_image().path]
    assert (ours.variant, ours.arch) == ("Server", "x86_64")
    assert ours.identity == planned_identity("Server", "qcow2", "qcow2", "x86_64")
    assert found["Server/x86_64/iso/boot.iso"].identity != ours.identity


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_older_versions_are_read_as_productmd_reads_them(tmp_path: Path, version: str) -> None:
    """Source images stood under an arch of their own there."""
    document = a_document(a_foreign_entry(), version=version)
    source = a_foreign_entry("source", arch="src", path="Server/source/iso/source.iso")
    document["payload"]["images"]["Server"]["src"] = [source]
    document["payload"]["images"]["Server"]["s390x"] = []
    text = json.dumps(document)
    stock, ours = productmd.images.Images(), CloudAwareImages()
    stock.loads(text)
    ours.loads(text)
    assert json.loads(ours.dumps()) == json.loads(stock.dumps())
    path = tmp_path / "images.json"
    path.write_text(text)
    record(path, [a_placed_image()])
    stock.load(str(path))


def test_pungis_later_phases_find_what_they_read() -> None:
    """Its test phase reads ``deliverable`` without a default."""
    image = productmd_image(productmd.images.Images(), a_placed_image(can_fail=True))
    assert (image.can_fail, image.deliverable) == (True, "image-build")


NAMES = st.text("abcdef", min_size=1, max_size=3)
MORE: Dict[str, Any] = {
    "cloud": st.lists(st.fixed_dictionaries({"provider": NAMES, "id": NAMES}), min_size=1),
    "location": st.dictionaries(NAMES, NAMES),
}


@st.composite
def documents(draw: st.DrawFn) -> Dict[str, Any]:
    """An images.json of others, with ours among it."""
    document = a_document()
    document["payload"]["images"] = {}
    for name in draw(st.sets(NAMES, max_size=6)):
        arch = draw(st.sampled_from(["x86_64", "aarch64"]))
        variant = draw(st.sampled_from(["Server", "Client"]))
        entry = a_foreign_entry(name, arch=arch, path="%s/%s/iso/%s.iso" % (variant, arch, name))
        entry.update(draw(st.fixed_dictionaries({}, optional=MORE)))
        arches = document["payload"]["images"].setdefault(variant, {})
        arches.setdefault(arch, []).append(entry)
    return document


@st.composite
def runs(draw: st.DrawFn) -> Tuple[PlacedImage, ...]:
    """What a run has placed, with identities that differ."""
    return tuple(
        a_placed_image(
            path="Server/%s/images/%s.qcow2" % (arch, name),
            subvariant=name,
            size=draw(st.integers(1, 9)),
            built=a_built_image(arch=arch),
        )
        for name, arch in draw(
            st.sets(st.tuples(NAMES, st.sampled_from(["x86_64", "aarch64"])), max_size=4)
        )
    )


@settings(deadline=None, max_examples=60)
@given(documents(), runs(), runs())
def test_nothing_foreign_is_ever_lost(
    document: Dict[str, Any], first: Tuple[PlacedImage, ...], second: Tuple[PlacedImage, ...]
) -> None:
    """Whatever two runs record one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.json"
        path.write_text(json.dumps(document))
        foreign = entries_of(path)
        record(path, first)
        entries = record(path, second, [owned(image) for image in first])
        kept = [entry for entry in entries if entry["path"].endswith(".iso")]
        assert sorted(kept, key=path_of) == sorted(foreign, key=path_of)
        ours = {entry["path"] for entry in entries} - {entry["path"] for entry in foreign}
        assert ours == {image.path for image in second}
        productmd.images.Images().load(str(path))
