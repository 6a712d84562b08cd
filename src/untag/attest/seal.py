"""From an input or an earlier report to a signed bundle, and the same for people and other programs."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from untag.attest import before, inventory
from untag.attest.certificate import html_page, markdown_page
from untag.attest.cyclonedx import declarations
from untag.attest.dsse import Malformed, strict
from untag.attest.sound import schema_errors
from untag.attest.statement import Claimant, Facts, extras, statement, written
from untag.mistake import UntagError
from untag.reports import View, forms
from untag.reports._text import wire
from untag.scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from untag.attest.signer import Signer
    from untag.report import Read, Report
    from untag.scan import Options, Progress

__all__ = ["Order", "Sealed", "of_input", "of_report", "report_in", "report_of"]

#: How a report begins.
_HEAD = re.compile(rb'\s*\{\s*"schema"\s*:\s*"untag\.report/1"')


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be signed, beside the report.

    Attributes:
        signer: Who signs.
        name: Who says it.
        party: ``self`` or ``third-party``.
        product: What is attested.
        days: How long it holds.
        inventory: File of all there is of it.
        previous: The last bundle.
    """

    signer: Signer
    name: str
    party: str
    product: str
    days: int
    inventory: Path | None = None
    previous: Path | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle and what it says.

    Attributes:
        bundle: Its text.
        statement: What is signed in it.
        keyid: Who signed: a key's identifier, or an identity.
    """

    bundle: str
    statement: Mapping[str, Any]
    keyid: str

    @property
    def result(self) -> str:
        """``PASSED``, ``FAILED`` or ``INCOMPLETE``."""
        return str(self.statement["predicate"]["result"])

    @property
    def reasons(self) -> list[str]:
        """Why it is not ``PASSED``."""
        return list(self.statement["predicate"]["reasons"])

    def exit_code(self, *, strict: bool = False) -> int:
        """Exit code of the contract.

        Args:
            strict: Whether an accepted gap counts as well.

        Returns:
            0 passed, 1 failed, 3 incomplete, 4 nothing was read.
        """
        predicate = self.statement["predicate"]
        if self.result == "FAILED":
            return 1
        if predicate["verdict"] == "empty":
            return 4
        return 3 if self.result != "PASSED" or (strict and predicate["gaps"]) else 0

    def certificate(self, *, html: bool) -> str:
        """A page for people; it says that the bundle is what counts."""
        return (html_page if html else markdown_page)(self.statement, self.keyid)

    def cyclonedx(self) -> str:
        """CycloneDX 1.6 declarations."""
        return wire(json.dumps(declarations(self.statement, self.keyid), indent=2, ensure_ascii=False)) + "\n"


def report_in(spec: str) -> dict[str, Any] | None:
    """The report that a file holds, or None where it is none.

    Raises:
        UntagError: It begins like a report and is none.
    """
    try:
        if not os.path.isfile(spec):  # noqa: PTH113 - names that are no text must survive
            return None
        with open(spec, "rb") as file:  # noqa: PTH123
            if _HEAD.match(file.read(256)) is None:
                return None
            file.seek(0)
            row = strict(file.read())
    except OSError:
        return None
    except Malformed as error:
        raise UntagError(f"{spec} begins like a JSON report of untag and is damaged: {error}") from None
    return row if isinstance(row, dict) else None


def report_of(report: Report) -> dict[str, Any]:
    """A report as the contract has it."""
    made: dict[str, Any] = json.loads("".join(forms()["json"].write(report, View())))
    return made


def of_report(spec: str, order: Order) -> Sealed:
    """Sign an earlier report; the statement says that nothing was scanned for it.

    Raises:
        UntagError: What the order names cannot be used, or the report lacks what a statement says.
    """
    report = report_in(spec)
    if report is None:
        raise UntagError(f"{spec} is no JSON report of untag")
    try:
        made = _seal(report, order, [], {}, rescanned=False, subjects=[])
        errors = schema_errors(made.statement)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise UntagError(f"{spec} is no whole JSON report of untag: it lacks a part") from None
    if errors:
        raise UntagError(f"{spec} is no whole JSON report of untag: {errors[0]}")
    return made


def of_input(
    specs: Sequence[str], options: Options, order: Order, watch: Callable[[Progress], None] | None = None
) -> Sealed | None:
    """Scan inputs and sign what came of it.

    Args:
        specs: The inputs.
        options: How they are scanned.
        order: What else is signed.
        watch: Is shown the progress.

    Returns:
        The bundle; None where the scan was interrupted.

    Raises:
        UntagError: An input is not there, or what the order names cannot be used.
    """
    report = scan(specs, replace(options, listed=True), watch)
    if report.interrupted:
        return None
    used = {
        "history": options.history,
        "unreachable": options.unreachable,
        "respect_ignore": options.respect_ignore,
        "depth": options.limits.depth,
        "trusted": list(options.trusted),
    }
    subjects = [(chain[0], number, digest.removeprefix("sha256:")) for number, chain, digest in report.artifacts]
    return _seal(
        report_of(report), order, specs, used, rescanned=True, subjects=subjects, passed=report.passed, past=report.past
    )


def _seal(
    report: Mapping[str, Any], order: Order, specs: Sequence[str], options: Mapping[str, object],
    *, rescanned: bool, subjects: Sequence[tuple[str, int, str]],
    passed: Sequence[tuple[int, tuple[str, ...], str]] = (),
    past: Sequence[Read] = (),
) -> Sealed:  # fmt: skip
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    facts = Facts(
        Claimant(order.name, order.party),
        order.product,
        now.isoformat(),
        (now + dt.timedelta(days=order.days)).isoformat(),
        options,
        rescanned,
        subjects,
        passed,
        inventory.load(order.inventory, specs, order.signer) if order.inventory else (),
        before.load(order.previous, order.signer, order.product, report) if order.previous else None,
        extras() if rescanned else {},
        past,
    )
    made = statement(report, facts)
    bundle, who = order.signer.sealed(written(made))
    return Sealed(bundle, made, who)
