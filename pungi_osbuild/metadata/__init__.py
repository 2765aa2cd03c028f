"""The door to productmd: composeinfo.json, images.json and osbuild.json."""

from pungi_osbuild.metadata.atomic import (
    create,
    fsync_folder,
    making,
    partial_files,
    replace_many,
    replace_text,
)
from pungi_osbuild.metadata.cloudaware import CloudAwareImages
from pungi_osbuild.metadata.composeinfo import identify, read_compose, write_compose
from pungi_osbuild.metadata.images import (
    ImageClashError,
    RecordedImage,
    SharedImages,
    describable,
    productmd_image,
    record_images,
    recorded_images,
)
from pungi_osbuild.metadata.osbuild import FORMAT_VERSION, OsbuildImages, load, load_osbuild
from pungi_osbuild.metadata.ownership import (
    NVR_OPTIONS,
    Claim,
    Owned,
    claims_of_image,
    claims_of_request,
    has_valid_identity,
    own_entries,
)
from pungi_osbuild.metadata.productmd_types import (
    ImageIdentity,
    ProductmdTypes,
    planned_identity,
    productmd_types,
)
from pungi_osbuild.metadata.recording import (
    claims,
    describe_image,
    describe_outcome,
    own_in,
    record_osbuild,
    record_run,
    try_recording,
)
from pungi_osbuild.metadata.records import (
    ImageRecord,
    KojiOrigin,
    OsbuildRecord,
    Selection,
    TaskRecord,
    known_values,
)

__all__ = [
    "FORMAT_VERSION",
    "NVR_OPTIONS",
    "Claim",
    "CloudAwareImages",
    "ImageClashError",
    "ImageIdentity",
    "ImageRecord",
    "KojiOrigin",
    "OsbuildImages",
    "OsbuildRecord",
    "Owned",
    "ProductmdTypes",
    "RecordedImage",
    "Selection",
    "SharedImages",
    "TaskRecord",
    "claims",
    "claims_of_image",
    "claims_of_request",
    "create",
    "describable",
    "describe_image",
    "describe_outcome",
    "fsync_folder",
    "has_valid_identity",
    "identify",
    "known_values",
    "load",
    "load_osbuild",
    "making",
    "own_entries",
    "own_in",
    "partial_files",
    "planned_identity",
    "productmd_image",
    "productmd_types",
    "read_compose",
    "record_images",
    "record_osbuild",
    "record_run",
    "recorded_images",
    "replace_many",
    "replace_text",
    "try_recording",
    "write_compose",
]
