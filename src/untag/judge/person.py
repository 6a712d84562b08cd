"""Folders and files that look like persons, as face datasets have them: masked in every place and message."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.case import DECLARED
from untag.finding import Claim, Evidence, Finding, Hit, Mark, key_of
from untag.judge.identity import SURNAMES, person
from untag.later import later
from untag.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.finding import Span
    from untag.gap import Gap
    from untag.lexicon import Lexicon
    from untag.report import Unheeded
    from untag.surface import Surface

__all__ = ["PERSON", "UNQUOTED", "Persons"]

#: What stands for a person in a path or a message.
PERSON = "<person>"
#: Folders of images side by side from which names of persons, single first names, and numbers are believed.
NAMES, WORDS, NUMBERS = 3, 5, 20
#: Records of one person each that lie side by side, from which all of their sort are.
FILES = 5
#: The same of names of persons where nothing says that the product is about faces.
ALONE = 5
#: Texts whose like without names is kept.
_SAID = 5000
#: What is said instead of a sentence that quotes a person's file.
UNQUOTED = "a record of a person holds such a value (not quoted)"
#: Suffixes of images and of what face libraries keep of one.
_IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".gif", ".heic", ".jp2")
#: What divides the parts of a name in a folder's name.
_PARTS = later(r"[\s_\-.]+")
_WORD = later(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
#: A number, with letters before it at most ("n000012", "id_0042", "S001", "m.0107_f").
_NUMBER = later(r"(?:[A-Za-z]{1,8}[-_.]?)?\d{2,}|m\.0\w{3,8}", re.ASCII)
_HAN = later("[\u4e00-\u9fff]{2,4}")
#: Words by which datasets are parted, which are no names of persons.
_SPLITS = frozenset(
    {
        "aligned", "all", "anchor", "annotation", "annotations", "assets", "back", "bad", "clean", "crop",
        "cropped", "crops", "data", "dataset", "debug", "demo", "eval", "fake", "front", "full", "gallery", "good",
        "hr", "icons", "image", "images", "img", "imgs", "left", "lr", "masks", "neg", "negative", "original",
        "out", "output", "photos", "pictures", "pos", "positive", "probe", "query", "raw", "real", "result",
        "results", "right", "sample", "samples", "test", "tests", "thumbnails", "tmp", "train", "training",
        "unknown", "val", "valid", "validation",
    }
)  # fmt: skip


class Persons:
    """Says which folders and files look like persons, and masks them."""

    def __init__(
        self,
        lexicon: Lexicon,
        paths: Iterable[tuple[int, str]],
        biometric: Callable[[int, str], bool],
        single: Iterable[Place] = (),
        lone: Iterable[Place] = (),
    ) -> None:
        """Look at the paths of all artifacts; no image is opened.

        Args:
            lexicon: Classes of people (``train/East_Asian``) are no persons.
            paths: Input number and flat path of each artifact, read or not.
            biometric: Whether what lies at a path belongs to a product about faces.
            single: Artifacts that are the record of one person (see ``Records.single``); where several lie side by
                side, each is one person's.
            lone: Artifacts that say of which people one is (see ``Records.lone``).
        """
        self._lexicon = lexicon
        self._biometric = biometric
        #: (input, folder with its slash) of each person.
        self._folders: set[tuple[int, str]] = set()
        #: Parts of the names of persons by the first part, longest first.
        self._names: dict[str, list[tuple[str, ...]]] = {}
        #: Names in scripts without capitals, as they are written in paths, and what finds them.
        self._han: set[str] = set()
        self._net: re.Pattern[str] | None = None
        #: What texts and chains became; findings say the same again and again.
        self._said: dict[str, str] = {}
        self._chains: dict[tuple[int, tuple[str, ...]], tuple[str, ...]] = {}
        #: New key by old one.
        self.keys: dict[str, str] = {}
        #: (input, file) of each person who has one and no folder.
        self._files = _alike(single)
        # One that is called by a whole name needs no others beside it.
        self._files |= {(p.input, p.flat) for p in lone if self._called(p)}
        rows = list(paths)
        images = _beneath((n, p) for n, p in rows if p[-5:].lower().endswith(_IMAGES))
        parents: dict[tuple[int, str], list[str]] = {}
        for number, folder in images:
            parent, _, name = folder.rpartition("/")
            parents.setdefault((number, parent), []).append(name)
        wide = {parent: names for parent, names in parents.items() if len(names) >= NAMES}
        if not wide:
            return
        files = _beneath(rows)
        for (number, parent), names in sorted(wide.items()):
            prefix = parent + "/" if parent else ""
            mostly = [n for n in names if images[number, prefix + n] * 5 >= files[number, prefix + n] * 3]
            if self._gallery(number, prefix, sorted(mostly)):
                for name in mostly:
                    self._folders.add((number, prefix + name + "/"))
                    self._learn(name)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._folders or self._files or self._names or self._han)

    def _called(self, place: Place) -> bool:
        """Whether a file is called by a name: ``Ann_Smith.json``."""
        name = place.flat.rpartition("/")[2]
        stem = name.removesuffix(_suffix(name))
        return _full(stem) and person(stem.replace("-", "_")) and not self._lexicon.match(stem)

    def _gallery(self, number: int, prefix: str, names: list[str]) -> bool:
        """Whether folders that lie side by side are one a person."""
        if len(names) < NAMES:
            return False
        hits = {n: self._lexicon.match(n) for n in names}
        terms = sum(any(h.kind in {"group", "attribute", "proxy"} for h in hits[n]) for n in names)
        if terms * 10 >= len(names) * 3:
            return False  # a folder for each class of people: that is what is looked for
        full = sum(_full(n) and not any(h.kind == "context" for h in hits[n]) for n in names)
        known = any(h.family == "biometric" for h in self._lexicon.match(prefix)) or self._biometric(number, prefix)
        if full * 2 >= len(names) and (known or full >= ALONE):
            return True
        if not known:
            return False
        lower = sum(_lower(n) and not any(h.kind == "context" for h in hits[n]) for n in names)
        if (full + lower) * 2 >= len(names):
            return True
        if len(names) >= NUMBERS and sum(bool(_NUMBER.fullmatch(n)) for n in names) * 5 >= len(names) * 4:
            return True
        words = [n for n in names if _WORD.fullmatch(n)]
        plain = not any(n.lower() in _SPLITS or hits[n] for n in names)
        return len(words) >= WORDS and len(words) * 5 >= len(names) * 4 and plain

    def learn(self, names: Iterable[str], paths: Iterable[str]) -> None:
        """Mask names of persons that records hold, where files or folders are called so.

        Args:
            names: As they stand in records.
            paths: Of all artifacts.
        """
        rows = [(n, tuple(p.casefold() for p in _PARTS.split(n) if p)) for n in sorted(names)]
        rows = [(n, parts) for n, parts in rows if len(parts) > 1 or not n.isascii()]
        self._said.clear()
        self._chains.clear()
        if rows:
            every = "\n".join(paths).casefold()
            for name, parts in rows:
                if not (name.isascii() or all(map(_WORD.fullmatch, parts))) or (len(parts) == 1 and not _plain(name)):
                    # In the writing of its file, where nothing but the name stands there.
                    pattern = r"(?<![^\W_])" + r"[\s_\-.]?".join(map(re.escape, parts)) + r"(?![^\W_])"
                    self._han.update(found[0] for found in re.finditer(pattern, every))
                    self._net = None
                    continue
                for said in (parts, parts[::-1]) if len(parts) > 1 else ():
                    if re.search(r"[\s_\-.]?".join(map(re.escape, said)), every):
                        self._learn(" ".join(said))
                if len(parts) == 1 and name in every:
                    self._learn(name)

    def _learn(self, name: str) -> None:
        """Names of two and more parts are masked wherever they stand; single words and numbers only in paths."""
        parts = tuple(p.casefold() for p in _PARTS.split(name) if p)
        if _HAN.fullmatch(name):
            self._han.add(name)
            self._net = None
            return
        if len(parts) < 2 or not all(_WORD.fullmatch(p) for p in parts):
            return
        rows = self._names.setdefault(parts[0], [])
        rows.append(parts)
        rows.sort(key=lambda p: (-len(p), p))

    # -- masking

    def place(self, place: Place) -> Place:
        """A place without the names of persons; the same spot."""
        key = place.input, place.chain
        chain = self._chains.get(key)
        if chain is None:
            chain = self._chains[key] = self._chain(place)
        return place if chain == place.chain else place.moved(chain, place.input)

    def _chain(self, place: Place) -> tuple[str, ...]:
        parts = place.flat.split("/")
        own = [parts[i - 1] for i in range(1, len(parts)) if (place.input, "/".join(parts[:i]) + "/") in self._folders]
        shown = []
        for i, part in enumerate(parts):
            if (place.input, "/".join(parts[: i + 1]) + "/") in self._folders:
                shown.append(PERSON + part[len(part.rstrip("\0")) :])
                continue
            for name in own:
                part = re.sub(re.escape(name), PERSON, part, flags=re.IGNORECASE)
            shown.append(self.text(part))
        if (place.input, place.flat) in self._files:
            shown[-1] = PERSON + _suffix(parts[-1])
        return Place.chain_of("/".join(shown))

    def text(self, text: str) -> str:
        """A text without the names of persons."""
        if not text or (not self._names and not self._han):
            return text
        said = self._said.get(text)
        if said is None:
            out, at = [], 0
            for start, end in self._found(text):
                out += [text[at:start], PERSON]
                at = end
            said = "".join(out) + text[at:] if out else text
            if len(self._said) > _SAID:
                self._said.clear()
            self._said[text] = said
        return said

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """Where names stand, in order, apart."""
        if self._han and not text.isascii():
            yield from self._chinese(text)
            return
        words = [(m[0].casefold(), m.start(), m.end()) for m in _WORD.finditer(text)]
        i = 0
        while i < len(words):
            for parts in self._names.get(words[i][0], ()):
                n = len(parts)
                row = words[i : i + n]
                if tuple(w for w, *_ in row) == parts and all(
                    _PARTS.fullmatch(text, row[k][2], row[k + 1][1]) for k in range(n - 1)
                ):
                    yield row[0][1], row[-1][2]
                    i += n - 1
                    break
            i += 1

    def _chinese(self, text: str) -> Iterator[tuple[int, int]]:
        """The same where names have no words around them; the longest at each place."""
        if self._net is None:
            self._net = re.compile("|".join(map(re.escape, sorted(self._han, key=lambda n: (-len(n), n)))))
        return (found.span() for found in self._net.finditer(text))

    def holds(self, place: Place) -> bool:
        """Whether a place lies in a person's folder, or is a person's file."""
        if (place.input, place.flat) in self._files:
            return True
        parts = place.flat.split("/")
        return any((place.input, "/".join(parts[:i]) + "/") in self._folders for i in range(1, len(parts)))

    def gathered(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Findings told once, not once a person, with keys that do not follow from a person's name.

        What stands in the folders of many persons alike is one finding, the gravest of them, and says in how many
        folders. Its key is made of the masked place, so that it stays when persons are renamed, come or go.

        Args:
            findings: In order of place, before any policy.

        Returns:
            The same, with those in persons' folders gathered; places are still the true ones (``finding`` masks them).
        """
        out: list[Finding] = []
        alike: dict[tuple[int, tuple[str, ...], str, int], list[Finding]] = {}
        ordinals: Counter[tuple[Place, str]] = Counter()
        for finding in findings:
            place, whole = self.place(finding.place).whole(), finding.place.whole()
            if place == whole:
                out.append(finding)
                continue
            owner = self._owner(finding)
            single = (whole.input, whole.flat) in self._files
            row = (place.input, place.chain, owner, 0 if single else ordinals[whole, owner])
            ordinals[whole, owner] += 1
            alike.setdefault(row, []).append(finding)
        for (_, chain, owner, ordinal), rows in alike.items():
            lead = min(rows, key=lambda f: (-f.severity, -f.confidence, f.place.sort))
            rows = list({f.place.whole(): f for f in rows}.values())
            key = key_of(chain, owner, ordinal)
            self.keys.update((f.key, key) for f in rows)
            if len(rows) > 1:
                where = "files" if (lead.place.input, lead.place.flat) in self._files else "folders"
                said = f"{lead.message} It stands so in the {where} of {len(rows):,} persons."
                lead = replace(lead, message=said)
            out.append(replace(lead, key=key))
        return tuple(sorted(out, key=lambda f: (f.place.sort, f.key)))

    def _owner(self, finding: Finding) -> str:
        """The owner, unless it is what a person's file holds and not what it declares."""
        lead = finding.lead.marks[0] if finding.lead.marks else None
        if (finding.place.input, finding.place.flat) in self._files:
            # Which persons a rule names and which it does not must not part them.
            return self.text(next((m.text for m in finding.marks if m.role in DECLARED), ""))
        if self.holds(finding.place) and lead is not None and not lead.surface.owner and lead.role not in DECLARED:
            return ""
        return self.text(finding.owner)

    def finding(self, finding: Finding, *, record: bool = False) -> Finding:
        """A finding without the names of persons in its places and texts, and without what a person's file holds.

        Args:
            finding: With its true place.
            record: Whether it rests on a record of a person, wherever that lies; no value of it is quoted then.
        """
        place = self.place(finding.place)
        inside = record or self.holds(finding.place)
        check = tuple(map(self.text, finding.check))
        if place.chain != finding.place.chain and finding.check:
            check = _check(place)
        excerpt = None if inside or finding.excerpt is None else (finding.excerpt[0], self.text(finding.excerpt[1]))
        claims = tuple(self._claim(c, inside=inside) for c in finding.claims)
        message = finding.message
        if inside and finding.lead.why != claims[finding.claims.index(finding.lead)].why:
            message = message.replace(finding.lead.why, UNQUOTED, 1)
        return replace(
            finding,
            owner=self._owner(finding),
            place=place,
            claims=claims,
            marks=tuple(self._mark(m, inside=inside) for m in finding.marks),
            against=tuple(self._evidence(e, inside=inside) for e in finding.against),
            excerpt=excerpt,
            check=check,
            message=self.text(message),
            span=self._span(finding),
        )

    def _span(self, finding: Finding) -> Span | None:
        """When it was in history, with other paths as places are shown; those that look alike then are one."""
        span = finding.span
        if span is None or not span.paths:
            return span
        number = finding.place.input
        return replace(span, paths=tuple(dict.fromkeys(self.place(Place((p,), number)).chain[0] for p in span.paths)))

    def gap(self, gap: Gap) -> Gap:
        """A gap without the names of persons."""
        return replace(gap, place=self.place(gap.place), detail=self.text(gap.detail))

    def unheeded(self, row: Unheeded) -> Unheeded:
        """What an input asks for, without the names of persons."""
        return replace(row, place=self.place(row.place), text=self.text(row.text))

    def _claim(self, made: Claim, *, inside: bool) -> Claim:
        # The sentence quotes the marks; of a person's file only what it declares is quoted.
        quoted = inside and any(m.role not in DECLARED for m in made.marks)
        return replace(
            made,
            why=UNQUOTED if quoted else self.text(made.why),
            evidence=tuple(self._evidence(e, inside=inside) for e in made.evidence),
            against=tuple(self._evidence(e, inside=inside) for e in made.against),
            marks=tuple(self._mark(m, inside=inside) for m in made.marks),
        )

    def _evidence(self, row: Evidence, *, inside: bool) -> Evidence:
        text = "a word beside it, in a record of a person" if inside and row.kind != "sibling" else self.text(row.text)
        return replace(row, text=text, place=row.place and self.place(row.place))

    def _mark(self, mark: Mark, *, inside: bool) -> Mark:
        surface: Surface = mark.surface
        place, owner = self.place(surface.place), self.text(surface.owner)
        if inside and mark.role not in DECLARED:
            # Not even the concept is told: it would be one person's.
            blank = replace(surface, text="(not shown)", place=place, owner=owner, about="", value="")
            return Mark(blank, ())
        spans = list(self._found(surface.text))
        made = replace(
            surface,
            text=self.text(surface.text),
            place=place,
            owner=owner,
            about=self.text(surface.about),
            value="" if inside else self.text(surface.value),
        )
        return Mark(made, tuple(_moved(h, spans) for h in mark.hits) if spans else mark.hits)


def _beneath(rows: Iterable[tuple[int, str]]) -> Counter[tuple[int, str]]:
    """How many of some files lie in each folder, at any depth."""
    here: Counter[tuple[int, str]] = Counter()
    for number, path in rows:
        folder, slash, _ = path.rpartition("/")
        if slash:
            here[number, folder] += 1
    out: Counter[tuple[int, str]] = Counter()
    for (number, folder), n in here.items():
        while folder:
            out[number, folder] += n
            folder = folder.rpartition("/")[0]
    return out


def _alike(places: Iterable[Place]) -> set[tuple[int, str]]:
    """Of records of one person each, those that lie side by side with others of their sort."""
    rows: dict[tuple[int, str, str], list[str]] = {}
    for place in places:
        folder, _, name = place.flat.rpartition("/")
        rows.setdefault((place.input, folder, _suffix(name)), []).append(place.flat)
    return {(key[0], flat) for key, flats in rows.items() if len(flats) >= FILES for flat in flats}


def _plain(name: str) -> bool:
    """Whether a name in Chinese begins with a surname that is common enough to be looked for within other words."""
    return _HAN.fullmatch(name) is not None and name[0] in SURNAMES


def _suffix(name: str) -> str:
    """What a file's name ends with, from its first dot."""
    dot = name.find(".", 1)
    return name[dot:] if dot > 0 else ""


def _full(name: str) -> bool:
    """``Ada_Lovelace``, ``Ada Lovelace``, ``LOVELACE-Ada``; or a name in Chinese."""
    if _HAN.fullmatch(name):
        return name[0] in SURNAMES
    parts = [p for p in _PARTS.split(name) if p and not p.isdigit()]
    return 2 <= len(parts) <= 5 and all(_WORD.fullmatch(p) and p[0].isupper() for p in parts)


def _lower(name: str) -> bool:
    """``ada_lovelace``: two words or three, of no case or all lower case."""
    parts = [p for p in _PARTS.split(name) if p and not p.isdigit()]
    return 2 <= len(parts) <= 4 and all(_WORD.fullmatch(p) for p in parts)


def _moved(hit: Hit, spans: list[tuple[int, int]]) -> Hit:
    """A hit in a text in which names became ``PERSON``; one inside a name becomes the mask."""

    def at(offset: int, *, end: bool) -> int:
        shift = 0
        for low, high in spans:
            if offset >= high:
                shift += len(PERSON) - (high - low)
            elif offset > low or (offset == low and not end):
                return low + shift + (len(PERSON) if end else 0)
        return offset + shift

    return replace(hit, start=at(hit.start, end=False), end=at(hit.end, end=True))


def _check(place: Place) -> tuple[str, ...]:
    """A command that shows the lines in the folders of all persons alike."""
    import shlex

    if len(place.chain) > 1:
        if len(place.chain) > 2 or PERSON in place.chain[0]:
            return ()
        outer, member = place.chain
        spot = "strings" if place.line is None else f"sed -n {max(1, place.line - 2)},{place.line + 2}p"
        return (f"bsdtar -xOf {shlex.quote(outer)} {shlex.quote(member.replace(PERSON, '*'))} | {spot}",)
    name = "*".join(shlex.quote(part) if part else "" for part in place.chain[0].split(PERSON))
    if place.line is None:
        return (f"ls -l {name}",)
    return (f"awk 'FNR >= {max(1, place.line - 2)} && FNR <= {place.line + 2}' {name}",)
