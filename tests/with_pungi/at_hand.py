"""The Pungi at hand: whether there is one, and what its schema knows."""

from __future__ import annotations

import warnings
from functools import cache
from typing import FrozenSet, Optional

HOW = "PYTHONPATH=<pungi>:. python3 -m pytest tests/with_pungi"


@cache
def why_not() -> Optional[str]:
    """Return why Pungi cannot be used here, in a line; None: it can."""
    with warnings.catch_warnings():
        # Pungi's own warnings at import are not the project's.
        warnings.simplefilter("ignore")
        try:
            import pungi.checks
            import pungi.phases
            import pungi.scripts.pungi_koji  # noqa: F401
        except (ImportError, ValueError) as error:  # ValueError: a GObject library is missing
            return "tests/with_pungi SKIPPED: no Pungi here (%s); how to run them: %s" % (
                str(error).split("\n", 1)[0],
                HOW,
            )
    return None


@cache
def block_options() -> FrozenSet[str]:
    """Return the keys of an image block that Pungi's own schema knows."""
    from pungi.checks import make_schema

    blocks = make_schema()["properties"]["osbuild"]["patternProperties"][".+"]
    return frozenset(blocks["items"]["properties"])


def refuses(option: str, value: object) -> bool:
    """Whether Pungi's own schema refuses a value of an image block's option."""
    import jsonschema
    from pungi.checks import make_schema

    schema = make_schema()
    blocks = schema["properties"]["osbuild"]["patternProperties"][".+"]["items"]
    wanted = {"allOf": [blocks["properties"][option]], "definitions": schema["definitions"]}
    return not jsonschema.Draft4Validator(wanted).is_valid(value)


def compose_reads_the_profile() -> bool:
    """Whether ``Compose()`` itself reads the Koji profile, for the downloader that it makes."""
    from pungi.wrappers import kojiwrapper

    return hasattr(kojiwrapper, "KojiDownloadProxy")
