"""Reading a finished build: every archive accounted for, whatever the hub sends.

The stand-in here answers with what is put into it, so that it can send what no honest hub would.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Dict, List, Sequence, Tuple, cast

import pytest

from pungi_osbuild.checked import to_json
from pungi_osbuild.clouds.aws import AwsEc2Upload
from pungi_osbuild.clouds.aws_s3 import AwsS3Upload
from pungi_osbuild.clouds.oci import OciUpload
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub import Call, Hub, Reply, execute
from pungi_osbuild.methods.osbuild_image import OSBUILD_IMAGE
from pungi_osbuild.model import (
    Artifact,
    BuiltImage,
    Checksum,
    Dependency,
    HubFaultError,
    ImageRequest,
    Upload,
    UploadTemplate,
)
from tests.values import a_request, an_image_config

NVR = "example-guest-1-5"
IMAGE = NVR + ".x86_64.raw"
AMI = {"name": "org.osbuild.aws", "options": {"ami": "ami-1", "region": "us-east-1"}}
S3 = {"name": "org.osbuild.aws.s3", "options": {"url": "https://b/x?sig=1"}}


def an_archive(filename: str = IMAGE, **changes: Any) -> Dict[str, Any]:
    image = {"arch": "x86_64", "boot_mode": "hybrid", **changes.pop("image", {})}
    row = {
        "id": 1,
        "build_id": 21,
        "filename": filename,
        "size": 3,
        "checksum": "acbd18db4cc2f85cedef654fccc4a4d8",
        "checksum_type": 0,
        "metadata_only": False,
        "extra": {"image": image},
    }
    return {**row, **changes}


def a_companion(filename: str, **changes: Any) -> Dict[str, Any]:
    return {**an_archive(filename, **changes), "extra": {"image": {"arch": "x86_64"}}}


class StandIn:
    """Answers as it is told."""

    def __init__(self, archives: Sequence[Any], extra: Any = None, status: Any = None) -> None:
        self.archives = list(archives)
        self.build: Dict[str, Any] = {
            "id": 21,
            "task_id": 11,
            "nvr": NVR,
            "name": "example-guest",
            "version": "1",
            "release": "5",
            "volume_name": "DEFAULT",
            "extra": extra,
        }
        self.status = status
        self.result: Any = {"koji": {"build": 21}, "composer": {"id": "c", "server": "http://c"}}
        self.requests = 0

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        self.requests += 1
        return tuple(self._reply(call) for call in calls)

    def _reply(self, call: Call) -> Reply:
        if call.method == "getTaskResult":
            return Reply(self.result)
        if call.method == "getBuild":
            return Reply(self.build)
        if call.method == "listArchives":
            return Reply(self.archives)
        if self.status is None:
            return Reply(fault=HubFaultError(1000, "no such file"))
        return Reply(base64.b64encode(json.dumps(self.status).encode()).decode())


def a_cloud_request(**changes: Any) -> ImageRequest:
    upload = AwsEc2Upload("us-east-1", ())
    config = an_image_config(image_type="aws", upload=upload)
    return a_request(config=config, upload_template=UploadTemplate(upload), **changes)


def read(hub: StandIn, request: ImageRequest) -> Tuple[BuiltImage, ...]:
    return execute(cast(Hub, hub), OSBUILD_IMAGE.result(11, request))


def clouds(hub: StandIn) -> List[str]:
    (image,) = read(hub, a_cloud_request())
    return [cloud.id for cloud in image.cloud]


def with_uploads(*results: Any) -> Dict[str, Any]:
    return {"upload_target_results": list(results)}


def in_build(*results: Any) -> Dict[str, Any]:
    return {"typeinfo": {"image": {IMAGE: {"arch": "x86_64", **with_uploads(*results)}}}}


def a_status(ami: str) -> Dict[str, Any]:
    options = {"ami": ami, "region": "us-east-1"}
    upload = {"status": "success", "type": "aws", "options": options}
    return {"status": "success", "image_statuses": [{"status": "success", "upload_status": upload}]}


def an_ami(ami: str) -> Dict[str, Any]:
    return {"name": "org.osbuild.aws", "options": {"ami": ami, "region": "us-east-1"}}


def test_an_image_with_its_provenance() -> None:
    """Two requests, and everything that osbuild.json wants."""
    hub = StandIn(
        [
            an_archive(image={"osbuild_version": "157"}),
            a_companion(IMAGE + ".manifest.json"),
            a_companion(IMAGE + ".image-os.spdx.json"),
        ]
    )
    (image,) = read(hub, a_request())
    assert image.path == "packages/example-guest/1/5/images/" + IMAGE
    assert (image.task_id, image.build_id, image.composer_id) == (11, 21, "c")
    assert image.manifest is not None
    manifest = a_companion(IMAGE + ".manifest.json")
    assert image.manifest.archive_id == manifest["id"]
    assert image.manifest.size == manifest["size"]
    assert image.manifest.checksum == Checksum("md5", manifest["checksum"])
    (sbom,) = image.sboms
    assert (sbom.filename, sbom.purpose) == (IMAGE + ".image-os.spdx.json", "image-os")
    assert sbom.checksum == Checksum("md5", a_companion(sbom.filename)["checksum"])
    assert (image.osbuild_version, image.boot_mode) == ("157", "hybrid")
    assert hub.requests == 2


def test_what_the_build_says_of_a_manifest_whose_archive_says_nothing() -> None:
    """Its arch, composer's version and modules; a replaced module is a structure."""
    name = IMAGE + ".manifest.json"
    bare = a_companion(name)
    bare["extra"] = None
    module = {"path": "a", "version": "v1", "replace": {"path": "b => c", "version": "w"}}
    info = {"osbuild_composer_version": "180", "osbuild_composer_deps": [module]}
    extra = {"osbuild_manifest": {name: {"arch": "x86_64", "info": info}}}
    (image,) = read(StandIn([an_archive(), bare], extra), a_request())
    assert image.manifest is not None
    assert image.manifest.osbuild_composer_version == "180"
    assert image.manifest.osbuild_composer_deps == (
        Dependency("a", "v1", Dependency("b => c", "w")),
    )


def test_which_export_was_uploaded() -> None:
    """An image may be uploaded in another form than it has in Koji."""
    odd = {"name": "org.osbuild.odd", "options": {}}
    artifact = {"export_name": "vpc", "export_filename": "disk.vhd"}
    results = [{**result, "osbuild_artifact": artifact} for result in (an_ami("ami-1"), odd)]
    (image,) = read(StandIn([an_archive(image=with_uploads(*results))]), a_request())
    assert [cloud.artifact for cloud in image.uploads] == [Artifact("vpc", "disk.vhd")] * 2
    assert [to_json(cloud)["osbuild_artifact"] for cloud in image.uploads] == [artifact] * 2


def test_where_upload_results_are_looked_for_best_first() -> None:
    """The archive's typeinfo, its extra, the build's extra, compose-status.json."""
    typeinfo = {"image": {"arch": "x86_64", **with_uploads(an_ami("ami-typeinfo"))}}
    everywhere = an_archive(image=with_uploads(an_ami("ami-extra")))
    everywhere["extra"]["typeinfo"] = typeinfo
    build, status = in_build(an_ami("ami-build")), a_status("ami-status")
    assert clouds(StandIn([everywhere], build, status)) == ["ami-typeinfo"]
    in_extra = an_archive(image=with_uploads(an_ami("ami-extra")))
    assert clouds(StandIn([in_extra], build, status)) == ["ami-extra"]
    assert clouds(StandIn([an_archive()], build, status)) == ["ami-build"]
    assert clouds(StandIn([an_archive()], None, status)) == ["ami-status"]


def test_another_cloud_is_not_the_one_that_was_asked_for() -> None:
    """The upload to AWS must have arrived, not just some upload."""
    s3_alone = an_archive(image=with_uploads(S3))
    assert clouds(StandIn([s3_alone], None, a_status("ami-2"))) == ["https://b/x", "ami-2"]
    assert clouds(StandIn([s3_alone], in_build(AMI))) == ["ami-1"]
    with pytest.raises(ReplyError, match="upload to aws did not arrive for x86_64"):
        clouds(StandIn([s3_alone]))


def test_all_uploads_of_an_image_are_kept() -> None:
    """In composer's order; Koji's own and those of clouds that nobody knows do not disturb."""
    koji = {"name": "org.osbuild.koji", "options": {"image": {}}}
    odd = {"name": "org.osbuild.odd", "options": {"image_id": "odd-1"}}
    hub = StandIn([an_archive(image=with_uploads(koji, S3, odd, AMI, an_ami("ami-2")))])
    (image,) = read(hub, a_cloud_request())
    assert [cloud.id for cloud in image.cloud] == ["https://b/x", "ami-1", "ami-2"]
    assert [upload.provider for upload in image.unknown_uploads] == ["org.osbuild.odd"]
    assert len(image.uploads) == 4


def test_an_upload_that_nobody_asked_for_is_kept_too() -> None:
    """It may cost money."""
    (image,) = read(StandIn([an_archive(image=with_uploads(S3))]), a_request())
    assert [cloud.id for cloud in image.cloud] == ["https://b/x"]


def test_a_volume_of_its_own_is_part_of_the_path() -> None:
    """Koji keeps builds of other volumes below vol/."""
    hub = StandIn([an_archive()])
    hub.build["volume_name"] = "big"
    (image,) = read(hub, a_request())
    assert image.path == "vol/big/packages/example-guest/1/5/images/" + IMAGE


@pytest.mark.parametrize(
    ("archives", "reason"),
    [
        ([], "no image for x86_64"),
        ([an_archive(image={"arch": "s390x"})], "no image for x86_64"),
        ([an_archive(), an_archive(NVR + ".s390x.raw", image={"arch": "s390x"})], "not asked for"),
        ([a_companion(NVR + ".x86_64.notes.txt")], "no image for x86_64"),
        ([a_companion(NVR + ".x86_64.weird")], "it may be the image for x86_64"),
        ([an_archive(NVR + ".x86_64.weird")], "it may be the image for x86_64"),
        ([an_archive("other-1-5.x86_64.raw")], "should be 'example-guest-1-5"),
        ([an_archive(metadata_only=True)], "metadata only"),
        ([an_archive(extra=None)], "it may be the image for x86_64"),
        ([an_archive(), an_archive(IMAGE)], "it is there twice"),
        ([an_archive("../../etc/passwd")], "plain file name"),
        ([an_archive(checksum="z")], "hexadecimal"),
        ([an_archive(checksum_type=7)], "checksum_type"),
        ([an_archive(size=-1)], "whole number"),
        ("archives", "a list"),
        ([7], "an object"),
    ],
)
def test_a_build_that_is_not_as_it_should_be(archives: Any, reason: str) -> None:
    """An error that says what, and never a traceback or a silence."""
    hub = StandIn([])
    hub.archives = archives
    with pytest.raises(ReplyError, match=reason):
        read(hub, a_request())


QCOW2 = NVR + ".x86_64.qcow2"


@pytest.mark.parametrize(
    "other",
    [
        a_companion("notes.txt"),
        a_companion(QCOW2 + ".notes.TXT"),
        a_companion(QCOW2 + "x.spdx.json"),
        a_companion("provenance.intoto.jsonl"),
        a_companion(NVR + ".x86_64.weird"),
        an_archive(NVR + ".x86_64.weird"),
        an_archive("no-arch.bin", extra=None),
        an_archive("no-arch.log", extra=None),
        a_companion("typed.by.koji", type_name="txt"),
    ],
)
def test_an_unknown_file_beside_the_image_is_recorded(other: Dict[str, Any]) -> None:
    """composer may add kinds of files to its builds: the image is whole all the same."""
    hub = StandIn([an_archive(QCOW2), {**other, "id": 5, "size": 7}])
    (image,) = read(hub, a_request())
    assert image.filename == QCOW2
    (file,) = image.unrecognised
    assert (file.filename, file.archive_id, file.size) == (other["filename"], 5, 7)
    assert file.checksum is not None and file.checksum.type == "md5"


def test_an_unknown_file_may_be_the_image_where_another_kind_arrived() -> None:
    """A .raw where a .qcow2 was asked for is placed; beside a file that may be it nobody knows."""
    (image,) = read(StandIn([an_archive(), a_companion("notes.txt")]), a_request())
    assert image.filename == IMAGE
    with pytest.raises(ReplyError, match="it may be the image for x86_64, which is missing"):
        read(StandIn([an_archive(), a_companion(NVR + ".x86_64.weird")]), a_request())


def test_an_unknown_file_is_recorded_with_the_image_of_its_arch() -> None:
    """Of several arches, one that names no arch with each of them."""
    second = {**an_archive(NVR + ".s390x.qcow2", image={"arch": "s390x"}), "id": 2}
    own = {**an_archive("own.txt"), "extra": {"image": {"arch": "s390x"}}, "id": 3}
    both = {**an_archive("both.txt", extra=None), "id": 4}
    request = a_request(arches=("x86_64", "s390x"))
    images = read(StandIn([an_archive(QCOW2), second, own, both]), request)
    found = {image.arch: [file.filename for file in image.unrecognised] for image in images}
    assert found == {"x86_64": ["both.txt"], "s390x": ["own.txt", "both.txt"]}
    missing = a_companion("odd.bin")
    missing["extra"] = {"image": {"arch": "s390x"}}
    with pytest.raises(ReplyError, match="it may be the image for s390x"):
        read(StandIn([an_archive(QCOW2), missing]), request)


@pytest.mark.parametrize("part", ["name", "version", "release", "volume_name"])
def test_a_build_cannot_lead_out_of_kojis_folders(part: str) -> None:
    """Each part of the path is a plain name."""
    hub = StandIn([an_archive()])
    hub.build[part] = "../.."
    with pytest.raises(ReplyError, match=r"plain file name|does not match the request"):
        read(hub, a_request())


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("id", 22),
        ("task_id", 12),
        ("nvr", "example-guest-1-6"),
        ("nvr", None),
        ("name", "other"),
        ("version", "2"),
        ("release", "5.x86_64"),
    ],
)
def test_another_build_is_not_this_requests(part: str, value: object) -> None:
    """Its id, its task and its N-V-R are compared with what was asked for and submitted."""
    hub = StandIn([an_archive()])
    hub.build[part] = value
    with pytest.raises(ReplyError, match="does not match the request: build 21, %s" % part):
        read(hub, a_request())


def test_a_build_that_names_no_task_is_taken_by_its_nvr() -> None:
    """Koji knows the task only from composer's own metadata."""
    hub = StandIn([an_archive()])
    hub.build["task_id"] = None
    assert len(read(hub, a_request())) == 1


def test_a_build_that_a_cancelled_task_left_may_be_another_tasks() -> None:
    """An earlier task of the compose may have imported it; its N-V-R is the request's."""
    hub = StandIn([an_archive()])
    hub.build["task_id"] = 10
    (image,) = execute(cast(Hub, hub), OSBUILD_IMAGE.result_of_build(21, 11, a_request()))
    assert image.build_id == 21
    hub.build["nvr"] = "example-guest-1-6"
    with pytest.raises(ReplyError, match="does not match the request"):
        execute(cast(Hub, hub), OSBUILD_IMAGE.result_of_build(21, 11, a_request()))


@pytest.mark.parametrize("build_id", [22, None, "21", True])
def test_an_archive_of_another_build_is_refused(build_id: object) -> None:
    """Its file would be looked for in this build's folder."""
    with pytest.raises(ReplyError, match=r"does not match the request: .*build_id"):
        read(StandIn([an_archive(), a_companion(IMAGE + ".x", build_id=build_id)]), a_request())


def test_a_status_of_another_build_is_refused() -> None:
    """Its AMI would be recorded for this image."""
    hub = StandIn([an_archive()], status={**a_status("ami-2"), "koji_build_id": 22})
    with pytest.raises(ReplyError, match="koji_build_id should be 21, but is 22"):
        clouds(hub)
    hub.status["koji_build_id"] = 21
    assert clouds(hub) == ["ami-2"]


@pytest.mark.parametrize("result", [None, 7, {}, {"koji": {}}, {"koji": {"build": "x"}}])
def test_a_result_without_a_build_is_an_error(result: Any) -> None:
    """What the task returned is as untrusted as the rest."""
    hub = StandIn([an_archive()])
    hub.result = result
    with pytest.raises(ReplyError):
        read(hub, a_request())


class FailedTask(StandIn):
    """A task whose image failed for a reason of composer's."""

    def __init__(self, reason: str) -> None:
        error = {"id": 10, "reason": reason}
        super().__init__([], status={"image_statuses": [{"status": "failure", "error": error}]})

    def _reply(self, call: Call) -> Reply:
        if call.method == "listTaskOutput":
            return Reply(["compose-status.json"])
        if call.method == "getTaskResult":
            return Reply(fault=HubFaultError(1005, "Compose failed (id: x)"))
        return super()._reply(call)


@pytest.mark.parametrize(
    ("reason", "taken"),
    [
        ('error: "Build is already reserved" code: 1000', True),
        ('error: "Build already exists (id=1, state=COMPLETE): {}" code: 1000', True),
        ("Build already in progress (task 5)", True),
        ("<class 'psycopg2.errors.UniqueViolation'>: duplicate key", True),
        ("googleapi: Error 409: The resource 'projects/p/global/images/x' already exists", False),
        ("InvalidAMIName.Duplicate: AMI name x is already in use", False),
    ],
)
def test_only_the_hubs_own_words_mean_that_an_nvr_was_taken(reason: str, taken: bool) -> None:
    """A cloud's "already exists" is another thing: building again would not help."""
    failure = execute(cast(Hub, FailedTask(reason)), OSBUILD_IMAGE.failure(11, a_request()))
    assert failure.nvr_taken is taken
    quoted = reason if not reason.startswith("error") else reason.split('"')[1].replace(": {}", "")
    assert failure.reason.splitlines() == ["Compose failed (id: x)", "x86_64: " + quoted]


OCI = {"name": "org.osbuild.oci.objectstorage", "options": {"url": "https://o.example/n/x"}}
ODD = {"name": "org.osbuild.odd", "options": {"image_id": "odd-1"}}


@pytest.mark.parametrize(
    ("image_type", "upload", "result"),
    [
        ("oci", OciUpload((("region", "us-ashburn-1"),)), OCI),
        ("aws", AwsEc2Upload("us-east-1"), AMI),
        ("vsphere", AwsS3Upload("us-east-1", (("share_with_accounts", ("1",)),)), S3),
        ("hologram", AwsS3Upload("us-east-1"), AMI),
        ("hologram", AwsS3Upload("us-east-1"), ODD),
    ],
)
def test_the_upload_counts_that_the_image_type_makes(
    image_type: str, upload: Upload, result: Dict[str, Any]
) -> None:
    """Whatever its options look like; of a type that nobody knows, any."""
    config = an_image_config(image_type=image_type, upload=upload)
    request = a_request(config=config, upload_template=UploadTemplate(upload))
    (image,) = read(StandIn([an_archive(image=with_uploads(result))]), request)
    assert len([*image.cloud, *image.unknown_uploads]) == 1


def test_an_upload_of_an_unknown_type_must_arrive_all_the_same() -> None:
    """In none of the places is one."""
    upload = AwsS3Upload("us-east-1")
    config = an_image_config(image_type="hologram", upload=upload)
    request = a_request(config=config, upload_template=UploadTemplate(upload))
    with pytest.raises(ReplyError, match="did not arrive"):
        read(StandIn([an_archive()]), request)
