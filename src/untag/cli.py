"""The command line: arguments, printing and exit codes; no logic."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn, Self

import click

import untag
from untag.gap import UntagError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from untag.config import Config
    from untag.policy import Policy
    from untag.report import Report
    from untag.reports import View
    from untag.scan import Progress, Witness
    from untag.trace import Spot

__all__ = ["main"]

_SEVERITIES = ("note", "low", "medium", "high", "critical")
#: Requests of untrusted inputs named on standard error; the report has them all.
_NOTES = 3
_CONFIDENCES = ("tentative", "firm", "certain")


class _Group(click.Group):
    """Commands, with the nearest one named for a mistyped one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Look a command up."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            from untag.config import nearest

            raise click.UsageError(f"no such command {args[0]!r}{nearest(args[0], self.commands)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(untag.__version__, prog_name="untag")
def cli() -> None:
    """Find ethnic tags in biometric software, prove them, and keep them out.

    \b
    Examples:
      untag scan .
      untag scan sdk/ --format json -o report.json --format html -o report.html
      untag explain uyghur
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped


# -- scan


@cli.command()
@click.argument("inputs", nargs=-1)
@click.option("--format", "formats", multiple=True, metavar="FORM", help="plain, json, sarif, html, markdown or junit.")
@click.option("-o", "--output", "outputs", multiple=True, metavar="FILE", help="Where to write; one for each --format.")
@click.option("--policy", metavar="FILE", help="Accepted findings and gaps, with reasons (TOML).")
@click.option("--baseline", metavar="FILE", help="What is known already: a baseline or an earlier JSON report.")
@click.option("--write-baseline", metavar="FILE", help="Write what is found as a baseline.")
@click.option("--jobs", type=click.IntRange(0), help="Processes; 0, the default, is one a core.")
@click.option("--severity", type=click.Choice(_SEVERITIES), help="Lowest severity printed.")
@click.option("--confidence", type=click.Choice(_CONFIDENCES), help="Lowest confidence printed.")
@click.option("--fail-on", type=click.Choice(_SEVERITIES), help="Lowest severity that makes exit code 1.")
@click.option("--strict", is_flag=True, default=None, help="Any gap exits 3, even if accepted; a crash is raised.")
@click.option("--exit-zero", is_flag=True, default=None, help="Report only: exit 0 whatever is found.")
@click.option("--history", is_flag=True, default=None, help="Read also all that git repositories ever held.")
@click.option("--unreachable", is_flag=True, default=None, help="With --history also what nothing leads to any more.")
@click.option("--respect-ignore", is_flag=True, default=None, help="Obey ignore files; what they leave out is counted.")
@click.option("--trust-input", is_flag=True, help="Obey configuration and allowances inside the inputs.")
@click.option("--files-from", metavar="FILE", help="Read paths from a file, or from - : one a line, or NUL separated.")
@click.option("--stdin-filename", metavar="NAME", help="What standard input (-) is called.")
@click.option(
    "--trace",
    "traces",
    multiple=True,
    metavar="PATH:LINE",
    help="Say step by step why something was or was not found there, instead of the report. Also PATH, PATH:LINE-LINE.",
)
@click.option("--full", is_flag=True, default=None, help="Print hidden and accepted findings too.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), help="Colours in plain text.")
@click.option("--quiet", "-q", is_flag=True, default=None, help="No progress and no remarks on standard error.")
@click.option("--progress/--no-progress", default=None, help="Progress bar on a terminal.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep what was read before (the answer is the same).")
@click.option("--no-sieve", is_flag=True, help="Decode and parse everything (slow; the answer is the same).")
@click.option("--engine", metavar="NAME", help="Engine of the sieve: hyperscan, ahocorasick or plain.")
@click.option("--max-depth", type=click.IntRange(0), help="How deep containers may nest.")
@click.option(
    "--password",
    multiple=True,
    metavar="TEXT",
    help="Password of encrypted containers; may be repeated. Others see it in the list of processes: see the next one.",
)
@click.option(
    "--password-file",
    metavar="FILE",
    help="File with a password a line; UNTAG_PASSWORD in the environment is tried, too. None is ever shown or kept.",
)
def scan(inputs: tuple[str, ...], **given: Any) -> None:
    """Find ethnic tags in INPUTs: files, folders, or - for standard input.

    \b
    Examples:
      untag scan .
      untag scan sdk/ app.py --severity high
      untag scan . --format sarif -o untag.sarif --format plain -o -
      untag scan . --baseline untag-baseline.json --fail-on medium
      git diff --name-only | untag scan --files-from -
      cat model.json | untag scan - --stdin-filename model.json
      untag scan sdk/ --trace include/face.h:48
      untag scan . --history

    \b
    Exit codes: 0 clean and complete, 1 findings, 2 your mistake or our crash,
    3 no findings but gaps, 4 nothing was read, 130 interrupted.
    """  # noqa: D301
    specs = [*inputs, *([f"files-from:{given['files_from']}"] if given["files_from"] else [])]
    if not specs:
        raise UntagError("name something to scan: a file, a folder, or - for standard input")
    if specs.count("-") + specs.count("files-from:-") > 1:
        raise UntagError("standard input can be read only once")
    config, options, fail_on = _settings(specs, given)
    plan = _plan(given, config)
    witness, spots = _witness(given, plan)
    for name in filter(None, (given["write_baseline"], *(target for _, target in plan))):
        _writable(name)
    view = _view(given, config)
    quiet = _pick(given, config, "quiet")
    with _bar(wanted=not quiet and _pick(given, config, "progress") is not False) as watch:
        from untag.scan import scan as run

        report = run(specs, options, watch, witness)
    if not quiet:
        for row in report.untrusted[:_NOTES]:
            _say(f"note: {row.place}: this {row.what} lies inside an input that is not trusted and is not obeyed")
    if witness is not None:
        from untag.trace import trace

        # Before anything is written: a path that is not there is a mistake.
        told = trace(spots, specs, options, witness, report)
        _deliver(report, plan, view, given["write_baseline"])
        click.echo(told, nl=False)
    else:
        _deliver(report, plan, view, given["write_baseline"])
    if report.interrupted:
        _say("interrupted: the report is partial")
        raise click.exceptions.Exit(130)
    if _pick(given, config, "exit-zero"):
        raise click.exceptions.Exit(0)
    raise click.exceptions.Exit(report.exit_code(fail_on, strict=options.strict))


def _pick(given: dict[str, Any], config: Config, key: str) -> Any:
    """The flag where it was given, else what the configuration says, else None."""
    value = given.get(key.replace("-", "_"))
    return config.values.get(key) if value in {None, ()} else value


def _settings(specs: list[str], given: dict[str, Any]) -> tuple[Config, Any, Any]:
    """Configuration, options of the scan, and the severity to fail on."""
    from pathlib import Path

    from untag import config as settings
    from untag.finding import Severity
    from untag.gap import Limits

    here = Path.cwd()
    config = settings.find(here)
    trust = given["trust_input"]
    places = [s for s in specs if s != "-" and not s.startswith("files-from:")]
    if trust and config.path is None:
        for spec in places:
            start = Path(spec) if Path(spec).is_dir() else Path(spec).parent
            config = settings.find(start)
            if config.path is not None:
                break
    roots = [here, *([config.path.parent] if config.path else [])]
    policy = _policy(given, config)
    strict = _pick(given, config, "strict")
    strict = policy.strict if given["strict"] is None and policy.strict is not None else strict
    fail_on = given["fail_on"]
    if fail_on is not None:
        fail_on = settings.severity(fail_on)
    else:
        fail_on = policy.fail_on if policy.fail_on is not None else config.values.get("fail-on", Severity.LOW)
    depth = _pick(given, config, "max-depth")
    if given["engine"]:
        from untag.lexicon.sieve import ENGINES

        if given["engine"] not in ENGINES:
            raise UntagError(f"no such engine {given['engine']!r}{settings.nearest(given['engine'], ENGINES)}")
    from untag.scan import Options

    options = Options(
        jobs=_pick(given, config, "jobs") or 0,
        sieve=not given["no_sieve"],
        engine=given["engine"],
        respect_ignore=bool(_pick(given, config, "respect-ignore")),
        strict=bool(strict),
        limits=Limits() if depth is None else Limits(depth=depth),
        policy=policy,
        obeyed=tuple(
            os.path.realpath(p) for p in (_pick(given, config, "policy"), _pick(given, config, "baseline")) if p
        ),
        trusted=tuple(trust or s.startswith("files-from:") or (s != "-" and settings.below(s, roots)) for s in specs),
        stdin_filename=given["stdin_filename"] or "-",
        cache=not given["no_cache"],
        passwords=_passwords(given),
        apart=True,
        history=bool(given["history"] or given["unreachable"]),
        unreachable=bool(given["unreachable"]),
    )
    return config, options, fail_on


def _passwords(given: dict[str, Any]) -> tuple[bytes, ...]:
    """Passwords for encrypted containers: from options, a file, and the environment."""
    from pathlib import Path

    rows = [text.encode("utf-8", "surrogateescape") for text in given["password"]]
    if given["password_file"]:
        try:
            rows += Path(given["password_file"]).read_bytes().splitlines()
        except OSError as error:
            raise UntagError(f"cannot read {given['password_file']}: {(error.strerror or 'error').lower()}") from None
    rows.append(os.environb.get(b"UNTAG_PASSWORD", b"") if os.supports_bytes_environ else
                os.environ.get("UNTAG_PASSWORD", "").encode())  # fmt: skip
    return tuple(dict.fromkeys(row for row in rows if row))


def _policy(given: dict[str, Any], config: Config) -> Policy:
    from untag import policy

    path, known = _pick(given, config, "policy"), _pick(given, config, "baseline")
    made = policy.load(path) if path else policy.Policy()
    return policy.with_baseline(made, known) if known else made


def _plan(given: dict[str, Any], config: Config) -> list[tuple[str, str]]:
    """Form and target of every report; ``-`` is standard output."""
    from untag.config import nearest
    from untag.registry import names

    chosen = list(_pick(given, config, "format") or ())
    # An output of the configuration belongs to the formats of the configuration.
    outputs = list(given["outputs"] or (() if given["formats"] else config.values.get("output", ())))
    chosen = list(given["formats"] or config.values.get("format", ()))
    known = names("untag.reports")
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
    if given["write_baseline"]:
        same.append(os.path.realpath(given["write_baseline"]))
    if len(set(same)) < len(same):
        raise UntagError("two outputs would go to the same place")
    return list(zip(chosen, outputs, strict=True))


def _witness(given: dict[str, Any], plan: list[tuple[str, str]]) -> tuple[Witness | None, list[Spot]]:
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


def _view(given: dict[str, Any], config: Config) -> View:
    import shutil

    from untag import config as settings
    from untag.finding import Confidence, Severity
    from untag.reports import View

    severity, confidence = _pick(given, config, "severity"), _pick(given, config, "confidence")
    if isinstance(severity, str):
        severity = settings.severity(severity)
    if isinstance(confidence, str):
        confidence = settings.confidence(confidence)
    color = _pick(given, config, "color") or "auto"
    terminal = sys.stdout.isatty()
    colour = color == "always" or (
        color == "auto" and terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
    return View(
        severity=Severity.LOW if severity is None else severity,
        confidence=Confidence.FIRM if confidence is None else confidence,
        width=shutil.get_terminal_size().columns if terminal else 80,
        colour=colour,
        full=bool(_pick(given, config, "full")),
    )


def _deliver(report: Report, plan: list[tuple[str, str]], view: View, baseline: str | None) -> None:
    """Write every report; files first and all at once, so that a failure leaves none half written."""
    from dataclasses import replace

    from untag.policy import baseline_text
    from untag.reports import forms

    table = forms()
    files: list[tuple[str, Iterable[str]]] = [
        (target, table[form].write(report, replace(view, colour=False, width=80)))
        for form, target in plan
        if target != "-"
    ]
    if baseline:
        files.append((baseline, [baseline_text(report.findings)]))
    _write(files)
    for form, target in plan:
        if target == "-":
            try:
                for piece in table[form].write(report, view):
                    sys.stdout.write(piece)
                sys.stdout.flush()
            except BrokenPipeError:
                _unpipe()  # the verdict stays what it is when nobody reads on


# -- explain, lexicon, init, completion


@cli.command()
@click.argument("name")
@click.option("--report", metavar="FILE", help="A JSON report, to explain one of its findings by key.")
def explain(name: str, report: str | None) -> None:
    """Say what NAME is.

    A term, written form, code system, rule, reader, report form, purpose, severity, confidence, reason of gaps,
    configuration key, or (with --report) a finding's key.

    \b
    Examples:
      untag explain uyghur
      untag explain 民族
      untag explain labelset
      untag explain undecodable
      untag explain k1:0123456789abcdef --report report.json
    """  # noqa: D301
    from untag.explain import explain as text_of

    click.echo(text_of(name, report), nl=False)


@cli.command()
@click.argument("word", required=False)
@click.option("--forms", is_flag=True, help="Every written form, one a line, fit for rg -F -f.")
@click.option("--language", metavar="TAG", help="Only forms of a language (zh, ru, code, …).")
@click.option("--kind", metavar="KIND", help="Only terms of a kind (attribute, group, colour, proxy, context).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def lexicon(word: str | None, *, forms: bool, language: str | None, kind: str | None, as_json: bool) -> None:
    """List the words untag knows, or search them for WORD (in forms, glosses and ids).

    \b
    Examples:
      untag lexicon
      untag lexicon этнич
      untag lexicon --kind group --language zh
      untag lexicon --forms > forms.txt
    """  # noqa: D301
    from untag import explain

    click.echo(explain.lexicon(word, forms=forms, language=language, kind=kind, as_json=as_json), nl=False)


@cli.command()
@click.option("--dry-run", is_flag=True, help="Print the files instead of writing them.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def init(*, dry_run: bool, force: bool) -> None:
    """Write starter files: configuration, policy, pre-commit hook, CI workflow.

    They go into the working directory. A file that is there is never written over without --force.

    \b
    Examples:
      untag init --dry-run
      untag init
    """  # noqa: D301
    from pathlib import Path

    from untag.explain import starter

    files = starter(untag.__version__)
    if dry_run:
        for name, text in files.items():
            click.echo(f"# --- {name}\n{text}")
        return
    there = [name for name in files if Path(name).exists()]
    if there and not force:
        raise UntagError(f"already there: {', '.join(there)} (--force writes over, --dry-run prints)")
    for name in files:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        _writable(name)
    _write([(name, [text]) for name, text in files.items()])
    for name in files:
        click.echo(f"wrote {name}")


@cli.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL.

    \b
    Examples:
      untag completion bash > ~/.local/share/bash-completion/completions/untag
      untag completion zsh > ~/.zfunc/_untag
      untag completion fish > ~/.config/fish/completions/untag.fish
    """  # noqa: D301
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise UntagError(f"no completion for {shell}")
    source = made(cli, {}, "untag", "_UNTAG_COMPLETE")
    click.echo(source.source_template % source.source_vars())


# -- printing and writing


def _plain(text: object) -> str:
    """One harmless line."""
    from untag.reports._text import visible

    return visible(" ".join(str(text).split("\n")))


def _say(text: object) -> None:
    with contextlib.suppress(OSError):
        print(f"untag: {_plain(text)}", file=sys.stderr, flush=True)


def _writable(name: str) -> None:
    """Complain about an output before anything is scanned."""
    if name == "-":
        return
    folder = os.path.dirname(os.path.realpath(name))  # noqa: PTH120 - names that are no text must survive
    if os.path.isdir(name):  # noqa: PTH112
        raise UntagError(f"cannot write {name}: it is a folder")
    if not os.path.isdir(folder):  # noqa: PTH112
        raise UntagError(f"cannot write {name}: there is no folder {folder}")
    if not os.access(folder, os.W_OK) and not os.access(name, os.W_OK):
        raise UntagError(f"cannot write {name}: permission denied")


def _write(files: Sequence[tuple[str, Iterable[str]]]) -> None:
    """Write all files or none: each beside its target first, then all are moved into place."""
    import stat
    import tempfile

    ready: list[tuple[str, str]] = []
    mask = os.umask(0)
    os.umask(mask)
    try:
        for name, pieces in files:
            target = os.path.realpath(name)
            if os.path.exists(target) and not os.path.isfile(target):  # noqa: PTH110, PTH113 - /dev/null and pipes
                with open(target, "w", encoding="utf-8", errors="backslashreplace") as device:  # noqa: PTH123
                    device.writelines(pieces)
                continue
            handle, temporary = tempfile.mkstemp(prefix=".untag-", dir=os.path.dirname(target))  # noqa: PTH120
            ready.append((temporary, target))
            with open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:  # noqa: PTH123
                file.writelines(pieces)
            mode = 0o666 & ~mask
            with contextlib.suppress(OSError):
                mode = stat.S_IMODE(os.stat(target).st_mode)  # noqa: PTH116
            os.chmod(temporary, mode)  # noqa: PTH101
        while ready:
            temporary, target = ready[0]
            os.replace(temporary, target)  # noqa: PTH105
            ready.pop(0)
    except OSError as error:
        raise UntagError(f"cannot write {error.filename or ''}: {(error.strerror or 'error').lower()}") from None
    finally:
        for temporary, _ in ready:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108


@contextlib.contextmanager
def _bar(*, wanted: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A progress bar on standard error, only on a terminal.

    It is painted when a batch is done, never by a thread: a thread that holds a lock while processes are forked
    would leave them waiting for ever.
    """
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    import time

    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[files]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as bar:
        task = bar.add_task("scanning", total=None, files="")
        last = 0.0

        def watch(seen: Progress) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < 0.1 and seen.files < seen.total_files:
                return
            last = now
            text = (
                f"{seen.files:,}/{seen.total_files:,} files, {seen.bytes / 1e6:,.1f} of "
                f"{seen.total_bytes / 1e6:,.1f} MB, {seen.found:,} with words"
            )
            bar.update(task, total=max(seen.total_bytes, 1), completed=seen.bytes, files=text, refresh=True)

        yield watch


class _Crash:
    """Our own crash is exit code 2 and asks for a report; the one broad ``except`` stands elsewhere."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or not issubclass(kind, Exception):
            return
        import traceback

        for line in traceback.format_exception(kind, error, trace):
            for part in line.rstrip("\n").split("\n"):
                print(_plain(part), file=sys.stderr)
        _say("this is a crash of untag itself; please report it with the lines above")
        sys.exit(2)


def _unpipe() -> None:
    """Whoever read our output has gone; that is no error of ours, and the rest must not be flushed to it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> NoReturn:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        # Text that a terminal cannot show must not stop a report.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # The lexicon is a hundred thousand small objects that stay: looking at them again and again only costs time.
    gc.set_threshold(100_000, 20, 50)
    code: object = 0
    with _Crash():
        try:
            code = cli.main(prog_name="untag", standalone_mode=False)
        except UntagError as error:
            _say(error)
            code = 2
        except click.exceptions.NoArgsIsHelpError as error:
            print(error.format_message(), file=sys.stderr)
            code = 2
        except click.ClickException as error:
            _say(error.format_message())
            code = 2
        except (click.Abort, KeyboardInterrupt):
            _say("interrupted before there was anything to report")
            code = 130
        except BrokenPipeError:
            _unpipe()
            code = 0
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
