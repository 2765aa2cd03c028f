"""The image type of a block: what the config itself lists, and what the catalogue says of it."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from pungi_osbuild import imagetypes
from pungi_osbuild.config.arches import ARCHES, arch_hint
from pungi_osbuild.model import ListedImageType
from pungi_osbuild.problems import Problems, along


def check_image_type(
    name: str, distro: str, listed: Optional[ListedImageType], place: str, problems: Problems
) -> Optional[str]:
    """
    Say what is wrong with an image type, and return where its images go.

    :param distro: composer's name of the distribution, as far as the block has one
    :param listed: what the config itself says of the type
    :param place: of ``image_types``
    :returns: the cloud, also of the type that was probably meant; None for a type that nobody
        has heard of
    """
    suffix = imagetypes.refused_suffix(name, listed)
    if suffix is not None:
        problems.error(
            "koji-cannot-import",
            place,
            "image type %s makes a .%s file, which Koji cannot import" % (name, suffix),
            "Use an image type with another file: minimal-raw is a .raw.xz."
            if listed is None
            else "Use another image type, or correct its format in osbuild_image_types.",
        )
        return imagetypes.provider_of(name, listed)
    if listed is not None or imagetypes.find(name) is not None:
        return imagetypes.provider_of(name, listed)
    if name in imagetypes.NOT_THROUGH_KOJI:
        problems.error(
            "unbuildable-image-type",
            place,
            "%s cannot be built through Koji: %s" % (name, imagetypes.NOT_THROUGH_KOJI[name]),
            "Use another image type, or build it outside Koji.",
        )
        return None
    if name in imagetypes.UNTIL:
        problems.warn(
            "unbuildable-image-type",
            place,
            "composer %d and later have no image type %s" % (imagetypes.UNTIL[name] + 1, name),
            "Use another image type; only an older composer builds this one.",
        )
        return None
    meant = imagetypes.INNER_NAMES.get(name)
    if meant is not None:
        problems.error(
            "inner-image-type",
            place,
            "%s is a distribution's internal name, which Koji's builders do not accept" % name,
            "Write %s, composer's name for it." % meant,
        )
        return imagetypes.CATALOGUE[meant].provider
    similar = imagetypes.suggestions(name, distro)
    if name in imagetypes.INNER_ONLY:
        problems.error(
            "inner-image-type",
            place,
            "composer's API has no %s: only image-builder builds it" % name,
            ("Use another image type, such as %s; " % ", ".join(similar) if similar else "")
            + "osbuild_image_types can name it if your composer takes it.",
        )
        return None
    meant = imagetypes.similar_name(name)
    if meant is not None:
        problems.error(
            "unknown-image-type",
            place,
            "composer has no image type %s" % name,
            "Did you mean %s?" % (meant if meant in similar or not similar else ", ".join(similar)),
        )
        return imagetypes.provider_of(meant, None)
    problems.warn(
        "unlisted-image-type",
        place,
        "unknown image type %s; it is sent unchanged" % name,
        ("The most similar are %s. " % ", ".join(similar) if similar else "Check its name. ")
        + "osbuild_image_types can describe it.",
    )
    return None


def meant_type(name: str, listed: Optional[ListedImageType]) -> str:
    """Return the image type that was probably meant: the name itself where it may be one."""
    is_known = imagetypes.find(name) is not None or name in imagetypes.INNER_ONLY
    if listed is not None or is_known:
        return name
    return imagetypes.INNER_NAMES.get(name) or imagetypes.similar_name(name) or name


def read_listed(good: Mapping[str, Any], problems: Problems) -> Tuple[ListedImageType, ...]:
    """
    Return the image types that a config lists.

    :param good: the top-level options that are of the right type
    """
    entries = good.get("osbuild_image_types", {})
    for name, entry in entries.items():
        for index, arch in enumerate(entry.get("arches", ())):
            if arch not in ARCHES:
                problems.warn(
                    "unknown-arch",
                    along("osbuild_image_types", [name, "arches", index]),
                    "there is no arch %s" % arch,
                    arch_hint([arch], ARCHES, "Write RPM's name of the arch."),
                )
    return tuple(
        ListedImageType(
            name=name,
            provider=entry.get("upload"),
            type=entry.get("type"),
            format=entry.get("format"),
            distros=tuple(entry.get("distros", ())),
            arches=tuple(entry.get("arches", ())),
        )
        for name, entry in entries.items()
    )


def find_listed(listed: Tuple[ListedImageType, ...], name: str) -> Optional[ListedImageType]:
    """
    Return what a config says of an image type, or None.

    :param name: as a block writes it; an entry of that very name comes before one of the name
        that koji-osbuild maps it to
    """
    by_name = {entry.name: entry for entry in listed}
    return by_name.get(name) or by_name.get(imagetypes.api_name(name))
