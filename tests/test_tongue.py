"""A word that Chinese and Japanese write alike is shown in the language it stands in."""

from __future__ import annotations

import pytest

from untag import lexicon
from untag.judge import Gatherer
from untag.judge.tongue import speak
from untag.place import Place
from untag.surface import Role, Surface


def languages(*lines: str) -> list[str]:
    lex = lexicon.load()
    gatherer = Gatherer(lex, Place(("a.txt",)))
    for number, line in enumerate(lines, 1):
        gatherer.add(Surface(Role.PROSE, line, Place(("a.txt",)).at(line=number, column=1)))
    text = "\n".join(lines)
    sheet = gatherer.close(text)
    speak(sheet, text, lex)
    return [h.language for d in sheet.drafts for m in d.marks for h in m.hits if h.kind != "context"]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (("民族",), ["zh-Hans"]),
        (("// 人脸的性别、年龄和民族",), ["zh-Hans"]),
        (("是否是维族人员",), ["zh-Hans"]),
        (("維族",), ["zh-Hant"]),
        (("種族",), ["zh-Hant"]),
        (("黑人",), ["zh-Hans"]),
        (("顔の民族を返します",), ["ja"]),
        (("カメラの設定を読み出してください。", "民族"), ["ja"]),
        (("カメラの設定を読み出してください。", "黒人"), ["ja"]),
        (("얼굴 속성 설정을 읽어 주십시오.", "民族"), ["zh-Hans"]),
        # One ornament in a Chinese text makes no Japanese of it.
        (("设备返回的人脸属性包括性别年龄是否戴眼镜の", "民族"), ["zh-Hans"]),
    ],
)
def test_language(lines: tuple[str, ...], wanted: list[str]) -> None:
    assert languages(*lines) == wanted
