"""The secrets of ``customizations``: what a run leaves behind, says and shows holds none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.hub import HubFaultError
from pungi_osbuild.methods import hidden
from pungi_osbuild.model import ImageRequest, JsonObject
from pungi_osbuild.run.outcomes import cancelled, failed, refused
from pungi_osbuild.secrets import HIDDEN
from tests.cli.commands import Done, hub, in_process
from tests.run.engines import a_job
from tests.values import a_request, an_image_config

MARK = "Mk9Secret"
CUSTOMIZATIONS: Dict[str, Any] = {
    "user": [
        {"name": "admin", "password": MARK + "-password", "key": "ssh-ed25519 AAAA%sA me" % MARK},
        {"name": "other", "password": "$6$%s$'\"\\é" % MARK, "groups": ["wheel"]},
    ],
    "users": [{"name": "third", "ssh_keys": ["ssh-rsa BBBB%sB you" % MARK]}],
    "sshkey": [{"user": "root", "key": "ecdsa %sCCCC" % MARK}],
    "subscription": {
        "organization": 123456,
        "activation_key": MARK + "-activation",
        "activation-key": MARK + "-other-activation",
    },
    "fdo": {"di_mfg_string_type_mac_iface": "eth0", "secrets": {"deep": [{"er": MARK + "-er"}]}},
    "repositories": [{"id": "a", "gpgkey": ["-----BEGIN\n%sDDDD\n-----END" % MARK]}],
    "packages": ["vim-enhanced"],
}
BLOCK: Dict[str, Any] = {
    "distro": "rhel-9.4",
    "image_types": "guest-image",
    "target": "t",
    "version": "1",
    "customizations": CUSTOMIZATIONS,
}


def a_secretive_request() -> ImageRequest:
    return a_request(config=an_image_config(customizations=JsonObject.from_conf(CUSTOMIZATIONS)))


def with_block(folder: Path, name: str, **changes: Any) -> Path:
    blocks = [
        {**BLOCK, "name": "good", "subvariant": "A"},
        {**BLOCK, "name": "bad", "subvariant": "B"},
        {**BLOCK, "name": "late", "subvariant": "C", "failable": ["*"], **changes},
    ]
    path = folder / name
    path.write_text(
        "release_name = 'x'\nrelease_short = 'x'\nrelease_version = '1'\n"
        "translate_paths = [('/', 'https://c.example.com/')]\n"
        "variants_file = 'variants.xml'\nosbuild = {'.*': %r}\n" % blocks,
        encoding="utf-8",
    )
    return path


def said(done: Done) -> str:
    return done.out + done.err


def holding_it(folder: Path, leave_out: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and leave_out not in path.parents and MARK.encode() in path.read_bytes():
            yield path


def test_a_whole_run_tells_no_secret(tmp_path: Path) -> None:
    """Files and output of everything that is run on a compose; Koji itself has to know them."""
    examples = Path(__file__).parent.parent.parent / "examples" / "minimal" / "variants.xml"
    (tmp_path / "variants.xml").write_text(examples.read_text("utf-8"), encoding="utf-8")
    config = with_block(tmp_path, "a.conf")
    out = tmp_path / "out"
    outputs: List[str] = []

    def run(*arguments: object) -> None:
        outputs.append(said(in_process(*arguments, home=tmp_path)))

    faults = ("--fault", "build:name=bad", "--fault", "upload:name=late")
    run("rehearse", config, "--out", out, "--duration", 0, *faults)
    run("report", out)
    run("status", out)
    run("images", out, "--format", "json")
    broken: List[Dict[str, Any]] = [
        {"customizations": [MARK]},
        {"customization": CUSTOMIZATIONS},
    ]
    for number, changes in enumerate(broken):
        run("validate", with_block(tmp_path, "broken-%d.conf" % number, **changes))
    with hub(tmp_path, "--fault", "composer-down:name=late"):
        run("run", config, "--compose", out, "--profile", "rehearsal", "--rebuild-all")
    assert "bad" in outputs[0]
    assert "placed" in outputs[0]
    assert [text for text in outputs if MARK in text] == []
    assert list(holding_it(out, leave_out=out / "koji")) == []
    assert list(holding_it(out / "koji", leave_out=out / "nothing")) != []
    assert (out / "work/global/osbuild/journal.jsonl").exists()


@pytest.mark.parametrize(
    "quoted",
    [
        json.dumps(CUSTOMIZATIONS),
        json.dumps(CUSTOMIZATIONS, indent=4, ensure_ascii=False),
        repr(CUSTOMIZATIONS),
        repr(repr(CUSTOMIZATIONS))[1:-1].replace("\\'", "'").replace("\\\\", "\\"),
        "the user's key AAAA%sA is refused" % MARK,
    ],
)
def test_whoever_quotes_a_request_tells_no_secret(quoted: str) -> None:
    """A hub's schema, a builder's traceback, composer: in the reason of every outcome."""
    request = a_secretive_request()
    submitted = a_job(request, 7)
    for outcome in (
        refused(request, quoted),
        failed(submitted, quoted, None),
        cancelled(submitted, quoted, None),
    ):
        assert MARK not in (outcome.reason or "")
        assert HIDDEN in (outcome.reason or "")
    assert "vim-enhanced" in hidden(request, json.dumps(CUSTOMIZATIONS))
    assert "wheel" in hidden(request, repr(CUSTOMIZATIONS))


def test_nothing_shows_a_secret() -> None:
    """Whatever is logged of a value."""
    request = a_secretive_request()
    for value in (
        request,
        request.config,
        request.config.customizations,
        a_job(request, 7),
    ):
        assert MARK not in repr(value)
        assert MARK not in str(value)


def test_what_a_hubs_schema_has_checked_is_not_told() -> None:
    """Its first words say what is wrong; then comes all of the schema, and all of the request."""
    dump = "\n\nFailed validating 'type' in schema:\n    {}\n\nOn instance[6]:\n    %s" % MARK
    assert HubFaultError(1019, "5 is not of type 'object'" + dump).reason == (
        "5 is not of type 'object'"
    )


SECRETS = st.text(min_size=1, max_size=30).filter(lambda text: "*" not in text)


@given(SECRETS, SECRETS, st.sampled_from([str, json.dumps, repr]))
def test_no_secret_is_left(password: str, key: str, quote: Any) -> None:
    """However it is quoted, whatever characters it has; long ones inside of words, too."""
    value = {"user": [{"password": password, "key": key}]}
    request = a_request(config=an_image_config(customizations=JsonObject.from_conf(value)))
    text = "%s and %s" % (quote(password), quote(key))
    shown = hidden(request, "<%s>" % text)
    for secret in (password, key):
        if len(secret) >= 6:
            assert secret not in shown
