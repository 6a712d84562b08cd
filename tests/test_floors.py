"""Imports go down only, and each room keeps its manners."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

SRC = Path(__file__).parent.parent / "src" / "untag"
FLOORS = {
    "place": 0, "registry": 0, "charset": 0, "media": 0, "later": 0, "mistake": 0,
    "artifact": 1, "surface": 1, "gap": 1,
    "finding": 2, "syntax": 2, "cache": 2, "codes": 2,
    "case": 3, "edit": 3, "report": 3, "spool": 3, "history": 3,
    "lexicon": 4, "sources": 4, "readers": 4, "rules": 4, "reports": 4, "config": 4,
    "judge": 5, "look": 5, "policy": 5, "rewriters": 5, "index": 5, "fill": 5, "outline": 5,
    "quotes": 5, "transcript": 5,
    "outcome": 6, "strain": 6,
    "recall": 7,
    "beside": 8, "layers": 8, "origin": 8, "work": 8,
    "again": 9, "crew": 9, "past": 9, "tally": 9,
    "scan": 10,
    "attest": 11, "explain": 11, "trace": 11,
    "diff": 12, "guard": 12, "strip": 12,
    "exposure": 13,
    "cli": 14, "__init__": 14,
    "__main__": 15,
}  # fmt: skip
ROOMS = {
    "attest", "cli", "diff", "exposure", "guard", "history", "lexicon", "sources", "readers", "rewriters", "rules",
    "reports", "strip", "syntax", "judge", "trace", "outcome",
}  # fmt: skip
PRINTS = {"cli"}
WRITES = {"cli", "cache"}


@cache
def modules() -> list[tuple[str, str, ast.Module]]:
    rows = []
    for path in sorted(SRC.rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        rows.append((parts[0], ".".join(parts), ast.parse(path.read_text(encoding="utf-8"))))
    return rows


def imports(tree: ast.Module) -> list[str]:
    out = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "untag":
            parts = node.module.split(".")[1:]
            out += [".".join([*parts, a.name]) if not parts else ".".join(parts) for a in node.names]
        elif isinstance(node, ast.Import):
            out += [a.name.removeprefix("untag.") for a in node.names if a.name.startswith("untag.")]
    return out


def test_every_module_has_a_floor() -> None:
    assert {room for room, _, _ in modules()} <= set(FLOORS)


def test_imports_go_down_only() -> None:
    wrong = []
    for room, name, tree in modules():
        for target in imports(tree):
            other = target.split(".")[0]
            if other not in FLOORS:
                continue  # names of the package itself, such as __version__
            if other == room and room in ROOMS:
                continue
            if FLOORS[other] >= FLOORS[room]:
                wrong.append(f"{name} imports {target}")
    assert not wrong


def test_leaves_do_not_import_leaves() -> None:
    wrong = []
    for room, name, tree in modules():
        if room not in {"readers", "rewriters", "rules", "reports", "sources"}:
            continue
        for target in imports(tree):
            parts = target.split(".")
            if parts[0] == room and len(parts) > 1 and not parts[1].startswith("_") and target != name:
                wrong.append(f"{name} imports {target}")
    assert not wrong


def broad(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    names = [node.type] if not isinstance(node.type, ast.Tuple) else node.type.elts
    return any(n is None or (isinstance(n, ast.Name) and n.id in {"Exception", "BaseException"}) for n in names)


def test_two_broad_excepts() -> None:
    # Where a reader runs, and where a body is judged that must not pass because something failed.
    found = [name for _, name, tree in modules() for node in ast.walk(tree) if broad(node)]
    assert found == ["guard.engine", "scan"]


def calls(tree: ast.Module) -> list[str]:
    return [n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]


def test_only_the_command_line_prints() -> None:
    assert {room for room, _, tree in modules() if "print" in calls(tree)} <= PRINTS


def test_nothing_executes_or_unpickles() -> None:
    banned = {"eval", "exec", "compile", "__import__"}
    wrong = [name for _, name, tree in modules() if banned & set(calls(tree))]
    loaded = {"pickle", "marshal", "subprocess", "socket", "http", "urllib", "requests"}
    for _, name, tree in modules():
        for node in ast.walk(tree):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            wrong += [f"{name} imports {n}" for n in names if n.split(".")[0] in loaded and n != "urllib.parse"]
    # The sieve's own tables come back from the private cache, checksummed; nothing of an input ever goes there.
    # Git is started with --history only, on a private repository that holds nothing of the input but objects.
    # Packets are taken apart by a tshark that the user installed, which gets no configuration.
    # The guard judges large bodies in processes of its own, which run a module of ours.
    # Models before and after a cut are compared in a process of its own, which runs no code but that of a run time.
    started = ("exposure.format.pcap", "guard.pool", "history.store", "rewriters._proof")
    known = {f"{name} imports subprocess" for name in started}
    # A timestamp authority is asked where the user names one, and told a digest.
    known |= {"attest.stamp imports http.client", "attest.stamp imports urllib.request"}
    assert [row for row in wrong if row not in known] in (
        [],
        ["lexicon.sieve imports marshal"],
    )
