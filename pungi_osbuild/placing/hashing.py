"""Several checksums of one stream of bytes, each computed in a thread of its own."""

from __future__ import annotations

import hashlib
import queue
import threading
from typing import Any, Dict, Iterable, Optional

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
                # It goes on taking: whoever gives would wait without end.
                self.error = error
