"""Whether a text warns of a tag and offers nothing: what works badly for whom, and what it must not be used for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.rules._stop import around
from untag.rules._weigh import MEASURE
from untag.surface import Role

if TYPE_CHECKING:
    from untag.finding import Mark

__all__ = ["warns"]

#: Words of a sentence that says for whom something works badly, or what it must not be used for.
_WARNS = later(
    r"(?<!\w)(?:bias(?:es|ed)?(?! (?:data|sample|set|vector|term))|stereotyp\w*|unfair\w*|discriminat(?:es?|ed|ion"
    r"|ory)"
    r"|degrad\w+|less accurate|more errors|under-?represented|sesgos?|vi[eé]s(?:es)?|предвзят\w*"
    r"|дискримин\w+|хуже распозна\w+|discrimina(?:r|ción|ção|zione|tie|toi\w+|tó\w+)|discriminat\w+|biais"
    r"|diskriminier\w+|vulnerable groups?|grupos? vulner\w+|groupes? vulnérables?|önyargı\w*|ayrımcılık\w*"
    r"|diskriminasi"
    r"|dışlan\w+|daha (?:zayıf|düşük doğruluk\w*)|phân biệt đối xử|thiên vị|uprzedze\w+|dyskrymin\w+)(?!\w)"
    r"|ခွဲခြားဆက်ဆံ|เลือกปฏิบัติ|រើសអើង|歧视|偏见|差別(?!化)|偏見|차별|편향|تمييز عنصري|تبعیض"
    r"|\b(?:accuracy|performance|error rates?)\b[^.]{0,60}\b(?:drops?|falls?|var(?:y|ies)|differs?)\b"
    r"|\b(?:accuracy|performance|error rates?)\b[^.]{0,60}\b(?:is|are) (?:lower|worse|higher)\b"
    r"|\b(?:do|must|should|shall) not (?:be )?used?\b"
    r"|(?<!\w)(?:diskriminier\w*|diskriminee?ri\w*|diskrimināci\w*|discriminació|discriminar\w*|diskriminaci\w*|diskriminasi|diskriminasyon\w*|diskriminac\w*"
    r"|diskrimination|discriminación"
    r"|discriminação|дискриминац\w*|дискримінац\w*|дыскрымінац\w*|дискриминациј\w*|ayrı[- ]?seçkili\w*|кемсіт\w*"
    r"|kamsit\w*|kemsit\w*"
    r"|кодулоо\w*|басмырло\w*|табъиз|таъбиз|кимсетү\w*|ялгаварлан\w*|كەمسىت\w*|التمييز (?:على أساس|ضد|العنصري"
    r"|بسبب)|تبعیض\w*|امتیازی?|جیاکاری|cudakarî\w*"
    r"|אפליה|הפליה|መድልዎ\w*|አድልዎ|ኣድልዎ|loogii|takoor\w*|ubaguzi|wariya|nuna bambanci|ìyàsọ́tọ̀|ịkpa ókè|oke iche"
    r"|ukubandlulul\w*|ivangura"
    r"|भेदभाव|বৈষম্য|ਵਿਤਕਰਾ|ભેદભાવ|பாகுபா\w*|వివక్ష\w*|ತಾರತಮ್ಯ\w*|വിവേചന\w*|වෙනස්කොට සැල\w*|დისკრიმინაცი\w*"
    r"|խտրական\w*"
    r"|διακρίσε\w*|syrji\w+|mismunun\w*|megkülönböztetés\w*)(?!\w)"
    # How wrong a product is for whom.
    r"|\berror rates? (?:per|by|for)\b|taux d['’]erreurs?|tasas? de error|taxas? de erros?|tass[oi] di errore"
    r"|fehlerrate\w*|foutpercentage"
    r"|(?:частот|дол|уров)\w+ ошиб\w+|част\w+ помил\w+|hata oran\w+|(?:误识|錯誤|错误|誤差|误差|誤識)率|誤(?:り|認"
    r"|認識|検知)率|오(?:류|인식)율?률?"
    r"|tỷ lệ (?:lỗi|sai)|tingkat kesalahan|معدل الخطأ|نرخ خطا|שיעור השגיאות|(?:odsetek|wskaźnik) błędów|chybovost"
    r"|felfrekvens|virhe(?:prosentti|aste)"
    r"|(?:stop|procen|rat|taux|taxa|kadar|tingkat|antas|kiwango|heerka|yawan|izinga|shkall)\w* (?:d['’])?(?:e "
    r"|cha |na |ng |i |lama)?"
    r"(?:greš\w*|pogreš\w*|napak\w*|gabim\w*|error\w*|ralat|mali|makosa|khalad\w*|kuskure|phutha\w*)"
    r"|стоп\w* грешк\w*|процент грешк\w*"
    r"|stopnja napak|fejlrate\w*|kļūdu (?:līmen|īpatsvar)\w*|klaidų (?:daž|lyg)\w*|vigade määr|xəta (?:nisbət"
    r"|faiz)\w*|қате үлес\w*|xato daraja\w*"
    r"|غلطی کی شرح|የስህተት መጠን|பிழை விகித\w*|లోపం రేటు|შეცდომ\w+ (?:მაჩვენებ|დონ|სიხშირ)\w*|սխալի? \w+"
    r"|อัตรา(?:ความ|ข้อ)ผิดพลาด|អត្រាកំហុស|မှားယွင်းနှုန်း|အမှားနှုန်း"
    r"|hibaarány|rata de eroare|ποσοστό σφάλμα|त्रुटि दर|ত্রুটির হার",
    re.IGNORECASE,
)
#: Spaces from which a text may be a sentence, characters of one without spaces, and what ends one.
_SENTENCE, _SIGNED = 2, 6
_SIGNS = later("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STOP = later(r"[.!?](?=\s)|[。！？\n।۔።]")


def warns(mark: Mark) -> bool:
    """Whether each sentence with a tag warns of it and offers nothing: "accuracy for age and race degrades …"."""
    if mark.role is Role.PROSE and mark.surface.about and _WARNS.search(mark.surface.about):
        return True  # what a list tells of a risk
    spans = {around(_STOP, mark.text, h.start, min(h.end, len(mark.text))) for h in mark.hits if h.kind != "context"}
    return bool(spans) and all(_warned(mark, low, high) for low, high in spans)


def _warned(mark: Mark, low: int, high: int) -> bool:
    text = mark.text[low:high]
    if (text.strip().count(" ") < _SENTENCE and len(_SIGNS.findall(text)) < _SIGNED) or _WARNS.search(text) is None:
        return False
    faced = [(h.start, h.end) for h in mark.hits if h.family == "biometric"]
    # "Face recognition" names the product; that it tells races apart would be another word.
    said = (
        h
        for h in mark.hits
        if h.family == "inference" and h.term != MEASURE and not any(a <= h.start and h.end <= b for a, b in faced)
    )
    return not any(low <= h.start < high for h in said)
