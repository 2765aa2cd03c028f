"""Koji task methods that build images: what each asks of the hub, and what the answers mean."""

from pungi_osbuild.methods.errorbody import ErrorBody, read_error_body
from pungi_osbuild.methods.findings import (
    ComposeState,
    Failure,
    ImageStates,
    KeptUpload,
    OutputFile,
)
from pungi_osbuild.methods.koji_files import download_output
from pungi_osbuild.methods.osbuild_image import (
    COMPOSE_STATUS,
    explain,
    read_build_result,
    read_result,
    uploaded,
)

__all__ = [
    "COMPOSE_STATUS",
    "ComposeState",
    "ErrorBody",
    "Failure",
    "ImageStates",
    "KeptUpload",
    "OutputFile",
    "download_output",
    "explain",
    "read_build_result",
    "read_error_body",
    "read_result",
    "uploaded",
]
