"""
Reading ``upload_options``: which cloud they are for, and whether they fit the image type's.

Composer decides by the image type where an image goes, so options for another cloud fail there,
or are taken for something else, after the image has been built.
"""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Optional, Tuple

from pungi_osbuild import imagetypes
from pungi_osbuild.config.nearest import nearest
from pungi_osbuild.config.places import within
from pungi_osbuild.config.problems import Problems
from pungi_osbuild.config.schema import (
    UPLOAD_ORDER,
    missing_fields,
    upload_fields,
    upload_schema,
)
from pungi_osbuild.config.wording import schema_problems, wrong_type
from pungi_osbuild.model import (
    AwsEc2Upload,
    AwsS3Upload,
    AzureUpload,
    ContainerUpload,
    GcpUpload,
    Provider,
    Upload,
)

NAMES: Mapping[Provider, str] = {
    Provider.AWS: "AWS EC2",
    Provider.AWS_S3: "AWS S3",
    Provider.GCP: "GCP",
    Provider.AZURE: "Azure",
    Provider.CONTAINER: "a container registry",
    Provider.OCI: "OCI",
    Provider.PULP: "Pulp",
}
"""What people call the clouds."""

_UPLOADS: Mapping[Provider, Callable[..., Upload]] = {
    Provider.AWS: AwsEc2Upload,
    Provider.AWS_S3: AwsS3Upload,
    Provider.GCP: GcpUpload,
    Provider.AZURE: AzureUpload,
    Provider.CONTAINER: ContainerUpload,
}


def read_upload(
    options: Any, image_type: str, provider: Optional[Provider], place: str, problems: Problems
) -> Optional[Upload]:
    """
    Return the upload that a block asks for, or None for none (or for one that has problems).

    :param options: ``upload_options`` as written, plain dicts and lists
    :param image_type: as written
    :param provider: where images of that type go; None for a type that nobody has heard of, whose
        options are taken as the hub would take them
    :param place: of the options
    """
    if not isinstance(options, dict):
        problems.add([wrong_type([{"type": "object"}], options, place)])
        return None
    if not options:
        return None
    if provider is not None and provider not in UPLOAD_ORDER:
        problems.error(
            "no-upload-options",
            place,
            "images of type %s go to %s, for which Koji takes no options"
            % (image_type, NAMES[provider]),
            "Leave upload_options out.",
        )
        return None
    if provider is None:
        provider = _by_shape(options)
    elif _is_for_another(options, provider):
        problems.error("wrong-cloud", place, *_wrong_cloud(options, image_type, provider))
        return None
    return _read(options, provider, place, problems)


def _read(
    options: Mapping[str, Any], provider: Provider, place: str, problems: Problems
) -> Optional[Upload]:
    before = problems.errors
    problems.add(schema_problems(upload_schema(provider), options, place))
    if provider is Provider.CONTAINER and "tag" in options and "name" not in options:
        problems.warn(
            "tag-without-name",
            within(place, "tag"),
            "composer ignores the tag when there is no name",
            "Add name, or take tag out.",
        )
    if problems.errors > before:
        return None
    return _UPLOADS[provider](
        **{
            key: tuple(value) if isinstance(value, list) else value
            for key, value in options.items()
        }
    )


def _misfit(options: Mapping[str, Any], provider: Provider) -> Tuple[int, int]:
    """Return how ill options fit a cloud: fields it has not, typing errors aside; and missing."""
    fields = upload_fields(provider)
    foreign = sum(1 for key in options if nearest(key, fields) is None)
    return foreign, len(missing_fields(provider, options))


def _best(options: Mapping[str, Any]) -> List[Provider]:
    least = min(_misfit(options, provider) for provider in UPLOAD_ORDER)
    return [provider for provider in UPLOAD_ORDER if _misfit(options, provider) == least]


def _by_shape(options: Mapping[str, Any]) -> Provider:
    return _best(options)[0]


def _is_for_another(options: Mapping[str, Any], provider: Provider) -> bool:
    # A field that is merely missing is no sign of another cloud: S3 needs less than EC2.
    return _misfit(options, provider)[0] > _misfit(options, _by_shape(options))[0]


def _wrong_cloud(
    options: Mapping[str, Any], image_type: str, provider: Provider
) -> Tuple[str, str]:
    like = _best(options)
    message = "images of type %s go to %s, but these options look like those of %s" % (
        image_type,
        NAMES[provider],
        " or ".join(NAMES[other] for other in like),
    )
    fitting = [name for name, entry in imagetypes.CATALOGUE.items() if entry.provider in like]
    hint = "%s takes %s; image types for these options are %s." % (
        NAMES[provider][:1].upper() + NAMES[provider][1:],
        ", ".join(upload_fields(provider)),
        ", ".join(fitting[:4]),
    )
    return message, hint
