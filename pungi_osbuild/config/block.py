"""Reading one image block: the dict as written becomes an ``ImageConfig``, or problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.config import fallbacks
from pungi_osbuild.config.hubrefuses import BLOCK_REFUSED, refused_problems
from pungi_osbuild.config.imagetype import check_image_type
from pungi_osbuild.config.listedtypes import find_listed
from pungi_osbuild.config.nvr import nvr_problems
from pungi_osbuild.config.problems import Problems
from pungi_osbuild.config.schema import block_schema
from pungi_osbuild.config.substitution import substitution_problems
from pungi_osbuild.config.upload import UploadContext, Uploads, read_uploads
from pungi_osbuild.config.wording import schema_problems, wrong_type
from pungi_osbuild.model import Customizations, ImageConfig, ListedImageType, Ostree, Repo


@dataclass(frozen=True)
class Surroundings:
    """
    What a block is read with.

    :param top: the config's top level, as written; what is wrong there has been reported
    :param listed: the image types that the config lists itself
    """

    top: Mapping[str, Any]
    listed: Tuple[ListedImageType, ...] = ()


_JUDGED_APART = ("upload_options", "arch_upload_options")


def read_block(
    value: Any, pattern: str, place: str, surroundings: Surroundings, problems: Problems
) -> Optional[ImageConfig]:
    """
    Read an image block and its fall-backs.

    Everything that is wrong goes to ``problems``; reading goes on as far as it makes sense.

    :param value: as written, plain dicts and lists
    :param place: of the block
    :returns: None when the block, or what it falls back to, cannot be used. Where only the upload
        options are wrong, the block without them: everything else of it can be judged
    """
    if not isinstance(value, dict):
        problems.add([wrong_type([{"type": "object"}], value, place)])
        return None
    return _Block(value, pattern, place, surroundings, problems).read()


class _Block:
    def __init__(
        self,
        block: Dict[str, Any],
        pattern: str,
        place: str,
        surroundings: Surroundings,
        problems: Problems,
    ) -> None:
        self.block = block
        self.pattern = pattern
        self.place = place
        self.top = surroundings.top
        self.listed = surroundings.listed
        self.problems = problems
        self.version = self._look_up("version")
        self.release = self._look_up("release")
        self.target = self._look_up("target")
        self.split_arches = self._look_up("split_arches")

    def _look_up(self, option: str) -> Optional[fallbacks.Found]:
        return fallbacks.look_up(option, self.block, self.place, self.top)

    def read(self) -> Optional[ImageConfig]:
        before = self.problems.errors
        known = {key: item for key, item in self.block.items() if key not in BLOCK_REFUSED}
        self.problems.add(schema_problems(block_schema(), known, self.place, apart=_JUDGED_APART))
        self.problems.add(refused_problems(self.block, self.place, BLOCK_REFUSED))
        name = self.block.get("name")
        self.problems.add(
            nvr_problems(
                name if isinstance(name, str) else None, self.version, self.release, self.place
            )
        )
        self.problems.add(substitution_problems(self.block, self.place))
        self._check_arches()
        image_type = self._image_type()
        listed = None if image_type is None else find_listed(self.listed, image_type)
        customizations = self._customizations()
        target = fallbacks.read_target(self.target, self.place, self.problems)
        version = fallbacks.read_version(self.version, self.problems)
        release = fallbacks.read_release(self.release, self.problems)
        is_usable = self.problems.errors == before and self._has_sound_fallbacks()
        uploads = self._uploads(image_type, listed)
        if not is_usable or self.problems.has_error_at("%s.image_types" % self.place):
            return None
        return self._config(target, version, release, listed, uploads, customizations)

    def _has_sound_fallbacks(self) -> bool:
        """Whether what the block takes from the top is usable; if not, that is reported once."""
        places = {
            found.place
            for found in (self.version, self.release, self.target, self.split_arches)
            if found is not None
        }
        return not any(map(self.problems.has_error_at, places))

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
                    "Take it out, or add it to arches.",
                )

    def _image_type(self) -> Optional[str]:
        written = self.block.get("image_types")
        if isinstance(written, list):
            written = written[0] if len(written) == 1 else None
        return written if isinstance(written, str) and written else None

    def _uploads(self, image_type: Optional[str], listed: Optional[ListedImageType]) -> Uploads:
        if image_type is None:  # no cloud to judge the options by, and an error as it is
            return Uploads()
        place = "%s.image_types" % self.place
        arches = self.block.get("arches")
        context = UploadContext(
            image_type=image_type,
            provider=check_image_type(image_type, listed, place, self.problems),
            place=self.place,
            arches=_texts(arches) if isinstance(arches, list) else None,
            has_release=self.release is not None,
        )
        before = self.problems.errors
        uploads = read_uploads(self.block, context, self.problems)
        # All or nothing: half of what was asked for is something else.
        return uploads if self.problems.errors == before else Uploads()

    def _customizations(self) -> Optional[Customizations]:
        value = self.block.get("customizations")
        if not isinstance(value, dict) or not value:
            return None
        try:
            return Customizations.from_conf(value)
        except (TypeError, ValueError):
            self.problems.error(
                "bad-value",
                "%s.customizations" % self.place,
                "holds something that has no JSON form",
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
        customizations: Optional[Customizations],
    ) -> ImageConfig:
        block = self.block
        image_type = self._image_type()
        assert image_type is not None  # or the schema had reported it
        return ImageConfig(
            place=self.place,
            pattern=self.pattern,
            name=block["name"],
            distro=block["distro"],
            image_type=image_type,
            image_type_as_list=isinstance(block["image_types"], list),
            target=target,
            version=version,
            release=release,
            arches=None if "arches" not in block else tuple(block["arches"]),
            repos=tuple(_repo(item) for item in block.get("repo", ())),
            failable=tuple(block.get("failable", ())),
            subvariant=block.get("subvariant") or None,
            ostree=Ostree(*(block.get("ostree_%s" % key) for key in ("url", "ref", "parent"))),
            upload=uploads.everywhere,
            manifest_type=block.get("manifest_type") or None,
            customizations=customizations,
            split_arches=True if self.split_arches is None else self.split_arches.value,
            skip_tag=block.get("skip_tag", False),
            upload_lacks=uploads.lacks,
            arch_uploads=uploads.of_arches,
            listed=listed,
        )


def _texts(items: Sequence[Any]) -> Tuple[str, ...]:
    return tuple(item for item in items if isinstance(item, str))


def _repo(item: Any) -> Repo:
    if isinstance(item, str):
        return Repo(item)
    sets: Optional[Tuple[str, ...]] = None
    if "package_sets" in item:
        sets = tuple(item["package_sets"])
    return Repo(item["baseurl"], sets, as_dict=True)
