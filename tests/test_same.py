"""One input gives one answer, with and without the sieve and in whatever order its files are met."""

from __future__ import annotations

import random
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from untag.artifact import Artifact
from untag.gap import Limits
from untag.judge import Gatherer
from untag.lexicon import load
from untag.place import Place
from untag.readers import readers
from untag.scan import Options, scan
from untag.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Finding

HERE = Path(__file__).parent
SPECIMENS = HERE / "specimens" / "readers"
CASES = HERE / "rules" / "cases"


@cache
def _specimens() -> tuple[tuple[str, bytes], ...]:
    """Inputs of all readers by name."""
    files = sorted(p for p in SPECIMENS.glob("*/*/*") if p.is_file() and p.name != "surfaces.txt")
    return tuple((f"{p.parent.name}_{p.name}", p.read_bytes()) for p in files)


@cache
def _cases() -> tuple[dict[str, bytes], ...]:
    """Files of all cases of the rules."""
    tables = [tomllib.loads(p.read_text(encoding="utf-8")) for p in sorted(CASES.glob("*.toml"))]
    return tuple(
        {name: text.encode("utf-8") for name, text in case["files"].items()} for t in tables for case in t["case"]
    )


def _lay(folder: Path, files: Iterable[tuple[str, bytes]]) -> str:
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(folder)


def _found(folder: str, *, sieve: bool) -> tuple[Finding, ...]:
    return scan([folder], Options(jobs=1, sieve=sieve, cache=False)).findings


def _equal(folder: str) -> None:
    with_it, without = _found(folder, sieve=True), _found(folder, sieve=False)
    said = [(f.place, f.rule, f.owner, [m.text for m in f.marks]) for f in with_it]
    assert said == [(f.place, f.rule, f.owner, [m.text for m in f.marks]) for f in without]
    assert with_it == without


@pytest.mark.slow
def test_the_sieve_passes_over_nothing_in_any_specimen(tmp_path: Path) -> None:
    _equal(_lay(tmp_path, _specimens()))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_the_sieve_passes_over_nothing_in_any_case(tmp_path: Path, part: int) -> None:
    for number, files in enumerate(_cases()):
        if number % 4 == part:
            _equal(_lay(tmp_path / str(number), files.items()))


def _some(data: bytes, rng: random.Random) -> bytes:
    """Some lines of a text, so that what belongs together comes apart; a binary as it is."""
    if b"\0" in data or rng.random() < 0.3:
        return data
    lines = data.splitlines(keepends=True)
    share = rng.choice((0.9, 0.6, 0.3))
    return b"".join(line for line in lines if rng.random() < share)


def _tree(rng: random.Random) -> dict[str, bytes]:
    """A small tree out of specimens and cases, in folders whose names may say something."""
    folders = ("", "src/", "face/", "race/", "data/labels/", "attributes/", "uyghur/", "docs/")
    out: dict[str, bytes] = {}
    for _ in range(rng.randint(2, 6)):
        name, data = rng.choice(_specimens())
        out[rng.choice(folders) + name] = _some(data, rng)
    for _ in range(rng.randint(2, 6)):
        folder = rng.choice(folders)
        for name, data in rng.choice(_cases()).items():
            out[folder + name] = _some(data, rng)
    names = ("labels.txt", "race.txt", "classes.json", "readme", "a.c")
    texts = (
        b"White\nBlack\nAsian\nIndian\nOther\n", b"white,black,yellow\n", b"race age\n", b"face gender\n",
        b'{"a": "x\\nrace: white\\tgender"}\n', b"eyeglasses\r\nrace\r\n", b"untag: allow\n", "性别 白\n".encode(),
    )  # fmt: skip
    for _ in range(rng.randint(0, 3)):
        out[rng.choice(folders) + rng.choice(names)] = b"".join(rng.choices(texts, k=rng.randint(1, 2)))
    # A file must not stand where a folder does.
    return {n: d for n, d in out.items() if not any(other.startswith(n + "/") for other in out)}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_sieve_passes_over_nothing_in_trees_put_together_at_random(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - noise that can be repeated, no secret
    for number in range(5):
        _equal(_lay(tmp_path / str(number), _tree(rng).items()))


#: What once was found only without the sieve, or only with it.
DIFFERED = {
    "a set beside words of the surroundings that open no file": {
        "a.py": b'# image of a face, camera, photo\nGROUPS = ["White", "Black", "Yellow"]\n',
    },
    "words of the surroundings of one character": {
        "a.txt": "男 女\nwhite black yellow\n白 黑\n".encode(),
    },
    "a word of the surroundings written apart in a way that is not searched": {
        "a.py": b'# eye.glasses, eye  glasses, eye/glasses\nGROUPS = ["White", "Black", "Yellow"]\n',
    },
    "the name of a folder, not of the file": {
        "race/a.py": b'GROUPS = ["White", "Black", "Yellow"]\nface = 1\n',
        "ethnicity/b.json": b'{"face": {"groups": ["White", "Black", "Yellow"]}}\n',
    },
    "files that nothing draws, beside a tag": {
        "README.md": b"# A project\n\nFace things.\n",
        "a.py": b"face = 2\nethnicity = predict(face)\n",
        "b.py": b"# employee payroll salary vacation department, manager, hire, hr\nwhite = 1\nblack = 2\n",
        "c.py": b"# employee payroll salary vacation department manager hire hr\nwhite = 1\nblack = 2\n",
    },
    "a word behind the escape of a control character": {
        "a.c": b'int gender; char *s = "eyeglasses\\nroma\\tracial group\\nhan";\n',
        "b.json": b'{"a": "\\nracial group\\teyeglasses", "b": "\\nblack"}\n',
    },
    "a text that is cut inside a word": {
        "a.txt": b"face recognition " + b"x " * 1989 + b"racialxyz " + b"y " * 40 + b"\n",
        "b.txt": b"face recognition " + b"x " * 1988 + b"ethnicxyz " + b"y " * 40 + b"\n",
        "c.txt": b"face recognition " + b"x " * 1988 + b" ethnicxyz " + b"y " * 40 + b"\n",
    },
}


@pytest.mark.parametrize("name", DIFFERED)
def test_what_once_differed(tmp_path: Path, name: str) -> None:
    _equal(_lay(tmp_path, DIFFERED[name].items()))


@pytest.mark.parametrize("form", ["f(a, '{}', {})\n", "x = '{} {}'\n", "if f('{}', {}): pass\n", "# {} {}\n"])
def test_no_text_is_cut_inside_a_word(form: str) -> None:
    """Half of ``ethnicxyz`` would be ``ethnic``, which does not stand there."""
    for size in (200, 300, 500, 2000, 4000):
        for shift in range(30):
            text = form.format("x " * ((size - shift) // 2) + "y" * (shift % 2), "ethnicxyz_roma")
            gatherer = Gatherer(load(), Place(("a.py",)))
            artifact = Artifact(Place(("a.py",)), text.encode())
            for item in readers()["code"].read(artifact, Limits()):
                assert isinstance(item, Surface)
                gatherer.add(item)
            assert not any(h.term == "ethnicity" for d in gatherer.close(None).drafts for m in d.marks for h in m.hits)


def test_the_name_of_a_folder_is_enough_for_weak_words(tmp_path: Path) -> None:
    """``GROUPS`` in a file below ``race``: no word of the file alone would have it read."""
    found = _found(_lay(tmp_path, DIFFERED["the name of a folder, not of the file"].items()), sieve=True)
    assert {(f.place.chain[0], f.rule, str(f.status)) for f in found} == {
        ("race/a.py", "labelset", "shown"),
        ("ethnicity/b.json", "labelset", "shown"),
    }


def test_the_order_of_a_list_does_not_matter(tmp_path: Path) -> None:
    rng = random.Random(3)  # noqa: S311
    folder = Path(_lay(tmp_path / "tree", _tree(rng).items()))
    names = sorted(str(p) for p in folder.rglob("*") if p.is_file())
    reports = []
    for number in range(3):
        rows = tmp_path / f"list{number}"
        rows.write_text("\n".join(names) + "\n", encoding="utf-8")
        report = scan([f"files-from:{rows}"], Options(jobs=1, cache=False))
        reports.append((report.findings, report.gaps, report.coverage, [i.digest for i in report.inputs]))
        rng.shuffle(names)
    assert reports[1] == reports[0]
    assert reports[2] == reports[0]
