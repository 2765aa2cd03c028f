"""
The keys of customizations that osbuild-composer 180 knows, at each level.

Source: the schema of its Cloud API, as its answers quote it. Where a level is strict, composer
refuses a request with another key; where it is not, it drops the key without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Tuple

Path = Tuple[object, ...]
"""The keys and positions that lead to a value."""


@dataclass(frozen=True)
class Level:
    """
    What an object may hold.

    :param keys: all that composer knows
    :param required: those without which it refuses the request
    :param is_strict: whether it refuses other keys, or drops them
    """

    keys: Tuple[str, ...]
    required: Tuple[str, ...]
    is_strict: bool


@dataclass(frozen=True)
class KeyFault:
    """
    A key that composer does not know, or one that is missing.

    :param path: of the key
    :param level: of the object that it is in, or missing in
    """

    path: Path
    level: Level
    is_missing: bool = False


def _strict(keys: str) -> Level:
    return _level(keys, is_strict=True)


def _open(keys: str) -> Level:
    return _level(keys, is_strict=False)


def _level(keys: str, is_strict: bool) -> Level:
    names = keys.split()
    required = tuple(name[:-1] for name in names if name.endswith("*"))
    return Level(tuple(name.rstrip("*") for name in names), required, is_strict)


_LEVELS: Mapping[str, Level] = {
    "": _strict(
        "cacerts containers custom_repositories directories disk dnf enabled_modules fdo files"
        " filesystem fips firewall groups hostname ignition installation_device installer kernel"
        " locale openscap packages partitioning_mode payload_repositories rhsm rpm services"
        " subscription timezone users"
    ),
    "cacerts": _strict("pem_certs*"),
    "containers[]": _open("name source* tls_verify"),
    "custom_repositories[]": _open(
        "baseurl check_gpg check_repo_gpg enabled filename gpgkey id* metalink mirrorlist"
        " module_hotfixes name priority ssl_verify"
    ),
    "directories[]": _open("ensure_parents group mode path* user"),
    "disk": _open("minsize partitions* type"),
    "enabled_modules[]": _strict("name* stream*"),
    "fdo": _strict(
        "di_mfg_string_type_mac_iface diun_pub_key_hash diun_pub_key_insecure"
        " diun_pub_key_root_certs manufacturing_server_url"
    ),
    "files[]": _open("data ensure_parents group mode path* user"),
    "filesystem[]": _open("min_size* mountpoint*"),
    "fips": _strict("enabled"),
    "firewall": _strict("ports services"),
    "firewall.services": _strict("disabled enabled"),
    "groups[]": _strict("gid name*"),
    "ignition": _strict("embedded firstboot"),
    "ignition.embedded": _strict("config*"),
    "ignition.firstboot": _strict("url*"),
    "installer": _open("sudo-nopasswd unattended"),
    "kernel": _strict("append name"),
    "locale": _strict("keyboard languages"),
    "openscap": _open("json_tailoring policy_id profile_id* tailoring"),
    "openscap.json_tailoring": _open("filepath* profile_id*"),
    "openscap.tailoring": _open("selected unselected"),
    "payload_repositories[]": _open(
        "baseurl check_gpg check_repo_gpg gpgkey ignore_ssl metalink mirrorlist module_hotfixes"
        " package_sets rhsm"
    ),
    "rpm": _open("import_keys"),
    "rpm.import_keys": _open("files"),
    "rhsm": _open("config"),
    "services": _strict("disabled enabled masked"),
    "subscription": _open(
        "activation_key* base_url* insights* insights_client_proxy organization* rhc server_url*"
    ),
    "timezone": _strict("ntpservers timezone"),
    "users[]": _strict("groups key name* password"),
}
"""By the way to each object. What is in ``disk.partitions``, ``dnf`` and so on is not judged."""


def customization_faults(customizations: Mapping[str, Any]) -> Iterator[KeyFault]:
    """Give the keys of customizations that composer refuses, drops or misses."""
    yield from _faults(customizations, "", ())


def _faults(value: Any, name: str, path: Path) -> Iterator[KeyFault]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, name + "[]", (*path, index))
    level = _LEVELS.get(name)
    if level is None or not isinstance(value, Mapping):
        return
    for key in level.required:
        if key not in value:
            yield KeyFault((*path, key), level, is_missing=True)
    for key, item in value.items():
        if key not in level.keys:
            yield KeyFault((*path, key), level)
        else:
            yield from _faults(item, "%s.%s" % (name, key) if name else key, (*path, key))
