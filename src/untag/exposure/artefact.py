"""Files in which a scan found a tag, and the rows of logs by which somebody fetched one.

A row fetches an artefact if its path holds the artefact's digest, ends with its path, or ends with its name where that
is the name of a release: an archive or a single file that was scanned, or the folder that a release was unpacked to.
Of images in registries (OCI) that is the digest of a layer, the name and tag that the user gives what was scanned, or
a repository and a tag that together are the name of a release: ``/v2/acme/face-sdk/manifests/2.1`` is ``face-sdk-2.1``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
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
#: A layer as images hold it in files, and a manifest as registries hand it out.
_BLOB = re.compile(r"(?:^|/)blobs/sha256/([0-9a-f]{64})\Z")
_MANIFEST = "/manifests/"
#: What the user calls an image: host, repository, and tag or digest. The host is none of the path.
_IMAGE = re.compile(
    r"(?:(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?|[a-z0-9-]+:\d+)/)?(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@sha256:(?P<digest>[0-9a-f]{64}))?"
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
        pulled: How the path of a registry ends by which it is fetched, where that is another than its name.
    """

    name: str
    digest: str
    term: str
    findings: int
    release: bool
    folder: bool = False
    pulled: str = ""


def read(path: Path, images: Iterable[str] = ()) -> list[Artefact]:
    """The artefacts of a report of ``untag scan``, those with findings that are shown or accepted.

    Args:
        path: JSON, schema ``untag.report/1``.
        images: What registries call what the report is of: ``NAME:TAG``, ``NAME@sha256:…``, a host before it or not.

    Raises:
        UntagError: It cannot be read or is no such report, or an image is written otherwise.
    """
    asked = [_image(name) for name in images]
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
    if made and asked:
        most = max(made, key=lambda row: row.findings)
        made += [replace(row, term=most.term, findings=most.findings) for row in asked]
    return made


def _image(said: str) -> Artefact:
    """What the user calls an image; its term and findings are those of the report.

    Raises:
        UntagError: It is written otherwise.
    """
    found = _IMAGE.fullmatch(said)
    if found is None or not (found["tag"] or found["digest"]):
        raise UntagError(f"--image {said[:200]}: write NAME:TAG or NAME@sha256:DIGEST, as for docker pull")
    pulled = f"{found['name']}{_MANIFEST}{found['tag']}" if found["tag"] else ""
    return Artefact(said, found["digest"] or "", "", 0, release=False, pulled=pulled)


def _artefacts(inputs: list[dict[str, Any]], findings: list[dict[str, Any]]) -> list[Artefact]:
    terms: dict[tuple[int, str, bool], dict[str, int]] = {}
    counts: dict[tuple[int, str, bool], int] = {}
    for finding in findings:
        if finding["status"] == "hidden":
            continue
        place = finding["place"]
        number, chain = int(place.get("input", 0)), place["chain"]
        alone = _base(inputs[number]["spec"]) == chain[0]
        keys = [(number, str(chain[0]), len(chain) > 1 or alone), (number, "", True)]
        if len(chain) > 2 and _BLOB.search(str(chain[1])):
            keys.append((number, str(chain[1]), False))  # a layer of an image that was scanned as one archive
        for key in keys:
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
        if not digest and (blob := _BLOB.search(name)):
            digest = blob[1]
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
        #: By tag: how the path ends, and what it is.
        self._pulls: dict[str, list[tuple[str, Artefact]]] = {}
        for row in self.rows:
            for pulled in _pulled(row):
                self._pulls.setdefault(pulled.rpartition("/")[2], []).append((f"/{pulled}", row))
            parts = row.name.split("/")
            if row.pulled or not (row.release or row.folder or len(parts) > 1):
                continue
            if len(parts) > 1:
                self._paths.setdefault(parts[-1], []).append(row)
            if row.folder:
                self._folders[row.name] = row
            elif row.release:
                self._names[parts[-1]] = row
        self._needles = self._made()

    def _made(self) -> Any:
        from ahocorasick_rs import BytesAhoCorasick

        pulls = {pulled for rows in self._pulls.values() for pulled, _ in rows}
        names = {*self._paths, *self._names, *self._folders, *self._digests, *pulls}
        ways = {way.encode("utf-8", "surrogateescape") for n in names for way in (n, quote(n), quote(n, safe=""))}
        ways |= {f"{_MANIFEST}{tag}".encode("utf-8", "surrogateescape") for tag in self._pulls}
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
        for pulled, row in self._pulls.get(name, ()):
            if path.endswith(pulled) and "/v2/" in path:
                return row, "tag"
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


def _pulled(row: Artefact) -> list[str]:
    """How paths end by which registries hand it out: of a release each way to part its name from its tag."""
    if row.pulled or not row.release:
        return [row.pulled] if row.pulled else []
    base = row.name.rpartition("/")[2]
    found = None if row.folder else _SUFFIX.search(base)
    base = base[: found.start()] if found is not None and found.end() == len(base) else base
    return [
        f"{base[: found.start()]}{_MANIFEST}{base[found.end() :]}"
        for found in re.finditer(r"[-_:@.]", base)
        if found.start() and found.end() < len(base)
    ]
