"""Reading the file itself: Pungi's syntax and JSON, and every way in which it can be broken."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kobo.conf import PyConfigParser

from pungi_osbuild.config import Source, read_source
from pungi_osbuild.errors import ExitCode, InputError, SourceError


def _write(folder: Path, files: Dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder / next(iter(files))


BROKEN = {
    "open-dict": ('a = {"x": [1, 2],\n"y": 3\n', 1, "never closed"),
    "open-list-inside": ('a = {\n"x": [1, 2\n', 1, "never closed"),
    "closed-by-the-wrong-one": ("a = [1, 2)\n", 1, "not Pungi's syntax: a = [1, 2)"),
    "closed-twice": ("a = 1\nb = 2]\n", 2, "not Pungi's syntax: b = 2]"),
    "open-string": ('a = 1\nb = "abc\nc = 1\n', 2, ""),
    "nothing-assigned": ("a =\n", 2, "ends too early"),
    "import-of-nothing": ("from x import\n", 2, "ends too early"),
    "from-alone": ("from x\n", 2, "ends too early"),
    "bad-indent": ("a = {\n'x': 1,\n}\n  b=1\n c=3\n", 5, "unindent"),
    "keyword": ("a = 1\nif = 1\n", 2, "keyword"),
    "undefined": ("a = 1\nb = nothing\n", 2, "undefined variable 'nothing'"),
    "private-name": ("a = 1\n_b = 1\n", 2, "begins with _"),
    "twice-in-a-dict": ('a = {\n"x": 1,\n"x": 2}\n', 3, "duplicate dict key 'x'"),
    "list-as-a-key": ("a = [1]\nb = {a: 1}\n", 2, "unhashable"),
    "too-few-to-format": ('a = 1\nb = "%s %s" % (1,)\n', 2, "not enough arguments"),
    "wrong-type-to-format": ('a = "%d" % "x"\n', 1, "number"),
    "wrong-name-to-format": ('a = "%(x)s" % {"y": 1}\n', 1, "'x'"),
    "number-in-words": ("a = 1e5\n", 1, "1e5"),
    "python-code": ("a = 1\nb = a + 1\n", 2, "not Pungi's syntax: b = a + 1"),
    "missing-import": ("a = 1\nfrom nowhere import *\n", 2, "nowhere.conf"),
    "imports-itself": ("from main import *\n", 1, "import"),
}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = 1 \\\n", r"main\.conf:[12]: "),
        ("a = %s\n" % ("[" * 5000), r"main\.conf:1: .*(deep|nested)"),
    ],
)
def test_what_tokenizers_tell_differently_is_told_with_file_and_line(
    text: str, reason: str, tmp_path: Path
) -> None:
    """Python 3.12 has another tokenizer, with its own lines and words for these."""
    with pytest.raises(SourceError, match=reason):
        read_source(_write(tmp_path, {"main.conf": text}))


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_config_is_told_with_file_and_line(name: str, tmp_path: Path) -> None:
    """Whatever kobo makes of it."""
    text, line, words = BROKEN[name]
    path = _write(tmp_path, {"main.conf": text})
    with pytest.raises(SourceError) as caught:
        read_source(path)
    assert caught.value.reason.startswith("%s:%d: " % (path, line))
    assert words in caught.value.reason
    assert caught.value.solution
    assert caught.value.exit_code is ExitCode.FAILED


def test_a_mistake_in_an_imported_file_is_told_there(tmp_path: Path) -> None:
    """The line of the import would not help."""
    path = _write(tmp_path, {"main.conf": "from base import *\n", "base.conf": "a = 1\nb = c\n"})
    with pytest.raises(SourceError, match=r"base\.conf:2: undefined variable 'c'"):
        read_source(path)


def test_a_name_that_an_imported_file_lacks_is_told(tmp_path: Path) -> None:
    """The import's own line is named."""
    path = _write(tmp_path, {"main.conf": "a = 1\nfrom base import b\n", "base.conf": "a = 1\n"})
    with pytest.raises(SourceError, match=r"main\.conf:\d: can't import b from"):
        read_source(path)


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path) -> None:
    """Latin-1 happens."""
    path = tmp_path / "main.conf"
    path.write_bytes(b'a = 1\nb = "caf\xe9"\n')
    with pytest.raises(SourceError, match=r"main\.conf:2: the file is not UTF-8") as caught:
        read_source(path)
    assert "0xe9" in caught.value.solution


@pytest.mark.parametrize("name", ["nothing.conf", "nothing.json", "folder.conf"])
def test_a_file_that_cannot_be_read_is_a_wrong_argument(name: str, tmp_path: Path) -> None:
    """Missing, or a folder."""
    (tmp_path / "folder.conf").mkdir()
    with pytest.raises(InputError, match=name) as caught:
        read_source(tmp_path / name)
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":\n 1,,}', r"main\.json:2: this is not JSON"),
        ("[1]", r"main\.json:1: the file does not contain a JSON object"),
        ("[" * 100000, "nested too deeply"),
        ('{"a": %s}' % ("[" * 200 + "]" * 200), "nested too deeply"),
        ("", r"main\.json:1: this is not JSON"),
    ],
)
def test_broken_json_is_told(text: str, words: str, tmp_path: Path) -> None:
    """With the line where there is one."""
    path = _write(tmp_path, {"main.json": text})
    with pytest.raises(SourceError, match=words):
        read_source(path)


def test_files_import_each_other_relative_to_themselves(tmp_path: Path) -> None:
    """As with Pungi, wherever the command was started."""
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "base.conf").write_text('from more import word\nname = "%s-image" % word\n')
    (folder / "more.conf").write_text('word = "base"\nunused = 1\n')
    path = _write(tmp_path, {"main.conf": "from shared/base import *\nlist = [name]\n"})
    assert dict(read_source(path).data) == {
        "word": "base",
        "name": "base-image",
        "list": ("base-image",),
    }


def test_windows_line_ends_and_an_empty_file_are_fine(tmp_path: Path) -> None:
    """Neither is the user's fault."""
    path = tmp_path / "main.conf"
    path.write_bytes(b"a = 1\r\nb = 2\r\n")
    assert dict(read_source(path).data) == {"a": 1, "b": 2}
    path.write_bytes(b"")
    assert dict(read_source(path).data) == {}


def test_a_source_is_a_frozen_copy_and_shows_only_its_path() -> None:
    """What happens to the caller's dict later is no matter, and a repr holds no secret."""
    data = {"osbuild": {"^A$": [{"name": "secret"}]}}
    source = Source("a.conf", data)
    data["osbuild"]["^A$"][0]["name"] = "changed"
    assert source.data["osbuild"]["^A$"][0]["name"] == "secret"
    with pytest.raises(TypeError):
        source.data["osbuild"]["^A$"][0]["name"] = "changed"
    assert repr(source) == "Source(path='a.conf')"
    assert hash(source) == hash(Source("a.conf", {}))


@given(st.text(alphabet=st.sampled_from("ab_1 ={}[](),:%'\"#\\\n.-from import"), max_size=60))
def test_any_text_reads_as_kobo_reads_it_or_is_told(text: str) -> None:
    """No other exception, and nothing read differently from Pungi."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "main.conf"
        path.write_text(text)
        parser = PyConfigParser()
        try:
            source = read_source(path)
        except SourceError as error:
            assert str(path) in error.reason
            with pytest.raises(Exception):  # noqa: B017 - kobo raises anything
                parser.load_from_file(str(path))
            return
        parser.load_from_file(str(path))
        assert source == Source(str(path), dict(parser))


@given(st.text(max_size=40) | st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_any_json_reads_or_is_told(value: object) -> None:
    """Only an object is a config."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "main.json"
        path.write_text(json.dumps(value))
        with pytest.raises(SourceError):
            read_source(path)
