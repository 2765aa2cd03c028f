"""The door to productmd: composeinfo.json, images.json and osbuild.json."""

from pungi_osbuild.metadata.atomic import (
    create,
    fsync_folder,
    left_behind,
    making,
    replace_many,
    replace_text,
)
from pungi_osbuild.metadata.cloudaware import CloudAwareImage, CloudAwareImages
from pungi_osbuild.metadata.composeinfo import identify, read_compose, write_compose
from pungi_osbuild.metadata.identity import ImageIdentity, identity_of, planned_identity
from pungi_osbuild.metadata.images import (
    Clash,
    ImageClashError,
    RecordedImage,
    describable,
    productmd_image,
    record_images,
    recorded_images,
)
from pungi_osbuild.metadata.osbuild import (
    FORMAT_VERSION,
    OsbuildImages,
    OsbuildRecord,
    claims,
    describe_image,
    describe_outcome,
    load,
    load_osbuild,
    own_in,
    record_osbuild,
    record_run,
)
from pungi_osbuild.metadata.ownership import (
    NVR_OPTIONS,
    Claim,
    Owned,
    claims_of_image,
    claims_of_request,
    has_sound_identity,
    own_entries,
)
from pungi_osbuild.metadata.records import ImageRecord, KojiOrigin, TaskRecord
from pungi_osbuild.metadata.selection import Selection, known_values
from pungi_osbuild.metadata.shared import SharedImages
from pungi_osbuild.metadata.trial import try_recording
from pungi_osbuild.metadata.vocabulary import Vocabulary, vocabulary

__all__ = [
    "FORMAT_VERSION",
    "NVR_OPTIONS",
    "Claim",
    "Clash",
    "CloudAwareImage",
    "CloudAwareImages",
    "ImageClashError",
    "ImageIdentity",
    "ImageRecord",
    "KojiOrigin",
    "OsbuildImages",
    "OsbuildRecord",
    "Owned",
    "RecordedImage",
    "Selection",
    "SharedImages",
    "TaskRecord",
    "Vocabulary",
    "claims",
    "claims_of_image",
    "claims_of_request",
    "create",
    "describable",
    "describe_image",
    "describe_outcome",
    "fsync_folder",
    "has_sound_identity",
    "identify",
    "identity_of",
    "known_values",
    "left_behind",
    "load",
    "load_osbuild",
    "making",
    "own_entries",
    "own_in",
    "planned_identity",
    "productmd_image",
    "read_compose",
    "record_images",
    "record_osbuild",
    "record_run",
    "recorded_images",
    "replace_many",
    "replace_text",
    "try_recording",
    "vocabulary",
    "write_compose",
]
