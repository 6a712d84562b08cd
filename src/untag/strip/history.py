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
#: What may stand before a name in a line of data; anything else may be somebody's value, and is not written down.
_BARE = re.compile(r"""[\s"'{\[(<,&*-]*(?:-\s+)?["']?""")
#: Roles of text in tables: a line without its first name would be another table.
_TABLE = frozenset({Role.COLUMN})


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
            ids='git cat-file --batch-check="%(objectname)" < "$plan/blobs.txt" > "$plan/ids.txt"\n' * bool(self.blobs),
            options=" \\\n  ".join(options),
        )
        return rows


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
        for mark in finding.marks:
            place = mark.place
            if not place.commit:
                continue
            if place.chain[-1].startswith(("commit ", "tag ")):
                made.messages |= {f"regex:(?m)^[^\\n]*{_escaped(word)}[^\\n]*\\n?==>" for word in _words(mark)}
                continue
            line = _line(finding, mark)
            if line and len(place.chain) == 1:
                made.lines.add(line)
            else:
                made.blobs.add(f"{place.commit}:{place.chain[0]}")
    return made


def _line(finding: Finding, mark: Mark) -> str:
    """The expression for the line of a mark; nothing where the file has to go."""
    place = mark.place
    if finding.excerpt is None or place.line is None or place.column is None or mark.role in _TABLE:
        return ""
    first, text = finding.excerpt
    rows = text.split("\n")
    if not 0 <= place.line - first < len(rows):
        return ""
    row, at = rows[place.line - first], place.column - 1
    word = mark.text[: max((hit.end for hit in mark.hits if hit.kind != "context"), default=len(mark.text))]
    if not row.startswith(word, at):
        return ""
    before = row[:at]
    if mark.surface.kind in {Kind.DATASET, Kind.TREE} and not _BARE.fullmatch(before):
        return ""
    return f"regex:(?m)^{_escaped(before + word)}[^\\n]*\\n?==>"


def _words(mark: Mark) -> set[str]:
    """Words of a message that say the tag: what stands around them may be a person's name."""
    return {mark.text[hit.start : hit.end] for hit in mark.hits if hit.kind != "context"} or {mark.text}


def _escaped(text: str) -> str:
    """Text in an expression of one line, as Python's ``re`` reads it; ``==>`` would end it."""
    return re.escape(text).replace("\n", "\\n").replace("==>", "=[=]>")
