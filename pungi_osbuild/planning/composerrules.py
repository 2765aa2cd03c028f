"""
What osbuild-composer would refuse of a block, or drop without a word, as far as that is known.

All of it is a warning: composers differ and grow. Each names the version that it is known of.
"""

from __future__ import annotations

import re
from typing import Iterator, Mapping, Optional, Sequence

from pungi_osbuild.imagetypes import (
    ALIASES,
    COMPOSER_VERSION,
    Buildable,
    CustomizationFault,
    api_name,
    arches_of,
    buildable,
    building_arches,
    building_distributions,
    example_distribution,
    full_name,
    key_faults,
    known_types,
    meant_distribution,
    suggestions,
    untaken_customizations,
    value_faults,
    whole_name,
)
from pungi_osbuild.model import Arch, ImageConfig
from pungi_osbuild.problems import Problem, ProblemCode, Severity, along, suggest

_COMPOSER = "composer %d" % COMPOSER_VERSION
_REF = re.compile(r"[\w][-.\w]*(/[\w][-.\w]*)*\Z", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{64}\Z")


def composer_problems(block: ImageConfig, arches: Sequence[Arch]) -> Iterator[Problem]:
    """
    Say what composer would not build of a block.

    :param arches: that there are tasks for
    """
    is_valid = block.is_valid("distro", "image_types")
    is_listed = block.listed is not None and block.distro in block.listed.distros
    distribution = full_name(block.distro) if is_valid else None
    if is_valid and not is_listed:
        yield from _distribution_problems(block, distribution)
        # One mistake hides no other: the rest is judged for the distribution that was meant.
        distribution = distribution or meant_distribution(block.distro)
    image_type = api_name(block.image_type)
    yield from _customization_problems(block, distribution, image_type, arches)
    of_type = known_types().get(image_type)
    if of_type is None:
        yield from _own_type_problems(block, arches) if is_valid else ()
        return
    if distribution is None:
        if is_listed:
            yield from _own_type_problems(block, arches)
        else:
            yield from _ostree_problems(block, of_type, None)
        return
    built_on = building_arches(distribution, image_type)
    built = [arch for arch in arches if arch in built_on or _is_listed(block, arch)]
    missing = [arch for arch in arches if arch not in built]
    if missing and not built_on and not built:
        yield _not_in_distribution(block, distribution, image_type)
    elif missing:
        yield _not_on_arch(block, missing, built, built_on)
    if built_on or not built:
        # Of one that only the site's composer builds nobody knows what it takes.
        found = buildable(distribution, built_on[0], image_type) if built_on else None
        yield from _ostree_problems(block, of_type, found)


def _is_listed(block: ImageConfig, arch: Arch) -> bool:
    """Whether the config says that its site's composer builds the image type on an arch."""
    listed = block.listed
    if listed is None or not (listed.distros or listed.arches):
        return False
    in_distro = not listed.distros or _has_distribution(block)
    return in_distro and (not listed.arches or arch in listed.arches)


def _has_distribution(block: ImageConfig) -> bool:
    """Whether the config lists the block's distribution for its image type."""
    names = () if block.listed is None else block.listed.distros
    return whole_name(block.distro) in map(whole_name, names)


def _own_type_problems(block: ImageConfig, arches: Sequence[Arch]) -> Iterator[Problem]:
    """Say what is wrong by the config itself: only its site's composer has the image type."""
    listed = block.listed
    if listed is None:
        return
    if listed.distros and not _has_distribution(block):
        yield _warning(
            "type-not-in-distro",
            "%s.image_types" % block.place,
            "osbuild_image_types lists %s for %s only"
            % (block.image_type, ", ".join(listed.distros)),
            "Add %s to its distros if your composer builds it." % block.distro,
        )
        return
    if not listed.arches and _has_distribution(block):
        return
    built_on = listed.arches or arches_of(whole_name(block.distro))
    built = [arch for arch in arches if arch in built_on]
    missing = [arch for arch in arches if arch not in built_on]
    if missing:
        who = (
            "osbuild_image_types does not list" if listed.arches else _COMPOSER + " does not build"
        )
        yield _warning(
            "type-not-on-arch",
            "%s.arches" % block.place,
            "%s %s of %s on %s" % (who, block.image_type, block.distro, ", ".join(missing)),
            _arches_hint(built, built_on),
        )


def _warning(code: ProblemCode, place: str, message: str, hint: str) -> Problem:
    return Problem(code, place, message, hint, Severity.WARNING)


def _distribution_problems(block: ImageConfig, distribution: Optional[str]) -> Iterator[Problem]:
    place, name = "%s.distro" % block.place, block.distro
    if distribution is None:
        meant, example = meant_distribution(name), example_distribution(name)
        hint = "Composer's names look like rhel-9.6, centos-10 and fedora-43."
        if meant is not None:
            hint = "Did you mean %s?" % meant
        elif example is not None:
            hint = "Composer's names look like %s." % example
        yield _warning(
            "unknown-distro", place, "%s has no distribution %r" % (_COMPOSER, name), hint
        )
    elif name in ALIASES:
        yield _warning(
            "distro-alias",
            place,
            "%s is an alias: it stands for %s in %s, and for another release after an update"
            % (name, distribution, _COMPOSER),
            "Write %s to stay with that release." % distribution,
        )


def _not_in_distribution(block: ImageConfig, distribution: str, image_type: str) -> Problem:
    hint = "It is built for %s only." % ", ".join(building_distributions(image_type))
    meant = suggestions(image_type, distribution)[:2]
    if meant:
        hint = "Did you mean %s? %s" % (" or ".join(meant), hint)
    return _warning(
        "type-not-in-distro",
        "%s.image_types" % block.place,
        "%s does not build %s for %s" % (_COMPOSER, block.image_type, distribution),
        hint,
    )


def _not_on_arch(
    block: ImageConfig, missing: Sequence[Arch], built: Sequence[Arch], built_on: Sequence[Arch]
) -> Problem:
    return _warning(
        "type-not-on-arch",
        "%s.arches" % block.place,
        "%s does not build %s of %s on %s"
        % (_COMPOSER, block.image_type, block.distro, ", ".join(missing)),
        _arches_hint(built, built_on),
    )


def _arches_hint(built: Sequence[Arch], built_on: Sequence[Arch]) -> str:
    """
    Return what to do about arches that an image type is not built on.

    :param built: those of the block that it is built on
    """
    line = '"arches": [%s]' % ", ".join('"%s"' % arch for arch in built)
    return "Write %s." % line if built else "It is built on %s." % ", ".join(built_on)


def _ostree_problems(
    block: ImageConfig, of_type: Buildable, built: Optional[Buildable]
) -> Iterator[Problem]:
    """
    Say what composer would not take of ostree options.

    :param of_type: how it builds the image type for some distribution
    :param built: how it builds it for the block's; None: it does not, so nothing is missing
    """
    given = block.ostree.to_wire()
    if of_type.ostree == "no":
        for option in given:
            yield _warning(
                "ostree-option",
                _ostree_place(block, option),
                "%s refuses ostree options for %s" % (_COMPOSER, block.image_type),
                "Remove ostree_%s." % option,
            )
        return
    if built is not None and "url" not in given and built.ostree == "url required":
        yield _warning(
            "ostree-option",
            _ostree_place(block, "url"),
            "%s needs an ostree url for %s, and has no default" % (_COMPOSER, block.image_type),
            "Add ostree_url: the repository that holds the commit.",
        )
    elif "parent" in given and "url" not in given:
        yield _warning(
            "ostree-option",
            _ostree_place(block, "parent"),
            "%s refuses an ostree parent without a url to pull it from" % _COMPOSER,
            "Add ostree_url, or remove ostree_parent.",
        )
    for option in ("ref", "parent"):
        yield from _ref_problems(block, option, given.get(option))
    needs = None if built is None else built.needs
    if needs is not None and not _customizations(block).get(needs):
        yield _warning(
            "missing-customization",
            along(block.place, ["customizations", needs]),
            "%s fails to build %s without %s" % (_COMPOSER, block.image_type, needs),
            'Add it: "customizations": {"%s": "/dev/vda"}.' % needs,
        )


def _ref_problems(block: ImageConfig, option: str, written: object) -> Iterator[Problem]:
    if not isinstance(written, str):
        return
    ref = re.sub(r"\$\{arch\}|\$arch", "arch", written)
    is_commit = bool(_COMMIT.match(ref))
    if is_commit and option == "ref":
        message, hint = "%r is a checksum, not the name of a ref" % written, "Write the ref's name."
    elif is_commit or _REF.match(ref):
        return
    else:
        message = "%r is not a valid ostree ref" % written
        hint = (
            "Use letters, digits and - . _, with / between the parts and none at either end:"
            " rhel/9/$arch/edge."
        )
    yield _warning(
        "bad-ostree-ref",
        _ostree_place(block, option),
        "%s (%s refuses it)" % (message, _COMPOSER),
        hint,
    )


def _ostree_place(block: ImageConfig, option: str) -> str:
    return "%s.ostree_%s" % (block.place, option)


def _customizations(block: ImageConfig) -> Mapping[str, object]:
    return {} if block.customizations is None else block.customizations.to_wire()


def _customization_problems(
    block: ImageConfig, distribution: Optional[str], image_type: str, arches: Sequence[Arch]
) -> Iterator[Problem]:
    given = _customizations(block)
    faults = [*key_faults(given), *value_faults(given)]
    if distribution is not None:
        faults += untaken_customizations(given, distribution, image_type, arches)
    for fault in faults:
        place = along(block.place, ["customizations", *fault.path])
        yield _customization_problem(fault, place)


def _customization_problem(fault: CustomizationFault, place: str) -> Problem:
    key = str(fault.path[-1])
    if fault.kind == "refused":
        message = "%s %s" % (_COMPOSER, fault.reason)
        return _warning("refused-customization", place, message, fault.hint)
    if fault.kind == "missing":
        message = "%s refuses this customization without %s" % (_COMPOSER, key)
        return _warning("missing-customization", place, message, "Add %s." % key)
    meant = suggest(key, fault.known)
    hint = "Did you mean %s?" % meant if meant else "Known here: %s." % ", ".join(fault.known)
    if fault.kind == "unknown":
        message = "%s has no customization %s here, and refuses the request" % (_COMPOSER, key)
        return _warning("unknown-customization", place, message, hint)
    message = "%s has no customization %s here, and ignores it" % (_COMPOSER, key)
    return _warning("ignored-customization", place, message, hint)
