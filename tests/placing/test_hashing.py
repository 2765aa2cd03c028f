"""Checksums beside each other: the right ones, in whatever pieces the bytes come."""

from __future__ import annotations

import hashlib
import threading
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.placing.verify import SMALL, Hashes

TYPES = ("md5", "sha256", "sha512")


def checksum_threads() -> int:
    return sum(thread.name == "checksum" for thread in threading.enumerate())


@pytest.mark.parametrize("size", [0, SMALL, SMALL + 1])
@given(st.lists(st.binary(max_size=50)))
def test_the_checksums_are_right(size: int, chunks: List[bytes]) -> None:
    """With threads and without."""
    hashes = Hashes(TYPES, size)
    hashes.start()
    for chunk in chunks:
        hashes.update(chunk)
    content = b"".join(chunks)
    assert hashes.values() == {kind: hashlib.new(kind, content).hexdigest() for kind in TYPES}
    hashes.close()


def test_threads_are_for_large_files_and_end() -> None:
    """One for each checksum while it is at work; none when it was left early."""
    small = Hashes(TYPES, SMALL)
    small.start()
    assert checksum_threads() == 0
    large = Hashes(TYPES, SMALL + 1)
    large.start()
    assert checksum_threads() == 3
    large.update(b"x" * 1000)
    large.close()
    assert checksum_threads() == 0
    large.close()


def test_without_types_nothing_is_done() -> None:
    """Nothing is verified then."""
    none = Hashes((), SMALL + 1)
    none.start()
    none.update(b"x")
    assert none.values() == {}
    assert checksum_threads() == 0
