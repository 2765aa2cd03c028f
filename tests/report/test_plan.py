"""The plan as people and machines read it."""

from __future__ import annotations

import json

from pungi_osbuild.report import plan_json, plan_table
from tests.values import a_request, an_image_config


def test_a_plan_shows_each_task_with_its_exact_arguments() -> None:
    """A row, and below the call as it would be made."""
    table = plan_table([a_request(can_fail=True)])
    assert table[1].split() == [
        "1",
        "Server",
        "x86_64",
        "guest-image",
        "example-guest-1-5",
        "example-target",
        "yes",
    ]
    text = "\n".join(table)
    assert '"example-guest", "1", "rhel-9.4", "guest-image", "example-target", ["x86_64"],' in text
    assert '"release": "5"' in text
    assert table[-1] == "1 task."


def test_a_release_that_only_the_hub_can_give_is_said_to_be_so() -> None:
    """In words for people, null for machines."""
    request = a_request(
        base_release=None, release_from_hub=True, config=an_image_config(release=None)
    )
    assert "example-guest-1-<next>" in plan_table([request])[1]
    (task,) = plan_json([request])
    assert (task["release"], task["nvr"]) == (None, None)
    assert "release" not in task["args"][6]


def test_json_has_the_keys_of_the_design() -> None:
    """And survives being written and read."""
    (task,) = json.loads(json.dumps(plan_json([a_request()])))
    assert set(task) == {
        "variant",
        "arches",
        "name",
        "version",
        "release",
        "nvr",
        "image_type",
        "distro",
        "target",
        "can_fail",
        "subvariant",
        "method",
        "args",
    }
    assert len(task["args"]) == 7


def test_an_empty_plan_says_so() -> None:
    """Not an empty table."""
    assert plan_table([]) == ["No tasks to submit."]
