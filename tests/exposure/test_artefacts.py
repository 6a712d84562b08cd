"""Who fetched a release that carries a tag: by digest, path and name, out of a real scan's report."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from logs import KEY, line, name, told
from untag.exposure.artefact import read
from untag.exposure.forms import forms
from untag.exposure.run import Settings, expose
from untag.mistake import UntagError
from untag.reports import View, form_of
from untag.scan import Options, scan

if TYPE_CHECKING:
    from pathlib import Path

    from untag.exposure.artefact import Artefact

HEADER = "typedef struct FACE { int age; int gender; int ethnicity; float faceScore; } FACE;\n"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two releases packed, of which one is clean, one unpacked, and reports over them."""
    root = tmp_path_factory.mktemp("releases")
    (root / "out/v2").mkdir(parents=True)
    for path, text in (("v2/face-sdk-2.1.zip", HEADER), ("clean-1.0.zip", "int a;\n")):
        with zipfile.ZipFile(root / "out" / path, "w") as file:
            file.writestr("include/face.h", text)
    (root / "face-sdk-1.9/include").mkdir(parents=True)
    (root / "face-sdk-1.9/include/face.h").write_text(HEADER)
    for number, spec in enumerate(("out", "out/v2/face-sdk-2.1.zip", "face-sdk-1.9")):
        report = scan([str(root / spec)], Options(jobs=1, cache=False))
        (root / f"{number}.json").write_text("".join(form_of("json").write(report, View())))
    return root


def test_what_a_report_names(releases: Path) -> None:
    assert [(a.name, a.term, a.release, a.folder) for a in read(releases / "0.json")] == [
        ("out", "ethnicity", True, True), ("v2/face-sdk-2.1.zip", "ethnicity", True, False)
    ]  # fmt: skip
    one = read(releases / "1.json")
    digest = hashlib.sha256((releases / "out/v2/face-sdk-2.1.zip").read_bytes()).hexdigest()
    assert [(a.name, a.digest) for a in one] == [("face-sdk-2.1.zip", digest)]
    assert [(a.name, a.release) for a in read(releases / "2.json")] == [
        ("face-sdk-1.9", True), ("include/face.h", False)
    ]  # fmt: skip


def test_who_fetched_one(releases: Path, tmp_path: Path) -> None:
    rows = [*read(releases / "0.json"), *read(releases / "1.json"), *read(releases / "2.json")]
    digest = next(a.digest for a in rows if a.digest)
    log = tmp_path / "cdn.log"
    log.write_text(
        line("192.0.2.1", "/releases/v2/face-sdk-2.1.zip?token=x")
        + line("192.0.2.1", "/releases/v2/face-sdk-2.1.zip", 206)
        + line("192.0.2.2", "/releases/v2%2Fface-sdk-2.1.zip", 404)
        + line("192.0.2.3", f"/v2/sdk/blobs/sha256:{digest}", 307)
        + line("192.0.2.4", "/old/face-sdk-1.9.tar.gz")
        + line("192.0.2.5", "/old/clean-1.0.zip")
        + line("192.0.2.6", "/files/face-sdk-1.9.txt")
        + line("192.0.2.7", "/src/include/face.h")
        + line("192.0.2.8", "/mirror/face-sdk-2.1%2Ezip")
    )
    made = expose([str(log)], Settings(KEY, artefacts=tuple(rows)))
    assert {n.id: p.count("fetched") for n, p in made.people.items() if p.count("fetched")} == {
        name("192.0.2.1"): 2, name("192.0.2.3"): 1, name("192.0.2.4"): 1, name("192.0.2.7"): 1,
        name("192.0.2.8"): 1,
    }  # fmt: skip
    row = told(made)
    assert {c["verdict"] for c in row["customers"]} == {"no evidence"}  # to have fetched is neither of the others
    assert made.code == 1
    assert {a["artefact"]: a["customers"] for a in row["artefacts"] if a["customers"]} == {
        "face-sdk-1.9": 1, "face-sdk-2.1.zip": 2, "include/face.h": 1, "v2/face-sdk-2.1.zip": 1
    }  # fmt: skip
    assert "in no log" in "".join(forms()["plain"].write(made, {}))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with an image in OCI's layout, its archive and a report over each; and the digest of its layer."""
    root = tmp_path_factory.mktemp("image")
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as file:
        info = tarfile.TarInfo("usr/include/face.h")
        info.size = len(HEADER)
        file.addfile(info, io.BytesIO(HEADER.encode()))
    digest = hashlib.sha256(raw.getvalue()).hexdigest()
    blobs = root / "layout/blobs/sha256"
    blobs.mkdir(parents=True)
    (blobs / digest).write_bytes(raw.getvalue())
    (root / "layout/oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    with tarfile.open(root / "face-sdk_2.1.tar", "w") as file:
        file.add(root / "layout", "")
    for made in ("layout", "face-sdk_2.1.tar"):
        report = scan([str(root / made)], Options(jobs=1, cache=False))
        (root / f"{made}.json").write_text("".join(form_of("json").write(report, View())))
    return root, digest


def pulls(root: Path, rows: list[Artefact], *targets: str) -> list[int]:
    """How many rows of each target fetched something."""
    log = root / "registry.log"
    log.write_text("".join(line(f"192.0.2.{n}", target) for n, target in enumerate(targets)))
    made = expose([str(log)], Settings(KEY, artefacts=tuple(rows)))
    people = {who.id: person.count("fetched") for who, person in made.people.items()}
    return [people[name(f"192.0.2.{n}")] for n in range(len(targets))]


def test_a_layer_is_told_by_its_digest(image: tuple[Path, str]) -> None:
    root, digest = image
    for report in ("layout.json", "face-sdk_2.1.tar.json"):
        rows = read(root / report)
        assert digest in {row.digest for row in rows}
        assert pulls(root, rows, f"/v2/a/sdk/blobs/sha256:{digest}", f"/v2/a/sdk/blobs/sha256:{'0' * 64}") == [1, 0]


def test_an_image_is_told_by_its_tag(image: tuple[Path, str]) -> None:
    root, _ = image
    # An archive that is called as repository and tag are.
    named = read(root / "face-sdk_2.1.tar.json")
    targets = ("/v2/acme/face-sdk/manifests/2.1", "/v2/acme/face-sdk/manifests/2.2", "/face-sdk/manifests/2.1")
    assert pulls(root, named, *targets) == [1, 0, 0]
    # What the user says.
    manifest = "1" * 64
    rows = read(root / "layout.json", ["registry.example.org:5000/acme/sdk:v3", f"acme/other@sha256:{manifest}"])
    targets = (
        "/v2/acme/sdk/manifests/v3", "/docker/v2/acme/sdk/manifests/v3?ns=x", "/v2/other/acme/sdk/manifests/v3x",
        f"/v2/acme/other/manifests/sha256:{manifest}", "/v2/acme/sdk/tags/list",
    )  # fmt: skip
    assert pulls(root, rows, *targets) == [1, 1, 0, 1, 0]
    for wrong in ("acme/sdk", "ACME:1", "acme:", "a b:1", "acme@sha256:12"):
        with pytest.raises(UntagError, match="write NAME:TAG"):
            read(root / "layout.json", [wrong])


def test_what_is_no_report_is_a_mistake(tmp_path: Path) -> None:
    for text in ("", "{}", json.dumps({"schema": "untag.report/1", "inputs": 3, "findings": [{}]})):
        (tmp_path / "r.json").write_text(text)
        with pytest.raises(UntagError, match="is no report"):
            read(tmp_path / "r.json")
