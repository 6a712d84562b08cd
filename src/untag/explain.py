"""What a name means: terms, code systems, rules, readers, forms, purposes, reasons and findings, told as text."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag import config, policy
from untag.finding import Confidence, Purpose, Severity
from untag.gap import REASONS, Reason
from untag.lexicon import load
from untag.lexicon.fold import fold
from untag.mistake import UntagError
from untag.registry import leaf, names
from untag.reports._text import visible, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.lexicon import CodeSystem, Form, Lexicon, Term

__all__ = ["explain", "lexicon", "starter"]

#: Rooms whose leaves can be explained: room, suffix of the class, what a leaf is called.
ROOMS = (
    ("untag.rules", "Rule", "rule"),
    ("untag.readers", "Reader", "reader"),
    ("untag.sources", "Source", "source"),
    ("untag.reports", "Form", "report form"),
    ("untag.rewriters", "Rewriter", "rewriter"),
)
_SEVERITY = {
    Severity.NOTE: "worth knowing, never a failure: fairness measurements, values only read off a document",
    Severity.LOW: "a trace",
    Severity.MEDIUM: "a data set, record, proxy, residue or claim",
    Severity.HIGH: "a product infers or emits it",
    Severity.CRITICAL: "something acts on people because of it, or it is aimed at one people",
}
_CONFIDENCE = {
    Confidence.TENTATIVE: "thin evidence: hidden unless asked for; meant to be right in 60 of 100 cases",
    Confidence.FIRM: "several things agree; meant to be right in 92 of 100 cases",
    Confidence.CERTAIN: "hardly anything else it could be; meant to be right in 98 of 100 cases",
}


def explain(name: str, report: str | None = None) -> str:
    """Everything that goes by a name.

    Args:
        name: What the user asks for, in any case.
        report: A JSON report in which finding keys are looked up.

    Returns:
        Text with a newline at its end.

    Raises:
        UntagError: Nothing goes by the name (the nearest that does is named), or the report cannot be read.
    """
    if name.startswith("k1:") or report is not None:
        return _finding(name, report)
    lex = load()
    table = _table(lex)
    wanted = name.strip().lower().replace(" ", "_")
    found = [tell for key, tell in table if key == wanted]
    if not found:
        found = [tell for key, tell in table if key.replace("-", "_") == wanted.replace("-", "_")]
    texts = ["\n".join(tell()) for tell in found]
    if not texts:
        texts = ["\n".join(_word(lex, name, term)) for term in _holding(lex, name)]
    if not texts:
        near = difflib.get_close_matches(wanted, sorted({key for key, _ in table}), 3, 0.6)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; untag lexicon WORD searches the words it knows"
        raise UntagError(f"nothing is called {name!r}{hint}")
    return "\n\n".join(texts) + "\n"


def _table(lex: Lexicon) -> list[tuple[str, Callable[[], Iterator[str]]]]:
    """Name and teller of everything but findings and written forms."""
    rows: list[tuple[str, Callable[[], Iterator[str]]]] = []
    rows += [(t.id, lambda t=t: _term(lex, t)) for t in lex.terms.values()]  # type: ignore[misc]
    rows += [(s.id, lambda s=s: _system(s)) for s in lex.codes.values()]  # type: ignore[misc]
    for room, suffix, what in ROOMS:
        rows += [(n, lambda r=room, s=suffix, w=what, n=n: _leaf(r, s, w, n)) for n in names(room)]  # type: ignore[misc]
    rows.append(("allowance", lambda: iter(("allowance (rule)", *_par(policy.ALLOWANCE)))))
    rows += [(str(p), lambda p=p: _purpose(p)) for p in Purpose]  # type: ignore[misc]
    rows += [(s.word, lambda s=s: _short(s.word, "severity", _SEVERITY[s])) for s in Severity]  # type: ignore[misc]
    rows += [(c.word, lambda c=c: _short(c.word, "confidence", _CONFIDENCE[c])) for c in Confidence]  # type: ignore[misc]
    rows += [(str(r), lambda r=r: _short(str(r), "reason of a gap", REASONS[r])) for r in Reason]  # type: ignore[misc]
    rows += [(k, lambda k=k: _short(k, "configuration key", config.KEYS[k])) for k in config.KEYS]  # type: ignore[misc]
    return rows


def _par(text: str, margin: str = "  ") -> list[str]:
    return list(wrap(visible(text), 80, margin, margin))


def _item(label: str, text: str) -> list[str]:
    first = f"  {label:<11}"
    if not text:
        return []
    return list(wrap(visible(text), 80, first, " " * len(first)))


def _short(name: str, what: str, text: str) -> Iterator[str]:
    yield f"{name} ({what})"
    yield from _par(text)


def _purpose(purpose: Purpose) -> Iterator[str]:
    yield f"{purpose} (purpose)"
    yield from _par(purpose.meaning)
    yield from _item("severity", f"{purpose.severity.word}; one step more where a single people is named")


def _leaf(room: str, suffix: str, what: str, name: str) -> Iterator[str]:
    made = leaf(room, suffix, name)
    yield f"{name} ({what})"
    for number, part in enumerate((import_module(f"{room}.{name}").__doc__ or "").strip().split("\n\n")):
        yield from ([""] if number else [])
        yield from _par(" ".join(part.split()))
    for part, label in (("formats", "reads"), ("example", "example"), ("limits", "limit"), ("sources", "source")):
        for row in getattr(made, part, ()):
            for number, line in enumerate(row.split("\n")):
                yield from _item("" if number else label, line)


# -- words


def _term(lex: Lexicon, term: Term) -> Iterator[str]:
    yield f"{term.id}: {visible(term.gloss)}"
    named = "; a named people: severity is one step higher" if term.named else ""
    yield from _item("kind", f"{term.kind}, {term.family}{named}")
    yield from _item("note", term.note)
    holders = [f"{s.id} ({s.title})" for s in lex.codes.values() if any(v.term == term.id for v in s.values)]
    yield from _item("code sets", ", ".join(holders))
    yield from ["", f"  {len(term.forms)} written forms"]
    groups: dict[tuple[str, str, str, str, str], list[Form]] = {}
    for form in term.forms:
        groups.setdefault((form.language, form.strength, form.match, form.source, form.review), []).append(form)
    for (language, strength, match, source, review), forms in sorted(groups.items()):
        yield f"  {language} · {strength} · {match}"
        glossed = {f.gloss for f in forms} - {term.gloss}
        words = (f.word + (f" ({f.gloss})" if f.gloss in glossed else "") for f in forms)
        yield from _par(", ".join(words), "      ")
        yield from _par(f"source: {source}; review: {review}", "      ")
        vetoes = dict.fromkeys(v for f in forms for v in f.veto)
        yield from _par("not in: " + ", ".join(vetoes), "      ") if vetoes else []
    yield ""
    yield from _item("not in", ", ".join(term.veto))
    yield from _item("found in", " · ".join(term.hits))
    yield from _item("not found in", " · ".join(term.misses))


def _word(lex: Lexicon, word: str, term: Term) -> Iterator[str]:
    """A written form, and the term it is a form of."""
    forms = [f for f in term.forms if _same(f.word) == _same(word)]
    yield f"{visible(word)} is a written form of {term.id}"
    groups: dict[tuple[str, str, str], list[str]] = {}
    for form in forms:
        groups.setdefault((form.strength, form.gloss, form.review), []).append(form.language)
    for (strength, gloss, review), languages in sorted(groups.items()):
        yield from _item(", ".join(dict.fromkeys(languages)), f"{strength}: {gloss}; review: {review}")
    yield ""
    yield from _term(lex, term)


def _same(text: str) -> str:
    return fold(unicodedata.normalize("NFKC", text)).replace("_", " ").strip()


def _holding(lex: Lexicon, word: str) -> list[Term]:
    """Terms that have a written form, or that the matcher finds in the text."""
    key = _same(word)
    exact = [t for t in lex.terms.values() if any(_same(f.word) == key for f in t.forms)]
    if exact:
        return exact
    return [lex.terms[name] for name in dict.fromkeys(h.term for h in lex.match(word)) if name in lex.terms]


def _system(system: CodeSystem) -> Iterator[str]:
    yield f"{system.id}: {visible(system.title)} (code system or label set)"
    named = "; singles out one people" if system.named else ""
    yield from _item("family", system.family + named)
    alone = "three of its values together prove it" if system.distinct else "its values alone prove nothing"
    yield from _item("proof", alone)
    yield from _item("source", f"{system.source}; review: {system.review}")
    yield from _item("note", system.note)
    yield from ["", f"  {len(system.values)} values"]
    for value in system.values:
        code = " ".join(part for part in (value.code, value.letters) if part)
        shown = f"{code:<8} {value.name}" + (f" [{value.term}]" if value.term else "")
        forms = [f for f in value.forms if f != value.name]
        yield from wrap(visible(shown + (f": {', '.join(forms)}" if forms else "")), 80, "    ", " " * 13)


def lexicon(
    word: str | None = None,
    *,
    forms: bool = False,
    language: str | None = None,
    kind: str | None = None,
    as_json: bool = False,
) -> str:
    """The words untag knows.

    Args:
        word: Only terms and code systems with this in an id, gloss or form, compared folded.
        forms: Only written forms, one a line.
        language: Only forms of this language.
        kind: Only terms of this kind.
        as_json: As JSON.

    Returns:
        Text with a newline at its end.

    Raises:
        UntagError: There is no such kind or language, or nothing holds the word.
    """
    lex = load()
    kinds = sorted({t.kind for t in lex.terms.values()})
    if kind is not None and kind not in kinds:
        raise UntagError(f"no such kind {kind!r}{config.nearest(kind, kinds)} (there are {', '.join(kinds)})")
    if language is not None and language not in lex.languages:
        raise UntagError(f"no such language {language!r}{config.nearest(language, lex.languages)}")
    if forms and word is None and language is None and kind is None:
        from untag.lexicon.sieve import literals

        rows = literals(lex)
        return json.dumps(rows, ensure_ascii=False) + "\n" if as_json else "".join(f"{row}\n" for row in rows)
    key = _same(word) if word is not None else ""
    terms = [
        (term, kept)
        for term in lex.terms.values()
        if kind in {None, term.kind}
        and (kept := [f for f in term.forms if language in {None, f.language}])
        and (not key or key in _same(f"{term.id}\n{term.gloss}") or any(key in _same(f.word) for f in kept))
    ]
    codes = [] if kind or language else [s for s in lex.codes.values() if key in _same(f"{s.id}\n{s.title}")]
    if word is not None and not terms and not codes:
        raise UntagError(f"no term, form or code system holds {word!r}")
    if forms:
        listed = sorted({f.word for _, kept in terms for f in kept if f.word.strip() and "\n" not in f.word})
        return json.dumps(listed, ensure_ascii=False) + "\n" if as_json else "".join(f"{row}\n" for row in listed)
    if as_json:
        return _json(lex, terms, codes)
    return "\n".join(_listing(lex, terms, codes, key)) + "\n"


def _json(lex: Lexicon, terms: list[tuple[Term, list[Form]]], codes: list[CodeSystem]) -> str:
    made: dict[str, Any] = {
        "schema": "untag.lexicon/1",
        "digest": lex.digest,
        "terms": [
            {
                "id": t.id, "kind": t.kind, "family": t.family, "gloss": t.gloss, "named": t.named,
                "forms": [
                    {"word": f.word, "language": f.language, "strength": f.strength, "match": f.match,
                     "source": f.source, "review": f.review}
                    for f in kept
                ],
            }
            for t, kept in terms
        ],
        "codes": [
            {"id": s.id, "title": s.title, "family": s.family, "source": s.source, "review": s.review,
             "values": len(s.values)}
            for s in codes
        ],
    }  # fmt: skip
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def _listing(lex: Lexicon, terms: list[tuple[Term, list[Form]]], codes: list[CodeSystem], key: str) -> Iterator[str]:
    last = None
    for term, kept in sorted(terms, key=lambda row: (row[0].kind, row[0].family, row[0].id)):
        head = (term.kind, term.family)
        if head != last:
            yield from ([""] if last else [])
            yield f"{term.kind}, {term.family}"
            last = head
        yield f"  {term.id:<26} {len(kept):>4} forms  {visible(term.gloss, 44)}"
        if key:
            seen = dict.fromkeys(f"{f.word} ({f.language})" for f in kept if key in _same(f.word))
            yield from _par(", ".join(seen), "      ")
    if codes:
        yield from ["", "code systems and label sets"]
        for system in codes:
            yield f"  {system.id:<26} {len(system.values):>4} values {visible(system.title, 44)}"
    yield from ["", *_counts([f for _, kept in terms for f in kept], len(terms), len(codes)), f"digest {lex.digest}"]


def _counts(forms: list[Form], terms: int, codes: int) -> Iterator[str]:
    languages = Counter(f.language for f in forms)
    yield f"{terms} terms, {len(forms)} forms in {len(languages)} languages, {codes} code systems"
    yield from _item("languages", ", ".join(f"{name} {n}" for name, n in sorted(languages.items())))
    yield from _item("strength", _tally(f.strength for f in forms))
    yield from _item("review", _tally(f.review.partition(":")[0] for f in forms))


def _tally(words: Iterable[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in sorted(Counter(words).items()))


# -- findings


def _finding(key: str, report: str | None) -> str:
    if report is None:
        raise UntagError(f"{key} is a finding's key: name the JSON report that holds it (--report FILE)")
    raw = config.document(Path(report), f"report {report}")
    if not isinstance(raw, dict) or raw.get("schema") != "untag.report/1" or not isinstance(raw.get("findings"), list):
        raise UntagError(f"report {report}: not a report of schema untag.report/1")
    rows = [f for f in raw["findings"] if isinstance(f, dict)]
    found = [f for f in rows if f.get("key") == key]
    if not found:
        near = config.nearest(key, [str(f.get("key")) for f in rows])
        raise UntagError(f"report {report} has no finding {key!r}{near}")
    try:
        return "\n\n".join("\n".join(_told(row)) for row in found) + "\n"
    except (KeyError, TypeError, AttributeError):
        raise UntagError(f"report {report}: the finding is not whole") from None


def _spot(place: dict[str, Any]) -> str:
    line = place.get("line")
    return "!".join(place["chain"]) + (f":{line}" if line is not None else "")


def _told(row: dict[str, Any]) -> Iterator[str]:
    """A finding of a JSON report."""
    yield f"{row['key']}: {visible(row['owner'] or '(the file itself)', 100)}"
    yield from _item("place", _spot(row["place"]))
    yield from _item("judged", f"{row['severity']}, {row['confidence']}, {row['purpose']}, by rule {row['rule']}")
    yield from _item("status", row["status"] + (f": {row['reason']}" if row["reason"] else ""))
    yield from _item("message", row["message"])
    for claim in row["claims"]:
        yield from _item("claim", f"{claim['why']} [{claim['rule']}, {claim['severity']}, {claim['confidence']}]")
        for item in claim["evidence"]:
            where = f" ({_spot(item['place'])})" if item.get("place") else ""
            yield from _item("  for", f"{item['kind']}: {item['text']}{where}")
    for item in row["against"]:
        yield from _item("against", f"{item['kind']}: {item['text']}")
    for mark in row["marks"][:20]:
        words = ", ".join(f"{t['id']} ({t['gloss']})" for t in mark["terms"])
        yield from _item("mark", f"{_spot(mark['place'])} {mark['role']} {mark['text']}: {words}")
    if row["marks"][20:]:
        yield from _item("", f"and {len(row['marks']) - 20} more marks")
    for command in row["check"]:
        yield f"  {'see it':<11}$ {visible(command)}"
    if row["status"] == "shown":
        yield from ["", "  To accept it, write into the policy:", "", "    [[accept]]"]
        for name in ("key", "purpose", "severity"):
            yield f'    {name} = "{visible(row[name])}"'
        yield from ['    reason = ""       # required: why it may stay', "    # expires = 2030-01-31"]


# -- files that untag init writes


def starter(version: str) -> dict[str, str]:
    """The files ``untag init`` writes.

    Args:
        version: Of untag, for the hook and the workflow.

    Returns:
        Text by path relative to the working directory.
    """
    keys = "".join(f"# {key}: {text}\n" for key, text in config.KEYS.items())
    return {
        config.NAME: (
            "# Configuration of untag. Flags on the command line win. Every key:\n#\n"
            f'{keys}\npolicy = "untag-policy.toml"\nfail-on = "low"\n'
        ),
        "untag-policy.toml": _POLICY,
        ".pre-commit-config.yaml": _HOOK.format(version=version),
        ".github/workflows/untag.yml": _WORKFLOW.format(version=version),
    }


_POLICY = """\
# Policy of untag: what is accepted, why, and until when. Nothing accepted is dropped: every report lists it.

[thresholds]
# fail-on = "low"     # lowest severity that makes exit code 1
# strict = false      # true: accepted gaps exit 3 too

# An accepted finding is bound to its key, purpose and highest severity: if it grows worse, it is open again.
# `untag explain KEY --report report.json` prints this block ready-made.
#
# [[accept]]
# key = "k1:0123456789abcdef"
# purpose = "fairness"
# severity = "medium"
# reason = "required: why it may stay"
# expires = 2030-01-31

# Accepted gaps: a glob over the place, a reason of gaps (untag explain damaged), or both.
#
# [[accept-gap]]
# place = "vendor/*.bin"
# gap = "unknown"
# reason = "required: why it need not be read"
"""
_HOOK = """\
repos:
  - repo: local
    hooks:
      - id: untag
        name: untag
        entry: untag scan --quiet
        language: python
        additional_dependencies: ["untag=={version}"]
        require_serial: true
"""
_WORKFLOW = """\
name: untag
on: [push, pull_request]
permissions:
  contents: read
jobs:
  untag:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install untag=={version}
      - run: untag scan . --format plain -o - --format sarif -o "$RUNNER_TEMP/untag.sarif"
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: untag
          path: ${{{{ runner.temp }}}}/untag.sarif
"""
