"""Containers: what lies in them is found at its place, every byte is accounted for, and nothing hides its neighbour."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostile import adds_up
from untag import spool
from untag.gap import Reason
from untag.scan import Options, scan
from untag.spool import Heap

if TYPE_CHECKING:
    from untag.report import Report

SPECIMENS = Path(__file__).parent / "specimens" / "readers"
TWINS = sorted(p.with_name(p.name.removesuffix("-clean")) for p in SPECIMENS.glob("*/*-clean"))
SCRIPT = (Path(__file__).parent.parent / "tools" / "specimens.py").read_text("utf-8")
TAGGED = next(row for row in SCRIPT.split('"""') if "UYG" in row)  # the text that is planted in the specimens


def look(path: Path, **options: object) -> Report:
    return scan([str(path)], Options(jobs=1, cache=False, **options))  # type: ignore[arg-type]


def input_of(case: Path) -> Path:
    return next(p for p in sorted(case.iterdir()) if p.name != "surfaces.txt")


@pytest.mark.parametrize("case", TWINS, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_the_planted_tag_is_found_and_the_twin_is_clean(case: Path) -> None:
    report = look(input_of(case))
    assert report.shown
    assert adds_up(report.coverage)
    clean = look(input_of(case.with_name(case.name + "-clean")))
    assert not clean.findings
    assert adds_up(clean.coverage)
    assert [(g.place.chain[1:], g.reason) for g in report.gaps] == [(g.place.chain[1:], g.reason) for g in clean.gaps]


READERS = sorted(p.name for p in SPECIMENS.iterdir() if p.is_dir())


@pytest.mark.parametrize("reader", READERS)
def test_every_byte_of_every_specimen_is_accounted_for(reader: str, tmp_path: Path) -> None:
    """Read, opaque by design, a gap, or ignored: whole, and cut in two."""
    for case in sorted(p for p in (SPECIMENS / reader).iterdir() if p.is_dir()):
        for path in sorted(p for p in case.rglob("*") if p.is_file() and p.name != "surfaces.txt"):
            raw = path.read_bytes()
            half = tmp_path / case.name / path.name
            half.parent.mkdir(exist_ok=True)
            half.write_bytes(raw[: len(raw) // 2])
            for one, size in ((path, len(raw)), (half, len(raw) // 2)):
                cover = look(one).coverage
                assert cover.bytes == size, one
                assert adds_up(cover), (one, cover)


def zipped(rows: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in rows.items():
            archive.writestr(name, data)
    return out.getvalue()


FACE = TAGGED.encode()


def places(report: Report) -> set[tuple[str, ...]]:
    return {f.place.chain for f in report.shown}


def test_a_place_leads_through_containers(tmp_path: Path) -> None:
    inner = zipped({"com/face.h": FACE})
    (tmp_path / "sdk-1.2.3.zip").write_bytes(zipped({"lib/in.jar": inner, "face.h": FACE}))
    report = look(tmp_path)
    assert places(report) == {("sdk-1.2.3.zip", "face.h"), ("sdk-1.2.3.zip", "lib/in.jar", "com/face.h")}
    assert report.coverage.artifacts == 1
    assert report.coverage.expanded_bytes == len(inner) + 2 * len(FACE)
    finding = next(f for f in report.shown if len(f.place.chain) == 3)
    first = finding.place.line or 0
    steps = "unzip -p sdk-1.2.3.zip lib/in.jar | bsdtar -xOf - com/face.h"
    assert finding.check == (f"{steps} | sed -n {max(1, first - 2)},{first + 2}p",)
    (tmp_path / "sdk-1.2.3.zip").rename(tmp_path / "sdk-1.3.zip")
    assert {f.key for f in look(tmp_path).shown} == {f.key for f in report.shown}


def test_a_damaged_member_never_hides_its_neighbours(tmp_path: Path) -> None:
    rows = {f"{n}/face.h": FACE + b"// %d\n" % n for n in range(3)}
    raw = bytearray(zipped(rows))
    at = raw.find(b"1/face.h") + len("1/face.h") + 20
    raw[at : at + 30] = b"\xff" * 30
    (tmp_path / "a.zip").write_bytes(raw)
    report = look(tmp_path)
    assert {("a.zip", "0/face.h"), ("a.zip", "2/face.h")} <= places(report)
    assert {g.place.chain for g in report.gaps} == {("a.zip", "1/face.h")}
    assert Reason.DAMAGED in {g.reason for g in report.gaps}


def test_a_zip_without_its_directory_is_read_by_its_members(tmp_path: Path) -> None:
    raw = zipped({"a/face.h": FACE, "b/face.h": FACE + b"//\n"})
    (tmp_path / "a.zip").write_bytes(raw[: raw.find(b"PK\1\2")])
    report = look(tmp_path)
    assert places(report) == {("a.zip", "a/face.h"), ("a.zip", "b/face.h")}
    assert [g.reason for g in report.gaps] == [Reason.DAMAGED]


@pytest.mark.parametrize("size", range(30, 44))
def test_a_zip_that_breaks_off_within_its_first_name_ends(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"include/face.h": FACE})[:size])
    assert look(tmp_path).gaps


def test_a_member_that_the_directory_does_not_list_is_read(tmp_path: Path) -> None:
    hidden = zipped({"hidden/face.h": FACE})
    hidden = hidden[: hidden.find(b"PK\1\2")]
    (tmp_path / "a.zip").write_bytes(hidden + zipped({"plain.txt": b"nothing\n"}))
    assert places(look(tmp_path)) == {("a.zip", "hidden/face.h")}


@pytest.mark.parametrize("sixteenth", range(1, 16))
def test_a_cut_zip_is_a_gap_and_what_precedes_is_found(tmp_path: Path, sixteenth: int) -> None:
    raw = zipped({"a/face.h": FACE, "b.bin": bytes(range(256)) * 64}, zipfile.ZIP_STORED)
    (tmp_path / "a.zip").write_bytes(raw[: len(raw) * sixteenth // 16])
    report = look(tmp_path)
    assert Reason.DAMAGED in {g.reason for g in report.gaps}
    assert adds_up(report.coverage)
    if len(raw) * sixteenth // 16 > len(FACE) + 40:
        assert places(report) == {("a.zip", "a/face.h")}


def test_properties_that_the_library_does_not_take_are_a_gap(tmp_path: Path) -> None:
    raw = bytearray(zipped({"face.h": FACE, "other.h": FACE + b"//\n"}, zipfile.ZIP_LZMA))
    raw[30 + len("face.h") + 4] = 8 + 9 * 4  # lc 8, lp 4
    (tmp_path / "a.zip").write_bytes(raw)
    report = look(tmp_path)
    assert places(report) == {("a.zip", "other.h")}
    assert [(g.reason, g.place.chain) for g in report.gaps] == [(Reason.UNKNOWN, ("a.zip", "face.h"))]


def test_names_without_the_flag_are_decoded(tmp_path: Path) -> None:
    raw = zipped({"人脸属性/民族/face.h": FACE}, zipfile.ZIP_STORED)
    name = "人脸属性/民族/face.h"
    raw = raw.replace(name.encode(), name.encode("gbk") + b"." * (len(name.encode()) - len(name.encode("gbk"))))
    at, flags = -1, b"\0\x08"
    while (at := raw.find(b"PK\1\2", at + 1)) >= 0:
        raw = raw[: at + 8] + raw[at + 8 : at + 10].replace(flags, b"\0\0") + raw[at + 10 :]
    (tmp_path / "a.zip").write_bytes(raw)
    (chain,) = places(look(tmp_path))
    assert chain[1].startswith("人脸属性/民族/face.h")


def bomb(depth: int) -> bytes:
    data = zipped({"zeros": bytes(1 << 24)})
    for _ in range(depth):
        data = zipped({f"{n}.zip": data for n in range(16)})
    return data


def test_bombs_are_bounded_and_neighbours_found(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a/face.h": FACE, "b.zip": bomb(4), "c/face.h": FACE + b"//\n"}))
    report = look(tmp_path)
    assert ("a.zip", "a/face.h") in places(report)
    assert Reason.LIMIT in {g.reason for g in report.gaps}
    assert report.coverage.expanded_bytes <= (1 << 30)


def test_one_member_that_expands_without_end_is_cut(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("face.h", FACE)
    raw = (tmp_path / "a.zip").read_bytes()
    head = b"PK\3\4" + b"\x14\0\0\0\x08\0" + bytes(4) + bytes(4) + len(body).to_bytes(4, "little") + b"\0\0\0\x20"
    head += b"\1\0\0\0z"
    (tmp_path / "a.zip").write_bytes(head + body + raw)
    report = look(tmp_path)
    assert places(report) == {("a.zip", "face.h")}
    assert (Reason.LIMIT, ("a.zip", "z")) in {(g.reason, g.place.chain) for g in report.gaps}


def test_members_that_reach_into_one_another_are_read_once(tmp_path: Path) -> None:
    raw = zipped({"face.h": FACE})
    start, end = raw.find(b"PK\1\2"), raw.find(b"PK\5\6")
    entry = raw[start:end]
    many = b"".join(entry[:46] + b"f%05d" % n + entry[52:] for n in range(500))
    tail = bytearray(raw[end:])
    tail[8:12] = b"\xf4\1\xf4\1"
    tail[12:16] = len(many).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(raw[:start] + many + bytes(tail))
    report = look(tmp_path)
    assert len(places(report)) == 1
    assert report.coverage.expanded_bytes == len(FACE)


def test_containers_nest_to_a_depth(tmp_path: Path) -> None:
    data = zipped({"face.h": FACE})
    for n in range(7):
        data = zipped({f"{n}.zip": data})
    (tmp_path / "fits.zip").write_bytes(data)
    (tmp_path / "deeper.zip").write_bytes(zipped({"more.zip": data}))
    report = look(tmp_path)
    assert {chain[0] for chain in places(report)} == {"fits.zip"}
    assert [(g.reason, len(g.place.chain)) for g in report.gaps] == [(Reason.LIMIT, 10)]


def test_links_are_not_followed(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a/link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "../../../etc/passwd")
        archive.writestr("../../outside/face.h", FACE)
    report = look(tmp_path)
    assert places(report) == {("a.zip", "../../outside/face.h")}
    assert [g.reason for g in report.gaps] == [Reason.REFUSED]


def test_a_folder_for_each_class_in_a_container(tmp_path: Path) -> None:
    classes = ("Uyghur", "Han", "Tibetan")
    rows = {f"face_recognition/ethnicity/{name}/{n}.jpg": b"\xff\xd8\xff" for name in classes for n in range(3)}
    for name, data in rows.items():
        (tmp_path / "loose" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "loose" / name).write_bytes(data)
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "faces.zip").write_bytes(zipped(rows))
    loose, packed = look(tmp_path / "loose"), look(tmp_path / "packed")
    assert [f.rule for f in packed.findings] == [f.rule for f in loose.findings] != []
    assert {f.place.chain[0] for f in packed.findings} == {"faces.zip"}


def test_persons_are_masked_in_members(tmp_path: Path) -> None:
    names = ("Ada_Lovelace", "Grace_Hopper", "Alan_Turing", "Mary_Jackson", "Annie_Easley", "Jean_Bartik")
    rows = {f"faces/{name}/{n}.jpg": b"\xff\xd8\xff\xe0" for name in names for n in range(4)}
    rows |= {f"faces/{name}/face.h": FACE for name in names}
    (tmp_path / "faces.zip").write_bytes(zipped(rows))
    report = look(tmp_path)
    assert {f.place.chain for f in report.shown} == {("faces.zip", "faces/<person>/face.h")}
    assert not any(name.split("_")[1] in repr(report.findings) for name in names)


def test_a_name_is_followed_into_members(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(
        zipped({"sql/query.sql": b"SELECT group_flag7 AS ethnicity, face_id FROM face_attribute;\n",
                "src/use.py": b"def alarm(row):\n    if row['group_flag7'] == 2:\n        notify(row)\n"})
    )  # fmt: skip
    (tmp_path / "loose").mkdir()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "loose")  # noqa: S202 - our own zip
    loose = {(f.rule, f.place.chain[-1]) for f in look(tmp_path / "loose").findings}
    assert {(f.rule, f.place.chain[-1]) for f in look(tmp_path / "a.zip").findings} == loose


def test_an_excerpt_of_data_in_a_container_is_the_member_s_own(tmp_path: Path) -> None:
    path = tmp_path / "sdk.zip"
    labels = '{\n  "heads": ["age", "gender", "race"],\n  "id2label": {"0": "asian", "1": "white", "2": "black"}\n}\n'
    path.write_bytes(zipped({"face-attributes/config.json": labels.encode()}))
    for cache in (False, True, True):
        report = scan([str(path)], Options(jobs=1, cache=cache))
        shown = [f.excerpt for f in report.shown if f.excerpt]
        assert shown
        assert all(line in labels.split("\n") for _, text in shown for line in text.split("\n"))


def tarred(rows: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in rows.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def image(form: str, layers: list[dict[str, bytes]]) -> bytes:
    """An image as ``docker save`` writes it, or as OCI lays it out, its layers not in their order."""
    blobs = {f"blobs/sha256/{hashlib.sha256(raw).hexdigest()}": raw for raw in map(tarred, layers)}
    names = list(blobs)
    rows = dict(reversed(list(blobs.items())))
    if form == "docker":
        return tarred({**rows, "manifest.json": json.dumps([{"Config": "c.json", "Layers": names}]).encode()})
    made = json.dumps({"layers": [{"digest": n.removeprefix("blobs/").replace("/", ":")} for n in names]}).encode()
    name = hashlib.sha256(made).hexdigest()
    index = json.dumps({"manifests": [{"digest": f"sha256:{name}"}]}).encode()
    return tarred({"oci-layout": b"{}", "index.json": index, f"blobs/sha256/{name}": made, **rows})


@pytest.mark.parametrize("form", ["docker", "oci"])
@pytest.mark.parametrize("mark", ["opt/sdk/.wh.face.h", "opt/.wh.sdk", "opt/sdk/.wh..wh..opq", "./opt/sdk/.wh.face.h"])
def test_what_a_later_layer_deletes_is_read_and_told(tmp_path: Path, form: str, mark: str) -> None:
    layers = [{"opt/sdk/face.h": FACE}, {mark: b""}, {"opt/sdk/face.h": FACE + b"//\n", "opt/other.txt": b"-"}]
    (tmp_path / "image.tar").write_bytes(image(form, layers))
    told = {}
    for finding in look(tmp_path).shown:
        told[finding.place.chain[1]] = [e.text for e in finding.against if e.kind == "deleted"]
    names = [f"blobs/sha256/{hashlib.sha256(tarred(row)).hexdigest()}" for row in layers]
    assert sorted(told) == sorted({names[0], names[2]})
    assert told[names[2]] == []
    assert told[names[0]] == [f"a later layer of the image deletes it; the image still holds it ({names[1]})"]


def test_an_encrypted_zip_opens_with_its_password_and_is_a_gap_without(tmp_path: Path) -> None:
    import pyzipper

    with pyzipper.AESZipFile(tmp_path / "aes.zip", "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"s3cret-word")
        archive.writestr("face.h", FACE)
    locked = look(tmp_path)
    assert [g.reason for g in locked.gaps] == [Reason.ENCRYPTED]
    assert not locked.shown
    opened = look(tmp_path, passwords=(b"wrong", b"s3cret-word"))
    assert places(opened) == {("aes.zip", "face.h")}
    assert "s3cret" not in repr(opened)


def test_pieces_that_wait_are_given_back_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "FEW", 1000)
    heap = Heap()
    pieces = [bytes([n]) * n * 7 for n in range(60)]
    loads = [heap.put(piece) for piece in pieces]
    assert [load() for load in reversed(loads)] == pieces[::-1]
    assert heap.put(b"more")() == b"more"
    assert [load() for load in loads] == pieces

    def full(_held: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(spool, "scratch", full)
    assert Heap().put(b"held")() == b"held"
