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
from functools import lru_cache
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
)

from pungi_osbuild import imagetypes
from pungi_osbuild.clouds import (
    Cloud,
    InvalidValue,
    clouds,
    fitting_clouds,
    is_for_another,
    lacking_options,
    option_of,
    refused_options,
    upload_schema,
    would_work,
)
from pungi_osbuild.config.arches import arch_hint
from pungi_osbuild.config.schema_errors import SchemaErrors
from pungi_osbuild.config.templates import (
    dollar_hint,
    literal,
    option_strings,
    template_problems,
    unreplaced_option,
)
from pungi_osbuild.model import Arch, ArchUpload, Upload
from pungi_osbuild.problems import (
    Problem,
    Problems,
    Severity,
    missing_key,
    within,
    wrong_type,
)

_ONE_UPLOAD = (
    "Remove it: a block's images go to the one place that composer has for its image type."
)
_OF_ANY_CLOUD: Mapping[str, str] = {
    "type": _ONE_UPLOAD,
    "upload_options": _ONE_UPLOAD,
    "upload_targets": _ONE_UPLOAD,
}
"""What composer has for any cloud, and the hub refuses."""

BLOCK_REFUSED: Mapping[str, str] = {"upload_targets": _ONE_UPLOAD}
"""Keys of an image block that composer has, beside ``upload_options``."""


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
    :param cloud: where images of that type go; None for a type that nobody has heard of, whose
        options are taken as the hub would take them
    :param place: of the block
    :param arches: that the block is built for; None where that depends on the variant
    :param has_release: the block's release is configured
    """

    image_type: str
    cloud: Optional[Cloud]
    place: str
    arches: Optional[Sequence[Arch]]
    has_release: bool


def read_uploads(block: Mapping[str, Any], context: UploadContext, problems: Problems) -> Uploads:
    """
    Return the uploads that a block asks for; none where there are problems.

    :param block: as written, plain dicts and lists
    """
    return _Reader(block, context, problems).read()


@lru_cache(maxsize=256)
def _schema_errors(cloud: Cloud, ignored: Tuple[str, ...]) -> SchemaErrors:
    return SchemaErrors(upload_schema(cloud, whole=False, ignored=ignored))


def refused_problems(
    options: Mapping[str, Any], place: str, refused: Mapping[str, str]
) -> Iterator[Problem]:
    """
    Say which options the hub refuses though composer knows them.

    :param place: of the options
    :param refused: option and hint
    """
    for option in options:
        if option in refused:
            yield Problem(
                "hub-refuses-field",
                within(place, option),
                "composer knows %s, but Koji's hub (koji-osbuild 12) refuses it" % option,
                refused[option],
            )


def field_problems(cloud: Cloud, option: str, text: str, place: str) -> Iterator[Problem]:
    """
    Say what is wrong with the value of an upload option, or with one item of it.

    :param text: with every template filled in
    :param place: of the value
    """
    rule = cloud.options[option].rule if option in cloud.options else None
    wrong = rule(text) if rule is not None else None
    if wrong is not None:
        yield _problem(wrong, place, dollar_hint(text))
    else:
        yield from unreplaced_option(text, place)


def _problem(wrong: InvalidValue, place: str, first: str = "") -> Problem:
    return Problem(wrong.code, place, wrong.message, first + wrong.hint, wrong.severity)


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
        is_given = bool(self.base.keys() - _of_no_cloud())
        self.base = self._without_refused(self.base, self.place)
        self.own = {
            arch: self._without_refused(options, within(self.arches_place, arch))
            for arch, options in self.own.items()
        }
        if not is_given and not any(self._sets().values()):
            return Uploads()
        meant = fitting_clouds(self._merged(*self.own))[0]
        cloud = self.context.cloud or meant
        # Of a cloud without own options the hub lets those of another through.
        shape = cloud if cloud.options else meant
        ignored = self._ignored(cloud)
        if not self._fits(shape):
            return Uploads()
        self._check_options(shape, ignored)
        lacks = lacking_options(shape, self.base) if is_given else ()
        if self.own:
            self._check_missing(shape, lacks)
        self.problems.add(
            missing_key(option, self.place, shape.options[option].meaning)
            for option in ([] if self.own else lacks)
        )
        for arch in (*self.own, *([] if self._is_covered else [None])):
            self._warn_of_odd(cloud, arch)
            self._warn_of_ignored(cloud, arch, ignored)
        if self.problems.errors > before:
            return Uploads()
        of_arches = []
        for arch, own in self.own.items():
            if self._merged(arch):
                upload = _upload(cloud, self._merged(arch))
                of_arches.append(ArchUpload(arch, upload, tuple(own)))
        everywhere = _upload(cloud, self.base) if self.base and not lacks else None
        return Uploads(everywhere, lacks, tuple(of_arches))

    def _sets(self) -> Dict[Optional[Arch], Dict[str, Any]]:
        """Return the options of each arch that has its own, and under None those of the others."""
        sets: Dict[Optional[Arch], Dict[str, Any]] = {arch: self._merged(arch) for arch in self.own}
        if not self._is_covered:
            sets[None] = dict(self.base)
        return sets

    def _ignored(self, cloud: Cloud) -> Tuple[str, ...]:
        """Return the options of other clouds, where every upload would work all the same."""
        found: Dict[str, None] = {}
        for arch, options in self._sets().items():
            if arch is None and self.own and lacking_options(cloud, options):
                continue  # of use to no arch by itself, which is looked at when there is a compose
            if options and not would_work(cloud, options):
                return ()
            found.update((key, None) for key in options if key not in cloud.options)
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
            self.problems.warn(
                "upload-arch",
                within(self.arches_place, arch),
                "the block is not built for %s" % arch,
                arch_hint([arch], arches, "Remove it, or add it to arches."),
            )

    def _without_refused(self, options: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        refused = {**_OF_ANY_CLOUD, **refused_options()}
        self.problems.add(refused_problems(options, place, refused))
        return {key: value for key, value in options.items() if key not in refused}

    def _fits(self, cloud: Cloud) -> bool:
        """Whether no options are for another cloud, as far as their upload would fail for it."""
        if self.context.cloud is None:
            return True
        sets: List[Tuple[str, Mapping[str, Any]]] = [(self.place, self.base)]
        if not is_for_another(cloud, self.base):
            sets = [(within(self.arches_place, arch), self._merged(arch)) for arch in self.own]
        wrong = [(place, options) for place, options in sets if is_for_another(cloud, options)]
        for place, options in wrong:
            self.problems.error(
                "wrong-cloud", place, *_wrong_cloud(options, self.context.image_type, cloud)
            )
        return not wrong

    def _check_options(self, cloud: Cloud, ignored: Tuple[str, ...]) -> None:
        """Judge what stands in the options, each at its own place."""
        self._check_set(cloud, self.base, self.place, ignored)
        for arch, own in self.own.items():
            self._check_set(cloud, own, within(self.arches_place, arch), ignored)

    def _check_set(
        self, cloud: Cloud, options: Mapping[str, Any], place: str, ignored: Tuple[str, ...]
    ) -> None:
        self.problems.add(_schema_errors(cloud, ignored).of(options, place))
        for option, where, text in option_strings(options, place):
            if option in ignored:
                continue
            self.problems.add(template_problems(text, where, self.context.has_release))
            value = literal(text)
            if value is not None:
                self.problems.add(self._field_problems(cloud, option, value, where))

    def _field_problems(
        self, cloud: Cloud, option: str, value: str, where: str
    ) -> Iterator[Problem]:
        for problem in field_problems(cloud, option, value, where):
            # Whether it is that cloud at all is a guess for an image type that nobody knows.
            is_sure = self.context.cloud is not None
            yield problem if is_sure else replace(problem, severity=Severity.WARNING)

    def _warn_of_ignored(
        self, cloud: Cloud, arch: Optional[Arch], ignored: Tuple[str, ...]
    ) -> None:
        """Say what will not happen, where composer goes by the image type alone."""
        options = self._merged(arch)
        for option in options if would_work(cloud, options) else ():
            known = option_of(cloud, option) if option in ignored else None
            if known is not None:
                self.problems.warn(
                    "ignored-upload-option",
                    self._place_of(option, arch),
                    "composer ignores %s for images of type %s, which go to %s: %s"
                    % (option, self.context.image_type, cloud.name, known.if_ignored),
                    _hint_of_ignored(cloud, options, ignored),
                )

    def _warn_of_odd(self, cloud: Cloud, arch: Optional[Arch]) -> None:
        """Say what is odd about options that are fine one by one."""
        options = self._merged(arch)
        self.problems.add(
            _problem(wrong, self._place_of(option, arch))
            for option, wrong in cloud.remarks(options, would_work(cloud, options))
        )

    def _check_missing(self, cloud: Cloud, lacks: Sequence[str]) -> None:
        """Say which options an arch has neither in its own nor in those for every arch."""
        arches = self.context.arches or ()
        for arch in [*self.own, *(arch for arch in arches if arch not in self.own)]:
            options = self._merged(arch)
            if not options or (arch not in self.own and not lacks):
                continue
            for option in lacking_options(cloud, options):
                given = any(option in own for own in self.own.values())
                place = within(self.arches_place, arch) if arch in self.own else self.place
                if self.is_written and not given:
                    place = self.place
                meaning = cloud.options[option].meaning
                self.problems.add([missing_key(option, place, meaning, arch if given else "")])


def _of_no_cloud() -> FrozenSet[str]:
    """Return options that are none of a cloud that a block can go to at all."""
    elsewhere = [option for cloud in clouds() if not cloud.is_reachable for option in cloud.refused]
    return frozenset((*_OF_ANY_CLOUD, *elsewhere))


def _wrong_cloud(options: Mapping[str, Any], image_type: str, cloud: Cloud) -> Tuple[str, str]:
    """Return message and hint for options that are for another cloud than the image type's."""
    like = fitting_clouds(options)
    message = "images of type %s go to %s, but these options look like those of %s" % (
        image_type,
        cloud.name,
        " or ".join(other.name for other in like),
    )
    ids = [other.id for other in like]
    fitting = [name for name, entry in imagetypes.CATALOGUE.items() if entry.provider in ids]
    hint = "%s takes %s; image types for these options are %s%s." % (
        _first_upper(cloud.name),
        ", ".join(cloud.options),
        ", ".join(fitting[:4]),
        " and others" if len(fitting) > 4 else "",
    )
    return message, hint


def _first_upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def _hint_of_ignored(cloud: Cloud, options: Mapping[str, Any], ignored: Tuple[str, ...]) -> str:
    name = _first_upper(cloud.name)
    if cloud.options and not set(options) <= set(ignored):
        return "Remove it: %s takes %s." % (name, ", ".join(cloud.options))
    settings = "Without any option nothing is uploaded"
    if cloud.options:
        return "%s takes %s. %s." % (name, ", ".join(cloud.options), settings)
    return "%s; where it goes is a setting of composer's worker." % settings


def _upload(cloud: Cloud, options: Mapping[str, Any]) -> Upload:
    values = {
        key: tuple(value) if isinstance(value, list) else value for key, value in options.items()
    }
    own: Dict[str, Any] = {key: value for key, value in values.items() if key in cloud.options}
    ignored = tuple((key, value) for key, value in values.items() if key not in cloud.options)
    make: Callable[..., Upload] = cloud.upload
    return make(**own, ignored=ignored)
