"""The sieve says yes wherever the matcher says yes, with every engine."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from untag import charset
from untag.cache import Cache
from untag.lexicon import Lexicon, _spell, load, sought
from untag.lexicon._net import _glued, _whole
from untag.lexicon._signs import GLUED
from untag.lexicon._span import SPANS
from untag.lexicon.sieve import ENGINES, PIECE, Sieve, Sifted, literals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@cache
def _searched() -> Lexicon:
    """The lexicon with only the forms that are searched in every file."""
    full = load()
    keep: dict[str, list[object]] = {}
    for term, form in _spell.chosen(full):
        keep.setdefault(term.id, []).append(form)
    terms = {i: replace(t, forms=tuple(keep[i])) for i, t in full.terms.items() if i in keep}
    return Lexicon(terms, {}, full.hant, full.digest)


@cache
def _forms() -> tuple[str, ...]:
    return tuple(dict.fromkeys(f.word for t in _searched().terms.values() for f in t.forms))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, compiled: Path) -> Cache:
    return Cache(shutil.copytree(compiled, tmp_path_factory.mktemp("cache") / "untag"))


@pytest.fixture(scope="module")
def sieves(store: Cache) -> list[Sieve]:
    return [Sieve(load(), engine, store) for engine in ENGINES]


def _sift(sieves: list[Sieve], data: bytes) -> Sifted:
    """The answer of all engines, which must be one."""
    first, *rest = [s.sift(data) for s in sieves]
    for other, sieve in zip(rest, sieves[1:], strict=True):
        assert other == first, (sieve.engine, data)
    assert all(a < b for a, b in first.strong)
    assert all(x[1] < y[0] for x, y in zip(first.strong, first.strong[1:], strict=False))
    assert not first.strong or (first.strong[0][0] >= 0 and first.strong[-1][1] <= len(data))
    return first


def _covered(sifted: Sifted, start: int, end: int) -> bool:
    return any(a <= start and end <= b for a, b in sifted.strong)


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c.isalpha() else c for c in text)


def _accented(text: str) -> str:
    return re.sub(r"([aeiouAEIOU])", "\\1\u0301", text, count=2)


_SPELLINGS = (
    str,
    str.lower,
    str.upper,
    str.title,
    str.swapcase,
    lambda s: s.replace(" ", "_"),
    lambda s: s.replace(" ", "-").upper(),
    lambda s: s.title().replace(" ", ""),
    lambda s: (s[:1].lower() + s.title()[1:]).replace(" ", ""),
    lambda s: s.replace(" ", "  "),
    lambda s: s.replace(" ", "\n   * "),
    lambda s: s.replace(" ", "\u00a0"),
    lambda s: s.replace(" ", ". "),
    lambda s: s.replace(" ", '" + "'),
    _wide,
    _accented,
    lambda s: "is" + s,
    lambda s: "em" + s.title().replace(" ", "") + "Type",
    lambda s: "EM_" + s.upper().replace(" ", "_") + "_TYPE",
)
_NOISE = (
    "", " ", "\n", "a", "X", "_", "9", "\u4e2d", "\u7684", "é", "\u00ab", "\u043e", " int ", "/* ", '"', "{", "\t",
    "%d", "\\n", "\\t", "&amp;", "the ", " of", "\u3000", "\u200b", "'", "face", "\U0001f600", "ﬁ", "type",
)  # fmt: skip


@cache
def _form() -> st.SearchStrategy[str]:
    """Any of them; all are looked at when it is made, so it is made once."""
    return st.sampled_from(_forms())


@st.composite
def _texts(draw: st.DrawFn) -> str:
    out = []
    for _ in range(draw(st.integers(1, 4))):
        out.append(draw(st.sampled_from(_NOISE)))
        spell = draw(st.sampled_from(_SPELLINGS))
        out.append(spell(draw(_form())))
        out.append(draw(st.sampled_from(_NOISE)))
    return "".join(out)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(text=_texts())
def test_whatever_the_matcher_finds_lies_in_a_span(sieves: list[Sieve], text: str) -> None:
    sifted = _sift(sieves, text.encode())
    for hit in _searched().match(text):
        start = len(text[: hit.start].encode())
        end = len(text[: hit.end].encode())
        assert _covered(sifted, start, end), (text[hit.start : hit.end], hit, sifted)


def test_words_that_were_learned_may_be_forgotten(sieves: list[Sieve], monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(_accented(word) for word in ("uyghur", "weiwuer", "asian", "race", "nothing", "black", "people"))
    rows = [f"{word} {text}".encode() for word in ("Çeşme", "naïve", "民族", "уйгур", "ethnïcity")]
    first = [_sift(sieves, row) for row in rows]
    monkeypatch.setattr("untag.lexicon.sieve.LEARNED", 2)
    assert [_sift(sieves, row) for row in [*rows, *rows]] == [*first, *first]
    for sieve in sieves:
        made = [told for told in sieve._told.values() if told is not None]
        assert len({id(told) for told in made}) == len({(told.numbers, told.needles) for told in made})


def _units(c: str) -> str:
    raw = c.encode("utf-16-be")
    return "".join(f"\\u{raw[i] << 8 | raw[i + 1]:04x}" for i in range(0, len(raw), 2))


_ESCAPES = (
    _units,
    lambda c: _units(c).upper().replace("\\U", "\\u"),
    lambda c: "".join(f"\\x{b:02x}" for b in c.encode()),
    lambda c: "".join(f"\\{b:03o}" for b in c.encode()),
    lambda c: "".join(f"%{b:02X}" for b in c.encode()),
    lambda c: f"&#{ord(c)};",
    lambda c: f"&#x{ord(c):x};",
    lambda c: f"&#X{ord(c):X};",
)


@settings(max_examples=300, deadline=None)
@given(text=_texts(), escape=st.sampled_from(_ESCAPES), some=st.booleans())
def test_escaped_text_is_seen(sieves: list[Sieve], text: str, escape: Callable[[str], str], some: bool) -> None:
    mixed = random.Random(len(text))  # noqa: S311
    parts = [c if c.isascii() or (some and mixed.random() < 0.5) else escape(c) for c in text]
    data = "".join(parts).encode()
    sifted = _sift(sieves, data)
    for hit in _searched().match(text):
        start = len("".join(parts[: hit.start]).encode())
        end = len("".join(parts[: hit.end]).encode())
        assert _covered(sifted, start, end), (data, text[hit.start : hit.end], sifted)


_ENCODINGS = (
    "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1251",
    "koi8_r", "cp1256", "cp1254", "cp1252", "latin-1",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(text=_texts(), encoding=st.sampled_from(_ENCODINGS), frame=st.sampled_from(("", "int main(void);\n" * 5)))
def test_text_in_other_encodings_is_seen_as_the_readers_will_see_it(
    sieves: list[Sieve], text: str, encoding: str, frame: str
) -> None:
    try:
        data = (frame + text + frame).encode(encoding)
    except UnicodeEncodeError:
        data = (frame + text + frame).encode(encoding, "ignore")
    sifted = _sift(sieves, data)
    if charset.is_text(data) and _searched().match(charset.decode(data).text):
        assert sifted.strong, (encoding, charset.decode(data))


def _fits(word: str, encoding: str) -> bool:
    """Whether text of the word's script is ever written in the encoding."""
    if encoding.startswith("utf"):
        return True
    if _spell._CJK_LIKE.match(word):
        return encoding in _spell._LEGACY_CJK
    return word.isascii() or any(script.search(word) and encoding in some for script, some in _spell._LEGACY)


@settings(max_examples=300, deadline=None)
@given(word=st.sampled_from(sorted(_forms())), before=st.binary(max_size=12), encoding=st.sampled_from(_ENCODINGS[1:]))
def test_a_form_as_listed_is_seen_inside_a_binary(sieves: list[Sieve], word: str, before: bytes, encoding: str) -> None:
    try:
        raw = word.encode(encoding if encoding != "utf-8-sig" else "utf-8")
    except UnicodeEncodeError:
        return
    if not _fits(word, encoding) or len(raw) < 4 or (len(word) < 4 and word.isascii()):
        return
    # A text of its own after a NUL, as strings lie in executables; UTF-16 wants its own alignment.
    data = b"MZ\x90\0\x03\0\0\0" + before + b"\0\0\0\0" + raw + b"\0\0\0\0"
    sifted = _sift(sieves, data)
    if charset.is_text(data):
        return
    start = 8 + len(before) + 4
    # Inside binaries a span shows the place; it may leave out an inflected ending or a further word.
    assert any(a < start + len(raw) and start < b for a, b in sifted.strong), (word, encoding, sifted)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
def test_engines_agree_on_any_bytes(sieves: list[Sieve], data: bytes) -> None:
    _sift(sieves, data)


_PIECES = ("race", "skin", "color", " ", "_", "\\n", "asian", "East", "é", "民", "族", "code", "\0", "&nbsp;", "u")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=14))
def test_engines_agree_on_pieces_of_forms(sieves: list[Sieve], parts: list[str]) -> None:
    _sift(sieves, "".join(parts).encode())
    _sift(sieves, "".join(parts).encode("utf-16"))


@settings(max_examples=40, deadline=None)
@given(text=_texts())
@example(text=" ofafrika amerika")
def test_a_naive_search_agrees(sieves: list[Sieve], text: str) -> None:
    """Every pattern tried everywhere in plain bytes gives the same spans as anchors do."""
    data = text.encode("ascii", "ignore")
    if b"\\" in data or b"%" in data or b"&" in data:
        return
    spans = []
    for rx, glued in _every():
        at = 0
        while found := rx.search(data, at):
            at = found.start() + 1
            if not glued or _glued().match(data, at - 1):
                spans.append(_whole(data, *found.span()))
    merged: list[list[int]] = []
    for a, b in sorted(spans):
        if merged and a <= merged[-1][1]:
            merged[-1][1] = max(b, merged[-1][1])
        else:
            merged.append([a, b])
    assert _sift(sieves, data).strong == tuple((a, b) for a, b in merged)


@cache
def _every() -> tuple[tuple[re.Pattern[bytes], bool], ...]:
    ascii_only = [p for p in _spell.patterns(load()) if all(w.isascii() and b"\0" not in w for w in p.words)]
    return tuple((re.compile(p.source, re.DOTALL), p.source.startswith(GLUED)) for p in ascii_only)


@pytest.mark.parametrize(
    "text",
    [
        "ethnicity",
        "ETHNICITY",
        "personEthnicityCode",
        "skin color",
        "skincolor",
        "skin_color",
        "skin-color",
        "SkinColor",
        "skin  color",
        "EM_NATION_TYPE_UYGUR",
        "isUyghur",
        "recuygur",
        "民族",
        "民 族",
        "民&nbsp;&nbsp;族",
        "民\u3000\u3000族",
        "維吾爾族",
        "ＥＴＨＮＩＣＩＴＹ",
        "Éthnicité",
        "e\u0301thnicite\u0301",
        "Этническая принадлежность",
        "ЭТНИЧЕСКАЯ ПРИНАДЛЕЖНОСТЬ",
        "Uygur",
        "UYGUR",
        "\\u6c11\\u65cf",
        "%E6%B0%91%E6%97%8F",
        "&#27665;&#26063;",
        "&#x6C11;&#x65CF;",
        "skin%20color",
        "skin&nbsp;color",
    ],
)  # fmt: skip
def test_spellings_that_must_be_seen(sieves: list[Sieve], text: str) -> None:
    assert _sift(sieves, text.encode()).strong
    assert _sift(sieves, text.encode("utf-16")).strong


@pytest.mark.parametrize("text", ["", "int main(void) { return 0; }", "trace the path", "char *s;", "\0" * 5000])
def test_ordinary_text_is_passed_over(sieves: list[Sieve], text: str) -> None:
    assert _sift(sieves, text.encode()) == Sifted((), False)


@pytest.mark.parametrize(
    "text", ["gender: white", "untag: allow", "eyeglasses BLACK", "性别", "genderType, race", "\\u6027\\u522b"]
)
def test_gate_words_open_a_file(sieves: list[Sieve], text: str) -> None:
    assert _sift(sieves, text.encode()).gate
    assert _sift(sieves, text.encode("utf-16")).gate


@pytest.mark.parametrize(
    "text", ["np.blackman(9)", "'blackman'", "test_blackman", "UYGURCA", "gl\u00fcck \\u0062lackman"]
)
def test_a_word_that_means_something_else_by_itself_is_passed_over(sieves: list[Sieve], text: str) -> None:
    assert _sift(sieves, text.encode()) == Sifted((), False)


@pytest.mark.parametrize(
    "text", ["blackMan", "black man", "blackman, a black man", "uygur blackman", "\\blackman", "iblackman"]
)
def test_what_is_more_than_such_a_word_is_seen(sieves: list[Sieve], text: str) -> None:
    assert _sift(sieves, text.encode()).strong


@pytest.mark.parametrize("text", ["SYSTEM_EYEGLASSES", "eyeglassesType", "myEyeglasses", "EYEglasses", "eyeglasses2"])
def test_gate_words_are_words(sieves: list[Sieve], text: str) -> None:
    assert _sift(sieves, f"{text} white".encode()).gate
    assert not _sift(sieves, f"{text} while".encode()).gate


@pytest.mark.parametrize("text", ["preeyeglasses", "SYSTEYEGLASSES", "eyeglassesque"])
def test_parts_of_words_open_no_file(sieves: list[Sieve], text: str) -> None:
    assert not _sift(sieves, f"{text} white".encode()).gate


@cache
def _tags() -> tuple[str, ...]:
    """Forms of tags that are not searched in every file."""
    searched = set(_forms())
    words = (f.word for t in load().terms.values() if t.kind != "context" for f in t.forms)
    return tuple(dict.fromkeys(w for w in words if w not in searched))


@settings(max_examples=300, deadline=None)
@given(word=st.sampled_from(_tags()), spell=st.sampled_from(_SPELLINGS), noise=st.sampled_from(_NOISE))
def test_beside_a_gate_word_any_tag_opens_the_file(
    sieves: list[Sieve], word: str, spell: Callable[[str], str], noise: str
) -> None:
    text = f"eyeglasses {noise}{spell(word)}{noise}"
    if any(hit.kind != "context" for hit in load().match(text)):
        assert _sift(sieves, text.encode())


@pytest.mark.parametrize("text", ["trace output", "FTRACE_OUTPUT", "x = strtrace_array", "perf_trace_attr"])
def test_letters_before_a_word_are_a_prefix_only_where_the_matcher_says_so(sieves: list[Sieve], text: str) -> None:
    assert not _sift(sieves, text.encode()).strong
    assert not load().match(text)


@pytest.mark.parametrize("text", ["GRACE", "TRACE_ON", "bRACs"])
def test_an_exact_spelling_is_a_word(sieves: list[Sieve], text: str) -> None:
    assert not _sift(sieves, f"eyeglasses {text}".encode()).gate


def test_weak_words_and_words_that_open_a_file_are_placed(sieves: list[Sieve]) -> None:
    text = b"int eyeglasses;\n" + b"x = y;\n" * 400_000 + b"enum { WHITE };\n"
    for sieve in sieves:
        spans = sieve.around(text)
        assert spans is not None
        assert [text[a:b] for a, b in spans] == [b"eyeglasses", b"WHITE"]
        assert sieve.around("// 眼镜".encode() + text) is None
        assert sieve.around(b'"\\u773c"' + text) is None


def test_large_data_is_looked_at_in_pieces_without_a_seam(sieves: list[Sieve], monkeypatch: pytest.MonkeyPatch) -> None:
    for at in (PIECE - 4, PIECE - 9, PIECE, 2 * PIECE - 1):
        data = b"." * at + b"ethnicity" + b"." * 100
        assert _sift(sieves[:2], data).strong == ((at, at + 9),)
    # Smaller pieces have seams in as many places.
    monkeypatch.setattr("untag.lexicon.sieve.PIECE", 1 << 17)
    text = "数据" * ((1 << 17) // 3) + "。民族。" + "数据" * 1000
    for encoding in ("utf-8", "gb18030", "utf-16"):
        data = text.encode(encoding)
        word = "民族".encode(encoding)[-4 if encoding != "utf-8" else -6 :]
        at = data.index(word)
        assert _covered(sieves[0].sift(data), at, at + len(word)), encoding


def test_dense_hits_are_bounded(sieves: list[Sieve]) -> None:
    data = b"uyghur. " * 60_000
    sifted = sieves[0].sift(data)
    assert 0 < len(sifted.strong) <= SPANS
    assert _covered(sifted, len(data) - 8, len(data) - 2)


def test_a_damaged_database_is_made_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    small = Lexicon({"ethnicity": load().terms["ethnicity"]}, {}, load().hant, "sha256:small")
    want = Sieve(small, "hyperscan", cache).sift(b"ethnicity").strong
    assert want == ((0, 9),)
    entries = sorted((tmp_path / "c").iterdir())
    assert len(entries) == 2
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:-7])
    assert Sieve(small, "hyperscan", cache).sift(b"ethnicity").strong == want
    # Whole entries with nonsense inside: only a version that wrote something else could leave these.
    made = Sieve(small, "hyperscan", cache)
    cache.write("sieve", made._key, b"nonsense")
    assert Sieve(small, "hyperscan", cache).sift(b"ethnicity").strong == want
    assert Sieve(small, "plain", Cache(tmp_path / "none")).sift(b"ethnicity").strong == want


def test_unknown_engines_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no engine"):
        Sieve(load(), "grep", Cache(tmp_path))


def test_nothing_heavy_is_imported_early() -> None:
    code = "import sys, untag.lexicon.sieve; print([m for m in ('hyperscan', 'ahocorasick_rs') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_literals_are_fit_for_a_pattern_file() -> None:
    rows = literals(load())
    assert rows == sorted(set(rows))
    assert all(row.strip() and "\n" not in row for row in rows)
    assert "ethnicity" in rows


def test_a_brief_word_opens_a_file_only_near_what_it_is_said_of(sieves: list[Sieve]) -> None:
    """A race in one function and a snapshot in another open no file; a field beside an age does."""
    far = b"/* avoid a race here */\n" + b"int x;\n" * 200 + b"/* take a snapshot */\n"
    near = b"class Person:\n    age: int\n" + b"    pad: int\n" * 30 + b"    race = 0\n"
    for sieve in sieves:
        assert not sieve.sift(far).gate
        assert not sieve.sift(far.replace(b"snapshot", b"age")).gate
        assert sieve.sift(near).gate


def test_the_judge_starts_no_farther_off_than_the_sieve_opens(tmp_path: Path) -> None:
    """Without the sieve the same is found, on either side of the bound and at it."""
    from untag.scan import Options, scan

    for gap in (3, 38, 39, 40, 41, 60, 79, 80, 81, 200):
        text = "class Face:\n    age = 1\n" + "    pad = 1\n" * gap + "    race = 'x'\n    gender = 'f'\n"
        (tmp_path / f"{gap}.py").write_text(text, encoding="utf-8")
    with_it, without = (
        [f.key for f in scan([str(tmp_path)], Options(sieve=on, cache=False)).findings] for on in (True, False)
    )
    assert with_it == without


def test_a_weak_word_opens_a_file_only_near_a_gate_word(sieves: list[Sieve]) -> None:
    """A mask of a face and a chip, thousands of registers apart, open no file; labels below a gender do."""
    pad = b"#define REG 1\n"
    assert len(pad) * 160_000 > PIECE
    far = b"#define ROM_BASE 1\n" + pad * 160_000 + b"#define FACE_MASK 2\n" + pad * 200 + b"#define RAS 3\n"
    near = pad * 160_000 + b"gender\n" + b"\n" * 30 + b"white\n" + pad * 160_000
    # A gate word that lies between two others, too near to the first to be looked around by itself.
    chain = b"gender\n" + pad * 39 + b"gender\n" + pad * 79 + b"white\n"
    for sieve in sieves:
        assert not sieve.sift(far).gate
        assert sieve.sift(near).gate
        assert sieve.sift(chain).gate
        # Near a gate word, what is not all plain ASCII is taken for one that may hold a weak word; elsewhere it may be.
        assert sieve.sift(far.replace(b"FACE_MASK 2", "FACE_MASK 2 // \u00e9".encode())).gate
        assert not sieve.sift(far + "\u00e9".encode()).gate
        assert sieve.sift(near + "\u2014".encode()).gate
        # Where the places of words cannot be told, they are taken for near.
        assert sieve.sift(far.replace(b"FACE_MASK", b"FACE\\u005fMASK")).gate == sieve.sift(far + b"\\u005f").gate


@pytest.mark.parametrize("brief", ["race = 1\n", "rasse = 1\n"])
def test_each_brief_word_is_looked_around(sieves: list[Sieve], brief: str) -> None:
    """The second of two that stand near one another may be the one beside an age."""
    data = (brief + "x = 1\n" * 70 + brief + "x = 1\n" * 38 + "age = 1\n").encode()
    for sieve in sieves:
        assert sieve.sift(data).gate == sieve.sift(data[len(brief) :]).gate


def test_far_weak_words_start_nothing_without_the_sieve_either(tmp_path: Path) -> None:
    """The judge draws the same line, at either side of the bound and at it, in either order."""
    from untag.scan import Options, scan

    for gap in (3, 38, 39, 40, 41, 79, 80, 81, 200):
        pad = "    pad: int\n" * gap
        for name, rows in {"a": ("    gender: str\n", "    white: int\n    black: int\n    asian_: int\n")}.items():
            (tmp_path / f"{name}{gap}.py").write_text(f"class Face:\n{rows[0]}{pad}{rows[1]}", encoding="utf-8")
            (tmp_path / f"{name}{gap}_back.py").write_text(f"class Face:\n{rows[1]}{pad}{rows[0]}", encoding="utf-8")
    with_it, without = (
        [f.key for f in scan([str(tmp_path)], Options(sieve=on, cache=False)).findings] for on in (True, False)
    )
    assert with_it == without


def _faces() -> list[str]:
    """Every spelling of a word for a face beyond ASCII that opens a file for weak words."""
    lexicon = load()
    forms = (f.word for t in lexicon.terms.values() for f in t.forms if sought.opens(t, f) and not f.word.isascii())
    return sorted({way for word in forms for way in sought.spellings(word)})


def _boxed(word: bytes, zero: bytes) -> bytes:
    """A word beside another in a binary."""
    return b"\x7fELF\0\0\1\2\xff\xfe\xc0" * 20 + word + zero + b"\0".join(b"race"[i : i + 1] for i in range(4)) + zero


def test_a_word_for_a_face_in_any_script_is_a_gate_however_its_bytes_are_written(sieves: list[Sieve]) -> None:
    lexicon, ways = load(), _faces()
    assert len(ways) > 1500
    for way in ways[::18]:
        text = f"a {way} b\nrace kin\n"
        hits = [h for h in lexicon.match(text) if h.kind == "context"]
        assert any(lexicon.sought.gate(h, text) for h in hits), way
        shown = ["".join(c if c.isascii() else escape(c) for c in way) for escape in _ESCAPES]
        rows = [text.encode(), b"\xff\xfe" + text.encode("utf-16-le")]
        rows += [_boxed(way.encode(), b"\0"), _boxed(way.encode("utf-16-le"), b"\0\0")]
        rows += [f'{before}"{one}"\nrace\n'.encode() for one in shown for before in ("", "é ж ")]
        rows += [_boxed(one.encode(), b"\0") for one in shown]
        for data in rows:
            assert _sift(sieves, data).gate, (way, data)


def test_what_folding_makes_alike_is_no_gate_to_the_judge() -> None:
    """In other letters than those that are searched, so that a scan without the sieve finds the same."""
    lexicon = load()
    for text in ("лИцОм", "Rozpoznání oblic\u030ceje", "ЛиЦОМ"):
        assert not any(lexicon.sought.gate(h, text) for h in lexicon.match(text) if h.kind == "context"), text


@pytest.mark.parametrize("engine", [None, "hyperscan"])
def test_what_hyperscan_cannot_compile_is_searched_by_another(engine: str | None, tmp_path: Path) -> None:
    """A package may explain as many names as it likes that begin alike."""
    term = load().terms["ethnicity"]
    words = [f"face {n % 97}qx{n} {n}yz" for n in range(3000)]
    forms = tuple(term.forms[0]._replace(word=word, match="token", strength="medium") for word in words)
    small = Lexicon({"ethnicity": replace(term, forms=forms, veto=())}, {}, load().hant, "sha256:many")
    sieve = Sieve(small, engine, Cache(tmp_path))
    assert sieve.engine != "hyperscan"
    assert sieve.sift(b"int face 5qx102 102yz;").strong
    assert not sieve.sift(b"int face w0x w2x;").strong
