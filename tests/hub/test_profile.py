"""A profile's addresses: with their login to connect to, and without it for everything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pungi_osbuild.hub import Profile, read_profile
from pungi_osbuild.model import KojiPlace

LOGIN = "robot:hunter2@"


def test_a_login_is_kept_to_connect_and_left_out_elsewhere(tmp_path: Path) -> None:
    """Of what koji reads."""
    file = tmp_path / "koji.conf"
    file.write_text(
        f"[k]\nserver = https://{LOGIN}k/hub\ntopurl = https://{LOGIN}f/kojifiles/\n"
        f"weburl = https://{LOGIN}k/koji?token=x\n",
        "utf-8",
    )
    profile = read_profile("k", file)
    assert profile.place == KojiPlace("k", "https://k/hub", "https://f/kojifiles", "https://k/koji")
    assert (profile.server, profile.topurl) == ("https://k/hub", "https://f/kojifiles")
    assert profile.hub_url == "https://%sk/hub" % LOGIN
    assert profile.files_url == "https://%sf/kojifiles" % LOGIN
    assert "hunter2" not in repr(profile)
    assert "hunter2" not in profile.hidden("'robot:hunter2' is not a valid host or port")


def test_a_changed_profile_connects_where_it_says() -> None:
    """With the login of an address that stays, and never with that of another."""
    profile = Profile("k", "https://%sk/hub" % LOGIN, "", "", "")
    assert replace(profile, authtype="noauth").hub_url == "https://%sk/hub" % LOGIN
    assert replace(profile, server="https://other/hub").hub_url == "https://other/hub"
    assert replace(profile, server="https://a:b@k/hub").hub_url == "https://a:b@k/hub"


def test_addresses_that_were_recorded_lose_their_login_when_they_are_read() -> None:
    """Whoever has written them."""
    place = KojiPlace("k", "https://%sk/hub" % LOGIN, "https://f/?sig=hunter2", "https://x@k/koji")
    assert place == KojiPlace("k", "https://k/hub", "https://f/", "https://k/koji")
