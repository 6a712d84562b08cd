"""References: in a link, a clone command, the folders of a path or a digest, a word names a place and no thing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.case import PROSE
from untag.finding import Mark
from untag.later import later
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Hit
    from untag.judge.gather import Sheet
    from untag.surface import Surface

__all__ = ["refers", "settle"]

#: A run of signs that may be an address or a path; in text, brackets, quotes and commas end one.
_TOKEN = later(r"[^\s\"'`<>()\[\]{}|,;*]+")
#: What begins an address.
_ADDRESS = later(r"(?:[a-z][a-z0-9+]{1,9}://|www\.|git@)", re.IGNORECASE)
#: Places that hold repositories, datasets, papers, pictures, badges and pages; nobody asks them about a face.
_SITE = later(
    r"(?:[\w-]+\.)*(?:github\.(?:com|io)|githubusercontent\.com|gitlab\.(?:com|io)|gitee\.com|bitbucket\.org|codeberg\.org"
    r"|sourceforge\.net|kaggle\.com|huggingface\.co|hf\.co|(?:drive|docs|colab|scholar)(?:\.research)?\.google\.com"
    r"|mybinder\.org|nbviewer\.(?:jupyter\.)?org|shields\.io|fury\.io|travis-ci\.(?:org|com)|circleci\.com|codecov\.io"
    r"|arxiv\.org|doi\.org|paperswithcode\.com|researchgate\.net|thecvf\.com|medium\.com|towardsdatascience\.com"
    r"|youtube\.com|youtu\.be|linkedin\.com|twitter\.com|x\.com|wikipedia\.org|stackoverflow\.com|imgur\.com"
    r"|figma\.com|streamlit\.app|vercel\.app|netlify\.app|pepy\.tech|npmjs\.com|pypi\.org)",
    re.IGNORECASE,
)
#: An address that is called rather than read: a document that names it describes an interface.
_CALLED = later(
    r"//(?:[\w-]*api[\w-]*\.|localhost|\d+\.\d+\.\d+\.\d+|[^/]*:\d|[^/]*[${<])|/(?:api|rest|v\d+)(?:/|$)", re.IGNORECASE
)
#: What begins a path of somebody's machine, a notebook's or a container's: its folders bear the names of projects. In
#: compiled files the length of the path may stand before it, as a sign like any other.
_ROOT = later(
    r"(?:file:/+)?(?:[!-~]?[A-Za-z]:[\\/]|[!-~]?~[\\/]"
    r"|[!-~]?/(?:home|users|root|mnt|mount|media|content|kaggle|workspaces?|data|opt|usr|var|srv|tmp)/)",
    re.IGNORECASE,
)
_PICTURE = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".bmp", ".ico", ".mp4", ".webm")
#: A file at the end of a path; a model or a table that is loaded is named for what it does.
_FILE = later(r"\.[A-Za-z][A-Za-z0-9]{0,11}$")
#: Commands that take the name of a repository, a folder or an environment and nothing else.
_COMMAND = later(
    r"[\s$>%#!&]*(?:git\s+(?:clone|remote|submodule)|cd|pushd|(?:conda|mamba)\s+(?:create|activate|env)|workon|(?:mk)?virtualenv"
    r"|py(?:thon)?[\d.]*\s+-m\s+venv)\s",
    re.IGNORECASE,
)
_STEP = later(r"&&|[;|\n]")
#: A digest as lock files write it.
_DIGEST = later(r"(?:sha\d{1,3}|md5)[-:][\w+/=-]{16,}", re.IGNORECASE)
#: Files of well-known libraries of the web, which know no people; and what any file is that was made small.
_LIBRARY = later(
    r"(?:jquery|bootstrap|summernote|popper|lodash|underscore|moment|luxon|angular|react|vue|vuex|ember|backbone|knockout|d3|three|echarts"
    r"|highcharts|chart|raphael|layui|layer|element-?ui|antd|tinymce|ckeditor|quill|codemirror|ace|monaco|prism|highlight|datatables"
    r"|select2|sweetalert2?|swiper|slick|fullcalendar|leaflet|openlayers|font-?awesome|fontawesome|swagger-ui|redoc|polyfill|core-js"
    r"|html2canvas|pdf|pdfmake|jszip|xlsx|axios|socket\.io|modernizr|requirejs|require|mathjax|katex|adminlte|chunk-vendors|vendors?)"
    r"(?:[-._](?:v?\d[\w]*|min|slim|full|bundle|umd|esm|cjs|common|prod(?:uction)?|dev(?:elopment)?|core|ui|custom|all|global"
    r"|runtime|lite|plugins?|locales?|bs\d|[0-9a-f]{6,}))*\.(?:js|mjs|cjs|css)",
    re.IGNORECASE,
)
_SMALL = later(r".+[.-]min\.(?:js|mjs|cjs|css)", re.IGNORECASE)
#: A script of the web, how far out on a line nobody writes by hand, and the longest name that a minifier makes.
_SCRIPT = (".js", ".mjs", ".cjs")
_FAR, _TINY = 500, 3
#: The list of what names of hosts may end in, as browsers and clients carry it.
_SUFFIXES = later(r"public_?suffix|effective_?tld", re.IGNORECASE)
#: Distinct biometric words from which a file that was made small is one about faces.
_FACED = 3
#: Rules by which the sound of names is told, as a codec of phonetics carries them: the languages of names, not persons.
_PHONETIC = later(r"/codec/language/bm/")
#: Files in which a development environment keeps how somebody works: names of projects, environments, runs and files.
_DESK = later(
    r"(?:.*/)?(?:\.idea/(?!(?:.*/)?dataSources)(?:.*/)?[\w.-]+\.(?:xml|iml)|[\w. -]+\.(?:iml|ipr|iws)"
    r"|[\w. -]+\.(?:code-workspace|sublime-(?:project|workspace))"
    r"|\.(?:project|pydevproject|settings/[\w.-]+)|nbproject/.+)",
    re.IGNORECASE,
)
#: What a run is told, which is no name; spaces of a text that is none either.
_TOLD = later(r"param|arg|command|env$", re.IGNORECASE)
_NAMES = 3
#: Roles of what is a thing of software, whatever it is called.
_NAMED = frozenset({Role.OPERATION, Role.PATH, Role.TYPE, Role.FUNCTION, Role.FIELD, Role.PARAMETER, Role.CONSTANT})
_TAGS = frozenset({"attribute", "group", "proxy", "colour"})
#: What one picture may be called by that somebody opens, and signs of a name that is made of several parts.
_CALLED_SO = frozenset({"attribute", "colour"})
_OPEN = later(r"[%$#{}*?]")


def settle(sheets: Iterable[Sheet]) -> None:
    """Take terms that stand in references out of the marks, and what is left without a term out of the sheets.

    In a well-known library of the web, and in any minified file that is not about faces, weak words are none either,
    nor are attributes in what a development environment keeps for itself.

    Args:
        sheets: What was gathered; changed in place, and not again if given twice.
    """
    for sheet in sheets:
        empty = False
        known = _library(sheet)
        desk = _DESK.fullmatch(sheet.place.chain[-1]) is not None
        if _SUFFIXES.search(sheet.place.chain[-1].rpartition("/")[2]) or _PHONETIC.search(sheet.place.chain[-1]):
            sheet.drafts = []  # hosts, one a line; sounds of names
        for draft in sheet.drafts:
            marks = draft.marks
            if desk:
                marks = [kept for m in marks if (kept := _worked(m)) is not None]
            elif known:
                marks = [kept for m in marks if (kept := _firm(m)) is not None]
            elif any(_tiny(m) for m in marks):
                marks = [m for m in marks if not _tiny(m)]
            if any(_suspect(m) for m in marks):
                # What a command takes is a surface of its own as well.
                taken = {(m.place.line, word) for m in marks if _steps(m) for word in m.text.split()}
                marks = [
                    kept
                    for m in marks
                    if (m.place.line, m.text.strip()) not in taken and (kept := _kept(m)) is not None
                ]
            # What is set is held, and most is as it was.
            if len(marks) < len(draft.marks) or any(a is not b for a, b in zip(marks, draft.marks, strict=True)):
                draft.marks = marks
                empty = empty or not marks
        if empty:
            gone = [d for d in sheet.drafts if not d.marks]
            for draft in gone:
                draft.within = ()  # of what only points to a tag the path says nothing
            sheet.drafts = [d for d in sheet.drafts if d.marks]
            # What only points to a tag is kept beside marked cases, as the gatherer keeps it.
            cued = (*sheet.cued, *(d for d in gone if d.cues)) if sheet.drafts else ()
            sheet.cued = sorted(cued, key=lambda d: (d.cues[0].place.sort, d.owner, d.kind))


def refers(surface: Surface, hits: Iterable[Hit]) -> bool:
    """Whether all terms of a text stand in references, so that none of them counts."""
    mark = Mark(surface, tuple(hits))
    return any(h.kind in _TAGS for h in mark.hits) and _suspect(mark) and _kept(mark) is None


def _library(sheet: Sheet) -> bool:
    """Whether a file is of a library that knows no people."""
    name = sheet.place.chain[-1].rpartition("/")[2]
    return sheet.terms["biometric"] < _FACED and (_LIBRARY.fullmatch(name) or _SMALL.fullmatch(name)) is not None


def _tiny(mark: Mark) -> bool:
    """Whether all terms of a mark are letters that a minifier may have made: ``mz`` far out on a line of a script."""
    far = (mark.place.column or 0) > _FAR and mark.place.chain[-1].lower().endswith(_SCRIPT)
    return far and all(h.end - h.start <= _TINY for h in mark.hits if h.kind in _TAGS)


def _firm(mark: Mark) -> Mark | None:
    """A mark without its weak hits; None where no term is left."""
    hits = tuple(h for h in mark.hits if h.kind not in _TAGS or h.strength != "weak")
    if len(hits) == len(mark.hits):
        return mark
    return replace(mark, hits=hits) if any(h.kind in _TAGS for h in hits) else None


def _worked(mark: Mark) -> Mark | None:
    """A mark of a development environment's file without what only names a project, a run or a file."""
    text, about = mark.text, mark.surface.about
    if text.lstrip().startswith("-") or _TOLD.search(about) or (text.count(" ") > _NAMES and "/" not in text):
        return mark  # what a program is run with, what somebody wrote of a change
    path = "/" in text or "\\" in text
    hits = tuple(
        h for h in mark.hits if h.kind not in _TAGS or not (path or (h.kind == "attribute" and text.isascii()))
    )
    return replace(mark, hits=hits) if any(h.kind in _TAGS for h in hits) else None


def _suspect(mark: Mark) -> bool:
    """Whether a text can hold a reference at all."""
    text = mark.text
    return mark.role not in _NAMED and (
        "/" in text or "\\" in text or ":" in text or "-" in text or _COMMAND.match(text) is not None
    )


def _steps(mark: Mark) -> bool:
    """Whether a text is such a command and nothing else."""
    return mark.role is Role.CALL and _COMMAND.match(mark.text) is not None and _STEP.search(mark.text) is None


def _kept(mark: Mark) -> Mark | None:
    """A mark without its hits in references; None where no term is left."""
    if not _suspect(mark):
        return mark
    hits = tuple(h for h in mark.hits if h.kind not in _TAGS or not _refers(mark, h))
    if len(hits) == len(mark.hits):
        return mark
    return replace(mark, hits=hits) if any(h.kind in _TAGS for h in hits) else None


def _refers(mark: Mark, hit: Hit) -> bool:
    """Whether a hit stands in a reference."""
    text = mark.text
    if _commanded(text, hit):
        return True
    start, end = _token(text, hit.start)
    token, at = text[start:end], hit.start - start
    if hit.start >= end:
        return False
    written = mark.role in PROSE or mark.role is Role.COMMENT or mark.surface.kind is Kind.SECTION
    if _DIGEST.search(token):
        return True
    address = _ADDRESS.search(token)
    if address is not None and address.start() <= at:
        return _addressed(token[address.start() :], at - address.start(), written=written)
    if _ROOT.match(token):
        last = max(token.rfind("/"), token.rfind("\\"))
        # The name of a file may go on with what is filled in.
        return at < last or (_FILE.search(token) is None and text[end : end + 1] != "{")
    if "/" not in token or not token.lower().endswith(_PICTURE):
        return False
    # A program that opens one picture says nothing of those in its folder; what a folder is called may be a class.
    return written or (hit.kind in _CALLED_SO and at > token.rfind("/") and _OPEN.search(token) is None)


def _addressed(address: str, at: int, *, written: bool) -> bool:
    """Whether a word at some offset of an address only leads somewhere."""
    host = re.sub(r"^(?:[a-z0-9+]+://)?(?:[^/@]*@)?", "", address, flags=re.IGNORECASE)
    query = address.find("?")
    if _SITE.match(re.split(r"[/:?#]", host, maxsplit=1)[0]) or address.lower().startswith("git@"):
        # Weights and tables that a program fetches from there are what it works with.
        last = address.rfind("/")
        return written or at < last or _FILE.search(address) is None or address.lower().endswith((".git", *_PICTURE))
    if 0 <= query < at:
        return False  # a parameter
    return written and _CALLED.search(address) is None


def _commanded(text: str, hit: Hit) -> bool:
    """Whether a hit stands in a step of a command line that only takes names of folders and repositories."""
    start = 0
    for end in [m.start() for m in _STEP.finditer(text)] + [len(text)]:
        if start <= hit.start < end:
            return _COMMAND.match(text, start, end) is not None
        start = end + (2 if text.startswith("&&", end) else 1)
    return False


def _token(text: str, at: int) -> tuple[int, int]:
    """The run of signs around an offset."""
    low = at
    while low > 0 and _TOKEN.fullmatch(text, low - 1, low):
        low -= 1
    found = _TOKEN.match(text, at)
    return low, found.end() if found else at
