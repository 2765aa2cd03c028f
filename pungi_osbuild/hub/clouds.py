"""
Upload results: what composer says of an upload, as a :class:`~pungi_osbuild.model.CloudImage`.

The names and options of the results are composer's (osbuild-composer's target results and Cloud
API v2, read 2026-06). Composer's Azure result holds only the image's name and its S3 result only
an address, so the request's options complete them.
"""

from __future__ import annotations

from typing import Callable, Mapping, Optional
from urllib.parse import urlsplit, urlunsplit

from pungi_osbuild.hub.wire import Struct, unusable
from pungi_osbuild.model import (
    AwsS3Upload,
    AzureUpload,
    CloudImage,
    Provider,
    Upload,
)

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
_NOT_CLOUDS = frozenset({"org.osbuild.koji", "org.osbuild.worker.server"})


def from_target_result(result: Struct, upload: Optional[Upload]) -> Optional[CloudImage]:
    """
    Return what an item of ``upload_target_results`` in Koji's metadata stands for.

    :param upload: what was asked for, to complete what composer leaves out
    :returns: None for a target that is no cloud (Koji itself)
    :raises ReplyError: a target nobody knows, or one without its id
    """
    name = result.text("name")
    if name in _NOT_CLOUDS:
        return None
    provider = _RESULT_NAMES.get(name)
    if provider is None:
        raise unusable("%s, name" % result.where, "a known upload target", name)
    return _cloud_image(provider, _options(result), upload)


def from_upload_status(status: Struct, upload: Optional[Upload]) -> Optional[CloudImage]:
    """
    Return what an ``upload_status`` in ``compose-status.json`` stands for.

    :returns: None for an upload that did not succeed, or is no cloud
    :raises ReplyError: a type nobody knows, or one without its id
    """
    kind = status.text("type")
    if status.text("status") != "success" or kind == "local":
        return None
    try:
        provider = Provider(kind)
    except ValueError as error:
        raise unusable("%s, type" % status.where, "a known upload type", kind) from error
    return _cloud_image(provider, _options(status), upload)


def _options(result: Struct) -> Struct:
    return result.maybe_struct("options") or Struct({}, "%s, options" % result.where)


def _cloud_image(provider: Provider, options: Struct, upload: Optional[Upload]) -> CloudImage:
    return _BUILDERS[provider](options, upload)


def _aws(options: Struct, upload: Optional[Upload]) -> CloudImage:
    return CloudImage(
        Provider.AWS,
        id=options.text("ami"),
        region=options.text("region"),
        name=getattr(upload, "snapshot_name", None),
    )


def _aws_s3(options: Struct, upload: Optional[Upload]) -> CloudImage:
    # What a presigned address is signed with is in its query: a secret, and it expires.
    parts = urlsplit(options.text("url"))
    return CloudImage(
        Provider.AWS_S3,
        id=urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
        region=upload.region if isinstance(upload, AwsS3Upload) else None,
        presigned=True if parts.query else None,
    )


def _gcp(options: Struct, _upload: Optional[Upload]) -> CloudImage:
    project, image = options.text("project_id"), options.text("image_name")
    return CloudImage(
        Provider.GCP,
        id="projects/%s/global/images/%s" % (project, image),
        project_id=project,
        image_name=image,
    )


def _azure(options: Struct, upload: Optional[Upload]) -> CloudImage:
    image = options.text("image_name")
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
    url, digest = options.text("url"), options.text("digest")
    return CloudImage(Provider.CONTAINER, id="%s@%s" % (url, digest), url=url, digest=digest)


def _oci(options: Struct, _upload: Optional[Upload]) -> CloudImage:
    if options.has("url"):
        return _at_url(Provider.OCI, options.text("url"))
    return CloudImage(
        Provider.OCI, id=options.text("image_id"), region=options.maybe_text("region")
    )


def _pulp(options: Struct, _upload: Optional[Upload]) -> CloudImage:
    # The two places call it differently: Koji's metadata, and compose-status.json.
    key = "repository_url" if options.has("repository_url") else "repo_url"
    return _at_url(Provider.PULP, options.text(key))


def _at_url(provider: Provider, url: str) -> CloudImage:
    return CloudImage(provider, id=url, url=url)


_BUILDERS: Mapping[Provider, Callable[[Struct, Optional[Upload]], CloudImage]] = {
    Provider.AWS: _aws,
    Provider.AWS_S3: _aws_s3,
    Provider.GCP: _gcp,
    Provider.AZURE: _azure,
    Provider.CONTAINER: _container,
    Provider.OCI: _oci,
    Provider.PULP: _pulp,
}
