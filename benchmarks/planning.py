"""Reading, planning and checking a big config: ``python -m benchmarks.planning CONFIG BLOCKS``."""

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


def measure(folder: Path, blocks: int) -> float:
    """
    Return the seconds of CPU that it takes beyond start-up: the median of some tries, each in a
    new process.

    :param blocks: image blocks of the config, each for two arches
    """
    folder.mkdir(parents=True)
    arches = "".join("<arch>%s</arch>" % arch for arch in ARCHES)
    (folder / "variants.xml").write_text(_VARIANTS % arches, encoding="utf-8")
    config = folder / "compose.json"
    config.write_text(json.dumps(a_config(blocks, variants_file="variants.xml")), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.planning", str(config), str(blocks)]
    tries = []
    for _ in range(TRIES):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        tries.append(float(done.stdout))
    return median(tries)


def main(config: Path, blocks: int) -> None:
    """Prepare a config once and say how much CPU it took."""
    start = time.process_time()
    prepared = prepare(config, Origin(date="20261123"), config.parent / "out")
    seconds = time.process_time() - start
    prepared.required()
    if len(prepared.requests) != blocks * len(ARCHES):
        raise RuntimeError("%d requests" % len(prepared.requests))
    print(seconds)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
