"""
Every config on the pages is read, planned and checked, as ``validate`` does it.

A block of Python is a config, a part of one (``option = value``), or a part of an image block
(``"option": value,``); one that imports something is a program, and run by test_commands.py. What
a part lacks is filled in. A config has no problems at all, warnings included, unless a comment
before it, ``<!-- problems: CODE CODE -->``, names those that it is there to show.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, Dict, List

import pytest

from pungi_osbuild.cli.inputs import Origin, Prepared, prepare
from tests.docs.pages import PAGES, Block, blocks
from tests.rehearsed import rehearse

SANDBOX = Path(__file__).parent / "sandbox"
ORIGIN = Origin(variants=SANDBOX / "all-variants.xml", date="20261123")
LACKING = """\
release_name = "Fedora"
release_short = "Fedora"
release_version = "41"
translate_paths = [("/mnt/koji/compose", "https://kojipkgs.example.org/compose")]
osbuild_target = "f41-images"
"""
TYPES = ("guest-image", "aws", "iot-installer")
"""An option of an image block must fit one of these, unless it names another."""

PYTHON = [block for page in PAGES for block in blocks(page) if block.language == "python"]
CONFIGS = [block for block in PYTHON if not re.search(r"^(import|from) ", block.text, re.M)]
CLOUDS = Path(__file__).parents[2] / "docs" / "clouds.md"


def _is_of_a_block(block: Block) -> bool:
    return block.text.startswith('"')


def _of(kind: str) -> pytest.MarkDecorator:
    chosen: Dict[str, List[Block]] = {
        "config": [block for block in CONFIGS if not _is_of_a_block(block)],
        "option": [block for block in CONFIGS if _is_of_a_block(block)],
    }
    return pytest.mark.parametrize("block", chosen[kind], ids=lambda block: block.place)


def _section(image_type: str, **options: Any) -> str:
    block = {"name": "my-image", "distro": "fedora-41", "image_types": image_type, **options}
    return "osbuild = %r\n" % {"^Server$": [block]}


def _prepared(text: str, folder: Path) -> Prepared:
    config = folder / "page.conf"
    section = "" if re.search(r"^osbuild = ", text, re.M) else _section(TYPES[0])
    config.write_text(LACKING + section + text, encoding="utf-8")
    return prepare(config, ORIGIN)


@_of("config")
def test_a_config_has_the_problems_it_is_there_to_show(block: Block, tmp_path: Path) -> None:
    """Most have none."""
    prepared = _prepared(block.text, tmp_path)
    codes = [problem.code for problem in prepared.problems]
    assert codes == (block.noted("problems") or "").split(), prepared.problems
    assert prepared.requests or codes


@_of("option")
def test_an_option_of_a_block_fits_into_one(block: Block, tmp_path: Path) -> None:
    """Into one of the image types that it may be for."""
    options = ast.literal_eval("{%s}" % block.text)
    found = []
    for image_type in TYPES:
        prepared = _prepared(_section(image_type, **options), tmp_path)
        found.append([problem for problem in prepared.problems if problem.is_error])
    assert [] in found, found


SECTIONS = {
    "AWS EC2": ("aws", 2),
    "AWS S3": ("aws.s3", 2),
    "GCP": ("gcp", 1),
    "Azure": ("azure", 2),
    "Container registry": ("container", 2),
    "OCI": ("oci.objectstorage", 1),
}
"""The cloud of each section, and the images of its block: of RHEL some are of x86_64 alone."""


@pytest.mark.parametrize("title", SECTIONS)
def test_the_block_of_a_cloud_gets_there(title: str, tmp_path: Path) -> None:
    """Rehearsed as it stands on the page: each image is in that cloud, and its id is recorded."""
    provider, images = SECTIONS[title]
    text = CLOUDS.read_text(encoding="utf-8")
    start = text[: text.index("\n## %s\n" % title)].count("\n")
    block = next(block for block in blocks(CLOUDS) if block.line > start)
    config = tmp_path / "page.conf"
    config.write_text(LACKING + block.text, encoding="utf-8")
    done = rehearse(config, tmp_path / "out", variants=ORIGIN.variants)
    outcomes = done.result.outcomes
    assert len(outcomes) == images
    for outcome in outcomes:
        (image,) = outcome.images
        assert [cloud.provider for cloud in image.built.cloud] == [provider]
