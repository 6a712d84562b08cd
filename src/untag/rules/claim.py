"""Documentation, marketing, a tender or a user interface says that the product tells people apart by ethnicity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import PROSE, Tier
from untag.finding import Confidence, Mark, Purpose
from untag.later import later
from untag.rules import _tongue as tongues
from untag.rules import _weigh as weigh
from untag.rules._cited import cited
from untag.rules._faced import charted, faced, sought
from untag.rules._general import general
from untag.rules._printed import pointed, printed
from untag.rules._suited import suited
from untag.rules._warn import warns
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Hit

__all__ = ["ClaimRule"]

_ROLES = PROSE | {Role.LABEL, Role.COMMENT, Role.STRING}

#: The term whose words say that something is inferred.
_INFERRED = "nationality_inference"
_FACED = frozenset({"biometric", "demographic"})
#: Attributes that a list of them may hold, and how many others make a list.
_TOLD = frozenset({"ethnicity", "minority", "nation", "race"})
_LISTED = 2
#: Races that a sentence names where it tells of classes.
_RACES = 2
#: A year, or a link: whose work it is, when it was looked at.
_DATED = later(r"(?<!\d)(?:19|20)\d\d(?!\d)|://")
#: Characters of a line in a list of features.
_BRIEF = 80
#: Words from which a text in a program is a sentence, and characters of a script without spaces.
_WORDS, _SIGNS = 4, 8
#: A word of a sentence; a path, an option or an assignment is none.
_WORD = later(r"(?<!\S)[(\"'“]?[^\W\d_]+(?:['’-][^\W\d_]+)*[.,:;!?)\"'”…]*(?!\S)")
#: What a sentence or its heading speaks of where it describes data and not a product.
_DATA = later(
    r"data ?(?:sets?|frames?|types?)|(?<!\w)(?:annotat\w+|labell?ed|columns?|feature|file ?names?|samples?|csv|datos"
    r"|dados|databases?|distributions?|distribui[cç][aã]o|distribuci[oó]n"
    r"|anota[a-z]+|etiquetas?|rótulos?|anotasi|etiket\w*|veri seti"
    r"|gekennzeichnet|annotiert|gelabelt|beschriftet|datens[aä]tz\w*|annoté\w*|étiqueté\w*|jeu de données|anotad[oa]s?"
    r"|etiquetad[oa]s?|rotulad[oa]s?|размечен\w*|oznaczon\w*)(?!\w)"
    r"|(?:image|photo|face|picture)s? (?:of|from|with)(?!\w)"
    r"|bộ dữ liệu|数据集|資料集|数据集合|标注|データセット|데이터셋|набор\w* данных|разметк\w+|مجموعة البيانات",
    re.IGNORECASE,
)
#: Words of a sentence on how many sorts of persons a set of pictures has, which labels none of them.
_VARIED = later(
    r"(?<!\w)(?:different|divers[ei]\w*|varied|various|all|multiple|many|several|range of|verschieden\w*|diferent\w*"
    r"|différent\w*|divers\w*|vari[eé]\w*|farklı|çeşitli|различн\w*|разн\w*|różn\w*|berbagai|beragam|khác nhau|nhiều)"
    r"(?:[\s-]+\w+){0,3}[\s-]+\Z|(?:不同|各种|多种|多個|さまざまな|様々な|異なる|다양한|여러)\w{0,4}\s?\Z",
    re.IGNORECASE,
)
#: Characters before a word in which such a one stands.
_BEFORE = 40
#: Characters of a sentence that asks for one thing.
_ASKED = 200
#: Characters of a sentence that are quoted.
_QUOTED = 60


def _cjk(mark: Mark) -> bool:
    return sum("\u2e80" <= c <= "\ud7ff" for c in mark.text) >= _SIGNS


#: A question of a reader, which the text answers with yes or no.
_ASKS = later(r"(?:is|are|does|do|can|could|will|would|may)\s[^.!?]{0,160}\?", re.IGNORECASE)


def _words(mark: Mark) -> bool:
    return len(_WORD.findall(mark.text)) >= _WORDS


def _describes(case: Case, mark: Mark) -> bool:
    """Whether a sentence describes labelled data, and says of nothing that it tells people apart."""
    if weigh.infers(mark):
        return False
    return _DATA.search(f"{case.owner[-200:]} {mark.text}") is not None


def _varied(case: Case, mark: Mark) -> bool:
    """Whether a sentence praises how varied a set of pictures is, and nothing in the package tells the sorts apart."""
    tags = [h for h in mark.hits if h.kind in {"attribute", "group"}]
    if weigh.infers(mark) or any(h.term in case.setting.confirmed for h in tags) or not _describes(case, mark):
        return False
    return all(_VARIED.search(mark.text[max(0, h.start - _BEFORE) : h.start]) is not None for h in tags)


def _lower(mark: Mark, hit: Hit) -> bool:
    """Whether a weak name of a people stands in small letters, as no sentence writes it: *han* is a verb in Spanish."""
    text = mark.text[hit.start : hit.end]
    return hit.family == "people" and hit.strength == "weak" and text.isascii() and text.islower()


def _best(mark: Mark) -> Hit | None:
    """The strongest tag of a text; the colour of the skin, which is often named beside it, is none by itself."""
    hit = weigh.best(mark, ("attribute", "group"))
    if hit is None or hit.family != "skin_colour":
        return hit
    rest = tuple(h for h in mark.hits if h.family != "skin_colour")
    return weigh.best(Mark(mark.surface, rest), ("attribute", "group"))


def _alarms(mark: Mark) -> bool:
    """Whether a sentence says that there is an alarm about people of a race: how a tender asks for one."""
    if mark.role not in PROSE or len(mark.text) > _ASKED or _DATED.search(mark.text) is not None:
        return False
    kinds = {h.family for h in mark.hits}
    return "alert" in kinds and any(h.kind == "group" and h.family in {"people", "race"} for h in mark.hits)


def _races(mark: Mark) -> set[str]:
    """Races that a text names."""
    return {h.term for h in mark.hits if h.kind == "group" and h.family == "race"}


def _said(mark: Mark) -> str:
    """Of a sentence what stands around its first tag."""
    text = mark.text.strip()
    if len(text) <= _QUOTED:
        return text
    text = mark.text
    at = next((h.start for h in mark.hits if h.kind in {"attribute", "group", "proxy"}), 0)
    start = max(0, min(at - _QUOTED // 2, len(text.rstrip()) - _QUOTED + 2))
    if start and (blank := text.find(" ", start, at)) > 0:
        start = blank + 1
    part = text[start : start + _QUOTED - 2].strip()
    if start + _QUOTED - 2 < len(text.rstrip()) and (blank := part.rfind(" ", at - start)) > 0:
        part = part[:blank]
    return ("…" if start else "") + part + ("…" if start + len(part) < len(text.rstrip()) else "")


class ClaimRule:
    """Sentences that say so."""

    name = "claim"
    limits = ("Irony, quotation and history are not told from a claim.",)
    example = ("README.md: The camera detects faces and predicts age, gender and ethnicity of every visitor.",)
    sources = (
        (
            "A camera's product page listed ethnic groups among face attributes (IPVM, November 2019, "
            "ipvm.com/reports/hikvision-uyghur)."
        ),
        "A brochure offered “gender, race/ethnicity, age” (The Guardian and Big Brother Watch, December 2022).",
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for the sentences of a section."""
        bio = weigh.bio(case)
        if bio < Tier.PACKAGE and case.setting.tier("inference") >= Tier.NEAR:
            yield from self._faceless(case)
            return
        around = case.setting.case
        if bio < Tier.PACKAGE:
            return
        # A section on conduct, or with countries and languages all over it, is one about these; only a sentence that
        # has gender or age and a face too is believed there.
        places = around["locale"] + around["geography"]
        other = bool(around["conduct"] + around["news"]) or places > max(2, around["biometric"])
        rows = [
            (self._weigh(case, m), m)
            for m in case.marks
            if m.role in _ROLES and not m.surface.about and (not other or weigh.families(m) >= _FACED)
        ]
        said = [
            (min(sure, Confidence.TENTATIVE) if weigh.swept(case, m) else sure, cited(case, m), m)
            for sure, m in rows
            if sure is not None
        ]
        if not said:
            return
        warned = all(warns(m) or suited(m) for _, _, m in said)
        # Whose paper or model it is, is no sentence on what this product does: beside one it is told, alone tentative.
        top = max(min(sure, Confidence.TENTATIVE) if cited else sure for sure, cited, _ in said)
        said.sort(key=lambda row: row[1])
        kept = [m for sure, _, m in said if sure >= min(top, Confidence.FIRM)]
        aim: Purpose | None = Purpose.FAIRNESS if warned or weigh.fair(case) else Purpose.CLAIM
        if aim is Purpose.CLAIM and not any(
            m.role in PROSE or ((_words(m) or _cjk(m)) and not printed(m)) for m in kept
        ):
            aim = None  # a title of a column or an axis says nothing, nor what is printed; the thing it names is there
        elif aim is Purpose.CLAIM and all(_describes(case, m) for m in kept):
            aim = Purpose.DATASET
        yield weigh.claim(
            self.name,
            case,
            kept,
            top,
            f"the text says so: {weigh.quoted(map(_said, kept), 2)}",
            aim=aim,
        )

    def _faceless(self, case: Case) -> Iterator[Claim]:
        """A classifier of people by pictures; by something else (names, records) it is a note, never shown."""
        innocent = weigh.genre(case) >= Tier.NEAR
        if innocent and not case.setting.package["inference"]:
            return
        seen = [
            m
            for m in case.marks
            if m.role in PROSE
            and (not innocent or len(_races(m)) >= _RACES)
            and (hit := weigh.best(m, ("attribute", "group")))
            and "inference" in weigh.families(m)
            and self._pictured(case, m, hit)
        ]
        if seen and not weigh.fair(case):
            why = f"people are classified by pictures: {weigh.quoted(map(_said, seen), 2)}"
            yield weigh.claim(
                self.name, case, seen, Confidence.FIRM, why, aim=Purpose.CLAIM, seen=("inference", "image")
            )
            return
        marks = [m for m in case.marks if (hit := weigh.best(m, ("attribute", "group"))) and weigh.strength(hit)]
        told = [m for m in marks if m.role is Role.LABEL and weigh.named(m) and weigh.infers(m)]
        others = weigh.genre(case, *weigh.FILES_ON_PEOPLE, "names")
        if told and not innocent and weigh.demo(case) >= Tier.NEAR and others < Tier.FILE:
            why = f"a form offers it beside age or gender: {weigh.quoted(map(_said, told), 2)}"
            yield weigh.claim(self.name, case, told, Confidence.FIRM, why, aim=Purpose.CAPABILITY, seen=("inference",))
        elif marks and not innocent:
            why = f"people are classified without a face: {weigh.quoted(map(_said, marks), 2)}"
            yield weigh.claim(
                self.name, case, marks, Confidence.TENTATIVE, why, aim=Purpose.DECLARED, seen=("inference",)
            )

    @staticmethod
    def _pictured(case: Case, mark: Mark, hit: Hit) -> bool:
        """Whether people on pictures are told apart: the sentence says so, or the file does and races are named."""
        if weigh.strength(hit) and "image" in weigh.families(mark):
            return True
        if len(_races(mark)) >= _RACES and case.setting.file["image"]:
            return True
        seen = case.setting.package["image"] + case.setting.file["image"]
        return hit.term in case.setting.confirmed and mark.role is Role.HEADING and seen > 0

    @staticmethod
    def _weigh(case: Case, mark: Mark) -> Confidence | None:
        hit = _best(mark)
        if hit is None:
            return None
        tags = [h for h in mark.hits if h.kind in {"attribute", "group"}]
        if (mark.role in PROSE and all(_lower(mark, h) for h in tags)) or all(tongues.written(mark, h) for h in tags):
            return None
        if mark.role is not Role.HEADING and all(weigh.folder(mark.text, h, bare=True, app=True) for h in tags):
            return None  # a link, a path, an environment: the product's own name and nothing said
        level, bio = weigh.strength(hit), weigh.bio(case)
        if pointed(mark):
            return Confidence.TENTATIVE if level else None
        if mark.role in PROSE and (_ASKS.fullmatch(mark.text.strip()) is not None or _varied(case, mark)):
            return Confidence.TENTATIVE if level else None  # what a reader asks is not said
        if general(case, mark) and not _alarms(mark):
            return Confidence.TENTATIVE if level else None  # what the field can do is not said of this product
        around = weigh.families(mark)
        if around & {"conduct", "geography", "locale", "news"}:
            return None
        if "concurrency" in around and (level == 0 or weigh.racy(mark, hit)):
            return None
        beside = bool(around & {"demographic", "visual"})
        infers = "inference" in around
        proven = hit.term in case.setting.confirmed and not weigh.common(hit)
        if beside and (infers or proven or (level and bio >= Tier.NEAR)):
            return Confidence.FIRM
        sentence = mark.role in PROSE or (mark.role is Role.LABEL and weigh.named(mark))
        if proven and (level or (sentence and (infers or weigh.demo(case) >= Tier.NEAR))):
            return Confidence.FIRM
        # Of most languages nobody vouches for the words; in English a medium one has other meanings.
        if (level == 2 or (level and hit.language not in {"code", "en"})) and _alarms(mark) and bio >= Tier.FILE:
            return Confidence.FIRM
        if bio < Tier.NEAR:
            return None
        return Confidence.FIRM if ClaimRule._told(case, mark, hit) else Confidence.TENTATIVE if level else None

    @staticmethod
    def _told(case: Case, mark: Mark, hit: Hit) -> bool:
        """Whether a text beside a face tells of an attribute of it, without age or looks in the same sentence."""
        level, around = weigh.strength(hit), weigh.families(mark)
        if hit.term == _INFERRED:
            return True  # the word itself says that it is inferred
        infers, strong = weigh.infers(mark), hit.strength == "strong"
        if len(_races(mark)) >= _RACES and weigh.best(mark, ("attribute",)) is not None and mark.role in PROSE:
            return True  # race (Asian, Caucasian, African)
        if weigh.beside(mark) >= _LISTED and hit.family in _TOLD and not _DATED.search(mark.text):
            return True  # age, gender, race: a list of what is told of a face
        if strong and (infers or "biometric" in around) and (level == 2 or infers):
            return True
        if strong and hit.family == "people" and around & {"alert", "list"} and len(mark.text) <= _BRIEF:
            return True  # "Uyghur alarm": what a feature list calls a feature
        if faced(mark, hit) and (infers or sought(case, mark, hit) or charted(mark, hit)) and mark.role in PROSE:
            return True  # the camera guesses the tribe by the face
        if hit.kind != "attribute" or weigh.demo(case) < Tier.NEAR:
            return False
        # Beside age or gender an ethnic word that is printed, headed or put on a form is one more attribute.
        short = mark.role in {Role.LABEL, Role.STRING} and weigh.named(mark)
        return level == 2 or (bool(level) and (short or infers))
