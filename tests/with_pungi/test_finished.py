"""A compose that ends FINISHED: two variants, two arches, three clouds; one compose, all of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import koji
import pytest
from productmd.images import Images

from koji_rehearsal import RehearsalHub
from tests.with_pungi.composing import Composed, Section, Workshop, block, submitted, tasks
from tests.with_pungi.repository import ARCHES
from tests.with_pungi.standins import write_script

AWS = {"region": "us-east-1", "share_with_accounts": ["123456789012"]}
GCP = {"region": "us-east1", "bucket": "tiny-images"}
AZURE = {
    "tenant_id": "00000000-0000-0000-0000-000000000001",
    "subscription_id": "00000000-0000-0000-0000-000000000002",
    "resource_group": "tiny-images",
}
SECTION: Section = {
    "^Server$": [
        block("tiny-aws", "aws", upload_options=AWS, subvariant="Server_EC2"),
        block("tiny-azure", "azure", upload_options=AZURE, failable=["aarch64"]),
    ],
    "^Client$": [
        block("tiny-gcp", "gcp", upload_options=GCP, distro="fedora-41"),
        block("tiny-guest", "guest-image"),
        block("tiny-iso", "image-installer", arches=["x86_64"], subvariant="Installer"),
    ],
    "^Workstation$": [block("tiny-never")],
}
PROVIDERS = {"tiny-aws": "aws", "tiny-azure": "azure", "tiny-gcp": "gcp"}
MADE_BY = """
import json
message = {"message": sys.argv[1], **json.load(sys.stdin)}
with open(%r, "a") as messages:
    messages.write(json.dumps(message) + chr(10))
"""

Ended = Tuple[Composed, RehearsalHub, Workshop]


@pytest.fixture(scope="module")
def ended(shared_workshop: Workshop) -> Ended:
    shop = shared_workshop
    hub = shop.hub()
    notify = write_script(shop.folder / "notify", MADE_BY % str(shop.folder / "messages"))
    config = shop.config(SECTION, osbuild_release="5")
    done = shop.compose(config, "--notification-script", notify)
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    return done, hub, shop


def messages(shop: Workshop, kind: str) -> List[Dict[str, Any]]:
    lines = (shop.folder / "messages").read_text("utf-8").splitlines()
    return [one for one in map(json.loads, lines) if one["message"] == kind]


def recorded_images(done: Composed) -> List[Dict[str, Any]]:
    images = done.recorded()["images"]
    return [image for uid in images for arch in images[uid] for image in images[uid][arch]]


def test_every_task_was_submitted_and_closed(ended: Ended) -> None:
    """One task for each block and arch, and its id where Pungi looks for it."""
    done, hub, _ = ended
    assert sorted(task.nvr for task in submitted(hub)) == [
        "tiny-%s-1.0-5.%s" % (name, arch)
        for name in ("aws", "azure", "gcp", "guest")
        for arch in ARCHES
    ] + ["tiny-iso-1.0-5"]
    assert set(tasks(hub).values()) == {"CLOSED"}
    assert done.task_files() == sorted(tasks(hub))


def test_images_json_loads_with_stock_productmd(ended: Ended) -> None:
    """Nine images, with the checksums of their files."""
    done, _, _ = ended
    images = Images()
    images.load(str(done.metadata / "images.json"))
    loaded = [image for uid in images.images for arch in images[uid] for image in images[uid][arch]]
    assert len(loaded) == 9
    for image in loaded:
        content = (done.folder / "compose" / image.path).read_bytes()
        assert image.checksums["sha256"] == hashlib.sha256(content).hexdigest()
        assert image.size == len(content)
        assert Path(image.path).name.startswith("tiny-")
        assert "-1.0-5.%s." % image.arch in image.path


def test_every_file_is_recorded(ended: Ended) -> None:
    """In both files, and nothing else lies about."""
    done, _, _ = ended
    listed = sorted(entry["path"] for entries in done.entries().values() for entry in entries)
    assert listed == done.images()
    assert sorted(image["path"] for image in recorded_images(done)) == listed


def test_cloud_ids_are_recorded_in_both_files(ended: Ended) -> None:
    """Each image that was uploaded has one upload, with the id that the cloud gave it."""
    done, _, _ = ended
    clouds = {image["path"]: image["cloud"] for image in recorded_images(done)}
    for path, cloud in clouds.items():
        provider = PROVIDERS.get(Path(path).name.split("-1.0-")[0])
        assert [one["provider"] for one in cloud] == ([provider] if provider else []), path
        assert all(one["id"] for one in cloud)
    entries = [entry for entries in done.entries().values() for entry in entries]
    assert {entry["path"]: entry.get("cloud", []) for entry in entries} == clouds
    ids = [one["id"] for cloud in clouds.values() for one in cloud]
    assert len(set(ids)) == 6


def test_osbuild_json_is_of_this_compose(ended: Ended) -> None:
    """And its tasks are those of the hub, all built."""
    done, hub, _ = ended
    recorded = done.recorded()
    assert recorded["compose"]["id"] == (done.folder / "COMPOSE_ID").read_text("utf-8").strip()
    assert recorded["koji"]["server"] == hub.server
    assert {task["task_id"] for task in recorded["tasks"]} == set(tasks(hub))
    assert {task["outcome"] for task in recorded["tasks"]} == {"built"}


def test_deliverables_are_told_by_arch_and_subvariant(ended: Ended) -> None:
    """Required or attempted as each arch is, nothing failed."""
    done, _, _ = ended
    assert done.deliverables() == {
        "attempted": [("Server", "aarch64", "Server")],
        "required": [
            *(("Client", arch, "Client") for arch in ("aarch64", "aarch64", "x86_64", "x86_64")),
            ("Client", "x86_64", "Installer"),
            ("Server", "aarch64", "Server_EC2"),
            ("Server", "x86_64", "Server"),
            ("Server", "x86_64", "Server_EC2"),
        ],
    }


def test_the_test_phase_has_looked_at_every_image(ended: Ended) -> None:
    """It knows the images as ``image-build``, and which of them are allowed to fail."""
    done, _, _ = ended
    seen = done.deliverables("image-build")
    if not seen:
        assert "PHASE: TEST" in done.log  # from 4.13 on it leaves that to the phases
        return
    assert seen["attempted"] == [("Server", "aarch64", "Server")]
    assert len(seen["required"]) == 8


def test_each_task_has_a_log_of_its_own(ended: Ended) -> None:
    """Named after variant, arch and N-V-R."""
    done, hub, _ = ended
    logs = {
        path.name: path.read_text("utf-8") for path in done.folder.glob("logs/global/osbuild/*.log")
    }
    names = {
        "guest": "Client",
        "gcp": "Client",
        "aws": "Server",
        "azure": "Server",
        "iso": "Client",
    }
    for task in submitted(hub):
        uid = names[task.name.split("-")[1]]
        assert "%s-%s-%s.log" % (uid, task.arches[0], task.nvr) in logs
    assert all(logs.values())


def test_the_phase_has_its_lines_in_pungis_log(ended: Ended) -> None:
    """As each phase of Pungi has."""
    done, _, _ = ended
    assert "[BEGIN] ---------- PHASE: OSBUILD ----------" in done.log
    assert "[DONE ] ---------- PHASE: OSBUILD ----------" in done.log


def test_a_pattern_without_a_variant_is_told(ended: Ended) -> None:
    """A warning that names it, and no other."""
    done, _, _ = ended
    (line,) = [line for line in done.log.splitlines() if "do not match any variant" in line]
    assert "[OSBUILD] Patterns in config do not match any variant: ^Workstation$" in line


def test_each_image_is_notified_with_its_cloud_ids(ended: Ended) -> None:
    """One ``osbuild-imagedone`` per image, with what osbuild.json says."""
    done, hub, shop = ended
    told = messages(shop, "osbuild-imagedone")
    assert messages(shop, "osbuild-imagefail") == []
    images = {image["path"]: image for image in recorded_images(done)}
    assert sorted(one["path"] for one in told) == sorted(images)
    for one in told:
        image = images[one["path"]]
        assert one["cloud"] == image["cloud"]
        for key in ("task_id", "build_id", "nvr"):
            assert one[key] == image["koji"][key]
        assert one["image_type"] == image["image_type"]
        assert one["subvariant"] == image["subvariant"]
        uid, arch = one["path"].split("/")[:2]
        assert (one["variant"], one["arch"]) == (uid, arch)
        assert one["compose_id"] == done.recorded()["compose"]["id"]
    assert {one["task_id"] for one in told} == set(tasks(hub))


def test_the_phase_itself_is_notified(ended: Ended) -> None:
    """Its start and its end, once each."""
    _, _, shop = ended
    for kind in ("phase-start", "phase-stop"):
        names = [one["phase_name"] for one in messages(shop, kind)]
        assert names.count("osbuild") == 1


def test_checksum_files_are_pungis(ended: Ended) -> None:
    """``image_checksum`` writes one for each image, as ever."""
    done, _, _ = ended
    for image in done.images():
        path = done.folder / "compose" / image
        line = path.with_name(path.name + ".SHA256SUM").read_text("utf-8").splitlines()[-1]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert line == "SHA256 (%s) = %s" % (path.name, digest)


def test_koji_is_asked_by_nobody_else(ended: Ended) -> None:
    """No ``koji`` program, no login of Pungi's: the profile's own method needs none here."""
    _, hub, shop = ended
    assert not shop.stand_ins.koji_calls.exists()
    assert hub.counters.logins == 0
    assert "Unsupported authentication type" not in ended[0].log


def test_the_config_is_dumped_as_it_was_written(ended: Ended) -> None:
    """No default is put into a block, nothing is taken out of it."""
    done, _, _ = ended
    assert done.config()["osbuild"] == json.loads(json.dumps(SECTION))


def test_the_images_are_those_of_koji(ended: Ended) -> None:
    """Each build holds the file under the name that ends in the task's own release."""
    done, hub, _ = ended
    session = koji.ClientSession(hub.server, {})
    try:
        for image in recorded_images(done):
            names = [one["filename"] for one in session.listArchives(image["koji"]["build_id"])]
            assert image["koji"]["filename"] in names
    finally:
        session.rsession.close()
