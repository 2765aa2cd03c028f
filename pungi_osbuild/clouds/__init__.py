"""
The clouds that osbuild-composer can upload images to: one file each, and the catalogue of them.

What is known of a cloud is known here: which options it takes, what they may be, what composer
says of an upload, which name the image gets, where it can be looked at, what it is called in other
tools' files. Everything else looks its cloud up in the catalogue, by its id.
"""

from pungi_osbuild.clouds.catalogue import (
    UPLOADS,
    cloud_of,
    cloud_of_target,
    clouds,
    find_cloud,
    fitting_clouds,
    hub_clouds,
    is_for_another,
    lacking_options,
    option_of,
    read_upload,
    refused_options,
    register,
    unregister,
    upload_schema,
    would_work,
)
from pungi_osbuild.clouds.cloud import (
    Cloud,
    CloudOf,
    Exported,
    InvalidValue,
    Link,
    StreamEntry,
    UploadOption,
    web_address,
)

__all__ = [
    "UPLOADS",
    "Cloud",
    "CloudOf",
    "Exported",
    "InvalidValue",
    "Link",
    "StreamEntry",
    "UploadOption",
    "cloud_of",
    "cloud_of_target",
    "clouds",
    "find_cloud",
    "fitting_clouds",
    "hub_clouds",
    "is_for_another",
    "lacking_options",
    "option_of",
    "read_upload",
    "refused_options",
    "register",
    "unregister",
    "upload_schema",
    "web_address",
    "would_work",
]
