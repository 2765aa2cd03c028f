"""The catalogue of clouds, and what is asked of all of them at once."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import Collection, Dict, FrozenSet, Mapping, Optional, Sequence, Tuple, Type

from pungi_osbuild.checked import JsonDict, Struct, forms_of, from_json
from pungi_osbuild.clouds.aws import AWS_EC2
from pungi_osbuild.clouds.aws_s3 import AWS_S3
from pungi_osbuild.clouds.azure import AZURE
from pungi_osbuild.clouds.cloud import Cloud, UploadOption
from pungi_osbuild.clouds.container import CONTAINER
from pungi_osbuild.clouds.gcp import GCP
from pungi_osbuild.clouds.oci import OCI
from pungi_osbuild.clouds.pulp import PULP
from pungi_osbuild.model import CloudImage, UnknownUpload, Uploaded
from pungi_osbuild.problems import suggest

# In the order in which the hub's schema tries the shapes of their options.
_CLOUDS: Dict[str, Cloud] = {
    cloud.id: cloud for cloud in (AWS_EC2, AWS_S3, GCP, AZURE, CONTAINER, OCI, PULP)
}


def clouds() -> Tuple[Cloud, ...]:
    """Return all clouds that are known."""
    return tuple(_CLOUDS.values())


def find_cloud(provider: str) -> Optional[Cloud]:
    """Return the cloud of an id, e.g. ``aws.s3``, or None for one that is not known."""
    return _CLOUDS.get(provider)


def cloud_of(provider: str) -> Cloud:
    """
    Return the cloud of an id, e.g. ``aws.s3``.

    :raises KeyError: it is not known
    """
    return _CLOUDS[provider]


def cloud_of_target(name: str) -> Optional[Cloud]:
    """Return the cloud of a target result, e.g. ``org.osbuild.aws.s3``; None: it is not known."""
    return next((cloud for cloud in _CLOUDS.values() if name in cloud.target_names), None)


def register(cloud: Cloud) -> None:
    """
    Add a cloud to the catalogue.

    :raises ValueError: there is one of that id
    """
    if cloud.id in _CLOUDS:
        raise ValueError("there is a cloud %s" % cloud.id)
    _CLOUDS[cloud.id] = cloud
    _forget()


def unregister(cloud: Cloud) -> None:
    """Take a cloud out of the catalogue again."""
    del _CLOUDS[cloud.id]
    _forget()


def _forget() -> None:
    # What is asked several times for each of a thousand blocks is answered once.
    for answer in (hub_clouds, refused_options, _hub_takes):
        answer.cache_clear()


@cache
def hub_clouds() -> Tuple[Cloud, ...]:
    """Return the clouds whose options the hub's schema knows, in the order in which it tries them.

    It tells neither hub nor composer where the image goes.
    """
    return tuple(cloud for cloud in _CLOUDS.values() if cloud.hub_takes_options)


@cache
def refused_options() -> Mapping[str, str]:
    """Return the options that composer knows and the hub refuses, and what to do about each."""
    return {option: hint for cloud in _CLOUDS.values() for option, hint in cloud.refused.items()}


def option_of(cloud: Cloud, name: str) -> Optional[UploadOption]:
    """Return an upload option of a cloud, else of another one; None where no cloud has it."""
    having = (one for one in (cloud, *_CLOUDS.values()) if name in one.options)
    return next((one.options[name] for one in having), None)


def missing_options(cloud: Cloud, options: Collection[str]) -> Tuple[str, ...]:
    """Return the names of the upload options that a cloud's shape has and that are not there."""
    return tuple(name for name in cloud.required if name not in options)


def hub_takes(options: Collection[str]) -> bool:
    """
    Whether upload options of these names have one of the shapes that the hub knows.

    Each shape is closed. Which one it is tells neither hub nor composer where the image goes.
    """
    return _hub_takes(frozenset(options))


@lru_cache(maxsize=1024)
def _hub_takes(names: FrozenSet[str]) -> bool:
    return any(
        names <= cloud.options.keys() and not missing_options(cloud, names)
        for cloud in hub_clouds()
    )


def lacking_options(cloud: Cloud, options: Collection[str]) -> Tuple[str, ...]:
    """
    Return the names of the upload options without which an upload to a cloud fails.

    composer takes its cloud's fields out of any shape that the hub takes, so what only the hub's
    shape requires is needed where the options have no other.
    """
    missing = missing_options(cloud, options)
    if not hub_takes(options):
        return missing
    return tuple(name for name in missing if cloud.options[name].default is None)


def would_work(cloud: Cloud, options: Collection[str]) -> bool:
    """Whether the hub takes options, and composer finds in them what a cloud needs."""
    return hub_takes(options) and not lacking_options(cloud, options)


def fitting_clouds(options: Collection[str]) -> Tuple[Cloud, ...]:
    """
    Return the clouds that upload options look like those of, in the order in which the hub tries.

    Where the image type is unknown, they are taken as the hub takes them; where it is known,
    options that fit another cloud better were probably meant for that one.
    """
    misfits = [(cloud, _misfit(cloud, options)) for cloud in hub_clouds()]
    least = min(misfit for _cloud, misfit in misfits)
    return tuple(cloud for cloud, misfit in misfits if misfit == least)


def is_for_another(cloud: Cloud, options: Collection[str]) -> bool:
    """Whether options would not work for a cloud, and fit another one better."""
    if would_work(cloud, options):
        return False
    # A field that is merely missing is no sign of another cloud: S3 needs less than EC2.
    foreign, _missing = _misfit(cloud, options)
    return foreign > 0 and foreign > _misfit(fitting_clouds(options)[0], options)[0]


def _misfit(cloud: Cloud, options: Collection[str]) -> Tuple[int, int]:
    """Return how ill options fit a cloud: fields it has not, typing errors aside; and missing."""
    foreign = sum(1 for key in options if _is_foreign(key, tuple(cloud.options)))
    return foreign, len(missing_options(cloud, options))


@lru_cache(maxsize=1024)
def _is_foreign(option: str, known: Tuple[str, ...]) -> bool:
    return suggest(option, known) is None


def upload_schema(cloud: Cloud, whole: bool = True, ignored: Sequence[str] = ()) -> JsonDict:
    """
    Return the JSON schema of ``upload_options`` for a cloud: a fresh document.

    :param whole: False for options that others complete, so nothing is required
    :param ignored: options of other clouds that may be there, too
    """
    options = {name: option_of(cloud, name) for name in ignored}
    schema: JsonDict = {
        "type": "object",
        "properties": {
            name: option.schema
            for name, option in {**options, **cloud.options}.items()
            if option is not None
        },
        "additionalProperties": False,
    }
    if cloud.required and whole:  # draft 4 refuses an empty list
        schema["required"] = list(cloud.required)
    return schema


def read_upload(entry: Struct) -> Uploaded:
    """
    Return an entry of a ``"cloud"`` list.

    One of a cloud that only a later version knows has no ``options``: whatever it has is taken.
    """
    cloud = find_cloud(entry.text("provider"))
    if cloud is not None:
        stored: Type[CloudImage] = cloud.stored
        return from_json(stored, entry)
    if entry.has("options"):
        return from_json(UnknownUpload, entry)
    options = {
        key: value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        for key, value in entry.value.items()
        if key not in ("provider", "osbuild_artifact")
    }
    whole = {**entry.value, "options": options}
    return from_json(UnknownUpload, Struct(whole, entry.place, entry.origin))


UPLOADS = forms_of(read_upload, *(cloud.stored for cloud in clouds()), UnknownUpload)
