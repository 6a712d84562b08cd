"""Words of the lexicon that are read back by who does not know the concept, on a made-up lexicon."""

from __future__ import annotations

import argparse
import tomllib
from typing import TYPE_CHECKING

import pytest
import readback

if TYPE_CHECKING:
    from pathlib import Path

TERM = """id = "uyghur"
kind = "group"
gloss = "Uyghur"

[[form]]
language = "tr"
words = ["uygurlar", "uyghurlar", "doğu"]
match = "token"
strength = "strong"
source = "made up"
review = "unreviewed"

[[form]]
language = "tr"
words = ["uygur"]
match = "token"
strength = "weak"
source = "made up"
review = "unreviewed"
"""
REVIEW = "checked: read back by two, today"


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    readback.arguments(parser)
    args = parser.parse_args([str(w) for w in words])
    return int(args.run(args))


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    folder = tmp_path / "terms"
    folder.mkdir()
    (folder / "uyghur.toml").write_text(TERM, encoding="utf-8")
    return folder


def said(path: Path, *rows: str) -> Path:
    path.write_text("".join(f"{n}\t{row}\n" for n, row in enumerate(rows)), encoding="utf-8")
    return path


def test_only_strong_words_that_nobody_checked_are_drawn_and_not_their_concept(terms: Path, tmp_path: Path) -> None:
    assert run("draw", "--out", tmp_path / "out", "--terms", terms) == 0
    drawn = (tmp_path / "out" / "words.tsv").read_text(encoding="utf-8")
    assert drawn == "0\ttr\ttoken\tdoğu\n1\ttr\ttoken\tuyghurlar\n2\ttr\ttoken\tuygurlar\n"


def test_what_both_read_as_filed_and_as_clear_is_checked_and_the_rest_stays(terms: Path, tmp_path: Path) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept.tsv"
    run("draw", "--out", out, "--terms", terms)
    first = said(tmp_path / "1.tsv", "region_origin\ta\teast", "uyghur\tu\tUyghurs", "turk|uyghur\tu\tUyghurs")
    second = said(tmp_path / "2.tsv", "other\ta\teast", "uyghur\tx\tmisspelt", "uyghur\tu\tUyghurs")
    assert run("keep", out, first, second, "--review", REVIEW, "--kept", kept, "--terms", terms) == 0
    forms = tomllib.loads((terms / "uyghur.toml").read_text(encoding="utf-8"))["form"]
    assert [(f["words"], f["strength"], f["review"]) for f in forms] == [
        (["uygurlar"], "strong", REVIEW),
        (["uyghurlar", "doğu"], "strong", "unreviewed"),
        (["uygur"], "weak", "unreviewed"),
    ]
    assert "tr\ttoken\tuyghurlar\tuyghur\tu\tuyghur\tx" in kept.read_text(encoding="utf-8").splitlines()


def test_what_is_no_reading_is_named_and_nothing_is_marked(terms: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("draw", "--out", out, "--terms", terms)
    wrong = said(tmp_path / "1.tsv", "uyghur\tsure")
    with pytest.raises(SystemExit, match="not a reading"):
        run("keep", out, wrong, wrong, "--review", REVIEW, "--kept", tmp_path / "k", "--terms", terms)
    assert (terms / "uyghur.toml").read_text(encoding="utf-8") == TERM


def test_what_is_marked_so_was_read_so() -> None:
    """Each form that says it was read back stands in what is kept, read by both as clear."""
    rows = [line.split("\t") for line in readback.KEPT.read_text(encoding="utf-8").splitlines()[1:]]
    clear = {
        readback.Word(*row[:3]): set(row[3].split("|")) & set(row[5].split("|"))
        for row in rows
        if row[4] == row[6] == "u"
    }
    for path in sorted(readback.TERMS.glob("*.toml")):
        term = tomllib.loads(path.read_text(encoding="utf-8"))
        for form in term.get("form", ()):
            if "read back blind" in form.get("review", ""):
                for word in form["words"]:
                    assert term["id"] in clear[readback.Word(form["language"], form["match"], word)], word
