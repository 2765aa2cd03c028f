"""
Reading ``upload_options`` and ``arch_upload_options``: which cloud they are for, whether they fit
the image type's, and whether that cloud takes what stands in them.

The hub takes options that have the shape of any cloud's. Composer decides by the image type alone
where the image goes: it takes its cloud's fields out of the options and ignores all others. So
options of another cloud are an error where that leaves something required empty, as the upload
would fail after the build, and a warning where it does not. Seen with osbuild-composer 180.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.config.arches import meant_arch
from pungi_osbuild.config.cloudfields import field_problems
from pungi_osbuild.config.cloudshape import NAMES, by_shape, is_for_another, wrong_cloud
from pungi_osbuild.config.hubrefuses import ELSEWHERE, REFUSED, refused_problems
from pungi_osbuild.config.schema import (
    described,
    hub_takes,
    lacking,
    upload_fields,
    upload_schema,
)
from pungi_osbuild.config.schema_errors import SchemaErrors
from pungi_osbuild.config.templates import literal, option_strings, template_problems
from pungi_osbuild.model import (
    Arch,
    ArchUpload,
    AwsEc2Upload,
    AwsS3Upload,
    AzureUpload,
    ContainerUpload,
    GcpUpload,
    OciUpload,
    Provider,
    Upload,
)
from pungi_osbuild.problems import Problem, Problems, Severity, missing_key, within, wrong_type

_UPLOADS: Mapping[Provider, Callable[..., Upload]] = {
    Provider.AWS: AwsEc2Upload,
    Provider.AWS_S3: AwsS3Upload,
    Provider.GCP: GcpUpload,
    Provider.AZURE: AzureUpload,
    Provider.CONTAINER: ContainerUpload,
    Provider.OCI: OciUpload,
}

_NOT_DONE: Mapping[str, str] = {
    "share_with_accounts": "nothing is shared",
    "snapshot_name": "nothing gets this name",
    "image_name": "nothing gets this name",
    "name": "nothing gets this name",
    "tag": "nothing gets this tag",
}
_NO_PLACE = "it does not decide where they go"
"""What does not happen where composer ignores an option."""


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
def _judge(provider: Provider, ignored: Tuple[str, ...]) -> SchemaErrors:
    return SchemaErrors(upload_schema(provider, whole=False, ignored=ignored))


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
        # Options for Pulp alone lack nothing else: they are the mistake.
        is_given = any(option not in ELSEWHERE for option in self.base)
        self.base = self._without_refused(self.base, self.place)
        self.own = {
            arch: self._without_refused(options, within(self.arches_place, arch))
            for arch, options in self.own.items()
        }
        if not is_given and not any(self._sets().values()):
            return Uploads()
        meant = by_shape(self._merged(*self.own))
        provider = self.context.provider or meant
        # OCI has no options of its own: those of another cloud are what the hub lets through.
        shape = meant if provider is Provider.OCI else provider
        ignored = self._ignored(provider)
        if not self._fits(shape):
            return Uploads()
        self._check_options(shape, ignored)
        lacks = lacking(shape, self.base) if is_given else ()
        if self.own:
            self._check_missing(shape, lacks)
        self.problems.add(
            missing_key(option, self.place, described(shape, option))
            for option in ([] if self.own else lacks)
        )
        for arch in (*self.own, *([] if self._is_covered else [None])):
            self._check_tag(provider, arch)
            self._warn_of_ignored(provider, arch, ignored)
        if self.problems.errors > before:
            return Uploads()
        of_arches = []
        for arch, own in self.own.items():
            if self._merged(arch):
                upload = _upload(provider, self._merged(arch))
                of_arches.append(ArchUpload(arch, upload, tuple(own)))
        everywhere = _upload(provider, self.base) if self.base and not lacks else None
        return Uploads(everywhere, lacks, tuple(of_arches))

    def _sets(self) -> Dict[Optional[Arch], Dict[str, Any]]:
        """Return the options of each arch that has its own, and under None those of the others."""
        sets: Dict[Optional[Arch], Dict[str, Any]] = {arch: self._merged(arch) for arch in self.own}
        if not self._is_covered:
            sets[None] = dict(self.base)
        return sets

    def _ignored(self, provider: Provider) -> Tuple[str, ...]:
        """Return the options of other clouds, where every upload would work all the same."""
        found: Dict[str, None] = {}
        for arch, options in self._sets().items():
            if arch is None and self.own and lacking(provider, options):
                continue  # of use to no arch by itself, which is looked at when there is a compose
            if options and not _works(provider, options):
                return ()
            found.update((key, None) for key in options if key not in upload_fields(provider))
        return tuple(found)

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
            near = meant_arch(arch, arches)
            self.problems.warn(
                "upload-arch",
                within(self.arches_place, arch),
                "the block is not built for %s" % arch,
                "Did you mean %s?" % near if near else "Take it out, or add it to arches.",
            )

    def _without_refused(self, options: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        self.problems.add(refused_problems(options, place))
        return {key: value for key, value in options.items() if key not in REFUSED}

    def _fits(self, provider: Provider) -> bool:
        """Whether no options are for another cloud, as far as their upload would fail for it."""
        if self.context.provider is None:
            return True
        sets: List[Tuple[str, Mapping[str, Any]]] = [(self.place, self.base)]
        if not _is_for_another(self.base, provider):
            sets = [(within(self.arches_place, arch), self._merged(arch)) for arch in self.own]
        wrong = [(place, options) for place, options in sets if _is_for_another(options, provider)]
        for place, options in wrong:
            self.problems.error(
                "wrong-cloud", place, *wrong_cloud(options, self.context.image_type, provider)
            )
        return not wrong

    def _check_options(self, provider: Provider, ignored: Tuple[str, ...]) -> None:
        """SchemaErrors what stands in the options, each at its own place."""
        self._check_set(provider, self.base, self.place, ignored)
        for arch, own in self.own.items():
            self._check_set(provider, own, within(self.arches_place, arch), ignored)

    def _check_set(
        self, provider: Provider, options: Mapping[str, Any], place: str, ignored: Tuple[str, ...]
    ) -> None:
        self.problems.add(_judge(provider, ignored).of(options, place))
        for option, where, text in option_strings(options, place):
            if option in ignored:
                continue
            self.problems.add(template_problems(text, where, self.context.has_release))
            value = literal(text)
            if value is not None:
                self.problems.add(self._field_problems(provider, option, value, where))

    def _field_problems(
        self, provider: Provider, option: str, value: str, where: str
    ) -> Iterator[Problem]:
        for problem in field_problems(provider, option, value, where):
            # Whether it is that cloud at all is a guess for an image type that nobody knows.
            is_sure = self.context.provider is not None
            yield problem if is_sure else replace(problem, severity=Severity.WARNING)

    def _warn_of_ignored(
        self, provider: Provider, arch: Optional[Arch], ignored: Tuple[str, ...]
    ) -> None:
        """Say what will not happen, where composer goes by the image type alone."""
        options = self._merged(arch)
        cloud = NAMES[provider]
        works = _works(provider, options)
        if works and provider is Provider.AWS and "share_with_accounts" not in options:
            self.problems.warn(
                "shared-with-nobody",
                self._place_of("share_with_accounts", arch),
                "without share_with_accounts the AMI is shared with nobody",
                "Name the accounts; [] says that nobody is meant.",
            )
        for option in options if works else ():
            if option in ignored:
                self.problems.warn(
                    "ignored-upload-option",
                    self._place_of(option, arch),
                    "composer ignores %s for images of type %s, which go to %s: %s"
                    % (
                        option,
                        self.context.image_type,
                        cloud,
                        _NOT_DONE.get(option, _NO_PLACE),
                    ),
                    _hint_of_ignored(provider, options, ignored),
                )

    def _check_missing(self, provider: Provider, lacks: Sequence[str]) -> None:
        """Say which options an arch has neither in its own nor in those for every arch."""
        arches = self.context.arches or ()
        for arch in [*self.own, *(arch for arch in arches if arch not in self.own)]:
            options = self._merged(arch)
            if not options or (arch not in self.own and not lacks):
                continue
            for option in lacking(provider, options):
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


def _works(provider: Provider, options: Mapping[str, Any]) -> bool:
    """Whether the hub takes options, and composer finds in them what a cloud needs."""
    return hub_takes(options) and not lacking(provider, options)


def _is_for_another(options: Mapping[str, Any], provider: Provider) -> bool:
    return not _works(provider, options) and is_for_another(options, provider)


def _hint_of_ignored(
    provider: Provider, options: Mapping[str, Any], ignored: Tuple[str, ...]
) -> str:
    cloud = NAMES[provider][:1].upper() + NAMES[provider][1:]
    fields = upload_fields(provider)
    if fields and not set(options) <= set(ignored):
        return "Take it out: %s takes %s." % (cloud, ", ".join(fields))
    settings = "Without any option nothing is uploaded"
    if fields:
        return "%s takes %s. %s." % (cloud, ", ".join(fields), settings)
    return "%s; where it goes is a setting of composer's worker." % settings


def _upload(provider: Provider, options: Mapping[str, Any]) -> Upload:
    fields = upload_fields(provider)
    values = {
        key: tuple(value) if isinstance(value, list) else value for key, value in options.items()
    }
    own = {key: value for key, value in values.items() if key in fields}
    ignored = tuple((key, value) for key, value in values.items() if key not in fields)
    return _UPLOADS[provider](**own, ignored=ignored)
