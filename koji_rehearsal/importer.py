"""The import of a finished compose into Koji (CGImport): files on disk, archives, build data."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Sequence

from koji_rehearsal.archivetypes import ArchiveType, archive_type
from koji_rehearsal.composer.errors import NOTHING_REAL
from koji_rehearsal.composer.images import image_bytes, spoiled
from koji_rehearsal.composer.provenance import spdx_document
from koji_rehearsal.composer.request import COMPOSER_INFO, OSBUILD_VERSION, ImageOutcome, Order
from koji_rehearsal.composer.table import Table
from koji_rehearsal.encoding import BUILD_STATES, GenericError
from koji_rehearsal.faults import FaultKind, FaultPlan
from koji_rehearsal.records import Archive, Build
from koji_rehearsal.settings import HubSettings, ResultsIn
from koji_rehearsal.state import State
from koji_rehearsal.store import Store
from koji_rehearsal.task_methods import BuiltFile

MAX_FILENAME = 255


@dataclass(frozen=True)
class _Output:
    """
    A file that composer hands to Koji.

    :param extra: what stands below ``extra.image`` of its archive
    """

    filename: str
    content: bytes
    type: ArchiveType
    extra: Mapping[str, Any]


class Importer:
    """Imports composes. Used under the hub's lock."""

    def __init__(
        self,
        state: State,
        store: Store,
        settings: HubSettings,
        faults: FaultPlan,
        table: Table,
    ) -> None:
        self._state = state
        self._store = store
        self._settings = settings
        self._faults = faults
        self._table = table

    def import_build(
        self, build: Build, order: Order, images: Sequence[ImageOutcome], now: float
    ) -> Build:
        """
        Import a compose whose images are all built.

        :returns: the build, now COMPLETE
        :raises koji.GenericError: Koji refuses one of the files; nothing is imported
        :raises OSError: the volume cannot be written; nothing is recorded
        """
        outputs = [(image, self._outputs(order, image, now)) for image in images]
        for image, files in outputs:
            self._check_upload(order, image, files[0])
        self._check_folder(build)
        build_extra: Dict[str, Any] = {"typeinfo": {"image": {}}, "osbuild_manifest": {}}
        try:
            for image, files in outputs:
                for output in files:
                    self._write_file(build, order, image, output)
                self._write_log(build, files[0].filename + ".osbuild.log")
            self._write_log(build, "cg_import.log")
        except OSError:
            # As a hub does, so that the N-V-R can be imported once more.
            self._store.discard_build(build.folder)
            raise
        for image, files in outputs:
            buildroot = self._state.next_buildroot()
            for output in files:
                self._record_file(build, order, image, output, buildroot)
            main, manifest = files[0], files[1]
            build_extra["typeinfo"]["image"][main.filename] = self._build_info(main, image, order)
            build_extra["osbuild_manifest"][manifest.filename] = manifest.extra
        done = replace(
            build,
            state=BUILD_STATES["COMPLETE"],
            completion_ts=now,
            task_id=order.task_id,
            extra=build_extra,
            source="",
        )
        self._state.put_build(done)
        return done

    def import_files(self, build: Build, files: Sequence[BuiltFile], now: float) -> Build:
        """
        Import what a builder has made without composer.

        :returns: the build, now COMPLETE
        :raises koji.GenericError: Koji refuses one of the files; nothing is imported
        """
        outputs = [(file, _output(file.filename, file.content, file.extra)) for file in files]
        self._check_folder(build)
        buildroot = self._state.next_buildroot()
        for file, output in outputs:
            path = "%s/images/%s" % (build.folder, output.filename)
            self._store.write_build_file(path, output.content)
            self._add_archive(build, file.arch, output, buildroot)
        done = replace(build, state=BUILD_STATES["COMPLETE"], completion_ts=now)
        self._state.put_build(done)
        return done

    def _check_folder(self, build: Build) -> None:
        """
        Refuse to import over what is there.

        :raises koji.GenericError: so, in the hub's words
        """
        path = self._store.topdir / build.folder
        if os.path.lexists(path):
            raise GenericError("Destination directory already exists: %s" % path)

    def _outputs(self, order: Order, image: ImageOutcome, now: float) -> List[_Output]:
        """Return the files of one arch, the image first and its manifest second."""
        suffix = order.exported().suffix
        name = "%s.%s.%s" % (order.nvr, image.arch, suffix)
        extra = self._image_info(order, image)
        if self._settings.results_in is ResultsIn.ARCHIVE:
            extra = self._with_results(extra, image, order)
        arch = {"arch": image.arch}
        manifest = json.dumps(order.manifest(), sort_keys=True).encode()
        key = "%s.%s" % (order.nvr, image.arch)
        outputs = [
            _output(name, image_bytes(suffix, key), extra),
            _output(name + ".manifest.json", manifest, {**arch, "info": COMPOSER_INFO}),
        ]
        if self._settings.sboms:
            for pipeline in ("buildroot-build", "image-os"):
                document = spdx_document(pipeline, image.arch, key, now)
                sbom = json.dumps(document, sort_keys=True).encode()
                outputs.append(_output("%s.%s.spdx.json" % (name, pipeline), sbom, arch))
        if self._hits(FaultKind.ODD_ARCHIVE, order, image):
            outputs.append(_output(name + ".notes.txt", NOTHING_REAL.encode(), arch))
        return outputs

    def _check_upload(self, order: Order, image: ImageOutcome, main: _Output) -> None:
        """
        Refuse a file that has changed on its way to Koji.

        :raises koji.GenericError: so, in the hub's words
        """
        if self._hits(FaultKind.CORRUPT_UPLOAD, order, image):
            size = len(main.content)
            raise GenericError(
                "File size %d for %s (expected %d) doesn't match. Corrupted upload?"
                % (size // 2, main.filename, size)
            )

    def _image_info(self, order: Order, image: ImageOutcome) -> Mapping[str, Any]:
        return {
            "arch": image.arch,
            "boot_mode": self._table.boot_mode(order.distro, image.arch, order.image_type),
            "osbuild_artifact": order.artifact(),
            "osbuild_version": OSBUILD_VERSION,
        }

    def _build_info(self, main: _Output, image: ImageOutcome, order: Order) -> Mapping[str, Any]:
        if self._settings.results_in is ResultsIn.BUILD:
            return self._with_results(main.extra, image, order)
        return main.extra

    def _with_results(
        self, extra: Mapping[str, Any], image: ImageOutcome, order: Order
    ) -> Mapping[str, Any]:
        if image.upload is None:
            return extra
        results = [image.upload.target_result(order.artifact())]
        if self._hits(FaultKind.ODD_UPLOAD, order, image):
            results.append(image.upload.odd_result(order.artifact()))
        return {**extra, "upload_target_results": results}

    def _is_missing(self, order: Order, image: ImageOutcome, output: _Output) -> bool:
        return "boot_mode" in output.extra and self._hits(FaultKind.MISSING, order, image)

    def _write_file(self, build: Build, order: Order, image: ImageOutcome, output: _Output) -> None:
        if self._is_missing(order, image, output):
            return
        is_image = "boot_mode" in output.extra
        path = "%s/images/%s" % (build.folder, output.filename)
        content = output.content
        if is_image and self._hits(FaultKind.CHECKSUM, order, image):
            content = spoiled(content)
        self._store.write_build_file(path, content)

    def _record_file(
        self, build: Build, order: Order, image: ImageOutcome, output: _Output, buildroot: int
    ) -> None:
        missing = self._is_missing(order, image, output)
        self._add_archive(build, image.arch, output, buildroot, missing)

    def _add_archive(
        self, build: Build, arch: str, output: _Output, buildroot: int, missing: bool = False
    ) -> None:
        self._state.add_archive(
            Archive(
                id=len(self._state.archives) + 1,
                build_id=build.id,
                buildroot_id=buildroot,
                filename=output.filename,
                size=len(output.content),
                checksum=hashlib.md5(output.content).hexdigest(),
                type=output.type,
                arch=arch,
                extra=output.extra,
                metadata_only=missing,
            )
        )

    def _hits(self, kind: FaultKind, order: Order, image: ImageOutcome) -> bool:
        return self._faults.image(kind, order.subject(image.arch), order.attempt) is not None

    def _write_log(self, build: Build, name: str) -> None:
        path = "%s/data/logs/%s" % (build.folder, name)
        self._store.write_build_file(path, NOTHING_REAL.encode())


def _output(filename: str, content: bytes, extra: Mapping[str, Any]) -> _Output:
    kind = archive_type(filename)
    if "/" in filename or ".." in filename or len(filename.encode()) > MAX_FILENAME:
        raise GenericError("invalid file name: %s" % filename)
    if kind is None:
        raise GenericError("unsupported file extension: %s" % filename)
    return _Output(filename, content, kind, extra)
