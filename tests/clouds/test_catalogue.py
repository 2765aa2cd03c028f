"""The catalogue of clouds: each says one thing of itself, and no two the same."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

import pungi_osbuild
from pungi_osbuild.clouds import Cloud, cloud_of, cloud_of_target, clouds, register

CLOUDS = pytest.mark.parametrize("cloud", clouds(), ids=lambda cloud: str(cloud.id))


@CLOUDS
def test_its_options_and_its_images_are_of_one_cloud(cloud: Cloud) -> None:
    """The id stands in both, and finds the cloud."""
    assert cloud.stored("an-id").provider == cloud.id
    assert cloud_of(cloud.id) is cloud
    assert all(cloud_of_target(name) is cloud for name in cloud.target_names)


@CLOUDS
def test_what_the_hub_refuses_is_no_option(cloud: Cloud) -> None:
    """It would be sent otherwise; and only a cloud that can be reached has any."""
    assert not set(cloud.options) & set(cloud.refused)
    assert cloud.is_reachable or not cloud.options
    assert set(cloud.required) <= set(cloud.options)


def test_no_name_is_that_of_two() -> None:
    """Neither composer's nor the people's."""
    names = [
        [name for cloud in clouds() for name in cloud.target_names],
        [cloud.heading for cloud in clouds()],
        [cloud.val_name for cloud in clouds() if cloud.val_name],
        [cloud.stream_platform for cloud in clouds() if cloud.stream_platform],
    ]
    assert [Counter(some).most_common(1)[0][1] for some in names] == [1] * len(names)


def test_a_cloud_is_not_registered_twice() -> None:
    """The second would hide the first."""
    with pytest.raises(ValueError, match="there is a cloud aws"):
        register(cloud_of("aws"))


def test_nothing_else_asks_which_cloud_it_is() -> None:
    """Beside the clouds' own files only the image types name one, as theirs."""
    package = Path(pungi_osbuild.__file__).parent
    names = {cloud.id for cloud in clouds()} | {
        name for cloud in clouds() for name in cloud.target_names
    }
    for path in package.rglob("*.py"):
        if path.relative_to(package).parts[0] in ("clouds", "imagetypes"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in names:
                raise AssertionError("%s:%d names a cloud" % (path, node.lineno))
