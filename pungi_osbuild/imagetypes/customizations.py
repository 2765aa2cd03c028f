"""
What osbuild-composer 180 takes in ``customizations``: the keys at each level, and their values.

Sources: the schema of its Cloud API, as its answers quote it, and how it answered when values were
tried with every image type of fedora-43, rhel-8.10, rhel-9.6 and rhel-10.1 (2026-08). Where a level
is strict, composer refuses a request with another key; where it is not, it drops the key without a
word.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any, Callable, Dict, Iterator, Literal, Mapping, NamedTuple, Optional, Tuple

Path = Tuple[object, ...]
"""The keys and positions that lead to a value."""

_Customizations = Mapping[str, Any]


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


class _Kind(NamedTuple):
    """What a value must be: in words, and whether one is."""

    words: str
    holds: Callable[[Any], bool]


def _list_of(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(one, kind) for one in value)


_KINDS: Mapping[str, _Kind] = {
    "": _Kind("a string", lambda value: isinstance(value, str)),
    "any": _Kind("anything", lambda _value: True),
    "dict": _Kind("a dict", lambda value: isinstance(value, dict)),
    "dicts": _Kind("a list of dicts", _list_of(dict)),
    "flag": _Kind("True or False", lambda value: isinstance(value, bool)),
    "number": _Kind(
        "a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)
    ),
    "strings": _Kind("a list of strings", _list_of(str)),
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
        " kernel:dict locale:dict openscap:dict packages:strings partitioning_mode"
        " payload_repositories:dicts rhsm:dict rpm:dict services:dict subscription:dict"
        " timezone:dict users:dicts"
    ),
    "cacerts": _strict("pem_certs:strings*"),
    "containers[]": _open("name source* tls_verify:flag"),
    "custom_repositories[]": _open(
        "baseurl:strings check_gpg:flag check_repo_gpg:flag enabled:flag filename gpgkey:strings"
        " id* metalink mirrorlist module_hotfixes:flag name priority:number ssl_verify:flag"
    ),
    "directories[]": _open("ensure_parents:flag group:any mode path* user:any"),
    "disk": _open("minsize:any partitions:dicts* type"),
    "enabled_modules[]": _strict("name* stream*"),
    "fdo": _strict(
        "di_mfg_string_type_mac_iface diun_pub_key_hash diun_pub_key_insecure"
        " diun_pub_key_root_certs manufacturing_server_url"
    ),
    "files[]": _open("data ensure_parents:flag group:any mode path* user:any"),
    "filesystem[]": _open("min_size:number* mountpoint*"),
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
    "services": _strict("disabled:strings enabled:strings masked:strings"),
    "subscription": _open(
        "activation_key* base_url* insights:flag* insights_client_proxy organization* rhc:flag"
        " server_url* template_name template_uuid"
    ),
    "timezone": _strict("ntpservers:strings timezone"),
    "users[]": _strict("groups:strings key name* password"),
}
"""By the way to each object. What is in ``disk.partitions``, ``dnf`` and so on is not judged."""

_ADDRESSES = ("baseurl", "mirrorlist", "metalink")


def customization_faults(customizations: _Customizations) -> Iterator[CustomizationFault]:
    """Give what composer refuses, ignores or misses, whatever is built."""
    yield from _key_faults(customizations, "", ())
    yield from _value_faults(customizations)


def _key_faults(value: Any, name: str, path: Path) -> Iterator[CustomizationFault]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _key_faults(item, name + "[]", (*path, index))
    level = _LEVELS.get(name)
    if level is None or not isinstance(value, dict):
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
            yield _refused((*path, key), "requires %s for %s" % (kind.words, key), hint)
        else:
            yield from _key_faults(item, "%s.%s" % (name, key) if name else key, (*path, key))


def _refused(path: Path, reason: str, hint: str) -> CustomizationFault:
    return CustomizationFault("refused", path, (), reason, hint)


def _value_faults(customizations: _Customizations) -> Iterator[CustomizationFault]:
    mode = customizations.get("partitioning_mode")
    if isinstance(mode, str) and mode not in ("raw", "lvm", "auto-lvm"):
        hint = "Write raw, lvm or auto-lvm."
        yield _refused(
            ("partitioning_mode",), "does not accept the partitioning mode %r" % mode, hint
        )
    if "disk" in customizations and "filesystem" in customizations:
        yield _refused(("filesystem",), "accepts disk or filesystem, not both", "Remove one.")
    for key, one, other in (
        ("openscap", "tailoring", "json_tailoring"),
        ("ignition", "embedded", "firstboot"),
    ):
        if {one, other} <= set(_dict_at(customizations, key)):
            yield _refused((key, other), "accepts %s or %s, not both" % (one, other), "Remove one.")
    for key in ("directories", "files"):
        for index, item in _dicts_at(customizations, key):
            mode = item.get("mode")
            if isinstance(mode, str) and not re.fullmatch("[0-7]*", mode):
                hint = 'Write an octal number, such as "0644".'
                yield _refused((key, index, "mode"), "refuses the mode %r" % mode, hint)
    for key in ("custom_repositories", "payload_repositories"):
        for index, item in _dicts_at(customizations, key):
            if not any(item.get(address) for address in _ADDRESSES):
                wanted = ", ".join(_ADDRESSES)
                yield _refused((key, index), "requires one of %s" % wanted, "Add the address.")
            if key[0] == "p" and item.get("check_gpg") is True and not item.get("gpgkey"):
                reason = "requires a gpgkey where check_gpg is True"
                yield _refused((key, index, "check_gpg"), reason, "Add gpgkey, the key itself.")
    names = [item.get("name") for _, item in _dicts_at(customizations, "groups")]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield _refused(("groups", index), "refuses two groups named %r" % name, "Remove one.")


def _dict_at(customizations: _Customizations, key: str) -> Mapping[str, Any]:
    value = customizations.get(key)
    return value if isinstance(value, dict) else {}


def _dicts_at(customizations: _Customizations, key: str) -> Iterator[Tuple[int, Mapping[str, Any]]]:
    value = customizations.get(key)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield index, item


class _NotTaken(NamedTuple):
    """
    A key that some image types do not take; most take any, and ignore what they cannot use.

    :param distributions: how their names begin
    :param image_types: patterns
    :param value: None: whatever the value is
    """

    distributions: Tuple[str, ...]
    image_types: Tuple[str, ...]
    key: str
    value: Optional[str] = None


_AZURE_WITH_LVM = ("azure-rhui", "azure-sap-rhui", "azure-sapapps-rhui", "azure-eap7-rhui")
_NOT_TAKEN = (
    _NotTaken(("fedora-",), ("iot-*",), "partitioning_mode", "raw"),
    _NotTaken(("rhel-",), _AZURE_WITH_LVM, "partitioning_mode", "raw"),
    _NotTaken(("rhel-9.", "rhel-10."), ("oci",), "partitioning_mode", "raw"),
    _NotTaken(("fedora-",), ("gcp",), "partitioning_mode", "lvm"),
    _NotTaken(("fedora-",), ("gcp",), "filesystem"),
    _NotTaken(("",), ("*-commit", "*-container"), "openscap"),
)


def untaken_customizations(
    customizations: _Customizations, distribution: str, image_type: str
) -> Iterator[CustomizationFault]:
    """
    Give what composer refuses for an image type of a distribution, though others take it.

    :param distribution: its full name
    :param image_type: the Cloud API's name
    """
    for one in _NOT_TAKEN:
        is_meant = distribution.startswith(one.distributions) and any(
            fnmatchcase(image_type, pattern) for pattern in one.image_types
        )
        value = customizations.get(one.key)
        if is_meant and one.key in customizations and one.value in (None, value):
            what = one.key if one.value is None else "%s %s" % (one.key, one.value)
            yield _refused((one.key,), "refuses %s for %s" % (what, image_type), "Remove it.")
    fdo: Any = customizations.get("fdo")
    is_used = image_type == "iot-simplified-installer" and isinstance(fdo, dict)
    if is_used and not fdo.get("manufacturing_server_url"):
        yield CustomizationFault("missing", ("fdo", "manufacturing_server_url"))
