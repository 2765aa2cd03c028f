"""One rule for names: what is accepted before an image is built can be placed afterwards."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.checked import name_flaw, plain_name
from pungi_osbuild.config.fallbacks import Found
from pungi_osbuild.config.nvr import nvr_problems, subvariant_problems
from pungi_osbuild.placing.place import check_name

ODD = ["a\n", "\na", "a\nb", "a\r", "a\tb", "a\x1b[2J", "a\x7f", "a\u202eb", "\ud800", "a\0"]
HIDDEN = [".", ".a", "..", "../a", "a/b", "a\\b", "a..b", "/etc", "\\n"]


def codes(name: str = "n", version: str = "1", release: str = "1") -> List[str]:
    found = nvr_problems(name, Found(version, "b.version"), Found(release, "b.release"), "b")
    return [problem.code for problem in found]


@pytest.mark.parametrize("odd", [*ODD, *HIDDEN])
def test_what_no_file_can_be_called_is_refused_everywhere(odd: str) -> None:
    """A trailing line break, too, which "$" of a pattern lets pass."""
    assert name_flaw(odd) is not None
    assert codes(name=odd) == ["bad-name"]
    assert codes(version=odd) == ["bad-version"]
    assert codes(release=odd) == ["bad-release"]
    assert [problem.code for problem in subvariant_problems(odd, "b")] == ["bad-name"]


@pytest.mark.parametrize("name", ["Server", "Server KVM", "Cloud_Base", "a.b", "9.4+1", "Ümläut"])
def test_a_subvariant_may_be_many_things(name: str) -> None:
    """It is a word of images.json."""
    assert list(subvariant_problems(name, "b")) == []


TEXTS = st.text(min_size=1, max_size=8) | st.sampled_from([*ODD, *HIDDEN, "1", "rhel-guest"])


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_accepted_can_be_placed(name: str, version: str, release: str) -> None:
    """The file's name, and the three folders that Koji keeps it in."""
    if codes(name, version, release):
        return
    check_name("%s-%s-%s.x86_64.qcow2" % (name, version, release))
    for part in (name, version, release):
        assert plain_name(part, "a part") == part
