"""The sentences and numbers that every form for people says alike: verdict, counts, coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.finding import Severity, Status
from untag.report import PRESENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.finding import Finding
    from untag.report import Report

__all__ = ["PRESENCE", "count", "coverage", "lasting", "listing", "rest", "size", "standing", "unheeded", "verdict"]


#: What a reader reads, for people; its name is plain enough otherwise.
_KINDS = {
    "builds": "build files",
    "code": "source code",
    "raw": "plain text",
    "specs": "interface descriptions",
    "strings": "text inside binary files",
    "tree": "settings and data",
}


def count(number: int, word: str) -> str:
    """A number with its noun: ``1 finding``, ``12,000 findings``."""
    return f"{number:,} {word if number == 1 else word + 's'}"


def listing(parts: list[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def size(number: int) -> str:
    """Bytes for people, in powers of 1,000: ``12.3 MB``."""
    if number < 1000:
        return f"{number} B"
    value = float(number)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value:.1f} TB"


def rest(finding: Finding) -> str:
    """Why a finding is hidden or accepted, in words."""
    if finding.reason:
        return finding.reason
    if finding.status is Status.ACCEPTED:
        return "accepted, no reason recorded"
    if finding.severity is Severity.NOTE:
        return "of severity note"
    return f"confidence {finding.confidence.word}"


def lasting(finding: Finding) -> str:
    """What history says of a finding: from when to when, what still leads to it; nothing where it was not asked."""
    row = finding.span
    if row is None:
        return ""
    between = f"from commit {row.first[:12]} to {row.last[:12]}; " if row.first else ""
    held = f"held by {_few(row.refs, row.count)}" if row.refs else "no name leads to it"
    also = f"; it lay at {_few(row.paths, row.path_count)} as well" if row.paths else ""
    return f"{between}{held}; {'in a branch of today' if row.tip else 'gone from the branches of today'}{also}"


def _few(names: Sequence[str], number: int) -> str:
    return ", ".join(names[:3]) + (f" and {number - 3:,} more" if number > 3 else "")


def standing(report: Report) -> str:
    """``2 critical, 5 high`` of the findings that are shown."""
    levels = [(level, sum(f.severity is level for f in report.shown)) for level in reversed(Severity)]
    return ", ".join(f"{number:,} {level.word}" for level, number in levels if number)


def verdict(report: Report) -> str:
    """The sentence that says how the scan ended. It never says that an input contains no ethnic tag."""
    word = report.verdict
    read = f"{count(report.coverage.artifacts, 'file')}, {size(report.coverage.bytes)}"
    unread = len(report.open_gaps)
    if word == "findings":
        text = f"{count(len(report.shown), 'finding')}: {standing(report)}."
        if unread:
            text += f" Besides, {count(unread, 'place')} could not be read."
    elif word == "incomplete":
        text = f"Nothing is shown, but {count(unread, 'place')} could not be read; what is there is not known."
        text = text if unread else "Nothing is shown so far."
    elif word == "accepted":
        text = (
            "Nothing open is shown, but accepted findings of high or critical severity remain in place "
            f"({read} looked at, none of it left out)."
        )
    elif word == "empty":
        text = "Nothing was read, so nothing can be said."
    else:
        silent = len(report.findings)
        text = f"None was found in what was read ({read}, no open gap), with the lexicon named here"
        text += f", beside {count(silent, 'finding')} hidden or accepted and listed as such." if silent else "."
    return "Interrupted: this report is partial. " + text if report.interrupted else text


def unheeded(report: Report) -> str:
    """Heading of what inputs ask of untag without being trusted, or nothing."""
    rows = report.untrusted
    if not rows:
        return ""
    return f"{count(len(rows), 'request')} inside an input that is not trusted; --trust-input obeys them"


def coverage(report: Report) -> list[tuple[str, str, str]]:
    """Rows of the account of bytes: what happened to them, how many, and a remark."""
    cover = report.coverage
    rows: list[tuple[str, str, str]] = []
    for reader, row in sorted(cover.read.items(), key=lambda item: (-item[1]["bytes"], item[0])):
        remark = count(row["artifacts"], "file")
        if row["lexed_only"]:
            remark += f", {row['lexed_only']:,} of them too large or too deep to parse, and lexed"
        name = "searched, no word found" if reader == "sieve" else f"read as {_KINDS.get(reader, reader)}"
        rows.append((name, size(row["bytes"]), remark))
    if cover.expanded_bytes:
        rows.append(("unpacked from containers and read", size(cover.expanded_bytes), "beside the bytes above"))
    rows += [
        (f"opaque by design: {name.replace('_', ' ')}", size(number), "not text; no gap")
        for name, number in sorted(cover.by_design.items())
    ]
    if cover.ignored or cover.ignored_artifacts:
        rows.append(("ignored on demand", size(cover.ignored), count(cover.ignored_artifacts, "file")))
    if cover.gap:
        rows.append(("in gaps", size(cover.gap), "not read"))
    return rows
