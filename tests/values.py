"""Small, valid values of the model for tests; each function takes the fields to change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterable, Tuple

from pungi_osbuild.clouds import cloud_of
from pungi_osbuild.model import (
    Artifact,
    BuiltImage,
    Checksum,
    CloudImage,
    Compose,
    ComposeIdentity,
    Dependency,
    ImageConfig,
    ImageRequest,
    KojiPlace,
    Manifest,
    Outcome,
    OutcomeKind,
    PlacedImage,
    ReleaseConfig,
    RunResult,
    Sbom,
    TaskTimes,
    Variant,
)
from pungi_osbuild.problems import Problem

SHA256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
MD5 = "acbd18db4cc2f85cedef654fccc4a4d8"


def an_identity(**changes: Any) -> ComposeIdentity:
    """A test compose of Example 1."""
    value = ComposeIdentity(
        id="Example-1-20261123.t.0",
        type="test",
        date="20261123",
        respin=0,
        label=None,
        release_name="Example",
        release_short="Example",
        release_version="1",
    )
    return replace(value, **changes)


def a_release(**changes: Any) -> ReleaseConfig:
    """The release that :func:`an_identity` belongs to."""
    return replace(ReleaseConfig(name="Example", short="Example", version="1"), **changes)


def a_variant(**changes: Any) -> Variant:
    """Server, for two arches, with its own repository."""
    value = Variant(
        uid="Server",
        id="Server",
        name="Server",
        type="variant",
        arches=("aarch64", "x86_64"),
        repositories=(("aarch64", "Server/$arch/os"), ("x86_64", "Server/$arch/os")),
    )
    return replace(value, **changes)


def a_compose(**changes: Any) -> Compose:
    """A compose with the one variant Server."""
    value = Compose(identity=an_identity(), variants=(a_variant(),), topdir="/compose")
    return replace(value, **changes)


def an_image_config(**changes: Any) -> ImageConfig:
    """A block that builds a guest image."""
    value = ImageConfig(
        method="osbuildImage",
        place='osbuild["^Server$"][0]',
        pattern="^Server$",
        name="example-guest",
        distro="rhel-9.4",
        image_type="guest-image",
        target="example-target",
        release="5",
    )
    return replace(value, **changes)


def a_request(**changes: Any) -> ImageRequest:
    """A request for the guest image of one arch, x86_64."""
    value = ImageRequest(
        number=0,
        config=an_image_config(),
        variant="Server",
        variant_topdirs=(("aarch64", "Server/aarch64"), ("x86_64", "Server/x86_64")),
        arches=("x86_64",),
        version="1",
        base_release="5",
        release_from_hub=False,
        split=False,
        repos=(),
        subvariant="Server",
        can_fail=False,
    )
    return replace(value, **changes)


def cloud_image(provider: str, id: str, **details: Any) -> CloudImage:
    """An upload to a cloud, with what is recorded of it beside its id."""
    stored: CloudImage = cloud_of(provider).stored(id, **details)
    return stored


def a_cloud_image(**changes: Any) -> CloudImage:
    """An AMI."""
    value = cloud_image("aws", "ami-0123456789abcdef0", region="us-east-1", name="example")
    return replace(value, **changes)


def a_built_image(**changes: Any) -> BuiltImage:
    """The guest image that Koji built for :func:`a_request`; its file holds ``foo``."""
    value = BuiltImage(
        arch="x86_64",
        filename="example-guest-1-5.x86_64.qcow2",
        size=3,
        checksum=Checksum("md5", MD5),
        path="packages/example-guest/1/5/images/example-guest-1-5.x86_64.qcow2",
        archive_id=31,
        build_id=21,
        nvr="example-guest-1-5",
        task_id=11,
        composer_id="7b6b1c1e-6a2c-4a0e-9d6f-111111111111",
        composer_server="https://composer.example.com",
        boot_mode="hybrid",
        osbuild_version="146",
        artifact=Artifact("qcow2", "disk.qcow2"),
        manifest=Manifest(
            "example-guest-1-5.x86_64.qcow2.manifest.json",
            32,
            3,
            Checksum("md5", MD5),
            "130",
            (Dependency("images", "v0.150.0", Dependency("fork", "v1")),),
        ),
        sboms=(
            Sbom(
                "example-guest-1-5.x86_64.qcow2.buildroot-build.spdx.json",
                33,
                3,
                Checksum("md5", MD5),
                "buildroot-build",
            ),
        ),
    )
    return replace(value, **changes)


def a_placed_image(**changes: Any) -> PlacedImage:
    """:func:`a_built_image` in its place in the compose."""
    value = PlacedImage(
        built=a_built_image(),
        method="osbuildImage",
        variant="Server",
        path="Server/x86_64/images/example-guest-1-5.x86_64.qcow2",
        size=3,
        mtime=1795418607,
        checksums=(Checksum("sha256", SHA256),),
        type="qcow2",
        format="qcow2",
        subvariant="Server",
        image_type="guest-image",
        distro="rhel-9.4",
        can_fail=False,
    )
    return replace(value, **changes)


def an_outcome(**changes: Any) -> Outcome:
    """The request built, with its one image placed."""
    value = Outcome(
        request=a_request(),
        kind=OutcomeKind.BUILT,
        task_id=11,
        times=TaskTimes(created=1795418000.0, started=1795418010.5, ended=1795418600.0),
        placed=1795418607.0,
        images=(a_placed_image(),),
    )
    return replace(value, **changes)


def a_failed_outcome(**changes: Any) -> Outcome:
    """The request failed in composer."""
    value = Outcome(
        request=a_request(),
        kind=OutcomeKind.FAILED,
        task_id=11,
        reason="x86_64: depsolving failed",
        times=TaskTimes(created=1795418000.0, started=1795418010.5, ended=1795418600.0),
    )
    return replace(value, **changes)


def a_koji_place(**changes: Any) -> KojiPlace:
    """Where an imaginary Koji is."""
    value = KojiPlace(
        profile="example",
        server="https://koji.example.com/kojihub",
        topurl="https://koji.example.com/kojifiles",
        weburl="https://koji.example.com/koji",
    )
    return replace(value, **changes)


def a_run_result(**changes: Any) -> RunResult:
    """A run of the one request, built."""
    value = RunResult(identity=an_identity(), koji=a_koji_place(), outcomes=(an_outcome(),))
    return replace(value, **changes)


OF_COMPOSER = frozenset(
    """
    bad-ostree-ref distro-alias ignored-customization missing-customization ostree-option
    type-not-in-distro type-not-on-arch unknown-customization unknown-distro
    """.split()
)
"""Problems that say what composer would not build, whatever else is right."""


def whatever_composer_builds(problems: Iterable[Problem]) -> Tuple[Problem, ...]:
    """Give problems without those of what composer builds: for tests of other rules."""
    return tuple(problem for problem in problems if problem.code not in OF_COMPOSER)
