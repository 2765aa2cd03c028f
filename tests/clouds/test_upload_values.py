"""What clouds take as a region, an account, an id or a name."""

from __future__ import annotations

from typing import List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.clouds import Cloud, cloud_of, hub_clouds
from pungi_osbuild.config import field_problems
from pungi_osbuild.problems import Severity

AWS, S3, GCP = "aws", "aws.s3", "gcp"
AZURE, CONTAINER = "azure", "container"
GUID = "5c7ef5b6-1c3f-4da0-a622-0b060239d7d7"
OPTIONS = [(cloud, option) for cloud in hub_clouds() for option in cloud.options]


def faults(provider: str, option: str, text: str) -> List[Tuple[str, Severity]]:
    return [
        (problem.code, problem.severity)
        for problem in field_problems(cloud_of(provider), option, text, "here")
    ]


@pytest.mark.parametrize(
    ("provider", "option", "texts"),
    [
        (
            AWS,
            "region",
            "us-east-1 us-gov-west-1 cn-north-1 ap-southeast-5 us-isob-east-1 eusc-de-east-1"
            " mx-central-1 il-central-1",
        ),
        (S3, "region", "eu-west-3"),
        (AWS, "share_with_accounts", "123456789012 000000000001"),
        (AWS, "snapshot_name", "rhel-9.4_x86_64 RHEL-9.4.0_HVM-20261123-x86_64-0-(a)[b]/'@c abc"),
        (
            GCP,
            "region",
            "us eu asia US us-central1 europe-west12 northamerica-northeast1 nam4 eur4 asia1"
            " me-central2 africa-south1 US-EAST1",
        ),
        (GCP, "image_name", "i rhel-9-4-x86-64-20261123-0 " + "a" * 63),
        (
            GCP,
            "share_with_accounts",
            "user:alice@example.com serviceAccount:x@y.gserviceaccount.com group:g@example.com"
            " domain:example.com allUsers allAuthenticatedUsers projectViewer:my-project",
        ),
        (AZURE, "tenant_id", GUID + " " + GUID.upper() + " contoso.onmicrosoft.com"),
        (AZURE, "subscription_id", GUID),
        (AZURE, "resource_group", "g Images_(prod).x-1 gruppe-é"),
        (AZURE, "location", "eastus EastUS2 usgovvirginia westeurope"),
        (AZURE, "image_name", "i image_1.0-x86_64 ends_in_ " + "a" * 80),
        (
            CONTAINER,
            "name",
            "n rhel-edge fedora/iot registry.example.com/a/b localhost/a localhost:5000/a__b"
            " REG.example.com/a 127.0.0.1:80/a--b [::1]:5000/a",
        ),
        (CONTAINER, "tag", "latest 9.4 _x 20261123.n.0 " + "a" * 128),
    ],
)
def test_what_works_gives_no_alarm(provider: str, option: str, texts: str) -> None:
    """Not even a warning."""
    for text in texts.split(" "):
        assert faults(provider, option, text) == [], text


@pytest.mark.parametrize("text", ["East US", "West Europe", "East US 2 EUAP", ""])
def test_a_location_of_azure_is_written_as_it_is_shown(text: str) -> None:
    """With spaces, too; an empty one is that of the resource group."""
    assert faults(AZURE, "location", text) == []


@pytest.mark.parametrize("text", ["us-esat-1", "us-eat-1", "us-easst-1", "us-east-3", "eu-est-1"])
def test_a_region_like_one_of_aws_is_a_warning(text: str) -> None:
    """One letter is wrong, missing or too many, or two are swapped; AWS may have added it."""
    for provider in (AWS, S3):
        (problem,) = field_problems(cloud_of(provider), "region", text, "here")
        assert (problem.code, problem.severity) == ("bad-region", Severity.WARNING)
        assert problem.hint in ("Did you mean us-east-1?", "Did you mean eu-west-1?")


@pytest.mark.parametrize("text", ["us-gov-west-1", "eusc-de-east-1", "xx-northeast-1", "us-moon-1"])
def test_a_region_that_is_like_none_may_be_new(text: str) -> None:
    assert faults(AWS, "region", text) == []


@pytest.mark.parametrize(
    ("provider", "option", "code", "texts"),
    [
        (AWS, "region", "bad-region", ["us-east-1a", "us-east", "useast1", "US-EAST-1", "", "us"]),
        (S3, "region", "bad-region", ["us-central1"]),
        (
            AWS,
            "share_with_accounts",
            "bad-account",
            ["12345678901", "1234567890123", "1234-5678-9012", "all", "", "\u0661" * 12],
        ),
        (AWS, "snapshot_name", "bad-cloud-name", ["ab", "a" * 129, "a#b", "a:b", "né-image"]),
        (GCP, "region", "bad-region", ["us-east-1"]),
        (
            GCP,
            "image_name",
            "bad-cloud-name",
            ["Rhel", "rhel_x", "9-rhel", "rhel-", "rhel.9", "a" * 64, "x86_64"],
        ),
        (
            GCP,
            "share_with_accounts",
            "bad-account",
            ["alice@example.com", "usr:a@b", "user:", "user:a", "domain:", "User:a@b", ""],
        ),
        (AZURE, "tenant_id", "bad-cloud-id", ["t", "", GUID[:-1], GUID + "0"]),
        (AZURE, "subscription_id", "bad-cloud-id", ["example.com", "s", ""]),
        (AZURE, "resource_group", "bad-cloud-name", ["g.", "a b", "a" * 91, "", "a/b"]),
        (AZURE, "location", "bad-region", ["us-east-1", "1", "east/us"]),
        (AZURE, "image_name", "bad-cloud-name", ["-a", "a-", "a.", "_a", "a" * 81, "a b"]),
        (
            CONTAINER,
            "name",
            "bad-cloud-name",
            ["RHEL", "a b", "a//b", "/a", "a/", "a..b", "reg.example.com/A", "a" * 256, "a___b"],
        ),
        (CONTAINER, "tag", "bad-cloud-name", [".a", "-a", "a b", "a" * 129, "a:b", "a/b"]),
    ],
)
def test_what_is_refused_is_an_error(
    provider: str, option: str, code: str, texts: List[str]
) -> None:
    """Hours before the cloud says so."""
    for text in texts:
        assert faults(provider, option, text) == [(code, Severity.ERROR)], text


@pytest.mark.parametrize(
    ("provider", "option", "text"),
    [
        (GCP, "region", "us-central1-a"),
        (GCP, "region", "somewhere"),
        (CONTAINER, "name", "rhel-edge:9.4"),
        (CONTAINER, "name", "localhost:5000/a@sha256:0"),
        (CONTAINER, "tag", ""),
        (AWS, "snapshot_name", ""),
        (AZURE, "image_name", ""),
    ],
)
def test_what_only_looks_odd_is_a_warning(provider: str, option: str, text: str) -> None:
    """Nobody knows for certain that it is refused."""
    assert [severity for _, severity in faults(provider, option, text)] == [Severity.WARNING]


def test_a_region_with_a_zone_is_told_without_it() -> None:
    """The usual mistake."""
    (problem,) = field_problems(cloud_of(AWS), "region", "eu-west-1b", "here")
    assert problem.hint.endswith(" eu-west-1.")


def test_a_kind_of_account_that_is_nearly_one() -> None:
    """Case counts in GCP."""
    (problem,) = field_problems(cloud_of(GCP), "share_with_accounts", "serviceaccount:a@b", "here")
    assert problem.hint == "Did you mean serviceAccount:a@b?"


@given(st.sampled_from(OPTIONS), st.text(max_size=300) | st.from_regex(r"[a-z:./@-]{0,40}"))
def test_any_text_is_judged_once_and_in_full(option: Tuple[Cloud, str], text: str) -> None:
    """At most one problem, with all its parts, at its place."""
    found = list(field_problems(*option, text, "here"))
    assert len(found) <= 1
    for problem in found:
        assert problem.place == "here"
        assert problem.message.strip()
        assert problem.hint.strip()
        "".join(problem.lines()).encode("utf-8")


@given(
    st.from_regex(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True),
    st.from_regex(r"[0-9]{12}", fullmatch=True, alphabet="0123456789"),
    st.uuids(),
)
def test_every_value_of_the_right_shape_is_taken(name: str, account: str, guid: object) -> None:
    """A GCP name is an Azure name, too."""
    assert faults(GCP, "image_name", name) == []
    assert faults(AZURE, "image_name", name) == []
    assert faults(AWS, "share_with_accounts", account) == []
    assert faults(AZURE, "subscription_id", str(guid)) == []
