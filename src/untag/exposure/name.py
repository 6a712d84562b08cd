"""Who a customer is: a keyed digest of what a log calls them, or the label that the user gives some of them."""

from __future__ import annotations

import csv
import hmac
import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

from untag.mistake import UntagError

if TYPE_CHECKING:
    from pathlib import Path

    from untag.exposure.row import Who

__all__ = ["FIELDS", "PSEUDONYM", "Customer", "Names", "labels"]

#: What a customer may be told by.
FIELDS = ("key", "user", "address")
#: Hexadecimal digits of a pseudonym: as the guard's log has them, so that one key gives one name in both.
SHORT = 20
#: A pseudonym as the guard writes it; what is written otherwise is none, and may be a name.
PSEUDONYM = re.compile(rf"[0-9a-f]{{{SHORT}}}")
#: Identifiers whose names are remembered.
KNOWN = 200_000
#: Rows of a file of labels.
ROWS = 1_000_000


class Customer(NamedTuple):
    """A customer as reports name them.

    Attributes:
        id: Pseudonym; empty where a log does not say who asked.
        label: What the user calls them; empty for most.
    """

    id: str
    label: str = ""


def labels(path: Path) -> dict[str, str]:
    """Labels by identifier, from a CSV file of ``identifier,label``.

    Args:
        path: Identifiers are what logs hold, or networks (``192.0.2.0/24``); several may have one label.

    Raises:
        UntagError: It cannot be read, or a row is none.
    """
    out: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file), 1):
                if not row or row == ["identifier", "label"]:
                    continue
                if len(row) != 2 or not row[0].strip() or not row[1].strip() or number > ROWS:
                    raise UntagError(f"{path}:{number}: write an identifier, a comma and a label")
                out[row[0].strip()] = row[1].strip()[:100]
    except (OSError, UnicodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or "it is no CSV in UTF-8"
        raise UntagError(f"cannot read {path}: {why.lower()}") from None
    return out


class Names:
    """Gives customers their names.

    Args:
        key: Of the digests.
        fields: What a customer is told by; the first that a row holds.
        labels: As ``labels`` reads them.
    """

    def __init__(self, key: bytes, fields: tuple[str, ...] = FIELDS, labels: dict[str, str] | None = None) -> None:
        self._key = key
        self._at = [FIELDS.index(field) for field in fields]
        self._labels = labels or {}
        self._nets = [(net, label) for name, label in self._labels.items() if (net := _net(name)) is not None]
        self._known: dict[str, Customer] = {}

    def raw(self, who: Who) -> str:
        """What a customer is told by; empty where the row does not say."""
        for at in self._at:
            if who[at]:
                return who[at]
        return ""

    def customer(self, raw: str, *, pseudonym: bool = False) -> Customer:
        """The name of what ``raw`` gives.

        Args:
            raw: As a log holds it.
            pseudonym: Whether it is one already, made with the same key or another; one that is not written so is none.
        """
        pseudonym = pseudonym and PSEUDONYM.fullmatch(raw) is not None
        made = self._known.get(raw) if not pseudonym else None
        if made is None:
            label = self._label(raw) if raw else ""
            if pseudonym:
                return Customer(raw, label)
            made = Customer(self.digest(f"label {label}" if label else raw) if raw else "", label)
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[raw] = made
        return made

    def listed(self) -> list[Customer]:
        """All that have a label."""
        return [Customer(self.digest(f"label {label}"), label) for label in sorted(set(self._labels.values()))]

    def digest(self, text: str) -> str:
        """The pseudonym of an identifier."""
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:SHORT]

    @property
    def mark(self) -> str:
        """Tells keys apart, and nothing of them: reports with the same mark can be compared."""
        return hmac.new(self._key, b"untag exposure", "sha256").hexdigest()[:8]

    def _label(self, raw: str) -> str:
        label = self._labels.get(raw, "")
        if label or not self._nets:
            return label
        try:
            address = ipaddress.ip_address(raw)
        except ValueError:
            return ""
        return next((label for net, label in self._nets if address in net), "")


def _net(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "/" not in name:
        return None
    try:
        return ipaddress.ip_network(name, strict=False)
    except ValueError:
        return None
