"""Whether a sentence denies what it names: "the system does not infer ethnicity"; in many languages.

What denies stands before what is denied in most languages, with a verb between them ("does not infer", ``_NOT``) or
none ("no ethnicity", ``_NONE``; "without regard to race", ``_LACKS``), and ends the sentence in others (``_BEHIND``).
Nothing is denied by "not only", and a class such as "not white" is no denial.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.rules._stop import around

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.finding import Mark

__all__ = ["denied", "sentence"]

#: Characters from what denies to what is denied, and from what denies to the end of the sentence.
_AWAY, _NEXT, _END = 90, 25, 40
#: Words before what denies the verb of a sentence.
_BEFORE = 2
#: Spaces of a text that may be a sentence, and characters of one without spaces; the longest text that is looked at.
_SPACES, _SIGNS, _LONGEST = 2, 8, 4000

#: What denies a verb.
_NOT = later(
    r"(?<![\w-])(?:"
    r"(?:do|does|did|will|can|could|is|are|was|must|may|shall|should|would)(?: ?not|n['’]t)|cannot|never|neither"
    r"|ei|eivät|emme|eikä|ega|ne|n['’]\w+|jamais|nunca|não|non"
    r"|no(?= (?:se |es |el |le |lo )?[a-zà-ÿ]+(?:a|e|an|en|mos|em|ix)(?!\w))|nu(?= [a-zăâîșț]+(?:ă|e|ează|ește|esc"
    r"|im|ăm)(?!\w))"
    r"|ez(?= (?:du|ditu|da|dira|dugu|dute)(?!\w))|niciodată|ni|nije|nikada|neće|nigdy|нельзя|не|ни|никогда|ніколи"
    r"|никога|никогаш"
    r"|nem|soha|nuk|δεν|δε|μην|ποτέ|ούτε|لا|لم|لن|ليس|ليست|לא|אינו|אינה|אינם|איננו|אין"
    r"|ma(?= [\w']+(?:yo|to)(?!\w))|ba (?:ya|ta|ma|mu|sa)|babu|kò|kì í|tsy|nid|ddim|ní|níl|(?<!hàng )không(?! gian"
    r"| khí| quân)|chưa"
    r"|tidak|bukan|huwag|არ|ვერ|არა|აღარ|չի|չեն|չենք|չէ|չէր"
    r")(?![\w-])",
    re.IGNORECASE,
)
#: What denies the verb before it, in languages whose verb stands second.
_SECOND = later(
    r"(?<![\w-])(?:nicht|niemals|niet|nooit|nie|inte|ej|aldrig|ikke|aldri|ekki|aldrei)(?![\w-])", re.IGNORECASE
)
#: What denies a thing, or is a verb that is denied.
_NONE = later(
    r"(?<![\w-])(?:"
    r"no(?= \w+(?:,| or| and|/))|keine?[nrsm]?|geen|ingen|inga|inget|engin|aucune?|ning[uú]n[ao]?|nenhuma?"
    r"|nessuna?|walang|nessun"
    r"|ne(?:určuj|rozpozn|sbír|uklád|zjišť|použív|zpracov|analyz|odhad|umožň|hodnot|klasif|sled|obsah|zbier|ukladá"
    r"|rozozn"
    r"|posudz|spracú|spracov|nustat|renka|tvark|vertin|atpaž|saugo|naudo|noska|nosaka|vāc|apstrād|glab|atpaz"
    r"|izmanto|analiz)\w*"
    r"|(?:hau|hai|hatu|hawa|haki|hazi)(?:tambu|hifadh|kusany|rek|kadiri|tumi|toi|ulizi|chanu|baini|kagu|pim|chambu"
    r"|ruhus|sajil|gundu"
    r"|onyesh)\w*|\w+ghị|(?:alu|aka|ayi|asi|aba|aku)(?:bon|qoqi|gcin|sebenzis|hlonz|khomb|thol|buz|thath|cwaning"
    r"|hlol)\w*"
    r"|nti\w{3,}|nta\w{3,}|hindi(?= \w*(?:[iu]n\w|um\w|mag|nag|kami|ito|dapat))|չ(?:որոշ|հավաք|պահ|օգտագործ|ճանաչ"
    r"|մշակ)\w*"
    r"|cấm|dilarang|(?:avoid|refrain from|abstain from)(?:s|ing|ed)?"
    r"(?= (?:any|all|mention|refer|talk|stat|describ|comment|infer|guess|assum|speculat|us|includ|making|sensitive)\w*)"
    r"|(?:يتجنب|تجنب|تتجنب|يتجنبون|نتجنب)|évite[rz]?|evit(?:a|ar|e|en|es)|vermeide[nt]?|избега(?:й|йте|ть|ет)|уника(?:й|йте|ти|є)"
    r"|unika(?:j|jcie|ć)|hindari|menghindari|kaçın\w*|tránh)(?!\w)"
    r"|ไม่|มิได้|ห้าม|ບໍ່|ຫ້າມ|មិន|ហាម|គ្មាន"
    r"|(?:绝|從|从)?不(?:会|會|得|能|可|再|应|應|对|對|以|做|提供|支持|涉及|识别|識別|辨识|辨識|采集|採集|收集"
    r"|蒐集|搜集|推断|推斷|推测|推測|分析|判断|判斷|输出|輸出"
    r"|保存|存储|儲存|记录|記錄|检测|檢測|使用|包含|进行|進行|区分|區分|估计|估計|统计|統計)|未(?:采集|收集|识别"
    r"|使用|对)|没有|沒有|避免|请勿|請勿|切勿|禁止|严禁|嚴禁|不含",
    re.IGNORECASE,
)
#: What is left out, which must follow at once.
_LACKS = later(
    r"(?<![\w-])(?:without|ohne|zonder|utan|uden|uten|án|sans|sin|sem|senza|sense|fără|bez|без|χωρίς|بدون|دون|بلا"
    r"|ללא|tanpa|gan)(?![\w-])",
    re.IGNORECASE,
)
_BEHIND = later(
    r"(?<!\w)(?:"
    r"\w+(?:maz|mez|mıyor|miyor|muyor|müyor|mamaktadır|memektedir|mayız|meyiz|mıyoruz|miyoruz|muyoruz|müyoruz)"
    r"|değil\w*|yasak\w*|yoktur"
    r"|\w{3,}(?:[lnrtsyzşd]m[ıiuü]r|əmir|amır)(?:ik|ıq|uq|ük|lər|lar)?|\w+məməli\w*|\w+mamalı\w*"
    r"|\w+(?:м[ае]й(?:ді|ды|міз|мыз)|[бп][ае]й(?:ді|ды|міз|мыз))|емес|жоқ|\w+(?:[бп][аео]й(?:т|быз)|[бп]өйт|баган"
    r"|беген)|эмес|жок"
    r"|\w+(?:may(?:di|miz)|madi|magan)|emas|yo['‘ʻ’]q|\w+m[ae]ý[aä]r\w*|däl|\w+(?:мибез|мыйбыз|мәс)|түгел"
    r"|наме\w+|надорад|надорем|намешавад|нест|\w+гүй|\w*(?:مايدۇ|مەيدۇ)|ئەمەس|نیست|نمی[\u200c ]?\w+|نه|نہیں"
    r"|نا(?:کات|کەین|کرێ|کرێت|بێت|ناسێت|گرێت|پارێزێت|هێڵێت)|na(?:ke|kin|bîne|gire|parêze|nivîse)"
    r"|አ(?:ይ|ን|ል)[\u1200-\u137f]{1,8}ም|ኣይ[\u1200-\u137f]{1,9}|hin \w+|नहीं|मत|नाही|नाहीत|\w*(?:दैन|दैनौं)|छैन"
    r"|না|নেই|নয়|নাই|ਨਹੀਂ|નથી|નહીં|ନାହିଁ"
    r"|\w*(?:யாது|இல்லை|மாட்டோம்|மாட்டாது|வில்லை|ாது)|\w*(?:చదు|లేదు|కాదు|యదు|చము|రాదు)|\w*(?:ವುದಿಲ್ಲ|ಇಲ್ಲ|ದಿಲ್ಲ)"
    r"|\w*(?:ഇല്ല|ില്ല)"
    r"|නැත|නො\S+|නැහැ)(?!\w)"
    r"|မ[က-အ][\u1000-\u109f]{1,20}(?:ပါ|ဘူး)(?![\u1000-\u109f])|မပြုရ|မရှိ|ません|ない|なし|せず|禁止"
    r"|(?:지|하지|수) ?(?:않|없|아니|못)|않|없|금지|མེད|མི་བྱེད",
    re.IGNORECASE,
)
_ONLY = later(
    r"\b(?:not (?:only|just)|no s[oó]lo|no solamente|nicht nur|non seulement|não s[óo]|não apenas|non sol[ot]\w*"
    r"|niet alleen|inte bara"
    r"|ikke bare|ikke kun|не только|не лише|не тільки|не само|ne samo|nie tylko|nejen|nielen|nem csak|nu doar"
    r"|tidak hanya|bukan hanya"
    r"|không chỉ|hindi lang|(?:sadece|yalnız\w*)[^.]{1,80}değil|όχι μόνο|δεν \w+ μόνο|fails?|failed|if|unless"
    r"|except|only (?:if|when|with)|csak (?:ha|akkor)|kivéve|nur wenn|außer|sauf|salvo|excepto|кроме|если|якщо"
    r"|when|wenn|falls|quando|cuando|eğer)\b"
    r"|不仅|不僅|不只|不但|だけで|뿐|場合|ไม่เพียง",
    re.IGNORECASE,
)
#: What begins another clause.
_BUT = later(
    r",\s*(?:but|we|it|this|sondern|aber|wir|mais|nous|il|sino|pero|mas|porém|ma|però|maar|men|но|а|она|але|ale|lecz|tapi|namun"
    r"|nhưng|ama|fakat|ancak|لكن|بل|אבל|però|dar|ci|hanem|αλλά)(?!\w)|(?<!\w)(?:but|sondern|sino|hanem|лишь)(?!\w)|但|而是|しかし|하지만",
    re.IGNORECASE,
)
#: What ends a sentence, and a word between what denies and what is denied.
_STOP = later(r"[.!?;](?=\s|$)|[。！？；\n।؟۔]")
_WORD = later(r"[^\W\d_]{2,}")


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence around a part of a text begins and ends.

    Args:
        text: The text.
        start: Where the part begins.
        end: Where it ends.
    """
    low, high = around(_STOP, text, start, end)
    return (start if start and text[start - 1 : start] in (".", "!", "?", ";") else low), high


def denied(mark: Mark) -> bool:
    """Whether every tag of a text stands in a sentence that denies it.

    Args:
        mark: A text, not the name of a thing.
    """
    text = mark.text
    if (text.count(" ") < _SPACES and len(text) < _SIGNS) or len(text) > _LONGEST:
        return False
    tags = [h for h in mark.hits if h.kind != "context"]
    told = [h.start for h in mark.hits if h.family == "inference"]
    return bool(tags) and all(_denies(text, h.start, min(h.end, len(text)), told) for h in tags)


def _denies(text: str, start: int, end: int, told: Sequence[int]) -> bool:
    """Whether the sentence around a tag denies it.

    Args:
        text: What it stands in.
        start: Where the tag begins.
        end: Where it ends.
        told: Where words stand that say that something is inferred.
    """
    low, high = sentence(text, start, end)
    said = text[low:high]
    if (said.strip().count(" ") < _SPACES and len(said) < _SIGNS) or _ONLY.search(said) is not None:
        return False
    # What follows "but" is not what was denied before it.
    near = max([low, start - _AWAY, *(m.end() for m in _BUT.finditer(text, low, start))])
    if _NONE.search(text, near, start) is not None:
        return True
    found = _LACKS.search(text, max(near, start - _NEXT), start)
    if found is not None and not any(found.end() <= at < start for at in told):
        return True
    found = _NOT.search(text, near, start)
    if found is not None and _WORD.search(text, found.end(), start) is not None:
        return True
    found = _SECOND.search(text, near, start)
    if found is not None and len(_WORD.findall(text, low, found.start())) >= _BEFORE:
        return True
    return _BEHIND.search(text, max(end, high - _END), high) is not None
