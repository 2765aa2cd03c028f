"""composeinfo.json: read as Pungi wrote it, written so that everybody can read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import productmd.composeinfo
import pytest

from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.metadata import identify, read_compose, write_compose
from pungi_osbuild.metadata.productmd_files import NEWEST
from pungi_osbuild.model import BaseProduct, Compose, Variant
from tests.values import a_compose, a_release, a_variant, an_identity

LAYERED = BaseProduct("Red Hat Enterprise Linux", "RHEL", "9.4", "ga")


def info_file(folder: Path) -> Path:
    return folder / "compose" / "metadata" / "composeinfo.json"


def written(folder: Path, compose: Compose) -> Path:
    write_compose(info_file(folder), compose)
    return folder


def a_variant_entry(uid: str, type: str = "variant", **changes: Any) -> Dict[str, Any]:
    entry = {
        "id": uid.rsplit("-", 1)[-1],
        "uid": uid,
        "name": uid,
        "type": type,
        "arches": ["x86_64", "aarch64"],
        "paths": {
            "os_tree": {"x86_64": "%s/x86_64/os" % uid},
            "repository": {"x86_64": "%s/x86_64/os" % uid, "aarch64": "%s/aarch64/os" % uid},
        },
    }
    return {**entry, **changes}


def pungi_wrote(folder: Path, *entries: Dict[str, Any]) -> Path:
    """Write a composeinfo.json in the shape that Pungi's has."""
    document = {
        "header": {"type": "productmd.composeinfo", "version": "1.2"},
        "payload": {
            "compose": {
                "id": "Fedora-41-20261123.n.2",
                "type": "nightly",
                "date": "20261123",
                "respin": 2,
                "label": "RC-1.2",
                "final": False,
            },
            "release": {
                "name": "Fedora",
                "short": "Fedora",
                "version": "41",
                "type": "ga",
                "internal": True,
            },
            "variants": {entry["uid"]: entry for entry in entries},
        },
    }
    path = info_file(folder)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(document))
    return folder


def test_it_reads_the_identity_of_a_compose(tmp_path: Path) -> None:
    """Names, label and release as productmd has them; the folder is absolute."""
    compose = read_compose(pungi_wrote(tmp_path / "c", a_variant_entry("Server")))
    assert compose.topdir == str(tmp_path / "c")
    assert compose.identity == an_identity(
        id="Fedora-41-20261123.n.2",
        type="nightly",
        respin=2,
        label="RC-1.2",
        release_name="Fedora",
        release_short="Fedora",
        release_version="41",
        release_internal=True,
    )


def test_a_repository_path_has_a_literal_arch(tmp_path: Path) -> None:
    """The own repository is known for each arch that has one."""
    entry = a_variant_entry("Server", arches=["x86_64", "aarch64", "src", "s390x"])
    (variant,) = read_compose(pungi_wrote(tmp_path / "c", entry)).variants
    assert variant.arches == ("aarch64", "s390x", "x86_64")
    assert variant.repositories == (("aarch64", "Server/$arch/os"), ("x86_64", "Server/$arch/os"))
    assert variant.repository(("x86_64",)) == "Server/$arch/os"
    assert variant.repository(("s390x",)) is None


def test_nested_variants_are_sorted_as_pungi_sorts_them(tmp_path: Path) -> None:
    """Variants, then addons and layered products, then optional ones; by uid."""
    compose = read_compose(
        pungi_wrote(
            tmp_path / "c",
            a_variant_entry("Server", variants=["optional", "HA"]),
            a_variant_entry("Server-optional", "optional"),
            a_variant_entry("Server-HA", "addon"),
            a_variant_entry("Client"),
        )
    )
    assert [(variant.uid, variant.id, variant.parent) for variant in compose.variants] == [
        ("Client", "Client", None),
        ("Server", "Server", None),
        ("Server-HA", "HA", "Server"),
        ("Server-optional", "optional", "Server"),
    ]
    assert compose.variants[2].topdir("x86_64") == "Server/x86_64"


@pytest.mark.parametrize(
    ("arches", "variants", "left"),
    [
        ((), (), ["Client", "Server", "Server-optional"]),
        (("x86_64",), (), ["Client", "Server", "Server-optional"]),
        (("aarch64",), (), ["Server", "Server-optional"]),
        (("s390x",), (), []),
        ((), ("Server",), ["Server"]),
        ((), ("Server-optional",), []),
        ((), ("Server", "Server-optional"), ["Server", "Server-optional"]),
    ],
)
def test_the_config_filters_variants_as_in_pungi(
    tmp_path: Path, arches: Tuple[str, ...], variants: Tuple[str, ...], left: List[str]
) -> None:
    """A variant without arches goes, and with a variant go those below it."""
    folder = pungi_wrote(
        tmp_path / "c",
        a_variant_entry("Server", variants=["optional"]),
        a_variant_entry("Server-optional", "optional"),
        a_variant_entry("Client", arches=["x86_64"]),
    )
    compose = read_compose(folder, arches, variants)
    assert [variant.uid for variant in compose.variants] == left
    if arches:
        assert {arch for variant in compose.variants for arch in variant.arches} <= set(arches)


def test_no_folder_is_the_wrong_use(tmp_path: Path) -> None:
    """The command line is to blame: exit code 2."""
    with pytest.raises(InputError, match="there is no folder") as caught:
        read_compose(tmp_path / "missing")
    assert caught.value.exit_code == 2


def test_a_folder_without_composeinfo_is_the_wrong_use(tmp_path: Path) -> None:
    """So it is to name some other folder."""
    with pytest.raises(InputError, match="is not a compose"):
        read_compose(tmp_path)


def test_the_inner_compose_folder_is_recognised(tmp_path: Path) -> None:
    """The hint names the folder that was meant."""
    folder = pungi_wrote(tmp_path / "c", a_variant_entry("Server"))
    with pytest.raises(InputError) as caught:
        read_compose(folder / "compose")
    assert str(folder) in caught.value.solution
    (tmp_path / "latest").symlink_to(folder / "compose")
    with pytest.raises(InputError) as caught:
        read_compose(tmp_path / "latest")
    assert str(folder) in caught.value.solution


@pytest.mark.parametrize("name", ["compose-legacy", "9.4"])
def test_metadata_in_the_folder_itself_is_told_where_it_must_be(tmp_path: Path, name: str) -> None:
    """The folder above would not do: it has no folder called compose."""
    pungi_wrote(tmp_path / "c", a_variant_entry("Server"))
    (tmp_path / "c" / "compose").rename(tmp_path / name)
    with pytest.raises(InputError) as caught:
        read_compose(tmp_path / name)
    assert caught.value.solution.startswith("Move it to a folder called compose")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"header": {"type": "productmd.images", "version": "1.2"}}',
        '{"header": {"type": "productmd.composeinfo", "version": "1.2"}, "payload": {}}',
        '{"header": {"type": "productmd.composeinfo", "version": 3}, "payload": []}',
        "[" * 100000,
        "\udcff",
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    """Whatever stands in it, it is one error that names the file."""
    path = info_file(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SourceError) as caught:
        read_compose(tmp_path)
    assert str(path) in caught.value.reason


@pytest.mark.parametrize(
    ("change", "said", "advice"),
    [
        (lambda document: document["header"].update(version="3.1"), "format 3.1", "format 3.x"),
        (
            lambda document: document["payload"]["compose"].update(type="weekly"),
            "does not accept",
            "newer productmd",
        ),
        (
            lambda document: document["payload"]["compose"].update(label="Spring-1.0"),
            "does not accept",
            "newer productmd",
        ),
        pytest.param(
            lambda document: document["header"].update(version="2.0"),
            "format 2.0, and the installed productmd supports up to 1.2",
            "productmd 2.0",
            marks=pytest.mark.skipif(NEWEST >= (2, 0), reason="productmd 2.0 reads this"),
        ),
    ],
)
def test_what_only_a_newer_productmd_reads_is_not_called_broken(
    tmp_path: Path, change: Callable[[Dict[str, Any]], None], said: str, advice: str
) -> None:
    """The version or the value is named, and what helps."""
    path = info_file(pungi_wrote(tmp_path, a_variant_entry("Server")))
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(SourceError) as caught:
        read_compose(tmp_path)
    assert said in caught.value.reason
    assert advice in caught.value.solution
    assert "broken" not in caught.value.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"arches": ["../../etc"]},
        {"arches": [1]},
        {"uid": "../Server"},
        {"id": "Server\n", "uid": "Server\n"},
        {"type": "nothing"},
        {"paths": {"repository": {"x86_64": 5}}},
        {"paths": []},
    ],
)
def test_a_strange_variant_is_refused(tmp_path: Path, changes: Dict[str, Any]) -> None:
    """Uids and arches become folders."""
    folder = pungi_wrote(tmp_path / "c", {**a_variant_entry("Server"), **changes})
    with pytest.raises(SourceError):
        read_compose(folder)


def test_a_compose_is_named_as_productmd_names_it() -> None:
    """Release, type suffix, date and respin make the id."""
    identity = identify(a_release(), "nightly", "20261123", 3, None)
    assert identity == an_identity(id="Example-1-20261123.n.3", type="nightly", respin=3)


def test_a_layered_product_is_named_after_its_base() -> None:
    """The base product is part of the id and stays in the identity."""
    release = a_release(base_product=LAYERED, type="Updates", internal=True)
    identity = identify(release, "production", "20261123", 0, "Beta-1.0")
    assert identity.id == "Example-1-updates-RHEL-9.4-20261123.0"
    assert identity.base_product == LAYERED
    assert (identity.release_type, identity.label) == ("updates", "Beta-1.0")
    assert identity.release_internal


@pytest.mark.parametrize(
    ("type", "date", "label", "said"),
    [
        ("hourly", "20261123", None, "hourly"),
        ("test", "2026-11-23", None, "2026-11-23"),
        ("test", "20261123\n", None, "20261123"),
        ("test", "", None, "empty"),
        ("test", "20261123", "Gold-1.0", "Gold-1.0"),
        ("test", "20261123", "RC-1", "RC-1"),
        ("test", "20261123", "", "empty"),
    ],
)
def test_a_name_that_productmd_refuses_is_refused(
    type: str, date: str, label: Optional[str], said: str
) -> None:
    """It came from the command line, so the exit code is 2."""
    with pytest.raises(InputError) as caught:
        identify(a_release(), type, date, 0, label)
    assert said in caught.value.reason
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("changes", [{"version": "1 2"}, {"short": "a/b"}, {"type": "never"}])
def test_a_release_that_productmd_refuses_is_refused(changes: Dict[str, str]) -> None:
    """The id becomes part of paths and addresses."""
    with pytest.raises(InputError):
        identify(a_release(**changes), "test", "20261123", 0, None)


def compose_with_everything(topdir: Path) -> Compose:
    def own(uid: str, path: str = "os") -> Tuple[Tuple[str, str], ...]:
        return (("x86_64", "%s/$arch/%s" % (uid, path)),)

    return a_compose(
        identity=identify(a_release(base_product=LAYERED), "production", "20261123", 1, "RC-1.0"),
        variants=(
            a_variant(uid="Cloud-Base", id="Cloud-Base"),
            a_variant(repositories=()),
            a_variant(
                uid="Server-HA",
                id="HA",
                name="High Availability",
                type="addon",
                parent="Server",
                repositories=own("Server", "os/addons/HA"),
            ),
            a_variant(
                uid="Server-SAP",
                id="SAP",
                type="layered-product",
                parent="Server",
                arches=("x86_64",),
                repositories=own("Server-SAP"),
            ),
            a_variant(
                uid="Server-optional",
                id="optional",
                type="optional",
                parent="Server",
                repositories=own("Server-optional"),
            ),
        ),
        topdir=str(topdir),
    )


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """A rehearsal's compose is a compose: addons, optional variants, a layered release."""
    compose = compose_with_everything(tmp_path)
    assert read_compose(written(tmp_path, compose)) == compose


def test_stock_productmd_reads_what_was_written(tmp_path: Path) -> None:
    """Other tools read it, too."""
    written(tmp_path, compose_with_everything(tmp_path))
    info = productmd.composeinfo.ComposeInfo()
    info.load(str(info_file(tmp_path)))
    assert info.compose.id == "Example-1-RHEL-9.4-20261123.1"
    assert info.compose.label == "RC-1.0"
    assert info["Server"]["HA"].paths.repository == {"x86_64": "Server/x86_64/os/addons/HA"}
    assert str(info) == "Example-1-RHEL-9.4 (RC-1.0)"


def test_what_productmd_cannot_say_is_an_error(tmp_path: Path) -> None:
    """Not a traceback, and not a broken file."""
    nested = Variant("Server-a-b", "a-b", "A", "optional", ("x86_64",), "Server")
    with pytest.raises(SourceError, match="Server-a-b"):
        written(tmp_path, a_compose(variants=(a_variant(), nested)))
    assert not info_file(tmp_path).exists()


def test_a_variant_without_its_parent_is_an_error(tmp_path: Path) -> None:
    """It could not be nested anywhere."""
    lost = a_variant(uid="Server-optional", id="optional", type="optional", parent="Server")
    with pytest.raises(SourceError, match="no parent Server"):
        written(tmp_path, a_compose(variants=(lost,)))


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    """A file where a folder should be."""
    (tmp_path / "compose").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        written(tmp_path, a_compose())
