"""The language of source whose name does not say it: copies named by their hash, backups, pasted files."""

from __future__ import annotations

import re

from untag.later import later

__all__ = ["sniff"]

#: Language and the patterns of its own; two different ones must stand in the first kilobytes. The order settles ties.
_SIGNS: tuple[tuple[str, tuple[re.Pattern[bytes], ...]], ...] = tuple(
    (name, tuple(later(p, re.MULTILINE) for p in patterns))
    for name, patterns in (
        (
            "csharp",
            (
                rb"^\s*using [A-Z][\w.]*;",
                rb"^\s*namespace [\w.]+",
                rb"\[(?:DllImport|StructLayout|Serializable|MarshalAs)\b",
                rb"\b(?:public|internal) (?:static |sealed |partial )*(?:class|struct|enum|delegate) \w",
            ),
        ),
        (
            "java",
            (
                rb"^\s*package [a-z][\w.]*;",
                rb"^\s*import (?:static )?[a-z][\w.]*\.[\w*]+;",
                rb"\bpublic (?:static |final |abstract )*(?:class|interface|enum) \w+",
                rb"^\s*@(?:Override|Autowired|Service|Controller|RestController|Data|Entity)\b",
            ),
        ),
        (
            "kotlin",
            (
                rb"^\s*package [a-z][\w.]*\s*$",
                rb"^\s*import [a-z][\w.]*\.\w+\s*$",
                rb"^\s*(?:data )?class \w+",
                rb"\bfun \w+\(",
            ),
        ),
        (
            "go",
            (
                rb"^package \w+\s*$",
                rb"^import (?:\(|\")",
                rb"^func (?:\(\w+ \*?\w+\) )?\w+\(",
                rb"^type \w+ (?:struct|interface)",
            ),
        ),
        ("php", (rb"<\?php\b", rb"^\s*(?:public |private |protected )?function \w+\s*\(", rb"^\s*namespace [\w\\]+;")),
        (
            "objc",
            (
                rb"^\s*@(?:interface|implementation|protocol|property)\b",
                rb"^\s*#import\b",
                rb"^\s*@end\b",
                rb"\bNS(?:String|Integer|_ENUM)\b",
            ),
        ),
        (
            "cpp",
            (
                rb"^\s*#\s*include\s*[<\"]",
                rb"^\s*#\s*(?:define|ifndef|pragma|ifdef)\b",
                rb"^\s*typedef (?:struct|enum|unsigned)\b",
                rb"^\s*(?:namespace|template|class) ?\w*",
                rb"^\s*(?:static |extern |const )*(?:int|void|char|bool|unsigned) \*?\w+\s*\(",
            ),
        ),
        (
            "swift",
            (
                rb"^import (?:UIKit|Foundation|SwiftUI|AVFoundation|Vision)\b",
                rb"\bfunc \w+\(",
                rb"^\s*(?:let|var) \w+\s*[:=]",
            ),
        ),
        (
            "rust",
            (
                rb"^\s*use (?:std|crate|super)::",
                rb"^\s*(?:pub )?fn \w+",
                rb"^\s*(?:pub )?(?:struct|enum|mod) \w+",
                rb"^#\[derive\(",
            ),
        ),
        (
            "python",
            (
                rb"^(?:from [\w.]+ )?import \w",
                rb"^\s*def \w+\(.*\)\s*(?:->.*)?:\s*$",
                rb"^\s*class \w+(?:\(.*\))?:\s*$",
                rb"^if __name__ ==",
            ),
        ),
        (
            "javascript",
            (
                rb"^\s*(?:const|let|var) \w+ = (?:require\(|function|\()",
                rb"^\s*(?:import .* from ['\"]|export (?:default|const|function))",
                rb"\bmodule\.exports\b",
                rb"^\s*(?:async )?function \w+\(",
            ),
        ),
        ("sql", (rb"(?i)^\s*create table\b", rb"(?i)^\s*insert into\b", rb"(?i)^\s*(?:drop|alter) table\b")),
    )
)


def sniff(data: bytes) -> str | None:
    """The language whose signs stand in the first 64 KiB.

    Args:
        data: The bytes of a text.

    Returns:
        A key of the grammars, or None where fewer than two signs of any language stand there.
    """
    head = data[: 1 << 16]
    best, most = None, 1
    for name, patterns in _SIGNS:
        count = sum(1 for p in patterns if p.search(head))
        if count > most:
            best, most = name, count
    return best
