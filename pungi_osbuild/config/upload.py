"""
Reading ``upload_options`` and ``arch_upload_options``: which cloud they are for, whether they fit
the image type's, and whether that cloud takes what stands in them.

Composer decides by the image type where an image goes, so options for another cloud fail there,
or are taken for something else, after the image has been built.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.config.cloudfields import field_problems
from pungi_osbuild.config.cloudshape import NAMES, by_shape, is_for_another, wrong_cloud
from pungi_osbuild.config.hubrefuses import ELSEWHERE, REFUSED, refused_problems
from pungi_osbuild.config.nearest import nearest
from pungi_osbuild.config.places import within
from pungi_osbuild.config.problems import Problems
from pungi_osbuild.config.schema import (
    UPLOAD_ORDER,
    described,
    missing_fields,
    upload_schema,
)
from pungi_osbuild.config.templates import literal, option_strings, template_problems
from pungi_osbuild.config.wording import Judge, missing_key, wrong_type
from pungi_osbuild.model import (
    Arch,
    ArchUpload,
    AwsEc2Upload,
    AwsS3Upload,
    AzureUpload,
    ContainerUpload,
    GcpUpload,
    Provider,
    Upload,
)

_UPLOADS: Mapping[Provider, Callable[..., Upload]] = {
    Provider.AWS: AwsEc2Upload,
    Provider.AWS_S3: AwsS3Upload,
    Provider.GCP: GcpUpload,
    Provider.AZURE: AzureUpload,
    Provider.CONTAINER: ContainerUpload,
}


@dataclass(frozen=True)
class Uploads:
    """
    The uploads that a block asks for.

    :param everywhere: for every arch that has no options of its own; None for none
    :param lacks: options without which those for every arch are of no use
    :param of_arches: for the arches that have options of their own
    """

    everywhere: Optional[Upload] = None
    lacks: Tuple[str, ...] = ()
    of_arches: Tuple[ArchUpload, ...] = ()


@dataclass(frozen=True)
class UploadContext:
    """
    What upload options are judged by.

    :param image_type: as written
    :param provider: where images of that type go; None for a type that nobody has heard of, whose
        options are taken as the hub would take them
    :param place: of the block
    :param arches: that the block is built for; None where that depends on the variant
    :param has_release: the block's release is configured
    """

    image_type: str
    provider: Optional[Provider]
    place: str
    arches: Optional[Sequence[Arch]]
    has_release: bool


def read_uploads(block: Mapping[str, Any], context: UploadContext, problems: Problems) -> Uploads:
    """
    Return the uploads that a block asks for; none where there are problems.

    :param block: as written, plain dicts and lists
    """
    return _Reader(block, context, problems).read()


@cache
def _judge(provider: Provider, whole: bool) -> Judge:
    return Judge(upload_schema(provider, whole))


class _Reader:
    def __init__(
        self, block: Mapping[str, Any], context: UploadContext, problems: Problems
    ) -> None:
        self.context = context
        self.problems = problems
        self.place = within(context.place, "upload_options")
        self.arches_place = within(context.place, "arch_upload_options")
        self.is_written = "upload_options" in block
        self.base: Mapping[str, Any] = {}
        if self.is_written:
            self.base = self._dict(block["upload_options"], self.place)
        own = self._dict(block.get("arch_upload_options", {}), self.arches_place)
        self.own: Mapping[Arch, Mapping[str, Any]] = {
            arch: self._dict(options, within(self.arches_place, arch))
            for arch, options in own.items()
        }

    def _dict(self, value: Any, place: str) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.problems.add([wrong_type([{"type": "object"}], value, place)])
        return {}

    def read(self) -> Uploads:
        before = self.problems.errors
        self._check_arches()
        if self._takes_none():
            return Uploads()
        # Options for Pulp alone lack nothing else: they are the mistake.
        is_given = any(option not in ELSEWHERE for option in self.base)
        self.base = self._without_refused(self.base, self.place)
        self.own = {
            arch: self._without_refused(options, within(self.arches_place, arch))
            for arch, options in self.own.items()
        }
        provider = self.context.provider or by_shape(self._merged(*self.own))
        if not self._fits(provider):
            return Uploads()
        self._check_options(provider, is_given)
        lacks = missing_fields(provider, self.base) if self.base else ()
        if self.own:
            self._check_missing(provider, lacks)
        for arch in (*self.own, *([] if self._is_covered else [None])):
            self._check_tag(provider, arch)
        if self.problems.errors > before:
            return Uploads()
        of_arches = []
        for arch, own in self.own.items():
            if self._merged(arch):
                upload = _upload(provider, self._merged(arch))
                of_arches.append(ArchUpload(arch, upload, tuple(own)))
        everywhere = _upload(provider, self.base) if self.base and not lacks else None
        return Uploads(everywhere, lacks, tuple(of_arches))

    def _merged(self, *arches: Optional[Arch]) -> Dict[str, Any]:
        """Return the options for every arch, with those of some arches laid over them."""
        merged = dict(self.base)
        for arch in arches:
            merged.update(self.own.get(arch, {}) if arch is not None else {})
        return merged

    @property
    def _is_covered(self) -> bool:
        """Whether every arch that the block is built for has options of its own."""
        arches = self.context.arches
        return bool(self.own) and arches is not None and set(arches) <= set(self.own)

    def _place_of(self, option: str, arch: Optional[Arch]) -> str:
        """Return where an option of an arch stands, or would stand."""
        own = self.own.get(arch, {}) if arch is not None else {}
        if arch is not None and (option in own or (option not in self.base and own)):
            return within(within(self.arches_place, arch), option)
        return within(self.place, option)

    def _check_arches(self) -> None:
        """Say which arches have options and are not built."""
        arches = self.context.arches
        for arch in self.own:
            if arches is None or arch in arches:
                continue
            near = nearest(arch, arches, 0.7)
            self.problems.warn(
                "upload-arch",
                within(self.arches_place, arch),
                "the block is not built for %s" % arch,
                "Did you mean %s?" % near if near else "Take it out, or add it to arches.",
            )

    def _takes_none(self) -> bool:
        """Whether the image type takes no options, or none are given."""
        places = {self.place: self.base}
        places.update({within(self.arches_place, arch): own for arch, own in self.own.items()})
        given = [place for place, options in places.items() if options]
        provider = self.context.provider
        if provider is None or provider in UPLOAD_ORDER:
            return not given
        for place in given:
            self.problems.error(
                "no-upload-options",
                place,
                "images of type %s go to %s, for which Koji's hub takes no options"
                % (self.context.image_type, NAMES[provider]),
                "Leave %s out." % place[len(self.context.place) + 1 :].split(".")[0],
            )
        return True

    def _without_refused(self, options: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        self.problems.add(refused_problems(options, place))
        return {key: value for key, value in options.items() if key not in REFUSED}

    def _fits(self, provider: Provider) -> bool:
        """Whether no options are for another cloud."""
        if self.context.provider is None:
            return True
        sets: List[Tuple[str, Mapping[str, Any]]] = [(self.place, self.base)]
        if not is_for_another(self.base, provider):
            sets = [(within(self.arches_place, arch), self._merged(arch)) for arch in self.own]
        wrong = [(place, options) for place, options in sets if is_for_another(options, provider)]
        for place, options in wrong:
            self.problems.error(
                "wrong-cloud", place, *wrong_cloud(options, self.context.image_type, provider)
            )
        return not wrong

    def _check_options(self, provider: Provider, is_given: bool) -> None:
        """
        Judge what stands in the options, each at its own place.

        :param is_given: there are options for every arch
        """
        if is_given:
            self._check_set(provider, self.base, self.place, whole=not self.own)
        for arch, own in self.own.items():
            self._check_set(provider, own, within(self.arches_place, arch), whole=False)

    def _check_set(
        self, provider: Provider, options: Mapping[str, Any], place: str, whole: bool
    ) -> None:
        self.problems.add(_judge(provider, whole).problems(options, place))
        for option, where, text in option_strings(options, place):
            self.problems.add(template_problems(text, where, self.context.has_release))
            value = literal(text)
            if value is not None:
                self.problems.add(field_problems(provider, option, value, where))

    def _check_missing(self, provider: Provider, lacks: Sequence[str]) -> None:
        """Say which options an arch has neither in its own nor in those for every arch."""
        arches = self.context.arches or ()
        for arch in [*self.own, *(arch for arch in arches if arch not in self.own)]:
            options = self._merged(arch)
            if not options or (arch not in self.own and not lacks):
                continue
            for option in missing_fields(provider, options):
                given = any(option in own for own in self.own.values())
                place = within(self.arches_place, arch) if arch in self.own else self.place
                if self.is_written and not given:
                    place = self.place
                self.problems.add(
                    [missing_key(option, place, described(provider, option), arch if given else "")]
                )

    def _check_tag(self, provider: Provider, arch: Optional[Arch]) -> None:
        options = self._merged(arch)
        if provider is Provider.CONTAINER and "tag" in options and "name" not in options:
            self.problems.warn(
                "tag-without-name",
                self._place_of("tag", arch),
                "composer ignores the tag when there is no name",
                "Add name, or take tag out.",
            )


def _upload(provider: Provider, options: Mapping[str, Any]) -> Upload:
    return _UPLOADS[provider](
        **{
            key: tuple(value) if isinstance(value, list) else value
            for key, value in options.items()
        }
    )
