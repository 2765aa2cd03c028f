"""
What a request uploads: its block's options for its arches, with every template filled in.

What is filled in is looked at once more, since a cloud may take no such name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List, Mapping, Optional, Set, Tuple

from pungi_osbuild.clouds import cloud_of, option_of
from pungi_osbuild.config import (
    arch_hint,
    field_problems,
    unknown_template_fields,
)
from pungi_osbuild.model import (
    Arch,
    ComposeIdentity,
    ImageConfig,
    ImageRequest,
    Template,
    Upload,
    UploadTemplate,
    option_texts,
)
from pungi_osbuild.planning.cloudnames import option_place, shared_name_problems, template_values
from pungi_osbuild.problems import Problem, ProblemCode, Severity, along, missing_key


@dataclass(frozen=True)
class Filling:
    """
    What came of a request's upload options.

    :param template: None for no upload, or for one that has errors
    """

    template: Optional[UploadTemplate]
    problems: Tuple[Problem, ...] = ()


def fill(request: ImageRequest, identity: ComposeIdentity) -> Filling:
    """
    Return what a request uploads, and all problems of it.

    :param request: with everything but its upload
    """
    block = request.config
    problems = [*_lacking(block, request.arches), *_differing(block, request.arches)]
    upload = block.upload_for(request.arches[0])
    if problems or upload is None or _has_unknown_fields(block, upload):
        return Filling(None, tuple(problems))
    words = template_values(request, identity)
    problems = list(_unfillable(request, upload, words))
    if problems:
        return Filling(None, tuple(problems))
    template = UploadTemplate(upload, tuple(words.items()))
    problems = list(_refused(request, template))
    problems = problems or list(shared_name_problems(request, template, identity))
    return Filling(template, tuple(problems))


def unbuilt_arches(config: ImageConfig, built: Set[Arch]) -> Iterator[Problem]:
    """
    Say which arches of ``arch_upload_options`` no variant has.

    :param built: the arches that a block without ``arches`` is built for
    """
    for own in config.arch_uploads:
        if config.arches is None and own.arch not in built:
            yield Problem(
                "upload-arch",
                along(config.place, ["arch_upload_options", own.arch]),
                "the block is not built for %s" % own.arch,
                arch_hint(
                    [own.arch],
                    built,
                    "It is built for %s; remove the others." % ", ".join(sorted(built)),
                ),
                Severity.WARNING,
            )


def _has_unknown_fields(block: ImageConfig, upload: Upload) -> bool:
    """Whether a template in it has a field whose option is invalid in the block."""
    unknown = unknown_template_fields(block.invalid_options)
    texts = (text for _option, _index, text in option_texts(upload))
    return any(unknown & set(Template.parse(text).fields) for text in texts)


def _lacking(block: ImageConfig, arches: Tuple[Arch, ...]) -> Iterator[Problem]:
    bare = [arch for arch in arches if block.arch_upload(arch) is None]
    for option in block.upload_lacks if bare else ():
        cloud = cloud_of(block.arch_uploads[0].upload.provider)
        place = "%s.upload_options" % block.place
        # They may be those of another cloud, where this one has none.
        known = option_of(cloud, option)
        meaning = known.meaning if known is not None else ""
        yield missing_key(option, place, meaning, ", ".join(bare))


def _differing(block: ImageConfig, arches: Tuple[Arch, ...]) -> Iterator[Problem]:
    if len({block.upload_for(arch) for arch in arches}) > 1:
        yield Problem(
            "arch-options-in-one-task",
            "%s.arch_upload_options" % block.place,
            "one task for %s cannot have different options for them" % ", ".join(arches),
            "Leave split_arches out, so that each arch is a task of its own.",
        )


def _unfillable(request: ImageRequest, upload: Upload, words: Dict[str, str]) -> Iterator[Problem]:
    for option, index, text in option_texts(upload):
        for field in Template.parse(text).fields:
            if field in words or field == "attempt":
                continue
            code, message, hint = _NO_WORD[field]
            place = option_place(request.config, request.arches[0], option, index)
            yield Problem(code, place, "contains {%s}, but %s" % (field, message), hint)


_NO_RELEASE: Tuple[ProblemCode, str, str] = (
    "template-needs-release",
    "the block has no release",
    "Set release, osbuild_release or global_release, or use {compose_id}.",
)
_NO_WORD: Mapping[str, Tuple[ProblemCode, str, str]] = {
    "arch": (
        "template-needs-one-arch",
        "the task is for several arches",
        "Leave split_arches out, so that each arch is a task of its own, or remove {arch}.",
    ),
    "label": (
        "template-needs-label",
        "the compose has no label",
        "Give the compose one with --label, or use {compose_id}.",
    ),
    "release": _NO_RELEASE,
    "nvr": _NO_RELEASE,
}


def _refused(request: ImageRequest, template: UploadTemplate) -> Iterator[Problem]:
    """Say what the cloud would refuse of what has been filled in."""
    upload = template.filled(request.attempt)
    filled: List[Tuple[str, int, str]] = list(option_texts(upload))
    for (option, index, text), (_, _, written) in zip(filled, option_texts(template.options)):
        if Template.parse(written).fields:
            place = option_place(request.config, request.arches[0], option, index)
            yield from field_problems(cloud_of(upload.provider), option, text, place)
