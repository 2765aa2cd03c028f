"""``reproduce`` as people run it, with stand-ins for osbuild and sudo on PATH."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest

from koji_rehearsal.composer.provenance import SIZE
from tests.cli.commands import Done, in_process
from tests.fileserver import FileServer
from tests.rehearsed import DATE, EXAMPLES, rehearse

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"
HERE = platform.machine()
OTHER = "aarch64" if HERE != "aarch64" else "x86_64"

OSBUILD = """#!/bin/sh
[ "$1" = --version ] && { echo "osbuild %(version)s"; exit 0; }
echo "$@" > %(said)s
mkdir -p "$2/$6"
cp "$7" %(said)s.manifest && printf '%%s' image > "$2/$6/image.raw"
exit %(status)d
"""

buildable = pytest.mark.skipif(
    HERE not in ("aarch64", "x86_64"), reason="the example has no image for %s" % HERE
)


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compose") / "out"
    rehearse(CLOUD, folder)
    return folder


def name_of(arch: str) -> str:
    return "rhel-ec2-9.4-%s.t.0.%s.raw" % (DATE, arch)


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH that begins with an osbuild and a sudo of ours."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", "%s:%s" % (folder, os.environ["PATH"]))
    _program(folder / "sudo", '#!/bin/sh\nexec "$@"\n')
    return folder


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def install(folder: Path, version: str = "157", status: int = 0) -> None:
    values = {"version": version, "said": folder / "said", "status": status}
    _program(folder / "osbuild", OSBUILD % values)


def recorded(compose: Path, arch: str) -> Dict[str, Any]:
    document = json.loads((compose / "compose/metadata/osbuild.json").read_text("utf-8"))
    (found,) = [
        image
        for image in document["payload"]["images"]["BaseOS"][arch]
        if image["path"].endswith(name_of(arch))
    ]
    return dict(found)


def reproduce(compose: Path, home: Path, arch: str, *arguments: object) -> Done:
    output = ("--output", home / "made")
    return in_process("reproduce", compose, name_of(arch), *output, *arguments, home=home)


def test_the_command(compose: Path, tmp_path: Path, stand_ins: Path) -> None:
    """Printed alone, so that it can be pasted or piped; the manifest is there already."""
    install(stand_ins)
    done = reproduce(compose, tmp_path, OTHER)
    assert done.exit == 0, done.err
    made = tmp_path / "made"
    manifest = made / recorded(compose, OTHER)["manifest"]["filename"]
    wanted = "sudo osbuild --output-directory %s --store %s --export image %s\n"
    assert done.out == wanted % (made / "output", made / "store", manifest)
    assert json.loads(manifest.read_text("utf-8"))["version"] == "2"
    assert "the image is for %s and this machine is %s" % (OTHER, HERE) in done.err
    assert "The image will be in %s." % (made / "output" / "image" / "image.raw") in done.err
    assert not (stand_ins / "said").exists(), "nothing was run"


@buildable
def test_run(compose: Path, tmp_path: Path, stand_ins: Path) -> None:
    """What is printed runs, with a copy of the manifest; both images' checksums are shown."""
    install(stand_ins)
    done = reproduce(compose, tmp_path, HERE, "--run")
    assert done.exit == 0, done.err
    command, *rest = done.out.splitlines()
    ran = (stand_ins / "said").read_text().split()
    *printed, manifest = shlex.split(command)
    assert printed == ["sudo", "osbuild", *ran[:-1]]
    assert (stand_ins / "said.manifest").read_bytes() == Path(manifest).read_bytes()
    assert not Path(ran[-1]).exists(), "a copy that was there for osbuild alone"
    text = "\n".join(rest)
    assert str(tmp_path / "made" / "output" / "image" / "image.raw") in text
    assert hashlib.sha256(b"image").hexdigest() in text
    assert recorded(compose, HERE)["checksums"]["sha256"] in text
    assert "not bit-identical" in text
    assert "osbuild 157" not in done.err, "it is the version that is recorded"
    again = reproduce(compose, tmp_path, HERE, "--run")
    assert again.exit == 2, "what is there is not taken for what is built"
    assert "already exists" in again.err


@buildable
def test_another_osbuild(compose: Path, tmp_path: Path, stand_ins: Path) -> None:
    """It is told of, and tried; what osbuild says and how it ends is not hidden."""
    install(stand_ins, version="99", status=3)
    done = reproduce(compose, tmp_path, HERE, "--run")
    assert done.exit == 1
    assert "osbuild 157 built the image, but this machine has osbuild 99" in done.err
    assert "osbuild ended with status 3" in done.err


@buildable
def test_without_osbuild(
    compose: Path, tmp_path: Path, stand_ins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is told all the same; running it is refused."""
    monkeypatch.setenv("PATH", str(stand_ins))
    assert reproduce(compose, tmp_path, HERE).exit == 0
    done = reproduce(compose, tmp_path, HERE, "--run")
    assert done.exit == 2
    assert "osbuild is not installed here" in done.err


def test_another_arch_is_not_built(compose: Path, tmp_path: Path, stand_ins: Path) -> None:
    """osbuild would run for a while before it failed."""
    install(stand_ins)
    done = reproduce(compose, tmp_path, OTHER, "--run")
    assert done.exit == 2
    assert "an image for %s cannot be built on %s" % (OTHER, HERE) in done.err
    assert not (stand_ins / "said").exists()


def test_an_image_that_is_not_there(compose: Path, tmp_path: Path) -> None:
    """Those that are there are named."""
    done = in_process("reproduce", compose, "no-such", home=tmp_path)
    assert done.exit == 2
    assert name_of(OTHER) in done.err


def test_a_manifest_that_cannot_be_had(compose: Path, tmp_path: Path) -> None:
    """The error names the file, and the way round."""
    folder = tmp_path / "compose"
    shutil.copytree(compose / "compose/metadata", folder / "compose/metadata")
    path = folder / "compose/metadata/osbuild.json"
    document = json.loads(path.read_text("utf-8"))
    with FileServer(b"", statuses=lambda _number: 404).serving() as site:
        document["payload"]["koji"]["topurl"] = site.address
        path.write_text(json.dumps(document))
        done = reproduce(folder, tmp_path, OTHER)
    assert len(site.asked) == 1
    assert done.exit == 2
    assert "404" in done.err
    assert recorded(compose, OTHER)["manifest"]["filename"] in done.err
    assert "--manifest" in done.err
    other = tmp_path / "other.json"
    other.write_text('{"pipelines": [{"name": "build"}]}')
    done = reproduce(folder, tmp_path, OTHER, "--manifest", other)
    assert done.exit == 1
    assert "has no pipeline 'image'" in done.err


@buildable
def test_a_manifest_that_is_not_the_recorded_one_is_not_run_as_root(
    compose: Path, tmp_path: Path, stand_ins: Path
) -> None:
    """Another one may have the same pipelines; --unverified is for whoever trusts it."""
    install(stand_ins)
    reproduce(compose, tmp_path, HERE)
    fetched = tmp_path / "made" / recorded(compose, HERE)["manifest"]["filename"]
    changed = tmp_path / "changed.json"
    changed.write_text(fetched.read_text("utf-8") + " ")
    printed = reproduce(compose, tmp_path, HERE, "--manifest", changed)
    assert printed.exit == 0
    assert "warning: the manifest is not verified" in printed.err
    refused = reproduce(compose, tmp_path, HERE, "--manifest", changed, "--run")
    assert refused.exit == 2
    assert "is not verified" in refused.err and "--unverified" in refused.err
    assert not (stand_ins / "said").exists(), "nothing was run"
    run = reproduce(compose, tmp_path, HERE, "--manifest", changed, "--run", "--unverified")
    assert run.exit == 0, run.err
    assert (stand_ins / "said.manifest").read_bytes() == changed.read_bytes()


@buildable
def test_a_manifest_of_an_older_record_is_not_run_either(
    compose: Path, tmp_path: Path, stand_ins: Path
) -> None:
    """Formats before 1.3 have no checksum of it."""
    install(stand_ins)
    copied = tmp_path / "compose"
    shutil.copytree(compose, copied, symlinks=True)
    path = copied / "compose/metadata/osbuild.json"
    document = json.loads(path.read_text("utf-8"))
    document["payload"]["format_version"] = "1.2"
    for arches in document["payload"]["images"].values():
        for images in arches.values():
            for image in images:
                image["manifest"] = {
                    "filename": image["manifest"]["filename"],
                    "osbuild_composer_version": None,
                    "osbuild_composer_deps": ["a@v1 => b@v2"],
                }
    path.write_text(json.dumps(document))
    refused = reproduce(copied, tmp_path, HERE, "--run")
    assert refused.exit == 2
    assert "older version" in refused.err
    assert not (stand_ins / "said").exists(), "nothing was run"


ALL_FILES = """
release_name = "Example"
release_short = "Example"
release_version = "1"
variants_file = "variants.xml"
osbuild_target = "example"
osbuild_release = "1"
osbuild_save_provenance = True
osbuild = {"^Server$": %s}
"""
BLOCKS = [
    {"name": kind, "subvariant": kind, "distro": "fedora-43", "image_types": kind}
    for kind in ("guest-image", "minimal-raw", "iot-commit")
]
SERVER = """<variants><variant id="Server" name="Server" type="variant">
<arches><arch>%s</arch></arches><groups/></variant></variants>"""


@buildable
def test_osbuild_builds_a_rehearsed_image_again(tmp_path: Path) -> None:
    """Where there is one, and this is root: it takes the manifests, and builds the files."""
    if shutil.which("osbuild") is None or os.geteuid() != 0:
        pytest.skip("needs osbuild, and to be root")
    config, out = tmp_path / "example.conf", tmp_path / "out"
    config.write_text(ALL_FILES % json.dumps(BLOCKS))
    (tmp_path / "variants.xml").write_text(SERVER % HERE)
    rehearse(config, out)
    images = json.loads((out / "compose/metadata/osbuild.json").read_text("utf-8"))
    found = images["payload"]["images"]["Server"][HERE]
    assert len(found) == 3
    for image in found:
        (manifest,) = (out / "logs").rglob(image["manifest"]["filename"])
        subprocess.run(["osbuild", "--inspect", str(manifest)], check=True, capture_output=True)
        made = tmp_path / image["image_type"]
        name = image["path"].rpartition("/")[2]
        arguments = ("reproduce", out, name, "--output", made, "--run")
        done = in_process(*arguments, home=tmp_path)
        assert done.exit == 0, done.err
        artifact = image["osbuild_artifact"]
        file = made / "output" / artifact["export_name"] / artifact["export_filename"]
        assert file.stat().st_size == SIZE
