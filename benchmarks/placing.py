"""
Placing one big image: linked, copied and downloaded, beside the plain programs.

``python -m benchmarks.placing HOW ...`` places one file in a process of its own and says what it
took, so that its memory can be told from everybody else's.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Callable, Iterator, List, Optional, Tuple

from benchmarks.scene import PROFILE, ROOT
from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.hub import download, read_profile
from pungi_osbuild.model import BuiltImage, Checksum
from pungi_osbuild.placing.place import FileSource, VerifyOptions, place

MIB = 1024 * 1024
BELOW_KOJI = "packages/big/1/1/images/big.raw"
TRIES = 5
MEMORY = Path("/dev/shm")  # noqa: S108  nothing there has a name that is known
"""A file system in memory: what is measured is the work, not the disk."""


@dataclass(frozen=True)
class Effort:
    """
    What placing a file took.

    :param seconds: of the clock
    :param read: bytes that were read
    :param peak: bytes of memory at most
    """

    seconds: float
    read: int
    peak: int


@dataclass(frozen=True)
class Placing:
    """
    The measurements; seconds are medians.

    :param linked: bytes read for each byte of a file that was hard linked and verified
    :param unverified: the same with ``osbuild_verify = False``
    :param reflinked: the same for a copy that shares its blocks; None where the file system cannot
    :param copy_size: bytes
    :param copy: seconds of a copy with both checksums
    :param copy_md5: seconds of ``openssl md5`` on the same file
    :param copy_in_tree: seconds of copying, and reading again for both checksums
    :param load_size: bytes
    :param load: seconds of a verified download
    :param load_plain: seconds of ``curl -o``, then ``openssl md5``
    :param load_peak: bytes of memory at most, of the whole process
    :param load_peak_small: the same for a file of an eighth of the size
    """

    linked: float
    unverified: float
    reflinked: Optional[float]
    copy_size: int
    copy: float
    copy_md5: float
    copy_in_tree: float
    load_size: int
    load: float
    load_plain: float
    load_peak: int
    load_peak_small: int


def measure(folder: Path, copy_size: int, load_size: int) -> Placing:
    """
    Measure all of it, each thing several times, in turn with what it is compared with.

    :param folder: where reflinks are tried: on a disk
    :param copy_size: bytes
    :param load_size: bytes
    """
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else folder) as memory:
        fast = Path(memory)
        small = _big_file(fast / "link", 64 * MIB)
        linked = _ours("hardlink", small).read / (64 * MIB)
        unverified = _ours("hardlink", small, "--unverified").read / (64 * MIB)
        copy, copy_md5, copy_in_tree = _copies(_big_file(fast / "copy", copy_size))
        shutil.rmtree(fast / "copy")
        load, load_plain, peak = _loads(fast / "load", load_size)
        shutil.rmtree(fast / "load")
        _, _, peak_small = _loads(fast / "load", load_size // 8, tries=1)
    return Placing(
        linked=linked,
        unverified=unverified,
        reflinked=_reflinked(folder),
        copy_size=copy_size,
        copy=copy,
        copy_md5=copy_md5,
        copy_in_tree=copy_in_tree,
        load_size=load_size,
        load=load,
        load_plain=load_plain,
        load_peak=peak,
        load_peak_small=peak_small,
    )


def _big_file(koji: Path, size: int) -> Path:
    """Make a file of Koji's that cannot be packed; return Koji's topdir."""
    path = koji / BELOW_KOJI
    path.parent.mkdir(parents=True)
    piece = os.urandom(16 * MIB)
    with path.open("wb") as file:
        left = size
        while left:
            left -= file.write(piece[:left])
    digest = hashlib.md5()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(MIB), b""):
            digest.update(chunk)
    (koji / "md5").write_text(digest.hexdigest(), encoding="utf-8")
    return koji


def _reflinked(folder: Path) -> Optional[float]:
    with tempfile.TemporaryDirectory(dir=folder) as disk:
        koji = _big_file(Path(disk) / "koji", 64 * MIB)
        target = koji / "clone"
        cloned = subprocess.run(
            ["cp", "--reflink=always", str(koji / BELOW_KOJI), str(target)],
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if cloned.returncode != 0:
            return None
        return _ours("copy", koji).read / (64 * MIB)


def _copies(koji: Path) -> Tuple[float, float, float]:
    path = koji / BELOW_KOJI
    ours: List[float] = []
    md5: List[float] = []
    in_tree: List[float] = []
    for _ in range(TRIES):
        md5.append(_seconds(lambda: _run("openssl", "md5", str(path))))
        ours.append(_ours("copy", koji).seconds)
        in_tree.append(_seconds(lambda: _copy_and_read(path)))
    return median(ours), median(md5), median(in_tree)


def _copy_and_read(path: Path) -> None:
    target = path.with_name("in-tree")
    shutil.copy2(path, target)
    digests = [hashlib.md5(), hashlib.sha256()]
    with target.open("rb") as file:
        for chunk in iter(lambda: file.read(MIB), b""):
            for digest in digests:
                digest.update(chunk)
    target.unlink()


def _loads(koji: Path, size: int, tries: int = TRIES) -> Tuple[float, float, int]:
    _big_file(koji, size)
    ours: List[float] = []
    plain: List[float] = []
    peaks: List[int] = []
    with RehearsalHubProcess(koji) as hub:
        for _ in range(tries):
            plain.append(_seconds(lambda: _curl_and_md5(hub.url, koji / "curl")))
            effort = _ours("download", koji)
            ours.append(effort.seconds)
            peaks.append(effort.peak)
    return median(ours), median(plain), max(peaks)


class RehearsalHubProcess:
    """A rehearsal hub that serves files, in a process of its own."""

    def __init__(self, koji: Path) -> None:
        self._koji = koji
        self.url = ""

    def __enter__(self) -> RehearsalHubProcess:
        command = [sys.executable, "-m", "benchmarks.placing", "serve", str(self._koji)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert self._process.stdout is not None
        self.url = "%s/%s" % (self._process.stdout.readline().strip(), BELOW_KOJI)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _curl_and_md5(url: str, target: Path) -> None:
    _run("curl", "--silent", "--fail", "-o", str(target), url)
    _run("openssl", "md5", str(target))
    target.unlink()


def _run(*command: str) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _ours(how: str, koji: Path, *more: str) -> Effort:
    command = [sys.executable, "-m", "benchmarks.placing", how, str(koji), *more]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return Effort(**json.loads(done.stdout))


def _placed(how: str, koji: Path, verify: bool) -> Effort:
    """Place the big file, and take it away again."""
    path = koji / BELOW_KOJI
    image = BuiltImage(
        arch="x86_64",
        filename=path.name,
        size=path.stat().st_size,
        checksum=Checksum("md5", (koji / "md5").read_text(encoding="utf-8")),
        path=BELOW_KOJI,
        nvr="big-1-1",
        task_id=1,
        build_id=1,
        archive_id=1,
    )
    source = FileSource(local=path)
    if how == "download":
        profile = read_profile(PROFILE, koji / "profile.conf")
        source = FileSource(stream=lambda: download(profile, BELOW_KOJI, image.size))
    before, start = _bytes_read(), time.perf_counter()
    placed = place(
        image, source, koji / "compose", "big.raw", _LINK_TYPES[how], VerifyOptions(verify)
    )
    seconds = time.perf_counter() - start
    read = _bytes_read() - before
    placed.path.unlink()
    return Effort(seconds, read, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


_LINK_TYPES = {"hardlink": "hardlink", "copy": "copy", "download": "copy"}


def _bytes_read() -> int:
    for line in Path("/proc/self/io").read_text(encoding="utf-8").splitlines():
        if line.startswith("rchar:"):
            return int(line.split()[1])
    raise RuntimeError("this kernel does not count what is read")


@contextmanager
def _serving(koji: Path) -> Iterator[str]:
    with RehearsalHub(HubSettings(), koji) as hub:
        write_profile(koji / "profile.conf", hub, PROFILE)
        yield hub.topurl


def main(how: str, koji: Path, *more: str) -> None:
    """Do one thing and say what it took; or serve until standard input ends."""
    if how == "serve":
        with _serving(koji) as topurl:
            print(topurl, flush=True)
            sys.stdin.read()
    else:
        print(json.dumps(asdict(_placed(how, koji, "--unverified" not in more))))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
