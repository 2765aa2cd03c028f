"""A config whose secrets all hold a mark, and a search for what got out."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any, Dict, Iterator, List

MARK = "Mk9Secret"

CUSTOMIZATIONS: Dict[str, Any] = {
    "users": [{"name": "admin", "password": "$6$%s-hash" % MARK, "key": "ssh-rsa A%sA me" % MARK}],
    "subscription": {
        "organization": "12",
        "activation_key": MARK + "-activation",
        "server_url": "https://subscription.example.com",
        "base_url": "https://cdn.example.com",
        "insights": True,
    },
    "files": [{"path": "/etc/motd", "data": "user=%s-data and more" % MARK}],
    "kernel": {"append": "console=ttyS0 rd.luks.passphrase=%s-append" % MARK},
    "ignition": {"embedded": {"config": "%s-ignition" % MARK}},
    "openscap": {
        "profile_id": "xccdf_org.ssgproject.content_profile_stig",
        "secrets": {"deep": [{"er": MARK + "-openscap"}]},
    },
    "hostname": "shown.example.com",
    "packages": ["vim-enhanced"],
}
"""As composer takes them: it looks for no unknown key in openscap."""

BLOCKS: List[Dict[str, Any]] = [
    {
        "name": "good",
        "subvariant": "A",
        "image_types": "guest-image",
        "repo": [
            "https://me:%s-login@r.example.com/$arch/os" % MARK,
            {"baseurl": "https://r.example.com/$arch?x=1&sas=%s-query" % MARK},
        ],
        "customizations": CUSTOMIZATIONS,
    },
    {
        "name": "edge",
        "subvariant": "B",
        "image_types": "edge-commit",
        "ostree_ref": "x/1/$arch/edge",
        "ostree_url": "https://%s-token@o.example.com/repo?sig=%s-sig#%s" % (MARK, MARK, MARK),
    },
    {
        "name": "bad",
        "subvariant": "C",
        "image_types": "guest-image",
        "repo": ["https://r.example.com/%s" % ("?" + MARK)],
        "customizations": CUSTOMIZATIONS,
    },
]
VARIANTS = """
<variants>
  <variant id="Server" name="Server" type="variant">
    <arches><arch>x86_64</arch></arches>
    <groups><group>server</group></groups>
  </variant>
</variants>
"""


def marked_config(folder: Path) -> Path:
    """Write the config and its variants; return the config."""
    (folder / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    common = {"distro": "rhel-9.4", "target": "t", "version": "1", "release": "1"}
    path = folder / "marked.conf"
    path.write_text(
        "release_name = 'x'\nrelease_short = 'x'\nrelease_version = '1'\n"
        "translate_paths = [('/', 'https://c.example.com/')]\n"
        "variants_file = 'variants.xml'\nosbuild = {'^Server$': %r}\n"
        % [{**common, **block} for block in BLOCKS],
        encoding="utf-8",
    )
    return path


def holding_mark(folder: Path) -> Iterator[Path]:
    """Give the files below a folder, at any depth, that hold the mark."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and MARK.encode() in path.read_bytes():
            yield path


def is_private(path: Path) -> bool:
    """Whether only the owner may read a file."""
    return stat.S_IMODE(path.stat().st_mode) == 0o600
