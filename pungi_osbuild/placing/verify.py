"""The one pass over a file's bytes: counted, hashed, and compared with what was said of it."""

from __future__ import annotations

import errno
import hashlib
import os
import queue
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, Iterable, Iterator, Optional, Tuple, Type

from pungi_osbuild.errors import PlacementError
from pungi_osbuild.model import Checksum
from pungi_osbuild.placing import magic

CHUNK = 1024 * 1024
"""Bytes read at once."""

_KNOWN = ("md5", "sha1", "sha256", "sha512")


class DamagedError(PlacementError):
    """The bytes are not those that were expected: another try may bring the right ones."""


@dataclass(frozen=True)
class Expected:
    """
    What is known of a file before it is read.

    :param name: how errors call it; its last part says the format
    :param size: bytes
    :param by: who says it, as errors put it
    """

    name: str
    size: int
    checksum: Checksum
    by: str = "Koji"


class Verifier:
    """
    One pass over a file. Use it as a context manager, once, from one thread.

    :param verify: compute the expected checksum and sha256. When False only size and format are
        looked at, and of a file that is not read its size alone
    :param wanted: types of more checksums to compute in the same pass
    :raises PlacementError: the type of the expected checksum is not known
    """

    def __init__(self, expected: Expected, verify: bool, wanted: Tuple[str, ...] = ()) -> None:
        self._expected = expected
        self.verify = verify
        self._size = 0
        self._is_read = False
        self._head = bytearray()
        self._tail = b""
        self._recorded: Tuple[str, ...] = ()
        if verify:
            if expected.checksum.type not in _KNOWN:
                raise PlacementError(
                    "%s's checksum of %s is a %s, which is not known"
                    % (expected.by, expected.name, expected.checksum.type),
                    "Set osbuild_verify = False to go without.",
                )
            self._recorded = tuple(sorted({"sha256", *wanted}))
        kinds = {expected.checksum.type, *self._recorded} if verify else ()
        self._hashes = Hashes(kinds, expected.size)

    def __enter__(self) -> Verifier:
        self._hashes.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._hashes.close()

    def expect_size(self, size: int) -> None:
        """Compare a size with the expected one.

        :raises DamagedError: they differ
        """
        if size != self._expected.size:
            raise self._differs("size", "%d bytes" % self._expected.size, "%d" % size)

    def expect_file(self, descriptor: int) -> os.stat_result:
        """
        Look at an open file without reading it, and return its status.

        :raises DamagedError: it has another size
        :raises OSError: it is not a regular file
        """
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        self.expect_size(status.st_size)
        return status

    def take(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """
        Pass on chunks that were counted and hashed; stop at the first byte too many.

        :raises DamagedError: there are more or fewer bytes than expected, or they are no file of
            the format that the name says
        """
        self._is_read = True
        for chunk in chunks:
            self._size += len(chunk)
            if self._size > self._expected.size:
                raise self._differs(
                    "size", "%d bytes" % self._expected.size, "more, at least %d" % self._size
                )
            if len(self._head) < magic.HEAD:
                self._head += chunk[: magic.HEAD - len(self._head)]
            self._tail = (self._tail + chunk)[-magic.TAIL :] if len(chunk) < magic.TAIL else chunk
            self._hashes.update(chunk)
            yield chunk
        self.expect_size(self._size)

    def whole(self, descriptor: int) -> None:
        """
        Read an open file from its beginning to its end; without ``verify`` nothing is read.

        :raises DamagedError: as :meth:`take`
        """
        if self.verify:
            for _chunk in self.take(chunks_of(descriptor)):
                pass

    def checksums(self) -> Tuple[Checksum, ...]:
        """
        Return the checksums to record: those computed, or the expected one when there are none.

        :raises DamagedError: the bytes do not have the expected checksum, or are no file of the
            format that the name says
        """
        expected = self._expected.checksum
        found = self._hashes.values()
        if found and found[expected.type] != expected.value.lower():
            raise self._differs("%s checksum" % expected.type, expected.value, found[expected.type])
        self._check_format()
        if not found:
            return (expected,)
        return tuple(Checksum(kind, found[kind]) for kind in self._recorded)

    def _check_format(self) -> None:
        if not self._is_read:
            return
        why = magic.why_not(self._expected.name, bytes(self._head), self._tail[-magic.TAIL :])
        if why is not None:
            raise PlacementError(
                "%s is not what its name says: %s" % (self._expected.name, why),
                "Look at the build in Koji, and at what its image type makes.",
            )

    def _differs(self, what: str, expected: str, found: str) -> DamagedError:
        return DamagedError(
            "%s has the wrong %s: %s says %s, the file has %s"
            % (self._expected.name, what, self._expected.by, expected, found),
            "Check the file in Koji's volume, or what is between it and this machine; then run"
            " this again.",
        )


def open_koji_file(path: Path) -> int:
    """
    Return a descriptor of a file of Koji's, never of another that a symbolic link leads to.

    :raises PlacementError: it is a link, or the links on the way to it lead in a circle
    :raises OSError: it cannot be opened
    """
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise PlacementError(
            "%s cannot be used: it is %s"
            % (path, "a symbolic link" if path.is_symlink() else "behind a circle of links"),
            "Koji keeps plain files: look at the file on Koji's volume. Nothing was placed.",
        ) from error


def chunks_of(descriptor: int) -> Iterator[bytes]:
    """Give the content of an open file, in chunks of ``CHUNK`` bytes."""
    while True:
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            return
        yield chunk


AHEAD = 6
"""Chunks that may wait for a checksum: they are shared by all checksums, so this bounds memory."""

SMALL = 4 * 1024 * 1024
"""Bytes below which threads cost more than they bring."""


class Hashes:
    """
    Checksums of what passes by, for one thread's use: :meth:`start` it, and :meth:`close` it.

    MD5 takes twice the time of SHA-256 on today's processors and cannot be split, so whatever goes
    on beside it costs no time as long as there is a second core: hashlib lets other threads run.

    :param types: as ``hashlib`` calls them; without any this does nothing
    :param size: bytes that are expected; a small file is hashed by the caller's own thread
    """

    def __init__(self, types: Iterable[str], size: int) -> None:
        digests = {type: hashlib.new(type, usedforsecurity=False) for type in types}
        self._digests: Dict[str, Any] = digests
        self._lanes = [_Lane(digest) for digest in digests.values()] if size > SMALL else []

    def start(self) -> None:
        """Make ready to take bytes."""
        for lane in self._lanes:
            lane.start()

    def close(self) -> None:
        """End the threads, whatever was taken."""
        for lane in self._lanes:
            lane.end()

    def update(self, chunk: bytes) -> None:
        """Take the next bytes; they must not change any more."""
        if self._lanes:
            for lane in self._lanes:
                lane.give(chunk)
        else:
            for digest in self._digests.values():
                digest.update(chunk)

    def values(self) -> Dict[str, str]:
        """
        Return the hex digests of all that was taken, by type; nothing may be taken after.

        :raises BaseException: what hashing raised
        """
        self.close()
        for lane in self._lanes:
            if lane.error is not None:
                raise lane.error
        return {type: str(digest.hexdigest()) for type, digest in self._digests.items()}


class _Lane:
    """One checksum and its thread."""

    def __init__(self, digest: Any) -> None:
        self._digest = digest
        self._waiting: queue.Queue[Optional[bytes]] = queue.Queue(AHEAD)
        self._thread = threading.Thread(target=self._work, name="checksum", daemon=True)
        self.error: Optional[BaseException] = None
        """What hashing raised."""

    def start(self) -> None:
        self._thread.start()

    def give(self, chunk: bytes) -> None:
        self._waiting.put(chunk)

    def end(self) -> None:
        """Wait until all that was given is hashed; at another time nothing happens."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _work(self) -> None:
        for chunk in iter(self._waiting.get, None):
            try:
                self._digest.update(chunk)
            except BaseException as error:
                # It goes on taking: who gives would wait for ever.
                self.error = error
