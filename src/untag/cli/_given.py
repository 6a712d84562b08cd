"""What a scan is told: flags, configuration, policy, and where its reports go."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from untag.cli._out import bar
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from untag.artifact import Transcript
    from untag.config import Config
    from untag.policy import Policy
    from untag.reports import View
    from untag.scan import Progress, Witness
    from untag.trace import Spot

__all__ = ["named", "passphrase", "pick", "planned", "scanning", "settle", "viewed", "watched", "witnessed"]


_option = click.option
_FLAG: dict[str, Any] = {"is_flag": True, "default": None}
#: What every command that scans is told, in the order of its help.
_SCANNING = (
    _option("--policy", metavar="FILE", help="Accepted findings and gaps, with reasons (TOML)."),
    _option("--baseline", metavar="FILE", help="What is known already: a baseline or an earlier JSON report."),
    _option("--jobs", type=click.IntRange(0), help="Processes; 0, the default, is one a core."),
    _option("--strict", **_FLAG, help="Any gap exits 3, even if accepted; a crash is raised."),
    _option("--history", **_FLAG, help="Read also all that git repositories ever held."),
    _option("--unreachable", **_FLAG, help="With --history also what nothing leads to any more."),
    _option("--respect-ignore", **_FLAG, help="Obey ignore files; what they leave out is counted."),
    _option("--trust-input", is_flag=True, help="Obey configuration and allowances inside the inputs."),
    _option("--files-from", metavar="FILE", help="Read paths from a file, or from - : one a line, or NUL separated."),
    _option("--stdin-filename", metavar="NAME", help="What standard input (-) is called."),
    _option("--quiet", "-q", **_FLAG, help="No progress and no remarks on standard error."),
    _option("--progress/--no-progress", default=None, help="Progress bar on a terminal."),
    _option("--no-cache", is_flag=True, help="Neither use nor keep what was read before (the answer is the same)."),
    _option("--no-sieve", is_flag=True, help="Decode and parse everything (slow; the answer is the same)."),
    _option("--engine", metavar="NAME", help="Engine of the sieve: hyperscan, ahocorasick or plain."),
    _option("--max-depth", type=click.IntRange(0), help="How deep containers may nest."),
    _option(
        "--password",
        multiple=True,
        metavar="TEXT",
        help="Password of encrypted containers; may be repeated. "
        "Others see it in the list of processes: see the next one.",
    ),
    _option(
        "--password-file",
        metavar="FILE",
        help="File with a password a line; UNTAG_PASSWORD in the environment is tried, too. "
        "None is ever shown or kept.",
    ),
    _option(
        "--transcript",
        "transcripts",
        multiple=True,
        metavar="FILE",
        help="What a person read on pages of PDF that cannot be read (TOML), bound to their digests, "
        "which are told; may be repeated.",
    ),
)


def scanning(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command with the options of all that scan."""
    for option in reversed(_SCANNING):
        command = option(command)
    return command


def named(inputs: tuple[str, ...], given: dict[str, Any]) -> list[str]:
    """The inputs that are named, one by one or in a list.

    Raises:
        UntagError: There is none, or standard input would be read twice.
    """
    specs = [*inputs, *([f"files-from:{given['files_from']}"] if given["files_from"] else [])]
    if not specs:
        raise UntagError("name something to scan: a file, a folder, or - for standard input")
    if specs.count("-") + specs.count("files-from:-") > 1:
        raise UntagError("standard input can be read only once")
    return specs


def pick(given: dict[str, Any], config: Config, key: str) -> Any:
    """The flag where it was given, else what the configuration says, else None."""
    value = given.get(key.replace("-", "_"))
    return config.values.get(key) if value in {None, ()} else value


def settle(specs: list[str], given: dict[str, Any]) -> tuple[Config, Any, Any]:
    """Configuration, options of the scan, and the severity to fail on."""
    from pathlib import Path

    from untag import config as settings
    from untag.finding import Severity
    from untag.gap import Limits
    from untag.sources import choose, home

    here = Path.cwd()
    config = settings.find(here)
    trust = given["trust_input"]
    places = [s for s in specs if s != "-" and not s.startswith("files-from:") and choose(s).name != "database"]
    if trust and config.path is None:
        for spec in places:
            start = Path(home(spec)) if Path(home(spec)).is_dir() else Path(spec).parent
            config = settings.find(start)
            if config.path is not None:
                break
    roots = [here, *([config.path.parent] if config.path else [])]
    policy = _policy(given, config)
    strict = pick(given, config, "strict")
    strict = policy.strict if given["strict"] is None and policy.strict is not None else strict
    fail_on = given.get("fail_on")
    if fail_on is not None:
        fail_on = settings.severity(fail_on)
    else:
        fail_on = policy.fail_on if policy.fail_on is not None else config.values.get("fail-on", Severity.LOW)
    depth = pick(given, config, "max-depth")
    if given["engine"]:
        from untag.lexicon.sieve import ENGINES

        if given["engine"] not in ENGINES:
            raise UntagError(f"no such engine {given['engine']!r}{settings.nearest(given['engine'], ENGINES)}")
    from untag.scan import Options

    options = Options(
        jobs=pick(given, config, "jobs") or 0,
        sieve=not given["no_sieve"],
        engine=given["engine"],
        respect_ignore=bool(pick(given, config, "respect-ignore")),
        strict=bool(strict),
        limits=Limits() if depth is None else Limits(depth=depth),
        policy=policy,
        obeyed=tuple(
            os.path.realpath(p) for p in (pick(given, config, "policy"), pick(given, config, "baseline")) if p
        ),
        trusted=tuple(
            trust or s.startswith("files-from:") or (s in places and settings.below(home(s), roots)) for s in specs
        ),
        stdin_filename=given["stdin_filename"] or "-",
        cache=not given["no_cache"],
        passwords=_passwords(given),
        transcripts=_transcripts(given["transcripts"]),
        apart=True,
        history=bool(given["history"] or given["unreachable"]),
        unreachable=bool(given["unreachable"]),
    )
    return config, options, fail_on


def watched(given: dict[str, Any], config: Config) -> AbstractContextManager[Callable[[Progress], None] | None]:
    """The progress bar, unless it is not wanted."""
    return bar(wanted=not pick(given, config, "quiet") and pick(given, config, "progress") is not False)


def _transcripts(names: tuple[str, ...]) -> tuple[Transcript, ...] | None:
    if not names:
        return None
    from untag.transcript import load

    return load(names)


def _passwords(given: dict[str, Any]) -> tuple[bytes, ...]:
    """Passwords for encrypted containers: from options, a file, and the environment."""
    from pathlib import Path

    from untag.config import contents

    rows = [text.encode("utf-8", "surrogateescape") for text in given["password"]]
    if given["password_file"]:
        name = given["password_file"]
        rows += contents(Path(name), f"cannot read {name}").splitlines()
    rows.append(os.environb.get(b"UNTAG_PASSWORD", b"") if os.supports_bytes_environ else
                os.environ.get("UNTAG_PASSWORD", "").encode())  # fmt: skip
    return tuple(dict.fromkeys(row for row in rows if row))


def passphrase(name: str | None) -> bytes | None:
    """The passphrase of a key: from a file, or from the environment."""
    from pathlib import Path

    from untag.config import contents

    if name:
        return contents(Path(name), f"cannot read {name}").rstrip(b"\r\n")
    said = os.environ.get("UNTAG_PASSPHRASE")
    return os.fsencode(said) if said else None


def _policy(given: dict[str, Any], config: Config) -> Policy:
    from untag import policy

    path, known = pick(given, config, "policy"), pick(given, config, "baseline")
    made = policy.load(path) if path else policy.Policy()
    return policy.with_baseline(made, known) if known else made


def planned(given: dict[str, Any], config: Config | None = None, room: str = "untag.reports") -> list[tuple[str, str]]:
    """Form and target of every report; ``-`` is standard output.

    Args:
        given: The flags.
        config: Where formats and outputs are looked for that no flag names.
        room: Of the forms.
    """
    from untag.config import nearest
    from untag.registry import names

    values = config.values if config is not None else {}
    # An output of the configuration belongs to the formats of the configuration.
    outputs = list(given["outputs"] or (() if given["formats"] else values.get("output", ())))
    chosen = list(given["formats"] or values.get("format", ()))
    known = names(room)
    if not chosen and outputs:
        endings = {"json": "json", "sarif": "sarif", "html": "html", "htm": "html", "md": "markdown", "xml": "junit"}
        chosen = [endings.get(name.rpartition(".")[2].lower(), "plain") for name in outputs]
    chosen = chosen or ["plain"]
    for form in chosen:
        if form not in known:
            raise UntagError(f"no such format {form!r}{nearest(form, known)} (there are {', '.join(known)})")
    if len(outputs) > len(chosen):
        raise UntagError(f"{len(outputs)} outputs (-o) for {len(chosen)} format{'s' if len(chosen) > 1 else ''}")
    if not outputs and len(chosen) == 1:
        outputs = ["-"]
    if len(outputs) < len(chosen):
        raise UntagError("several formats need one -o each (- is standard output)")
    same = [os.path.realpath(name) if name != "-" else name for name in outputs]
    if given.get("write_baseline"):
        same.append(os.path.realpath(given["write_baseline"]))
    if len(set(same)) < len(same):
        raise UntagError("two outputs would go to the same place")
    return list(zip(chosen, outputs, strict=True))


def witnessed(given: dict[str, Any], plan: list[tuple[str, str]]) -> tuple[Witness | None, list[Spot]]:
    """What a trace needs; its text takes the place of the report on standard output."""
    if not given["traces"]:
        return None, []
    from untag.scan import Witness
    from untag.trace import spot

    spots = [spot(text) for text in given["traces"]]
    if any(target == "-" for _, target in plan):
        if given["formats"] or given["outputs"]:
            raise UntagError("--trace writes to standard output; give the report a file (-o)")
        plan[:] = [(form, target) for form, target in plan if target != "-"]
    return Witness(), spots


def viewed(given: dict[str, Any], config: Config) -> View:
    from untag import config as settings
    from untag.finding import Confidence, Severity
    from untag.reports import View

    severity, confidence = pick(given, config, "severity"), pick(given, config, "confidence")
    if isinstance(severity, str):
        severity = settings.severity(severity)
    if isinstance(confidence, str):
        confidence = settings.confidence(confidence)
    color = pick(given, config, "color") or "auto"
    terminal, width = sys.stdout.isatty(), 80
    if terminal:
        from shutil import get_terminal_size

        width = get_terminal_size().columns
    colour = color == "always" or (
        color == "auto" and terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
    return View(
        severity=Severity.LOW if severity is None else severity,
        confidence=Confidence.FIRM if confidence is None else confidence,
        width=width,
        colour=colour,
        full=bool(pick(given, config, "full")),
    )
