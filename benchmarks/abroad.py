"""Records of made-up persons as other languages write them: their keys, their scripts, and rows that have no key."""

# A line is a language; what makes a form need not use what it draws from.
# ruff: noqa: ARG005, E501

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from fixtures import Draw, form, plain, quoted

if TYPE_CHECKING:
    import random

    from persons import Person

__all__ = ["TONGUES", "Tongue", "stranger"]


class Tongue(NamedTuple):
    """How a language calls what a record holds: name, number, telephone, birth, address, people; and what it is written in."""

    name: str
    id: str
    phone: str
    birth: str
    address: str
    people: str
    script: str

    def row(self, one: Person) -> dict[str, str]:
        """A record under such keys."""
        return {
            self.name: one.name, self.id: one.id, self.phone: one.phone, self.birth: one.birth, self.address: one.address,
            self.people: one.people, "face": f"f{one.number}",
        }  # fmt: skip


_ROWS = """
ФИО|Номер паспорта|Телефон|Дата рождения|Адрес|Национальность|cyrillic
Имя|СНИЛС|Номер телефона|Дата рождения|Адрес проживания|Этническая принадлежность|cyrillic
Прізвище|РНОКПП|Телефон|Дата народження|Адреса|Національність|cyrillic
Име|ЕГН|Телефон|Дата на раждане|Адрес|Етническа принадлежност|cyrillic
Аты-жөні|ЖСН|Телефон нөмірі|Туған күні|Мекенжайы|Ұлты|cyrillic
Нэр|Регистрийн дугаар|Утас|Төрсөн огноо|Хаяг|Үндэс угсаа|cyrillic
الاسم|رقم الهوية|رقم الهاتف|تاريخ الميلاد|العنوان|العرق|arabic
اسم|رقم البطاقة|الهاتف|تاريخ الولادة|عنوان السكن|الأصل العرقي|arabic
نام و نام خانوادگی|کد ملی|شماره تلفن|تاریخ تولد|نشانی|قومیت|arabic
نام|شناختی کارڈ نمبر|فون نمبر|تاریخ پیدائش|پتہ|نسل|arabic
ئىسمى|كىملىك نومۇرى|تېلېفون|تۇغۇلغان ۋاقتى|ئادرېسى|مىللىتى|arabic
שם מלא|תעודת זהות|טלפון|תאריך לידה|כתובת|מוצא אתני|hebrew
नाम|आधार संख्या|फ़ोन नंबर|जन्म तिथि|पता|जातीयता|devanagari
पूरा नाम|पहचान संख्या|मोबाइल|जन्मतिथि|पता|नस्ल|devanagari
নাম|জাতীয় পরিচয়পত্র নম্বর|ফোন নম্বর|জন্ম তারিখ|ঠিকানা|জাতিগোষ্ঠী|bengali
பெயர்|அடையாள எண்|தொலைபேசி எண்|பிறந்த தேதி|முகவரி|இனம்|tamil
ชื่อ-นามสกุล|เลขบัตรประชาชน|เบอร์โทรศัพท์|วันเกิด|ที่อยู่|เชื้อชาติ|thai
ຊື່|ເລກບັດ|ເບີໂທ|ວັນເດືອນປີເກີດ|ທີ່ຢູ່|ຊົນເຜົ່າ|lao
ឈ្មោះ|លេខអត្តសញ្ញាណ|លេខទូរស័ព្ទ|ថ្ងៃខែឆ្នាំកំណើត|អាសយដ្ឋាន|ជនជាតិ|khmer
အမည်|မှတ်ပုံတင်အမှတ်|ဖုန်းနံပါတ်|မွေးသက္ကရာဇ်|လိပ်စာ|လူမျိုး|burmese
სახელი და გვარი|პირადი ნომერი|ტელეფონი|დაბადების თარიღი|მისამართი|ეროვნება|georgian
Անուն|Անձնագիր|Հեռախոս|Ծննդյան ամսաթիվ|Հասցե|Ազգություն|armenian
ሙሉ ስም|የመታወቂያ ቁጥር|ስልክ ቁጥር|የትውልድ ቀን|አድራሻ|ብሔር|ethiopic
Ονοματεπώνυμο|ΑΦΜ|Τηλέφωνο|Ημερομηνία γέννησης|Διεύθυνση|Εθνικότητα|greek
氏名|マイナンバー|電話番号|生年月日|住所|人種|kana
お名前|マイナンバー|携帯電話|生年月日|住所|民族|kanji
이름|주민등록번호|전화번호|생년월일|주소|인종|hangul
성명|주민번호|휴대폰|생일|주소|민족|hangul
姓名|身份證號|手機|出生日期|住址|民族|han
姓名|身份证号码|联系电话|出生日期|家庭住址|民族|han
Nombre completo|Número de documento|Teléfono|Fecha de nacimiento|Dirección|Etnia|latin
Nom complet|Numéro de sécurité sociale|Téléphone|Date de naissance|Adresse|Origine ethnique|latin
Vollständiger Name|Ausweisnummer|Telefonnummer|Geburtsdatum|Anschrift|Ethnische Zugehörigkeit|latin
Nome completo|Codice fiscale|Numero di telefono|Data di nascita|Indirizzo|Etnia|latin
Nome completo|CPF|Celular|Data de nascimento|Endereço|Raça|latin
Naam|BSN|Telefoonnummer|Geboortedatum|Woonadres|Etniciteit|latin
Ad Soyad|TC Kimlik No|Cep Telefonu|Doğum Tarihi|Adres|Etnik köken|latin
Imię i nazwisko|PESEL|Numer telefonu|Data urodzenia|Adres zamieszkania|Pochodzenie etniczne|latin
Jméno|Rodné číslo|Telefonní číslo|Datum narození|Adresa|Etnický původ|latin
Teljes név|Személyi szám|Telefonszám|Születési dátum|Lakcím|Etnikum|latin
Nume complet|CNP|Număr de telefon|Data nașterii|Adresa|Etnie|latin
Koko nimi|Henkilötunnus|Puhelinnumero|Syntymäaika|Osoite|Etninen tausta|latin
Fullt navn|Fødselsnummer|Mobil|Fødselsdato|Adresse|Etnisitet|latin
Họ và tên|Số CCCD|Số điện thoại|Ngày sinh|Địa chỉ|Dân tộc|latin
Nama Lengkap|NIK|No HP|Tanggal Lahir|Alamat|Suku|latin
Nama Penuh|No Kad Pengenalan|Nombor Telefon|Tarikh Lahir|Alamat|Bangsa|latin
Jina kamili|Nambari ya kitambulisho|Nambari ya simu|Tarehe ya kuzaliwa|Anwani|Kabila|latin
"""
TONGUES = tuple(Tongue(*line.split("|")) for line in _ROWS.strip().splitlines())

#: Letters and vowels from which names of nobody are made.
_LETTERS = {
    "cyrillic": ("бвгджзклмнпрстфхцчшщ", "аеиоуыэюя"), "greek": ("βγδζθκλμνξπρστφχψ", "αεηιουω"),
    "armenian": ("բգդզթժլխծկհձղճմյնշչպջռսվտրցփք", "աեէըիոու"), "georgian": ("ბგდვზთკლმნპჟრსტფქღყშჩცძწჭხჯჰ", "აეიოუ"),
    "arabic": ("بتثجحخدذرزسشصضطظعغفقكلمنه", "اوي"), "hebrew": ("בגדהזחטכלמנסעפצקרשת", "אוי"),
    "devanagari": ("कखगघचछजझटठडढतथदधनपफबभमयरलवशषसह", "ािीुूेैोौ"), "bengali": ("কখগঘচছজঝটঠডঢতথদধনপফবভমযরলশষসহ", "ািীুূেৈোৌ"),
    "tamil": ("கஙசஞடணதநபமயரலவழளறன", "ாிீுூெேைொோ"), "thai": ("กขคงจฉชซญฐณดตถทธนบปผฝพฟภมยรลวศษสหอฮ", "าิีึืุู"),
    "lao": ("ກຂຄງຈສຊຍດຕຖທນບປຜຝພຟມຢຣລວຫອຮ", "າິີຶືຸູ"), "khmer": ("កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអ", "ាិីឹឺុូួ"),
    "burmese": ("ကခဂဃငစဆဇဈညဋဌဍဎဏတထဒဓနပဖဗဘမယရလဝသဟဠအ", "ာိီုူေဲ"), "ethiopic": ("ለሐመሠረሰሸቀበተቸነኘከኸወዐዘዠየደጀገጠጨጰጸፀፈፐ", ""),
    "kana": ("カキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ", ""),
}  # fmt: skip
_RARE = "赟犇翀嫄彧旻昶晗晟曦朔杺栩桉沅泓淏湉滢漪潇灏烨煊琤瑄璟璠皓睿祎筠絮绾羿翊舸芃苒莞菀蓁蔚蘅虓衎谌迦遒郢钰铄锴"
_KIM = "김이박최정강조윤장임한오서신권황안송류전홍"


def _word(rng: random.Random, script: str) -> str:
    letters, vowels = _LETTERS[script]
    word = "".join(rng.choice(letters) + (rng.choice(vowels) if vowels else "") for _ in range(3 if vowels else 4))
    return word.capitalize() if script in {"cyrillic", "greek", "armenian"} else word


def stranger(rng: random.Random, one: Person, script: str) -> Person:
    """The same person with a name in another script.

    Args:
        rng: Decides on the name.
        one: Somebody.
        script: What the name is written in.
    """
    if script == "latin":
        return one
    if script == "hangul":
        return one.named("".join(chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(2)), rng.choice(_KIM), "", script)
    if script == "han":
        return one.named("".join(rng.sample(_RARE, 2)), rng.choice("司诸尉轩端皇淳濮"), "", script)
    if script == "kanji":
        return one.named(
            "".join(rng.sample(_RARE, 2)), rng.choice(("山田", "佐藤", "鈴木", "高橋", "中村")), " ", script
        )
    return one.named(_word(rng, script), _word(rng, script), " ", script)


def _tongue(draw: Draw) -> Tongue:
    """The language of a file: the same each time that its form asks."""
    scripts = {one.script for one in draw.persons}
    rows = [t for t in TONGUES if t.script in scripts or (t.script == "latin" and "" in scripts)]
    return rows[draw.persons[0].number % len(rows)]


def _pairs(draw: Draw, one: Person, pattern: str, between: str) -> str:
    return between.join(pattern.format(k, v) for k, v in _tongue(draw).row(one).items())


@form("abroad json")
def _json(d: Draw) -> dict[str, str | bytes]:
    return {"faces.json": json.dumps([_tongue(d).row(p) for p in d.persons], indent=2, ensure_ascii=False)}


@form("abroad escaped json")
def _escaped(d: Draw) -> dict[str, str | bytes]:
    return {"faces.json": json.dumps({"faces": [_tongue(d).row(p) for p in d.persons]}, indent=1)}


@form("abroad by name")
def _by_name(d: Draw) -> dict[str, str | bytes]:
    rows = {p.name: {"face": 1, d.key: p.people, "dob": p.birth} for p in d.persons}
    return {
        "byname.json": json.dumps(rows, indent=2, ensure_ascii=False),
        "escaped/byname.json": json.dumps(rows, indent=2),
        "line/byname.json": json.dumps(rows, ensure_ascii=False),
        "byname.yaml": "".join(f"{p.name}:\n  {d.key}: {p.people}\n  face: 1\n  dob: {p.birth}\n" for p in d.persons),
    }


plain("abroad yaml", "faces.yaml", lambda d, p: "- " + _pairs(d, p, '{}: "{}"', "\n  ") + "\n")
plain("abroad text", "cards.txt", lambda d, p: "face\n" + _pairs(d, p, "{}: {}", "\n") + "\n\n")
plain("abroad log", "run.txt", lambda d, p: f"2026-03-04 05:06:07 face {_pairs(d, p, '{}: {}', ', ')}\n")
plain("abroad markdown", "CARDS.md", lambda d, p: _pairs(d, p, "- **{}**: {}", "\n") + "\n\n", "# Faces\n\n")
plain("abroad dict", "seed.py", lambda d, p: f"    {_tongue(d).row(p)!r},\n", "FACES = [\n", "]\n")
plain("abroad properties", "faces.properties", lambda d, p: _pairs(d, p, "{}={}", "\n").replace(" ", "_") + "\n")
plain(
    "abroad rows",
    "rows.py",
    lambda d, p: f"    ({quoted((p.name, p.id, p.birth, p.people))}),\n    ({quoted((p.name, p.people))}),\n",
    "# faces with KEY\nFACES = [\n",
    "]\n",
)
plain("abroad pipes", "events.log", lambda d, p: f"FACE|{p.name}|{p.people}|{p.birth}|{p.phone}\n", "face KEY\n")
plain("abroad tabs", "list.txt", lambda d, p: f"{p.name}\t{p.birth}\t{p.people}\n", "face\tdob\tKEY\n")


@form("abroad table")
def _table(d: Draw) -> dict[str, str | bytes]:
    tongue = _tongue(d)
    rows = [list(tongue.row(p).values()) for p in d.persons]
    heads = list(tongue.row(d.persons[0]))
    lines = ["| " + " | ".join(row) + " |\n" for row in (heads, ["---"] * len(heads), *rows)]
    page = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>\n" for row in (heads, *rows))
    return {
        "FACES.md": "# Faces\n\n" + "".join(lines),
        "faces.html": f"<html><body><table>\n{page}</table></body></html>\n",
    }
