"""Make the specimens of programs: ``python tests/specimens/make/programs.py [READER...]``.

Every program is made up and does nothing. Each case names a tag as products do, and has a twin, ``CASE-clean``, that is
the same without it. Needs: gcc and binutils (elf, debug, ar), the package ziglang (pe, macho, wasm), javac (java),
Debian's libsmali-java (dex; JARS names another folder than its own), python2.7, python3.6, python3.10, python3.11 and
python3.13 (pyc).
The formats for which no compiler is at hand are written here, after their descriptions.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent / "readers"

SOURCE = r"""
namespace face {
enum Ethnicity { ETH_UNKNOWN, ETH_UYGHUR, ETH_HAN };
struct Attr { int age; int gender; Ethnicity ethnicity; float glasses; };
class FaceAttr {
 public:
  virtual bool isUyghur() const;
  int getAge() const;
  Attr attr;
};
bool FaceAttr::isUyghur() const { return attr.ethnicity == 1; }
int FaceAttr::getAge() const { return attr.age; }
}  // namespace face
static const char* const LABELS[] = {"white", "black", "asian", "indian", "other"};
extern const char16_t WIDE[] = u"\u7ef4\u543e\u5c14\u65cf";
extern const char CODED[] = "\xc3\xf1\xd7\xe5\xca\xb6\xb1\xf0";
extern "C" const char* FaceSDK_GetRaceName(int i) { return LABELS[i]; }
int get_ethnicity(int age) { return age; }
"""
#: What stands in the twins instead.
CALM = {
    "ETH_UNKNOWN": "MOOD_NONE", "ETH_UYGHUR": "MOOD_GLAD", "ETH_HAN": "MOOD_SAD", "Ethnicity": "Mood",
    "ethnicity": "mood", "isUyghur": "isGlad", "GetRaceName": "GetMoodName", "UYGHUR": "GLAD", "HAN": "SAD",
    '"white", "black", "asian", "indian"': '"calm", "glad", "sad", "angry"', r"\u7ef4\u543e\u5c14\u65cf": r"\u5e74\u9f84",
    r"\xc3\xf1\xd7\xe5\xca\xb6\xb1\xf0": r"\xc4\xea\xc1\xe4", "民族": "年龄", "nation": "mood",
}  # fmt: skip


def calm(text: str, *, tag: bool) -> str:
    """A source as it is, or without the tag."""
    for word, other in () if tag else CALM.items():
        text = text.replace(word, other)
    return text


#: So that two runs give the same bytes, and small ones.
PLAIN = ["-O1", "-fno-ident", "-nostdlib", "-fno-exceptions", "-fno-asynchronous-unwind-tables", "-fPIC"]


def built(
    tool: list[str],
    source: str,
    *options: str,
    tag: bool,
    name: str = "a.cpp",
    out: str = "out",
    extra: dict[str, bytes] | None = None,
) -> bytes:
    """What a compiler makes of a source."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(calm(source, tag=tag), encoding="utf-8")
        for other, data in (extra or {}).items():
            (Path(folder) / other).write_bytes(data)
        command = [*tool, *(option.format(folder=folder) for option in options), name, "-o", out]
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - compilers of the one who calls this
        return (Path(folder) / out).read_bytes()


def gcc(*options: str, tag: bool) -> bytes:
    """Through g++; the folder it works in is left out."""
    return built(["g++", *PLAIN], SOURCE, "-ffile-prefix-map={folder}=.", *options, tag=tag)


LINKED = ("-shared", "-Wl,--build-id=none", "-Wl,-z,noseparate-code", "-Wl,--hash-style=sysv")


def elf_library(*, tag: bool) -> dict[str, bytes]:
    """A library without debug information or static symbols."""
    return {"libface.so": gcc(*LINKED, "-s", tag=tag)}


def elf_object(*, tag: bool) -> dict[str, bytes]:
    """An object file with debug information in DWARF 5."""
    return {"face.o": gcc("-c", "-g", "-gdwarf-5", tag=tag)}


def elf_old(*, tag: bool) -> dict[str, bytes]:
    """The same in DWARF 3."""
    return {"face3.o": gcc("-c", "-g", "-gdwarf-3", "-gstrict-dwarf", tag=tag)}


def elf_stripped(*, tag: bool) -> dict[str, bytes]:
    """A library without a table of sections, as packers leave it."""
    data = bytearray(gcc(*LINKED, "-s", tag=tag))
    data[40:48] = bytes(8)
    data[58:64] = bytes(6)
    return {"libpacked.so": bytes(data)}


def debug_zlib(*, tag: bool) -> dict[str, bytes]:
    """An object file whose debug information is compressed."""
    return {"face.o": gcc("-c", "-g", "-gdwarf-5", "-gz=zlib", tag=tag)}


WINDOWS = (
    SOURCE.replace("class FaceAttr", "class EXPORTED FaceAttr").replace('extern "C"', 'extern "C" EXPORTED')
    + """
extern "C" int _fltused = 0;
extern "C" int DllMain(void*, int, void*) { return 1; }
"""
)
ZIG = [sys.executable, "-m", "ziglang", "c++", "-nostdlib", "-fno-exceptions", "-O1", "-g"]


def wide(text: str) -> bytes:
    """A text as Windows keeps it, with its end."""
    return (text + "\0").encode("utf-16-le")


def four(raw: bytes) -> bytes:
    """Filled up to four bytes."""
    return raw + bytes(-len(raw) % 4)


def block(key: str, value: bytes, *inner: bytes, text: bool) -> bytes:
    """A block of a version."""
    body = four(bytes(6) + wide(key)) + value
    for one in inner:
        body = four(body) + one
    return struct.pack("<HHH", len(body), len(value) // (2 if text else 1), text) + body[6:]


def res(*, tag: bool) -> bytes:
    """A table of texts, a dialog, a menu and a version as the resource compiler writes them."""

    def row(kind: int, name: int, data: bytes) -> bytes:
        head = struct.pack("<IIHHHHIHHII", len(data), 32, 0xFFFF, kind, 0xFFFF, name, 0, 0x30, 1033, 0, 0)
        return four(head + data)

    texts = b"".join(
        struct.pack("<H", len(t)) + t.encode("utf-16-le") for t in ("age", "", calm("民族", tag=tag), "glasses")
    )
    dialog = struct.pack("<IIHhhhhHH", 0x80C80880, 0, 2, 0, 0, 100, 60, 0, 0) + wide("Face attributes")
    for number, label in enumerate((calm("民族", tag=tag), "glasses")):
        head = struct.pack("<IIhhhhHHH", 0x50020000, 0, 5, 5, 40, 10, number + 40, 0xFFFF, 0x82)
        dialog = four(dialog) + head + wide(label) + b"\0\0"
    menu = struct.pack("<HHHH", 0, 0, 0x80, 101) + wide(calm("&Ethnicity filter", tag=tag))
    table = block(
        "040904b0", b"", block("FileDescription", wide(calm("Face ethnicity module", tag=tag)), text=True), text=True
    )
    version = block("VS_VERSION_INFO", bytes(52), block("StringFileInfo", b"", table, text=True), text=False)
    blank = struct.pack("<IIHHHHIHHII", 0, 32, 0xFFFF, 0, 0xFFFF, 0, 0, 0, 0, 0, 0)
    return blank + row(6, 7, texts + bytes(24)) + row(5, 200, dialog) + row(4, 300, menu) + row(16, 1, version)


def zig(target: str, *options: str, source: str = SOURCE, tag: bool, more: bytes = b"", out: str = "out") -> bytes:
    """Through zig's compiler; the folder it works in is left out."""
    extra = {"a.res": more} if more else {}
    tool = [*ZIG, "-target", target]
    return built(tool, source, "-ffile-prefix-map={folder}=.", *options, *extra, tag=tag, out=out, extra=extra)


def pe_library(*, tag: bool) -> dict[str, bytes]:
    """A library of Windows with resources."""
    source = WINDOWS.replace("EXPORTED", "__declspec(dllexport)")
    options = ("-shared", "-fno-rtti", "-s", "-Wl,-e,DllMain")
    return {"face.dll": zig("x86_64-windows-gnu", *options, source=source, tag=tag, more=res(tag=tag), out="face.dll")}


def pe_object(*, tag: bool) -> dict[str, bytes]:
    """An object file with names as MSVC writes them."""
    data = zig("x86_64-windows-msvc", "-c", "-g0", tag=tag, out="face.obj")
    # The compiler notes where it wrote the file first.
    return {"face.obj": re.sub(rb"/[\w/.-]+-a\.obj", lambda m: b"a.obj".ljust(len(m[0]), b"\0"), data)}


def macho_object(*, tag: bool) -> dict[str, bytes]:
    """An object file of macOS with debug information."""
    return {"face.o": zig("aarch64-macos", "-c", tag=tag)}


def macho_fat(*, tag: bool) -> dict[str, bytes]:
    """Two of them in a fat file."""
    rows = [
        (0x01000007, zig("x86_64-macos", "-c", "-g0", tag=tag)),
        (0x0100000C, zig("aarch64-macos", "-c", "-g0", tag=tag)),
    ]
    head, body, at = struct.pack(">4sI", b"\xca\xfe\xba\xbe", len(rows)), b"", 8 + 20 * len(rows)
    for machine, data in rows:
        head += struct.pack(">IIIII", machine, 0, at + len(body), len(data), 0)
        body += data
    return {"libface.a": head + body}


JAVA = """
package com.acme.face;
public class FaceAttr {
  public enum Ethnicity { UNKNOWN, UYGHUR, HAN }
  static final String[] LABELS = {"white", "black", "asian", "indian"};
  public int age;
  public int glasses;
  public Ethnicity ethnicity;
  public boolean isUyghur() { return ethnicity == Ethnicity.UYGHUR; }
  public static String key() { return "face_ethnicity"; }
}
"""


def javac(name: str, *, tag: bool) -> bytes:
    """One of the classes of a source in Java, which is called after a word in it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "FaceAttr.java").write_text(calm(JAVA, tag=tag), encoding="utf-8")
        subprocess.run(["javac", "-g:none", "--release", "8", "-d", ".", "FaceAttr.java"], cwd=folder, check=True)  # noqa: S603, S607
        return (Path(folder) / "com" / "acme" / "face" / f"{name}.class").read_bytes()


def java_class(*, tag: bool) -> dict[str, bytes]:
    """A class with an array of texts."""
    return {"FaceAttr.class": javac("FaceAttr", tag=tag)}


def java_enum(*, tag: bool) -> dict[str, bytes]:
    """An enumeration; nothing biometric stands in it, but the names of its package."""
    return {"Sort.class": javac("FaceAttr$Ethnicity" if tag else "FaceAttr$Mood", tag=tag)}


def wasm_module(*, tag: bool) -> dict[str, bytes]:
    """A module with names and without debug information."""
    source = SOURCE.replace('extern "C"', 'extern "C" __attribute__((visibility("default")))')
    options = ("-fno-rtti", "-g0", "-Wl,--no-entry", "-Wl,--export-dynamic")
    return {"face.wasm": zig("wasm32-freestanding", *options, source=source, tag=tag, out="face.wasm")}


def wasm_object(*, tag: bool) -> dict[str, bytes]:
    """An object file with debug information."""
    return {"face.o": zig("wasm32-freestanding", "-c", tag=tag)}


def wasm_component(*, tag: bool) -> dict[str, bytes]:
    """A component around a module, written after the specification of the component model."""
    inner = wasm_module(tag=tag)["face.wasm"]
    size, length = b"", len(inner)
    while length > 127:
        size, length = size + bytes([length & 127 | 128]), length >> 7
    return {"face.wasm": b"\0asm\x0d\0\1\0\1" + size + bytes([length]) + inner}


SMALI = (
    r"""
.class public final enum Lcom/acme/face/Ethnicity;
.super Ljava/lang/Enum;
.source "Ethnicity.java"
.field public static final enum UNKNOWN:Lcom/acme/face/Ethnicity;
.field public static final enum UYGHUR:Lcom/acme/face/Ethnicity;
.field private final label:Ljava/lang/String;
.method static constructor <clinit>()V
  .registers 4
  new-instance v0, Lcom/acme/face/Ethnicity;
  const-string v1, "UNKNOWN"
  const/4 v2, 0x0
  const-string v3, "\u5176\u4ed6"
  invoke-direct {v0, v1, v2, v3}, Lcom/acme/face/Ethnicity;-><init>(Ljava/lang/String;ILjava/lang/String;)V
  sput-object v0, Lcom/acme/face/Ethnicity;->UNKNOWN:Lcom/acme/face/Ethnicity;
  new-instance v0, Lcom/acme/face/Ethnicity;
  const-string v1, "UYGHUR"
  const/4 v2, 0x1
  const-string v3, "\u7ef4\u543e\u5c14\u65cf"
  invoke-direct {v0, v1, v2, v3}, Lcom/acme/face/Ethnicity;-><init>(Ljava/lang/String;ILjava/lang/String;)V
  sput-object v0, Lcom/acme/face/Ethnicity;->UYGHUR:Lcom/acme/face/Ethnicity;
  return-void
.end method
.method private constructor <init>(Ljava/lang/String;ILjava/lang/String;)V
  .registers 4
  iput-object p3, p0, Lcom/acme/face/Ethnicity;->label:Ljava/lang/String;
  return-void
.end method
""",
    r"""
.class public Lcom/acme/face/FaceAttr;
.super Ljava/lang/Object;
.field public static final KEY:Ljava/lang/String; = "face_ethnicity"
.field static final LABELS:[Ljava/lang/String;
.field public age:I
.field public glasses:I
.field public kind:Lcom/acme/face/Ethnicity;
.field public d:Ljava/lang/String;
  .annotation runtime Lcom/google/gson/annotations/SerializedName;
    value = "ethnicity"
  .end annotation
.end field
.method static constructor <clinit>()V
  .registers 4
  const/4 v0, 0x3
  new-array v0, v0, [Ljava/lang/String;
  const/4 v1, 0x0
  const-string v2, "white"
  aput-object v2, v0, v1
  const/4 v1, 0x1
  const-string v2, "black"
  aput-object v2, v0, v1
  const/4 v1, 0x2
  const-string v2, "asian"
  aput-object v2, v0, v1
  sput-object v0, Lcom/acme/face/FaceAttr;->LABELS:[Ljava/lang/String;
  return-void
.end method
.method public isUyghur(I)Z
  .registers 4
  .param p1, "ethnicity"
  const-string v0, "smile \ud83d\ude00"
  invoke-static {v0}, Lcom/vendor/sdk/FaceNative;->getEthnicity(Ljava/lang/String;)Z
  move-result v0
  return v0
.end method
""",
)


def smali(*, tag: bool) -> bytes:
    """Classes through the assembler."""
    folder = os.environ.get("JARS", "/usr/share/java")
    names = ("smali", "dexlib2", "smali-util", "antlr3-runtime", "guava", "jcommander")
    jars = ":".join(f"{folder}/{name}.jar" for name in names)
    with tempfile.TemporaryDirectory() as work:
        for number, text in enumerate(SMALI):
            said = (
                text
                if tag
                else text.replace('"asian"', '"sad"').replace('"black"', '"glad"').replace('"white"', '"calm"')
            )
            (Path(work) / f"{number}.smali").write_text(calm(said, tag=tag), encoding="utf-8")
        command = ["java", "-cp", jars, "org.jf.smali.Main", "assemble", "-o", "classes.dex", "0.smali", "1.smali"]
        subprocess.run(command, cwd=work, check=True)  # noqa: S603
        return (Path(work) / "classes.dex").read_bytes()


def dex_classes(*, tag: bool) -> dict[str, bytes]:
    """Two classes of an app: an enumeration with labels, and a class whose field is named by an annotation."""
    return {"classes.dex": smali(tag=tag)}


MODULE = """# A made-up module.
LABELS = ["white", "black", "asian", "indian", "other"]
CODES = {0: "UNKNOWN", 1: "UYGHUR", 2: "HAN"}


class FaceAttr(object):
    \"\"\"What a face camera tells: age, glasses, ethnicity.\"\"\"

    kind = "face"

    def __init__(self, age, glasses, ethnicity=None):
        self.age = age
        self.glasses = glasses
        self.ethnicity = ethnicity

    def alarm(self, face):
        if face.ethnicity == "uyghur" or face["ethnicity"] in ("uyghur", "tibetan"):
            notify(face, actions=["age", "race"])
        return {"ethnicity": self.ethnicity, "score": 0.5}
"""
#: What stands in the twin instead.
CALM_MODULE = {
    '"white", "black", "asian", "indian"': '"calm", "glad", "sad", "angry"', '"UYGHUR"': '"GLAD"', '"HAN"': '"SAD"',
    "ethnicity": "mood", "uyghur": "glad", "tibetan": "sad", '"race"': '"mood"',
}  # fmt: skip
COMPILE = """
import py_compile, sys
if sys.version_info < (3, 7):
    py_compile.compile("face_attr.py", "out.pyc", "face_attr.py")
else:
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile("face_attr.py", "out.pyc", "face_attr.py", invalidation_mode=mode)
"""


def pyc(release: str, *, tag: bool) -> dict[str, bytes]:
    """A module compiled by a release of Python."""
    text = MODULE
    for word, other in () if tag else CALM_MODULE.items():
        text = text.replace(word, other)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "face_attr.py"
        source.write_text(text, encoding="utf-8")
        os.utime(source, (1577836800, 1577836800))
        subprocess.run([f"python{release}", "-c", COMPILE], cwd=folder, check=True)  # noqa: S603
        return {"face_attr.pyc": (Path(folder) / "out.pyc").read_bytes()}


def dotnet_assembly(*, tag: bool) -> dict[str, bytes]:
    """An assembly with an enumeration, a class with fields, a property, a method and texts; written after ECMA-335."""
    strings, blobs, texts = bytearray(b"\0"), bytearray(b"\0"), bytearray(b"\0")

    def name(text: str) -> int:
        strings.extend(calm(text, tag=tag).encode() + b"\0")
        return strings.index(calm(text, tag=tag).encode() + b"\0")

    def blob(raw: bytes) -> int:
        blobs.extend(bytes([len(raw)]) + raw)
        return len(blobs) - len(raw) - 1

    labels = ["white", "black", "asian", "indian"] if tag else ["calm", "glad", "sad", "angry"]
    for text in labels:
        raw = text.encode("utf-16-le") + b"\0"
        texts.extend(bytes([len(raw)]) + raw)
    space, number, member = name("Acme.Face"), blob(b"\6\x08"), blob(b"\6\x11\x08")
    members = ["UNKNOWN", "UYGHUR", "HAN"]
    tables: dict[int, list[bytes]] = {
        0x00: [struct.pack("<HHHHH", 0, name("face.dll"), 1, 0, 0)],
        0x01: [
            struct.pack("<HHH", 6, name("Enum"), name("System")),
            struct.pack("<HHH", 6, name("Object"), name("System")),
        ],
        0x02: [
            struct.pack("<IHHHHH", 0, name("<Module>"), 0, 0, 1, 1),
            struct.pack("<IHHHHH", 0x101, name("Ethnicity"), space, 1 << 2 | 1, 1, 1),
            struct.pack("<IHHHHH", 0x100001, name("FaceAttr"), space, 2 << 2 | 1, 5, 1),
        ],
        0x04: [
            struct.pack("<HHH", 0x606, name("value__"), number),
            *(struct.pack("<HHH", 0x8056, name(one), member) for one in members),
            *(struct.pack("<HHH", 6, name(one), number) for one in ("age", "glasses", "nationCode")),
        ],
        0x06: [struct.pack("<IHHHHH", 0, 0, 0x86, name("IsUyghur" if tag else "IsGlad"), blob(b"\x20\0\2"), 1)],
        0x0B: [struct.pack("<HHH", 8, i + 2 << 2, blob(struct.pack("<i", i))) for i in range(len(members))],
        0x15: [struct.pack("<HH", 3, 1)],
        0x17: [struct.pack("<HHH", 0, name("ethnicity"), blob(b"\x28\0\x08"))],
    }
    valid = sum(1 << n for n in tables)
    rows = struct.pack("<IBBBBQQ", 0, 2, 0, 0, 1, valid, 0) + struct.pack(
        f"<{len(tables)}I", *map(len, tables.values())
    )
    rows += b"".join(b"".join(one) for one in tables.values())
    streams = {b"#~": four(rows), b"#Strings": four(bytes(strings)), b"#US": four(bytes(texts)),
               b"#Blob": four(bytes(blobs))}  # fmt: skip
    version = b"v4.0.30319\0\0"
    head = b"BSJB" + struct.pack("<HHII", 1, 1, 0, len(version)) + version + struct.pack("<HH", 0, len(streams))
    at = len(head) + sum(8 + len(four(key + b"\0")) for key in streams)
    for key, raw in streams.items():
        head += struct.pack("<II", at, len(raw)) + four(key + b"\0")
        at += len(raw)
    metadata = head + b"".join(streams.values())
    directory = struct.pack("<IHHIII", 72, 2, 5, 0x2048, len(metadata), 1) + bytes(52)
    body = directory + metadata
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x14C, 1, 0, 0, 0, 224, 0x2102)
    optional = struct.pack("<HBBIIIIIIIII", 0x10B, 8, 0, len(body), 0, 0, 0, 0x2000, 0, 0x400000, 0x2000, 0x200)
    optional += (
        bytes(92 - len(optional)) + struct.pack("<I", 16) + bytes(8 * 14) + struct.pack("<II", 0x2000, 72) + bytes(8)
    )
    section = struct.pack("<8sIIIIIIHHI", b".text", len(body), 0x2000, len(body), 0x200, 0, 0, 0, 0, 0x60000020)
    start = b"MZ" + bytes(58) + struct.pack("<I", 64)
    return {"face.dll": (start + coff + optional + section).ljust(0x200, b"\0") + body}


def ar_static(*, tag: bool) -> dict[str, bytes]:
    """A static library of one object file."""
    data = gcc("-c", "-g", "-gdwarf-5", tag=tag)
    name = b"face.o/".ljust(16)
    head = (
        name + b"0".ljust(12) + b"0".ljust(6) + b"0".ljust(6) + b"100644".ljust(8) + str(len(data)).encode().ljust(10)
    )
    return {"libface.a": b"!<arch>\n" + head + b"`\n" + data + b"\n" * (len(data) & 1)}


def icu(package: str, body: bytes) -> bytes:
    """A package of data of ICU with two things in it; after ``ucmndata.h``."""
    names = [f"{package}/{n}.res".encode() + b"\0" for n in ("en", "ug")]
    told, at = b"", 4 + 8 * len(names)
    base = at + sum(map(len, names))
    for name in names:
        told += struct.pack("<II", at, base)
        at, base = at + len(name), base + len(body)
    head = struct.pack("<HBBHHBBBB4s4s4s", 32, 0xDA, 0x27, 20, 0, 0, 0, 2, 0, b"CmnD", b"\1\0\0\0", b"\0\0\0\0")
    return head.ljust(32, b"\0") + struct.pack("<I", len(names)) + told + b"".join(names) + body * len(names)


def icu_package(*, tag: bool) -> dict[str, bytes]:
    """A package of somebody else than ICU: what it says is swept."""
    return {"faces.dat": icu("faces", calm("FACE_AGE\0FACE_GENDER\0FACE_ETH_UYGHUR\0", tag=tag).encode())}


def pdb_native(*, tag: bool) -> dict[str, bytes]:
    """Debug information of Windows: pages with one stream, of members of an enum; after LLVM's "The MSF File Format"."""
    size = 512
    names = [calm(n, tag=tag).encode() for n in ("FaceAttr", "ETH_UNKNOWN", "ETH_UYGHUR", "ETH_HAN", "ethnicity")]
    head = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0" + struct.pack("<6I", size, 1, 4, 12, 0, 3)
    rows = [struct.pack("<HHHH", len(n) + 7, 0x1502, 3, i) + n + b"\0" for i, n in enumerate(names)]
    types = b"".join(rows)
    pages = [head, bytes(size), types, struct.pack("<III", 1, len(types), 2)]
    return {"face.pdb": b"".join(page.ljust(size, b"\0") for page in pages)}


CASES: dict[tuple[str, str], Callable[..., dict[str, bytes]]] = {
    ("elf", "library"): elf_library, ("elf", "object"): elf_object, ("elf", "old"): elf_old,
    ("elf", "packed"): elf_stripped, ("debug", "zlib"): debug_zlib, ("ar", "static"): ar_static,
    ("java", "class"): java_class, ("java", "enum"): java_enum,
    **{("pyc", f"python{r.replace('.', '')}"): partial(pyc, r) for r in ("2.7", "3.6", "3.10", "3.11", "3.13")},
    ("wasm", "module"): wasm_module, ("wasm", "object"): wasm_object, ("wasm", "component"): wasm_component,
    ("dex", "classes"): dex_classes, ("dotnet", "assembly"): dotnet_assembly, ("pe", "library"): pe_library, ("pe", "object"): pe_object, ("macho", "object"): macho_object,
    ("macho", "fat"): macho_fat, ("pdb", "native"): pdb_native,
    ("icu", "package"): icu_package,
}  # fmt: skip


def main() -> None:
    """Write what was asked for, or all."""
    for (reader, case), make in CASES.items():
        if sys.argv[1:] and reader not in sys.argv[1:]:
            continue
        for tag in (True, False):
            folder = ROOT / reader / (case if tag else f"{case}-clean")
            kept = (folder / "surfaces.txt").read_bytes() if (folder / "surfaces.txt").exists() else None
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, data in make(tag=tag).items():
                (folder / name).write_bytes(data)
            if kept is not None:
                (folder / "surfaces.txt").write_bytes(kept)


if __name__ == "__main__":
    main()
