"""Findings: what was found, what speaks for and against it, and the key that names it for ever."""

from __future__ import annotations

import hashlib
import re
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.later import later

if TYPE_CHECKING:
    from untag.place import Place
    from untag.surface import Role, Surface

__all__ = [
    "FOLLOWED", "Claim", "Confidence", "Evidence", "Finding", "Hit", "Mark", "Purpose", "Severity", "Span", "Status",
    "gravity", "key_of",
]  # fmt: skip


#: How the gloss of a hit begins that the lexicon does not know: a name that stands for the term in one package.
FOLLOWED = "called so in this package"


class Severity(IntEnum):
    """How grave a finding is; comes from its purpose and from whom it names."""

    NOTE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """As written in every report."""
        return self.name.lower()


class Confidence(IntEnum):
    """How strong the evidence is."""

    TENTATIVE = 0
    FIRM = 1
    CERTAIN = 2

    @property
    def word(self) -> str:
        """As written in every report."""
        return self.name.lower()


class Purpose(StrEnum):
    """What the tagged thing does, as far as the text shows."""

    CAPABILITY = "capability"
    CLAIM = "claim"
    DATASET = "dataset"
    DECLARED = "declared"
    FAIRNESS = "fairness"
    PROXY = "proxy"
    RECORD = "record"
    RESIDUE = "residue"
    TARGETING = "targeting"

    @property
    def severity(self) -> Severity:
        """Base severity (contract)."""
        return _BASE[self]

    @property
    def meaning(self) -> str:
        """What the purpose is, in one line."""
        return _MEANING[self]


_BASE = {
    Purpose.TARGETING: Severity.CRITICAL,
    Purpose.CAPABILITY: Severity.HIGH,
    Purpose.DATASET: Severity.MEDIUM,
    Purpose.RECORD: Severity.MEDIUM,
    Purpose.PROXY: Severity.MEDIUM,
    Purpose.RESIDUE: Severity.MEDIUM,
    Purpose.CLAIM: Severity.MEDIUM,
    Purpose.FAIRNESS: Severity.NOTE,
    Purpose.DECLARED: Severity.NOTE,
}
_MEANING = {
    Purpose.TARGETING: "a rule, alert, search filter, watch-list, gallery or routing keyed on ethnicity",
    Purpose.CAPABILITY: (
        "something the product infers or emits: a model output, a response field, a request value, an SDK enum"
    ),
    Purpose.DATASET: "biometric data labelled with it",
    Purpose.RECORD: "an ethnic field kept beside a face, template, capture or identity match, origin unknown",
    Purpose.PROXY: "a stand-in: racialised skin colour, region of origin, a euphemism, a renamed field",
    Purpose.RESIDUE: "dormant or half removed: commented out, reserved, an old label, a backup copy",
    Purpose.CLAIM: "a statement in documentation, marketing or a user interface that the product does it",
    Purpose.FAIRNESS: "measurement of bias across groups, disclosure of accuracy, balanced sampling",
    Purpose.DECLARED: "printed on a document and only read off it, or a form with no biometric tie",
}


class Status(StrEnum):
    """Whether a finding is shown; nothing is ever dropped."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    ACCEPTED = "accepted"


class Hit(Struct, frozen=True):
    """A term of the lexicon in a text.

    Attributes:
        term: Id of the concept, for example ``uyghur``.
        kind: What the concept is: ``attribute``, ``group``, ``colour``, ``proxy``, ``context`` … (``docs/words.md``).
        family: Finer class inside the kind, for example ``race`` or ``biometric``.
        strength: ``strong``, ``medium`` or ``weak``.
        language: BCP 47 tag, or ``code`` for names that live only in software.
        gloss: What the form means, in English.
        start: Offset of the first character in the text.
        end: Offset behind the last.
        named: A named people that is persecuted or a minority where it is tagged; raises the severity.
        checked: Whether a person or a source vouches for the form.
    """

    term: str
    kind: str
    family: str
    strength: str
    language: str
    gloss: str
    start: int
    end: int
    named: bool = False
    checked: bool = True


class Mark(Struct, frozen=True):
    """A surface with the terms found in it."""

    surface: Surface
    hits: tuple[Hit, ...]

    @property
    def place(self) -> Place:
        """Where."""
        return self.surface.place

    @property
    def role(self) -> Role:
        """What the text is."""
        return self.surface.role

    @property
    def text(self) -> str:
        """The text as found."""
        return self.surface.text


class Evidence(Struct, frozen=True):
    """One thing that speaks for or against a claim.

    Attributes:
        kind: ``sibling``, ``context``, ``path``, ``value``, ``comment``, ``genre`` …
        text: What was seen, at most 200 characters, never a person's value.
        place: Where, or None for the artifact as a whole.
    """

    kind: str
    text: str
    place: Place | None = None


class Claim(Struct, frozen=True):
    """What one rule says of one thing.

    Attributes:
        rule: The rule.
        purpose: What the tagged thing does.
        severity: Grave or not.
        confidence: How sure.
        why: One sentence.
        evidence: What it rests on.
        against: What speaks against it.
        marks: The marks it rests on; the first is the primary one.
    """

    rule: str
    purpose: Purpose
    severity: Severity
    confidence: Confidence
    why: str
    evidence: tuple[Evidence, ...] = ()
    against: tuple[Evidence, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether it is shown by itself: graver than a note, and no mere suspicion."""
        return self.severity > Severity.NOTE and self.confidence >= Confidence.FIRM


def gravity(claim: Claim) -> tuple[bool, int, int, int, str]:
    """Sorts claims by weight: what is shown by itself, then gravest, by purpose too, then surest, then by rule."""
    return (
        not claim.alone,
        -claim.severity,
        -claim.purpose.severity,
        -claim.confidence,
        claim.rule,
    )


class Span(Struct, frozen=True):
    """How long something was in the history of a repository.

    Attributes:
        first: The oldest commit that holds it; nothing where no commit does.
        last: The newest.
        refs: Names from which such a commit is reached, branches first, at most fifty; ``reflog`` where only a log
            leads there.
        count: How many names there are.
        tip: Whether the tree of a branch, or of what is checked out, holds it.
        paths: Where else the same lay in history, at most fifty; of a thing of today only what is no path of today.
        path_count: How many such paths there are.
    """

    first: str
    last: str
    refs: tuple[str, ...]
    count: int
    tip: bool
    paths: tuple[str, ...] = ()
    path_count: int = 0


class Finding(Struct, frozen=True):
    """One tagged thing.

    Severity, purpose and confidence are those of the claim that decides, so that a weaker claim never lifts a stronger
    one, and a mere suspicion never hides what is sure.
    """

    key: str
    owner: str
    place: Place
    claims: tuple[Claim, ...]
    marks: tuple[Mark, ...]
    against: tuple[Evidence, ...] = ()
    status: Status = Status.SHOWN
    reason: str = ""
    origin: str = "unknown"
    excerpt: tuple[int, str] | None = None
    check: tuple[str, ...] = ()
    message: str = ""
    fix: dict[str, object] | None = field(default=None)
    span: Span | None = None

    @property
    def lead(self) -> Claim:
        """The claim that decides (``gravity``)."""
        return min(self.claims, key=gravity)

    @property
    def rule(self) -> str:
        """Rule of the leading claim."""
        return self.lead.rule

    @property
    def purpose(self) -> Purpose:
        """Purpose of the leading claim."""
        return self.lead.purpose

    @property
    def severity(self) -> Severity:
        """Severity of the leading claim."""
        return self.lead.severity

    @property
    def confidence(self) -> Confidence:
        """Confidence of the leading claim."""
        return self.lead.confidence


_VERSION = later(r"[-_.]?v?\d+(?:[._]\d+)+(?:[-_.]?(?:r|rc|beta|alpha|build)?\.?\d+)*", re.IGNORECASE)
_ARCHIVE = later(
    r"\.(?:zip|jar|war|ear|apk|aab|aar|ipa|whl|nupkg|tar|tgz|tbz2|txz|gz|bz2|xz|zst|7z|rar|deb|rpm|iso)$", re.IGNORECASE
)


def key_of(chain: tuple[str, ...], owner: str, ordinal: int) -> str:
    """The identity of a finding, recipe ``k1``.

    Args:
        chain: Chain of the place; version-like parts of archive names are left out.
        owner: The thing that carries the tag.
        ordinal: Position among findings of an equal owner in the same artifact, from 0.

    Returns:
        ``k1:`` and 16 hex digits of SHA-256. No line, offset, digest, rule or term takes part, so that edits, rebuilds
        and a better lexicon keep the key.
    """
    parts = [_VERSION.sub("", part) if _ARCHIVE.search(part) else part for part in chain]
    text = "\0".join([*parts, "", owner, str(ordinal)])
    return "k1:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
