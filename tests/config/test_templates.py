"""Templates in upload options: what is one, what is not, what comes of it."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.clouds.aws import AwsEc2Upload
from pungi_osbuild.clouds.container import ContainerUpload
from pungi_osbuild.config.templates import literal, template_problems
from pungi_osbuild.methods import arguments
from pungi_osbuild.model import (
    TEMPLATE_FIELDS,
    BadTemplateError,
    Template,
    UploadTemplate,
)
from tests.values import a_request

WORDS = {field: "<%s>" % field for field in TEMPLATE_FIELDS}
parts = st.sampled_from([*("{%s}" % field for field in TEMPLATE_FIELDS), "{{", "}}", "a", "-", "$"])
GOOD = st.lists(parts, max_size=12).map("".join)


def codes(text: str, has_release: bool = True) -> List[str]:
    return [problem.code for problem in template_problems(text, "here", has_release)]


@given(GOOD)
def test_a_template_is_filled_as_python_would(text: str) -> None:
    """Fields and doubled braces mean what they mean in ``str.format``."""
    template = Template.parse(text)
    assert template.fill(WORDS) == text.format(**WORDS)
    assert set(template.fields) == {field for field in TEMPLATE_FIELDS if "{%s}" % field in text}
    assert codes(text) == []


@given(st.text(alphabet="{}a!:.[]0 archdate", max_size=15))
def test_any_text_is_a_template_or_told_why_not(text: str) -> None:
    """And what is a template is one to Python as well, with the same result."""
    try:
        template = Template.parse(text)
    except BadTemplateError:
        assert codes(text)
        assert set(codes(text)) == {"bad-template"}
        assert literal(text) is None
    else:
        assert codes(text) == []
        assert template.fill(WORDS) == text.format(**WORDS)
        assert (literal(text) is None) == bool(template.fields)


@given(st.text(alphabet=st.characters(blacklist_characters="{}"), max_size=30))
def test_a_text_without_braces_is_itself(text: str) -> None:
    """Whatever else stands in it: no option of today changes."""
    assert literal(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "}",
        "a{b",
        "{}",
        "{0}",
        "{arch!r}",
        "{arch:>8}",
        "{arch.upper}",
        "{arch[0]}",
        "{ arch }",
        "{ARCH}",
        "{arch}}",
        "{{arch}",
        "{{{arch}}",
    ],
)
def test_what_is_no_template_is_an_error(text: str) -> None:
    """A format, an attribute, an index and a conversion among them."""
    assert codes(text) == ["bad-template"]


def test_every_fault_of_a_text_is_told() -> None:
    """Not one after the other."""
    assert codes("{archh} {date!r} {") == ["bad-template"] * 3
    assert codes("{archh} {nvr}", has_release=False) == ["bad-template", "template-needs-release"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{compose-id}", "{compose_id}"),
        ("{imagetype}", "{image_type}"),
        ("{date:%Y}", "{date}"),
        ("{nope}", "{attempt}"),
        ("{", "{{"),
    ],
)
def test_the_hint_names_a_field(text: str, hint: str) -> None:
    """The nearest, or all."""
    (problem,) = template_problems(text, "here", True)
    assert hint in problem.hint


@pytest.mark.parametrize("field", ["release", "nvr"])
def test_a_release_must_be_configured(field: str) -> None:
    """The hub's number is not known before the image is built."""
    assert codes("x-{%s}" % field, has_release=False) == ["template-needs-release"]
    assert codes("x-{%s}" % field) == []


def test_an_upload_is_filled_in_every_string() -> None:
    """Items of lists as well; what is not set stays so."""
    written = AwsEc2Upload("{arch}", ("{date}", "{{"), None)
    template = UploadTemplate(written, (("arch", "x"), ("date", "d")))
    assert template.filled(1) == AwsEc2Upload("x", ("d", "{"), None)


def test_a_word_is_never_a_template_itself() -> None:
    """A subvariant may be called anything."""
    template = UploadTemplate(ContainerUpload("{subvariant}", "t"), (("subvariant", "{arch}}"),))
    assert template.filled(1) == ContainerUpload("{arch}}", "t")


def test_another_attempt_has_another_name() -> None:
    """So that it does not fight with what the first has left in the cloud."""
    upload = ContainerUpload("n", "{arch}-{attempt}")
    request = a_request(upload_template=UploadTemplate(upload, (("arch", "x86_64"),)))
    assert arguments(request)[6]["upload_options"]["tag"] == "x86_64-1"
    again = request.with_attempt(3)
    assert arguments(again)[6]["upload_options"]["tag"] == "x86_64-3"
    assert again.nvr == request.nvr
