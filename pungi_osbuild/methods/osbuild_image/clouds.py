"""
Upload results: what composer says of an upload, as a :class:`~pungi_osbuild.model.CloudImage`.

The names and options of the results are composer's (osbuild-composer's target results and Cloud
API v2, read 2026-06). Composer's Azure result holds only the image's name, its S3 result only an
address, and GCP's does not say the region, so the request's options complete them. A kind of upload
that composer has learnt since is recorded as it was returned.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Callable, Mapping, Optional

from pungi_osbuild.checked import Struct, printable
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.model import (
    Artifact,
    AwsEc2Upload,
    AwsS3Upload,
    AzureUpload,
    CloudImage,
    GcpUpload,
    Provider,
    UnknownUpload,
    Upload,
    Uploaded,
)
from pungi_osbuild.secrets import bare_address, hide_in

_RESULT_NAMES: Mapping[str, Provider] = {
    "org.osbuild.aws": Provider.AWS,
    "org.osbuild.aws.s3": Provider.AWS_S3,
    "org.osbuild.gcp": Provider.GCP,
    "org.osbuild.azure.image": Provider.AZURE,
    "org.osbuild.container": Provider.CONTAINER,
    "org.osbuild.oci": Provider.OCI,
    "org.osbuild.oci.objectstorage": Provider.OCI,
    "org.osbuild.pulp.ostree": Provider.PULP,
}
_PROVIDERS: Mapping[str, Provider] = {provider.value: provider for provider in Provider}
_NOT_CLOUDS = frozenset({"org.osbuild.koji", "org.osbuild.worker.server"})

MAX_OPTIONS = 32
"""How many options of an upload that is not known are recorded."""

MAX_OPTION = 1000
"""Characters of each that are recorded."""

DEEPEST = 8
"""Levels of each that are recorded."""


def from_target_result(result: Struct, upload: Optional[Upload]) -> Optional[Uploaded]:
    """
    Return what an item of ``upload_target_results`` in Koji's metadata stands for.

    :param upload: what was asked for, to complete what composer leaves out
    :returns: None for a target that is no cloud (Koji itself)
    :raises ReplyError: a known target without its id
    """
    name = result.text("name")
    if name in _NOT_CLOUDS:
        return None
    provider = _RESULT_NAMES.get(name)
    if provider is None:
        return replace(_unknown(name, _options(result)), artifact=artifact_in(result))
    cloud = _cloud_image(provider, _options(result), upload)
    return replace(cloud, artifact=artifact_in(result))


def artifact_in(struct: Struct) -> Optional[Artifact]:
    """Return the ``osbuild_artifact`` of an image or an upload; None where there is none."""
    artifact = struct.struct_or_none("osbuild_artifact")
    if artifact is None:
        return None
    return Artifact(artifact.text("export_name"), artifact.text("export_filename"))


def from_upload_status(status: Struct, upload: Optional[Upload]) -> Optional[Uploaded]:
    """
    Return what an ``upload_status`` in ``compose-status.json`` stands for.

    Its own ``status`` says nothing of the upload: it follows the import into Koji (measured with
    osbuild-composer 180, where an upload that failed was a "success" with empty IDs, and one that
    was there a "failure" with its AMI). What has an ID is there.

    :returns: None for an upload without its ID, or to no cloud
    """
    try:
        kind, options = status.text("type"), _options(status)
        if kind == "local":
            return None
        if kind in _PROVIDERS:
            return _cloud_image(_PROVIDERS[kind], options, upload)
        return _unknown(kind, options) if any(map(options.raw, options)) else None
    except ReplyError:
        # Nothing that could be named: why it failed stands beside it, and must not be hidden.
        return None


def _options(result: Struct) -> Struct:
    return result.struct_or_none("options") or Struct({}, "%s, options" % result.place)


def _unknown(name: str, options: Struct) -> UnknownUpload:
    names = tuple(options)[:MAX_OPTIONS]
    shown = {printable(key): _text_of(key, options.raw(key)) for key in names}
    return UnknownUpload(name, tuple(sorted(shown.items())))


def _text_of(name: str, value: object) -> str:
    """Return an option as text, without secrets; of a value that is no text, its JSON."""
    shown = hide_in(value, name, DEEPEST)
    text = shown if isinstance(shown, str) else json.dumps(shown, sort_keys=True)
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= MAX_OPTION else text[: MAX_OPTION - 3] + "..."


def _cloud_image(provider: Provider, options: Struct, upload: Optional[Upload]) -> CloudImage:
    return _BUILDERS[provider](options, upload)


def _aws(options: Struct, upload: Optional[Upload]) -> CloudImage:
    return CloudImage(
        Provider.AWS,
        id=options.line("ami"),
        region=options.line("region") if options.raw("region") else _asked_region(upload),
        name=getattr(upload, "snapshot_name", None),
    )


def _asked_region(upload: Optional[Upload]) -> Optional[str]:
    return upload.region if isinstance(upload, AwsEc2Upload) else None


def _aws_s3(options: Struct, upload: Optional[Upload]) -> CloudImage:
    url = options.address("url")
    plain = bare_address(url)
    return CloudImage(
        Provider.AWS_S3,
        id=plain,
        region=upload.region if isinstance(upload, AwsS3Upload) else None,
        presigned=True if plain != url else None,
    )


def _gcp(options: Struct, upload: Optional[Upload]) -> CloudImage:
    project, image = options.line("project_id"), options.line("image_name")
    return CloudImage(
        Provider.GCP,
        id="projects/%s/global/images/%s" % (project, image),
        region=upload.region if isinstance(upload, GcpUpload) else None,
        project_id=project,
        image_name=image,
    )


def _azure(options: Struct, upload: Optional[Upload]) -> CloudImage:
    image = options.line("image_name")
    if not isinstance(upload, AzureUpload):
        return CloudImage(Provider.AZURE, id=image, image_name=image)
    return CloudImage(
        Provider.AZURE,
        id="/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/images/%s"
        % (upload.subscription_id, upload.resource_group, image),
        image_name=image,
        subscription_id=upload.subscription_id,
        resource_group=upload.resource_group,
        location=upload.location,
    )


def _container(options: Struct, _upload: Optional[Upload]) -> CloudImage:
    url, digest = options.line("url"), options.line("digest")
    return CloudImage(Provider.CONTAINER, id="%s@%s" % (url, digest), url=url, digest=digest)


def _oci(options: Struct, _upload: Optional[Upload]) -> CloudImage:
    if options.has("url"):
        return _at_url(Provider.OCI, options.address("url"))
    return CloudImage(
        Provider.OCI,
        id=options.line("image_id"),
        region=options.text_or_none("region"),
    )


def _pulp(options: Struct, _upload: Optional[Upload]) -> CloudImage:
    # The two places call it differently: Koji's metadata, and compose-status.json.
    key = "repository_url" if options.has("repository_url") else "repo_url"
    return _at_url(Provider.PULP, options.address(key))


def _at_url(provider: Provider, url: str) -> CloudImage:
    plain = bare_address(url)
    return CloudImage(provider, id=plain, url=plain, presigned=True if plain != url else None)


_BUILDERS: Mapping[Provider, Callable[[Struct, Optional[Upload]], CloudImage]] = {
    Provider.AWS: _aws,
    Provider.AWS_S3: _aws_s3,
    Provider.GCP: _gcp,
    Provider.AZURE: _azure,
    Provider.CONTAINER: _container,
    Provider.OCI: _oci,
    Provider.PULP: _pulp,
}
