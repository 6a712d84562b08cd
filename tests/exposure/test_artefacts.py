"""Who fetched a release that carries a tag: by digest, path and name, out of a real scan's report."""

from __future__ import annotations

import hashlib
import json
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


def test_what_is_no_report_is_a_mistake(tmp_path: Path) -> None:
    for text in ("", "{}", json.dumps({"schema": "untag.report/1", "inputs": 3, "findings": [{}]})):
        (tmp_path / "r.json").write_text(text)
        with pytest.raises(UntagError, match="is no report"):
            read(tmp_path / "r.json")
