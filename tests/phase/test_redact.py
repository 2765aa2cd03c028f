"""Secrets in logs: what a compose serves to everybody holds none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.phase.redact import redacted

SECRET = "hunter2"


def as_json(value: object) -> bytes:
    return json.dumps(value).encode("utf-8")


@pytest.mark.parametrize(
    "content",
    [
        as_json({"users": [{"name": "root", "password": SECRET}]}),
        as_json({"build_id": 1, "token": SECRET}),
        as_json({"subscription": {"activation-key": SECRET, "organization": "1"}}),
        as_json({"user": {"ssh_keys": [SECRET]}}),
        as_json({"options": {"url": "https://b.s3.amazonaws.com/k?X-Amz-Signature=" + SECRET}}),
        as_json({"log": "GET https://me:%s@example.com/x failed" % SECRET}),
        b"see https://b.s3.amazonaws.com/k?X-Amz-Signature=hunter2 and try again\n",
        # cut at its end, so no JSON
        b'{"log": "x", "user": {"password": "hunter2", "more": "',
        b'{"log": "x", "user": {"root-Password" : "a\\"hunter2", "more": "',
        b'[["https://b.example.com/k?a=b\\u0026Signature=hunter2"',
    ],
)
def test_a_secret_is_gone(content: bytes) -> None:
    """By the name it has in JSON, or by its place in an address."""
    assert SECRET.encode() in content
    assert SECRET not in redacted(content)


def test_what_is_no_secret_stays() -> None:
    """Reasons, addresses, the words around them; JSON is laid out."""
    text = redacted(
        as_json({"error": {"reason": "no space on https://r.example.com/os"}, "monkey": "a"})
    )
    assert '"reason": "no space on https://r.example.com/os"' in text
    assert '"monkey": "a"' in text
    assert len(text.splitlines()) == 6
    plain = "Keyboard: us\nhttps://example.com/a is gone?\n"
    assert redacted(plain.encode()) == plain


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON | st.text())
def test_any_log_becomes_a_text_that_can_be_written(value: object) -> None:
    """Half characters and all."""
    redacted(json.dumps(value).encode("utf-8")).encode("utf-8")


@given(st.binary())
def test_any_bytes_become_a_text(content: bytes) -> None:
    """Whatever a builder has written."""
    redacted(content).encode("utf-8")
