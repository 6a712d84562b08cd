"""What a verifier asks of a bundle, whatever its signer thinks of it; a TOML file and flags."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from untag.attest.sound import moment
from untag.attest.statement import result
from untag.config import nearest, tables
from untag.gap import Reason
from untag.mistake import UntagError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["KEYS", "Demands", "load"]

#: Keys of the file and what they ask.
KEYS = {
    "keys": "public keys or certificates (PEM files, beside this one) that are trusted",
    "keys-until": "until when one of them is (a table: the file as in keys, and a time)",
    "certificate-identity": "who is trusted to sign without a key (Sigstore)",
    "certificate-oidc-issuer": "who vouches for that",
    "trusted-root": "file with Sigstore's roots of trust (JSON, beside this one)",
    "timestamp-roots": "certificates (PEM files) of timestamp authorities, by one of which it has to be stamped",
    "max-gaps": "how many open gaps are borne with before it is incomplete",
    "gap-reasons": "reasons of gaps that are borne with whatever their number",
    "min-forms": "least number of written forms of the lexicon",
    "lexicons": "digests of lexicons of which it must be one",
    "min-version": "least version of untag",
    "max-age-days": "how old it may be, whatever it says of its validity",
    "inventory": "names that its inventory must have, with a report",
    "party": "third-party where what the maker says of itself is not enough",
    "rescanned": "whether an input must have been scanned for it, and not an earlier report taken",
    "accepted": "whether accepted findings, of whatever severity, count as shown ones and accepted gaps as open ones",
}
_TYPES: dict[str, type] = {
    "certificate-identity": str, "certificate-oidc-issuer": str, "trusted-root": str, "keys": list, "keys-until": dict,
    "timestamp-roots": list, "max-gaps": int, "gap-reasons": list, "min-forms": int,
    "lexicons": list, "min-version": str,
    "max-age-days": int, "inventory": list, "party": str, "rescanned": bool, "accepted": bool,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Demands:
    """What is asked; see ``KEYS``."""

    values: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[Path, ...] = ()
    roots: tuple[Path, ...] = ()
    trusted: Path | None = None

    def until(self, key: Path) -> dt.datetime | None:
        """Until when one of the keys is trusted, where that is said."""
        said = {path: moment(str(self.values["keys-until"].get(name, ""))) for path, name in self._named()}
        return said.get(key)

    def _named(self) -> list[tuple[Path, str]]:
        return list(zip(self.keys, self.values.get("keys", ()), strict=True)) if "keys-until" in self.values else []

    def check(
        self,
        predicate: Mapping[str, Any],
        add: Callable[[str, bool, str], None],
        *,
        rescanned: bool,
        now: dt.datetime,
    ) -> None:
        """Check everything that is no matter of findings and gaps.

        Args:
            predicate: Of a genuine bundle.
            add: Takes name, outcome and sentence of a check.
            rescanned: Whether the verifier scanned the inputs now.
            now: As of when.
        """
        asked = self.values
        lexicon = predicate["lexicon"]
        if (least := asked.get("min-forms")) is not None:
            forms = lexicon["forms"] if lexicon else 0
            add("demands", forms >= least, f"its lexicon has {forms:,} forms; {least:,} are asked for")
        if (known := asked.get("lexicons")) is not None:
            digest = predicate["digests"]["lexicon"]
            add("demands", digest in known, f"its lexicon is {digest}")
        if (version := asked.get("min-version")) is not None:
            made = predicate["tool"]["version"]
            add("demands", _numbers(made) >= _numbers(version), f"made by untag {made}; {version} is asked for")
        if (days := asked.get("max-age-days")) is not None:
            age = (now - (moment(predicate["run"]["timeCreated"]) or now)).days
            add("demands", age <= days, f"it is {age} days old; {days} are allowed")
        if (party := asked.get("party")) is not None:
            said = predicate["claimant"]["party"]
            add("demands", party != "third-party" or said == party, f"who says it is: {said}")
        if asked.get("rescanned"):
            fresh = predicate["rescanned"] or rescanned
            add("demands", fresh, "the input was scanned for it" if fresh else "an earlier report was signed unseen")
        rows = {row["name"]: row for row in predicate["inventory"]}
        for name in asked.get("inventory", ()):
            state = rows[name]["state"] if name in rows else "absent"
            add("inventory", state not in {"absent", "gap"}, f"{name}: {state}")

    def result(self, predicate: Mapping[str, Any]) -> tuple[str, list[str]]:
        """What the stated findings and gaps come to here, and why it is not ``PASSED``."""
        borne = set(self.values.get("gap-reasons", ()))
        counted = bool(self.values.get("accepted"))
        opened = [
            {**row, "accepted": False}
            for row in predicate["gaps"]
            if (counted or not row["accepted"]) and row["reason"] not in borne
        ]
        if len(opened) <= self.values.get("max-gaps", 0):
            opened = []
        findings = predicate["findings"]
        if counted:
            findings = [{**row, "status": "shown"} if row["status"] == "accepted" else row for row in findings]
        return result({**predicate, "gaps": opened, "findings": findings})


def load(path: Path | None) -> Demands:
    """Read what is asked.

    Args:
        path: A TOML file, or None for no more than that nothing was found and nothing left unread.

    Raises:
        UntagError: It cannot be read, has an unknown key or a value of the wrong kind.
    """
    if path is None:
        return Demands()
    rows = tables(path, "demands")
    for key, value in rows.items():
        if key not in KEYS:
            raise UntagError(f"{path}: unknown key {key!r}{nearest(key, KEYS)}")
        wanted = _TYPES[key]
        fits = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
        if not fits or (wanted is list and not all(isinstance(v, str) for v in value)):
            raise UntagError(f"{path}: {key} has to be {_NAMES[wanted]}")
    for reason in rows.get("gap-reasons", ()):
        if reason not in set(Reason):
            raise UntagError(f"{path}: there is no reason of gaps {reason!r}{nearest(reason, list(Reason))}")
    if rows.get("party", "self") not in {"self", "third-party"}:
        raise UntagError(f"{path}: party is self or third-party")
    for name, until in rows.get("keys-until", {}).items():
        if name not in rows.get("keys", ()):
            raise UntagError(f"{path}: {name!r} of keys-until is not in keys{nearest(name, rows.get('keys', ()))}")
        if moment(str(until)) is None:
            raise UntagError(f"{path}: keys-until of {name} has to be a time with its zone (2026-01-31T12:00:00Z)")
    keys, roots = (tuple(path.parent / name for name in rows.get(key, ())) for key in ("keys", "timestamp-roots"))
    return Demands(rows, keys, roots, path.parent / rows["trusted-root"] if "trusted-root" in rows else None)


_NAMES = {list: "a list of texts", dict: "a table", int: "a number", str: "a text", bool: "true or false"}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))
