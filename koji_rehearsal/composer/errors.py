"""
Composer's errors: its answers to a request that it refuses, and what it says of a failed job.

Sources: answers of osbuild-composer 180 (recorded 2026-12), whose texts are repeated here word by
word, without the descriptions in a schema that it quotes; and errors in Fedora's compose logs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Dict, List, Mapping, Optional, Sequence

NOTHING_REAL = "This is a rehearsal: nothing was built, and no cloud has this image.\n"

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_OPERATION_ID_LENGTH = 27


@dataclass(frozen=True)
class Refusal:
    """
    An answer of composer's to a request that it does not take.

    :param status: of HTTP
    :param code: composer's error code, e.g. ``1005``
    """

    status: int
    code: int
    reason: str
    details: str = ""

    def body(self, key: str) -> str:
        """
        Return the body of the answer, JSON.

        :param key: the operation's id follows from it
        """
        document = {
            "code": "IMAGE-BUILDER-COMPOSER-%d" % self.code,
            "details": self.details,
            "href": "/api/image-builder-composer/v2/errors/%d" % self.code,
            "id": str(self.code),
            "kind": "Error",
            "operation_id": _operation_id(key),
            "reason": self.reason,
        }
        return json.dumps(document, separators=(",", ":"))


def _operation_id(key: str) -> str:
    digest = sha256(("operation " + key).encode()).digest()
    letters = (_ALPHABET[byte % len(_ALPHABET)] for byte in digest)
    return "".join(letters)[:_OPERATION_ID_LENGTH]


UNSUPPORTED_DISTRIBUTION = Refusal(400, 4, "Unsupported distribution")
UNSUPPORTED_ARCH = Refusal(400, 5, "Unsupported architecture")
UNSUPPORTED_IMAGE_TYPE = Refusal(400, 6, "Unsupported image type")
NEEDS_BOOTC = Refusal(
    400,
    47,
    "bootable-container-iso image type requires a bootc compose request"
    " (use 'bootc' instead of 'distribution')",
)

MANIFEST_REFUSED = 1005
"""The code of an error that composer finds after it has put koji-init in its queue."""


def of_schema(place: str, said: str, schema: Mapping[str, Any], value: Any) -> Refusal:
    """
    Return the refusal of a request that the API's description does not allow.

    :param place: of the value in the request, e.g. ``/image_requests/0/image_type``
    :param schema: what the description says of it
    """
    details = (
        "request body has an error: doesn't match schema #/components/schemas/ComposeRequest:"
        ' Error at "%s": %s\nSchema:\n%s\n\nValue:\n%s\n'
        % (place, said, _indented(schema), _indented(value))
    )
    return Refusal(400, 30, "Request could not be validated", details)


def _indented(value: Any) -> str:
    text = json.dumps(value, indent=2, sort_keys=True)
    return "\n".join("  " + line for line in text.splitlines())


def unknown_image_type(number: int, image_type: str, known: Sequence[str]) -> Refusal:
    """
    Return the refusal of an image type that composer's API does not have.

    :param number: of the image request
    """
    said = "value is not one of the allowed values %s" % json.dumps(known, separators=(",", ":"))
    schema = {"enum": list(known), "type": "string"}
    return of_schema("/image_requests/%d/image_type" % number, said, schema, image_type)


_UPLOAD_SHAPES = ("AWSEC2", "AWSS3", "GCP", "Azure", "Container", "Local", "OCI", "PulpOSTree")


def unknown_upload_options(number: int, options: Any) -> Refusal:
    """
    Return the refusal of upload options that have none of the shapes which composer knows.

    :param number: of the image request
    """
    shapes = ["#/components/schemas/%sUploadOptions" % name for name in _UPLOAD_SHAPES]
    schema = {"anyOf": [{"$ref": shape} for shape in shapes]}
    said = 'doesn\'t match any schema from "anyOf"'
    return of_schema("/image_requests/%d/upload_options" % number, said, schema, options)


def bad_hostname(value: object) -> Refusal:
    """Return the refusal of a hostname that is not a text."""
    schema = {"type": "string"}
    return of_schema("/customizations/hostname", "value must be a string", schema, value)


def manifest_refused(details: str) -> Refusal:
    """Return the refusal of what no manifest can be made of."""
    return Refusal(500, MANIFEST_REFUSED, "Failed to enqueue job", details)


def no_swap(image_type: str, distro: str, arch: str) -> Refusal:
    """Return the refusal of a swap partition, as RHEL 8 has it for aarch64."""
    return manifest_refused(
        'blueprint validation failed for image type "%s": customizations.disk:'
        " swap partition creation is not supported on %s %s" % (image_type, distro, arch)
    )


_JOB = "/var/lib/osbuild-composer/jobs/JOB.json"
QUEUE_FULL = manifest_refused(
    "cannot write job: error writing to %s: write %s: no space left on device:" % (_JOB, _JOB)
)
"""The same code for what is not the request's fault; nothing was queued."""


# Errors of jobs

KOJI_INIT_FAILED = 15
KOJI_FINALIZE_FAILED = 16
DEPENDENCY_FAILED: Mapping[str, Any] = {
    "id": 13,
    "reason": "At least one job dependency failed",
}
FAILED_STAGE = "org.osbuild.rpm"
BUILD_FAILED: Mapping[str, Any] = {
    "id": 10,
    "reason": 'osbuild build failed in stage: "%s"' % FAILED_STAGE,
}
DEPSOLVE_FAILED: Mapping[str, Any] = {
    "id": 9,
    "reason": "Manifest dependency failed",
    "details": [
        {
            "id": 5,
            "reason": "Error in depsolve job dependency",
            "details": [
                {
                    "id": 20,
                    "reason": "DNF error occurred: MarkingErrors: Error occurred when marking"
                    " packages for installation: Problems in request:\n"
                    "missing packages: no-such-package",
                }
            ],
        }
    ],
}
"""Composer's error of a package that no repository has, as it was seen in Fedora's compose logs."""

ESCAPES = (
    "\x1b[2J\x1b[1;31mred\x1b[0m\x1b]0;title\x07\x1b[8mhidden\x1b[0m\r\x9b2J\u202egnorw\u202c"
    "\x08\x7f"
)
"""What clears a screen, changes its title, hides text, goes back on the line, turns it round."""

ESCAPED: Mapping[str, Any] = {
    "id": 10,
    "reason": "osbuild build failed: " + ESCAPES,
    "details": [ESCAPES],
}


def init_error(refused: str, code: int = 1000) -> Dict[str, Any]:
    """Return the error of koji-init where the hub refuses CGInitBuild."""
    return {"id": KOJI_INIT_FAILED, "reason": 'error: "%s" code: %d' % (refused, code)}


def after(cause: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the error of a job that was not begun, since another had failed."""
    return {**DEPENDENCY_FAILED, "details": [cause]}


def finalize_error(refused: str, code: Optional[int]) -> Dict[str, Any]:
    """
    Return the error of koji-finalize where the import fails.

    :param code: of the hub's fault; None: it was not the hub that said so
    """
    said = refused if code is None else 'error: "%s" code: %d' % (refused, code)
    return {"id": KOJI_FINALIZE_FAILED, "reason": "Could not import build into koji: %s" % said}


def osbuild_failure(order: str) -> Dict[str, Any]:
    """
    Return osbuild's output of a build that failed in a stage, for ``<arch>-<type>.log.json``.

    :param order: names the image; the stages' ids follow from it
    """
    output = NOTHING_REAL + (
        "error: unpacking of archive failed on file /usr/bin/rehearsed;6744a1c2: cpio: write failed"
        " - No space left on device\n"
        "error: rehearsed-1.0-1.noarch: install failed\n"
        "Traceback (most recent call last):\n"
        '  File "/run/osbuild/bin/%s", line 506, in <module>\n'
        "subprocess.CalledProcessError: Command '['rpm', '--verbose', '--install']' returned"
        " non-zero exit status 1.\n" % FAILED_STAGE
    )
    failed = _stage(order, FAILED_STAGE, output)
    stages: List[Dict[str, Any]] = [
        {**_stage(order, "org.osbuild.kernel-cmdline", ""), "success": True},
        {**failed, "success": False},
    ]
    return {
        "type": "error",
        "success": False,
        "error": {
            "type": "org.osbuild.error.stage",
            "details": {"stage": {**failed, "error": None}},
        },
        "log": {"os": stages},
        "metadata": {},
    }


def _stage(order: str, name: str, output: str) -> Dict[str, Any]:
    stage_id = sha256(("stage %s %s" % (order, name)).encode()).hexdigest()
    return {"id": stage_id, "type": name, "output": output}
