"""Whether a form means what it is filed under: words are read back by people who are not told the concept.

draw --out OUT          the strong forms that nobody checked, without their concept, and the list of concepts
keep OUT FIRST SECOND   keep what two readers said, and mark the forms that both read as filed and as clear

``benchmarks/readback/README.md`` tells readers what to do.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from accuracy import outside

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
TERMS = ROOT / "src" / "untag" / "lexicon" / "terms"
#: What was said so far, a form a line.
KEPT = ROOT / "benchmarks" / "readback" / "readings.tsv"
HEAD = ("language", "match", "word", "first", "first_state", "second", "second_state")
#: ``u``: it means nothing else; ``a``: other things too; ``x``: no word of the language, or badly written.
STATES = frozenset("uax")
#: A form of a term file, with what stands before the next.
_FORM = re.compile(r"(?m)^(?=\[\[form\]\])")
_WORDS = re.compile(r"(?ms)^words = \[.*?\](?=\n)")
_WIDTH = 120


class Word(NamedTuple):
    """A word as it stands in a form."""

    language: str
    match: str
    text: str


def unread(terms: Path) -> Iterator[tuple[Word, str]]:
    """Words of strong forms that nobody checked, with the concept that each is filed under."""
    for path in sorted(terms.glob("*.toml")):
        term = tomllib.loads(path.read_text(encoding="utf-8"))
        for form in term.get("form", ()):
            if _open(form):
                for text in form["words"]:
                    yield Word(form["language"], form["match"], text), term["id"]


def _open(form: dict[str, Any]) -> bool:
    return form["strength"] == "strong" and str(form.get("review", "unreviewed")).startswith("unreviewed")


def draw(args: argparse.Namespace) -> int:
    """Write ``words.tsv`` and ``concepts.tsv``; the words in order, so that a concept's do not stand together."""
    out = outside(args.out)
    words = sorted({word for word, _ in unread(args.terms)})
    out.joinpath("words.tsv").write_text(
        "".join(f"{n}\t{w.language}\t{w.match}\t{w.text}\n" for n, w in enumerate(words)), encoding="utf-8"
    )
    rows = []
    for path in sorted(args.terms.glob("*.toml")):
        term = tomllib.loads(path.read_text(encoding="utf-8"))
        if term["kind"] != "context":
            rows.append(f"{term['id']}\t{term['gloss']}\n")
    out.joinpath("concepts.tsv").write_text("".join(rows), encoding="utf-8")
    print(f"{len(words)} words in {out / 'words.tsv'}, {len(rows)} concepts in {out / 'concepts.tsv'}")
    return 0


def readings(path: Path) -> dict[str, tuple[str, str]]:
    """Concepts and state by number.

    Raises:
        SystemExit: A line is no such row.
    """
    out = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) < 3 or cells[2] not in STATES:
            raise SystemExit(f"{path}: not a reading: {line[:60]}")
        out[cells[0]] = (cells[1], cells[2])
    return out


def keep(args: argparse.Namespace) -> int:
    """Add readings to those that are kept, and mark what both read so."""
    first, second = readings(args.first), readings(args.second)
    filed = defaultdict(set)
    for word, concept in unread(args.terms):
        filed[word].add(concept)
    said, clear, apart = [], defaultdict(set), 0
    for line in args.out.joinpath("words.tsv").read_text(encoding="utf-8").splitlines():
        number, *cells = line.split("\t")
        if number not in first or number not in second:
            continue
        word = Word(*cells)
        (a, state), (b, other) = first[number], second[number]
        said.append("\t".join((*word, a, state, b, other)))
        agreed = filed[word] & set(a.split("|")) & set(b.split("|"))
        apart += not agreed
        for concept in agreed if state == other == "u" else ():
            clear[concept].add(word)
    old = args.kept.read_text(encoding="utf-8").splitlines()[1:] if args.kept.exists() else []
    args.kept.write_text("\n".join(["\t".join(HEAD), *sorted({*old, *said})]) + "\n", encoding="utf-8")
    marked = sum(_marked(path, clear, args.review) for path in sorted(args.terms.glob("*.toml")))
    print(f"{len(said)} words read twice; {apart} not as they are filed by both; {marked} marked")
    return 0


def _marked(path: Path, clear: dict[str, set[Word]], review: str) -> int:
    """Mark forms of a file; a form of which only some words are clear becomes two."""
    text = path.read_text(encoding="utf-8")
    wanted = clear.get(tomllib.loads(text)["id"])
    if not wanted:
        return 0
    head, *parts = _FORM.split(text)
    out, count = [head], 0
    for part in parts:
        form = tomllib.loads(part)["form"][0]
        good = [w for w in form["words"] if _open(form) and Word(form["language"], form["match"], w) in wanted]
        if not good:
            out.append(part)
            continue
        count += len(good)
        vouched = _with(part, good).replace('review = "unreviewed"', f"review = {json.dumps(review)}", 1)
        rest = [w for w in form["words"] if w not in good]
        out += [vouched.rstrip("\n") + "\n\n", _with(part, rest)] if rest else [vouched]
    path.write_text("".join(out), encoding="utf-8")
    return count


def _with(part: str, words: list[str]) -> str:
    """A form with other words."""
    quoted = [json.dumps(w, ensure_ascii=False) for w in words]
    made = f"words = [{', '.join(quoted)}]"
    if len(made) > _WIDTH:
        lines, line = ["words = ["], "   "
        for word in quoted:
            if len(line) + len(word) + 2 > _WIDTH:
                lines.append(line)
                line = "   "
            line += f" {word},"
        made = "\n".join([*lines, line, "]"])
    return _WORDS.sub(lambda _: made, part, count=1)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add both commands to a parser; ``run`` of its result is the command."""
    parts = parser.add_subparsers(required=True, metavar="draw|keep")
    one = parts.add_parser("draw", help="write words to be read back, without their concepts")
    one.add_argument("--out", type=Path, required=True, help="folder outside the checkout")
    one.set_defaults(run=draw)
    two = parts.add_parser("keep", help="keep what two readers said, and mark the forms that both read as filed")
    two.add_argument("out", type=Path, help="folder that was drawn")
    two.add_argument("first", type=Path)
    two.add_argument("second", type=Path)
    two.add_argument("--review", required=True, help='who read them and when, as in "checked: read back by …"')
    two.add_argument("--kept", type=Path, default=KEPT, help="where readings are kept (default %(default)s)")
    two.set_defaults(run=keep)
    for part in (one, two):
        part.add_argument("--terms", type=Path, default=TERMS, help="folder of term files (default %(default)s)")
