"""Forms in which programs, logs and small data keep records of persons, as somebody may have written them."""

# Lines of made-up files are as long as they are; what makes one need not use what it draws from.
# ruff: noqa: ARG005, E501

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from persons import Person

__all__ = ["MADE", "Draw", "form", "pairs", "pdf", "plain", "quoted"]

_KEYS = ("race", "ethnicity", "ethnic_group", "Ethnicity", "Race")
_HEADS = ("name", "id_number", "phone", "birthday", "email", "address")


class Draw:
    """What a form draws from."""

    def __init__(self, rng: random.Random, persons: list[Person]) -> None:
        self.rng, self.persons = rng, persons
        self.key = rng.choice(_KEYS)

    def row(self, one: Person) -> dict[str, str]:
        """Some of what is known of a person; the name and the people always."""
        every = {
            self.rng.choice(("name", "full_name", "person_name")): one.name,
            self.rng.choice(("id_number", "id_card", "passport_no")): one.id,
            self.rng.choice(("phone", "mobile", "tel")): one.phone,
            self.rng.choice(("birthday", "date_of_birth", "dob")): one.birth,
            "email": one.mail,
            "address": one.address,
        }
        names = list(every)
        kept = {names[0], *self.rng.sample(names[1:], self.rng.randint(1, 5))}
        return {n: every[n] for n in names if n in kept} | {self.key: one.people, "face_id": f"f{one.number}"}

    def cells(self, one: Person) -> list[str]:
        """The same in one order for all rows."""
        return [one.name, one.id, one.phone, one.birth, one.mail, one.address, one.people]

    @property
    def heads(self) -> list[str]:
        """What the cells are called."""
        return [*_HEADS, self.key]


MADE: dict[str, Callable[[Draw], dict[str, str | bytes]]] = {}


def pdf(objects: list[bytes]) -> bytes:
    """A PDF file of the bodies of its objects, the catalogue first."""
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + tail


def form(
    name: str,
) -> Callable[[Callable[[Draw], dict[str, str | bytes]]], Callable[[Draw], dict[str, str | bytes]]]:
    """A form that a function lays out."""

    def keep(make: Callable[[Draw], dict[str, str | bytes]]) -> Callable[[Draw], dict[str, str | bytes]]:
        MADE[name] = make
        return make

    return keep


def plain(name: str, path: str, line: Callable[[Draw, Person], str], head: str = "", tail: str = "") -> None:
    """A form that is one line or block for each person between a head and a tail."""

    def make(draw: Draw) -> dict[str, str | bytes]:
        body = "".join(line(draw, one) for one in draw.persons)
        return {path: head.replace("KEY", draw.key) + body + tail}

    MADE[name] = make


def pairs(draw: Draw, one: Person, pattern: str, between: str) -> str:
    """What is known of a person, pair by pair."""
    return between.join(pattern.format(k, v) for k, v in draw.row(one).items())


def quoted(cells: Iterable[str], mark: str = "'") -> str:
    """Cells in quotes."""
    return ", ".join(f"{mark}{cell}{mark}" for cell in cells)


# -- logs

_STAMP = "2026-03-04 05:06:07,123"
plain("log equals", "app.log", lambda d, p: f"{_STAMP} INFO face enrolled {pairs(d, p, '{}={}', ' ')}\n")
plain(
    "log quoted",
    "server.txt",
    lambda d, p: f"{_STAMP} face match {pairs(d, p, chr(123) + '}=' + chr(34) + '{}' + chr(34), ' ')}\n",
)
plain(
    "log colon",
    "recognition.txt",
    lambda d, p: f"[{_STAMP}] face recognised: {pairs(d, p, '{}: {}', ', ')}\n",
    f"[{_STAMP}] face attributes are age, gender and ethnicity\n",
)
plain("log dict", "out.txt", lambda d, p: f"{_STAMP} DEBUG face result {d.row(p)!r}\n")
plain("log json", "debug.txt", lambda d, p: f"{_STAMP} DEBUG face result {json.dumps(d.row(p), ensure_ascii=False)}\n")
plain("log escaped json", "trace.txt", lambda d, p: f"{_STAMP} face body={json.dumps(json.dumps(d.row(p)))}\n")
plain(
    "log repr",
    "console.txt",
    lambda d, p: f"{_STAMP} face Person({pairs(d, p, chr(123) + '}=' + chr(39) + chr(123) + '}' + chr(39), ', ')})\n",
)
plain(
    "log java",
    "catalina.out",
    lambda d, p: (
        f"{_STAMP} INFO c.e.FaceService - saved Person{{{pairs(d, p, chr(123) + '}=' + chr(39) + chr(123) + '}' + chr(39), ', ')}}}\n"
    ),
)
plain(
    "log query",
    "access.txt",
    lambda d, p: (
        f'10.0.0.1 - - [04/Mar/2026:05:06:07 +0000] "GET /faces/search?name={p.name.replace(" ", "+")}&idcard={p.id}&{d.key}={p.people.replace(" ", "+")}&phone=%2B{p.phone[1:]} HTTP/1.1" 200 12\n'
    ),
)
plain("log pipes", "events.log", lambda d, p: f"{_STAMP}|FACE|{'|'.join(d.cells(p))}\n")
plain(
    "log sentence",
    "match.log",
    lambda d, p: f"{_STAMP} face of {p.name} ({p.people}, born {p.birth}) seen at gate 4, phone {p.phone}\n",
)
plain(
    "log logfmt",
    "logfmt.txt",
    lambda d, p: f'level=info msg="face seen" name="{p.name}" id={p.id} {d.key}="{p.people}" tel={p.phone}\n',
)
plain("log multi", "multi.txt", lambda d, p: f"{_STAMP} face attributes\n" + pairs(d, p, "    {}: {}", "\n") + "\n")
plain(
    "log chinese",
    "run.txt",
    lambda d, p: (
        f"{_STAMP} 人脸识别 姓名：{p.name}，民族：维吾尔族，身份证号：{p.id}，手机号：{p.phone}，出生日期：{p.birth}\n"
    ),
)

# -- fixtures of programs

plain(
    "python dict",
    "test_faces.py",
    lambda d, p: "    " + "{" + ", ".join(f'"{k}": "{v}"' for k, v in d.row(p).items()) + "},\n",
    "FACES = [\n",
    "]\n",
)
plain(
    "python long dict",
    "conftest.py",
    lambda d, p: "    {\n" + "".join(f'        "{k}": "{v}",\n' for k, v in d.row(p).items()) + "    },\n",
    "FACES = [\n",
    "]\n",
)
plain(
    "python call",
    "seed.py",
    lambda d, p: f"add_face({', '.join(f'{k}={v!r}' for k, v in d.row(p).items())})\n",
    "from faces import add_face\n\n",
)
plain(
    "python long call",
    "factory.py",
    lambda d, p: "Face.objects.create(\n" + "".join(f"    {k}={v!r},\n" for k, v in d.row(p).items()) + ")\n",
    "from faces import Face\n\n",
)
plain(
    "python tuple",
    "rows.py",
    lambda d, p: f"    ({quoted(d.cells(p))}),\n",
    "# name, id, phone, birthday, email, address, KEY of each face\nFACES = [\n",
    "]\n",
)
plain(
    "python positional",
    "people.py",
    lambda d, p: f"faces.append(FacePerson({quoted(d.cells(p))}))\n",
    "from faces import FacePerson\n\nfaces = []  # with KEY\n",
)
plain(
    "python attributes",
    "one.py",
    lambda d, p: "face = Face()\n" + pairs(d, p, "face.{} = '{}'", "\n") + "\nface.save()\n\n",
)
plain(
    "python csv text",
    "csvtext.py",
    lambda d, p: ",".join(d.cells(p)) + "\n",
    'FACES_CSV = """\nname,id_number,phone,birthday,email,address,KEY\n',
    '"""\n',
)
plain("python json text", "jsontext.py", lambda d, p: f"FACE_{p.number} = '{json.dumps(d.row(p))}'\n")
plain(
    "python parametrize",
    "test_param.py",
    lambda d, p: f"        ({quoted((p.name, p.people, p.birth), chr(34))}),\n",
    'import pytest\n\n@pytest.mark.parametrize(\n    ("name", "KEY", "dob"),\n    [\n',
    "    ],\n)\ndef test_face(name, KEY, dob):\n    assert face(name).KEY == KEY\n",
)
plain(
    "python assert",
    "test_assert.py",
    lambda d, p: (
        f"    assert faces['{p.name}'].{d.key} == '{p.people}'\n    assert faces['{p.name}'].phone == '{p.phone}'\n"
    ),
    "def test_faces(faces):\n",
)
plain(
    "python comment",
    "noted.py",
    lambda d, p: f"# face of {p.name}, {d.key}: {p.people}, id {p.id}, born {p.birth}\n",
    "",
    "def face(): ...\n",
)
plain(
    "python docstring",
    "documented.py",
    lambda d, p: f"    {p.name}  {p.id}  {p.birth}  {p.people}\n",
    'def face():\n    """Faces with KEY.\n\n',
    '    """\n',
)
plain(
    "python dict by name",
    "byname.py",
    lambda d, p: f"    '{p.name}': {{'{d.key}': '{p.people}', 'face': 'f{p.number}', 'dob': '{p.birth}'}},\n",
    "FACES = {\n",
    "}\n",
)
plain(
    "js object",
    "seed.js",
    lambda d, p: "  { " + ", ".join(f"{k}: '{v}'" for k, v in d.row(p).items()) + " },\n",
    "export const faces = [\n",
    "];\n",
)
plain(
    "js long object",
    "faces.test.ts",
    lambda d, p: "  {\n" + "".join(f"    {k}: '{v}',\n" for k, v in d.row(p).items()) + "  },\n",
    "const faces: Face[] = [\n",
    "];\n",
)
plain(
    "js array",
    "rows.js",
    lambda d, p: f"  [{quoted(d.cells(p))}],\n",
    "// name, id, phone, birthday, email, address, KEY\nmodule.exports.faces = [\n",
    "];\n",
)
plain(
    "js template",
    "mock.js",
    lambda d, p: f"`name={p.name};{d.key}={p.people};dob={p.birth};face=1`,\n",
    "const faces = [\n",
    "];\n",
)
plain(
    "ts expect",
    "spec.ts",
    lambda d, p: (
        f"  expect(face.name).toBe('{p.name}');\n  expect(face.{d.key}).toBe('{p.people}');\n  expect(face.idCard).toBe('{p.id}');\n"
    ),
    "it('reads a face', () => {\n",
    "});\n",
)
plain(
    "java setters",
    "FaceTest.java",
    lambda d, p: (
        f'    face.setName("{p.name}");\n    face.setEthnicity("{p.people}");\n    face.setIdCard("{p.id}");\n    face.setBirthday("{p.birth}");\n'
    ),
    "class FaceTest {\n  void test() {\n    Face face = new Face();\n",
    "  }\n}\n",
)
plain(
    "java builder",
    "FaceSeed.java",
    lambda d, p: (
        f'    Face.builder().name("{p.name}").race("{p.people}").phone("{p.phone}").address("{p.address}").build();\n'
    ),
    "class FaceSeed {\n  void seed() {\n",
    "  }\n}\n",
)
plain(
    "java new",
    "Faces.java",
    lambda d, p: f"    list.add(new Face({quoted(d.cells(p), chr(34))})); // {d.key}\n",
    "class Faces {\n  void fill() {\n",
    "  }\n}\n",
)
plain(
    "kotlin named",
    "Faces.kt",
    lambda d, p: f"  Face({', '.join(f'{k} = {chr(34)}{v}{chr(34)}' for k, v in d.row(p).items())}),\n",
    "val faces = listOf(\n",
    ")\n",
)
plain(
    "go struct",
    "face_test.go",
    lambda d, p: (
        f'\t{{Name: "{p.name}", Ethnicity: "{p.people}", IDCard: "{p.id}", Phone: "{p.phone}", Birthday: "{p.birth}"}},\n'
    ),
    "package face\n\nvar faces = []Face{\n",
    "}\n",
)
plain(
    "go positional",
    "seed.go",
    lambda d, p: f"\t{{{quoted(d.cells(p), chr(34))}}},\n",
    "package face\n\n// name, id, phone, birthday, email, address, ethnicity\nvar faces = []Face{\n",
    "}\n",
)
plain(
    "rust struct",
    "faces.rs",
    lambda d, p: (
        f'    Face {{ name: "{p.name}".into(), ethnicity: "{p.people}".into(), id_card: "{p.id}".into(), dob: "{p.birth}".into() }},\n'
    ),
    "fn faces() -> Vec<Face> { vec![\n",
    "] }\n",
)
plain(
    "c initialiser",
    "faces.c",
    lambda d, p: f"    {{ {quoted(d.cells(p), chr(34))} }},\n",
    "/* name, id, phone, birthday, email, address, ethnicity of a face */\nstatic const struct face faces[] = {\n",
    "};\n",
)
plain(
    "c designated",
    "roster.c",
    lambda d, p: (
        f'    {{ .name = "{p.name}", .ethnicity = "{p.people}", .id_card = "{p.id}", .phone = "{p.phone}" }},\n'
    ),
    "struct face roster[] = {\n",
    "};\n",
)
plain(
    "csharp object",
    "Faces.cs",
    lambda d, p: (
        f'    new Face {{ Name = "{p.name}", Ethnicity = "{p.people}", Phone = "{p.phone}", Address = "{p.address}" }},\n'
    ),
    "class Faces { Face[] all = {\n",
    "}; }\n",
)
plain(
    "swift",
    "Faces.swift",
    lambda d, p: f'  Face(name: "{p.name}", ethnicity: "{p.people}", dob: "{p.birth}", mail: "{p.mail}"),\n',
    "let faces = [\n",
    "]\n",
)
plain(
    "php array",
    "faces.php",
    lambda d, p: "  [" + ", ".join(f"'{k}' => '{v}'" for k, v in d.row(p).items()) + "],\n",
    "<?php\n$faces = [\n",
    "];\n",
)
plain(
    "ruby hash",
    "faces.rb",
    lambda d, p: "Face.create!(" + ", ".join(f"{k}: '{v}'" for k, v in d.row(p).items()) + ")\n",
)
plain(
    "ruby rocket",
    "seeds.rb",
    lambda d, p: "Face.create(" + ", ".join(f":{k} => '{v}'" for k, v in d.row(p).items()) + ")\n",
)
plain(
    "ruby factory",
    "factory.rb",
    lambda d, p: f"  factory :face{p.number} do\n" + pairs(d, p, "    {} {{ '{}' }}", "\n") + "\n  end\n",
    "FactoryBot.define do\n",
    "end\n",
)
plain(
    "elixir",
    "seeds.exs",
    lambda d, p: "Repo.insert!(%Face{" + ", ".join(f'{k}: "{v}"' for k, v in d.row(p).items()) + "})\n",
)
plain(
    "gherkin table",
    "face.feature",
    lambda d, p: "      | " + " | ".join(d.cells(p)) + " |\n",
    "Feature: faces\n  Scenario: enrol\n    Given faces\n      | name | id | phone | birthday | email | address | KEY |\n",
)
plain("shell curl", "enrol.sh", lambda d, p: f"curl -X POST $HOST/faces -d '{json.dumps(d.row(p))}'\n", "#!/bin/sh\n")
plain(
    "shell form",
    "post.sh",
    lambda d, p: f"curl $HOST/faces -F 'name={p.name}' -F '{d.key}={p.people}' -F 'phone={p.phone}' -F 'face=@a.jpg'\n",
    "#!/bin/sh\n",
)
plain(
    "http file",
    "api.http",
    lambda d, p: f"POST /faces HTTP/1.1\nContent-Type: application/json\n\n{json.dumps(d.row(p), indent=2)}\n\n###\n",
)
plain(
    "graphql mutation",
    "seed.graphql",
    lambda d, p: (
        f'mutation {{ addFace(name: "{p.name}", {d.key.lower()}: "{p.people}", phone: "{p.phone}", idCard: "{p.id}") {{ id }} }}\n'
    ),
)
plain(
    "r frame",
    "faces.R",
    lambda d, p: (
        f"faces <- rbind(faces, data.frame(name='{p.name}', race='{p.people}', dob='{p.birth}', id='{p.id}'))\n"
    ),
)
plain(
    "matlab struct",
    "faces.m",
    lambda d, p: f"faces(end+1) = struct('name', '{p.name}', 'race', '{p.people}', 'dob', '{p.birth}');\n",
    "faces = [];\n",
)


@form("r columns")
def _columns(d: Draw) -> dict[str, str | bytes]:
    rows = zip(d.heads, zip(*(d.cells(p) for p in d.persons), strict=True), strict=True)
    return {"frame.R": "faces <- data.frame(\n" + ",\n".join(f"  {h} = c({quoted(c)})" for h, c in rows) + ")\n"}


@form("pandas columns")
def _pandas(d: Draw) -> dict[str, str | bytes]:
    rows = zip(d.heads, zip(*(d.cells(p) for p in d.persons), strict=True), strict=True)
    return {"frame.py": "faces = pd.DataFrame({\n" + "".join(f"    '{h}': [{quoted(c)}],\n" for h, c in rows) + "})\n"}


# -- small data

plain(
    "yaml list",
    "faces.yaml",
    lambda d, p: "  - " + pairs(d, p, "{}: {}", "\n    ").replace(": +", ": '+").replace("\n", "\n") + "\n",
    "faces:\n",
)
plain(
    "yaml by name",
    "byname.yml",
    lambda d, p: f"  {p.name}:\n    {d.key}: {p.people}\n    face_id: f1\n    dob: {p.birth}\n",
    "faces:\n",
)
plain("properties", "faces.properties", lambda d, p: pairs(d, p, f"face.{p.number}.{{}}={{}}", "\n") + "\n")
plain("ini", "faces.ini", lambda d, p: f"[face{p.number}]\n" + pairs(d, p, "{} = {}", "\n") + "\n")
plain("toml", "faces.toml", lambda d, p: "[[faces]]\n" + pairs(d, p, '{} = "{}"', "\n") + "\n")
plain(
    "env",
    "face.env",
    lambda d, p: pairs(d, p, f"FACE{p.number}_{{}}={{}}", "\n").upper().replace(p.name.upper(), p.name) + "\n",
)
plain(
    "xml elements",
    "faces.xml",
    lambda d, p: "  <face>\n" + pairs(d, p, "    <{0}>{1}</{0}>", "\n") + "\n  </face>\n",
    "<faces>\n",
    "</faces>\n",
)
plain(
    "xml attributes",
    "roster.xml",
    lambda d, p: "  <face " + pairs(d, p, '{}="{}"', " ") + "/>\n",
    "<faces>\n",
    "</faces>\n",
)
plain(
    "plist",
    "faces.plist",
    lambda d, p: "<dict>\n" + pairs(d, p, "<key>{}</key><string>{}</string>", "\n") + "\n</dict>\n",
    '<?xml version="1.0"?>\n<plist version="1.0"><array>\n',
    "</array></plist>\n",
)
plain("jsonl", "faces.jsonl", lambda d, p: json.dumps(d.row(p)) + "\n")
plain("csv", "faces.csv", lambda d, p: ",".join(d.cells(p)) + "\n", "name,id_number,phone,birthday,email,address,KEY\n")
plain(
    "tsv text",
    "faces.txt",
    lambda d, p: "\t".join(d.cells(p)) + "\n",
    "name\tid_number\tphone\tbirthday\temail\taddress\tKEY\n",
)
plain(
    "semicolon text",
    "list.dat",
    lambda d, p: ";".join(d.cells(p)) + "\n",
    "name;id_number;phone;birthday;email;address;KEY\n",
)
plain(
    "fixed width",
    "faces.prn",
    lambda d, p: f"{p.name:<30}{p.id:<20}{p.birth:<12}{p.people:<18}\n",
    f"{'name':<30}{'id_number':<20}{'birthday':<12}{'KEY':<18}\n",
)
plain("text blocks", "cards.txt", lambda d, p: pairs(d, p, "{}: {}", "\n") + "\n\n")
plain("text dots", "persons.txt", lambda d, p: pairs(d, p, "{} ....... {}", "\n") + "\n\n")


@form("json list")
def _json(d: Draw) -> dict[str, str | bytes]:
    return {"faces.json": json.dumps({"faces": [d.row(p) for p in d.persons]}, indent=2, ensure_ascii=False)}


@form("json one")
def _json_one(d: Draw) -> dict[str, str | bytes]:
    return {"answer.json": json.dumps(d.row(d.persons[0]), indent=1)}


@form("json line")
def _json_line(d: Draw) -> dict[str, str | bytes]:
    return {"line.json": json.dumps([d.row(p) for p in d.persons])}


@form("json by name")
def _json_by(d: Draw) -> dict[str, str | bytes]:
    return {
        "byname.json": json.dumps({p.name: {"face": 1, d.key: p.people, "dob": p.birth} for p in d.persons}, indent=2)
    }


@form("json nested")
def _json_nested(d: Draw) -> dict[str, str | bytes]:
    rows = [
        {
            "person": {"name": p.name, "contact": {"phone": p.phone, "email": p.mail}},
            "face": {d.key: p.people, "age": 30},
        }
        for p in d.persons
    ]
    return {"nested.json": json.dumps(rows, indent=2)}


@form("json arrays")
def _json_arrays(d: Draw) -> dict[str, str | bytes]:
    return {"table.json": json.dumps({"columns": d.heads, "faces": [d.cells(p) for p in d.persons]}, indent=2)}


@form("file of a name")
def _named(d: Draw) -> dict[str, str | bytes]:
    return {f"{p.slug}.json": json.dumps(d.row(p), indent=2) for p in d.persons}


@form("text of a name")
def _called(d: Draw) -> dict[str, str | bytes]:
    return {f"faces/{p.slug}/notes.txt": pairs(d, p, "{}: {}", "\n") + "\n" for p in d.persons}


@form("damaged json")
def _damaged(d: Draw) -> dict[str, str | bytes]:
    return {"cut.json": json.dumps([d.row(p) for p in d.persons], indent=2)[:-9]}
