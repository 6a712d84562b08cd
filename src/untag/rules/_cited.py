"""Whose work a text tells of: bibliographies, sources, terms of use; shared by the rules, no rule itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later

if TYPE_CHECKING:
    from untag.case import Case
    from untag.finding import Mark

__all__ = ["cited"]

#: Sections that tell whose work something is and on what terms it may be used.
_SOURCES = later(
    r"(?:^|[\s#>*\d.:-])(?:references?|bibliograph\w*|citations?|citing|cite|works cited|further reading|sources"
    r"|copyright|acknowledge?ments?|credits|literature|referencias|bibliograf[ií]a|r[ée]f[ée]rences?|literatur(?:verzeichnis)?"
    r"|список литературы|литература|источники|参考文献|引用文献|引用|参考资料|致谢|許可|참고\s?문헌|kaynak(?:ça|lar)"
    r"|daftar pustaka|referensi|المراجع)(?:\s*(?:and|&|/|y|и|和)\s.{0,40})?[\s:：*#]*$",
    re.IGNORECASE,
)
#: Folders that hold what others wrote.
_SHELF = later(r"(?:^|/)[\w ]*(?:bibliogra(?:f|ph)\w*|literature|literatur|references|papers)/", re.IGNORECASE)
_TERMS = later(
    r"(?<!\w)(?:licen[cs](?:es?|ing|ia|ias)|licenças?|lizenz(?:en)?|lisensi|lisans|лицензи[яи]|ліцензі[яї]|许可证|許可證|ライセンス|라이선스)"
    r"(?!\w)",
    re.IGNORECASE,
)
#: An entry of a bibliography, by what only one has.
_ENTRY = later(
    r"@(?:article|inproceedings|misc|book|phdthesis)\s*\{|\b(?:book)?title\s*=\s*[{\"]|\bet\s+al\b|\barXiv:|\bdoi[:.]|\bpp\.\s*\d"
    r"|\b(?:accessed|retrieved|last visited|abgerufen am|consultado|дата обращения)\b|(?:閲覧日|アクセス日|访问日期)"
    r"|\b(?:in )?proc(?:eedings|\.) of\b|\bvol\.\s*\d|\bIEEE (?:Trans|Conf|International)|\bConference on\b"
    r"|\bJournal of\b",
    re.IGNORECASE,
)
_YEAR = later(r"(?<!\d)(?:19[5-9]\d|20[0-4]\d)(?!\d)")
_TITLE = later(r"[“\"«„][^”\"»“]{12,240}[”\"»“]|\*[^*]{12,240}\*|_[^_]{12,240}_")
_LINK = later(r"https?://|\bdoi\.org")
_AUTHOR = later(r"[\s\-*•\[\]().\d]*[^\W\d_][\w'’-]*\s?,\s+[^\W\d_][\w'’-]*\.")


def cited(case: Case, mark: Mark) -> bool:
    """Whether a sentence tells whose work something is: an entry of a bibliography, a section of sources or terms."""
    last = case.owner.rpartition(" > ")[2].strip()
    text = mark.text
    if _SHELF.search(case.place.chain[0]) is not None:
        return True
    if _SOURCES.search(last) is not None or (len(last) <= 40 and _TERMS.search(last) is not None):
        return True
    if _YEAR.search(text) is None:
        return False
    signs = (_TITLE.search(text), _LINK.search(text), _AUTHOR.match(text))
    return len(_ENTRY.findall(text)) + sum(s is not None for s in signs) >= 2
