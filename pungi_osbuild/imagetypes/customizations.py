"""
What osbuild-composer 180 takes in ``customizations``: the keys at each level, and their kinds.

Source: the schema of its Cloud API, as its answers quote it (2026-08). Where a level is strict,
composer refuses a request with another key; where it is not, it drops the key without a word.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, Literal, Mapping, NamedTuple, Tuple

Path = Tuple[object, ...]
"""The keys and positions that lead to a value."""

Customizations = Mapping[str, Any]


class CustomizationFault(NamedTuple):
    """
    What composer objects to in ``customizations``.

    :param kind: it does not know the key and refuses the request, or ignores the key; a key is
        missing; or it refuses the value
    :param path: of the key
    :param known: the keys that it knows beside an unknown one
    :param reason: why it refuses a value; begins with a verb
    :param hint: what to do about a refused value
    """

    kind: Literal["unknown", "ignored", "missing", "refused"]
    path: Path
    known: Tuple[str, ...] = ()
    reason: str = ""
    hint: str = ""


def refused_value(path: Path, reason: str, hint: str) -> CustomizationFault:
    """Return the fault of a value that composer refuses."""
    return CustomizationFault("refused", path, (), reason, hint)


class _Kind(NamedTuple):
    """What a value must be: in words, and whether one is."""

    words: str
    holds: Callable[[Any], bool]


def _list_of(kind: type, least: int = 0) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, list)
        and len(value) >= least
        and all(isinstance(one, kind) for one in value)
    )


def _one_of(*words: str) -> _Kind:
    return _Kind("%s or %s" % (", ".join(words[:-1]), words[-1]), lambda value: value in words)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_KINDS: Mapping[str, _Kind] = {
    "": _Kind("a string", lambda value: isinstance(value, str)),
    "bytes": _Kind("a whole number of bytes", lambda value: _is_whole(value) and value >= 0),
    "dict": _Kind("a dict", lambda value: isinstance(value, dict)),
    "dicts": _Kind("a list of dicts", _list_of(dict)),
    "filesystem": _one_of("ext4", "xfs", "vfat", "swap"),
    "flag": _Kind("True or False", lambda value: isinstance(value, bool)),
    "mode": _one_of("raw", "lvm", "auto-lvm"),
    "number": _Kind("a whole number", _is_whole),
    "owner": _Kind(
        "a name or a whole number", lambda value: isinstance(value, str) or _is_whole(value)
    ),
    "partition": _one_of("plain", "btrfs", "lvm"),
    "some": _Kind("a non-empty list of strings", _list_of(str, 1)),
    "strings": _Kind("a list of strings", _list_of(str)),
    "table": _one_of("gpt", "dos"),
}


class _Level(NamedTuple):
    """What an object may hold: the keys with their kinds, and those that must be there."""

    kinds: Mapping[str, _Kind]
    required: Tuple[str, ...]
    is_strict: bool


def _strict(keys: str) -> _Level:
    return _level(keys, is_strict=True)


def _open(keys: str) -> _Level:
    return _level(keys, is_strict=False)


def _level(keys: str, is_strict: bool) -> _Level:
    """Read keys, ``name:kind`` each; one that is required ends in ``*``."""
    kinds: Dict[str, _Kind] = {}
    required = []
    for word in keys.split():
        name, _, kind = word.rstrip("*").partition(":")
        kinds[name] = _KINDS[kind]
        required += [name] if word.endswith("*") else []
    return _Level(kinds, tuple(required), is_strict)


_LEVELS: Mapping[str, _Level] = {
    "": _strict(
        "cacerts:dict containers:dicts custom_repositories:dicts directories:dicts disk:dict"
        " dnf:dict enabled_modules:dicts fdo:dict files:dicts filesystem:dicts fips:dict"
        " firewall:dict groups:dicts hostname ignition:dict installation_device installer:dict"
        " kernel:dict locale:dict openscap:dict packages:strings partitioning_mode:mode"
        " payload_repositories:dicts rhsm:dict rpm:dict services:dict subscription:dict"
        " timezone:dict users:dicts"
    ),
    "cacerts": _strict("pem_certs:strings*"),
    "containers[]": _open("name source* tls_verify:flag"),
    "custom_repositories[]": _open(
        "baseurl:strings check_gpg:flag check_repo_gpg:flag enabled:flag filename gpgkey:strings"
        " id* metalink mirrorlist module_hotfixes:flag name priority:number ssl_verify:flag"
    ),
    "directories[]": _open("ensure_parents:flag group:owner mode path* user:owner"),
    "disk": _open("minsize partitions:dicts* type:table"),
    "disk.partitions[]": _open(
        "fs_type:filesystem label minsize mountpoint part_label part_type part_uuid type:partition"
    ),
    "disk.partitions[]:btrfs": _open(
        "minsize part_label part_type part_uuid subvolumes:dicts* type*"
    ),
    "disk.partitions[]:btrfs.subvolumes[]": _open("mountpoint* name*"),
    "disk.partitions[]:lvm": _open(
        "logical_volumes:dicts* minsize name part_label part_type part_uuid type*"
    ),
    "disk.partitions[]:lvm.logical_volumes[]": _open(
        "fs_type:filesystem label minsize mountpoint name"
    ),
    "enabled_modules[]": _strict("name* stream*"),
    "fdo": _strict(
        "di_mfg_string_type_mac_iface diun_pub_key_hash diun_pub_key_insecure"
        " diun_pub_key_root_certs manufacturing_server_url"
    ),
    "files[]": _open("data ensure_parents:flag group:owner mode path* user:owner"),
    "filesystem[]": _open("min_size:bytes* mountpoint*"),
    "fips": _strict("enabled:flag"),
    "firewall": _strict("ports:strings services:dict"),
    "firewall.services": _strict("disabled:strings enabled:strings"),
    "groups[]": _strict("gid:number name*"),
    "ignition": _strict("embedded:dict firstboot:dict"),
    "ignition.embedded": _strict("config*"),
    "ignition.firstboot": _strict("url*"),
    "installer": _open("sudo-nopasswd:strings unattended:flag"),
    "kernel": _strict("append name"),
    "locale": _strict("keyboard languages:strings"),
    "openscap": _open("json_tailoring:dict policy_id profile_id* tailoring:dict"),
    "openscap.json_tailoring": _open("filepath* profile_id*"),
    "openscap.tailoring": _open("selected:strings unselected:strings"),
    "payload_repositories[]": _open(
        "baseurl check_gpg:flag check_repo_gpg:flag gpgkey ignore_ssl:flag metalink mirrorlist"
        " module_hotfixes:flag package_sets:strings rhsm:flag"
    ),
    "rpm": _open("import_keys:dict"),
    "rpm.import_keys": _open("files:strings"),
    "rhsm": _open("config:dict"),
    "services": _strict("disabled:some enabled:some masked:some"),
    "subscription": _open(
        "activation_key* base_url* insights:flag* insights_client_proxy organization* rhc:flag"
        " server_url* template_name template_uuid"
    ),
    "timezone": _strict("ntpservers:strings timezone"),
    "users[]": _strict("groups:strings key name* password"),
}
"""By the way to each object; of a partition with its type. What is in ``dnf`` is not judged."""


def key_faults(customizations: Customizations) -> Iterator[CustomizationFault]:
    """Give keys that composer refuses, ignores or misses, and values of a wrong kind."""
    yield from _key_faults(customizations, "", ())


def _key_faults(value: Any, name: str, path: Path) -> Iterator[CustomizationFault]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _key_faults(item, name + "[]", (*path, index))
    if not isinstance(value, dict):
        return
    of_type = "%s:%s" % (name, value.get("type"))
    name = of_type if of_type in _LEVELS else name
    level = _LEVELS.get(name)
    if level is None:
        return
    for key in level.required:
        if key not in value:
            yield CustomizationFault("missing", (*path, key))
    for key, item in value.items():
        kind = level.kinds.get(key)
        if kind is None:
            what: Literal["unknown", "ignored"] = "unknown" if level.is_strict else "ignored"
            yield CustomizationFault(what, (*path, key), tuple(level.kinds))
        elif not kind.holds(item):
            hint = "Write %s." % kind.words
            yield refused_value((*path, key), "requires %s for %s" % (kind.words, key), hint)
        else:
            yield from _key_faults(item, "%s.%s" % (name, key) if name else key, (*path, key))
