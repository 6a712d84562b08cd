"""Files in which a scan found a tag, and the rows of logs by which somebody fetched one.

A row fetches an artefact if its path holds the artefact's digest, ends with its path, or ends with its name where that
is the name of a release: an archive or a single file that was scanned, or the folder that a release was unpacked to.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from untag.exposure.row import FAULTS, Heard
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from untag.exposure.row import Row

__all__ = ["Artefact", "Artefacts", "read"]

#: Bytes of the largest report that is read, and artefacts at most.
LARGEST, MOST = 512 << 20, 100_000
#: Statuses by which something was handed out: whole, in part, from a store that the client is sent to, or still held.
_GIVEN = frozenset({200, 206, 302, 303, 304, 307, 308})
_SUFFIX = re.compile(
    r"\.(?:zip|tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz|zst)|whl|jar|aar|war|apk|ipa|deb|rpm|7z|rar|nupkg|gem|crate|exe|msi|dmg|run"
    r"|onnx|pt|pth|tflite|pb|h5|bin|img|iso)",
    re.IGNORECASE,
)
_KINDS = frozenset({"attribute", "group", "proxy", "colour"})


@dataclass(frozen=True, slots=True)
class Artefact:
    """Something that was scanned and carries a tag.

    Attributes:
        name: Its path in what was scanned, or what was scanned itself.
        digest: SHA-256 in hexadecimal where the report says it; else empty.
        term: The term that was found most.
        findings: How many.
        release: Whether its name alone tells it.
        folder: Whether it was scanned unpacked: an archive of that name is it.
    """

    name: str
    digest: str
    term: str
    findings: int
    release: bool
    folder: bool = False


def read(path: Path) -> list[Artefact]:
    """The artefacts of a report of ``untag scan``, those with findings that are shown or accepted.

    Args:
        path: JSON, schema ``untag.report/1``.

    Raises:
        UntagError: It cannot be read or is no such report.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UntagError(f"{path} is larger than {LARGEST >> 20} MB")
        report = json.loads(path.read_bytes())
        good = report["schema"] == "untag.report/1"
        made = _artefacts(report["inputs"], report["findings"]) if good else []
    except OSError as error:
        raise UntagError(f"cannot read {path}: {(error.strerror or 'error').lower()}") from None
    except FAULTS:
        good, made = False, []
    if not good:
        raise UntagError(f"{path} is no report of untag scan in JSON (untag.report/1)")
    return made


def _artefacts(inputs: list[dict[str, Any]], findings: list[dict[str, Any]]) -> list[Artefact]:
    terms: dict[tuple[int, str, bool], dict[str, int]] = {}
    counts: dict[tuple[int, str, bool], int] = {}
    for finding in findings:
        if finding["status"] == "hidden":
            continue
        place = finding["place"]
        number, chain = int(place.get("input", 0)), place["chain"]
        alone = _base(inputs[number]["spec"]) == chain[0]
        for key in ((number, str(chain[0]), len(chain) > 1 or alone), (number, "", True)):
            counts[key] = counts.get(key, 0) + 1
            known = terms.setdefault(key, {})
            for mark in finding["marks"]:
                for term in mark["terms"]:
                    if term["kind"] in _KINDS:
                        known[term["id"]] = known.get(term["id"], 0) + 1
    out: dict[str, Artefact] = {}
    for (number, name, release), count in sorted(counts.items()):
        base = _base(inputs[number]["spec"])
        alone = base == name
        if not name and (any(key[:2] == (number, base) for key in counts) or not base):
            continue  # what was scanned is one file, which stands here by its name
        known = terms[number, name, release]
        term = min(known, key=lambda t: (-known[t], t)) if known else "ethnicity"
        digest = str(inputs[number].get("digest", "")).removeprefix("sha256:") if alone else ""
        made = Artefact(name or base, digest, term, count, release, folder=not name)
        before = out.get(made.name)
        if before is None or before.findings < made.findings:
            out[made.name] = made
    if len(out) > MOST:
        raise UntagError(f"the report names more than {MOST} files with findings")
    return list(out.values())


def _base(spec: str) -> str:
    bare = spec.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "" if bare in {".", "..", "-"} else bare


class Artefacts:
    """Looks for artefacts in rows.

    Args:
        rows: As ``read`` gives them.
    """

    def __init__(self, rows: Iterable[Artefact]) -> None:
        self.rows = list(rows)
        self._digests = {row.digest: row for row in self.rows if row.digest}
        self._paths: dict[str, list[Artefact]] = {}
        self._names: dict[str, Artefact] = {}
        self._folders: dict[str, Artefact] = {}
        for row in self.rows:
            parts = row.name.split("/")
            if len(parts) > 1:
                self._paths.setdefault(parts[-1], []).append(row)
            if row.folder:
                self._folders[row.name] = row
            elif row.release:
                self._names[parts[-1]] = row
        self._needles = self._made()

    def _made(self) -> Any:
        from ahocorasick_rs import BytesAhoCorasick

        names = {*self._paths, *self._names, *self._folders, *self._digests}
        ways = {way.encode("utf-8", "surrogateescape") for n in names for way in (n, quote(n), quote(n, safe=""))}
        return BytesAhoCorasick(sorted(way for way in ways if way))

    def places(self, block: bytes) -> list[int]:
        """Where a name or digest stands in some bytes: rows elsewhere fetched nothing."""
        return [start for _, start, _ in self._needles.find_matches_as_indexes(block)]

    def fetched(self, row: Row) -> Row:
        """The row, with what it fetched among what it says itself."""
        if row.method != "GET" or (row.status and row.status not in _GIVEN):
            return row
        path = unquote(row.target.partition("?")[0]).rstrip("/")
        found = self._found(path)
        if found is not None:
            row.heard = (*row.heard, Heard("fetched", found[1], found[0].term, "path", found[0].name[:200]))
        return row

    def _found(self, path: str) -> tuple[Artefact, str] | None:
        """The artefact of a path, and how it is told."""
        for part in re.findall(r"[0-9a-f]{64}", path):
            if part in self._digests:
                return self._digests[part], "digest"
        name = path.rpartition("/")[2]
        for row in self._paths.get(name, ()):
            if path.endswith(f"/{row.name}"):
                return row, "path"
        if name in self._names:
            return self._names[name], "name"
        for dot in re.finditer(r"\.", name[-20:]):
            cut = max(0, len(name) - 20) + dot.start()
            if name[:cut] in self._folders and _SUFFIX.fullmatch(name, cut):
                return self._folders[name[:cut]], "name"
        return None
