"""
The values that pass between packages, all frozen.

Data enters as dicts at two edges only: the config (``config/``) and the hub (``hub/``). Behind
them there are only the values of this package.
"""

from pungi_osbuild.checked import JsonDict
from pungi_osbuild.model.cloud import (
    Artifact,
    CloudImage,
    CloudName,
    Ignored,
    UnknownUpload,
    Upload,
    Uploaded,
)
from pungi_osbuild.model.compose import (
    TYPE_SUFFIXES,
    VARIANT_TYPES,
    Arch,
    BaseProduct,
    Compose,
    ComposeIdentity,
    Variant,
)
from pungi_osbuild.model.config import (
    ArchUpload,
    ComposeConfig,
    ImageConfig,
    JsonObject,
    ListedImageType,
    Ostree,
    ReleaseConfig,
    Repo,
    SectionPattern,
    Settings,
)
from pungi_osbuild.model.image import (
    HEXADECIMAL,
    BuildFile,
    BuiltImage,
    Checksum,
    Dependency,
    Manifest,
    PlacedImage,
    Sbom,
)
from pungi_osbuild.model.outcome import (
    EarlierTry,
    KojiPlace,
    Leftover,
    Outcome,
    OutcomeKind,
    RunResult,
    TaskTimes,
)
from pungi_osbuild.model.query import MAX_FAULT, MAX_REASON, Call, HubFaultError, Query, Reply
from pungi_osbuild.model.request import ImageRequest
from pungi_osbuild.model.template import (
    TEMPLATE_FIELDS,
    BadTemplateError,
    Template,
    UploadTemplate,
    option_texts,
)

__all__ = [
    "HEXADECIMAL",
    "MAX_FAULT",
    "MAX_REASON",
    "TEMPLATE_FIELDS",
    "TYPE_SUFFIXES",
    "VARIANT_TYPES",
    "Arch",
    "ArchUpload",
    "Artifact",
    "BadTemplateError",
    "BaseProduct",
    "BuildFile",
    "BuiltImage",
    "Call",
    "Checksum",
    "CloudImage",
    "CloudName",
    "Compose",
    "ComposeConfig",
    "ComposeIdentity",
    "Dependency",
    "EarlierTry",
    "HubFaultError",
    "Ignored",
    "ImageConfig",
    "ImageRequest",
    "JsonDict",
    "JsonObject",
    "KojiPlace",
    "Leftover",
    "ListedImageType",
    "Manifest",
    "Ostree",
    "Outcome",
    "OutcomeKind",
    "PlacedImage",
    "Query",
    "ReleaseConfig",
    "Reply",
    "Repo",
    "RunResult",
    "Sbom",
    "SectionPattern",
    "Settings",
    "TaskTimes",
    "Template",
    "UnknownUpload",
    "Upload",
    "UploadTemplate",
    "Uploaded",
    "Variant",
    "option_texts",
]
