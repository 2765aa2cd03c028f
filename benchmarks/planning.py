"""Reading, planning and checking a big config: ``python -m benchmarks.planning CONFIG``."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.scene import ARCHES, ROOT, a_config
from pungi_osbuild.cli.inputs import Origin, prepare

TRIES = 3
_VARIANTS = """<?xml version="1.0"?>
<!DOCTYPE variants PUBLIC "-//Red Hat, Inc.//DTD Variants info//EN" "variants2.dtd">
<variants>
  <variant id="Server" name="Server" type="variant">
    <arches>%s</arches>
    <groups><group>core</group></groups>
  </variant>
</variants>
"""


def measure(folder: Path, requests: int) -> float:
    """
    Return how long it takes, in seconds: the median of some tries, each in a new process.

    :param requests: how many come of the config
    """
    folder.mkdir(parents=True)
    arches = "".join("<arch>%s</arch>" % arch for arch in ARCHES)
    (folder / "variants.xml").write_text(_VARIANTS % arches, encoding="utf-8")
    config = folder / "compose.json"
    blocks = a_config(requests // len(ARCHES), variants_file="variants.xml")
    config.write_text(json.dumps(blocks), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.planning", str(config), str(requests)]
    tries = []
    for _ in range(TRIES):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        tries.append(float(done.stdout))
    return median(tries)


def main(config: Path, requests: int) -> None:
    """Prepare a config once and say how long it took."""
    start = time.perf_counter()
    prepared = prepare(config, Origin(date="20261123"), config.parent / "out")
    seconds = time.perf_counter() - start
    prepared.required()
    if len(prepared.requests) != requests:
        raise RuntimeError("%d requests" % len(prepared.requests))
    print(seconds)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
