"""
What the clouds take as a region, an account, an id or a name.

An error is what a cloud is certain to refuse, hours after the build began; a warning is what only
looks odd. Sources: AWS RegisterImage and ModifyImageAttribute; Google Cloud's resource names,
locations and IAM members, and the account kinds of osbuild-composer's Cloud API; Azure's naming
rules of Microsoft.Compute and Microsoft.Resources; the grammar of container references of the
distribution project.
"""

from __future__ import annotations

import re
from typing import Callable, Iterator, Mapping, NamedTuple, Optional, Tuple

from pungi_osbuild.config.templates import dollar_hint, unreplaced_option
from pungi_osbuild.model import Provider
from pungi_osbuild.problems import Problem, ProblemCode, Severity, suggest


class Fault(NamedTuple):
    """What is wrong with a value: code, what to say, what to do, how bad it is."""

    code: ProblemCode
    message: str
    hint: str
    severity: Severity = Severity.ERROR


Rule = Callable[[str], Optional[Fault]]

_AWS_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}")
_AWS_ACCOUNT = re.compile(r"[0-9]{12}")
_AMI_NAME = re.compile(r"[A-Za-z0-9()\[\] ./'@_-]{3,128}")
_GCP_LOCATION = re.compile(r"us|eu|asia|[a-z]+[0-9]{1,2}|[a-z]+(-[a-z]+)+[0-9]{1,2}", re.I)
_GCP_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+")
_AZURE_LOCATION = re.compile(r"[A-Za-z][A-Za-z0-9 ]*")
_AZURE_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_AZURE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_PATH = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
_REGISTRY = re.compile(
    r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
    r"|\[[0-9A-Fa-f:]+\])(:[0-9]+)?"
)
_LONGEST_CONTAINER_NAME = 255

_ANYONE = ("allUsers", "allAuthenticatedUsers")
_WITH_ADDRESS = ("user", "serviceAccount", "group")
_KINDS = (*_WITH_ADDRESS, "domain")
_OTHER_KINDS = (
    "deleted",
    "principal",
    "principalSet",
    "projectEditor",
    "projectOwner",
    "projectViewer",
)
"""Members that Google's IAM takes and composer's documentation does not name."""


def field_problems(provider: Provider, option: str, text: str, place: str) -> Iterator[Problem]:
    """
    Say what is wrong with the value of an upload option, or with one item of it.

    :param text: with every template filled in
    :param place: of the value
    """
    rule = _RULES.get((provider, option))
    fault = None
    if not text and option in _NAMED_BY_COMPOSER:
        fault = _NO_NAME
    elif rule is not None and (text or option != "location"):
        fault = rule(text)
    if fault is not None:
        yield Problem(
            fault.code, place, fault.message, dollar_hint(text) + fault.hint, fault.severity
        )
    else:
        yield from unreplaced_option(text, place)


def _aws_region(text: str) -> Optional[Fault]:
    if _AWS_REGION.fullmatch(text):
        return None
    hint = "AWS regions look like us-east-1 or us-gov-west-1."
    if _AWS_REGION.fullmatch(text[:-1]):
        hint = "Write the region without its zone: %s." % text[:-1]
    return Fault("bad-region", "AWS has no region %r" % text, hint)


def _aws_account(text: str) -> Optional[Fault]:
    if _AWS_ACCOUNT.fullmatch(text):
        return None
    return Fault(
        "bad-account",
        "%r is no AWS account number" % text,
        "Write its 12 digits and nothing else; zeros at the beginning count.",
    )


def _ami_name(text: str) -> Optional[Fault]:
    if _AMI_NAME.fullmatch(text):
        return None
    return Fault(
        "bad-cloud-name",
        "AWS takes no AMI called %r" % text,
        "Use 3 to 128 letters, digits, spaces and ( ) [ ] . / - ' @ _ only.",
    )


def _gcp_region(text: str) -> Optional[Fault]:
    if _GCP_LOCATION.fullmatch(text):
        return None
    hint = "GCP's locations look like us-central1; us, eu and asia are multi-regions."
    if _AWS_REGION.fullmatch(text):
        message = "%r is a region of AWS" % text
        return Fault("bad-region", message, "GCP writes no dash before the number. " + hint)
    return Fault("bad-region", "%r does not look like a location of GCP" % text, hint, _WARNING)


def _gcp_name(text: str) -> Optional[Fault]:
    if _GCP_NAME.fullmatch(text):
        return None
    return Fault(
        "bad-cloud-name",
        "GCP takes no image called %r" % text,
        "Use at most 63 lower-case letters, digits and dashes, a letter first:"
        " {date}-{type}-{respin} fits, {nvr} and the arch x86_64 do not (name it in"
        " arch_upload_options).",
    )


def _gcp_account(text: str) -> Optional[Fault]:
    kind, colon, who = text.partition(":")
    if text in _ANYONE or (colon and who and kind in _OTHER_KINDS):
        return None
    if not colon or kind not in _KINDS:
        near = suggest(kind, _KINDS) if colon else None
        return Fault(
            "bad-account",
            "GCP cannot tell which kind of account %r is" % text,
            "Did you mean %s:%s?" % (near, who)
            if near
            else "Write user:, serviceAccount:, group: or domain: before it.",
        )
    if (kind in _WITH_ADDRESS and not re.fullmatch(r"[^@]+@[^@]+", who)) or not who:
        what = "a domain" if kind == "domain" else "an e-mail address"
        return Fault(
            "bad-account",
            "%r names no account" % text,
            "Write %s after %s:." % (what, kind),
        )
    return None


def _tenant(text: str) -> Optional[Fault]:
    # A directory can be named by one of its domains, too.
    return None if _DOMAIN.fullmatch(text) else _guid("tenant", text)


def _subscription(text: str) -> Optional[Fault]:
    return _guid("subscription", text)


def _guid(what: str, text: str) -> Optional[Fault]:
    if _GUID.fullmatch(text):
        return None
    return Fault(
        "bad-cloud-id",
        "%r is no id of an Azure %s" % (text, what),
        "Write its GUID, like 5c7ef5b6-1c3f-4da0-a622-0b060239d7d7.",
    )


def _azure_location(text: str) -> Optional[Fault]:
    if _AZURE_LOCATION.fullmatch(text):
        return None
    return Fault(
        "bad-region",
        "Azure has no location %r" % text,
        "Azure's locations look like eastus or West Europe; without location it is the resource"
        " group's.",
    )


def _azure_group(text: str) -> Optional[Fault]:
    if _AZURE_GROUP.fullmatch(text):
        return None
    return Fault(
        "bad-cloud-name",
        "Azure has no resource group called %r" % text,
        "It has at most 90 letters, digits and ( ) . - _, and does not end in a dot.",
    )


def _azure_name(text: str) -> Optional[Fault]:
    if _AZURE_NAME.fullmatch(text):
        return None
    return Fault(
        "bad-cloud-name",
        "Azure takes no image called %r" % text,
        "Use at most 80 letters, digits and . - _ only; a letter or digit first, and no dot or"
        " dash last.",
    )


def _container_name(text: str) -> Optional[Fault]:
    first, slash, rest = text.partition("/")
    is_registry = bool(slash) and (
        "." in first or ":" in first or first == "localhost" or first != first.lower()
    )
    path = rest if is_registry else text
    last = path.rsplit("/", 1)[-1]
    if ":" in last or "@" in last:
        return Fault(
            "bad-cloud-name",
            "the container name %r holds a tag or a digest of its own" % text,
            "Write the tag into the option tag.",
            _WARNING,
        )
    fits = (not is_registry or _REGISTRY.fullmatch(first)) and all(
        _PATH.fullmatch(part) for part in path.split("/")
    )
    if fits and len(text) <= _LONGEST_CONTAINER_NAME:
        return None
    return Fault(
        "bad-cloud-name",
        "no registry takes a container called %r" % text,
        "Use lower-case letters and digits, with . _ or - between them, and / between its parts.",
    )


def _container_tag(text: str) -> Optional[Fault]:
    if _TAG.fullmatch(text):
        return None
    return Fault(
        "bad-cloud-name",
        "no registry takes the tag %r" % text,
        "Use at most 128 letters, digits and _ . - only, and neither . nor - first.",
    )


_WARNING = Severity.WARNING
_NAMED_BY_COMPOSER = ("image_name", "name", "snapshot_name", "tag")
_NO_NAME = Fault(
    "empty-name",
    "is empty, and clouds take no empty name",
    "Leave it out: composer gives each image a new name.",
    _WARNING,
)

_RULES: Mapping[Tuple[Provider, str], Rule] = {
    (Provider.AWS, "region"): _aws_region,
    (Provider.AWS, "share_with_accounts"): _aws_account,
    (Provider.AWS, "snapshot_name"): _ami_name,
    (Provider.AWS_S3, "region"): _aws_region,
    (Provider.GCP, "region"): _gcp_region,
    (Provider.GCP, "image_name"): _gcp_name,
    (Provider.GCP, "share_with_accounts"): _gcp_account,
    (Provider.AZURE, "tenant_id"): _tenant,
    (Provider.AZURE, "subscription_id"): _subscription,
    (Provider.AZURE, "resource_group"): _azure_group,
    (Provider.AZURE, "location"): _azure_location,
    (Provider.AZURE, "image_name"): _azure_name,
    (Provider.CONTAINER, "name"): _container_name,
    (Provider.CONTAINER, "tag"): _container_tag,
}
