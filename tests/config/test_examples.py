"""The examples are what their index says, and read without a single problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from pungi_osbuild.config import read_config, read_source, read_variants, unmatched_patterns
from pungi_osbuild.metadata import productmd_types
from pungi_osbuild.planning import checked_plan
from pungi_osbuild.problems import Severity
from tests.values import a_compose, an_identity

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted({path.parent for path in EXAMPLES.glob("*/*.conf")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_an_example_reads_without_problems(folder: Path) -> None:
    """One config, its variants, one line that says what it shows, and a block for each variant."""
    (config_file,) = folder.glob("*.conf")
    assert len((folder / "README.md").read_text().strip().splitlines()) == 1
    reading = read_config(read_source(config_file))
    assert reading.problems == ()
    config = reading.config
    assert config is not None
    assert config.release is not None
    assert config.variants_file == str(folder / "variants.xml")
    variants = read_variants(folder / "variants.xml", config.tree_arches, config.tree_variants)
    assert unmatched_patterns(config, [variant.uid for variant in variants]) == ()
    compose = a_compose(identity=an_identity(), variants=variants)
    planned = checked_plan(config, compose, productmd_types(), (), False)
    assert {problem.severity for problem in planned.problems} <= {Severity.NOTE}
    assert "(%s/)" % folder.name in (EXAMPLES / "README.md").read_text()


def test_the_cloud_example_goes_to_every_cloud_under_no_fixed_name() -> None:
    """Two arches with one AMI, GCP or Azure name would collide, and so would two composes."""
    reading = read_config(read_source(EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"))
    assert reading.config is not None
    uploads = [
        upload
        for block in reading.config.blocks
        for upload in (block.upload, *(own.upload for own in block.arch_uploads))
        if upload is not None
    ]
    assert {upload.provider for upload in uploads} == {
        "aws",
        "aws.s3",
        "gcp",
        "azure",
        "container",
    }
    variants = read_variants(EXAMPLES / "rhel-cloud" / "variants.xml", ("aarch64", "x86_64"))
    names = []
    for date in ("20261123", "20261124"):
        compose = a_compose(identity=an_identity(date=date), variants=variants)
        planned = checked_plan(reading.config, compose, productmd_types(), (), False)
        assert not [problem for problem in planned.problems if "cloud-name" in problem.code]
        for request in planned.requests:
            upload = request.upload
            names.append(getattr(upload, "snapshot_name", getattr(upload, "image_name", None)))
    given = [name for name in names if name is not None]
    assert len(given) == len(set(given)) == 10
