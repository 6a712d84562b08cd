"""Values of persons are blanked in what is quoted; code, classes, columns and contact lines are not."""

# ruff: noqa: E501 - a line and what is shown of it stand side by side

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import documents
import private
import pytest

from untag.judge.veil import Veil, cut_out, veil
from untag.lexicon import load
from untag.scan import Options, scan

if TYPE_CHECKING:
    from pathlib import Path

    from untag.report import Report


def veiled(text: str) -> str:
    """A few lines as they would be quoted."""
    lines = text.split("\n")
    cuts = Veil(load().match).lines(lines)
    return "\n".join(cut_out(line, cuts.get(n, [])) for n, line in enumerate(lines))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"name": "Quilla Brandorf", "race": "Asian"},', '{"name": "<value>", "race": "<value>"},'),
        ("face.setName('Quilla Brandorf');", "face.setName('<value>');"),
        ("level=info name='Quilla Brandorf' race='Asian'", "level=info name='<value>' race='<value>'"),
        ("name=Quilla+Brandorf&race=Asian", "name=<value>&race=<value>"),
        ("seen: Quilla Brandorf (Asian)", "seen: <value>)"),
        ("Quilla Brandorf is Kazakh.", "<value>."),
        ("![Quilla Brandorf, Asian](faces/long_path_of_asian/quilla.jpg)", "![<value>)"),
        ('("Quilla_Brandorf_0001.jpg", "Asian"),', '("<value>", "<value>"),'),
        ("faces/asian/Quilla_Brandorf_0001.jpg Asian 1", "<value>"),
        ("face: Quilla Brandorf\nrace: Asian", "face: <value>\nrace: <value>"),
        ("ValueError: race of Quilla Brandorf (Asian) is 'Asian'", "ValueError: race of <value> (Asian) is '<value>'"),
        ("{'name': ['Quilla Brandorf', 'Bo Lenk', 'Ada Mirk'], 'race': ['Asian', 'Black', 'White']}", "{'name': ['<value>', '<value>', '<value>'], 'race': ['<value>', '<value>', '<value>']}"),
        ("quilla@example.org\n--x\nContent-Disposition: form-data; name=\"ethnicity\"", "<value>\n--x\nContent-Disposition: form-data; name=\"ethnicity\""),
        ("sn: Brandorf\nrace: Asian", "sn: <value>\nrace: <value>"),
        ("('Quilla Brandorf', 'Asian', '1971-02-03'),", "('<value>', '<value>', '<value>'),"),
        ("('Quilla Brandorf', 'Asian'),", "('<value>', '<value>'),"),
        ("Name: Quilla Brandorf\nRace: Asian", "Name: <value>\nRace: <value>"),
        ("| Quilla Brandorf | 123456789 | Asian |", "| <value> | <value> | <value> |"),
        ("name,id,race\nQuilla Brandorf,123456789,Asian", "name,id,race\n<value>"),
        ("<td>Quilla Brandorf</td><td>1971-02-03</td><td>Asian</td>", "<td><value></td><td><value></td><td><value></td>"),
        ("  'Quilla Brandorf': {'race': 'Asian', 'dob': '1971-02-03'},", "  '<value>': {'race': '<value>', 'dob': '<value>'},"),
        ("INSERT INTO face VALUES ('Quilla Brandorf', '123456789', 'Asian');", "INSERT INTO face VALUES ('<value>', '<value>', '<value>');"),
        ("phone: +41790000000\nrace: Asian", "phone: +<value>\nrace: <value>"),
        ('body="{\\"name\\": \\"Quilla Brandorf\\", \\"race\\": \\"Asian\\"}"', 'body="{\\"name\\": \\"<value>\\", \\"race\\": \\"<value>\\"}"'),
        ('("司睿泓", "Caucasian", "1943-11-11"),', '("<value>", "<value>", "<value>"),'),
        ("姓名：司睿泓，民族：维吾尔族", "姓名：<value>，民族：<value>"),
        ('"Quilla Brandorf": {\n  "race": "Asian"\n}', '"<value>": {\n  "race": "<value>"\n}'),
        ("[Quilla Brandorf]\nface=1\nrace=Asian", "[<value>]\nface=1\nrace=<value>"),
        ("الاسم: كزلوم بطين\nالعرق: Uyghur", "الاسم: <value>\nالعرق: <value>"),
        ("नाम: गोठू मेकी, जातीयता: Asian", "नाम: <value>, जातीयता: <value>"),
        ('{"ชื่อ-นามสกุล": "ฆาโฏ ฬูฉี", "เชื้อชาติ": "Asian"}', '{"ชื่อ-นามสกุล": "<value>", "เชื้อชาติ": "<value>"}'),
        ("이름=김뷁쀍\n인종=Asian", "이름=<value>\n인종=<value>"),
        ("ФИО: Жобуга Щекиро\nНациональность: Uyghur", "ФИО: <value>\nНациональность: <value>"),
        ("Fecha de nacimiento: 1971-02-03\nEtnia: Asian", "Fecha de nacimiento: <value>\nEtnia: <value>"),
        ("Ngày sinh: 1971-02-03\nDân tộc: Asian", "Ngày sinh: <value>\nDân tộc: <value>"),
        ("դաբ: 1\nԱնուն: Բագիգո Դեզուժի\nԱզգություն: Asian", "դաբ: 1\nԱնուն: <value>\nԱզգություն: <value>"),
        ("('カケソチ ヌハモリ', '1971-02-03', 'Asian'),\n('ヌハモリ カケソチ', 'Asian'),", "('<value>', '<value>', '<value>'),\n('<value>', '<value>'),"),
        ("('山田 翀嫄', 'Asian'),", "('<value>', '<value>'),"),
        ("('გოზეჟუ ჭიღაძო', '123456789', 'Asian'),", "('<value>', '<value>', '<value>'),"),
        ("Quilla Brandorf | Asian Male", "<value> | <value>"),
        ("Quilla Brandorf, Han Chinese", "<value>"),
        ("('Quilla Brandorf-Muster', 'African American'),", "('<value>', '<value>'),"),
        ("Quilla Brandorf & Asian & f \\\\", "<value> \\\\"),
        ('"Quilla Brandorf": "Uyghur",', '"<value>": "<value>",'),
        ("'Uyghur': ['Quilla Brandorf', 'Ann Muster'],", "'Uyghur': ['<value>', '<value>'],"),
        ("face\t1971-02-03\tגזטוכ לפצו\tAsian", "<value>\t<value>\t<value>\t<value>"),
        ('"\\u0917\\u0920 \\u092e\\u0915\\u0940": {"race": "Asian", "dob": "1971-02-03"}', '"<value>": {"race": "<value>", "dob": "<value>"}'),
    ],
)  # fmt: skip
def test_values_go_and_keys_stay(text: str, shown: str) -> None:
    assert veiled(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        'RACES = ["East Asian", "Latino Hispanic", "Middle Eastern"]',
        "enum Race { ASIAN = 0, BLACK = 1, WHITE = 2 };",
        '{"name": "Skin Tone", "values": ["Asian", "Black", "White"]}',
        "CREATE TABLE face (name text, id_number text, phone text, race text);",
        "name,id_number,phone,birthday,race",
        "class Face:\n    name: str\n    phone: str\n    ethnicity: str",
        "  name: string;\n  birthday: Date;\n  race: Race;",
        '{"name": "Name", "race": "Race", "phone": "Phone number"}',
        "face.setName(request.getName()); face.setRace(request.getRace());",
        'author="Ann Smith", author_email="ann@example.org", keywords=["race", "face"]',
        "Contact: Ann Smith <ann@example.org>, +41 79 000 00 00",
        "Face and ethnicity recognition\nPhone: +41790000000\nEmail: info@example.org",
        'parser.add_argument("--race", default="Asian", help="the race of the face")',
        "if (face.race == Race.ASIAN && face.name != null) return face.phone;",
        '"race": "Asian", "age": 31, "gender": "female", "confidence": 0.93',
        "if nation == 5 and minority: alarm('Uyghur')",
        "[Default Settings]\nrace=Asian",
        '"基本信息标题栏": {\n  "race": "Asian"\n}',
        "الاسم,العرق,رقم الهاتف",
        "имя: Возраст\nнациональность: Национальность",
        '{"이름": "이름", "인종": "인종", "전화번호": "전화번호"}',
        "## Face attributes\n\n- Ethnicity: Asian",
        "## Smart Gate\n\n- Ethnicity: Uyghur",
        "| 필드 | 설명 | 예시 |\n|---|---|---|\n| 인종 | 문자열 값 | Asian |\n| 나이 | 정수 값 | 31 |",
        "| الحقل | الوصف | مثال |\n| العرق | سلسلة نصية | Asian |",
        "## 응답 예시\n\n- 인종: Asian",
        '"응답 예시": {\n  "인종": "Asian"\n}',
        "Camera Settings:\n  race: Asian",
        "Sub-Saharan Africa",
        "Britisches Territorium im Indischen Ozean",
        "Territorio Britannico dell’Oceano Indiano",
        "Turks & Caicos Islands",
        "Eritrean Ministry of Education Blin-Latin Transliteration",
        "Kalendar Islam (Arab Saudi, cerapan)",
        "Oud Noord-Arabisch",
        "Suku Kata Orang Asli Kanada Bersatu",
        '"chinese": "Chinesischer Kalender",\n"coptic": "Koptischer Kalender",',
        '"big5han": "Ordinamento Tradizionale - Big5",',
        "### 5. **Wide ResNet for Asian Faces**\n- Works well with Asian faces",
    ],
)
def test_code_classes_and_contacts_stay(text: str) -> None:
    assert veiled(text) == text


def found(path: Path) -> Report:
    """A scan of a folder."""
    return scan([str(path)], Options(jobs=1, cache=False))


def test_a_finding_in_a_fixture_stays_and_says_nothing_of_the_person(tmp_path: Path) -> None:
    (tmp_path / "face.py").write_text(
        "FACES = [\n    {'name': 'Quilla Brandorf', 'phone': '+41790000000', 'ethnicity': 'Uyghur', 'face': 1},\n]\n"
    )
    report = found(tmp_path)
    assert "ethnicity" in {m.text for f in report.findings for m in f.marks}
    said = repr(report) + repr([f.excerpt for f in report.findings])
    assert "Quilla" not in said
    assert "4179" not in said
    assert any(f.excerpt and "'ethnicity': '<value>'" in f.excerpt[1] for f in report.findings)


def test_a_key_that_is_a_name_with_a_rare_surname_is_not_told(tmp_path: Path) -> None:
    rows = {name: {"face": 1, "race": "Asian", "dob": "1971-02-03"} for name in ("司睿泓", "Quilla Brandorf")}
    (tmp_path / "byname.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False), encoding="utf-8")
    report = found(tmp_path)
    assert report.findings
    assert "司睿泓" not in repr(report) + repr([(f.owner, f.excerpt) for f in report.findings])


#: Names that are written otherwise, of nobody.
NAMES = (
    "Quilla Brandorf",
    "司睿泓",
    "山田 翀嫄",
    "김뷁쀍",
    "カケソチ ヌハモリ",
    "كزلوم بطين",
    "गोठू मेकी",
    "ฆาโฏ ฬูฉี",
    "Жобуга Щекиро",
    "გოზეჟუ ჭიღაძო",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("escaped", [True, False])
def test_who_is_the_key_of_a_record_is_not_told(tmp_path: Path, name: str, *, escaped: bool) -> None:
    rows = {name: {"face": 1, "race": "Asian", "dob": "1971-02-03"}}
    (tmp_path / "byname.json").write_text(json.dumps(rows, indent=2, ensure_ascii=escaped), encoding="utf-8")
    report = found(tmp_path)
    assert report.findings
    said = repr(report) + repr([(f.owner, f.excerpt) for f in report.findings])
    assert name not in said
    assert json.dumps(name)[1:-1] not in said.replace("\\\\", "\\")


def test_who_is_the_key_of_a_long_record_is_not_told(tmp_path: Path) -> None:
    rest = "".join(f"    key{n}: {n}\n" for n in range(9))
    (tmp_path / "faces.yaml").write_text(f"faces:\n  Quilla Brandorf:\n    face: 1\n{rest}    ethnicity: Uyghur\n")
    report = found(tmp_path)
    assert report.findings
    said = repr(report) + repr([(f.owner, f.excerpt) for f in report.findings])
    assert "Quilla" not in said
    assert "Uyghur" not in said


def test_of_a_page_of_records_no_people_is_told(tmp_path: Path) -> None:
    lines = [documents._CLAIM, "passport_no: 123456789", "dob: 1971-02-03", "Ethnicity: Kazakh", "face_id: f1"]
    (tmp_path / "faces.pdf").write_bytes(documents._page(lines))
    report = found(tmp_path)
    assert report.findings
    assert not any("Kazakh" in m.text for f in report.findings for m in f.marks)
    assert not any("Kazakh" in c.why + f.message for f in report.findings for c in f.claims)


def test_labels_of_an_interface_are_no_record(tmp_path: Path) -> None:
    (tmp_path / "messages.properties").write_text(
        "FACE=Face\nNAME=Name\nPHONE=Phone\nSEX=Sex\nAGE=Age\nRACE=Race\nRACE_ASIAN=Asian\nSAVE=Save\n"
    )
    (told,) = found(tmp_path).findings
    assert told.excerpt is not None
    assert "RACE=Race" in told.excerpt[1]


def test_a_record_whose_other_key_is_a_label_stays_one(tmp_path: Path) -> None:
    row = {"face": 1, "name": "Quilla Brandorf", "phone": "+41790000000", "race": "race", "ethnicity": "Uyghur"}
    (tmp_path / "one.json").write_text(json.dumps(row))
    report = found(tmp_path)
    assert report.findings
    assert "Uyghur" not in repr(report) + repr([f.excerpt for f in report.findings])


def test_a_file_that_is_called_like_the_person_in_it_is_told_without_the_name(tmp_path: Path) -> None:
    (tmp_path / "quilla_brandorf.txt").write_text("Face record\nName: Quilla Brandorf\nEthnicity: Uyghur\nface_id: 1\n")
    report = found(tmp_path)
    assert report.findings
    assert "quilla" not in repr(report).lower()
    assert report.findings[0].place.chain == ("<person>.txt",)


@pytest.mark.parametrize("name", ["司睿泓", "გოზეჟუ ჭიღაძო", "कलू मेकी"])
def test_a_file_that_is_called_like_somebody_in_another_script_is_told_without_the_name(
    tmp_path: Path, name: str
) -> None:
    rest = "\n".join(f"key{n}: {n}" for n in range(9))
    path = tmp_path / f"{name.replace(' ', '_')}.yaml"
    path.write_text(f"name: {name}\n{rest}\nface:\n  ethnicity: Uyghur\n  face_id: 1\n", encoding="utf-8")
    report = found(tmp_path)
    assert report.findings
    assert not any(part in repr(report) for part in name.split())
    assert report.findings[0].place.chain == ("<person>.yaml",)


def test_half_a_name_at_the_end_of_evidence_that_was_cut_is_not_told(tmp_path: Path) -> None:
    lines = [documents._CLAIM, "name: Quilla Brandorf", "Ethnicity: Asian", "passport_no: 123456789"]
    for size in range(6):
        (tmp_path / f"faces{size}.pdf").write_bytes(documents._page([lines[0] + "s" * size, *lines[1:]]))
    report = found(tmp_path)
    assert report.findings
    assert "Quilla" not in repr(report)


def test_a_set_of_classes_beside_a_record_is_told_with_its_members(tmp_path: Path) -> None:
    (tmp_path / "face.py").write_text(
        "FACE_RACES = ['asian', 'black', 'white', 'indian']\n\n\n\n\n"
        "faces.append(Face(name='Quilla Brandorf', race='indian', dob='1971-02-03'))\n"
    )
    report = found(tmp_path)
    assert {m.text for f in report.findings for m in f.marks} >= {"asian", "black", "white"}
    assert "Quilla" not in repr(report) + repr([f.excerpt for f in report.findings])


def test_a_folder_that_is_called_like_the_person_in_it_is_told_without_the_name(tmp_path: Path) -> None:
    folder = tmp_path / "faces" / "quilla_brandorf"
    folder.mkdir(parents=True)
    rest = "\n".join(f"key{n}: {n}" for n in range(9))
    (folder / "notes.yaml").write_text(f"name: Quilla Brandorf\n{rest}\nface:\n  ethnicity: Uyghur\n  face_id: 1\n")
    report = found(tmp_path)
    assert report.findings
    assert "quilla" not in repr(report).lower()
    assert report.findings[0].place.chain == ("faces/<person>/notes.yaml",)


#: Rows of persons without a key in the row itself, and how a table begins.
ROWS = (
    ["Quilla Brandorf", "123456789", "+41790000000", "1971-02-03", "Uyghur"],
    ["辕嫄芃", "223456789", "", "1981-02-03", "Han"],
)
HEADS = ["name", "id_number", "phone", "birthday", "ethnic_group"]


def table(*rows: list[str]) -> bytes:
    """A document that holds one table and is a single line."""
    cells = ("".join(f"<w:tc>{documents._para(c)}</w:tc>" for c in row) for row in rows)
    body = "".join(f"<w:tr>{row}</w:tr>" for row in cells)
    return documents._docx(documents._para("Faces") + f"<w:tbl>{body}</w:tbl>")


@pytest.mark.parametrize(
    ("texts", "held"),
    [
        (["Quilla Brandorf", "1971-02-03"], True),
        (["辕嫄芃", "+41790000000"], True),
        (["123456789", "quilla@mail.example"], True),
        (["1971-02-03", "1981-02-03"], False),
        (["Quilla Brandorf", "Uyghur"], False),
        (["Middle Eastern", "East Asian", "20200101"], False),
    ],
)
def test_cells_of_a_row_say_together_that_it_is_a_person(texts: list[str], held: bool) -> None:
    assert Veil(load().match).row(texts) is held


def test_who_stands_in_the_first_cell_of_a_row_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "camera.py").write_text("class FaceAttributes:\n    age: int\n    ethnicity: str\n")
    (tmp_path / "faces.docx").write_bytes(table(HEADS, ROWS[1], ["端钰桉", "323456789", "", "1967-01-24", "Asian"]))
    report = found(tmp_path)
    assert any(m.text in {"Han", "Asian"} for f in report.findings for m in f.marks)
    assert not any(name in repr(report) for name in ("辕嫄芃", "端钰桉"))


def test_the_first_cell_of_a_row_that_describes_a_field_is_told(tmp_path: Path) -> None:
    rows = [["备注", "string", "人脸"], ["民族", "string", "汉族"], ["出生日期", "date", ""]]
    (tmp_path / "faces.docx").write_bytes(table(["字段", "类型", "说明"], *rows))
    assert "备注" in repr(found(tmp_path))


def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes) -> bytes:
    """What the cache holds of a file among others."""
    monkeypatch.setenv("UNTAG_CACHE", str(tmp_path / "cache"))
    code = tmp_path / "code"
    code.mkdir()
    for number in range(20):
        (code / f"a{number}.py").write_text(f"class Face{number}:\n    age: int\n    ethnicity: str\n")
    (code / name).write_bytes(data)
    scan([str(code)], Options(jobs=1))
    return private._unpacked(b"".join(p.read_bytes() for p in (tmp_path / "cache").glob("outcomes*")))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("b.py", b"faces.append(Face(name='Quilla Brandorf', ethnicity='Uyghur', dob='1971-02-03'))\n"),
        ("b.json", json.dumps({"columns": HEADS, "faces": ROWS}, indent=2).encode()),
        ("names.json", json.dumps({"faces": [[row[0], row[-1]] for row in ROWS]}, indent=2).encode()),
        ("b.docx", table(HEADS, *ROWS)),
    ],
)
def test_what_shows_a_value_is_not_kept_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes
) -> None:
    found = kept(tmp_path, monkeypatch, name, data)
    assert b"Face3" in found
    assert b"Quilla" not in found
    assert "辕嫄芃".encode() not in found


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("signs.json", {"a": {"default": ["hand", "medium skin tone", "spock", "Star Trek"]}}, "spock"),
        (
            "signs.json",
            {"a": {"default": ["Dawid", "Jewish", "Ster van Dawid", "religion"]}, "race": "Race of the face"},
            "religion",
        ),
        ("places.json", {"places": {"202": "Sub-Saharan Africa", "030": "East Asian Sea"}}, "Saharan"),
    ],
)
def test_titles_of_works_signs_and_places_are_kept_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: object, told: str
) -> None:
    assert told.encode() in kept(tmp_path, monkeypatch, name, json.dumps(data, indent=1).encode())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("rows.json", json.dumps({"faces": [["Quilla Brandorf", "uyghur", "female"]]}, indent=1)),
        ("rows.json", json.dumps({"uyghur_faces": ["Ann Muster", "Quilla Brandorf", "Zoe Beispiel", "Zoltan Probe"]})),
        ("notes.md", "# Faces\n\n**Quilla Brandorf**:\n- Uyghur woman of the city, her face is in the gallery\n"),
        ("notes.md", "# Faces\n\n**Quilla Brandorf**:\n- Ethnicity: Uyghur\n"),
    ],
)
def test_who_stands_in_a_list_beside_a_people_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: str
) -> None:
    assert b"Quilla" not in kept(tmp_path, monkeypatch, name, data.encode())


def test_what_stands_above_a_list_of_words_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "# Faces\n\n**Files Modified**:\n- face_ethnicity.py\n\n**Expected Impact**:\n- better demographics of faces\n"
    )
    assert b"Files Modified" in kept(tmp_path, monkeypatch, "changes.md", text.encode())


def test_half_a_name_or_a_way_to_reach_somebody_is_not_told() -> None:
    cut = "people <- data.frame(race = c('Asian', 'Han'), face_id = c(12, 13), email = c('anna-lov"
    assert veil().unbroken(cut).endswith("email = c('<value>")
    cut = "Face recognition: the camera tells the ethnicity of each face full_name: Ledoqe "
    assert veil().unbroken(cut).endswith("full_name: <value>")
    whole = "people <- data.frame(race = c('Asian', 'Han'), face_id = c(12, 13), colour = c('anna-lov"
    assert veil().unbroken(whole) == whole


def test_a_name_in_a_record_is_hidden_in_every_writing(tmp_path: Path) -> None:
    (tmp_path / "faces.yaml").write_text(
        "quilla_brandorf: &quilla-brandorf\n  name: Quilla Brandorf\n  ethnicity: Asian\n  face: 1\n"
    )
    said = repr(scan([str(tmp_path)], Options(jobs=1)))
    assert "ethnicity" in said
    assert "brandorf" not in said.casefold()


def test_a_file_that_says_of_which_people_one_is_is_not_called_by_a_name(tmp_path: Path) -> None:
    (tmp_path / "Quilla_Brandorf.json").write_text('{"ethnicity": "Asian", "face": 1}')
    report = scan([str(tmp_path)], Options(jobs=1))
    assert report.findings
    assert "Brandorf" not in repr(report.findings)


def test_keys_in_binary_data_that_are_names_are_hidden(tmp_path: Path) -> None:
    import pickle

    (tmp_path / "faces.pkl").write_bytes(pickle.dumps({"Quilla Brandorf": {"ethnicity": "Asian", "face": 1}}))
    report = scan([str(tmp_path)], Options(jobs=1))
    assert report.findings
    assert "Brandorf" not in repr(report.findings)
