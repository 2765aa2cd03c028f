"""Placing images: verified, linked, copied or downloaded, with checksum files and logs."""

from pungi_osbuild.placing.media_checksums import check_media_checksums, update_media_checksums
from pungi_osbuild.placing.place import (
    FileSource,
    VerifyOptions,
    check_links,
    place,
    remove_partial_files,
)
from pungi_osbuild.placing.task_files import Provenance, save_logs, saved_folder
from pungi_osbuild.placing.verify import CHUNK

__all__ = [
    "CHUNK",
    "FileSource",
    "Provenance",
    "VerifyOptions",
    "check_links",
    "check_media_checksums",
    "place",
    "remove_partial_files",
    "save_logs",
    "saved_folder",
    "update_media_checksums",
]
