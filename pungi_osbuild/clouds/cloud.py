"""What a cloud is: everything that the other packages need to know of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import (
    Annotated,
    Any,
    Callable,
    Dict,
    Iterator,
    Mapping,
    NamedTuple,
    Optional,
    Pattern,
    Protocol,
    Tuple,
    Type,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import urlsplit

from pungi_osbuild.checked import Form, JsonDict, Struct
from pungi_osbuild.model import CloudImage, Upload
from pungi_osbuild.problems import ProblemCode, Severity
from pungi_osbuild.secrets import bare_address


class InvalidValue(NamedTuple):
    """
    What is wrong with a value: an error is what a cloud is certain to refuse, hours after the build
    began; a warning is what only looks odd.
    """

    code: ProblemCode
    message: str
    hint: str
    severity: Severity = Severity.ERROR


Rule = Callable[[str], Optional[InvalidValue]]
"""Says what is wrong with a text, every template in it filled in."""

NO_NAME = InvalidValue(
    "empty-name",
    "is empty, and clouds take no empty name",
    "Leave it out: composer gives each image a new name.",
    Severity.WARNING,
)


def shaped(
    pattern: Pattern[str],
    code: ProblemCode,
    message: str,
    hint: str,
    if_empty: Optional[InvalidValue] = None,
) -> Rule:
    """
    Return the rule of values that have a certain form.

    :param pattern: of the whole value
    :param message: with ``%r`` for the value
    :param if_empty: what is said of an empty value that does not have the form
    """

    def rule(text: str) -> Optional[InvalidValue]:
        if pattern.fullmatch(text):
            return None
        if not text and if_empty is not None:
            return if_empty
        return InvalidValue(code, message % text, hint)

    return rule


@dataclass(frozen=True)
class UploadOption:
    """
    What is known of an upload option; it stands in ``Annotated`` with its type.

    :param meaning: for the documentation and the schema
    :param example: a value, as one writes it
    :param default: what holds where it is left out, in a few words; None: it must not be
    :param rule: judges a string of it
    :param if_ignored: what does not happen where composer ignores it
    :param hub_requires: the hub's schema requires it, composer or not
    :param is_list: it is a list of strings, as its type says
    :param since: the first version of this package that has it
    """

    meaning: str
    example: str
    default: Optional[str] = None
    rule: Optional[Rule] = None
    if_ignored: str = "it does not decide where they go"
    hub_requires: bool = False
    is_list: bool = False
    since: str = "0.1.0"

    @property
    def schema(self) -> JsonDict:
        """Its JSON schema: a fresh document."""
        kind: JsonDict = {"type": "string"}
        if self.is_list:
            kind = {"type": "array", "items": kind}
        return {**kind, "description": self.meaning}


NO_SUCH_NAME = "nothing gets this name"
SHARED_WITH_NOBODY = "nothing is shared"


@dataclass(frozen=True)
class Link:
    """
    Where something can be looked at.

    :param address: http or https, and nothing else
    :param text: what is there
    """

    address: str
    text: str


def web_address(text: str) -> Optional[str]:
    """Return an address that a browser may be sent to, or None for one that it may not."""
    if not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    has_login = "@" in parts.netloc
    return text if parts.scheme in ("http", "https") and parts.hostname and not has_login else None


class Exported(NamedTuple):
    """
    What else is told of an image that is exported for other tools.

    :param name: of its file in the compose, without the suffix
    """

    arch: str
    distro: str
    name: str


class StreamEntry(NamedTuple):
    """
    An image's place in the ``images`` of stream metadata.

    :param what: for a message where two images want the place
    :param path: keys that lead there
    """

    what: str
    path: Tuple[str, ...]
    entry: JsonDict


_Image = TypeVar("_Image", bound=CloudImage)


class CloudOf(Protocol[_Image]):
    """
    One place that composer can upload images to. What has a value here need not be said.

    Each is declared in a file of its own and listed in the catalogue; nothing else matches on one.
    """

    upload: Type[Upload]
    """Its upload options; they hold its id, too."""

    stored: Type[_Image]
    """What is recorded of its images."""

    name: str
    """In a sentence: ``images go to Azure``."""

    title: str = ""
    """As a heading, where that is not the name."""

    hub_takes_options: bool = True
    """The hub's schema has a shape for its upload options."""

    is_reachable: bool = True
    """Something can be uploaded to it through Koji."""

    refused: Mapping[str, str] = {}
    """Options that composer knows and the hub refuses, and what to do about each."""

    target_names: Tuple[str, ...]
    """What composer calls it in the target results that it records in Koji."""

    val_name: str = ""
    """What cloud-image-val calls it; empty where that cannot start its images."""

    stream_platform: str = ""
    """What stream metadata calls its platform, where it has a word for it."""

    @property
    def id(self) -> str:
        """Composer's UploadType, e.g. ``aws.s3``."""
        return self.upload.provider

    @property
    def heading(self) -> str:
        """Its name as a heading."""
        return self.title or self.name

    @cached_property
    def options(self) -> Mapping[str, UploadOption]:
        """Its own upload options by name."""
        found: Dict[str, UploadOption] = {}
        for name, hint in get_type_hints(self.upload, include_extras=True).items():
            if get_origin(hint) is Annotated:
                kind, option = get_args(hint)
                is_list = any(get_origin(inner) is tuple for inner in get_args(kind))
                found[name] = replace(option, is_list=is_list)
        return found

    @cached_property
    def required(self) -> Tuple[str, ...]:
        """The names of the options without which the hub's schema takes it for another cloud."""
        found = self.options.items()
        return tuple(name for name, one in found if one.hub_requires or one.default is None)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def remarks(
        self,
        options: Mapping[str, Any],
        works: bool,
    ) -> Iterator[Tuple[str, InvalidValue]]:
        """
        Say what is odd about options that are fine one by one, each with the option to change.

        :param works: the hub takes them, and nothing that the cloud needs is missing
        """
        yield from ()

    def read(self, result: Struct, upload: Optional[Upload]) -> _Image:
        """
        Return what composer's result of an upload stands for.

        :param result: the options of a target result, or of an upload status
        :param upload: what was asked for, to complete what composer leaves out
        :raises ReplyError: it does not say which image it is
        """

    def console(self, image: _Image) -> Optional[Link]:
        """
        Return where an image can be looked at; None where there is no such page.

        What an id says was written by others: an address is made of it only when it looks exactly
        as this cloud's do.
        """
        return None

    def val_instance(self, image: _Image, exported: Exported) -> JsonDict:
        """Return cloud-image-val's instance of an image."""
        return {}

    def val_shared(self, image: _Image) -> Mapping[str, Optional[str]]:
        """Return what all images in one resources file of cloud-image-val have in common."""
        return {}

    def stream_entry(self, image: _Image) -> Optional[StreamEntry]:
        """Return an image's place in stream metadata; None where that has none."""
        return None

    def public_address(self, image: _Image) -> Optional[str]:
        """Return where anybody may fetch the file, as far as the cloud has files."""
        return None


Cloud = CloudOf[Any]


def only(provider: str) -> Form:
    """Return the form of the provider of a cloud's images."""
    return Form(Struct.text, {"const": provider})


def without_secret(url: str) -> Tuple[str, Optional[bool]]:
    """Return an address without the secret in it, and True where it had one."""
    bare = bare_address(url)
    return bare, True if bare != url else None


def link_to_id(image: CloudImage) -> Optional[Link]:
    """Return the link to an image whose id is its address."""
    address = web_address(image.id)
    return None if address is None else Link(address, "open")
