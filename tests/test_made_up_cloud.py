"""
A cloud that does not exist, known to nothing but its own entry in two tables.

Whatever the product does with a cloud it must do with this one: it is registered once in the
catalogue and once in the rehearsal's table, and a config that uses it goes through every command.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Dict, Iterator, Mapping, Optional

import pytest
from click.testing import Result

import koji_rehearsal
from koji_rehearsal import AskedUpload, RehearsedCloud
from pungi_osbuild import clouds
from pungi_osbuild.checked import OMITTED, JsonDict, Struct
from pungi_osbuild.cli.main import main
from pungi_osbuild.clouds import CloudOf, Exported, InvalidValue, Link, StreamEntry, UploadOption
from pungi_osbuild.metadata import load
from pungi_osbuild.model import CloudImage, CloudName, Ignored, Upload
from tests.cli.commands import runner

_DECK = re.compile("deck-[0-9]+")


def _deck_rule(text: str) -> Optional[InvalidValue]:
    if _DECK.fullmatch(text):
        return None
    return InvalidValue("bad-region", "there is no %r aboard" % text, "Decks look like deck-10.")


@dataclass(frozen=True)
class HoloUpload(Upload):
    """Project an image on a deck."""

    deck: Annotated[str, UploadOption("The deck.", '"deck-10"', rule=_deck_rule)]
    hologram: Annotated[Optional[str], UploadOption("Its name.", '"x"', "a new one")] = None
    ignored: Ignored = ()
    provider = "holo.deck"

    def wanted_name(self) -> Optional[CloudName]:
        if not self.hologram:
            return None
        what = "the hologram %s on %s" % (self.hologram, self.deck)
        return CloudName("hologram", (self.deck, self.hologram), what)

    @property
    def leftover(self) -> str:
        return "hologram %s" % self.hologram

    @property
    def where(self) -> Optional[str]:
        return self.deck


@dataclass(frozen=True)
class HoloImage(CloudImage):
    """A hologram."""

    provider: str = "holo.deck"
    deck: Annotated[Optional[str], OMITTED] = None
    emitter: Annotated[Optional[str], OMITTED] = None

    @property
    def where(self) -> Optional[str]:
        return self.deck


class HoloDeck(CloudOf[HoloImage]):
    """The product's entry."""

    upload = HoloUpload
    stored = HoloImage
    name = "the holodeck"
    title = "Holodeck"
    refused: Mapping[str, str] = {"safety": "Remove it: the protocols are always on."}
    target_names = ("org.osbuild.holo",)
    val_name = "holo"
    stream_platform = "holodeck"

    def read(self, result: Struct, upload: Optional[Upload]) -> HoloImage:
        deck = upload.deck if isinstance(upload, HoloUpload) else None
        return HoloImage(result.line("hologram"), deck=deck, emitter=result.line("emitter"))

    def console(self, image: HoloImage) -> Optional[Link]:
        return Link("https://holo.example.com/%s" % image.id, "the arch")

    def val_instance(self, image: HoloImage, exported: Exported) -> JsonDict:
        return {"hologram": image.id, "arch": exported.arch}

    def val_shared(self, image: HoloImage) -> Mapping[str, Optional[str]]:
        return {"deck": image.deck}

    def stream_entry(self, image: HoloImage) -> Optional[StreamEntry]:
        return StreamEntry("the hologram", ("holodeck", image.deck or ""), {"image": image.id})


def _result(upload: AskedUpload) -> Dict[str, Any]:
    return {"hologram": "holo-" + upload.digest()[:8], "emitter": "e-%s" % upload.option("deck")}


REHEARSED = RehearsedCloud(
    "holo.deck",
    "org.osbuild.holo",
    _result,
    "the emitters are offline",
    hub_options=(
        "HoloUploadOptions",
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["deck"],
            "properties": {"deck": {"type": "string"}, "hologram": {"type": "string"}},
        },
    ),
    needed=("deck",),
    name_option="hologram",
    name_place=("deck",),
    name_failure="the hologram %s is running",
)


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    holodeck = HoloDeck()
    clouds.register(holodeck)
    koji_rehearsal.register_cloud(REHEARSED)
    yield
    koji_rehearsal.unregister_cloud(REHEARSED)
    clouds.unregister(holodeck)


CONFIG = """
release_name = "Example"
release_short = "Example"
release_version = "1"
variants_file = "variants.xml"
osbuild_target = "example-target"
osbuild_version = "1"
osbuild_release = "5"
osbuild_image_types = {"holo": {"upload": "holo.deck", "type": "qcow2", "format": "qcow2"}}
osbuild = {"^Server$": %s}
"""
VARIANTS = """<variants><variant id="Server" name="Server" type="variant">
<arches><arch>x86_64</arch><arch>aarch64</arch></arches><groups/></variant></variants>"""


def a_block(**changes: Any) -> Dict[str, Any]:
    block = {
        "name": "moriarty",
        "distro": "fedora-41",
        "image_types": "holo",
        "upload_options": {"deck": "deck-10", "hologram": "{nvr}"},
    }
    return {**block, **changes}


def a_config(folder: Path, *blocks: Dict[str, Any]) -> Path:
    (folder / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    path = folder / "example.conf"
    path.write_text(CONFIG % json.dumps(blocks), encoding="utf-8")
    return path


def command(*arguments: object) -> Result:
    return runner().invoke(main, [str(argument) for argument in arguments])


def problems(folder: Path, *blocks: Dict[str, Any]) -> Dict[str, str]:
    """Return the messages of the problems of a config, by their codes."""
    done = command("validate", a_config(folder, *blocks), "--format", "json")
    return {one["code"]: one["message"] for one in json.loads(done.stdout)["problems"]}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"deck": "bridge"}, "bad-region", "there is no 'bridge' aboard"),
        ({"hologram": "x"}, "missing-key", "the option deck is missing"),
        ({"deck": "deck-10", "holgram": "x"}, "unknown-key", "holgram"),
        ({"deck": "deck-10", "safety": "off"}, "hub-refuses-field", "composer knows safety"),
        ({"deck": "deck-10", "hologram": "x"}, "fixed-cloud-name", "the same name"),
    ],
)
def test_its_options_are_judged(
    options: Dict[str, str], code: str, message: str, tmp_path: Path
) -> None:
    """By its own rules, and as those of any cloud."""
    found = problems(tmp_path, a_block(upload_options=options, arches=["x86_64"]))
    assert message in found[code]


def test_options_for_it_are_wrong_elsewhere(tmp_path: Path) -> None:
    """Or ignored, where the upload works all the same."""
    found = problems(tmp_path, a_block(image_types="aws"))
    assert "look like those of the holodeck" in found["wrong-cloud"]
    block = a_block(image_types="iot-container", upload_options={"deck": "deck-10"})
    assert "composer ignores deck" in problems(tmp_path, block)["ignored-upload-option"]


def test_two_uploads_cannot_have_one_name(tmp_path: Path) -> None:
    """Of two arches, or of two blocks."""
    same = {"deck": "deck-10", "hologram": "{name}"}
    found = problems(tmp_path, a_block(upload_options=same))
    assert "two uploads want the hologram moriarty on deck-10" in found["duplicate-cloud-name"]


def test_a_config_that_is_fine_goes_all_the_way(tmp_path: Path) -> None:
    """Validated, planned, rehearsed over HTTP, recorded, listed, exported and reported."""
    config, out = a_config(tmp_path, a_block()), tmp_path / "out"
    assert list(problems(tmp_path, a_block())) == ["local-repo"]
    planned = json.loads(command("plan", config, "--format", "json").stdout)
    assert "moriarty-1-5.aarch64" in json.dumps(planned)
    done = command("rehearse", config, "--out", out, "--duration", 0, "-q", "--format", "json")
    assert done.exit_code == 0, done.output

    recorded = json.loads((out / "compose/metadata/osbuild.json").read_text("utf-8"))
    images = recorded["payload"]["images"]["Server"]
    (upload,) = images["x86_64"][0]["cloud"]
    assert (upload["provider"], upload["deck"]) == ("holo.deck", "deck-10")
    assert upload["id"].startswith("holo-")
    assert upload["emitter"] == "e-deck-10"
    assert {type(one) for image in load(out).images for one in image.uploads} == {HoloImage}

    listed = command("images", out, "--provider", "holo.deck", "--region", "deck-10")
    assert upload["id"] in listed.stdout
    exported = command("images", out, "--format", "cloud-image-val", "--arch", "x86_64")
    assert json.loads(exported.stdout) == {
        "provider": "holo",
        "deck": "deck-10",
        "instances": [{"hologram": upload["id"], "arch": "x86_64"}],
    }
    stream = json.loads(command("images", out, "--format", "stream").stdout)
    there = stream["architectures"]["x86_64"]
    assert there["images"]["holodeck"]["deck-10"]["image"] == upload["id"]
    assert list(there["artifacts"]) == ["holodeck"]

    page = tmp_path / "report.html"
    assert command("report", out, "--output", page).exit_code == 0
    text = page.read_text("utf-8")
    assert "Holodeck" in text
    assert 'href="https://holo.example.com/%s"' % upload["id"] in text


def test_what_is_left_there_is_listed(tmp_path: Path) -> None:
    """An upload of an image that came to nothing: by its id, and by the name that it may have."""
    config, out = a_config(tmp_path, a_block()), tmp_path / "out"
    faults = ("--fault", "corrupt-upload:arch=x86_64", "--fault", "composer-lost:arch=aarch64")
    done = command("rehearse", config, "--out", out, "--duration", 0, "-q", *faults)
    assert done.exit_code == 1, done.output
    orphans = [orphan for task in load(out).tasks for orphan in task.orphans]
    there, perhaps = sorted(
        (orphan for orphan in orphans if orphan.place == "holo.deck"),
        key=lambda orphan: not orphan.is_there,
    )
    assert there.name.startswith("holo-")
    assert perhaps.name == "hologram moriarty-1-5.aarch64"
    for orphan in (there, perhaps):
        assert orphan.region == "deck-10"
        assert orphan.describe() in done.output
    page = tmp_path / "report.html"
    assert command("report", out, "--output", page).exit_code == 0
    assert "Holodeck" in page.read_text("utf-8")


def test_a_failed_upload_says_why(tmp_path: Path) -> None:
    """In the words of the cloud."""
    config, out = a_config(tmp_path, a_block()), tmp_path / "out"
    done = command("rehearse", config, "--out", out, "--duration", 0, "-q", "--fault", "upload")
    assert done.exit_code == 1
    assert "the emitters are offline" in done.output
