"""Koji task methods that build images: what each asks of the hub, and what the answers mean."""

from pungi_osbuild.methods.catalogue import (
    UNRECORDED_METHOD,
    arguments,
    block_digest,
    digest_of,
    hidden,
    method_named,
    method_names,
    method_of,
    register,
    sent_digest,
    task_methods,
    unregister,
)
from pungi_osbuild.methods.errorbody import ErrorBody, read_error_body
from pungi_osbuild.methods.findings import (
    ComposeState,
    Failure,
    ImageStates,
    KeptUpload,
    OutputFile,
    SignedUpload,
)
from pungi_osbuild.methods.koji_files import download_output, images_folder
from pungi_osbuild.methods.taskmethod import TaskMethod

__all__ = [
    "UNRECORDED_METHOD",
    "ComposeState",
    "ErrorBody",
    "Failure",
    "ImageStates",
    "KeptUpload",
    "OutputFile",
    "SignedUpload",
    "TaskMethod",
    "arguments",
    "block_digest",
    "digest_of",
    "download_output",
    "hidden",
    "images_folder",
    "method_named",
    "method_names",
    "method_of",
    "read_error_body",
    "register",
    "sent_digest",
    "task_methods",
    "unregister",
]
