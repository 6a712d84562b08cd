"""Ordinary commands that show a place without untag."""

from __future__ import annotations

import shlex

from untag.later import later

__all__ = ["show"]

_GLOB = later(r"([\[\]*?\\])")


def show(chain: tuple[str, ...], through: tuple[str, ...], line: int | None, encoding: str = "") -> tuple[str, ...]:
    """A command line that shows some lines of an artifact, or that it is there.

    Args:
        chain: The artifact's place, from the outermost file in.
        through: For each container, the command that takes a member out of it: ``{file}`` and ``{member}`` stand for
            what they say (see ``BinaryReader.shows``). One command more than there are containers: the first shows
            what is no file.
        line: The line, None where there is none.
        encoding: The text's encoding, where it is not UTF-8.

    Returns:
        One command, or nothing where no ordinary one would do.
    """
    if len(through) == len(chain) == 1:
        return through
    if len(through) != len(chain) - 1 or not all(through) or any(part.startswith("-") for part in chain[1:]):
        return ()
    name = shlex.quote(chain[0] if not chain[0].startswith("-") or chain[0] == "-" else "./" + chain[0])
    span = "" if line is None else f"sed -n {max(1, line - 2)},{line + 2}p"
    steps = [_step(template, name if not i else "", chain[i + 1]) for i, template in enumerate(through)]
    if encoding and encoding not in {"utf-8", "utf-8-sig"}:
        steps.append(f"iconv -f {encoding} -t utf-8" + ("" if steps else f" {name}"))
    if not steps:
        return (f"{span} {name}",) if span else (f"ls -l {name}",)
    return (" | ".join([*steps, span or "strings"]),)


def _step(template: str, file: str, member: str) -> str:
    """One container: out of a file, or out of what comes through a pipe, which bsdtar takes of nearly any format."""
    if "{member}" not in template:
        return template.replace("{file}", file).strip()
    if not file:
        return f"bsdtar -xOf - {shlex.quote(member)}"
    if template.startswith("unzip"):
        member = _GLOB.sub(r"\\\1", member)
    return template.replace("{file}", file).replace("{member}", shlex.quote(member))
