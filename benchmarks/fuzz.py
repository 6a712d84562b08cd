"""Mutated specimens over every reader, and mutated logs through every format of exposure: nothing crashes or hangs.

Of a log more is known than that it does not crash: each of its lines is accepted, rejected or blank; lines that are
read by blocks, one by one, or in two parts say the same; and the reports of it keep to their sums.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import re
import resource
import shutil
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from untag.artifact import Artifact
    from untag.exposure.format import Format
    from untag.exposure.name import Customer
    from untag.exposure.read import Reader as Logs
    from untag.exposure.tally import Part
    from untag.readers import Reader

__all__ = ["Wrong", "arguments", "logged", "mutated", "mutated_log", "specimens"]

SPECIMENS = Path(__file__).resolve().parent.parent / "tests" / "specimens"
#: Seconds of processor time from which one input counts as a hang.
HANG = 10.0
#: Of an input that is a container: how many members are read, and how deep.
MEMBERS, DEPTH = 200, 3
#: How fields of the specimen of lines with a mapping are called.
MAP = (
    "time=ts", "customer=tenant.id", "method=verb", "target=path", "request=in", "response=out|base64", "status=code"
)  # fmt: skip
#: What stands in logs instead of what should.
_ODD = (
    b"null", b"-1", b"1e999", b"9" * 400, b"0.0000001", b"NaN", b"true", b"[]", b"{}", b'""', b'"-"', b"-", b"%72ace",
    b"[" * 300 + b"]" * 300, b'{"a":' * 60 + b"1" + b"}" * 60, b'"\\ud800"', b'"\\u0000"', b'"\xff\xfe"', b'"race"',
    b'"attributes=race"', b"/v1/faces?attributes=age,ethnicity", b"\\x72ace", b"[01/Oct/2025:99:99:99 +9999]",
    b'"9999-12-31T23:59:60Z"', b"2025-13-45", b'"OPTIONS * HTTP/1.1" 204 0', b"HEAD",
)  # fmt: skip
_VALUE = re.compile(rb'"(?:[^"\\\n]|\\.)*"|-?\d[\d.]*|\b(?:true|false|null)\b')


class Wrong(Exception):  # noqa: N818 - what a run looks for
    """A log was not read as it should be; the message says how."""


def mutated(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """One of a few mutations: cut, flip, repeat, splice, insert."""
    if not data:
        return bytes(rng.randrange(256) for _ in range(40))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            data = data[:at]
        elif kind == 1:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == 2:
            data = data[:at] + data[at : at + rng.randrange(64)] * rng.randint(2, 50) + data[at:]
        elif kind == 3:
            other = rng.choice(others)
            data = data[:at] + other[rng.randrange(len(other) + 1) :][:4096]
        elif kind == 4:
            data = (
                data[:at]
                + rng.choice([b"\0", b"\xff\xfe", b"{[(" * 200, b"<a>" * 200, b'"', b"\\", b"\r", b"&#"])
                + data[at:]
            )
        else:
            data = data[at:]
        data = data or b"x"
    return data[: 1 << 18]


def _whole(folder: Path, files: list[tuple[str, bytes]], *, sieve: bool) -> None:
    """Some files down the whole road: sieve, readers, gatherer, judge, reports; any crash is raised."""
    from untag.reports import View, forms
    from untag.scan import Options, scan

    for number, (name, data) in enumerate(files):
        (folder / f"{number}_{name}").write_bytes(data)
    report = scan([str(folder)], Options(jobs=1, sieve=sieve, cache=False, strict=True))
    for form in forms().values():
        for _ in form.write(report, View()):
            pass


def _read(name: str, data: bytes) -> Iterator[tuple[str, Callable[[], None]]]:
    """What every reader that knows some bytes does with them, and with what it finds inside."""
    from untag.artifact import Artifact
    from untag.gap import Damaged, Limits
    from untag.place import Place
    from untag.readers import readers

    waiting = [Artifact(Place((name,)), data)]
    count = 0
    while waiting and count < MEMBERS:
        artifact = waiting.pop()
        count += 1
        for reader in readers().values():

            def step(artifact: Artifact = artifact, reader: Reader = reader) -> None:
                try:
                    for item in reader.read(artifact, Limits()):
                        if isinstance(item, Artifact) and artifact.depth < DEPTH:
                            item.depth = artifact.depth + 1
                            waiting.append(item)
                except Damaged:
                    pass

            if reader.knows(artifact):
                yield reader.name, step


# -- logs


def specimens() -> list[tuple[str, bytes]]:
    """Logs of every format, by name of the format."""
    paths = sorted((SPECIMENS / "exposure").glob("*/*/input.*"))
    return [(path.parent.parent.name, path.read_bytes()) for path in paths]


def mutated_log(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """A log with lines or values changed, or bytes as in any file; sometimes packed, and then cut or flipped."""
    for _ in range(rng.randint(1, 3)):
        kind = rng.randrange(5)
        lines = data.split(b"\n")
        at = rng.randrange(len(lines))
        if kind == 0:
            values = list(_VALUE.finditer(data))
            for found in sorted(rng.sample(values, min(len(values), rng.randint(1, 4))), key=lambda f: -f.start()):
                data = data[: found.start()] + rng.choice(_ODD) + data[found.end() :]
        elif kind == 1:
            lines[at:at] = [lines[rng.randrange(len(lines))]] * rng.randint(1, 40)
            data = b"\n".join(lines)
        elif kind == 2:
            other = rng.choice(others).split(b"\n")
            lines[at:at] = rng.choice([[b""], [b"\r"], [b" "], [b"#Fields: a b"], other[:3], [lines[at][::-1]]])
            data = b"\n".join(lines)
        elif kind == 3:
            some = list(zip(*[iter(lines)] * 2, strict=False))
            data = b"\n".join(line for pair in rng.sample(some, len(some)) for line in pair) or data
        else:
            data = mutated(data, rng, others)
    if rng.random() < 0.1:
        data = rng.choice([gzip.compress, bz2.compress, lzma.compress])(data)
        if rng.random() < 0.5:
            data = mutated(data, rng, others)
    return data[: 1 << 18]


class _Said(NamedTuple):
    """What a part says, to be compared."""

    people: dict[Customer, object]
    times: object
    ledger: object


def _said(part: Part, *, parts: bool = False) -> _Said:
    """What is the same however a log is read; which lines are named first is not, where it is read in parts."""
    ledger = part.ledger
    rejected = {why: row[:1] if parts else row for why, row in ledger.rejected.items()}
    evidence = {
        who: {heard: (e.count, e.refused, e.first, e.last, tuple(e.spots)) for heard, e in person.evidence.items()}
        for who, person in part.people.items()
    }
    people = {
        who: (p.rows, p.first, p.last, p.bodies, p.days, p.met, evidence[who], p.more) for who, p in part.people.items()
    }
    numbers = ledger.lines, ledger.accepted, ledger.blank, rejected, ledger.timeless, ledger.bodies
    return _Said(people, (ledger.times.first, ledger.times.last, ledger.times.minutes), numbers)


def _told(one: _Said, other: _Said) -> str:
    """In what two differ."""
    if one.people != other.people:
        who = next(w for w in {**one.people, **other.people} if one.people.get(w) != other.people.get(w))
        return f"a customer: {one.people.get(who)!r} {other.people.get(who)!r}"
    return next((f"{name}: {a!r} {b!r}" for name, a, b in zip(one._fields, one, other, strict=True) if a != b), "")


def _sums(part: Part) -> str:
    """What does not add up; empty where all does."""
    ledger = part.ledger
    if ledger.lines != ledger.accepted + ledger.blank + ledger.refused:
        return f"{ledger.lines} lines are not {ledger.accepted} + {ledger.refused} + {ledger.blank}"
    if ledger.accepted != sum(ledger.bodies) or ledger.accepted != sum(p.rows for p in part.people.values()):
        return f"{ledger.accepted} rows are not those of bodies or customers"
    return ""


def _captured(forms: Forms, data: bytes) -> None:
    """Read packets by tshark, which takes them from a file alone."""
    from untag.exposure.read import Log

    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        started = time.monotonic()
        part = forms.reader.read(Log(0, forms.all["pcap"]), file)
    if wrong := _sums(part):
        raise Wrong(wrong)
    if (spent := time.monotonic() - started) > HANG:  # what another program takes is none of this one's time
        raise Wrong(f"tshark took {spent:.1f} s")


@contextmanager
def _columned() -> Iterator[None]:
    """Blocks of any size are looked at as columns, those of mutated logs too."""
    from untag.exposure import format as rooms

    least, rooms.LEAST = rooms.LEAST, 0
    try:
        yield
    finally:
        rooms.LEAST = least


def logged(reader: Logs, form: Format, data: bytes, cut: int) -> None:
    """Read a log in every way there is.

    Args:
        reader: Of logs.
        form: As which it is read.
        data: Its bytes.
        cut: Where the second of two parts begins.

    Raises:
        Wrong: A row is lost or counted twice, or two ways say something else.
    """
    from untag.exposure.format import Lines
    from untag.exposure.read import Log
    from untag.exposure.unpack import packed

    part = reader.read(Log(0, form), io.BytesIO(data))
    if wrong := _sums(part):
        raise Wrong(wrong)
    if not isinstance(form, Lines) or part.gap or packed(data):
        return
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    if part.ledger.lines != lines:
        raise Wrong(f"{part.ledger.lines} lines of {lines}")
    with _columned():
        if wrong := _told(_said(part), _said(reader.read(Log(0, form), io.BytesIO(data)))):
            raise Wrong(f"by columns and by expressions: {wrong}")
    slow = type("Slow", (type(form),), {"many": lambda _self, _block: None})
    single = object.__new__(slow)
    single.__dict__.update(form.__dict__)
    if wrong := _told(_said(part), _said(reader.read(Log(0, single), io.BytesIO(data)))):
        raise Wrong(f"by blocks and by lines: {wrong}")
    if form.headed or not 0 < cut < len(data):
        return
    first, second = (reader.read(Log(0, form, *ends), io.BytesIO(data)) for ends in ((0, cut), (cut, len(data))))
    second.shift(first.ledger.lines)
    first.ledger.join(second.ledger)
    for who, person in second.people.items():
        if who in first.people:
            first.people[who].join(person)
        else:
            first.people[who] = person
    if wrong := _told(_said(part, parts=True), _said(first, parts=True)):
        raise Wrong(f"whole and in two parts: {wrong}")


def _exposed(data: bytes) -> None:
    """A log down the whole road: told by its content, read, shown in every form."""
    from untag.exposure.forms import forms
    from untag.exposure.run import Settings, expose

    with tempfile.TemporaryDirectory() as tmp:
        path = Path(tmp) / "access.log"
        path.write_bytes(data)
        made = expose([str(path)], Settings(b"k" * 32, jobs=1))
    for form in forms().values():
        for _ in form.write(made, {"started": "x", "seconds": 0.1}):
            pass


class Forms:
    """What reads logs, made once; some formats need a program of the system."""

    def __init__(self) -> None:
        from untag.exposure.format import formats
        from untag.exposure.format.mapped import MappedFormat
        from untag.exposure.hear import watching
        from untag.exposure.name import Names
        from untag.exposure.read import Reader
        from untag.lexicon import load
        from untag.lexicon.sieve import Sieve

        self.reader = Reader(watching(), Names(b"k" * 32), Sieve(load()))
        self.all: dict[str, Format] = {**formats(), "mapped": MappedFormat(MAP)}
        self.seeds = [(name, data) for name, data in specimens() if name != "pcap" or shutil.which("tshark")]
        self.datas = [data for _, data in self.seeds]

    def steps(self, rng: random.Random, whole: bool) -> Iterator[tuple[str, str, Callable[[], None]]]:  # noqa: FBT001
        """What is done with one mutated log: what, of which format, and how."""
        name, data = rng.choice(self.seeds)
        if name == "pcap" and rng.random() < 0.95:
            name, data = rng.choice(self.seeds)  # each packet capture starts a program
        data = mutated_log(data, rng, self.datas)
        cut = rng.randrange(len(data) + 1)
        yield "log", name, lambda: logged(self.reader, self.all[name], data, cut)
        if rng.random() < 0.2 and name != "pcap":
            other = rng.choice([n for n in self.all if n != "pcap"])
            yield f"log as {other}", name, lambda: logged(self.reader, self.all[other], data, cut)
        if whole:
            yield "log, whole road", name, lambda: _exposed(data)


# -- the run


class _Tries:
    """Tries steps, and prints what goes wrong."""

    def __init__(self) -> None:
        self.bad = 0
        self.worst = 0.0

    def step(self, number: int, what: str, name: str, step: Callable[[], None]) -> None:
        """One step: it may neither raise nor take long."""
        clock = time.process_time()
        try:
            step()
        except Exception as error:  # noqa: BLE001 - what the run is looking for
            self.bad += 1
            said = f"{type(error).__name__}: {str(error)[:700]}"
            print(f"crash: input {number} {what} file {name}: {said}", flush=True)
        spent = time.process_time() - clock
        self.worst = max(self.worst, spent)
        if spent > HANG:
            self.bad += 1
            print(f"hang: input {number} {what} file {name}: {spent:.1f} s", flush=True)


def _readers(args: argparse.Namespace, tries: _Tries) -> Iterator[None]:
    """Each input to every reader that knows it, and a share of them to the whole road."""
    files = sorted(p for p in (SPECIMENS / "readers").glob("*/*/*") if p.is_file() and p.name != "surfaces.txt")
    seeds = [(p.name, p.read_bytes()) for p in files]
    datas = [d for _, d in seeds]
    # The lexicon is compiled once, in three parts, and is no input.
    some = [("a.c", b"int gender, ethnicity;"), ("b.c", b"int gender;"), ("c.bin", b"\x7fELF\0\0ethnicity\0" * 9)]
    with tempfile.TemporaryDirectory() as tmp:
        _whole(Path(tmp), some, sieve=True)
    for i in range(args.first, args.first + args.count):
        rng = random.Random(f"{args.seed}:{i}")  # noqa: S311 - reproducible noise, no secret
        name, data = rng.choice(seeds)
        data = mutated(data, rng, datas)
        for reader, step in _read(name, data):
            tries.step(i, f"reader {reader}", name, step)
        if i % args.whole == 0:
            some = [(name, data)]
            for _ in range(rng.randrange(3)):
                other, more = rng.choice(seeds)
                some.append((other, mutated(more, rng, datas)))
            sieve = rng.random() < 0.5
            with tempfile.TemporaryDirectory() as tmp:
                tries.step(i, "whole road", name, lambda: _whole(Path(tmp), some, sieve=sieve))  # noqa: B023 - run at once
        yield


def _logs(args: argparse.Namespace, tries: _Tries) -> Iterator[None]:
    """Each input to the format it is of, some to another, and a share of them to the whole road."""
    one = Forms()
    for i in range(args.first, args.first + args.count):
        rng = random.Random(f"{args.seed}:log:{i}")  # noqa: S311 - reproducible noise, no secret
        for what, name, step in one.steps(rng, i % args.whole == 0):
            tries.step(i, what, name, step)
        yield


def _packets(args: argparse.Namespace, tries: _Tries) -> Iterator[None]:
    """Captures of packets alone: each starts a tshark, so that they are few among the logs."""
    one = Forms()
    seeds = [data for name, data in one.seeds if name == "pcap"]
    if not seeds:
        raise SystemExit("fuzz: no tshark is installed (Debian: apt-get install tshark)")
    for i in range(args.first, args.first + args.count):
        rng = random.Random(f"{args.seed}:packets:{i}")  # noqa: S311 - reproducible noise, no secret
        data = mutated_log(rng.choice(seeds), rng, one.datas)
        tries.step(i, "packets", "pcap", partial(_captured, one, data))
        yield


def run(args: argparse.Namespace) -> int:
    """Feed mutated specimens to every reader, and mutated logs to every format of logs."""
    tries = _Tries()
    started = time.perf_counter()
    ways: dict[str, Callable[[argparse.Namespace, _Tries], Iterator[None]]] = {"readers": _readers, "logs": _logs}
    own = {**ways, "packets": _packets}
    rows = [own[args.only](args, tries)] if args.only else [way(args, tries) for way in ways.values()]
    for number, _ in enumerate(zip(*rows, strict=True), args.first + 1):
        if number % 5000 == 0:
            print(f"# {number} done, resume with --from {number}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"fuzz: {args.count} inputs of {args.only or 'readers and logs'} (each {args.whole}th down the whole road), "
        f"seed {args.seed}, {tries.bad} bad, worst {tries.worst:.2f} s, peak {peak} MB, "
        f"{time.perf_counter() - started:.0f} s"
    )
    return int(tries.bad > 0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.add_argument("count", type=int, nargs="?", default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--whole", type=int, default=20, help="every such input is also taken down the whole road")
    parser.add_argument("--only", choices=("readers", "logs", "packets"))
    parser.set_defaults(run=run)
