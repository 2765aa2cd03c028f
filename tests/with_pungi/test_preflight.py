"""What is wrong in Koji stops a compose at minute nought, before any phase has begun."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

import pytest

from koji_rehearsal import HubContent, RehearsalHub
from tests.with_pungi import at_hand
from tests.with_pungi.composing import (
    ABSENT,
    OURS,
    PUNGIS,
    Composed,
    Section,
    Workshop,
    block,
    submitted,
    tasks,
)

STRICT = replace(HubContent.golden(), strict=True)
GOOD = {"name": "rig-image", "target": "f41-images"}

STOPS: Dict[str, Dict[str, Any]] = {
    "unknown-target": {**GOOD, "target": "no-such-target"},
    "locked-tag": {**GOOD, "target": "f41-images-locked"},
    "missing-package": {**GOOD, "name": "no-such-package"},
    "blocked-package": {**GOOD, "name": "blocked-image"},
    "no-arches": {**GOOD, "target": "f41-images-noarches"},
}
MENTIONS = {
    "unknown-target": "no-such-target",
    "locked-tag": "f41-images-locked",
    "missing-package": "no-such-package",
    "blocked-package": "blocked-image",
    "no-arches": "f41-images-build-noarches",
}


def blocks(**values: Any) -> Section:
    return {"^Server$": [block(**values)]}


def assert_stopped(done: Composed, hub: RehearsalHub) -> None:
    """Nothing has begun, neither here nor in Koji, and every line says whose it is."""
    assert (done.exit, done.status) == (1, "DOOMED"), done.out
    assert done.refusals
    assert submitted(hub) == []
    assert "PHASE: INIT" not in done.log
    assert "Configuration is not valid" in done.complaint
    assert "Traceback" not in done.out
    assert not (done.folder / "compose" / "Server").exists()


@pytest.mark.parametrize("case", STOPS)
def test_a_problem_on_the_hub_stops_the_compose(case: str, workshop: Workshop) -> None:
    """The lines name what is missing."""
    hub = workshop.hub(content=STRICT)
    done = workshop.compose(workshop.config(blocks(**STOPS[case])))
    assert_stopped(done, hub)
    assert MENTIONS[case] in "\n".join(done.refusals)


def test_all_problems_are_told_at_once(workshop: Workshop) -> None:
    """Of the config and of the hub, of every image."""
    hub = workshop.hub(content=STRICT)
    section = {"^Server$": [block(**STOPS[case], subvariant=case.title()) for case in STOPS]}
    done = workshop.compose(workshop.config(section))
    assert_stopped(done, hub)
    text = "\n".join(done.refusals)
    for case in STOPS:
        assert MENTIONS[case] in text, text


def test_the_hub_is_asked_with_an_unmodified_pungi_koji_too(workshop: Workshop) -> None:
    """``paths_module`` takes part in the validation."""
    hub = workshop.hub(content=STRICT)
    config = workshop.config(
        blocks(**STOPS["missing-package"]), paths_module="pungi_osbuild.phase.paths_module"
    )
    assert_stopped(workshop.compose(config, way=PUNGIS), hub)


@pytest.mark.parametrize("case", STOPS)
def test_an_image_that_may_fail_fails_alone(case: str, workshop: Workshop) -> None:
    """The others are built, and the compose is incomplete."""
    hub = workshop.hub(content=STRICT)
    section = {"^Client$": [block(**STOPS[case], failable=["*"])], "^Server$": [block(**GOOD)]}
    done = workshop.compose(workshop.config(section), way=OURS)
    assert (done.exit, done.status) == (0, "FINISHED_INCOMPLETE"), done.out
    assert done.refusals == []
    assert {task.arches for task in submitted(hub)} == {("aarch64",), ("x86_64",)}
    assert len(submitted(hub)) == 2
    assert {task.opts["repo"][-1].split("/")[-3] for task in submitted(hub)} == {"Server"}
    assert set(tasks(hub).values()) == {"CLOSED"}
    failed = [("Client", arch, "Client") for arch in ("aarch64", "x86_64")]
    built = [("Server", arch, "Server") for arch in ("aarch64", "x86_64")]
    assert done.deliverables() == {"attempted": failed, "failed": failed, "required": built}
    reasons = [task["reason"] for task in done.recorded()["tasks"] if task["outcome"] == "failed"]
    assert len(reasons) == 2
    assert all(MENTIONS[case] in reason for reason in reasons)


def test_a_hub_that_cannot_be_reached_stops_the_compose(workshop: Workshop) -> None:
    """And it is not asked for hours."""
    hub = workshop.hub()
    hub.stop()
    profile = workshop.home / ".koji/config.d/rehearsal.conf"
    with profile.open("a", encoding="utf-8") as more:
        more.write("max_retries = 1\nretry_interval = 1\n")
    done = workshop.compose(workshop.config(blocks(**GOOD)))
    assert_stopped(done, hub)
    assert hub.server in "\n".join(done.refusals)


def test_a_config_that_is_wrong_by_itself(workshop: Workshop) -> None:
    """Place, message, code and hint, as the other commands have them; nobody is asked."""
    hub = workshop.hub()
    section = {"^Server$": [block("tiny", "aws", upload_options={"bucket": "tiny"})]}
    done = workshop.compose(workshop.config(section))
    assert done.exit == 1
    assert 'osbuild["^Server$"][0]' in done.out or "osbuild.^Server$.0" in done.out
    assert submitted(hub) == []


def test_a_profile_that_is_not_there(workshop: Workshop) -> None:
    """The name is in the message."""
    hub = workshop.hub()
    done = workshop.compose(workshop.config(blocks(**GOOD), koji_profile="nowhere"))
    if at_hand.compose_reads_the_profile():
        # Pungi itself ends before there is a compose, with koji's own message.
        assert done.exit == 1, done.out
        assert submitted(hub) == []
        assert "nowhere" in done.out
    else:
        assert_stopped(done, hub)
        assert "nowhere" in "\n".join(done.refusals)
    done = workshop.compose(workshop.config(blocks(**GOOD), koji_profile=ABSENT))
    assert_stopped(done, hub)
    assert "koji_profile" in "\n".join(done.refusals)


def test_an_nvr_that_another_compose_has_taken(workshop: Workshop) -> None:
    """It is found before anything is submitted, and without a fixed release it is no problem."""
    hub = workshop.hub()
    fixed = workshop.config(blocks(name="tiny"), osbuild_release="5")
    assert workshop.compose(fixed).status == "FINISHED"
    again = workshop.compose(fixed)
    assert (again.exit, again.status) == (1, "DOOMED"), again.out
    text = "\n".join(again.refusals)
    assert "tiny-1.0-5.aarch64" in text
    assert "tiny-1.0-5.x86_64" in text
    assert len(submitted(hub)) == 2
    free = workshop.compose(workshop.config(blocks(name="tiny")))
    assert (free.exit, free.status) == (0, "FINISHED"), free.out
    assert sorted(task.nvr for task in submitted(hub)[2:]) == [
        "tiny-1.0-6.aarch64",
        "tiny-1.0-6.x86_64",
    ]
