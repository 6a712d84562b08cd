"""Make the specimens of programs: ``python tests/specimens/make/programs.py [READER...]``.

Every program is made up and does nothing. Each case names a tag as products do, and has a twin, ``CASE-clean``, that is
the same without it. Needs: gcc and binutils (elf, debug, ar), the package ziglang (pe, macho, pdb, wasm), javac (java).
The formats for which no compiler is at hand are written here, after their descriptions.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
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


def built(tool: list[str], source: str, *options: str, tag: bool, name: str = "a.cpp", out: str = "out") -> bytes:
    """What a compiler makes of a source."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(calm(source, tag=tag), encoding="utf-8")
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


def ar_static(*, tag: bool) -> dict[str, bytes]:
    """A static library of one object file."""
    data = gcc("-c", "-g", "-gdwarf-5", tag=tag)
    name = b"face.o/".ljust(16)
    head = name + b"0".ljust(12) + b"0".ljust(6) + b"0".ljust(6) + b"100644".ljust(8) + str(len(data)).encode().ljust(10)
    return {"libface.a": b"!<arch>\n" + head + b"`\n" + data + b"\n" * (len(data) & 1)}


CASES: dict[tuple[str, str], Callable[..., dict[str, bytes]]] = {
    ("elf", "library"): elf_library, ("elf", "object"): elf_object, ("elf", "old"): elf_old,
    ("elf", "packed"): elf_stripped, ("debug", "zlib"): debug_zlib, ("ar", "static"): ar_static,
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
