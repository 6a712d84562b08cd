"""Words by which records name a person's name, birth, papers, telephone and home, in the languages of the lexicon."""

# ruff: noqa: E501 - a line holds some languages

from __future__ import annotations

from functools import cache
from typing import NamedTuple

__all__ = ["MARKS", "Keys", "keys"]

#: Signs that belong to the letter before them and are no ``\\w``; blocks of scripts that write vowels so, whole.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0df3"
    "\u0e01-\u0e4e\u0e50-\u0e59\u0e81-\u0ede\u0f00-\u0f0c\u0f18-\u0fbc\u1000-\u1049\u104c-\u109f\u1780-\u17d3\u17dd"
    "\u180b-\u180d\u200c\u200d"
)
#: Who somebody is called. A language a line, in the order of scripts; as keys are written, without signs.
_NAMES = """
naam, voornaam, achternaam, volledige naam, namn, förnamn, efternamn, navn, fornavn, etternavn, efternavn, fulde navn
nimi, etunimi, sukunimi, koko nimi, eesnimi, perekonnanimi, vārds, uzvārds, vardas, pavardė, vardas pavardė
imię, nazwisko, imię i nazwisko, imie, jméno, příjmení, jmeno, prijmeni, meno, priezvisko, név, vezetéknév, keresztnév
teljes név, nume, prenume, nume complet, ime, prezime, ime i prezime, priimek, ime in priimek, emri, mbiemri
ad soyad, adı, soyadı, adı soyadı, soyad, isim, tam ad, ad və soyad, ism, familiya, ism familiya, toʻliq ism, ady, familiýasy
nom et prénom, prénom, prénoms, nom complet, nom de famille, nombre completo, nombre y apellidos, nome completo
sobrenome, nome e cognome, nom i cognoms, cognoms, izena, abizena, nachname, voller name, familienname, name des kunden
nama lengkap, nama penuh, nama depan, pangalan, apelyido, jina, jina kamili, suna, sunan mahaifi, orúkọ, magaca, maqaa
tên, họ tên, họ và tên, hoten, hovaten, tên đầy đủ, ainm, enw, nafn, fullt nafn, isem, ismu
ονομα, όνομα, επώνυμο, ονοματεπώνυμο, επωνυμο, имя и фамилия, отчество, полное имя, прізвище, ім'я, імя, по батькові, піб, пиб
прозвішча, імя і прозвішча, име, име и фамилия, презиме, име и презиме, име и презиме, толық аты, аты, тегі, аты жөні
аты-жөні, есімі, фамилиясы, толук аты, исми, исм, фамилияси, ном, насаб, ному насаб, нэр, овог, овог нэр, исем, тулы исем
անուն, ազգանուն, անուն ազգանուն, გვარი, სახელი, სახელი და გვარი, სრული სახელი
שם, שם מלא, שם פרטי, שם משפחה, اسم, الاسم, الاسم الكامل, اسم العائلة, الاسم الأول, الاسم الرباعي, اللقب, اسم المستخدم الكامل
نام, نام خانوادگی, نام و نام خانوادگی, نام کامل, نام پدر, والد کا نام, پورا نام, نوم, بشپړ نوم, ئىسمى, ئىسىم, ئىسىم فامىلىسى, ناو, ناوی تەواو
नाम, पूरा नाम, उपनाम, पिता का नाम, नाव, पूर्ण नाव, आडनाव, थर, पुरा नाम, নাম, পুরো নাম, পূর্ণ নাম, পিতার নাম, ਨਾਮ, ਪੂਰਾ ਨਾਮ, નામ, પૂરું નામ, ନାମ
பெயர், முழு பெயர், పేరు, పూర్తి పేరు, ಹೆಸರು, ಪೂರ್ಣ ಹೆಸರು, പേര്, മുഴുവൻ പേര്, නම, සම්පූර්ණ නම
ชื่อ, นามสกุล, ชื่อ-นามสกุล, ชื่อ นามสกุล, ชื่อเต็ม, ชื่อสกุล, ຊື່, ນາມສະກຸນ, ຊື່ ແລະ ນາມສະກຸນ, ឈ្មោះ, ឈ្មោះពេញ, នាមត្រកូល, အမည်, နာမည်, མིང་, མིང
ስም, ሙሉ ስም, የአባት ስም, ሽም, ምሉእ ስም, 氏名, 名前, お名前, 姓名, 性名, 苗字, フリガナ, 성명, 이름, 성함, 고객명, 성, 用户姓名, 人员姓名, 名称姓名
"""
#: When somebody was born, and the numbers of papers.
_PAPERS = """
geboortedatum, geboren op, bsn, födelsedatum, personnummer, född, fødselsdato, fødselsnummer, cpr nummer, født
syntymäaika, henkilötunnus, sünniaeg, isikukood, dzimšanas datums, personas kods, gimimo data, asmens kodas
data urodzenia, pesel, numer dowodu, datum narození, rodné číslo, dátum narodenia, születési dátum, születési idő, személyi szám
data nașterii, data nasterii, cnp, datum rođenja, datum rodjenja, jmbg, oib, datum rojstva, emšo, datëlindja, data e lindjes
doğum tarihi, dogum tarihi, tc kimlik no, kimlik no, doğum günü, doğum tarixi, fin kod, tugʻilgan sana, tug'ilgan sana, pinfl, doglan senesi
date de naissance, né le, née le, naissance, numéro de sécurité sociale, fecha de nacimiento, nacimiento, número de documento, cédula
data de nascimento, nascimento, data di nascita, nascita, codice fiscale, data de naixement, jaiotze data, ausweisnummer, geburtstag
tanggal lahir, nik, no ktp, ktp, tarikh lahir, no kad pengenalan, petsa ng kapanganakan, tarehe ya kuzaliwa, nambari ya kitambulisho, namba ya kitambulisho, ranar haihuwa, ọjọ́ ìbí
ngày sinh, ngaysinh, cmnd, cccd, số cmnd, số cccd, số chứng minh, dyddiad geni, dáta breithe, fæðingardagur, kennitala
ημερομηνία γέννησης, αφμ, αριθμός ταυτότητας, дата рождения, год рождения, родился, снилс, номер паспорта, паспорт, паспорт номер, серия и номер
дата народження, паспорт, номер паспорта, рнокпп, дата нараджэння, дата на раждане, егн, датум рођења, јмбг, датум на раѓање, датум рођења
туған күні, туылған күні, жсн, жеке куәлік нөмірі, туулган күнү, туғилган сана, санаи таваллуд, төрсөн огноо, регистрийн дугаар, туу датасы
ծննդյան ամսաթիվ, ծննդյան օր, անձնագիր, დაბადების თარიღი, პირადი ნომერი, თარიღი დაბადების
תאריך לידה, תעודת זהות, מספר זהות, ת.ז, تاريخ الميلاد, رقم الهوية, رقم البطاقة, رقم الجواز, رقم جواز السفر, الرقم القومي, الرقم الوطني, تاريخ الولادة
تاریخ تولد, کد ملی, شماره ملی, شماره شناسنامه, تاریخ پیدائش, شناختی کارڈ نمبر, پاسپورٹ نمبر, قومی شناختی کارڈ, د زیږون نېټه, تۇغۇلغان ۋاقتى, كىملىك نومۇرى, ڕێکەوتی لەدایکبوون
जन्म तिथि, जन्मतिथि, जन्म तारीख, आधार संख्या, आधार नंबर, पहचान संख्या, जन्मतारीख, जन्म मिति, नागरिकता नम्बर, জন্ম তারিখ, জন্মতারিখ, জাতীয় পরিচয়পত্র, জাতীয় পরিচয়পত্র নম্বর, এনআইডি, ਜਨਮ ਮਿਤੀ, ਜਨਮ ਤਾਰੀਖ, જન્મ તારીખ, ଜନ୍ମ ତାରିଖ
பிறந்த தேதி, அடையாள எண், పుట్టిన తేదీ, ఆధార్ సంఖ్య, ಹುಟ್ಟಿದ ದಿನಾಂಕ, ಜನ್ಮ ದಿನಾಂಕ, ജനനത്തീയതി, ജനന തീയതി, උපන් දිනය, හැඳුනුම්පත් අංකය
วันเกิด, วันเดือนปีเกิด, เลขบัตรประชาชน, เลขประจำตัวประชาชน, หมายเลขบัตรประชาชน, ວັນເດືອນປີເກີດ, ວັນເກີດ, ເລກບັດ, ເລກບັດປະຈໍາຕົວ, លេខអត្តសញ្ញាណ, អត្តសញ្ញាណប័ណ្ណ, ថ្ងៃខែឆ្នាំកំណើត, ថ្ងៃកំណើត, မွေးသက္ကရာဇ်, မွေးနေ့, မှတ်ပုံတင်အမှတ်, སྐྱེས་ཚེས
የትውልድ ቀን, የልደት ቀን, የመታወቂያ ቁጥር, ዕለተ ልደት, 生年月日, 誕生日, マイナンバー, 생년월일, 생일, 주민등록번호, 주민번호, 身份證, 身份證號, 身分證字號, 护照号, 护照号码, 證件號碼, 出生年月日, 生日日期
"""
#: How somebody is reached.
_REACH = """
adres, woonadres, telefoon, telefoonnummer, mobiel, adress, telefonnummer, telefon, mobilnummer, adresse, mobil, e-post, epost
osoite, puhelin, puhelinnumero, sähköposti, aadress, telefoninumber, adrese, tālrunis, adresas, telefonas, telefono numeris
numer telefonu, telefon komórkowy, adres zamieszkania, telefonní číslo, telefónne číslo, cím, lakcím, telefonszám, adresa, număr de telefon
broj telefona, naslov, telefonska številka, numri i telefonit, telefon numarası, cep telefonu, ünvan, telefon nömrəsi, manzil, telefon raqami, salgy
téléphone, portable, numéro de téléphone, adresse postale, domicile, teléfono, número de teléfono, domicilio, correo, dirección
telefone, celular, número de telefone, endereço, telefono, numero di telefono, adreça, telèfon, helbidea, telefonoa, anschrift, handynummer, wohnort
alamat, alamat lengkap, nomor telepon, no hp, telepon, nombor telefon, tirahan, numero ng telepono, anwani, nambari ya simu, simu, adireshi, lambar waya
địa chỉ, diachi, số điện thoại, điện thoại, dienthoai, sodienthoai, cyfeiriad, ffôn, seoladh, guthán, heimilisfang, sími
διεύθυνση, τηλέφωνο, κινητό, адрес проживания, место жительства, телефон, номер телефона, мобильный, почта, адреса, номер телефону, адрас, нумар тэлефона
адрес, телефонен номер, број телефона, адреса на живеење, мекенжайы, мекенжай, телефон нөмірі, дареги, телефон номери, манзил, суроға, рақами телефон, хаяг, утас, утасны дугаар
հասցե, հեռախոս, հեռախոսահամար, მისამართი, ტელეფონი, ტელეფონის ნომერი, მობილური
כתובת, טלפון, מספר טלפון, נייד, דואר אלקטרוני, العنوان, عنوان, عنوان السكن, الهاتف, رقم الهاتف, هاتف, الجوال, رقم الجوال, رقم الموبايل, البريد الإلكتروني
نشانی, آدرس, تلفن, شماره تلفن, موبایل, شماره موبایل, تلفن همراه, پتہ, فون نمبر, موبائل نمبر, پته, د تلیفون شمېره, ئادرېسى, ئادرېس, تېلېفون, تېلېفون نومۇرى, ناونیشان, ژمارەی تەلەفۆن
पता, फ़ोन, फोन, फ़ोन नंबर, फोन नंबर, मोबाइल, मोबाइल नंबर, दूरभाष, पत्ता, ठेगाना, फोन नम्बर, ঠিকানা, ফোন, ফোন নম্বর, মোবাইল, মোবাইল নম্বর, ਪਤਾ, ਫ਼ੋਨ ਨੰਬਰ, સરનામું, ફોન નંબર, ଠିକଣା
முகவரி, தொலைபேசி, தொலைபேசி எண், చిరునామా, ఫోన్ నంబర్, ఫోన్, ವಿಳಾಸ, ದೂರವಾಣಿ, ದೂರವಾಣಿ ಸಂಖ್ಯೆ, വിലാസം, ഫോൺ നമ്പർ, ලිපිනය, දුරකථන අංකය
ที่อยู่, โทรศัพท์, เบอร์โทร, เบอร์โทรศัพท์, หมายเลขโทรศัพท์, มือถือ, ທີ່ຢູ່, ເບີໂທ, ເບີໂທລະສັບ, អាសយដ្ឋាន, លេខទូរស័ព្ទ, ទូរស័ព្ទ, လိပ်စာ, ဖုန်းနံပါတ်, ဖုန်း, ཁ་བྱང་, ཁ་པར་
አድራሻ, ስልክ, ስልክ ቁጥር, ቁፅሪ ስልኪ, 住所, 電話, 電話番号, 携帯電話, 携帯番号, メールアドレス, 주소, 전화, 전화번호, 휴대폰, 휴대폰번호, 휴대전화, 이메일, 연락처, 住址, 電話號碼, 手機, 手機號碼, 家庭地址, 现住址, 户籍地址, 联系方式
"""


class Keys(NamedTuple):
    """Keys by what they are for, lower-case and without what divides words."""

    names: frozenset[str]
    papers: frozenset[str]
    reach: frozenset[str]
    #: Last words of keys of several words, with which such a key may end.
    lasts: frozenset[str]
    #: Words that such keys are made of, in other letters than English ones: no part of a name.
    words: frozenset[str]


@cache
def keys() -> Keys:
    """The table, made when it is first asked."""
    parts = [_rows(text) for text in (_NAMES, _PAPERS, _REACH)]
    rows = [row for part in parts for row in part]
    names, papers, reach = (frozenset("".join(row) for row in part) for part in parts)
    # ``de`` and ``da`` are parts of names as well.
    words = frozenset(word for row in rows for word in row if len(word) > 1 and not word.isascii())
    return Keys(names, papers, reach, frozenset(row[-1] for row in rows if len(row) > 1), words)


def _rows(text: str) -> list[list[str]]:
    """The words of each key in a list of them."""
    rows = (
        row.replace("'", " ").replace("-", " ").replace(".", " ").split() for row in text.replace("\n", ",").split(",")
    )
    return [row for row in rows if row]
