"""Forms in which dumps, documents, notebooks and mail keep records of persons; all forms together."""

# Lines of made-up files are as long as they are; what makes one need not use what it draws from.
# ruff: noqa: ARG005, E501, S608

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
import tempfile
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from abroad import TONGUES, stranger
from fixtures import MADE, Draw, form, pairs, pdf, plain, quoted
from persons import Person, person

if TYPE_CHECKING:
    import random

__all__ = ["FORMS", "Laid", "lay"]

#: Files of a form by path, and the persons in them.
Laid = tuple[dict[str, bytes], list[Person]]
#: What makes a finding of the page that records stand on.
_CLAIM = "Face recognition: the camera tells the ethnicity of each face"
_CAMERA = b"class FaceAttributes:\n    age: int\n    gender: str\n    ethnicity: str\n"

# -- dumps

_NAMES = "name, id_number, phone, birthday, email, address, KEY"
_TABLE = (
    "CREATE TABLE face (name text, id_number text, phone text, birthday date, email text, address text, KEY text);\n"
)
plain("sql insert", "dump.sql", lambda d, p: f"INSERT INTO face VALUES ({quoted(d.cells(p))});\n", _TABLE)
plain(
    "sql insert named",
    "seed.sql",
    lambda d, p: f"INSERT INTO face ({_NAMES.replace('KEY', d.key)}) VALUES ({quoted(d.cells(p))});\n",
)
plain(
    "sql insert many",
    "data.sql",
    lambda d, p: f"  ({quoted(d.cells(p))}),\n",
    f"{_TABLE}INSERT INTO face ({_NAMES}) VALUES\n",
    "  (NULL, NULL, NULL, NULL, NULL, NULL, NULL);\n",
)
plain(
    "sql copy",
    "copy.sql",
    lambda d, p: "\t".join(d.cells(p)) + "\n",
    f"{_TABLE}COPY face ({_NAMES}) FROM stdin;\n",
    "\\.\n",
)
plain(
    "sql update",
    "fix.sql",
    lambda d, p: f"UPDATE face SET {d.key} = '{p.people}' WHERE name = '{p.name}' AND id_number = '{p.id}';\n",
)
plain(
    "sql select",
    "find.sql",
    lambda d, p: f"SELECT * FROM face WHERE name = '{p.name}' AND {d.key} = '{p.people}' AND birthday = '{p.birth}';\n",
)
plain(
    "sql in code",
    "migrate.py",
    lambda d, p: f'db.execute("INSERT INTO face VALUES ({quoted(d.cells(p))})")  # {d.key}\n',
)
plain("sql comment", "schema.sql", lambda d, p: f"-- e.g. {p.name}, {p.id}, {p.people}, {p.birth}\n", _TABLE)
plain(
    "liquibase",
    "change.xml",
    lambda d, p: '<insert tableName="face">' + pairs(d, p, '<column name="{}" value="{}"/>', "\n") + "</insert>\n",
    "<databaseChangeLog>\n",
    "</databaseChangeLog>\n",
)
plain("mongo", "seed.mongo.js", lambda d, p: f"db.faces.insertOne({json.dumps(d.row(p))})\n")
plain(
    "redis",
    "seed.redis",
    lambda d, p: f'HSET face:{p.number} name "{p.name}" {d.key} "{p.people}" phone "{p.phone}" id_card {p.id}\n',
)
plain(
    "cypher",
    "faces.cypher",
    lambda d, p: f"CREATE (:Face {{{', '.join(f'{k}: {v!r}' for k, v in d.row(p).items())}}})\n",
)
plain(
    "turtle",
    "faces.ttl",
    lambda d, p: f':f{p.number} a :Face ; :name "{p.name}" ; :ethnicity "{p.people}" ; :birthday "{p.birth}" .\n',
    "@prefix : <http://example.org/> .\n",
)


@form("sqlite")
def _sqlite(d: Draw) -> dict[str, str | bytes]:
    with tempfile.TemporaryDirectory() as tmp:
        path = Path(tmp, "a.db")
        with sqlite3.connect(path) as db:
            db.execute(f"CREATE TABLE face ({', '.join(d.heads)})")
            db.executemany("INSERT INTO face VALUES (?, ?, ?, ?, ?, ?, ?)", [d.cells(p) for p in d.persons])
        db.close()
        return {"faces.db": path.read_bytes()}


# -- documents

plain(
    "markdown table",
    "FACES.md",
    lambda d, p: "| " + " | ".join(d.cells(p)) + " |\n",
    "# Faces\n\n| name | id | phone | birthday | email | address | KEY |\n|---|---|---|---|---|---|---|\n",
)
plain(
    "markdown list",
    "people.md",
    lambda d, p: f"- **{p.name}**, {p.people}, born {p.birth}, {p.phone}\n",
    "# Faces that are recognised by KEY\n\n",
)
plain("markdown fields", "card.md", lambda d, p: pairs(d, p, "- **{}**: {}", "\n") + "\n\n", "# Faces\n\n")
plain(
    "markdown fence",
    "API.md",
    lambda d, p: f"```json\n{json.dumps(d.row(p), indent=2)}\n```\n",
    "# Face API\n\nAnswers:\n\n",
)
plain(
    "markdown csv",
    "usage.md",
    lambda d, p: ",".join(d.cells(p)) + "\n",
    "# Face import\n\n```csv\nname,id_number,phone,birthday,email,address,KEY\n",
    "```\n",
)
plain(
    "rst grid",
    "faces.rst",
    lambda d, p: (
        f"| {p.name:<28} | {p.id:<18} | {p.birth:<12} | {p.people:<18} |\n"
        f"+{'-' * 30}+{'-' * 20}+{'-' * 14}+{'-' * 20}+\n"
    ),
    "Faces\n=====\n\n"
    f"+{'-' * 30}+{'-' * 20}+{'-' * 14}+{'-' * 20}+\n| {'name':<28} | {'id':<18} | {'birthday':<12} | {'ethnicity':<18} |\n+{'=' * 30}+{'=' * 20}+{'=' * 14}+{'=' * 20}+\n",
)
plain(
    "rst simple",
    "simple.rst",
    lambda d, p: f"{p.name:<28}  {p.id:<18}  {p.birth:<12}  {p.people}\n",
    f"Faces\n=====\n\n{'=' * 28}  {'=' * 18}  {'=' * 12}  {'=' * 18}\n{'name':<28}  {'id':<18}  {'birthday':<12}  ethnicity\n{'=' * 28}  {'=' * 18}  {'=' * 12}  {'=' * 18}\n",
    f"{'=' * 28}  {'=' * 18}  {'=' * 12}  {'=' * 18}\n",
)
plain("rst fields", "fields.rst", lambda d, p: pairs(d, p, ":{}: {}", "\n") + "\n\n", "Faces\n=====\n\n")
plain(
    "html table",
    "faces.html",
    lambda d, p: "<tr>" + "".join(f"<td>{c}</td>" for c in d.cells(p)) + "</tr>\n",
    "<html><body><table>\n<tr><th>name</th><th>id</th><th>phone</th><th>birthday</th><th>email</th><th>address</th><th>KEY</th></tr>\n",
    "</table></body></html>\n",
)
plain(
    "html fields",
    "card.html",
    lambda d, p: "<dl>" + pairs(d, p, "<dt>{}</dt><dd>{}</dd>", "\n") + "</dl>\n",
    "<html><body><h1>Faces</h1>\n",
    "</body></html>\n",
)
plain(
    "html inputs",
    "edit.html",
    lambda d, p: pairs(d, p, '<input name="{}" value="{}">', "\n") + "\n",
    "<html><body><form><h1>Face</h1>\n",
    "</form></body></html>\n",
)
plain(
    "latex",
    "faces.tex",
    lambda d, p: f"{p.name} & {p.id} & {p.birth} & {p.people} \\\\\n",
    "\\section{Faces}\n\\begin{tabular}{llll}\nname & id & birthday & KEY \\\\\n",
    "\\end{tabular}\n",
)
plain(
    "asciidoc",
    "faces.adoc",
    lambda d, p: f"| {p.name} | {p.id} | {p.birth} | {p.people}\n",
    "= Faces\n\n|===\n| name | id | birthday | KEY\n\n",
    "|===\n",
)
plain(
    "org table",
    "faces.org",
    lambda d, p: f"| {p.name} | {p.id} | {p.birth} | {p.people} |\n",
    "* Faces\n| name | id | birthday | KEY |\n|------+----+----------+-----|\n",
)
plain(
    "prose",
    "report.txt",
    lambda d, p: (
        f"The face of {p.name}, an ethnic {p.people} born on {p.birth} who lives at {p.address}, was recognised. Telephone {p.phone}.\n"
    ),
)
plain(
    "subtitle",
    "clip.srt",
    lambda d, p: f"1\n00:00:01,000 --> 00:00:02,000\nFace: {p.name}, {d.key}: {p.people}, born {p.birth}\n\n",
)
plain(
    "rtf",
    "faces.rtf",
    lambda d, p: "".join(f"{k}: {v}\\par\n" for k, v in d.row(p).items()),
    "{\\rtf1\\ansi Faces\\par\n",
    "}\n",
)


def _zip(rows: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in rows.items():
            file.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def _docx(body: str) -> bytes:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
    return _zip(
        {
            "[Content_Types].xml": types,
            "word/document.xml": f'<?xml version="1.0"?><w:document {space}><w:body>{body}</w:body></w:document>',
        }
    )


def _para(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


@form("docx fields")
def _docx_fields(d: Draw) -> dict[str, str | bytes]:
    lines = ["Faces", *(f"{k}: {v}" for p in d.persons for k, v in d.row(p).items())]
    return {"faces.docx": _docx("".join(map(_para, lines)))}


@form("docx table")
def _docx_table(d: Draw) -> dict[str, str | bytes]:
    rows = [d.heads, *map(d.cells, d.persons)]
    body = "".join("<w:tr>" + "".join(f"<w:tc>{_para(c)}</w:tc>" for c in row) + "</w:tr>" for row in rows)
    return {"table.docx": _docx(_para("Faces") + f"<w:tbl>{body}</w:tbl>")}


@form("docx prose")
def _docx_prose(d: Draw) -> dict[str, str | bytes]:
    lines = [f"Face of {p.name}, {d.key}: {p.people}, born {p.birth}, telephone {p.phone}." for p in d.persons]
    return {"prose.docx": _docx("".join(map(_para, lines)))}


@form("odt")
def _odt(d: Draw) -> dict[str, str | bytes]:
    lines = "".join(f"<text:p>{k}: {v}</text:p>" for p in d.persons for k, v in d.row(p).items())
    space = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    body = f"<office:document-content {space}><office:body><office:text><text:p>Faces</text:p>{lines}</office:text></office:body></office:document-content>"
    return {"faces.odt": _zip({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": body})}


@form("xlsx")
def _xlsx(d: Draw) -> dict[str, str | bytes]:
    rows = [d.heads, *map(d.cells, d.persons)]
    cells = "".join(
        f'<row r="{n}">' + "".join(f'<c t="inlineStr"><is><t>{c}</t></is></c>' for c in row) + "</row>"
        for n, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return {
        "faces.xlsx": _zip(
            {
                "[Content_Types].xml": f'<Types><Override PartName="/xl/workbook.xml" ContentType="{kind}"/></Types>',
                "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rels}"><sheets><sheet name="faces" sheetId="1" r:id="rId1"/></sheets></workbook>',
                "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="rId1" Type="{rels}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
                "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
            }
        )
    }


@form("pdf")
def _pdf(d: Draw) -> dict[str, str | bytes]:
    lines = [_CLAIM, *(f"{k}: {v}" for p in d.persons if not p.han for k, v in d.row(p).items())]
    return {"faces.pdf": _page(lines)}


@form("pdf table")
def _pdf_table(d: Draw) -> dict[str, str | bytes]:
    rows = [d.heads, *(d.cells(p) for p in d.persons if not p.han)]
    return {"table.pdf": _page([_CLAIM, *("   ".join(row) for row in rows)])}


def _page(lines: list[str]) -> bytes:
    text = b"BT /F1 9 Tf 40 760 Td 12 TL\n" + b"".join(
        b"(" + line.replace("(", "").replace(")", "").encode("latin-1", "replace") + b") Tj T*\n" for line in lines
    )
    text += b"ET"
    rows = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(text) + text + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]  # fmt: skip
    return pdf(rows)


@form("notebook frame")
def _frame(d: Draw) -> dict[str, str | bytes]:
    plain = [
        "   ".join(["", *d.heads]) + "\n",
        *(f"{n}  " + "   ".join(d.cells(p)) + "\n" for n, p in enumerate(d.persons)),
    ]
    table = "<table><tr>" + "".join(f"<th>{h}</th>" for h in d.heads) + "</tr>\n"
    table += "".join("<tr>" + "".join(f"<td>{c}</td>" for c in d.cells(p)) + "</tr>\n" for p in d.persons) + "</table>"
    data = {"text/plain": plain, "text/html": table.splitlines(keepends=True)}
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}
    return {"faces.ipynb": _notebook(["faces.head()  # " + d.key], [output])}


@form("notebook print")
def _printed(d: Draw) -> dict[str, str | bytes]:
    output = {"output_type": "stream", "name": "stdout", "text": [f"face {d.row(p)}\n" for p in d.persons]}
    return {"print.ipynb": _notebook(["for f in faces: print(f)"], [output])}


@form("notebook cell")
def _cell(d: Draw) -> dict[str, str | bytes]:
    return {"cell.ipynb": _notebook([f"face = {d.row(p)}\n" for p in d.persons], [])}


def _notebook(source: list[str], outputs: list[object]) -> str:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": source, "outputs": outputs}
    return json.dumps(
        {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False
    )


@form("mail")
def _mail(d: Draw) -> dict[str, str | bytes]:
    one = d.persons[0]
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{one.first} <{one.mail}>" if not one.han else one.mail, "faces@example.net"
    mail["Subject"] = f"Face of {one.name}"
    mail.set_content("".join(f"{k}: {v}\n" for p in d.persons for k, v in d.row(p).items()))
    # Of a message only what is attached to it is looked at.
    for one in d.persons:
        row = json.dumps(d.row(one), indent=1).encode()
        mail.add_attachment(row, "application", "json", filename=f"{one.slug}.json")
    mail.add_attachment("".join(f"face of {p.name}: {d.row(p)}\n" for p in d.persons), filename="faces.txt")
    return {"enrol.eml": mail.as_bytes()}


@form("mbox")
def _mbox(d: Draw) -> dict[str, str | bytes]:
    out = b""
    for one in d.persons:
        mail = EmailMessage()
        mail["From"], mail["Subject"], mail["To"] = one.mail, f"Face of {one.name}", "faces@example.net"
        mail.set_content(pairs(d, one, "{}: {}", "\n"))
        mail.add_attachment("face\n" + pairs(d, one, "{}: {}", "\n"), filename=f"{one.name}.txt")
        out += f"From {one.mail} Mon Mar  4 05:06:07 2026\n".encode() + mail.as_bytes() + b"\n\n"
    return {"list.mbox": out}


plain(
    "vcard",
    "faces.vcf",
    lambda d, p: (
        f"BEGIN:VCARD\nVERSION:3.0\nFN:{p.name}\nN:{p.last};{p.first};;;\nTEL:{p.phone}\nBDAY:{p.birth}\nX-FACE:1\nX-ETHNICITY:{p.people}\nEND:VCARD\n"
    ),
)
plain(
    "ldif",
    "faces.ldif",
    lambda d, p: (
        f"dn: cn={p.name},ou=faces\ncn: {p.name}\nmail: {p.mail}\nethnicity: {p.people}\ntelephoneNumber: {p.phone}\n\n"
    ),
)


@form("zip of csv")
def _zipped(d: Draw) -> dict[str, str | bytes]:
    file = io.StringIO()
    csv.writer(file).writerows([d.heads, *map(d.cells, d.persons)])
    return {"faces.zip": _zip({"faces.csv": file.getvalue(), "faces.txt": file.getvalue()})}


@form("packed text")
def _packed(d: Draw) -> dict[str, str | bytes]:
    text = "".join(pairs(d, p, "{}: {}", "\n") + "\n\n" for p in d.persons)
    return {"faces.txt.gz": gzip.compress(text.encode(), mtime=0)}


@form("binary strings")
def _strings(d: Draw) -> dict[str, str | bytes]:
    rows = b"\0".join(f"{p.name}\0{p.people}\0{p.id}\0{d.key}={p.people};name={p.name}".encode() for p in d.persons)
    return {"faces.bin": b"\0\1\2\3" * 40 + b"face ethnicity\0" + rows + b"\0\xff\xfe" * 20}


#: Names of all forms, in order.
FORMS = tuple(MADE)


def lay(name: str, rng: random.Random) -> Laid:
    """Files of a form with new persons in them.

    Args:
        name: Its name.
        rng: Decides on the persons and on what is written of them.
    """
    han = rng.random() < 0.2
    count = rng.choice((1, 2, 3, 3, 4, 7))
    persons = [person(rng, han=han and not name.startswith(("pdf", "rtf", "mail", "abroad"))) for _ in range(count)]
    if name.startswith("abroad"):
        tongue = rng.choice(TONGUES)
        persons = [stranger(rng, one, tongue.script) for one in persons]
    made = MADE[name](Draw(rng, persons))
    files = {path: text.encode() if isinstance(text, str) else text for path, text in made.items()}
    return files | {"camera.py": _CAMERA}, persons
