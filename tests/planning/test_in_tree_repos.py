"""The repositories of a task are those that the in-tree phase sends, in its order."""

from __future__ import annotations

from posixpath import normpath
from typing import Any, Dict, List, Sequence, Union

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.methods import arguments
from pungi_osbuild.planning import plan
from pungi_osbuild.problems import has_errors
from tests.values import a_compose, a_variant

Written = Union[str, Dict[str, Any]]

TOPDIR = "/mnt/compose"
MAPPING = (("/mnt/", "https://c.example/"), ("/", "https://root.example"))
UIDS = ("Client", "Server")
ADDRESSES = st.sampled_from(
    [
        *UIDS,
        "/mnt/koji//repos/$arch/",
        "/srv/x",
        "/mntx",
        "https://e.example//a/$arch/os/",
        "file:///x",
    ]
)
RICH = st.builds(
    lambda baseurl, more: {"baseurl": baseurl, **more},
    ADDRESSES,
    st.sampled_from([{}, {"package_sets": []}, {"package_sets": ["build", "os"]}]),
)
LISTS = st.lists(st.one_of(ADDRESSES, RICH), max_size=6)


def in_tree(written: Sequence[Written], uid: str, is_empty: bool) -> List[Written]:
    """What Pungi's phase was seen to send: the variant's own last, unless a string names it."""
    wanted = list(written)
    if not is_empty and uid not in wanted:
        wanted.append(uid)
    return [
        {**repo, "baseurl": address(repo["baseurl"])} if isinstance(repo, dict) else address(repo)
        for repo in wanted
    ]


def address(repo: str) -> str:
    if "://" in repo:
        return repo
    if not repo.startswith("/"):
        repo = "%s/compose/%s/$arch/os" % (TOPDIR, repo)
    path = normpath(repo)
    for prefix, instead in MAPPING:
        prefix = normpath(prefix)
        if path.startswith(prefix):
            return instead.rstrip("/") + path[len(prefix) :]
    return path


def sent(written: Sequence[Written], empty: Sequence[str]) -> Dict[str, List[Written]]:
    """Return what would be sent for one block in each variant."""
    block = {
        "name": "n",
        "distro": "rhel-9.4",
        "image_types": "guest-image",
        "target": "t",
        "arches": ["x86_64"],
        "repo": list(written),
    }
    conf = {"osbuild": {".*": [block]}, "translate_paths": [list(pair) for pair in MAPPING]}
    reading = read_config(Source("/x.conf", conf))
    assert reading.config is not None
    variants = tuple(
        a_variant(uid=uid, id=uid, repositories=())
        if uid in empty
        else a_variant(uid=uid, id=uid, repositories=(("x86_64", "%s/$arch/os" % uid),))
        for uid in UIDS
    )
    planned = plan(reading.config, a_compose(variants=variants, topdir=TOPDIR))
    assert not has_errors([*reading.problems, *planned.problems])
    return {request.variant: arguments(request)[6]["repo"] for request in planned.requests}


@given(LISTS)
@example([{"baseurl": "Server", "package_sets": ["build"]}])
@example(["Server", "Server", "/srv/x", "/srv/x", {"baseurl": "Server"}])
def test_the_list_is_that_of_the_in_tree_phase(written: List[Written]) -> None:
    """For each variant of a pattern by itself: a dict that names the variant is no string."""
    assert sent(written, ()) == {uid: in_tree(written, uid, is_empty=False) for uid in UIDS}


@pytest.mark.parametrize("written", [[], ["Client"], [{"baseurl": "Client"}]])
def test_an_empty_variant_has_no_repository_of_its_own(written: List[Written]) -> None:
    """So none is added for it."""
    assert sent(written, ("Server",))["Server"] == in_tree(written, "Server", is_empty=True)
