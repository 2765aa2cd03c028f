"""Whatever a config holds, it is planned and checked to the end, and requests have arguments."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.metadata import vocabulary
from pungi_osbuild.model import has_errors
from pungi_osbuild.phase import planned_and_checked
from tests.config.test_properties import CONFIGS
from tests.values import a_compose, an_identity

# A user's regular expression may make Python warn; here warnings are errors.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
WORDS = vocabulary()
LABELS = st.sampled_from([None, "RC-1.2", "Beta-1.1"])


@given(CONFIGS, LABELS)
def test_any_config_is_planned(config: Dict[str, Any], label: Optional[str]) -> None:
    """No exception; each problem has all its parts, and the dict stays as it was."""
    before = repr(config)
    reading = read_config(Source("/somewhere/main.conf", config))
    if reading.config is None:
        return
    compose = a_compose(identity=an_identity(label=label))
    found = planned_and_checked(reading.config, compose, WORDS, reading.problems, False)
    assert repr(config) == before
    for problem in found.problems:
        assert problem.code
        assert problem.place
        assert problem.message.strip()
        assert problem.hint.strip()
        json.dumps(problem.to_json()).encode("utf-8")
        "".join(problem.lines()).encode("utf-8")
    assert len(set(found.problems)) == len(found.problems)
    for request in found.requests:
        json.dumps(request.arguments())
        asked = request.config.upload_for(request.arches[0]) is not None
        assert (request.upload is not None) == asked or has_errors(found.problems)
