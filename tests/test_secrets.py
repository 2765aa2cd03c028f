"""Secrets: what a compose, a plan or a log shows to everybody holds none."""

from __future__ import annotations

import io
import json
import logging
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.secrets import (
    HIDDEN,
    HidingFilter,
    bare_address,
    hide,
    hide_in,
    hide_known,
    hide_log,
    is_secret,
    secrets_in,
)

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
    assert SECRET not in hide_log(content)


def test_what_is_no_secret_stays() -> None:
    """Reasons, addresses, the words around them; JSON is laid out."""
    text = hide_log(
        as_json({"error": {"reason": "no space on https://r.example.com/os"}, "monkey": "a"})
    )
    assert '"reason": "no space on https://r.example.com/os"' in text
    assert '"monkey": "a"' in text
    assert len(text.splitlines()) == 6
    plain = "Keyboard: us\nhttps://example.com/a is gone?\n"
    assert hide_log(plain.encode()) == plain


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON | st.text())
def test_any_log_becomes_a_text_that_can_be_written(value: object) -> None:
    """Half characters and all."""
    hide_log(json.dumps(value).encode("utf-8")).encode("utf-8")


@given(st.binary())
def test_any_bytes_become_a_text(content: bytes) -> None:
    """Whatever a builder has written."""
    hide_log(content).encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "see https://me:%s@example.com:8443/x",
        "see https://me:a@%s@example.com/x",
        "see https://me:a/%s@example.com/x",
        "see //%s@example.com/x",
        "cannot read /work/https:/me:%s@example.com/x",
        "cannot read /work/https:/example.com/?%s",
        "Failed to parse: http://me:%s",
        "got 'https://me:%s...",
        "https://r.example.com/?%s and so on",
        "https://r.example.com/a?arch=x&sig=%s",
        "https://r.example.com/a?taskID=5&a=%s;b=%s",
        "https://r.example.com/a#access_token=%s",
        "Max retries exceeded with url: /kojihub?session-key=%s (Caused by x)",
        "PUT https://objectstorage.example.com/p/%s/n/ns/b/b/o/o",
        "{'password': '%s', 'name': 'x'}",
        r"{\"passphrase\": \"%s\"}",
        '"secretAccessKey": "%s',
        '"ssh_keys": ["%s", "%s"], "a": 1',
        "unknown argument rd.luks.key=%s",
        "ran oscap --api-token='%s'",
        "Authorization: Bearer %s",
        "authorization: Basic %s",
        'cut off: {"users": [{"name": "a", "password": "%s',
        r'"log": "got {\"token\": \"%s\"}"',
        "OPTIONS='-v --api-key=%s'",
        "ran curl --oauth2-bearer %s https://h/",
        "AccountName=x;AccountKey=%s",
        "X-Auth-Token: %s",
        "Cookie: id=%s; x=y",
        "Authorization: AWS4-HMAC-SHA256 Credential=a, Signature=%s",
        "$6$salt$%s",
        "-----BEGIN RSA PRIVATE KEY-----\n%s\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n%s",
    ],
)
def test_a_text_says_no_secret(text: str) -> None:
    """By the name of a field or by where it stands; what is hidden stays so."""
    for secret in (SECRET, "12345678"):
        quoted = text.replace("%s", secret)
        if "me:" in text and secret.isdigit() and "@" not in text:
            continue  # a port
        assert secret not in hide(quoted)
        assert HIDDEN in hide(quoted)
        assert hide(hide(quoted)) == hide(quoted)


@pytest.mark.parametrize(
    "text",
    [
        "see https://koji.example.com:8443/koji/taskinfo?taskID=5.",
        "docker://quay.io/org/image@sha256:0123",
        "https://h/x#section, really?",
        "keyboard=us turkey=1 compass=n authtype=noauth",
        '"monkey": "a", "password": null, "password": ""',
        'osbuild["^Server$"][0].customizations.key: must be a string, not a dict',
        "authorization: unknown option",
        "use --user NAME and --password-file FILE",
        "costs $5 or $6 a day",
        'osbuild["^(?=Server)(?!x=y)(?P<a>b)$"][0]',
        "https://r.example.com/$arch/os?arch=$arch",
    ],
)
def test_what_is_not_secret_is_shown(text: str) -> None:
    """Links to Koji, digests, words that only look alike."""
    assert hide(text) == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, True) for name in ("passwd", "accessKeyId", "access_key", "authorization", "sas")),
        *((name, True) for name in ("passwrd", "admin_passw", "passwordFile")),
        *((name, True) for name in ("activation-key", "sshkey", "X-Amz-Signature")),
        *(
            (name, False)
            for name in ("keyboard", "monkey", "region", "authtype", "design", "data", "bypass")
        ),
    ],
)
def test_one_list_of_secret_names(name: str, expected: bool) -> None:
    """As each of the formats that come here writes them."""
    assert is_secret(name) is expected
    assert (hide_in({name: "x"})[name] == HIDDEN) is expected
    assert (hide_in("x", name) == HIDDEN) is expected


def test_a_number_is_hidden_too() -> None:
    """Also in a text that is not JSON as a whole."""
    assert hide('{"pin": 1234, "size": 5, ') == '{"pin": (hidden), "size": 5, '
    assert hide_in({"pin": 1234, "secret": True}) == {"pin": HIDDEN, "secret": True}


def test_customizations_hide_more() -> None:
    """What a file holds and what the kernel is started with."""
    value = {
        "customizations": {
            "files": [{"path": "/a", "data": "d"}],
            "kernel": {"name": "kernel-rt", "append": "a=b"},
            "installer": {"kickstart": {"contents": "rootpw x"}},
        },
        "data": "shown",
    }
    assert hide_in(value) == {
        "customizations": {
            "files": [{"path": "/a", "data": HIDDEN}],
            "kernel": {"name": "kernel-rt", "append": HIDDEN},
            "installer": {"kickstart": HIDDEN},
        },
        "data": "shown",
    }


def test_a_bare_address_leads_where_it_led() -> None:
    """Without what opens it."""
    for secret in ("me:hunter2@", "hunter2@", "me:a@hunter2@", "me:hun/ter2@", ""):
        address = "http://%skoji.example.com:8443/kojihub" % secret
        assert bare_address(address) == "http://koji.example.com:8443/kojihub"
    assert bare_address("https://b.example.com/k?X-Amz-Signature=x#y") == "https://b.example.com/k"
    assert (
        bare_address("https://o.example.com/p/x/n/a/b/c/o/d") == "https://o.example.com/n/a/b/c/o/d"
    )
    assert bare_address("http://[broken?x") == "http://[broken"
    assert bare_address("") == ""


WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=20)


@given(WORDS, st.sampled_from(["https://%s@h/x", "https://h/x?token=%s", "https://u:%s@h/?a=%s"]))
def test_whatever_is_percent_encoded_in_an_address_is_hidden(secret: str, address: str) -> None:
    """Also where it is quoted without the address, as it was before."""
    encoded = quote(secret, safe="")
    text = address.replace("%s", encoded)
    assert encoded not in hide(text)
    known = secrets_in({"repo": [text]})
    assert encoded not in hide_known("<%s> was refused" % encoded, known)
    assert secret not in hide_known("<%s> was refused" % secret, known)


@given(st.integers(6, 30), st.sampled_from(["%s", "%s...", "<%s... and more>", "'%s...'"]))
def test_a_secret_that_is_cut_off_is_hidden(length: int, text: str) -> None:
    """What is long is cut before it comes here."""
    secret = "correct-horse-battery-staple-7"
    shown = hide_known(text % secret[:length], [secret])
    assert secret[:6] not in shown
    assert HIDDEN in shown
    assert hide_known("correct answer", [secret]) == "correct answer"


def test_a_handler_shows_no_secret() -> None:
    """Of a message, its arguments, and a traceback."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(HidingFilter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        raise ValueError("https://me:%s@h/" % SECRET)
    except ValueError as error:
        logger.warning("no %s: %s", "https://h/?sig=" + SECRET, error, exc_info=error)
    assert SECRET not in stream.getvalue()
    assert stream.getvalue().count(HIDDEN) == 4
