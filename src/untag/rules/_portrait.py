"""Pictures of persons that nothing is compared with: the photograph of an identity, and of a form of registration.

Shared by the rules, no rule itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import DECLARED
from untag.later import later
from untag.surface import Kind

if TYPE_CHECKING:
    from untag.case import Case

__all__ = ["apart", "called", "portrayed", "registered"]

#: Words for cards and passports in a file that reads them.
_CARD = 3
#: Different words for age and gender beside which a card is read.
_PERSON = 2
#: Forms of staff, students, patients and customers, whose portraits nothing is compared with.
_FORM = later(
    r"(?i:employee|staff|student|patient|customer|client|member|teacher|bride|groom|matrimon|karyawan|pegawai|siswa|mahasiswa"
    r"|pasien|emplead|estudiante|alumn[oa]|paciente|cliente|aluno|funcionari|nhan_?vien|sinh_?vien|hoc_?sinh|ogrenci"
    r"|personel|sotrudnik|xodim|talaba|学生|员工|教师|患者|客户|社員|学籍)|(?<![a-z])(?:hr|Hr|HR)(?![a-z])"
)

#: Pictures of the two sides of a card, and those of its holder.
_SIDES = later(r"(?:front|back|reverse|obverse)_?(?:side|image|img|pic|photo)|正面|反面|背面", re.IGNORECASE)
_PORTRAIT = later(r"portrait|avatar|(?<![a-z])(?:face|head|selfie)|人像|头像|照片|相片|人脸|顔", re.IGNORECASE)


def portrayed(case: Case) -> bool:
    """Whether an identity is kept beside a photograph: a card's number or a passport, and a picture, in one owner."""
    around = case.setting
    if not around.case["image"] or around.case["layer"] + around.near["layer"] + around.case["game"]:
        return False
    if case.kind is Kind.FILE or _FORM.search(called(case)) is not None:
        return False  # what stands in one file is not of one person; a portrait in such a form is for show
    texts = [s.text for s in case.siblings] + [m.text[:80] for m in case.marks]
    if any(_SIDES.search(text) for text in texts) and not any(_PORTRAIT.search(text) for text in texts):
        return False  # pictures of the card
    if around.case["record"] + around.near["record"]:
        return True
    # What a card holds may be read in one place and called a card's in others.
    return around.file["record"] >= _CARD and around.case["demographic"] >= _PERSON


def called(case: Case) -> str:
    """What the owner and its file are called."""
    return f"{case.owner[-120:]} {case.place.chain[-1].rsplit('/', 1)[-1]}"


#: How a field for citizenship is called, and one that may be of the people somebody belongs to.
_CITIZEN = later(
    r"citizen|гражданств|громадянств|грамадзянств|obywatelstw|občanstv|státn|държавлянств|državljanstv|fuqaro|азаматты"
    r"|azamatt|жарандык|шаҳрванд|vatanda[sş]l|uyruk|ciudadan|cidadan|citoyen|cittadinan|staatsb|staatsange|medborgar"
    r"|kewarganegara|warganegara|kansalais|polgárság|国籍|國籍|국적|quốc_?tịch|quoc_?tich|جنسية|الجنسية|تابعیت|grazhdanstv"
    r"|grajdanstv|hromadianstv",
    re.IGNORECASE,
)
_PEOPLE = frozenset({"ethnicity", "minority", "nation", "nationality"})
#: Marks of an owner that are looked at for both.
_LOOKED = 64


def apart(case: Case) -> bool:
    """Whether a nationality is kept beside the citizenship: then it is the people that somebody is said to belong to.

    Identity papers of the Soviet Union had both; registers of the states that came after it often do.
    """
    some = case.marks[:_LOOKED]  # asked of each mark: an owner may have thousands
    named = [m for m in some if m.role in DECLARED and any(h.family in _PEOPLE for h in m.hits)]
    citizen = [m for m in named if _CITIZEN.search(m.text) is not None]
    return bool(citizen) and len(citizen) < len(named)


#: Families of forms of persons, and of the ground beside an ethnic one that such forms ask for.
_ROLLS = ("census", "health", "hr", "roll")
_GROUND = "religion"
#: What a register of persons that are sought is called, or its file.
_REGISTER = later(
    r"criminal|suspect|offender|convict|inmate|prisoner|fugitive|interpol|(?<![a-z])wanted|missing_?(?:person|people)|detainee"
    r"|злочин|преступн|розыск|розшук|zlochyn|prestupn|delincuen|criminos|criminel|kriminal|verbrecher|suçlu|sospechos|suspeit"
    r"|desaparecid|通缉|嫌疑人|逃犯",
    re.IGNORECASE,
)
#: Families of what sees somebody, or is told by what does.
_SEES = ("biometric", "image", "inference", "layer", "sight")
#: Different biometric words that a form has which only shows a portrait: a face, and a photograph of it.
_FEW = 2


def registered(case: Case) -> bool:
    """Whether a form of registration has a portrait for show: pupils, members, staff, and nothing that looks at faces.

    So has a register of persons told in words (names, hair, eyes) with nothing of a picture in it at all.
    Where anything in the product does (its names, its README, a file that infers and tells of faces), it is none.
    """
    around = case.setting
    if _worded(case):
        return True
    if around.package["sight"] or around.package["biometric"] or around.path["biometric"]:
        return False
    if around.terms["biometric"] > _FEW or any(around.file[f] for f in ("inference", "layer", "visual")):
        return False
    if around.file["record"] or around.path["record"] or around.package["record"]:
        return False  # a card is read, with the ethnic group and the religion of its holder
    if not around.case["image"] + around.near["image"] or case.kind in {Kind.DATASET, Kind.MODEL}:
        return False
    if any(around.file[f] for f in _ROLLS) or _FORM.search(called(case)) is not None:
        return True
    return any(h.family == _GROUND for m in case.marks for h in m.hits)  # last: an owner may have thousands


def _worded(case: Case) -> bool:
    """Whether a register of persons tells in words how they look: no face, picture or camera is near."""
    around = case.setting
    if case.kind in {Kind.DATASET, Kind.MODEL} or not around.file["visual"]:
        return False
    if not around.file["roll"] and _REGISTER.search(f"{called(case)} {case.place.chain[-1][-200:]}") is None:
        return False  # what a register is called may stand in its other files alone
    return not any(c[f] for c in (around.file, around.path, around.package) for f in _SEES)
