"""What a run sees of Pungi's compose."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from pungi_osbuild.model import BaseProduct, ComposeIdentity
from pungi_osbuild.phase.composeview import path_problems, view
from pungi_osbuild.problems import Problem
from tests.phase.pungi_standin import (
    StandInCompose,
    StandInComposePaths,
    StandInVariant,
    a_conf,
    a_server,
)


def a_compose(*variants: StandInVariant, **top: Any) -> StandInCompose:
    return StandInCompose(Path("/composes/one"), a_conf(**top), variants or (a_server(),))


def nested() -> List[StandInVariant]:
    """Every kind of variant, in no order."""
    server = a_server()
    return [
        StandInVariant("Server-optional", ["x86_64", "src"], type="optional", parent=server),
        StandInVariant("Server-HA", ["x86_64", "src"], type="addon", parent=server),
        server,
        a_server(uid="Empty", is_empty=True),
    ]


def test_what_the_compose_is_called() -> None:
    """From the compose where Pungi works it out, from the config where it does not."""
    assert view(a_compose()).identity == ComposeIdentity(
        id="Example-1-20261123.n.3",
        type="nightly",
        date="20261123",
        respin=3,
        label=None,
        release_name="Example",
        release_short="Example",
        release_version="1",
        release_type="ga",
        release_internal=False,
        base_product=None,
    )
    assert view(a_compose()).topdir == "/composes/one"


@pytest.mark.parametrize(("label", "seen"), [("RC-1.2", "RC-1.2"), ("", None), (None, None)])
def test_a_label(label: Optional[str], seen: Optional[str]) -> None:
    """An empty one is none."""
    compose = a_compose()
    compose.compose_label = label
    assert view(compose).identity.label == seen


def test_the_release_is_the_one_that_pungi_has_worked_out() -> None:
    """``ci_base`` may differ from the config's text; types are small letters, as productmd's."""
    compose = a_compose(release_type="EUS", release_internal=True)
    compose.ci_base.release.version = "1.1"
    identity = view(compose).identity
    assert identity.release_version == "1.1"
    assert (identity.release_type, identity.release_internal) == ("eus", True)


def test_a_base_product() -> None:
    """Of a layered product."""
    base: Dict[str, Any] = {
        "base_product_name": "Base",
        "base_product_short": "B",
        "base_product_version": "9",
    }
    assert view(a_compose(**base)).identity.base_product == BaseProduct("Base", "B", "9", "ga")
    base["base_product_type"] = "EUS"
    assert view(a_compose(**base)).identity.base_product == BaseProduct("Base", "B", "9", "eus")


def test_variants_are_in_pungis_order_without_sources() -> None:
    """Nested ones, too, each with its parent."""
    seen = view(a_compose(*nested())).variants
    assert [(variant.uid, variant.id, variant.type, variant.parent) for variant in seen] == [
        ("Empty", "Empty", "variant", None),
        ("Server", "Server", "variant", None),
        ("Server-HA", "HA", "addon", "Server"),
        ("Server-optional", "optional", "optional", "Server"),
    ]
    assert [variant.arches for variant in seen] == [
        ("aarch64", "x86_64"),
        ("aarch64", "x86_64"),
        ("x86_64",),
        ("x86_64",),
    ]


def test_a_variants_own_repository(tmp_path: Path) -> None:
    """Where Pungi says it is, ``$arch`` left in; an empty variant has none. No folder is made."""
    compose = a_compose(*nested())
    compose.topdir = str(tmp_path)
    empty, server, addon, optional = view(compose).variants
    assert empty.repository(("x86_64",)) is None
    assert server.repository(("aarch64", "x86_64")) == "Server/$arch/os"
    assert addon.repository(("x86_64",)) == "Server/$arch/os/addons/HA"
    assert optional.repository(("x86_64",)) == "Server-optional/$arch/os"
    assert list(tmp_path.iterdir()) == []


class Moved(StandInComposePaths):
    """Paths of somebody's own."""

    top: Optional[str] = None
    only: Optional[str] = None

    def topdir(self, *args: Any, **kwargs: Any) -> str:
        if self.top is not None and not args and not kwargs.get("relative"):
            return self.top
        return super().topdir(*args, **kwargs)

    def image_dir(self, variant: StandInVariant, relative: bool = False) -> str:
        path = super().image_dir(variant, relative)
        return path.replace("/images", "/pictures") if variant.uid == self.only else path


def problems(top: Optional[str] = None, only: Optional[str] = None) -> List[Problem]:
    compose = a_compose(*nested())
    moved = Moved(compose)
    moved.top, moved.only = top, only
    compose.paths.compose = moved
    return list(path_problems(compose))


def test_pungis_own_paths_are_no_problem() -> None:
    """Of no kind of variant."""
    assert list(path_problems(a_compose(*nested()))) == []
    assert problems() == []


def test_images_that_somebody_moved_are_a_problem() -> None:
    """Once for each variant, whatever arches it has."""
    (problem,) = problems(only="Server")
    assert (problem.code, problem.place) == ("moved-paths", "paths_module")
    assert problem.is_error
    assert "images of Server into Server/aarch64/pictures" in problem.message
    assert problem.hint
    (addon,) = problems(only="Server-HA")
    assert "images of Server-HA into Server/x86_64/pictures" in addon.message


def test_a_compose_folder_that_somebody_moved_is_a_problem() -> None:
    """Placing works below ``compose/``."""
    (problem,) = problems(top="/elsewhere")
    assert problem.code == "moved-paths"
    assert "the compose into /elsewhere" in problem.message
