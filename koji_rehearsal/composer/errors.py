"""
Composer's errors: its answers to a request that it refuses, and what it says of a failed job.

Source: answers of osbuild-composer 180 (recorded 2026-12), whose texts are repeated here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Dict, Mapping, Optional

NOTHING_REAL = "This is a rehearsal: nothing was built, and no cloud has this image.\n"

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_OPERATION_ID_LENGTH = 27


MALFORMED = 20
SCHEMA = 30
MANIFEST = 1005
"""The code of what is wrong with a manifest, and of a job queue that cannot be written."""

NO_HTTP_ERROR = 10001
_REASONS: Mapping[int, str] = {
    4: "Unsupported distribution",
    5: "Unsupported architecture",
    6: "Unsupported image type",
    7: "Must specify baseurl, mirrorlist, or metalink",
    MALFORMED: "Malformed json, unable to decode body",
    25: "Compose request has unsupported number of image builds",
    27: "Invalid OSTree parameters or parameter combination",
    29: "Invalid repository, when check_gpg is set, gpgkey must be specified",
    SCHEMA: "Request could not be validated",
    35: "Invalid image customization",
    38: "Invalid upload target for image type",
    43: "Invalid request, only one of bootc or distribution can be specified",
    44: "Invalid request, either bootc or distribution needs to be specified",
    47: "bootable-container-iso image type requires a bootc compose request"
    " (use 'bootc' instead of 'distribution')",
    1004: "Failed to unmarshal struct",
    MANIFEST: "Failed to enqueue job",
    NO_HTTP_ERROR: "Error is not an instance of HTTPError",
}


@dataclass(frozen=True)
class Refusal:
    """
    An answer of composer's to a request that it does not take.

    :param code: composer's error code, e.g. ``1005``
    :param queued: the jobs that composer had put in its queue by then, and never takes back: those
        of so many image requests, and koji-init before them; None: none at all
    """

    code: int
    details: str = ""
    queued: Optional[int] = None

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return 400 if self.code < 1000 else 500

    def document(self, key: str) -> Dict[str, str]:
        """
        Return the body of the answer.

        :param key: the operation's id follows from it
        """
        return {
            "code": "IMAGE-BUILDER-COMPOSER-%d" % self.code,
            "details": self.details,
            "href": "/api/image-builder-composer/v2/errors/%d" % self.code,
            "id": str(self.code),
            "kind": "Error",
            "operation_id": _operation_id(key),
            "reason": _REASONS[self.code],
        }

    def body(self, key: str) -> str:
        """Return the body of the answer as it is sent."""
        return json.dumps(self.document(key), separators=(",", ":"))


def _operation_id(key: str) -> str:
    digest = sha256(("operation " + key).encode()).digest()
    letters = (_ALPHABET[byte % len(_ALPHABET)] for byte in digest)
    return "".join(letters)[:_OPERATION_ID_LENGTH]


_JOB = "/var/lib/osbuild-composer/jobs/JOB.json"
QUEUE_FULL = Refusal(
    MANIFEST,
    "cannot write job: error writing to %s: write %s: no space left on device:" % (_JOB, _JOB),
)
"""The code of a manifest for what is not the request's fault; nothing was queued."""


# Errors of jobs

KOJI_INIT_FAILED = 15
KOJI_FINALIZE_FAILED = 16
DEPENDENCY_FAILED: Mapping[str, Any] = {
    "id": 13,
    "reason": "At least one job dependency failed",
}
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
