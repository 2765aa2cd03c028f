"""The rules of the house are tests: who imports whom, and one door for each outside library."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Dict, FrozenSet, Iterator, List, Mapping, Set, Tuple

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pungi_osbuild"
REHEARSAL = ROOT / "koji_rehearsal"

ORDER = (
    "secrets",
    "errors",
    "clock",
    "stop",
    "timing",
    "checked",
    "model",
    "problems",
    "clouds",
    "imagetypes",
    "methods",
    "config",
    "hub",
    "metadata",
    "placing",
    "planning",
    "run",
    "phase",
    "reproduce",
    "report",
    "cli",
)
WITH_REHEARSAL = ("cli/hub.py", "cli/hubsettings.py", "cli/rehearse.py")
"""The modules that may import koji_rehearsal: without it every other command works."""

OF_THE_PRODUCT: FrozenSet[str] = frozenset({"imagetypes"})
"""What the rehearsal may use of the product."""

DOORS: Mapping[str, Tuple[str, ...]] = {
    "pungi": ("phase/adapter.py", "phase/paths_module.py", "cli/pungi_koji.py"),
    "koji": ("hub/", "koji_rehearsal/"),
    "koji_cli": (),
    "productmd": ("metadata/",),
    "kobo.threads": ("run/workers.py",),
    "kobo.conf": ("config/",),
    "requests": ("hub/",),
    "urllib3": ("hub/",),  # what requests raises is wrapped around its errors
    "click": ("cli/",),
    "jinja2": ("report/", "koji_rehearsal/"),
    "rich": ("report/", "cli/"),
    "jsonschema": ("config/", "koji_rehearsal/"),
}
"""Each outside library, and where it may be imported."""


ADAPTER = "pungi_osbuild.phase.adapter"
"""It imports Pungi, so no package can bring it along."""


def modules() -> List[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def every_module() -> List[Path]:
    """Give the modules of both packages."""
    return modules() + sorted(REHEARSAL.rglob("*.py"))


def shown(path: Path) -> str:
    """Give a path as DOORS names it: below the product, or with the rehearsal's name."""
    folder = PACKAGE if PACKAGE in path.parents else ROOT
    return str(path.relative_to(folder))


def imports(path: Path) -> Iterator[str]:
    """Give the full name of everything that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "%s: imports are absolute here" % path
            assert node.module is not None
            if node.module == "pungi_osbuild":
                yield from ("pungi_osbuild." + alias.name for alias in node.names)
            else:
                yield node.module


def room_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    """A room knows only itself and the rooms before it."""
    room = "cli" if room_of(path) == "__main__" else room_of(path)
    assert room in (*ORDER, "__init__"), "%s is in no room" % path
    allowed = set(ORDER[: ORDER.index(room) + 1]) if room in ORDER else set()
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "pungi_osbuild" and name != "pungi_osbuild.__version__":
            assert parts[1:2] and parts[1] in allowed, "%s must not import %s" % (room, name)
        if parts[0] == "koji_rehearsal":
            assert shown(path) in WITH_REHEARSAL, "%s must not import %s" % (path, name)
            assert len(parts) == 1, "%s must import from koji_rehearsal" % path


def test_the_rehearsal_uses_hardly_anything_of_the_product() -> None:
    """A stand-in that shares the code it judges would judge nothing."""
    for path in sorted(REHEARSAL.rglob("*.py")):
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "pungi_osbuild":
                assert len(parts) == 2, "%s must not import %s" % (path, name)
                assert parts[1] in OF_THE_PRODUCT, "%s must not import %s" % (path, name)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_package_is_used_through_its_public_names(path: Path) -> None:
    """Nothing imports the modules of another package."""
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "pungi_osbuild" and len(parts) > 2 and parts[1] != room_of(path):
            assert name == ADAPTER, "%s must import from pungi_osbuild.%s" % (path, parts[1])


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/__init__.py")), ids=shown)
def test_every_public_name_is_there(path: Path) -> None:
    """A name that has moved away goes from the list, too."""
    package = importlib.import_module("pungi_osbuild." + path.parent.name)
    for name in getattr(package, "__all__", ()):
        assert hasattr(package, name), "%s has no %s" % (path.parent.name, name)


@pytest.mark.parametrize("path", every_module(), ids=shown)
def test_each_outside_library_has_one_door(path: Path) -> None:
    """An outside library is imported in its own place alone."""
    relative = shown(path)
    for name in imports(path):
        for library, doors in DOORS.items():
            if name == library or name.startswith(library + "."):
                assert relative.startswith(doors), "%s must not import %s" % (relative, name)


def test_only_the_ways_in_import_the_door_to_pungi() -> None:
    """Everything else works where Pungi is not."""
    importers = {
        str(path.relative_to(PACKAGE)) for path in modules() if ADAPTER in set(imports(path))
    }
    assert importers == {"phase/paths_module.py", "cli/pungi_koji.py"}


def test_every_outside_library_has_a_door() -> None:
    """A library that is new to the project needs an entry here, and a reason."""
    known = {library.split(".")[0] for library in DOORS} | {"koji_rehearsal", "pungi_osbuild"}
    standard = _standard_library()
    seen: Dict[str, str] = {
        name.split(".")[0]: str(path) for path in every_module() for name in imports(path)
    }
    unknown = {name: path for name, path in seen.items() if name not in known | standard}
    assert not unknown


def _standard_library() -> Set[str]:
    import sys

    names = getattr(sys, "stdlib_module_names", None)
    if names is None:
        pytest.skip("this Python does not list its standard library")
    return set(names)


def test_only_the_commands_print() -> None:
    """Printing and exiting are for ``cli/``."""
    for path in every_module():
        if shown(path).startswith("cli/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "exit"}, "%s:%d" % (path, node.lineno)


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A module is named by its one job."""
    for path in every_module():
        assert path.stem not in {"utils", "util", "helpers", "common", "misc", "base", "tools"}


def classes(path: Path) -> Iterator[ast.ClassDef]:
    """Give the classes that a module defines, but those inside of a function or another class."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node for node in tree.body if isinstance(node, ast.ClassDef))


def test_a_class_name_has_one_meaning() -> None:
    """Within the product, and but for what is private to a module; the rehearsal has its own."""
    found: Dict[str, List[str]] = {}
    for path in modules():
        for one in classes(path):
            if not one.name.startswith("_"):
                found.setdefault(one.name, []).append(shown(path))
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


MAX_LINES = 420
MAX_METHODS = 22
TOO_MANY_METHODS: Set[str] = set()
"""Until what runs requests is an engine of events."""


@pytest.mark.parametrize("path", every_module(), ids=shown)
def test_a_module_can_be_read_at_one_sitting(path: Path) -> None:
    """It has one job, and so has each class."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
    for one in classes(path):
        methods = [node.name for node in one.body if isinstance(node, ast.FunctionDef)]
        assert len(methods) <= MAX_METHODS or one.name in TOO_MANY_METHODS, one.name


def test_pungi_is_never_a_dependency() -> None:
    """On the package index ``pungi`` is another project."""
    from importlib.metadata import requires

    for line in requires("pungi-osbuild") or []:
        assert not line.lower().startswith("pungi"), line


def test_nothing_asks_which_task_method_it_is() -> None:
    """A method's name is written in its own place alone."""
    own = ("methods/", "koji_rehearsal/task_methods.py", "koji_rehearsal/schema.py")
    for path in every_module():
        if not shown(path).startswith(own):
            assert "osbuildImage" not in path.read_text(encoding="utf-8"), path
