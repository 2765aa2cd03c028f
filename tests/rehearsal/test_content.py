"""What a hub knows at first, and what it learns."""

from __future__ import annotations

from pathlib import Path

import koji
import pytest

from koji_rehearsal import HubContent, HubUser
from tests.conformance.desk import a_desk


def test_seeded_content_is_what_a_plan_needs(tmp_path: Path) -> None:
    """Every target builds and takes every package, on these arches alone."""
    arches = ["x86_64", "aarch64"]
    content = HubContent.seeded(["rhel-images", "rhel-images", "iot"], ["guest", "iot"], arches)
    with a_desk(tmp_path, content=content) as desk:
        session = desk.session()
        assert [one["name"] for one in session.getBuildTargets()] == ["rhel-images", "iot"]
        target = session.getBuildTarget("iot")
        assert target["dest_tag_name"] == "iot-candidate"
        assert session.getBuildConfig(target["build_tag"])["arches"] == "x86_64 aarch64"
        assert session.checkTagPackage(target["dest_tag"], "guest") is True
        assert content.packages == ("guest", "iot")
        built = desk.build("guest", target="iot", arches=arches)
        assert desk.state(built) == "CLOSED"
        assert desk.state(desk.build("iot", target="iot", arches=["s390x"])) == "FAILED"


def test_a_target_is_added_when_it_is_first_asked_for(tmp_path: Path) -> None:
    """With its tags, which take any package."""
    with a_desk(tmp_path) as desk:
        session = desk.session()
        target = session.getBuildTarget("my-images", strict=True)
        assert target["build_tag_name"] == "my-images-build"
        assert session.getTag("my-images-candidate")["id"] == target["dest_tag"]
        assert session.checkTagPackage("my-images-candidate", "rig-image") is True
        assert session.getBuildTarget("my-images") == target
        assert session.getRepo(target["build_tag"])["tag_name"] == "my-images-build"
        assert desk.state(desk.build("anything", target="other-images")) == "CLOSED"


def test_a_package_is_added_when_the_hub_has_never_heard_of_it(tmp_path: Path) -> None:
    """One that it knows is in the lists it is in, and in no other."""
    with a_desk(tmp_path) as desk:
        session = desk.session()
        assert session.checkTagPackage("f41-images-empty", "brand-new") is True
        assert session.checkTagPackage("f41-images-child", "brand-new") is True
        assert session.checkTagPackage("f41-images-empty", "rig-image") is False
        assert session.checkTagPackage("f41-images-candidate", "blocked-image") is False
        task_id = desk.build("another", target="f41-images-locked")
        with pytest.raises(koji.ActionNotAllowed, match="tag is locked"):
            session.getTaskResult(task_id)


def test_a_password_is_not_shown() -> None:
    """It is the name and ``pw`` unless another is given."""
    user = HubUser("me", password="hunter2")
    assert "hunter2" not in repr(user)
    assert user.accepts("hunter2") and not user.accepts("mepw")
    assert HubUser("me").accepts("mepw") and not HubUser("me").accepts("")
