"""
The result of a finished task: every archive of its build accounted for, as images.

Koji's metadata of an osbuild build was read off a real hub (koji-osbuild with kojihub 1.35.3):
images carry ``boot_mode`` and ``osbuild_artifact`` in ``extra.image``, manifests and SBOMs do not,
and all of them are of btype image. Logs are no archives.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional, Sequence, Tuple

from pungi_osbuild.checked import Struct, structs
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.imagetypes import provider_of
from pungi_osbuild.methods.koji_files import download_output, images_folder
from pungi_osbuild.methods.osbuild_image import composestatus
from pungi_osbuild.methods.osbuild_image.archives import (
    Archive,
    checksum_of,
    read_archives,
    sort_out,
)
from pungi_osbuild.methods.osbuild_image.composestatus import read_compose_status
from pungi_osbuild.methods.osbuild_image.uploads import artifact_in, from_target_result
from pungi_osbuild.model import (
    BuiltImage,
    Call,
    Checksum,
    CloudImage,
    Dependency,
    ImageRequest,
    Manifest,
    Query,
    Sbom,
    Uploaded,
)


def read_result(task_id: int, request: ImageRequest) -> Query[Tuple[BuiltImage, ...]]:
    """
    Return the images of a task that is CLOSED, one for each requested arch.

    A query of two turns, and a third where an upload is recorded in neither archive nor build.

    :raises ReplyError: an archive that nobody can name; an arch or an upload that did not
        arrive; a reply that does not look as it should
    :raises HubFaultError: the hub refused a call
    """
    (reply,) = yield [Call("getTaskResult", (task_id,))]
    result = Struct(reply.get(), "the result of task %d" % task_id)
    build_id = result.struct("koji").integer("build")
    composer = result.struct_or_none("composer")
    return (yield from _read(build_id, task_id, request, composer, of_result=True))


def read_build_result(
    build_id: int, task_id: int, request: ImageRequest
) -> Query[Tuple[BuiltImage, ...]]:
    """
    Return the images of a build whose task has no result, for it was cancelled or has failed.

    :param task_id: of that task
    :raises ReplyError: as of :func:`read_result`
    :raises HubFaultError: the hub refused a call
    """
    return (yield from _read(build_id, task_id, request, None, of_result=False))


def _read(
    build_id: int,
    task_id: int,
    request: ImageRequest,
    composer: Optional[Struct],
    of_result: bool,
) -> Query[Tuple[BuiltImage, ...]]:
    """
    Read a build.

    :param of_result: the task itself names the build, so the build must name the task. One that a
        cancelled task left may have been imported by another task of this compose.
    """
    build_reply, archives_reply = yield [
        Call("getBuild", (build_id,)),
        Call("listArchives", (), (("buildID", build_id),)),
    ]
    build = Struct(build_reply.get(), "build %d" % build_id)
    _expect_build(build, build_id, request)
    if of_result and build.has("task_id"):
        build.expect("task_id", task_id)
    rows = structs(archives_reply.get(), "the archives of build %d" % build_id)
    archives = read_archives(build, rows)
    images = _images(build, archives, request)
    images = tuple(
        replace(
            image,
            task_id=task_id,
            composer_id=composer.text_or_none("id") if composer else None,
            composer_server=composer.text_or_none("server") if composer else None,
        )
        for image in images
    )
    return (yield from _all_uploads(task_id, images, request))


def _expect_build(build: Struct, build_id: int, request: ImageRequest) -> None:
    """
    Compare a build with the request.

    :raises ReplyError: it is another build, or of another N-V-R
    """
    build.expect("id", build_id)
    if request.nvr is not None:
        build.expect("nvr", request.nvr)
        build.expect("name", request.config.name)
        build.expect("version", request.version)
        build.expect("release", request.release)


def _images(
    build: Struct, archives: Sequence[Archive], request: ImageRequest
) -> Tuple[BuiltImage, ...]:
    sorted_out = sort_out(build.text("nvr"), archives, request)
    images = tuple(_image(build, one, archives, request) for one in sorted_out.images)
    _all_arches(images, request)
    return tuple(
        replace(image, unrecognised=sorted_out.unrecognised_of(image.arch)) for image in images
    )


def _image(
    build: Struct, archive: Archive, archives: Sequence[Archive], request: ImageRequest
) -> BuiltImage:
    row = archive.row
    if row.raw("metadata_only") is True:
        raise ReplyError(
            "Koji has no file for %s: the archive is metadata only" % archive.filename,
            "The import into Koji left the file out, and running this again reads the same build:"
            " give the block another release (and its upload another name, if it has one), and use"
            " `pungi-osbuild run --rebuild-changed`.",
        )
    return BuiltImage(
        arch=str(archive.arch),
        filename=archive.filename,
        size=row.integer("size"),
        checksum=checksum_of(row),
        path="%s/%s" % (images_folder(build), archive.filename),
        archive_id=row.integer("id"),
        build_id=build.integer("id"),
        nvr=build.text("nvr"),
        task_id=0,
        boot_mode=_first_text(archive.infos, "boot_mode"),
        osbuild_version=_first_text(archive.infos, "osbuild_version"),
        artifact=next(filter(None, map(artifact_in, archive.infos)), None),
        uploads=_uploads(archive.infos, request),
        manifest=_manifest(archive.filename, archives),
        sboms=tuple(
            _sbom(archive.filename, other)
            for other in archives
            if other.is_sbom and other.filename.startswith(archive.filename + ".")
        ),
    )


def _first_text(infos: Sequence[Struct], key: str) -> Optional[str]:
    return next((info.text(key) for info in infos if info.has(key)), None)


def _uploads(infos: Sequence[Struct], request: ImageRequest) -> Tuple[Uploaded, ...]:
    """Return the uploads from the first place that has the one which was asked for."""
    best: Tuple[Uploaded, ...] = ()
    for info in infos:
        results = info.structs("upload_target_results")
        found = [from_target_result(result, request.upload) for result in results]
        clouds = tuple(cloud for cloud in found if cloud is not None)
        if clouds and _has_upload(clouds, request):
            return clouds
        best = best or clouds
    return best


def _has_upload(uploads: Sequence[Uploaded], request: ImageRequest) -> bool:
    """Whether the upload that was asked for is among some; none may have been."""
    upload, config = request.upload, request.config
    if upload is None:
        return True
    if provider_of(config.image_type, config.listed) is None:
        # Nobody knows where composer uploads images of the type: the options were a guess.
        return bool(uploads)
    return any(
        isinstance(cloud, CloudImage) and cloud.provider == upload.provider for cloud in uploads
    )


def _manifest(image: str, archives: Sequence[Archive]) -> Optional[Manifest]:
    for archive in archives:
        if archive.filename == image + ".manifest.json":
            infos = [info.struct_or_none("info") for info in archive.infos]
            details = next((info for info in infos if info is not None), None)
            manifest = Manifest(*_file(archive))
            if details is None:
                return manifest
            return replace(
                manifest,
                osbuild_composer_version=details.text_or_none("osbuild_composer_version"),
                osbuild_composer_deps=tuple(
                    map(_dependency, details.structs("osbuild_composer_deps"))
                ),
            )
    return None


def _file(archive: Archive) -> Tuple[str, int, int, Checksum]:
    """Return what Koji says of an archive's file, as :class:`BuildFile` takes it."""
    row = archive.row
    return archive.filename, row.integer("id"), row.integer("size"), checksum_of(row)


def _sbom(image: str, archive: Archive) -> Sbom:
    """Return an SBOM; composer calls its file ``<image>.<purpose>.spdx.json``."""
    purpose = archive.filename[len(image) + 1 : -len("spdx.json")].rstrip(".")
    return Sbom(*_file(archive), purpose=purpose or None)


def _dependency(item: Struct) -> Dependency:
    """Return one of composer's dependencies."""
    instead = item.struct_or_none("replace")
    return Dependency(
        item.text("path"),
        item.text("version"),
        None if instead is None else Dependency(instead.text("path"), instead.text("version")),
    )


def _all_arches(images: Sequence[BuiltImage], request: ImageRequest) -> None:
    arrived = {image.arch for image in images}
    missing = sorted(set(request.arches) - arrived)
    if missing:
        raise ReplyError(
            "the build has no image for %s" % ", ".join(missing),
            "The task succeeded all the same, and running this again reads the same build: give the"
            " block another release (and its upload another name, if it has one), and use"
            " `pungi-osbuild run --rebuild-changed`.",
        )
    extra = sorted(arrived - set(request.arches))
    if extra:
        raise ReplyError(
            "the build has images for %s, which was not asked for" % ", ".join(extra),
            "Look at the build in Koji: its N-V-R may be another's.",
        )


def _all_uploads(
    task_id: int, images: Tuple[BuiltImage, ...], request: ImageRequest
) -> Query[Tuple[BuiltImage, ...]]:
    upload = request.upload
    if upload is None or all(_has_upload(image.uploads, request) for image in images):
        return images
    files = yield from download_output(task_id, [composestatus.NAME])
    content = files.get(composestatus.NAME)
    if content is not None:
        status = read_compose_status(content, request.arches, upload, images[0].build_id)
        images = tuple(
            image
            if _has_upload(image.uploads, request)
            else replace(image, uploads=(*image.uploads, *status.uploads(image.arch)))
            for image in images
        )
    missing = sorted(image.arch for image in images if not _has_upload(image.uploads, request))
    if missing:
        raise ReplyError(
            "the upload to %s did not arrive for %s: neither the archive, the build nor %s"
            " names it" % (upload.provider, ", ".join(missing), composestatus.NAME),
            "The image is in Koji, and may be in the cloud: look at the task's logs. Running this"
            " again reads the same build: give the block another release (and its upload another"
            " name, if it has one), and use `pungi-osbuild run --rebuild-changed`.",
        )
    return images
