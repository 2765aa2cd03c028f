"""
Reading one image block: the dict as written becomes an ``ImageConfig``, and problems.

What is wrong with one option says nothing of the others, and whoever fixes the config wants to see
everything at once. So a block with errors is planned, too. Of an invalid option it holds what can
be used, or nothing, and names it among its invalid options, by which later checks know what they
cannot judge. Such a block is never run: its errors see to that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Dict, FrozenSet, Iterable, Mapping, Optional, Tuple

from pungi_osbuild.checked import printable
from pungi_osbuild.clouds import cloud_of
from pungi_osbuild.config import fallbacks
from pungi_osbuild.config.addresses import address_problems, substitution_problems
from pungi_osbuild.config.arches import arch_hint
from pungi_osbuild.config.image_types import check_image_type, find_listed, meant_type
from pungi_osbuild.config.nvr import nvr_problems, subvariant_problems
from pungi_osbuild.config.schema_errors import SchemaErrors
from pungi_osbuild.config.upload import (
    BLOCK_REFUSED,
    UploadContext,
    Uploads,
    read_uploads,
    refused_problems,
)
from pungi_osbuild.methods import TaskMethod, closed
from pungi_osbuild.model import ImageConfig, JsonObject, ListedImageType, Ostree, Repo
from pungi_osbuild.problems import Problems, suggest, within, wrong_type


@dataclass(frozen=True)
class ParseContext:
    """
    What a block is read with.

    :param top: the config's top level, as written; what is wrong there has been reported
    :param listed: the image types that the config lists itself
    """

    top: Mapping[str, Any]
    listed: Tuple[ListedImageType, ...] = ()


_UPLOADS = ("upload_options", "arch_upload_options")
"""Read apart, by the image type's cloud."""

_FALL_BACKS = ("version", "release", "target", "split_arches", "timeout", "retries")
"""Options that the top of the config can have for all blocks."""


_COMMON = frozenset(
    "name distro version release target arches failable subvariant manifest_type skip_tag"
    " split_arches timeout retries".split()
)
"""Options that mean the same for each task method."""

_OF_COMPOSER = frozenset(
    "ostree_url ostree_ref ostree_parent upload_options arch_upload_options customizations".split()
)


@lru_cache(maxsize=16)
def _schema_errors(method: TaskMethod) -> SchemaErrors:
    return SchemaErrors(closed(method.block_options()))


def read_block(
    value: Any,
    method: TaskMethod,
    pattern: str,
    place: str,
    context: ParseContext,
    problems: Problems,
) -> Optional[ImageConfig]:
    """
    Read an image block and its fall-backs.

    Everything that is wrong goes to ``problems``; reading goes on as far as it makes sense.

    :param value: as written, plain dicts and lists
    :param method: of its section
    :param place: of the block
    :returns: None when it is no block at all. Where something in it, or in what it falls back to,
        is wrong, the block as far as it can be judged; where upload options are, without any
    """
    if not isinstance(value, dict):
        problems.add([wrong_type([{"type": "object"}], value, place)])
        return None
    return _Block(value, method, pattern, place, context, problems).read()


class _Block:
    def __init__(
        self,
        block: Dict[str, Any],
        method: TaskMethod,
        pattern: str,
        place: str,
        context: ParseContext,
        problems: Problems,
    ) -> None:
        self.block = block
        self.method = method
        self.schema = _schema_errors(method)
        self.refused = BLOCK_REFUSED if method.asks_composer else {}
        self.pattern = pattern
        self.place = place
        self.listed = context.listed
        self.problems = problems
        self.top = context.top
        self.found = {option: self._look_up(option) for option in _FALL_BACKS}

    def _look_up(self, option: str) -> Optional[fallbacks.Found]:
        return fallbacks.look_up(option, self.block, self.place, self.top, self.method.section)

    def read(self) -> ImageConfig:
        known = {key: item for key, item in self.block.items() if key not in self.refused}
        apart = _UPLOADS if self.method.asks_composer else ()
        self.problems.add(self.schema.of(known, self.place, apart=apart))
        self.problems.add(refused_problems(self.block, self.place, self.refused))
        name = self.block.get("name")
        self.problems.add(
            nvr_problems(
                name if isinstance(name, str) else None,
                self.found["version"],
                self.found["release"],
                self.place,
            )
        )
        self.problems.add(subvariant_problems(self.block.get("subvariant"), self.place))
        if self.method.asks_composer:
            self.problems.add(substitution_problems(self.block, self.place))
            self.problems.add(address_problems(self.block, self.place))
        self._check_arches()
        self._check_timeout()
        image_type = self._image_type()
        listed = None if image_type is None else find_listed(self.listed, image_type)
        target = fallbacks.read_target(
            self.found["target"], self.place, self.problems, self.method.section
        )
        version = fallbacks.read_version(self.found["version"], self.problems)
        release = fallbacks.read_release(self.found["release"], self.problems)
        uploads = self._uploads(image_type, listed)
        return self._config(target, version, release, listed, uploads)

    def _invalid_options(self) -> FrozenSet[str]:
        """Return the options that are invalid, here or in what the block takes from the top."""
        # What only composer knows is no misspelt option of ours, however much it looks like one.
        here = _invalid_options(
            {key: item for key, item in self.block.items() if key not in self.refused},
            self.place,
            self.schema.schema["properties"],
            self.problems.error_places,
        )
        # Later checks know the image type and the repositories by the names that osbuild has.
        ours = {self.method.type_option: "image_types", self.method.repos_option: "repo"}
        here = frozenset(ours.get(option, option) for option in here)
        above = {
            option
            for option, found in self.found.items()
            if found is not None and self.problems.has_error_at(found.place)
        }
        # That there is no target is an error of the block as a whole.
        return here | above | (set() if self._value("target") else {"target"})

    def _value(self, option: str) -> Any:
        """Return an option that the top can have, too; None where it stands nowhere."""
        found = self.found[option]
        return None if found is None else found.value

    def _check_arches(self) -> None:
        arches, failable = self.block.get("arches"), self.block.get("failable")
        if arches == []:
            self.problems.error(
                "no-task",
                "%s.arches" % self.place,
                "the list of arches is empty, so the block builds nothing",
                "Name the arches, or leave the option out to build for all of the variant's.",
            )
        if not isinstance(arches, list) or not isinstance(failable, list):
            return
        for index, arch in enumerate(failable):
            if isinstance(arch, str) and arch != "*" and arches and arch not in arches:
                self.problems.warn(
                    "failable-arch",
                    "%s.failable[%d]" % (self.place, index),
                    "the block is not built for %s" % arch,
                    arch_hint([arch], _texts_of(arches), "Remove it, or add it to arches."),
                )

    def _check_timeout(self) -> None:
        """JSON has a number that is none, and that no schema refuses."""
        found = self.found["timeout"]
        if found is not None and found.value != found.value:
            self.problems.error(
                "bad-value", found.place, "is not a number", "Write a number of seconds."
            )

    def _image_type(self) -> Optional[str]:
        written = self.block.get(self.method.type_option)
        if isinstance(written, list):
            written = written[0] if len(written) == 1 else None
        return written if isinstance(written, str) and written else None

    def _uploads(self, image_type: Optional[str], listed: Optional[ListedImageType]) -> Uploads:
        if not self.method.asks_composer:
            return Uploads()
        if image_type is None:  # no cloud to judge the options by, and an error as it is
            return Uploads()
        place = within(self.place, self.method.type_option)
        arches = self.block.get("arches")
        distro = _text_of(self.block.get("distro")) or ""
        provider = check_image_type(image_type, distro, listed, place, self.problems)
        context = UploadContext(
            image_type=image_type,
            cloud=None if provider is None else cloud_of(provider),
            place=self.place,
            arches=_texts_of(arches) if isinstance(arches, list) else None,
            has_release=self.found["release"] is not None,
        )
        return read_uploads(self.block, context, self.problems)

    def _customizations(self) -> Optional[JsonObject]:
        value = self.block.get("customizations")
        if not self.method.asks_composer or not isinstance(value, dict) or not value:
            return None
        return self._json("customizations", value)

    def _own_options(self) -> Optional[JsonObject]:
        """Return the options that only the method knows, also those that stand at the top."""
        known = {self.method.type_option, self.method.repos_option, *_COMMON}
        if self.method.asks_composer:
            known |= _OF_COMPOSER
        found = {
            option: self._look_up(option)
            for option in self.schema.schema["properties"]
            if option not in known
        }
        values = {option: one.value for option, one in found.items() if one is not None}
        return self._json(", ".join(values), values) if values else None

    def _json(self, option: str, value: Dict[str, Any]) -> Optional[JsonObject]:
        try:
            return JsonObject.from_conf(value)
        except (TypeError, ValueError):
            self.problems.error(
                "bad-value",
                within(self.place, option),
                "contains a value that JSON cannot hold",
                "Use strings, numbers, True, False, None, lists and dicts only.",
            )
            return None

    def _config(
        self,
        target: str,
        version: Optional[str],
        release: Optional[str],
        listed: Optional[ListedImageType],
        uploads: Uploads,
    ) -> ImageConfig:
        block, customizations, options = self.block, self._customizations(), self._own_options()
        invalid = self._invalid_options()
        if not invalid.isdisjoint(_UPLOADS):
            uploads = Uploads()  # all or nothing: half of what was asked for is something else
        written = self._image_type()
        image_type = written or ""
        if self.method.asks_composer and image_type:
            image_type = meant_type(image_type, listed)
        if image_type != (written or ""):
            invalid -= {"image_types"}  # everything else is checked as if it had been fixed
        return ImageConfig(
            method=self.method.name,
            place=self.place,
            pattern=self.pattern,
            name=_text_of(block.get("name")) or "",
            distro=_text_of(block.get("distro")) or "",
            image_type=image_type,
            image_type_as_list=isinstance(block.get(self.method.type_option), list),
            target=target,
            version=None if "version" in invalid else version,
            release=None if "release" in invalid else release,
            arches=(_texts_of(block.get("arches")) or None),
            repos=_repos_of(block.get(self.method.repos_option)),
            failable=_texts_of(block.get("failable")),
            subvariant=_text_of(block.get("subvariant")),
            ostree=Ostree(*(_text_of(block.get("ostree_%s" % key)) for key in _OSTREE)),
            upload=uploads.everywhere,
            manifest_type=_text_of(block.get("manifest_type")),
            customizations=customizations,
            options=options,
            split_arches=_flag_of(self._value("split_arches"), True),
            skip_tag=_flag_of(block.get("skip_tag"), False),
            timeout=_number_of(self._value("timeout")),
            retries=_count_of(self._value("retries")),
            upload_lacks=uploads.lacks,
            arch_uploads=uploads.of_arches,
            listed=listed,
            invalid_options=tuple(sorted(invalid)),
        )


_OSTREE = ("url", "ref", "parent")


def _invalid_options(
    block: Mapping[Any, Any], place: str, options: Iterable[str], error_places: Iterable[str]
) -> FrozenSet[str]:
    """
    Return the options of a block that are wrong, missing where they must not be, or misspelt.

    :param place: of the block
    :param options: that a block may have
    :param error_places: where there is an error in the block
    """
    known = tuple(options)
    # As problems say it: a pattern may hold what cannot be printed.
    shown = printable(place)
    invalid = {option for where in error_places for option in _option_at(where, shown)}
    for key in block:
        if isinstance(key, str) and key not in known:
            invalid.add(suggest(key, known) or key)
    return frozenset(invalid & set(known))


def _option_at(where: str, place: str) -> Tuple[str, ...]:
    """Return the option of a block that a place is in, if it is in one."""
    if not where.startswith(place + "."):
        return ()
    return (where[len(place) + 1 :].split(".")[0].split("[")[0],)


def _text_of(value: Any) -> Optional[str]:
    """Return a string that is not empty; None for anything else."""
    return value if isinstance(value, str) and value else None


def _texts_of(value: Any) -> Tuple[str, ...]:
    """Return the strings in a list, or the one that should have been in one."""
    if isinstance(value, str):
        value = [value]
    found = map(_text_of, value if isinstance(value, list) else ())
    return tuple(text for text in found if text is not None)


def _flag_of(value: Any, default: bool) -> bool:
    """Return True or False; the default for anything else."""
    return value if isinstance(value, bool) else default


def _number_of(value: Any) -> Optional[float]:
    """Return a finite number; None for anything else."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def _count_of(value: Any) -> int:
    """Return a whole number; 0 for anything else."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if is_count else 0


def _repos_of(value: Any) -> Tuple[Repo, ...]:
    """Return the repositories in a list, each in its place; one that is none is empty."""
    if isinstance(value, str):
        value = [value]
    return tuple(_repo_of(item) for item in (value if isinstance(value, list) else ()))


def _repo_of(item: Any) -> Repo:
    if not isinstance(item, dict):
        return Repo(_text_of(item) or "")
    sets = _texts_of(item["package_sets"]) if "package_sets" in item else None
    return Repo(_text_of(item.get("baseurl")) or "", sets, as_dict=True)
