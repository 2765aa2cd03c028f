"""What others have in a compose before the first run: files and entries that must stay."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Dict, Mapping

PATH = "Server/x86_64/iso/Example-Server-dvd-x86_64-1.iso"
CONTENT = b"\0" * 512 + b"CD001"


def write_foreign(topdir: Path, identity: Any) -> Mapping[str, bytes]:
    """
    Put a disc image of another phase into a compose, and its entry into images.json.

    :returns: the files, by their paths below ``compose/``
    """
    path = topdir / "compose" / PATH
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    entry: Dict[str, Any] = {
        "arch": "x86_64",
        "bootable": True,
        "checksums": {"sha256": hashlib.sha256(CONTENT).hexdigest()},
        "disc_count": 1,
        "disc_number": 1,
        "format": "iso",
        "implant_md5": None,
        "mtime": 1795478000,
        "path": PATH,
        "size": len(CONTENT),
        "subvariant": "Server",
        "type": "dvd",
        "volume_id": "Example-Server-1",
    }
    compose = {
        "date": identity.date,
        "id": identity.id,
        "respin": identity.respin,
        "type": identity.type,
    }
    images = {
        "header": {"type": "productmd.images", "version": "1.2"},
        "payload": {"compose": compose, "images": {"Server": {"x86_64": [entry]}}},
    }
    metadata = topdir / "compose" / "metadata"
    metadata.mkdir()
    (metadata / "images.json").write_text(
        json.dumps(images, indent=4, sort_keys=True) + "\n", encoding="utf-8"
    )
    return {PATH: CONTENT}
