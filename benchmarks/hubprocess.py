"""
The rehearsal hub in a process of its own: ``python -m benchmarks.hubprocess FOLDER DURATION``.

It says its address when it listens, stops when its standard input ends, and leaves in FOLDER what
it saw. Its memory and its time are nobody's whose cost is measured.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import List

import koji

from benchmarks.scene import PROFILE
from koji_rehearsal import HubContent, HubSettings, RehearsalHub, write_profile


def ends(server: str) -> List[float]:
    """Return when each image task ended that did, by the hub's clock."""
    tasks = koji.ClientSession(server).listTasks({"method": "osbuildImage", "state": [2, 3, 5]})
    return [task["completion_ts"] for task in tasks]


def main(folder: Path, duration: float) -> None:
    """Serve until standard input ends."""
    settings = HubSettings(duration=duration, max_connections=8192)
    content = replace(HubContent.golden(), anonymous=None)
    with RehearsalHub(settings, folder / "koji", content) as hub:
        write_profile(folder / ".koji/config.d/bench.conf", hub, PROFILE, "password")
        print(hub.server, flush=True)
        sys.stdin.read()
        seen = {
            "requests": [(one.at, one.busy, one.methods) for one in hub.requests],
            "logins": hub.counters.logins,
            "connections": hub.counters.connections,
            "ends": ends(hub.server),
        }
        (folder / "seen.json").write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
