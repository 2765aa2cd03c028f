"""
Whole runs whose config, profile, hub and composer put marked secrets wherever they can.

Everything that the run and the commands on its compose write, log and print is searched.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import tempfile
import threading
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Tuple

from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from koji import Fault
from koji.xmlrpcplus import dumps, loads

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.cli.main import main
from tests.marked import MARK, VARIANTS, holding_mark, is_private

PASSWORD = MARK + "-password"
FORMS = (
    "https://robot:%s@h.example.com/x" % MARK,
    "https://%s@h.example.com/x" % MARK,
    "https://h.example.com/x?X-Amz-Signature=%s&a=b" % MARK,
    "https://h.example.com/n/x#token=%s" % MARK,
    "https://objectstorage.example.com/p/%s/n/ns/b/b/o/o" % MARK,
    '{"password": "%s"}' % MARK,
    "{'api_key': ['%s']}" % MARK,
    "--token=%s" % MARK,
    "Authorization: Bearer %s" % MARK,
    "-----BEGIN PRIVATE KEY-----%s" % MARK,
)
"""How somebody may write a secret that nobody knows beforehand."""

SAYING = ("reason", "details", "koji_error", "log")
"""Where composer quotes what it was asked for."""

NOTHING: Mapping[str, Any] = {}
RUN = ("--profile", "rehearsal", "--rebuild-all")
UPLOAD = {"region": "us-east-1", "share_with_accounts": []}

NAMES = st.sampled_from(["password", "key", "ssh_keys", "activation-key", "apiToken", "secret"])
HARMLESS = st.sampled_from(["name", "user", "groups", "options", "custom", "kernel"])


@st.composite
def customizations(draw: Callable[[Any], Any]) -> Dict[str, Any]:
    """A secret at any depth, in any list, beside what is not secret."""
    value: Any = draw(st.sampled_from([MARK, PASSWORD, "ssh-rsa %s me" % MARK, "a'b\"%s" % MARK]))
    value = {draw(NAMES): draw(st.sampled_from([value, [value], {"deep": [value]}]))}
    for _ in range(draw(st.integers(0, 3))):
        value = {draw(HARMLESS): draw(st.sampled_from([value, [value]])), "packages": ["vim"]}
    extra = draw(
        st.sampled_from(
            [
                {"files": [{"path": "/a", "data": MARK}]},
                {"kernel": {"append": "a=%s quiet" % MARK}},
                {"repositories": [{"id": "a", "baseurls": [FORMS[0], FORMS[2]]}]},
            ]
        )
    )
    return {**extra, "custom": value, "user": [{"name": "a", "password": PASSWORD}]}


def written_config(
    folder: Path, forms: List[str], custom: Dict[str, Any], more: Mapping[str, Any] = NOTHING
) -> Path:
    common = {"distro": "rhel-9.4", "target": "t", "version": "1", "customizations": custom}
    url = {"ostree_url": forms[0]}
    blocks: List[Dict[str, Any]] = [
        {"name": "one", "image_types": "guest-image", "subvariant": "A", "repo": forms},
        {"name": "two", "image_types": "aws", "upload_options": UPLOAD},
        {"name": "three", "image_types": "edge-commit", "ostree_ref": "a", **url, **more},
    ]
    (folder / "variants.xml").write_text(VARIANTS, "utf-8")
    path = folder / "a.conf"
    path.write_text(
        "release_name = 'x'\nrelease_short = 'x'\nrelease_version = '1'\n"
        "variants_file = 'variants.xml'\nosbuild_poll_interval = 0.1\nosbuild_outage_limit = 1\n"
        "translate_paths = [('/', 'https://c.example.com/')]\n"
        "osbuild_save_provenance = True\nosbuild = {'^Server$': %r}\n"
        % [{"subvariant": block["name"], **common, **block} for block in blocks],
        "utf-8",
    )
    return path


class Marks:
    """Marks some texts of every reply: which ones, the seed says."""

    def __init__(self, seed: int, rate: int) -> None:
        self._seed = seed
        self._rate = rate
        self.used: List[Tuple[str, ...]] = []

    def reply(self, body: bytes) -> bytes:
        """Return an XML-RPC reply with marks."""
        try:
            (value,), _ = loads(body)
        except Fault as fault:
            fault = Fault(fault.faultCode, self._marked(fault.faultString, ("faultString",)))
            return bytes(dumps(fault, methodresponse=1).encode())
        return bytes(dumps((self._marked(value, ()),), methodresponse=1, allow_none=1).encode())

    def _marked(self, value: Any, path: Tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return {key: self._marked(item, (*path, str(key))) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._marked(item, path) for item in value]
        return self._text(value, path) if isinstance(value, str) else value

    def _text(self, text: str, path: Tuple[str, ...]) -> str:
        content = _document(text)
        if content is not None:
            return base64.b64encode(json.dumps(self._marked(content, path)).encode()).decode()
        number = zlib.crc32(("%d %s" % (self._seed, "/".join(path))).encode())
        if number % self._rate:
            return text
        self.used.append(path)
        form = FORMS[number // self._rate % len(FORMS)]
        if path and path[-1] in SAYING and number % 2:
            form = "the password '%s' is too short" % PASSWORD
        return form if number // 7 % 2 else "%s %s" % (text, form)


def _document(text: str) -> Any:
    """Return the JSON document that a text is in base64; None for any other text."""
    try:
        return json.loads(base64.b64decode(text, validate=True)) if len(text) > 100 else None
    except ValueError:
        return None


@contextmanager
def standing_before(hub: RehearsalHub, marks: Marks) -> Iterator[int]:
    """Stand before a hub and mark its replies; give the port."""
    there = int(hub.server.rsplit(":", 1)[1].split("/")[0])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or a reply waits 40 ms for an ACK

        def do_POST(self) -> None:
            self._pass(self.rfile.read(int(self.headers["Content-Length"])), marks.reply)

        def do_GET(self) -> None:
            self._pass(b"", lambda body: body)

        def _pass(self, data: bytes, change: Callable[[bytes], bytes]) -> None:
            beyond = http.client.HTTPConnection("127.0.0.1", there, timeout=30)
            headers = {
                key: value
                for key, value in self.headers.items()
                if key.lower() not in ("host", "connection", "accept-encoding")
            }
            beyond.request(self.command, self.path, data, headers)
            answer = beyond.getresponse()
            body = change(answer.read())
            beyond.close()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("Content-Type", ""))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_logins(profile: Path, port: int) -> None:
    here = "http://u:%s@127.0.0.1:%d" % (MARK, port)
    text = re.sub(r"http://127\.0\.0\.1:\d+", here, profile.read_text("utf-8"))
    profile.write_text(re.sub("topdir = .*", "topdir = /nowhere", text), "utf-8")


def said(*arguments: object) -> str:
    """Return all that a command prints; nothing unforeseen may happen in it."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), arguments
    return done.output


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 10**6),
    st.sampled_from([2, 5, 12, 40]),
    st.lists(st.sampled_from(FORMS[:4]), min_size=1, max_size=2),
    customizations(),
    st.booleans(),
)
def test_no_secret_gets_out(
    seed: int, rate: int, forms: List[str], custom: Dict[str, Any], fails: bool
) -> None:
    """Wherever it stands, and whatever the run comes to."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        config = written_config(folder, forms, custom)
        out = folder / "out"
        texts = [
            said("plan", config),
            said("plan", config, "--format", "json"),
            said("validate", config, "--format", "junit"),
            said("rehearse", config, "--out", out, "--duration", 0, "--quiet", "--format", "json"),
        ]
        marks = Marks(seed, rate)
        faults = _faults(fails)
        with RehearsalHub(HubSettings(duration=0.0, faults=faults), folder / "koji") as hub:
            profile = folder / "koji.conf"
            write_profile(profile, hub)
            with standing_before(hub, marks) as port:
                with_logins(profile, port)
                login = ("--koji-config", profile)
                texts += [
                    said("validate", config, "--hub", "rehearsal", *login),
                    said("run", config, "--compose", out, *login, *RUN),
                    said("status", out),
                ]
        texts += [
            said("report", out),
            said("images", out),
            said("images", out, "--format", "json"),
            said("images", out, "--format", "stream"),
        ]
        assert [text for text in texts if MARK in text] == []
        found = [path for path in holding_mark(out) if not _may_hold_it(path)]
        assert [(path.name, path.read_text("utf-8", "replace")) for path in found] == []


def _faults(fails: bool) -> Any:
    from koji_rehearsal import parse_fault

    return (parse_fault("build:name=one"), parse_fault("depsolve:name=two")) if fails else ()


def _may_hold_it(path: Path) -> bool:
    name = path.name
    return is_private(path) and (name == "compose-request.json" or name.endswith(".manifest.json"))


OPTIONS = (
    *("name", "version", "release", "distro", "image_types", "target", "arches", "failable"),
    *("subvariant", "manifest_type", "repo", "ostree_url", "ostree_ref", "ostree_parent"),
    *("upload_options", "arch_upload_options", "customizations", "skip_tag", "timeout", "retries"),
)
TOP = (
    *("release_name", "release_short", "release_version", "variants_file", "koji_profile"),
    *("translate_paths", "link_type", "osbuild_ignore", "osbuild_image_types", "tree_arches"),
    *("osbuild_target", "osbuild_version", "osbuild_poll_interval", "media_checksums"),
)
SHAPES: Tuple[Callable[[str], Any], ...] = (
    lambda form: form,
    lambda form: [form],
    lambda form: {form: form},
    lambda form: {"region": form, "password": form, form: 1},
    lambda form: {"user": form, "name": {form: [form]}},
    lambda form: [{"baseurl": form, "package_sets": form}],
    lambda form: [[form, form]],
)
"""Right types and wrong ones: what is wrong is quoted in a problem."""

VARIABLES = ("https://robot:pa$%s@h.example.com/x" % MARK, "https://h.example.com/?a=${%s}" % MARK)
"""Secrets that look like variables of a template."""


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(OPTIONS),
    st.sampled_from(TOP),
    st.sampled_from(SHAPES),
    st.sampled_from([*FORMS, *VARIABLES]),
    st.booleans(),
)
@example("repo", TOP[0], SHAPES[1], VARIABLES[0], False)
@example("ostree_parent", TOP[0], SHAPES[0], VARIABLES[1], False)
@example("upload_options", TOP[0], lambda form: {form: form}, VARIABLES[1], False)
def test_no_problem_quotes_a_secret(
    option: str, top: str, shape: Callable[[str], Any], form: str, is_top: bool
) -> None:
    """Whatever option has it, as a value, an item, a key; valid or not."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        more = {} if is_top else {option: shape(form), form: 1}
        custom = {"user": [{"password": PASSWORD}]}
        config = written_config(folder, [FORMS[0]], custom, more)
        if is_top:
            with config.open("a", encoding="utf-8") as file:
                file.write("%s = %r\n" % (top, shape(form)))
        texts = [
            said("validate", config),
            said("validate", config, "--format", "json"),
            said("validate", config, "--format", "junit"),
            said("plan", config),
            said("rehearse", config, "--out", folder / "out", "--duration", 0, "--quiet"),
        ]
        assert [text for text in texts if MARK in text] == []
