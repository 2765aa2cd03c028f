"""Live addresses: asked of Koji where it keeps them, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from koji_rehearsal import HubSettings, RehearsalHub
from koji_rehearsal.settings import ResultsIn
from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import LiveAddress, Profile, live_addresses, read_profile
from pungi_osbuild.hub.live import expiry
from pungi_osbuild.metadata import Selection, load
from pungi_osbuild.methods import SignedUpload
from tests.cli.commands import in_process
from tests.rehearsed import DATE, content_for, run_against

CONFIG = """
release_name = "Example"
release_short = "Example"
release_version = "1"
variants_file = {"scm": "file", "repo": None, "file": "variants.xml"}
tree_arches = ["x86_64", "aarch64"]
osbuild = {
    "^Server$": [
        {
            "name": "example-guest",
            "version": "1",
            "release": "5",
            "distro": "rhel-9.4",
            "image_types": "guest-image",
            "target": "example-target",
            "repo": ["https://repos.example.com/1/$arch/os/"],
            "upload_options": {"region": "us-east-1"},
        },
        {
            "name": "example-ec2",
            "version": "1",
            "release": "5",
            "distro": "rhel-9.4",
            "image_types": "aws",
            "target": "example-target",
            "repo": ["https://repos.example.com/1/$arch/os/"],
            "upload_options": {"region": "us-east-1", "share_with_accounts": ["123456789012"]},
        },
    ]
}
"""
VARIANTS = """
<variants>
  <variant id="Server" name="Server" type="variant">
    <arches><arch>x86_64</arch><arch>aarch64</arch></arches>
    <groups><group>server</group></groups>
  </variant>
</variants>
"""


@pytest.fixture(scope="module", params=[ResultsIn.ARCHIVE, ResultsIn.BUILD, ResultsIn.STATUS])
def composed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tuple[RehearsalHub, Path]]:
    """A hub that goes on, and a compose that it has built; composers new and old."""
    folder = tmp_path_factory.mktemp("live")
    config = folder / "example.conf"
    config.write_text(CONFIG, encoding="utf-8")
    (folder / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    out = folder / "out"
    prepared = prepare(config, Origin(folder / "variants.xml", date=DATE), out, rehearsal=True)
    settings = HubSettings(duration=0.0, results_in=request.param)
    with RehearsalHub(settings, out / "koji", content_for(prepared)) as hub:
        run_against(hub, prepared, out)
        yield hub, out


def wanted(out: Path) -> List[SignedUpload]:
    """What is recorded without its signature."""
    return [
        SignedUpload(
            image.method, image.koji.task_id, image.koji.build_id, image.koji.archive_id, upload.id
        )
        for image in load(out).select(Selection(providers=("aws.s3",)))
        for upload in image.cloud
    ]


def a_profile(out: Path) -> Profile:
    return read_profile("rehearsal", out / "profile.conf")


def test_the_address_is_the_recorded_one_with_its_signature(
    composed: Tuple[RehearsalHub, Path],
) -> None:
    """For each arch its own; of all in two or three requests, and nobody logs in."""
    hub, out = composed
    uploads = wanted(out)
    assert len(uploads) == 2
    before = len(hub.calls)
    requests, logins = len(hub.requests), hub.counters.logins
    found = live_addresses(a_profile(out), uploads)
    assert set(found) == set(uploads)
    for upload, live in found.items():
        assert live.address.startswith(upload.address + "?")
        assert "X-Amz-Signature=" in live.address
    assert len(hub.requests) - requests <= 3, "the version of the API, and one or two multicalls"
    assert hub.counters.logins == logins
    methods = {call.method for call in hub.calls[before:]}
    assert methods <= {"getAPIVersion", "getArchive", "getBuild", "downloadTaskOutput"}


def test_what_koji_has_no_address_of(composed: Tuple[RehearsalHub, Path]) -> None:
    """Another's archive, or none at all, is not taken for it."""
    _hub, out = composed
    one, other = wanted(out)
    strange = [
        replace(one, address=one.address + "x"),
        replace(one, archive_id=9999, build_id=9999, task_id=9999),
        replace(other, address=one.address),
    ]
    assert live_addresses(a_profile(out), strange) == {}


def test_the_command_asks_only_when_it_is_told(
    composed: Tuple[RehearsalHub, Path], tmp_path: Path
) -> None:
    """Addresses in the place of IDs, beside the AMIs that need none."""
    hub, out = composed
    before = len(hub.requests)
    plain = in_process("images", out, "--format", "ids", home=tmp_path)
    assert len(hub.requests) == before
    assert "X-Amz-Signature" not in plain.out
    arguments = ("--format", "ids", "--live", "--koji-config", out / "profile.conf")
    live = in_process("images", out, *arguments, home=tmp_path)
    assert (live.exit, live.err) == (0, "")
    pairs = list(zip(plain.out.splitlines(), live.out.splitlines()))
    assert len(pairs) == 4
    for recorded, address in pairs:
        if recorded.startswith("ami-"):
            assert address == recorded
        else:
            assert address.startswith(recorded + "?X-Amz-Algorithm=")


def test_nothing_is_asked_where_nothing_is_signed(
    composed: Tuple[RehearsalHub, Path], tmp_path: Path
) -> None:
    """Not even for the profile."""
    _hub, out = composed
    arguments = ("--format", "ids", "--provider", "aws", "--live", "--profile", "nobody")
    done = in_process("images", out, *arguments, home=tmp_path)
    assert (done.exit, len(done.out.splitlines())) == (0, 2)


def test_a_hub_that_is_not_there(composed: Tuple[RehearsalHub, Path], tmp_path: Path) -> None:
    """A profile that is unknown is wrong usage; a hub that does not answer is status 3."""
    _hub, out = composed
    done = in_process("images", out, "--live", home=tmp_path)
    assert done.exit == 2
    assert "--koji-config" in done.err
    gone = replace(a_profile(out), server="http://127.0.0.1:9/kojihub")
    with pytest.raises(HubError, match="cannot be used"):
        live_addresses(gone, wanted(out))


@pytest.mark.parametrize(
    ("query", "expires"),
    [
        ("X-Amz-Date=20261123T060000Z&X-Amz-Expires=604800&X-Amz-Signature=a", 1796018400.0),
        ("X-Amz-Expires=604800", None),
        ("X-Amz-Date=yesterday&X-Amz-Expires=1", None),
        ("X-Amz-Date=20261123T060000Z&X-Amz-Expires=" + "9" * 30, None),
        ("", None),
    ],
)
def test_when_a_signature_expires(query: str, expires: float) -> None:
    """As S3 says it in the address."""
    assert expiry("https://b.s3.us-east-1.amazonaws.com/disk?" + query) == expires
    assert expiry("http://[") is None


@pytest.mark.parametrize(
    ("query", "has_expired"),
    [
        ("X-Amz-Date=20261123T060000Z&X-Amz-Expires=600", True),
        ("X-Amz-Date=20261123T060000Z&X-Amz-Expires=601", False),
        ("X-Amz-Expires=1", False),
    ],
)
def test_an_address_is_of_use_until_it_expires(query: str, has_expired: bool) -> None:
    """One that does not say when is taken to be."""
    address = LiveAddress.at("https://b/disk?" + query, 1795414200.0)
    assert address.has_expired == has_expired
