"""Which bytes are text, in which encoding, and that numbers are neither."""

from __future__ import annotations

import random
import struct

import pytest

from untag import charset
from untag.artifact import Artifact
from untag.place import Place

HANS = (
    "设备返回的人脸属性包括性别、年龄、是否戴眼镜以及民族。如果没有识别到结果,字段为空。\n"
    "客户端应当先登录再打开通道,之后调用接口取得数据并保存到本地,最后关闭连接。\n"
)
HANT = (
    "裝置傳回的人臉屬性包括性別、年齡、是否戴眼鏡以及族群。如果沒有辨識到結果,欄位為空。\n"
    "用戶端應當先登入再打開頻道,之後呼叫介面取得資料並保存到本地,最後關閉連線。\n"
)
JAPANESE = (
    "このカメラは顔の属性として性別、年齢、眼鏡の有無、そして民族を返します。\n"
    "結果が得られなかったときは、項目は空になります。まず接続してから設定を読み出してください。\n"
)
KOREAN = (
    "이 장치는 얼굴 속성으로 성별, 나이, 안경 착용 여부와 민족을 돌려줍니다.\n"
    "결과를 얻지 못하면 항목은 비어 있습니다. 먼저 연결한 뒤 설정을 읽어 주십시오.\n"
)
RUSSIAN = (
    "Камера возвращает признаки лица: пол, возраст, наличие очков и национальность.\n"
    "Если результата нет, поле остаётся пустым. СНАЧАЛА ПОДКЛЮЧИТЕСЬ, затем прочитайте настройки.\n"
)
ARABIC = "تعيد الكاميرا صفات الوجه مثل الجنس والعمر والنظارات والعرق.\nإذا لم توجد نتيجة بقي الحقل فارغا.\n"
FRENCH = "La caméra renvoie les attributs du visage : sexe, âge, lunettes et origine. Où êtes-vous né, à Orléans ?\n"
TURKISH = (
    "Kamera yüz özelliklerini döndürür: cinsiyet, yaş, gözlük ve etnik köken. Sonuç yoksa alan boş kalır; ışığı aç.\n"
)

TEXTS = [
    ("gb18030", HANS), ("big5", HANT), ("shift_jis", JAPANESE), ("euc_jp", JAPANESE), ("euc_kr", KOREAN),
    ("cp1251", RUSSIAN), ("koi8_r", RUSSIAN), ("cp1256", ARABIC), ("cp1252", FRENCH), ("cp1254", TURKISH),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "text"), TEXTS)
@pytest.mark.parametrize("lines", ["first", "all", "long"])
def test_text_in_each_encoding(encoding: str, text: str, lines: str) -> None:
    text = {"first": text.split("\n", maxsplit=1)[0], "all": text, "long": text * 60}[lines]
    data = text.encode(encoding)
    assert charset.is_text(data)
    found = charset.decode(data)
    assert (found.text, found.lost) == (text, 0)


@pytest.mark.parametrize(("encoding", "text"), TEXTS)
def test_a_comment_in_source(encoding: str, text: str) -> None:
    line = text.split("\n", maxsplit=1)[0]
    source = f"#include <stdio.h>\n\nint nation; // {line}\nint age;\n"
    data = source.encode(encoding)
    assert charset.is_text(data)
    assert charset.decode(data).text == source


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("gb18030", "民族"), ("gb18030", "维吾尔族"), ("gb18030", "種族"), ("gb18030", "年龄,性别,民族"),
        ("big5", "種族"), ("shift_jis", "カメラの設定"), ("euc_kr", "민족"), ("cp1251", "национальность"),
        ("koi8_r", "национальность"), ("cp1256", "العرق"), ("cp1252", "été"),
    ],
)  # fmt: skip
def test_a_word_alone_is_text(encoding: str, word: str) -> None:
    assert charset.is_text(word.encode(encoding))


@pytest.mark.parametrize(("encoding", "text"), [t for t in TEXTS if t[0] in {"gb18030", "big5", "shift_jis", "euc_kr"}])
def test_text_with_a_stray_byte_stays_text(encoding: str, text: str) -> None:
    data = (text * 3).encode(encoding) + b"\xff\n" + (text * 3).encode(encoding)
    assert charset.is_text(data)


def test_text_in_an_encoding_that_is_not_known_is_text_all_the_same() -> None:
    greek = "Η κάμερα επιστρέφει το φύλο και την ηλικία του προσώπου. Διαβάστε πρώτα τις ρυθμίσεις της συσκευής.\n"
    assert charset.is_text(greek.encode("cp1253"))
    thai = "กล้อง ส่งคืน เพศ อายุ และ เชื้อชาติ ของ ใบหน้า ใน ภาพ\n"
    assert charset.is_text(thai.encode("cp874"))


def test_a_head_that_ends_inside_a_character() -> None:
    for shift in range(4):
        for encoding, text in (("utf-8", HANS), ("gb18030", HANS), ("euc_kr", KOREAN), ("utf-16", HANS)):
            assert charset.is_text(("x" * shift + text * 400).encode(encoding)), (encoding, shift)


# -- what is no text


def uniform(chance: random.Random, size: int) -> bytes:
    return chance.randbytes(size)


def without_control(chance: random.Random, size: int) -> bytes:
    return bytes(chance.choices([*range(0x20, 0x7F), *range(0x80, 0x100)], k=size))


def high(chance: random.Random, size: int) -> bytes:
    return bytes(chance.choices(range(0x80, 0x100), k=size))


def weights(chance: random.Random, size: int) -> bytes:
    """Numbers of a quantised layer: eight bits around a zero point, nearly never at the ends."""
    centre, spread = chance.uniform(110, 145), chance.uniform(10, 24)
    return bytes(min(255, max(40, int(chance.gauss(centre, spread)))) for _ in range(size))


@pytest.mark.parametrize("kind", [uniform, without_control, high, weights])
def test_random_bytes_are_never_text(kind: object) -> None:
    for seed in range(100):
        chance = random.Random(seed)  # noqa: S311 - drawn the same every time
        size = 1000 * chance.choice((1, 1, 2, 3, 5, 8, 13, 40, 200))
        data = kind(chance, min(size, 20_000) if kind is weights else size)  # type: ignore[operator]
        assert not charset.is_text(data), seed


def test_numbers_of_two_bytes_are_not_utf_16() -> None:
    for seed in range(100):
        chance = random.Random(seed)  # noqa: S311 - drawn the same every time
        count = chance.choice((4, 8, 30, 500, 4000))
        small = struct.pack(f"<{count}H", *(chance.randrange(1, 256) for _ in range(count)))
        assert not charset.is_text(small) or count < 30, seed
        assert not charset.is_text(b"\xff\xfe" + chance.randbytes(2000)), seed
    assert not charset.is_text(bytes(n for pair in zip(range(1, 32), [0] * 31, strict=True) for n in pair))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_text(encoding: str) -> None:
    for text in ("enum { RACE = 1 }\r\n" * 3, "name = Müller\n", FRENCH, "a,b,c\n"):
        assert charset.is_text(text.encode(encoding))
        assert charset.decode(text.encode(encoding)).text.lstrip("\ufeff") == text


def test_a_name_without_a_dot_has_no_suffix() -> None:
    for name, suffix in (
        ("Makefile", ""), ("labels", ""), ("a.b/LICENSE", ""), ("x.PY", ".py"), (".env", ".env"), ("face.c.bak", ".c"),
        ("notes~", ""),
    ):  # fmt: skip
        assert Artifact(Place((name,)), b"").suffix == suffix
