"""Jupyter notebooks: code by the kernel's language, prose, and what the outputs say, never the rows they show."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from untag import charset
from untag.gap import Damaged, Gap, Limits, Reason
from untag.readers import Reader
from untag.readers._lines import Line, has_word, numeric, pieces
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.artifact import Artifact
    from untag.place import Place
    from untag.syntax.tree import Node, Source

__all__ = ["NotebooksReader"]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ROW = re.compile(r"\s{0,6}(?:\d+|\.\.\.?)\s{2,}\S")
_INFO = re.compile(r"\s*\d+\s+(\S(?:.{0,100}?\S)?)\s{2,}\d+\s+non-null\b")
_MAGIC = re.compile(r"%%(\w+)")
_MAGICS = {
    "sql": "sql", "bash": "bash", "sh": "bash", "script": "bash", "javascript": "javascript", "js": "javascript",
    "html": "html", "R": "r", "ruby": "ruby", "bigquery": "sql", "markdown": "markdown", "cpp": "cpp",
    "cython": "python",
}  # fmt: skip
#: Most characters of a line of output that are shown.
_SHOWN = 300
#: An output's array with more elements than this is data.
_DATA = 30
#: Keys of a cell or output that say how it is stored.
_TECHNICAL = frozenset({
    "cell_type", "execution_count", "output_type", "id", "collapsed", "scrolled", "nbformat", "nbformat_minor",
    "name", "version", "file_extension", "mimetype", "codemirror_mode", "pygments_lexer", "nbconvert_exporter",
    "prompt_number", "pyout", "model_module", "model_name", "layout", "style", "_view_module", "_view_name",
    "_model_module", "_model_name", "_view_module_version", "_model_module_version", "language", "hash", "sha256",
    "elapsed", "start_time", "end_time", "executionInfo", "userId", "displayName", "photoUrl", "base_uri",
    "outputId", "colab_type",
})  # fmt: skip


class NotebooksReader(Reader):
    """Reads .ipynb files, nbformat 3 and 4."""

    name = "notebooks"
    rank = 40
    limits = (
        "images and other binary outputs are passed over by design",
        "rows of tables in outputs are never shown; their headers are",
        "lines of an output are cut at 300 characters, and lines with four and more numbers are passed over",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A JSON object with cells and a notebook's version."""
        data = artifact.data
        if not data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or not charset.is_text(data):
            return False
        if artifact.suffix == ".ipynb":
            return True
        return b'"nbformat"' in data[-2000:] + data[:2000] and (b'"cells"' in data or b'"worksheets"' in data)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        """Surfaces of the notebook, cell by cell, with the physical lines of the file."""
        from untag.syntax.json import parse
        from untag.syntax.tree import Source

        source = Source.of(artifact)
        document = parse(source.text, limit=limits.nodes)
        root = document.roots[0] if document.roots else None
        cells = _cells(root)
        if root is None or cells is None:
            raise Damaged("a notebook without cells", artifact.place)
        if document.stop is not None:
            yield Gap(artifact.place, Reason.LIMIT, "more nodes than are looked at")
        reader = _Notebook(source, artifact.place.whole(), _language(root), limits)
        for key in ("metadata",):
            if (node := root.get(key)) is not None:
                yield from reader.rest(node, "notebook", Role.STRING)
        for number, (pointer, cell) in enumerate(cells, 1):
            yield from reader.cell(number, pointer, cell)


def _cells(root: Node | None) -> list[tuple[str, Node]] | None:
    """The cells with their pointers, or None where there can be none."""
    if root is None:
        return None
    if (cells := root.get("cells")) is not None and cells.kind == "array":
        return [(f"/cells/{i}", c) for i, c in enumerate(cells.children)]
    if (sheets := root.get("worksheets")) is not None:
        return [
            (f"/worksheets/{n}/cells/{i}", cell)
            for n, sheet in enumerate(sheets.children)
            if (inner := sheet.get("cells")) is not None
            for i, cell in enumerate(inner.children)
        ]
    return None


def _language(root: Node) -> str:
    data = root.get("metadata")
    for outer, inner in (
        ("language_info", "name"),
        ("kernelspec", "language"),
        ("kernelspec", "name"),
        ("kernel_info", "name"),
    ):
        node = data.get(outer) if data is not None else None
        if node is not None and (name := node.text(inner)):
            return re.sub(r"\d+$", "", name.lower()) if name.lower().startswith(("python", "ir")) else name.lower()
    return "python"


class _Text:
    """The text of a cell or output, and where each of its characters stands in the file."""

    def __init__(self, nodes: Iterable[Node], source: Source) -> None:
        from untag.syntax.json import offsets

        parts: list[str] = []
        self.where: list[int] = []
        for node in nodes:
            if node.kind != "string":
                continue
            text, where = offsets(source.text[node.body : max(node.body, node.end - 1)], node.body)
            parts.append(text)
            self.where += where[: len(text)]
            self.where += [node.end] * (len(text) - len(where))
        self.text = "".join(parts)
        self.source = source
        self.starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            self.starts.append(at + 1)
            at = self.text.find("\n", at + 1)

    def lines(self) -> list[Line]:
        """Its lines, numbered from 1."""
        return [Line(n, t.rstrip("\r")) for n, t in enumerate(self.text.split("\n"), 1)]

    def spot(self, line: int, column: int) -> tuple[int, int]:
        """Line and column in the file of a line and column in the text."""
        if not self.where:
            return 1, 1
        at = self.starts[min(max(line, 1), len(self.starts)) - 1] + column - 1
        return self.source.spot(self.where[min(max(at, 0), len(self.where) - 1)])

    def line_at(self, offset: int) -> tuple[int, int]:
        """Line and column in the text of an offset in it."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


class _Notebook:
    def __init__(self, source: Source, place: Place, language: str, limits: Limits) -> None:
        self.source = source
        self.place = place
        self.language = language
        self.limits = limits

    def moved(self, surfaces: Iterable[Surface | Gap], text: _Text, pointer: str) -> Iterator[Surface | Gap]:
        """Surfaces of a cell's text, put where they stand in the file."""
        from msgspec.structs import replace

        for item in surfaces:
            if isinstance(item, Gap):
                yield item
                continue
            line, column = text.spot(item.place.line or 1, item.place.column or 1)
            last = text.spot(item.place.end_line or item.place.line or 1, 1)[0]
            yield replace(
                item, place=self.place.at(line=line, end_line=max(line, last), column=column, pointer=pointer)
            )

    def cell(self, number: int, pointer: str, cell: Node) -> Iterator[Surface | Gap]:
        owner = f"cell {number}"
        sort = cell.text("cell_type")
        body = cell.get("source") or cell.get("input")
        for child in cell.children:
            if child is body:
                text = _Text(child.children if child.kind == "array" else [child], self.source)
                yield from self.moved(self.source_of(text, sort, owner, cell), text, pointer)
            elif child.key == "outputs":
                for at, output in enumerate(child.children):
                    yield from self.output(output, f"{owner} > output", f"{pointer}/outputs/{at}")
            elif child.key == "attachments":
                continue
            elif child.key not in _TECHNICAL:
                yield from self.rest(child, owner, Role.STRING)

    def source_of(self, text: _Text, sort: str, owner: str, cell: Node) -> Iterator[Surface | Gap]:
        rows = text.lines()
        if sort == "markdown":
            from untag.readers._markdown import markdown

            yield from markdown(rows, self.place, owner)
            return
        if sort == "heading":
            yield from (
                Surface(Role.HEADING, p, self.place.at(line=r.number, column=s + 1), owner, Kind.SECTION)
                for r in rows
                for s, p in pieces(r.text)
            )
            return
        if sort != "code":
            yield from (
                Surface(Role.STRING, p, self.place.at(line=r.number, column=s + 1), owner, Kind.SECTION)
                for r in rows
                for s, p in pieces(r.text)
            )
            return
        yield from self.code(rows, owner, cell)

    def code(self, rows: list[Line], owner: str, cell: Node) -> Iterator[Surface | Gap]:
        from untag.readers._snippet import snippet

        language = cell.text("language") or self.language
        data = cell.get("metadata")
        editor = data.get("vscode") if data is not None else None
        language = (editor.text("languageId") if editor is not None else "") or language
        first = next((r.text for r in rows if r.text.strip()), "")
        magic = _MAGIC.match(first)
        if magic:
            language = _MAGICS.get(
                magic[1], language if magic[1] in ("time", "timeit", "capture", "prun", "writefile") else "text"
            )
        clean: list[Line] = []
        for row in rows:
            bare = row.text.lstrip()
            # Magics and shell lines are no code of the language; they are shown as what they are.
            if bare.startswith(("%", "!")) and not (language not in ("python", "r", "julia") and bare[0] == "!"):
                for start, piece in pieces(row.text):
                    yield Surface(
                        Role.STRING, piece, self.place.at(line=row.number, column=start + 1), owner, Kind.SECTION
                    )
                clean.append(Line(row.number, "", row.indent))
            else:
                clean.append(row)
        if language == "html":
            from untag.readers._form import form

            yield from form("\n".join(r.text for r in clean), self.place, ".html", self.limits.nodes)
        elif language == "markdown":
            from untag.readers._markdown import markdown

            yield from markdown(clean, self.place, owner)
        else:
            yield from snippet(clean, language, self.place, owner)

    def output(self, output: Node, owner: str, pointer: str) -> Iterator[Surface | Gap]:
        """What one output says: its text, and of tables the header."""
        bundle = output.get("data") or output
        table = next((c for c in bundle.children if c.key in ("text/html", "html")), None)
        html = _Text(table.children if table.kind == "array" else [table], self.source) if table is not None else None
        tabled = html is not None and "<table" in html.text
        for child in bundle.children:
            key = child.key or ""
            if child is table and html is not None:
                yield from self.moved(self.html(html, owner), html, pointer)
            elif key in ("text", "text/plain", "text/markdown", "text/latex", "traceback", "evalue", "ename"):
                if tabled and key in ("text", "text/plain"):
                    continue
                text = _Text(child.children if child.kind == "array" else [child], self.source)
                yield from self.moved(self.printed(text.lines(), owner), text, pointer)
            elif "json" in key or key == "metadata":
                yield from self.rest(child, owner, Role.OUTPUT)
            # Everything else is an image or the like.

    def html(self, text: _Text, owner: str) -> Iterator[Surface]:
        """Column heads of tables, and the text outside of tables."""
        from untag.readers._markup import parse
        from untag.readers._runs import rows

        document = parse(text.text, most=self.limits.nodes)
        row, heads = 0, 0
        end = 0
        for index, node in enumerate(document.nodes):
            if node.sort == "element":
                if node.tag == "table" and index >= end:
                    row, heads, end = 0, heads + 1, node.end
                elif node.tag == "tr":
                    row += 1
                continue
            if node.sort != "text":
                continue
            inside = [document.nodes[p].tag for p in document.parents(index)]
            if index < end or "table" in inside:
                if "th" in inside and (row == 1 or "thead" in inside):
                    for line in rows(document, node):
                        for start, piece in pieces(line.text):
                            spot = self.place.at(line=line.number, column=line.indent + start + 1)
                            yield Surface(Role.COLUMN, piece, spot, f"{owner} > table {heads}", Kind.DATASET)
                continue
            yield from self.printed(rows(document, node), owner)

    def printed(self, rows: list[Line], owner: str) -> Iterator[Surface]:
        """Lines of text that are no rows of data; a header above rows as columns."""
        marks = [_ROW.match(r.text[:200]) is not None for r in rows]
        for at, row in enumerate(rows):
            text = _ANSI.sub("", row.text[:4000]) if "\x1b" in row.text[:4000] else row.text
            if not has_word(text):
                continue
            if info := _INFO.match(text[:400]):
                spot = self.place.at(line=row.number, column=row.indent + info.start(1) + 1)
                yield Surface(Role.COLUMN, info[1], spot, f"{owner} > table 1", Kind.DATASET)
                continue
            below = marks[at + 1] if at + 1 < len(rows) else False
            if marks[at] and ((at > 0 and (marks[at - 1] or rows[at - 1].text[:2] == "  ")) or below):
                continue
            if below and text.startswith("  "):
                yield from self.header(row, owner)
                continue
            if (
                numeric(text, 4)
                or len([w for w in text[:2000].split() if w.strip("[](),").replace(".", "", 1).lstrip("-").isdigit()])
                >= 4
            ):
                continue
            lead = len(text) - len(text.lstrip())
            bare = upto(text.strip(), _SHOWN)
            yield Surface(
                Role.OUTPUT, bare, self.place.at(line=row.number, column=row.indent + lead + 1), owner, Kind.SECTION
            )

    def header(self, row: Line, owner: str) -> Iterator[Surface]:
        for found in re.finditer(r"\S+(?: \S+)*", row.text[:20_000]):
            if has_word(found[0]):
                spot = self.place.at(line=row.number, column=row.indent + found.start() + 1)
                yield Surface(Role.COLUMN, upto(found[0], 2000), spot, f"{owner} > table 1", Kind.DATASET)

    def rest(self, node: Node, owner: str, role: Role) -> Iterator[Surface]:
        """Strings of metadata and of outputs that are data trees; long arrays are data and passed over."""
        stack = [node]
        while stack:
            top = stack.pop()
            if top.key in _TECHNICAL and top is not node:
                continue
            if top.kind == "array" and len(top.children) > _DATA:
                continue
            stack.extend(reversed(top.children))
            if top.kind != "string" or not has_word(top.value[:_SHOWN]):
                continue
            line, column = self.source.spot(top.body)
            yield Surface(
                role,
                upto(top.value.strip(), _SHOWN),
                self.place.at(line=line, column=column),
                owner,
                Kind.SECTION,
                about=(top.key or "")[:200],
            )
