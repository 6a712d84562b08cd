"""How much the surroundings of a mark weigh: shared by the rules, no rule itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import BOUND, DECLARED, PROSE, Tier
from untag.finding import Claim, Confidence, Evidence, Mark, Purpose, Severity
from untag.later import later
from untag.rules._portrait import apart, called, portrayed, registered
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from untag.case import Case
    from untag.finding import Hit

#: Genres in which words for peoples and for race are innocent.
GENRES = ("concurrency", "conduct", "finance", "game", "geography", "locale", "news", "sport")
#: Families of records about people that are not biometric by themselves.
FILES_ON_PEOPLE = ("census", "health", "hr", "record")
_ORDER = {"strong": 2, "medium": 1, "weak": 0}

#: What a package may be about instead of faces; where one of these weighs more, a few words on faces make no product.
_OTHERS = ("census", "fairness", "health", "hr", "invented", "names", "sport")
#: Words for persons who are made up beside a mark, or in a file of nothing else, from which it tells of such.
_INVENTED, _STORIES = 2, 20
#: Families that every large product has some of; they must weigh twice as much.
_COMMON = ("finance", "game", "locale")


def elsewhere(case: Case) -> bool:
    """Whether the package is about something, and faces are no part of it: one word of a form proves little there."""
    about = case.setting.package
    return not about["biometric"] and any(about[family] for family in (*_OTHERS, *_COMMON))


def bio(case: Case) -> Tier:
    """How near something biometric stands: a face, a camera's person attributes, a face library."""
    setting = case.setting
    if setting.path["emoji"] or setting.file["emoji"] >= 20:
        return Tier.NONE  # grinning faces with glasses in five skin tones
    if setting.case["invented"] + setting.near["invented"] >= _INVENTED or setting.file["invented"] >= _STORIES:
        return Tier.NONE  # a figure of a 3D program, a picture that a model is asked to make
    if _FAKER.search(case.place.chain[-1]) is not None or case.place.chain[-1].endswith(".bib"):
        return Tier.NONE  # made-up persons, authors of papers
    about = setting.package
    weight = about["biometric"]
    heavy = [o for o in _OTHERS if about[o] > weight] + [o for o in _COMMON if about[o] > 2 * weight]
    other = bool(heavy)
    seen = setting.file["biometric"] + setting.file["visual"]
    if any(setting.file[o] > seen for o in heavy) and not setting.path["biometric"]:
        return Tier.NONE  # a file about what the whole product is about
    if registered(case):
        return Tier.NONE
    near = setting.tier("biometric", "visual")
    if near >= Tier.NEAR:
        # In a product about something else (fonts have faces, staff have portraits) one word is not enough.
        words = sum(c[f] for c in (setting.case, setting.near) for f in ("biometric", "visual"))
        distinct = setting.terms["biometric"] + setting.terms["visual"]
        # Heroes of games and stories have eyes and hair; only a camera or a template says that somebody is looked at.
        if not other or (words >= 4 and distinct >= 4 and setting.terms["biometric"] > 0):
            return near
    if (not heavy or apart(case)) and portrayed(case):
        return Tier.NEAR
    product = weight > 0 and not other
    kept = sum(setting.file[o] for o in (*_OTHERS, "record"))
    if not kept and (_annotated(case) or (case.kind is Kind.DATASET and setting.case["image"])):
        return Tier.PACKAGE  # pictures with an age and a gender are pictures of persons
    if setting.terms["layer"] and setting.terms["demographic"] >= _PERSON and not kept:
        return Tier.PACKAGE  # a network that tells age and gender is shown persons
    if setting.path["biometric"] or setting.terms["biometric"] >= (2 if product else 4):
        return Tier.FILE
    # Who has an age and a gender in a file that speaks of faces is a person with a face.
    if setting.file["biometric"] and setting.case["demographic"] >= _PERSON and not kept and not heavy:
        return Tier.FILE
    return Tier.PACKAGE if product or (not kept and not heavy and _shown(case)) else Tier.NONE


#: What a network tells, and not what it is told: its heads, by their names or those of their weights.
_HEAD = later(r"head|logit|output|softmax|branch|pred|\.(?:weight|bias)$", re.IGNORECASE)
#: Where a configuration lists the heads of a network.
_HEADED = later(r"(?:^|[._])(?:heads|output_?(?:heads|layers)|branches)$", re.IGNORECASE)
#: Different words for age and gender that a network's own code holds where it tells them.
_PERSON = 2
#: Words in the name of an owner or a file that make it the product's own users.
_ACCOUNT = later(
    r"(?:(?<![A-Za-z])(?:account|admin|employee|login|staff|user)|Account|Admin|Employee|Login|Staff|User"
    r"|(?<![A-Za-z])(?:ACCOUNT|ADMIN|EMPLOYEE|LOGIN|STAFF|USER))s?(?![a-z])"
)

#: Where libraries that make up data for tests keep the names, places and texts of each country.
_FAKER = later(r"(?:^|/)(?:faker|fakerphp|fzaninotto)[\w.-]*/", re.IGNORECASE)


def _shown(case: Case) -> bool:
    """Whether a model is shown pictures and tells age or gender, here or in the package: they are of persons."""
    setting = case.setting
    if case.kind is Kind.MODEL and setting.case["demographic"] >= _PERSON:
        return any(_HEAD.search(m.text) for m in case.marks)
    if case.kind is Kind.TREE and setting.case["demographic"] >= _PERSON and setting.near["inference"] >= _PERSON:
        return _HEADED.search(case.owner) is not None  # ``heads: {age: {type: regression}, race: {type: softmax}}``
    told = setting.terms["demographic"] >= _PERSON and setting.file["demographic"] > 0
    if told and pictured(case):
        return True
    about = setting.package
    return about["image"] > 0 and about["demographic"] > 0 and about["inference"] + about["layer"] > 0


def pictured(case: Case) -> bool:
    """Whether the file has a model that is shown pictures, of whatever they may be."""
    around = case.setting.file
    return around["image"] > 0 and around["inference"] + around["layer"] > 0


def _annotated(case: Case) -> bool:
    """Whether a case is a record in a file of data that describes the person on a picture."""
    around = case.setting.case
    return case.kind is Kind.TREE and around["image"] > 0 and around["demographic"] >= _PERSON


def account(case: Case, near: Tier) -> bool:
    """Whether the case is an account of somebody who uses the product, and no face is nearer than the package."""
    if near != Tier.PACKAGE:
        return False
    path = case.place.chain[-1].rsplit("/", 2)
    return any(_ACCOUNT.search(name) for name in (case.owner.rsplit(".", 1)[-1], *path[-2:]))


def demo(case: Case) -> Tier:
    """How near age, gender and their like stand."""
    return case.setting.tier("demographic")


def genre(case: Case, *names: str) -> Tier:
    """How near an innocent genre stands."""
    return case.setting.tier(*(names or GENRES))


#: Which genres speak against which words: race has contests and bugs, peoples have languages and regions.
_SPEAKS = {
    "minority": ("imbalance", "finance", "conduct", "news"),
    "race": ("animal", "concurrency", "sport", "game", "conduct", "news"),
    "people": ("locale", "geography", "news"),
    "class": ("finance", "geography", "locale", "conduct", "news"),
    "other": ("conduct", "news", "locale", "geography"),
}
#: Hits from which a genre that every address or menu has some of speaks against a strong word.
_ENOUGH = {"geography": 4, "locale": 2}


def innocent(case: Case, hit: Hit) -> bool:
    """Whether a genre in which this very word is innocent stands beside it."""
    if promised(case, hit):
        return True
    if hit.kind == "group":
        key = "people" if hit.family == "people" else "class"
    else:
        key = hit.family if hit.family in {"minority", "race"} else "other"
    around = case.setting
    sure = hit.strength == "strong" and bio(case) >= Tier.PACKAGE
    for name in _SPEAKS[key]:
        # The races of the next class are no matter where this one asks for ``face.race``.
        count = around.case[name] + (0 if sure and around.case["biometric"] else around.near[name])
        if count >= (_ENOUGH.get(name, 1) if sure else 1):
            # Beside both, a list of countries is of the citizenship.
            return hit.kind == "group" or not apart(case)
    return False


def strength(hit: Hit) -> int:
    """2 strong, 1 medium, 0 weak; a strong form nobody vouches for counts as medium."""
    value = _ORDER[hit.strength]
    return min(value, 1) if value == 2 and not hit.checked else value


#: What stands beside the word where a tool looks for races of threads: ``detect race``, ``race enabled``.
_LOOKS = later(r"detect|enable|switch", re.IGNORECASE)

#: What else a promise of JavaScript is asked for.
_PROMISE = frozenset({"all", "allSettled", "any", "reject", "resolve"})


def promised(case: Case, hit: Hit) -> bool:
    """Whether race is the static of a promise, among its others."""
    if hit.family != "race" or hit.strength != "weak":
        return False
    names = {s.text for s in case.siblings}
    others = names & _PROMISE
    return len(others) > 1 or (bool(others) and names == others)


def racy(mark: Mark, hit: Hit) -> bool:
    """Whether a word may be of races of threads, where these are told of: alone, or as what is detected or enabled."""
    if hit.family != "race" or strength(hit) == 2:
        return False
    return hit.strength == "weak" or _LOOKS.search(mark.text, hit.start, hit.end) is not None


def best(mark: Mark, kinds: Iterable[str]) -> Hit | None:
    """The strongest hit of some kinds in a mark."""
    wanted = frozenset(kinds)
    rows = [h for h in mark.hits if h.kind in wanted]
    return max(rows, key=lambda h: (strength(h), h.end - h.start, -h.start)) if rows else None


def common(hit: Hit) -> bool:
    """Whether a word is too common to be followed from where it is proven: nodes and commits have an ancestry too."""
    return hit.family in {"ancestry", "origin"} and hit.strength != "strong"


def families(mark: Mark) -> set[str]:
    """Context families inside the mark's own text."""
    return {h.family for h in mark.hits if h.kind == "context"}


#: How sure or right a model is: says of people that they are told apart, not that it tells them.
MEASURE = "ctx_confidence"

#: Letters of the longest word that is like an abbreviation of something else (``RAS``, ``RAC``).
_BRIEF = 4


def stray(hit: Hit) -> bool:
    """Whether a weak hit of another language than code is written in is so short that it may be anybody's initials."""
    return hit.strength == "weak" and hit.end - hit.start <= _BRIEF and hit.language != "en"


def infers(mark: Mark) -> bool:
    """Whether the mark's own text says that something is inferred, and not only how sure or right that is."""
    return any(h.family == "inference" and h.term != MEASURE for h in mark.hits if h.kind == "context")


def animal(case: Case, hit: Hit) -> bool:
    """Whether race is a breed: an animal stands beside it, and no age or gender of a person."""
    return hit.family == "race" and bred(case)


def bred(case: Case) -> bool:
    """Whether animals stand beside a case, and no person: an animal has an age and a face as well."""
    around = case.setting
    animals = around.case["animal"] + around.near["animal"]
    if not animals or demo(case) < Tier.NEAR:
        return animals > 0
    persons = max(around.case["demographic"], around.case["biometric"])
    return around.case["animal"] >= max(_HERD, persons) and around.terms["demographic"] <= _PERSON


#: Words for animals beside which an age is that of one.
_HERD = 2
#: Kinds of closed sets in a program, and roles of what such a set is called.
_SETS = frozenset({Kind.DICT, Kind.ENUM, Kind.LIST})
_HEADS = frozenset({Role.CONSTANT, Role.ENUM, Role.FIELD, Role.TYPE})


def values(case: Case, marks: Sequence[Mark]) -> list[Mark]:
    """What else a set that is called an ethnic one holds: its values, whether or not the lexicon knows them."""
    if case.kind not in _SETS or not any(m.role in _HEADS and named(m) for m in marks):
        return []
    known = {m.place for m in marks}
    rest = (*case.marks, *(Mark(s, ()) for s in case.siblings))
    held = (m for m in rest if m.role is Role.MEMBER and m.place not in known)
    return sorted(held, key=lambda m: m.place.sort)


def surnames(case: Case, members: Iterable[Mark]) -> bool:
    """Whether the peoples of a set may be family names (Han, Bai, Yao): words of a dataset, all of them weak."""
    hits = [h for m in members for h in m.hits if h.kind in {"group", "colour"}]
    return case.kind is Kind.DATASET and not any(strength(h) for h in hits)


#: A word that a name goes on with.
_MORE = later(r"[^\W\d_]{3,}")


def scattered(members: Sequence[Mark]) -> bool:
    """Whether nearly each name of a set goes on with a word of its own: *Black Knight, White Rook*; *Bai Ming, Han Li*.

    Things and persons are called so, classes are not.
    """
    own = [more for m in members if (more := _beyond(m))]
    return len(own) * 5 >= len(members) * 4 and len(set(own)) * 5 >= len(own) * 4 and len(own) >= 3


def _beyond(mark: Mark) -> str:
    """The words of a mark that the lexicon knows nothing of."""
    text, at = [], 0
    for hit in sorted(mark.hits, key=lambda h: h.start):
        text.append(mark.text[at : hit.start])
        at = max(at, hit.end)
    return " ".join(_MORE.findall(" ".join([*text, mark.text[at:]]))).lower()


def beside(mark: Mark) -> int:
    """How many different words for age, gender and looks stand in the mark's own text."""
    text = mark.text
    return len({text[h.start : h.end].lower() for h in mark.hits if h.family in {"demographic", "visual"}})


def named(mark: Mark) -> bool:
    """Whether the mark's text is a name or a short label, not a sentence or a blob."""
    spaces = mark.text.count(" ")
    # Vietnamese sets a space between syllables.
    return len(mark.text) <= 80 and (spaces <= 6 or (spaces <= 12 and any(h.language == "vi" for h in mark.hits)))


#: Cards that show the citizenship of their holder.
_LICENCE = later(
    r"foreign|driv(?:er|ing)_?s?_?(?:licen[cs]e)?|licen[cs]e|passport|(?<![a-z])mrz|bank_?card|护照|驾驶证|驾照|行驶证|银行卡",
    re.IGNORECASE,
)
#: Cards and records of identity that show the ethnic group of their holder.
_IDENTITY = later(
    r"id_?card|identity_?card|citizen|id_?cert|certificate|cert_?info|visitor|身份证|护照|e?ktp(?![a-z])|aadhaar",
    re.IGNORECASE,
)

#: A nation that a view or a column for the nationality is given.
_SHOWN = later(r"(?i:[\w.]*(?:nationality|citizenship)[\w.]*)\(\s*(?:\w+\.){0,3}(?:get)?(?i:nation)(?:\(\))?\s*\)")


#: What a row of a table or a form is called by, in a list of such: ``{title: "国籍", dataIndex: "nation"}``.
_CAPTION = later(
    r"(?:title|label|text|header|heading|caption|name|display\w*|placeholder|desc\w*|remark)$", re.IGNORECASE
)
_ROW = later(r"\{\}\d*$|\[\d+\]$")
#: Words for the nationality that are the ethnic group in as many countries.
_EITHER = later(r"na[tsz]ional|нац[иі]онал|нацыянал|millat|миллат", re.IGNORECASE)
#: Families of attributes whose native word is the citizenship where its own label says so (*bangsa*, *millat*).
_NATIVE = frozenset({"ethnicity", "nation", "race"})


def citizen(case: Case, mark: Mark) -> bool:
    """Whether "nation" is the citizenship: on a licence or passport, or of a field that a label calls so."""
    hit = best(mark, ("attribute",))
    if hit is None or strength(hit) == 2 or hit.family not in _NATIVE:
        return False
    nation = hit.family == "nation" and hit.strength == "weak"
    if not nation and hit.language in {"code", "en"}:
        return False
    labels = [m for m in case.marks if m.role in BOUND and _labelled(m)]
    if not nation:
        labels = [m for m in labels if not any(_EITHER.search(m.text, h.start, h.end) for h in m.hits)]
    name = mark.surface.about or mark.text.strip()
    entry = [m for m in labels if m.surface.owner == mark.surface.owner and _CAPTION.search(m.surface.about)]
    if mark.role is Role.VALUE and entry and _ROW.search(mark.surface.owner) is not None:
        return True
    beside = mark.surface.value
    if nation and mark.role is Role.MEMBER and any(m.text == beside and _labelled(m) for m in case.marks):
        return True  # ``{label: "国籍", key: "nation"}``
    # A layout refers to a field as ``@+id/nation``.
    label = {m.surface.about for m in labels}
    called_so = name in label or name.rpartition("/")[2] in label
    if not nation:
        return called_so
    if any(h.kind == "attribute" and h.strength != "weak" for m in case.marks for h in m.hits):
        return False
    if any(m.role is Role.CALL and _SHOWN.match(m.text) is not None for m in case.marks):
        return True
    return called_so or _LICENCE.search(called(case)) is not None


def _labelled(mark: Mark) -> bool:
    return any(h.term == "nationality" for h in mark.hits) and not any(h.kind == "attribute" for h in mark.hits)


#: A text in Latin letters.
_LETTERS = later(r"[A-Za-z\u00c0-\u024f\s'-]+")
#: Entries from which a map of texts is a catalogue, and from which a list of words is a dictionary.
_CATALOGUE, _DICTIONARY = 80, 200
_MAPS = frozenset({Kind.DICT, Kind.FILE, Kind.FORM, Kind.TREE})


def astray(case: Case, mark: Mark) -> bool:
    """Whether a mark is one text of very many that have nothing to do with each other.

    What stands beside it says nothing then: in a catalogue of messages its own text or key must say what it is about,
    and among hundreds of words of a language there is always one for a people.
    """
    if case.kind is Kind.LIST and case.size >= _DICTIONARY and len(case.marks) * 20 <= case.size:
        return True
    if mark.role is not Role.VALUE or not mark.surface.about or case.size < _CATALOGUE or case.kind not in _MAPS:
        return False
    hits = [h for h in mark.hits if h.kind != "context"]
    if any(strength(h) == 2 for h in hits) or families(mark) & {"biometric", "demographic", "visual"}:
        return False
    # A whole text is enough where a word cannot be one of another language: ``Raca`` is a duck, ``Rasen`` is a lawn.
    text = mark.text.strip()
    whole = _LETTERS.fullmatch(text) is None and any((h.end - h.start) * 3 >= len(text) * 2 for h in hits)
    return not whole and not any(m.role is Role.KEY and m.text == mark.surface.about for m in case.marks)


#: What a product, its folder or its environment is called after what it does.
_PRODUCT = later(
    r"classif|detect|recogni[sz]|predict|identif|analy[sz]|estimat|(?<![a-z])(?:apps?|api|env|master|project|system|webapp)(?![a-z])",
    re.IGNORECASE,
)
#: Files that a development environment calls after the product.
_BUILD = later(r"\.(?:iml|sln|csproj|vcxproj|xcodeproj|xcworkspace|podspec|egg-info)$", re.IGNORECASE)
#: How an app, a site or its tests are called, whatever the product does: ``EthnicityApp``.
_APP = later(r"(?<=[a-z])(?:App|Application|Project|Website|UI_?Tests|Tests)(?![a-z])")
_LETTER = later(r"[\w.-]")
#: Weights are called after what they tell, wherever their name stands.
_WEIGHTS = later(r"\.(?:caffemodel|h5|hdf5|keras|onnx|pb|pkl|pth?|safetensors|tflite)$", re.IGNORECASE)


def folder(text: str, hit: Hit, *, bare: bool = False, app: bool = False) -> bool:
    """Whether a word is part of a product's own name, as a folder in a path: ``/race-detection-app/static/a.css``.

    Args:
        text: The text the hit stands in.
        hit: The word.
        bare: Whether such a name counts without a slash after it too, as in a sentence or link.
        app: Whether a name that ends as apps and sites do counts anywhere: true of texts that declare nothing.

    A line that is nothing but the name of a folder is the root of a drawn tree, whatever it is called.
    """
    start, end = hit.start, hit.end
    if end > len(text):
        return False  # a word of the declared type, not of the text
    while start > 0 and _LETTER.match(text[start - 1]):
        start -= 1
    while end < len(text) and _LETTER.match(text[end]):
        end += 1
    name = text[start:end].strip(".")
    if app and _APP.search(name) is not None and text[end : end + 1] != "(":
        return True
    if _BUILD.search(name) is not None:
        return True
    if ("-" in name or "_" in name) and text.strip() in {f"{name}/", f"./{name}/"}:
        return True  # the first line of a drawn tree of folders
    if not ("-" in name or "_" in name) or _PRODUCT.search(name) is None or _WEIGHTS.search(name) is not None:
        return False
    follows = text[end : end + 1]
    return follows in {"/", "\\"} or (bare and follows not in {"(", "["})


#: Sets on which the recognition of faces is measured.
_BENCHMARK = later(
    r"(?<![a-z])(?:lfw|cfp[- ]?f[fp]|agedb|calfw|cplfw|ijb[- ]?[abc]|megaface|mr[- ]?all|mfr|rfw)(?![a-z])",
    re.IGNORECASE,
)
#: What is counted of such a set, and how errors of recognition are given.
_MEASURED = later(
    r"(?<![a-z])(?:[ft][amnp]r|fnmr|eer|false (?:positive|match|accept)|(?:posit|negat)\w* pairs"
    r"|#?\s?(?:identities|images))(?![a-z])",
    re.IGNORECASE,
)
#: How many of these a table has beside the groups.
_MEASURES = 2

#: How well a model does for each group, in the names and comments of a function.
_PER = later(
    r"(?:accurac(?:y|ies)|errors?|error_?rates?|performance|disparit(?:y|ies))[\s_]+"
    r"(?:per|by|across|for each|between)[\s_]+(?:race|racial|ethnic\w*|demographic|group|skin)"
    r"|(?:race|ethnicity|group)_?(?:accuracies|errors|error_rates|disparit\w+)",
    re.IGNORECASE,
)
#: The same among the names of a function.
_RATES = later(r"(?<![a-z])(?:[ft][amnp]rs?|frrs?|fn?mrs?|eers?|false_?(?:positive|match|accept|reject)\w*)(?![a-z])")


def _tested(case: Case) -> bool:
    """Whether all groups of a set are parts of a benchmark by their own names: ``RFW_African`` beside ``AgeDB``."""
    groups = [m for m in case.marks if any(h.kind == "group" for h in m.hits)]
    return bool(groups) and all(_BENCHMARK.search(m.text[:400]) for m in groups)


def measured(case: Case) -> bool:
    """Whether errors are counted by group: beside benchmarks of recognition, or in a function of rates."""
    if case.kind is Kind.CALLABLE:
        names = {s.text.lower() for s in case.siblings} | {m.text[:80].lower() for m in case.marks}
        rates = {found for name in names for found in _RATES.findall(name)}
        if any(_PER.search(name) for name in names):
            return not any(infers(m) and m.role in DECLARED for m in case.marks)
        return len(rates) >= _MEASURES and not any(infers(m) for m in case.marks)
    if case.kind is not Kind.TABLE:
        return _tested(case)
    texts = [s.text[:200] for s in case.siblings] + [m.text[:200] for m in case.marks]
    if any(_BENCHMARK.search(t) for t in texts):
        return True
    return len({found.lower() for t in texts for found in _MEASURED.findall(t)}) >= _MEASURES


def swept(case: Case, mark: Mark) -> bool:
    """Whether a mark is a text out of the bytes of a file that holds no word for a face or a person itself."""
    if mark.place.offset is None or mark.place.line is not None:
        return False
    return not any(case.setting.file[f] for f in ("biometric", "demographic", "visual"))


def evidence(case: Case, *names: str) -> tuple[Evidence, ...]:
    """Examples of context families around a case, and a few siblings."""
    rows = [case.setting.sample[n] for n in names if n in case.setting.sample]
    rows += [Evidence("sibling", s.text[:80], s.place) for s in case.siblings[:4]]
    return tuple(rows[:6])


def against(case: Case) -> tuple[Evidence, ...]:
    """What speaks for an innocent reading."""
    rows = []
    for name in (*GENRES, *FILES_ON_PEOPLE, "fairness"):
        if case.setting.tier(name) >= Tier.NEAR and name in case.setting.sample:
            row = case.setting.sample[name]
            rows.append(Evidence(f"genre {name}", row.text[:80], row.place))
    return tuple(rows[:4])


def graded(purpose: Purpose, hits: Iterable[Hit]) -> Severity:
    """Severity of a purpose; a named, persecuted or single minority raises it one step, notes apart."""
    severity = purpose.severity
    if severity > Severity.NOTE and any(h.named for h in hits):
        severity = Severity(min(severity + 1, Severity.CRITICAL))
    return severity


def purpose(case: Case) -> Purpose:
    """What a declared thing with an ethnic name is for, from its surroundings."""
    setting = case.setting
    near = bio(case)
    if fair(case):
        return Purpose.FAIRNESS
    if near < Tier.PACKAGE:
        return Purpose.DECLARED
    table = case.place.chain[-1].lower().endswith((".csv", ".tsv", ".parquet", ".arff"))
    data = table or case.kind is Kind.DATASET or (_annotated(case) and not case.owner)
    if not data and _IDENTITY.search(called(case)) and not setting.case["inference"]:
        return Purpose.RECORD  # what is read off a card names all peoples of a country, and infers none
    if not data and any(h.kind == "group" and h.named for m in case.marks for h in m.hits):
        return Purpose.CAPABILITY
    recorded = setting.tier("record", "hr") >= Tier.NEAR and setting.tier("inference") < Tier.NEAR
    if recorded:
        return Purpose.RECORD if near >= Tier.FILE or setting.confirmed else Purpose.DECLARED
    if data:
        return Purpose.DATASET
    return Purpose.CAPABILITY


def fair(case: Case) -> bool:
    """Whether the case measures bias across groups: fairness words beside it, or all over its file."""
    setting = case.setting
    headed = case.kind in {Kind.SECTION, Kind.TABLE} and "fairness" in case.within
    if headed or measured(case) or setting.case["fairness"] + setting.near["fairness"] >= 2:
        return True
    audit = setting.path["fairness"] and setting.package["fairness"]
    if setting.package["study"] or ((audit or _study(case)) and not setting.file["layer"]):
        # A file of an audit, in a product of nothing else.
        return not any(infers(m) and m.role not in PROSE for m in case.marks)
    return setting.file["fairness"] >= 3 and setting.terms["fairness"] >= 2


#: Weight of words for bias from which a package is a study of it: three files full of them.
_STUDIED = 6


def _study(case: Case) -> bool:
    """Whether the package is a study of bias, and this file of it compares groups: nothing in it infers anything."""
    about = case.setting.package
    studied = about["fairness"] >= _STUDIED and about["fairness"] * 2 >= about["biometric"]
    return studied and not case.setting.file["inference"] and not case.setting.prose


def claim(
    rule: str,
    case: Case,
    marks: Sequence[Mark],
    confidence: Confidence,
    why: str,
    *,
    aim: Purpose | None = None,
    seen: Sequence[str] = ("biometric", "visual", "demographic"),
) -> Claim:
    """A claim with its severity, evidence and what speaks against it."""
    aim = aim or purpose(case)
    hits = [h for m in marks for h in m.hits if h.kind != "context"]
    if confidence is Confidence.CERTAIN and not case.setting.file["biometric"] and portrayed(case):
        confidence = Confidence.FIRM  # a photograph is no camera: somebody may only have pinned it to a form
    return Claim(rule, aim, graded(aim, hits), confidence, why, evidence(case, *seen), against(case), tuple(marks))


def _short(name: str) -> str:
    """A name on one line; of a sentence its beginning."""
    name = " ".join(name.split())
    return name if len(name) <= 60 else name[:59] + "…"


def quoted(names: Iterable[str], most: int = 4) -> str:
    """A few names for a sentence."""
    rows = list(dict.fromkeys(_short(name) for name in names))
    text = ", ".join(rows[:most])
    return text + (f" and {len(rows) - most} more" if len(rows) > most else "")
