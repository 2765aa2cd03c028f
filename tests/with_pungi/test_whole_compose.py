"""A compose from its packages to its images: what the images are built of is really there."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import pytest

from koji_rehearsal import RehearsalHub
from tests.with_pungi.composing import JUST_IMAGES, Composed, Workshop, block, submitted
from tests.with_pungi.repository import ARCHES, has_packages

LEFT_OUT = tuple(
    word
    for phase in ("buildinstall", "createiso", "extra_isos", "repoclosure")
    for word in ("--skip-phase", phase)
)
"""They want programs and services that are not about images."""

ADDRESS = "https://composes.example.com"
Ended = Tuple[Composed, RehearsalHub, Workshop]


@pytest.fixture(scope="module")
def ended(shared_workshop: Workshop) -> Ended:
    shop = shared_workshop
    hub = shop.hub()
    section = {"^Server$": [block("tiny")], "^Client$": [block("small", repo=["Server"])]}
    packed: Dict[str, Any] = {"comps_file": shop.comps()} if has_packages(shop.repository) else {}
    config = shop.config(section, osbuild_release="5", **packed)
    phases = LEFT_OUT if packed else JUST_IMAGES
    done = shop.compose(config, phases=phases)
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    return done, hub, shop


def test_the_repositories_that_images_are_built_of_are_there(ended: Ended) -> None:
    """Each address, for each arch, is a repository of the compose."""
    done, hub, shop = ended
    if not has_packages(shop.repository):
        return
    repos = {task.name: task.opts["repo"] for task in submitted(hub)}
    base = "%s/%s/compose" % (ADDRESS, done.folder.name)
    assert repos == {
        "tiny": ["%s/Server/$arch/os" % base],
        "small": ["%s/Server/$arch/os" % base, "%s/Client/$arch/os" % base],
    }
    for urls in repos.values():
        for url in urls:
            for arch in ARCHES:
                path = url.replace(ADDRESS, str(shop.folder)).replace("$arch", arch)
                assert shop.folder.joinpath(path, "repodata", "repomd.xml").exists(), path


def test_packages_and_images_are_in_one_compose(ended: Ended) -> None:
    """For both variants and both arches."""
    done, _, shop = ended
    for uid, name in (("Server", "tiny"), ("Client", "small")):
        for arch in ARCHES:
            top = done.folder / "compose" / uid / arch
            assert (top / "images" / ("%s-1.0-5.%s.qcow2" % (name, arch))).exists()
            if has_packages(shop.repository):
                assert list(top.glob("os/Packages/**/tiny-1-1.%s.rpm" % arch))


def test_the_checksums_of_the_placing_pass_are_those_of_pungi(ended: Ended) -> None:
    """``image_checksum`` has read the files again and found the same."""
    done, _, _ = ended
    for entries in done.entries().values():
        for entry in entries:
            path = done.folder / "compose" / entry["path"]
            sums = path.with_name(path.name + ".SHA256SUM").read_text("utf-8")
            assert entry["checksums"]["sha256"] in sums


def test_images_are_built_when_the_repositories_are_there(ended: Ended) -> None:
    """The phase begins after createrepo and before the checksums, and before the test phase."""
    done, _, shop = ended
    names = ["OSBUILD", "IMAGE_CHECKSUM", "TEST"]
    if has_packages(shop.repository):
        names.insert(0, "CREATEREPO")
    begins = [done.log.index("[BEGIN] ---------- PHASE: %s " % name) for name in names]
    ends = [done.log.index("[DONE ] ---------- PHASE: %s " % name) for name in names]
    for end, begin in zip(ends, begins[1:]):
        assert end < begin
