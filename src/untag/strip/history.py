"""What only the history of a repository holds: expressions and commands for git filter-repo, which strip never runs.

``git filter-repo`` is the tool that git's own manual names for rewriting (``git filter-branch(1)``, "WARNING"); the
files follow its manual: ``--replace-text``, ``--replace-message`` (one expression a line, ``regex:…==>…``) and
``--strip-blobs-with-ids``.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Finding, Mark

__all__ = ["PAST", "Rewriting", "past", "rewriting"]

PAST = "it lies in the history of a repository: --history-plan writes what git filter-repo needs to take it out"
#: What may stand before a name in a line that is written down: no text in quotes, nothing assigned or called, since it
#: may be somebody's value; in comments and data no word with a capital, since it may be somebody's name.
_CODE = re.compile(r"[\w\s.<>\[\]*&,:@~?!|{-]*[\"']?")
_PLAIN = re.compile(r"[\s#/*;!<>%.,:_0-9a-z{\[(-]*[\"']?")
#: Roles of text in tables: a line without its first name would be another table.
_TABLE = frozenset({Role.COLUMN})
_SAID = frozenset({Role.COMMENT, Role.PROSE, Role.HEADING, Role.STRING, Role.VALUE})


@dataclass(slots=True)
class Rewriting:
    """What git filter-repo is to be given.

    Attributes:
        lines: Expressions for lines of files, from their first character to the end.
        messages: The same for lines of messages of commits and tags.
        blobs: Files that go as a whole, as ``COMMIT:PATH``.
    """

    lines: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    blobs: set[str] = field(default_factory=set)

    def files(self, spec: str) -> dict[str, str]:
        """Contents by name of file: the expressions, and the commands that use them.

        Args:
            spec: The repository.
        """
        rows = {}
        options = []
        for name, option, found in (
            ("lines.txt", "--replace-text", self.lines),
            ("messages.txt", "--replace-message", self.messages),
        ):
            if found:
                rows[name] = "".join(f"{one}\n" for one in sorted(found))
                options.append(f'{option} "$plan/{name}"')
        if self.blobs:
            rows["blobs.txt"] = "".join(f"{one}\n" for one in sorted(self.blobs))
            options.append('--strip-blobs-with-ids "$plan/ids.txt"')
        rows["commands.sh"] = _COMMANDS.format(
            repository=shlex.quote(spec),
            ids=_IDS * bool(self.blobs),
            options=" \\\n  ".join(options),
        )
        return rows


#: One that is not there ends the commands, so that nothing is taken for stripped that is not.
_IDS = """\
while IFS= read -r one; do
  git rev-parse --verify --quiet "$one" || { echo "not in this repository: a line of blobs.txt" >&2; exit 1; }
done < "$plan/blobs.txt" > "$plan/ids.txt"
"""
_COMMANDS = """\
#!/bin/sh
# Nothing of this was run. It makes a clone, rewrites the history of the clone, and looks whether anything is left.
# Every commit after the first one that changes gets another id: tell everybody who has a copy, and let them clone anew.
# Forks, other clones, caches of the host and releases keep what was there.
set -eu
plan=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
git clone --no-local --mirror {repository} "$plan/rewritten.git"
cd "$plan/rewritten.git"
{ids}git filter-repo {options}
untag scan --history .
"""


def past(finding: Finding) -> bool:
    """Whether a finding lies in history alone."""
    return finding.place.commit is not None


def rewriting(findings: Iterable[Finding]) -> Rewriting:
    """What takes findings out of the history of a repository.

    A line goes from its first character to its end, wherever it begins alike: no value behind a name is written down. A
    file goes as a whole where it is no text, is a table, or where what precedes a name may be somebody's value.
    """
    made = Rewriting()
    for finding in findings:
        rows: dict[tuple[str, str, int | None], str] = {}
        for mark in finding.marks:
            place = mark.place
            if not place.commit:
                continue
            if place.chain[-1].startswith(("commit ", "tag ")):
                made.messages |= {_message(word) for word in _words(mark)}
                continue
            spot = place.commit, place.chain[0], place.line if len(place.chain) == 1 else None
            rows[spot] = rows.get(spot) or (_line(finding, mark) if len(place.chain) == 1 else "")
        for (commit, path, _), line in rows.items():
            if line:
                made.lines.add(line)
            else:
                made.blobs.add(f"{commit}:{path}")
    return made


def _line(finding: Finding, mark: Mark) -> str:
    """The expression for the line of a mark; nothing where the file has to go."""
    place = mark.place
    hit = next((hit for hit in mark.hits if hit.kind != "context"), None)
    if finding.excerpt is None or place.line is None or place.column is None or hit is None or mark.role in _TABLE:
        return ""
    first, text = finding.excerpt
    rows = text.split("\n")
    if not 0 <= place.line - first < len(rows):
        return ""
    row, at = rows[place.line - first], place.column - 1 + hit.start
    if not row.startswith(mark.text[hit.start : hit.end], at):
        return ""
    end = at + hit.end - hit.start
    while at and (row[at - 1].isalnum() or row[at - 1] == "_"):
        at -= 1
    while end < len(row) and (row[end].isalnum() or row[end] == "_"):
        end += 1
    said = mark.role in _SAID or mark.surface.kind in {Kind.DATASET, Kind.TREE}
    if not (_PLAIN if said else _CODE).fullmatch(row[:at]):
        return ""
    return f"regex:(?m)^{_escaped(row[:end])}(?!\\w)[^\\n]*\\n?==>"


def _words(mark: Mark) -> set[str]:
    """Words of a message that say the tag: what stands around them may be a person's name."""
    return {mark.text[hit.start : hit.end] for hit in mark.hits if hit.kind != "context"}


def _message(word: str) -> str:
    """The expression for lines of messages that hold a word; within another word only where a script parts none."""
    left, right = ("(?<!\\w)", "(?!\\w)") if word.isascii() else ("", "")
    return f"regex:(?m)^[^\\n]*{left}{_escaped(word)}{right}[^\\n]*\\n?==>"


def _escaped(text: str) -> str:
    """Text in an expression of one line, as Python's ``re`` reads it; ``==>`` would end it."""
    return re.escape(text).replace("\n", "\\n").replace("==>", "=[=]>")
