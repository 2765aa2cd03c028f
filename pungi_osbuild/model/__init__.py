"""
The values that travel between rooms, all frozen.

Data enters as dicts at two edges only: the config (``config/``) and the hub (``hub/``). Behind
them there is nothing but what this package defines.
"""

from pungi_osbuild.model.cloud import (
    Artifact,
    AwsEc2Upload,
    AwsS3Upload,
    AzureUpload,
    CloudImage,
    ContainerUpload,
    GcpUpload,
    OciUpload,
    Provider,
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
    Customizations,
    ImageConfig,
    ListedImageType,
    Ostree,
    ReleaseConfig,
    Repo,
    Settings,
)
from pungi_osbuild.model.digest import block_digest, digest_of, sent_digest
from pungi_osbuild.model.image import (
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
    Orphan,
    Outcome,
    OutcomeKind,
    RunResult,
    TaskTimes,
)
from pungi_osbuild.model.plain import JsonDict
from pungi_osbuild.model.problem import Problem, Severity, has_errors
from pungi_osbuild.model.problemcodes import PROBLEM_CODES, ProblemCode
from pungi_osbuild.model.query import MAX_FAULT, MAX_REASON, Call, HubFaultError, Query, Reply
from pungi_osbuild.model.request import METHOD, ImageRequest
from pungi_osbuild.model.template import (
    TEMPLATE_FIELDS,
    BadTemplateError,
    Template,
    UploadTemplate,
    option_texts,
)

__all__ = [
    "MAX_FAULT",
    "MAX_NAME",
    "MAX_REASON",
    "METHOD",
    "PROBLEM_CODES",
    "TEMPLATE_FIELDS",
    "TYPE_SUFFIXES",
    "VARIANT_TYPES",
    "Arch",
    "ArchUpload",
    "Artifact",
    "AwsEc2Upload",
    "AwsS3Upload",
    "AzureUpload",
    "BadTemplateError",
    "BaseProduct",
    "BuildFile",
    "BuiltImage",
    "Call",
    "Checksum",
    "CloudImage",
    "Compose",
    "ComposeConfig",
    "ComposeIdentity",
    "ContainerUpload",
    "Customizations",
    "Dependency",
    "EarlierTry",
    "GcpUpload",
    "HubFaultError",
    "ImageConfig",
    "ImageRequest",
    "JsonDict",
    "KojiPlace",
    "ListedImageType",
    "Manifest",
    "OciUpload",
    "Orphan",
    "Ostree",
    "Outcome",
    "OutcomeKind",
    "PlacedImage",
    "Problem",
    "ProblemCode",
    "Provider",
    "Query",
    "ReleaseConfig",
    "Reply",
    "Repo",
    "RunResult",
    "Sbom",
    "Settings",
    "Severity",
    "TaskTimes",
    "Template",
    "UnknownUpload",
    "Upload",
    "UploadTemplate",
    "Uploaded",
    "Variant",
    "block_digest",
    "digest_of",
    "has_errors",
    "option_texts",
    "sent_digest",
]
