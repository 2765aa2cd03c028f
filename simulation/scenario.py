"""
A scenario: what a seed stands for, before anything happens. Frozen, and made of single items, so
that each of them can be left out: that is how a failing seed is shrunk.

Small on purpose: a night of few images, in which much goes wrong, finds more in a second than a
large one. Times are virtual seconds since the world began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from simulation.prng import Prng
from simulation.record import CLOUD_NAME, REPO

ARCHES = ("aarch64", "x86_64")
DISTRO = "rhel-9.4"
HOSTS = ("east", "west")
SECRET = "hunter2-of-%d-keep-it"  # noqa: S105  what must never get out
"""What a config's customizations hold."""


@dataclass(frozen=True)
class ImagePlan:
    """
    An image block.

    :param key: names it in the night
    :param cloud_name: a template of the image's name in its cloud; None: it gets a new one
    """

    key: str
    name: str
    image_type: str
    arches: Tuple[str, ...]
    release: Optional[str] = None
    split: bool = True
    skip_tag: bool = False
    failable: Tuple[str, ...] = ()
    retries: int = 0
    timeout: Optional[float] = None
    uploads: bool = False
    cloud_name: Optional[str] = None
    has_secret: bool = False


@dataclass(frozen=True)
class ComposePlan:
    """
    A compose of the night, and how its runs go about it.

    :param start: of its first run
    :param host: the machine on which its runs are
    """

    key: str
    images: Tuple[ImagePlan, ...]
    host: str = HOSTS[0]
    start: float = 0.0
    fail_fast: bool = False
    cancels: bool = False
    over_http: bool = False
    link_type: str = "hardlink-or-copy"
    outage_limit: float = 600.0
    poll_interval: Optional[float] = None
    verify: bool = True


@dataclass(frozen=True)
class HubPlan:
    """
    The hub of the night.

    :param duration: seconds that each image builds
    :param faults: of builds and files, as the rehearsal's ``--fault`` takes them
    """

    duration: float = 20.0
    capacity: Optional[int] = None
    session_lifetime: Optional[float] = None
    results_in: str = "archive"
    faults: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Act:
    """
    What somebody does, or what befalls somebody.

    :param kind: one of :data:`simulation.actors.ACTS`
    :param compose: the key of the compose that it is about
    :param number: chooses among what there is to choose from; seconds where the act takes some
    """

    at: float
    kind: str
    compose: str = ""
    number: int = 0

    def __str__(self) -> str:
        return "%g s: %s %s %d" % (self.at, self.kind, self.compose, self.number)


@dataclass(frozen=True)
class Scenario:
    """
    A night.

    :param rates: how likely each kind of fault is at each step that can meet it
    :param only: the ids of the faults that are injected, and no other; None: by the rates
    :param calm: from then on nothing is injected any more
    """

    seed: int
    composes: Tuple[ComposePlan, ...]
    hub: HubPlan = HubPlan()
    rates: Tuple[Tuple[str, float], ...] = ()
    acts: Tuple[Act, ...] = ()
    only: Optional[Tuple[str, ...]] = None
    calm: float = 600.0


_TYPES: Sequence[Tuple[str, Optional[Mapping[str, Any]], Optional[str]]] = (
    ("guest-image", {"region": "us-east-1"}, None),
    ("minimal-raw", None, None),
    ("aws", {"region": "us-east-1", "share_with_accounts": []}, "snapshot_name"),
    ("gcp", {"region": "us-east1"}, "image_name"),
    (
        "azure",
        {
            "tenant_id": "00000000-0000-0000-0000-000000000001",
            "subscription_id": "00000000-0000-0000-0000-000000000002",
            "resource_group": "images",
            "location": "eastus",
        },
        "image_name",
    ),
    ("edge-container", {"name": "registry.example.com/edge"}, None),
)
"""Image types: what their uploads need, and which option says the image's name in its cloud."""

BUILD_FAULTS = (
    "build",
    "upload",
    "depsolve",
    "register",
    "corrupt-upload",
    "composer-refuses:code=1005",
    "composer-full",
    "composer-error",
    "composer-timeout",
    "composer-down",
    "composer-reset",
    "composer-lost",
    "composer-lost-later",
    "taken",
    "reserved",
    "lost-upload",
    "odd-upload",
    "odd-archive",
    "checksum",
    "missing",
    "cut",
    "wrong-bytes",
    "no-range",
    "gone",
)
"""Faults of the rehearsal that hit an image; those of the network are the world's own."""

_ACTS: Sequence[Tuple[str, int]] = (
    ("cancel-task", 6),
    ("free-build", 3),
    ("lose-build", 1),
    ("delete-build", 1),
    ("take-nvr", 2),
    ("reserve-nvr", 2),
    ("take-cloud-name", 1),
    ("stop", 3),
    ("kill", 4),
    ("power-cut", 3),
    ("step-clock", 2),
    ("network-down", 2),
    ("hub-restarts", 2),
    ("builders-away", 2),
    ("change-config", 2),
    ("second-run", 1),
    ("remove-image", 1),
)
"""What may be done, and how often beside each other."""


RATES: Mapping[str, float] = {
    "net.refuse": 0.005,
    "net.lose-request": 0.005,
    "net.hold-request": 0.005,
    "net.lose-answer": 0.005,
    "net.cut-answer": 0.005,
    "net.garble": 0.005,
    "net.repeat": 0.005,
    "net.gateway": 0.005,
    "net.gateway-late": 0.005,
    "net.busy": 0.005,
    "net.slow": 0.005,
    "hub.database": 0.005,
    "hub.offline": 0.005,
    "hub.session-lost": 0.005,
    "disk.enospc": 0.002,
    "disk.eio": 0.002,
    "disk.erofs": 0.001,
    "disk.short-write": 0.005,
    "volume.eio": 0.01,
    "volume.estale": 0.01,
    "crash.kill": 0.0006,
    "crash.power": 0.0004,
}
"""How likely each kind of fault is at a step; a seed takes some, with rates of its own around."""


def scenario(seed: int, rates: Mapping[str, float] = RATES) -> Scenario:
    """
    Return what a seed stands for.

    :param rates: of the faults that the world knows
    """
    random = Prng(seed)
    # Some nights are calm: what goes wrong without any fault is the easiest to understand.
    wildness = random.choice((0, 1, 1, 2, 2, 3))
    composes = tuple(_compose(random, number) for number in range(random.choice((1, 1, 1, 2, 3))))
    calm = float(random.choice((120, 300, 600)))
    return Scenario(
        seed=seed,
        composes=composes,
        hub=_hub(random, composes, wildness),
        rates=_rates(random, rates, wildness),
        acts=_acts(random, composes, wildness, calm),
        calm=calm,
    )


def _compose(random: Prng, number: int) -> ComposePlan:
    key = "c%d" % number
    images = tuple(
        _image(random, "b%d" % position, key) for position in range(random.choice((1, 1, 2, 2, 3)))
    )
    link_type = random.choice(("hardlink-or-copy", "hardlink-or-copy", "copy", "symlink"))
    return ComposePlan(
        key=key,
        images=images,
        host=random.choice(HOSTS),
        start=float(random.choice((0, 0, 5, 40))),
        fail_fast=random.chance(0.2),
        cancels=random.chance(0.25),
        over_http=random.chance(0.3),
        link_type=link_type,
        outage_limit=float(random.choice((0, 60, 600))),
        poll_interval=random.choice((None, 1.0, 10.0, 10.0, 30.0)),
    )


def _image(random: Prng, key: str, compose: str) -> ImagePlan:
    image_type, upload, name_option = random.choice(_TYPES)
    # composer builds GCP's image of this distribution for one arch.
    arches = ("x86_64",) if image_type == "gcp" else random.choice((ARCHES, ("x86_64",)))
    uploads = upload is not None and (image_type in ("aws", "gcp", "azure") or random.chance(0.7))
    can_retry = random.chance(0.5)
    split = len(arches) == 1 or random.chance(0.75)
    cloud_name = None
    if uploads and name_option is not None and random.chance(0.6):
        # Of two arches, two blocks and two composes each wants another name.
        if not split or image_type == "azure":
            arches = ("x86_64",)
        arch = "-{arch}" if len(arches) > 1 else ""
        attempt = "-{attempt}" if random.chance(0.4) else ""
        cloud_name = "%s%s%s" % (CLOUD_NAME % (compose, key), arch, attempt)
    # Another name for each block: of two with one name, type and arch the plan is refused. Two
    # composes may have the same names, and fight for the releases that the hub gives.
    return ImagePlan(
        key=key,
        name="image-%s" % key,
        image_type=image_type,
        arches=tuple(arches),
        release=random.choice((None, None, "1.%s" % compose)),
        split=split or len(arches) == 1,
        skip_tag=random.chance(0.2),
        failable=random.choice(((), (), ("*",), ("x86_64",))),
        retries=random.choice((1, 2)) if can_retry else 0,
        timeout=random.choice((None, None, None, 15.0, 90.0)),
        uploads=uploads,
        cloud_name=cloud_name,
        has_secret=random.chance(0.3),
    )


def _hub(random: Prng, composes: Sequence[ComposePlan], wildness: int) -> HubPlan:
    names = sorted({image.name for plan in composes for image in plan.images})
    faults = []
    for _ in range(random.below(wildness + 1)):
        kind = random.choice(BUILD_FAULTS)
        joint = "," if ":" in kind else ":"
        times = random.choice(("1", "1", "1..2", "2"))
        faults.append("%s%sname=%s,times=%s" % (kind, joint, random.choice(names), times))
    return HubPlan(
        duration=float(random.choice((0, 5, 20, 20, 60, 120))),
        capacity=random.choice((None, None, 1, 2)),
        session_lifetime=random.choice((None, None, None, 100.0)),
        results_in=random.choice(("archive", "archive", "build", "status")),
        faults=tuple(dict.fromkeys(faults)),
    )


def _rates(
    random: Prng, known: Mapping[str, float], wildness: int
) -> Tuple[Tuple[str, float], ...]:
    if not wildness:
        return ()
    chosen = [kind for kind in sorted(known) if random.chance(0.2 + 0.2 * wildness)]
    return tuple((kind, known[kind] * random.choice((0.5, 1.0, 1.0, 4.0))) for kind in chosen)


def _acts(
    random: Prng, composes: Sequence[ComposePlan], wildness: int, calm: float
) -> Tuple[Act, ...]:
    kinds = [kind for kind, weight in _ACTS for _ in range(weight)]
    acts: List[Act] = []
    for _ in range(random.below(2 * wildness + 1)):
        # Most of it early, while something goes on.
        at = random.below(int(calm) * 10) / 10.0 * random.choice((0.1, 0.1, 0.3, 1.0))
        compose = random.choice(composes).key
        acts.append(Act(round(at, 3), random.choice(kinds), compose, random.below(1000)))
    return tuple(sorted(acts, key=lambda act: act.at))


def config_of(
    plan: ComposePlan, seed: int, editions: Mapping[str, int], left_out: Sequence[str] = ()
) -> Dict[str, Any]:
    """
    Return the config of a compose, as Pungi's JSON has it.

    :param editions: of blocks that have changed since the night began
    :param left_out: blocks that were taken out of it
    """
    blocks = [
        _block(image, plan, seed, editions.get(image.key, 0))
        for image in plan.images
        if image.key not in left_out
    ]
    config: Dict[str, Any] = {
        "release_name": "Example",
        "release_short": "Example",
        "release_version": "1",
        "variants_file": "variants.xml",
        "media_checksums": ["sha256"],
        "link_type": plan.link_type,
        "osbuild_outage_limit": plan.outage_limit,
        "osbuild_fail_fast": plan.fail_fast,
        "osbuild_verify": plan.verify,
        "osbuild": {"^Server$": blocks},
    }
    if plan.poll_interval is not None:
        config["osbuild_poll_interval"] = plan.poll_interval
    return config


def _block(image: ImagePlan, plan: ComposePlan, seed: int, edition: int) -> Dict[str, Any]:
    upload, name_option = next(row[1:] for row in _TYPES if row[0] == image.image_type)
    block: Dict[str, Any] = {
        "name": image.name,
        "distro": DISTRO,
        "image_types": image.image_type,
        "target": "images",
        "arches": list(image.arches),
        "subvariant": image.key.upper(),
        "repo": [REPO % (plan.key, image.key, edition)],
        "failable": list(image.failable),
        "retries": image.retries,
        "split_arches": image.split,
        "skip_tag": image.skip_tag,
    }
    if image.release is not None:
        block["release"] = image.release if not edition else "%s.%d" % (image.release, edition)
    if image.timeout is not None:
        block["timeout"] = image.timeout
    if image.uploads:
        block["upload_options"] = dict(upload or {})
        if image.cloud_name is not None and name_option is not None:
            # Names of another edition are other names: clouds forget nothing.
            name = image.cloud_name + ("" if not edition else "-e%d" % edition)
            block["upload_options"][name_option] = name
    if image.has_secret:
        user = {"name": "op", "password": SECRET % seed}
        block["customizations"] = {"users": [user]}
    return block
