"""Placing images: verified, linked, copied or downloaded, with checksum files and logs."""

from pungi_osbuild.placing.leftovers import sweep
from pungi_osbuild.placing.media_checksums import check_media_checksums, update_media_checksums
from pungi_osbuild.placing.place import Care, Source, check_links, place
from pungi_osbuild.placing.reading import CHUNK
from pungi_osbuild.placing.saved import Provenance, save_logs, saved_folder

__all__ = [
    "CHUNK",
    "Care",
    "Provenance",
    "Source",
    "check_links",
    "check_media_checksums",
    "place",
    "save_logs",
    "saved_folder",
    "sweep",
    "update_media_checksums",
]
