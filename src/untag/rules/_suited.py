"""Whether a text says on whose faces a model does well, or whose it learned from, and tells nobody apart.

"Better accuracy for Asian faces" weighs one model of ages against another; "detects Asian faces" sorts people. A
measure or a choice of that kind is what a study of fairness reports, so that it is a note. A people that is singled out
(Uyghurs) is never passed over so: a model that was made for its faces is what is looked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import DECLARED
from untag.later import later
from untag.surface import Role

if TYPE_CHECKING:
    from untag.finding import Mark

__all__ = ["suited"]

#: How well something does, and that it was trained, tuned or chosen for whom.
_DOES = later(
    r"(?<!\w)(?:accura\w+|precis\w+|performs?|performance|works?|robust\w*|better|best|good|great|poor\w*|worse|worst"
    r"|promising|optimi[sz]\w+|fine-?tun\w+|(?:pre-?)?train\w*|learn\w*|suit\w+|improv\w+|benchmark\w*|data ?sets?"
    r"|(?:model|net|network|resnet|cnn|weights|checkpoint)s? for|tailored|specialized|specialised"
    r"|divers\w+|includ\w+|mostly|mae|rmse|priorit\w+|prefer\w+"
    r"|rendimiento|mejor\w*|entrenad\w+|desempenho|melhor\w*|trein\w+|précision|meilleur\w*|entraîn\w+|amélior\w+"
    r"|genauigkeit|besser\w*|trainiert\w*|geeignet\w*|verbesser\w+|migliore?\w*|addestrat\w+|nauwkeurig\w*|getraind"
    r"|точност\w*|лучш\w*|обуч\w+|подходит|улучш\w+|точніст\w*|краще|навчен\w+|dokładnoś\w*|lepiej|lepsz\w+|trenowan\w+"
    r"|doğru\w+|daha iyi|en iyi|eğit\w+|iyileştir\w+|akurasi\w*|lebih baik|terbaik|dilatih|cocok|ketepatan|lebih tepat"
    r"|tốt|chính xác|cải thiện|tối ưu|huấn luyện|phù hợp|دقة|أفضل|تدريب\w*|مدرب\w*|تحسين|دقت|بهتر\w*|آموزش)(?!\w)"
    r"|सटीकता|बेहतर|प्रशिक्षित|准确|準確|精度|效果|训练|訓練|优化|優化|适合|適合|适用|適用|学習|最適化|向け"
    r"|정확도|학습|최적화|성능|적합|แม่นยำ|ฝึก|เหมาะ",
    re.IGNORECASE,
)
#: What sorts people, before the word for them or behind it; an age or a gender that is guessed of them does not.
_SORTS = (
    r"(?:detect|recogni[sz]|identif|classif|predict|distinguish|discriminat|filter|search|find|alert|alarm|track|flag"
    r"|label|sort|count|block|watch)\w*"
)
_BEFORE = later(
    rf"(?<!age )(?<!gender )(?<!sex )(?<!facial )(?<!face )(?<!\w){_SORTS}(?:\W+\w+){{0,2}}\W+\Z", re.IGNORECASE
)
_BEHIND = later(
    rf"\W{{0,3}}(?:(?:faces?|people|persons?)\W+)?(?:and \w+ )?(?:{_SORTS}|or|vs|versus|/|class\w*)(?!\w)",
    re.IGNORECASE,
)
#: Roles of items of a list, of which ``Better for Asian faces: …`` looks like a key.
_ITEMS = frozenset({Role.KEY, Role.MEMBER})
#: Words of an item of a list that says something.
_ITEM = 3
#: Characters on either side of the word in which that is sought.
_NEAR = 48


def suited(mark: Mark) -> bool:
    """Whether a text tells how well something does on faces of a race, and of no attribute and no sorting.

    Args:
        mark: With its hits; every group that it names must be spoken of in that way.
    """
    if mark.role in DECLARED and (mark.role not in _ITEMS or len(mark.text.split()) < _ITEM):
        return False  # a name of a thing; an item of a list in a document says something
    groups = [h for h in mark.hits if h.kind == "group"]
    if not groups or any(h.kind in {"attribute", "proxy"} for h in mark.hits) or any(h.named for h in groups):
        return False
    text = mark.text
    if any(h.family != "race" for h in groups) or _DOES.search(text) is None:
        return False
    return not any(
        _BEFORE.search(text[max(0, h.start - _NEAR) : h.start]) or _BEHIND.match(text[h.end : h.end + _NEAR])
        for h in groups
    )
