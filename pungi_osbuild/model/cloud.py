"""Uploads: what is asked of clouds, and what came of it. Each cloud is in ``clouds/``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Hashable, Mapping, Optional, Tuple, Union, cast

from pungi_osbuild.checked import LINE, OMITTED, Form, JsonDict, Key, Struct, without_none

Ignored = Tuple[Tuple[str, Union[str, Tuple[str, ...]]], ...]
"""Options of other clouds, as (option, value): sent as written, and ignored by composer."""

UNNAMED = "composer-api-<uuid>"
"""What composer calls an image without a configured name (its Cloud API v2)."""


@dataclass(frozen=True)
class CloudName:
    """
    A name that an upload wants in its cloud.

    :param option: which option says it
    :param key: equal for two uploads to one cloud that cannot both have it
    :param what: the name and where it is, for a message
    :param moves: whoever uploads last gets the name; else the second upload fails
    :param takes_arch: every arch can be part of it
    """

    option: str
    key: Hashable
    what: str
    moves: bool = False
    takes_arch: bool = True


class Upload:
    """
    Upload options. Each cloud has a frozen dataclass of its own below this.

    Every field is an option that the hub takes, a string or a list of strings; but ``ignored``.
    """

    provider: ClassVar[str]
    """The cloud: composer's UploadType, e.g. ``aws.s3``."""

    ignored: Ignored

    @property
    def own(self) -> JsonDict:
        """The cloud's own options; those that are left out are None."""
        return {option: value for option, value in vars(self).items() if option != "ignored"}

    def changed(self, options: Mapping[str, Any]) -> Upload:
        """Return the upload with other values of some of its options."""
        return cast(Upload, replace(cast(Any, self), **options))

    def to_wire(self) -> JsonDict:
        """Return ``upload_options`` as the hub takes them."""
        return without_none({**self.own, **dict(self.ignored)})

    def wanted_name(self) -> Optional[CloudName]:
        """Return the name that the upload wants; None where composer gives one."""
        return None

    @property
    def leftover(self) -> str:
        """What to look for in the cloud where it is unknown whether the image is there."""
        name = self.wanted_name()
        return UNNAMED if name is None else str(self.own[name.option])

    @property
    def where(self) -> Optional[str]:
        """The region that is asked for, where the cloud has regions."""
        return self.own.get("region")


@dataclass(frozen=True)
class Artifact:
    """Which of osbuild's exports a file is."""

    export_name: str
    export_filename: str


@dataclass(frozen=True)
class CloudImage:
    """
    One upload of a built image. Each cloud has a frozen dataclass of its own below this.

    :param id: the string one would paste into that cloud's own tool; never holds a secret:
        a presigned url is recorded without its query
    :param provider: which cloud
    :param presigned: its address had a query that opens it
    :param artifact: which of osbuild's exports was uploaded, where composer says so
    """

    id: Annotated[str, LINE]
    provider: str = ""
    presigned: Annotated[Optional[bool], OMITTED] = None
    artifact: Annotated[Optional[Artifact], OMITTED, Key("osbuild_artifact")] = None

    @property
    def where(self) -> Optional[str]:
        """The region, where it is known."""
        return vars(self).get("region")


def _read_options(struct: Struct, key: str) -> Tuple[Tuple[str, str], ...]:
    options = struct.struct(key)
    return tuple((name, options.text(name)) for name in options)


_OPTIONS = Form(_read_options, {"type": "object", "additionalProperties": {"type": "string"}}, dict)


@dataclass(frozen=True)
class UnknownUpload:
    """
    One upload of a built image to an unknown target, as composer returned it.

    Its object has no ``id``: which of the options is the id is unknown.

    :param provider: composer's name of it, e.g. ``org.osbuild.vmware``
    :param options: (name, value), sorted; of a value that is not a text, its JSON. Holds no secret.
    """

    provider: str
    options: Annotated[Tuple[Tuple[str, str], ...], _OPTIONS] = ()
    artifact: Annotated[Optional[Artifact], OMITTED, Key("osbuild_artifact")] = None

    @property
    def where(self) -> Optional[str]:
        """The region, where composer says one."""
        return dict(self.options).get("region")

    def describe(self) -> str:
        """Return the options in a line, for people."""
        return ", ".join("%s: %s" % option for option in self.options) or "nothing else"


Uploaded = Union[CloudImage, UnknownUpload]
