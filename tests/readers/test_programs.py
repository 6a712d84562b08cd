"""Programs: hostile ones are bounded, names come out of what compilers made of them, and one thing is one finding."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from hostile import adds_up, input_of
from untag.artifact import Artifact
from untag.gap import Damaged, Gap, Limits, Opaque, Reason
from untag.place import Place
from untag.readers import is_dense, readers
from untag.readers._pool import pooled
from untag.scan import Options, scan
from untag.surface import Role, Surface
from untag.syntax import elf
from untag.syntax.dwarf import Debug
from untag.syntax.image import Section
from untag.syntax.mangled import demangled, glued

ROOT = Path(__file__).parent.parent / "specimens" / "readers"
PROGRAMS = sorted(name for name, reader in readers().items() if is_dense(reader) or name == "debug")
CASES = sorted(p for name in PROGRAMS for p in (ROOT / name).iterdir() if not p.name.endswith("-clean"))


def shown(name: str, data: bytes, reader: str) -> list[Surface | Artifact | Gap | Opaque]:
    out: list[Surface | Artifact | Gap | Opaque] = []
    artifact = Artifact(Place((name,)), data)
    try:
        out.extend(readers()[reader].read(artifact, Limits()))
    except Damaged as broken:
        out.append(Gap(artifact.place, Reason.DAMAGED, str(broken)))
    return out


def named(rows: list[Surface | Artifact | Gap | Opaque], role: Role) -> set[str]:
    return {f"{r.owner}:{r.text}" for r in rows if isinstance(r, Surface) and r.role is role}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_what_is_cut_or_changed_is_read_to_an_end(case: Path) -> None:
    path = input_of(case)
    data = path.read_bytes()
    rng = random.Random(7)  # noqa: S311 - no secret
    for part in range(16):
        shown(path.name, data[: len(data) * part // 16], case.parent.name)
    for _ in range(60):
        changed = bytearray(data)
        for _ in range(rng.choice((1, 3, 20))):
            changed[rng.randrange(len(changed))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        shown(path.name, bytes(changed), case.parent.name)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_a_cut_program_is_accounted_for(case: Path, tmp_path: Path) -> None:
    data = input_of(case).read_bytes()
    path = tmp_path / input_of(case).name
    for part in (3, 8, 13):
        path.write_bytes(data[: len(data) * part // 16])
        assert adds_up(scan([str(path)], Options(jobs=1, cache=False)).coverage)


@pytest.mark.parametrize(
    ("symbol", "path", "what"),
    [
        ("_ZNK4face8FaceAttr8isUyghurEv", ("face", "FaceAttr", "isUyghur"), "method"),
        ("_ZN4face8FaceAttrC2ERKS0_", ("face", "FaceAttr"), "type"),
        ("_ZTVN4face8FaceAttrE", ("face", "FaceAttr"), "type"),
        ("_Z13get_ethnicityi", ("get_ethnicity",), ""),
        ("_ZN4face3mapISt6vectorIiSaIiEELi5EE9ethnicityEv", ("face", "map", "ethnicity"), ""),
        ("_ZN4face4pickILNS_4RaceE2EE4nameEv", ("face", "pick", "name"), ""),
        ("_ZZN4face3runEvE9ethnicity", ("face", "run", "ethnicity"), ""),
        ("_ZN12_GLOBAL__N_19ethnicityE", ("ethnicity",), ""),
        ("__ZN4face9ethnicityEv", ("face", "ethnicity"), ""),
        ("_ZN4face4attr9is_uyghur17h0123456789abcdefE", ("face", "attr", "is_uyghur"), ""),
        ("_RNvNtCs1234_4face4attr9is_uyghur", ("face", "attr", "is_uyghur"), ""),
        ("_RNvMs_CsX_4faceNtB4_8FaceAttr9is_uyghur", ("FaceAttr", "is_uyghur"), ""),
        ("?isUyghur@FaceAttr@face@@QEBA_NXZ", ("face", "FaceAttr", "isUyghur"), ""),
        ("??0FaceAttr@face@@QEAA@XZ", ("face", "FaceAttr"), "type"),
        ("??_7FaceAttr@face@@6B@", ("face", "FaceAttr"), "type"),
        (".?AW4Ethnicity@face@@", ("face", "Ethnicity"), "enum"),
        (".?AVFaceAttr@face@@", ("face", "FaceAttr"), "type"),
        ("?get@?$Box@H@face@@QEAAHXZ", ("face", "Box", "get"), ""),
    ],
)
def test_names_come_out_of_symbols(symbol: str, path: tuple[str, ...], what: str) -> None:
    found = demangled(symbol)
    assert found is not None
    assert (found.path, found.what) == (path, what)


@pytest.mark.parametrize(
    "symbol",
    ["_Z", "_ZN", "_ZN99999a", "_ZNS", "_ZZZZZZZZ", "_Z" + "N1a" * 500, "_R", "_RNv", "_R" + "INv" * 400, "?", "?@@",
     "??", "?a", "??$" + "?$a@V" * 400, "_ZN4faceILNLNLN", "_ZTh", "_ZTc", "plain", "_ZN4face9999E", "_ZUl"],
)  # fmt: skip
def test_a_name_that_is_none_is_left(symbol: str) -> None:
    assert demangled(symbol) is None or demangled(symbol)


def test_a_name_with_a_letter_glued_to_it_is_given_to_the_sieve(tmp_path: Path) -> None:
    assert [b"_Z13get_ethnicityi"[a:b] for a, b in glued(b"_Z13get_ethnicityi")] == [b"get_ethnicity"]
    data = bytearray((ROOT / "elf" / "library-clean" / "libface.so").read_bytes())
    data = data.replace(b"_Z8get_moodi\0", b"_Z8uygurishi\0")
    path = tmp_path / "libface.so"
    path.write_bytes(bytes(data))
    report = scan([str(path)], Options(jobs=1, cache=False))
    assert [f.owner for f in report.findings if f.marks] == ["uygurish"]


def test_references_that_lead_in_a_circle_end() -> None:
    # Three abbreviations: a unit with children, and a typedef and a member whose types are references.
    abbrev = bytes.fromhex("0111010000 02160003084913 0000 03130103080000 040d00030849130000 00")
    unit = b"\x01" + b"\x02a\0" + struct.pack("<I", 19) + b"\x02b\0" + struct.pack("<I", 12)
    unit += b"\x03Face\0" + b"\x04nation\0" + struct.pack("<I", 12) + b"\0\0"
    head = struct.pack("<HIB", 4, 0, 8)
    info = struct.pack("<I", len(head) + len(unit)) + head + unit
    debug = Debug({"info": (0, len(info)), "abbrev": (len(info), len(abbrev))}, info + abbrev, "<")
    things = list(debug.things(None))
    assert [(t.what, t.path, t.name) for t in things] == [("struct", (), "Face"), ("field", ("Face",), "nation")]
    assert not debug.damage


def test_a_parent_that_is_never_closed_and_counts_that_lie() -> None:
    abbrev = bytes.fromhex("01 11 01 00 00  02 34 01 03 0a 00 00 00")
    unit = b"\x01" + b"\x02\x00" * 5000
    head = struct.pack("<HIB", 4, 0, 8)
    for length in (len(head) + len(unit), 0xFFFFFFF0, 0, 7):
        info = struct.pack("<I", length) + head + unit
        debug = Debug({"info": (0, len(info)), "abbrev": (len(info), len(abbrev))}, info + abbrev, "<")
        assert list(debug.things(None)) == []
        assert debug.damage
    data = bytearray((ROOT / "elf" / "library" / "libface.so").read_bytes())
    data[60:62] = b"\xff\xff"  # so many sections
    assert any(isinstance(r, Gap) for r in shown("a.so", bytes(data), "elf"))


def test_a_unit_that_names_nothing_of_interest_is_passed_over() -> None:
    data = (ROOT / "elf" / "old" / "face3.o").read_bytes()
    image = elf.sections(data)
    assert image is not None
    data = bytes(elf.linked(data, image)[:])
    where = {n: (s.start, s.size) for n in ("info", "abbrev", "str") if (s := image.section(f".debug_{n}"))}
    at = data.index(b"ETH_UYGHUR")
    found = {t.name for t in Debug(where, data, "<").things([(at + 4, at + 10)])}
    assert found >= {"ETH_UYGHUR", "Ethnicity", "getAge"}
    assert not list(Debug(where, data, "<").things([(0, 2)]))


def test_compressed_debug_information_that_expands_without_end_is_a_gap() -> None:
    import zlib

    data = (ROOT / "debug" / "zlib" / "face.o").read_bytes()
    image = elf.sections(data)
    assert image is not None
    packed = zlib.compress(bytes(80 << 20), 9)
    head = struct.pack("<IIQQ", 1, 0, 80 << 20, 1)
    number = next(i for i, s in enumerate(image.sections) if s.packed)
    table = struct.unpack_from("<Q", data, 40)[0] + number * 64
    made = bytearray(data + head + packed)
    struct.pack_into("<QQ", made, table + 24, len(data), len(head) + len(packed))
    gaps = [r for r in shown("face.o", bytes(made), "debug") if isinstance(r, Gap)]
    assert [g.reason for g in gaps] == [Reason.LIMIT]


def test_one_thing_in_symbols_debug_information_and_texts_is_one_finding(tmp_path: Path) -> None:
    path = tmp_path / "face.o"
    path.write_bytes((ROOT / "elf" / "object" / "face.o").read_bytes())
    owners = [f.owner for f in scan([str(path)], Options(jobs=1, cache=False)).findings]
    assert len(owners) == len(set(owners))
    assert {"face.FaceAttr", "face.Ethnicity", "get_ethnicity"} <= set(owners)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (("<line %u> age: %d", "<line %u> race: %d", "<line %u> gender = %s"), {"age", "race", "gender"}),
        (("face.age=%.2f;", "face.race=%02x;", "gender: %lu"), {"age", "race", "gender"}),
        (("no face at %d", "race condition in %s", "gender: none"), set()),
    ],
)
def test_what_is_printed_behind_its_name_is_called_so(texts: tuple[str, ...], found: set[str]) -> None:
    data = b"\0" + "\0".join(texts).encode() + b"\0"
    rows = list(pooled(data, [Section(".rodata", 0, len(data))], None, Place(("a.so",))))
    assert {r.text for r in rows if r.role is Role.MEMBER} == found
