"""Whether a text tells what recognising faces can do in general, and nothing of this product; in many languages.

"Facial recognition systems can identify age, gender and ethnic origin" is no sentence on what it stands beside; "our
system", "the API" and "this project" are. So is a line without a verb ("Face recognition: age, gender, ethnicity"):
a sentence is general only by what it begins with, or by whose work it speaks of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.rules._deny import sentence

if TYPE_CHECKING:
    from untag.case import Case
    from untag.finding import Mark

__all__ = ["general"]

#: Characters of the longest sentence that is looked at, and sentences before it in which "it" is sought.
_LONGEST, _BACK = 600, 3

#: What speaks of the product itself, or asks for one.
_OWN = later(
    r"(?<![\w-])(?:we|we['’]\w+|our|ours|my|you can|here|must|shall|(?:this|the|an?) (?:[\w-]+ ){0,3}?(?:api|sdk"
    r"|app|application|camera"
    r"|class|classifier|code|component|demo|device|endpoint|engine|function|library|method|model|module|network"
    r"|notebook"
    r"|package|paper|pipeline|platform|plugin|product|program|project|repo|repository|script|server|service|solution"
    r"|system|thesis|tool|web ?site|work|software)|this is"
    r"|(?:est[ea]|el|la|nuestr[oa]|ce|cet|cette|le|l['’]|notre|dieser?|diese[sm]|das|die|der|unser\w*|o|a|ess[ea]"
    r"|noss[oa]|questo|questa"
    r"|il|nostro|nostra|dit|deze|het|de|ons|onze) ?(?:api|app|aplicación|aplicativo|aplicação|application"
    r"|applicazione|biblioteca|bibliothèque|bibliothek"
    r"|bibliotheek|cámara|câmera|caméra|herramienta|ferramenta|outil|werkzeug|tool|strumento|libreria|librería"
    r"|logiciel|software|modelo|modèle|modell"
    r"|model|modello|module|módulo|modul|programa|programme|programm|programma|projeto|proyecto|projet|projekt"
    r"|project|progetto|red|réseau|rede|rete"
    r"|netz|netzwerk|repositorio|repositório|dépôt|schnittstelle|script|skript|servicio|serviço|service|servizio"
    r"|sistema|système|system|systeem"
    r"|solución|solução|solution|anwendung|kamera|trabajo|trabalho|travail|arbeit|toepassing)"
    r"|nosotros|hemos|nous|nos|wir|nós|noi|abbiamo|wij"
    r"|мы|наш\w*|мо[йяёи]|(?:эт[оа]т?|данн\w+) (?:систем|программ|приложени|проект|модел|сервис|библиотек|работ"
    r"|бот)\w*|ми|ця|цей"
    r"|(?:nasz\w*|ten|ta|to) (?:system|aplikacja|projekt|program|model|biblioteka)|nasz\w*"
    r"|bu (?:proje|uygulama|sistem|model|yazılım|çalışma|api|kütüphane|program|depo)\w*|(?:proje|sistem|uygulama"
    r"|model|yazılım)\w{0,4}m[ıiuü]z\w*|biz"
    r"|(?:sistem|aplikasi|proyek|program|model|api|penelitian|skripsi|kode|projek) ini|kami|kita|saya"
    r"|(?:dự án|ứng dụng|hệ thống|mô hình|phần mềm|đề tài|đồ án|chương trình|thư viện|api) (?:này|của)"
    r"|chúng (?:tôi|em|ta)"
    r"|هذا ال\w+|هذه ال\w+|نظامنا|مشروعنا|تطبيقنا|نحن|نقوم|این (?:پروژه|سامانه|سیستم|برنامه|مدل)|ما"
    r"|यह (?:प्रोजेक्ट|परियोजना|ऐप|सिस्टम|मॉडल)|हमार\w+|हम)(?![\w-])"
    r"|本(?:项目|項目|系统|系統|文|产品|產品|软件|軟體|程序|程式|库|接口|研究|算法|平台|工程|专案|專案|作品|应用"
    r"|章)|[该該](?:项目|系统|系統|模型|接口|算法|软件|方法|产品)|我们|我們|这个"
    r"|本(?:プロジェクト|システム|アプリ|論文|モデル|ツール|製品|サービス|リポジトリ|ライブラリ)"
    r"|この(?:プロジェクト|システム|アプリ|モデル|ツール|サービス|リポジトリ|ライブラリ|プログラム|コード|API)"
    r"|当社|我々|私たち|弊社"
    r"|(?:이|본) (?:프로젝트|시스템|앱|애플리케이션|모델|도구|서비스|저장소|라이브러리|프로그램|연구|논문)|우리|저희",
    re.IGNORECASE,
)

#: Words before the subject of a sentence, and what a subject in the plural or without an article is called.
_LEAD = (
    r"[\s\W\d_]*(?:(?:today|nowadays|currently|however|moreover|furthermore|also|in addition|in fact|for example"
    r"|for instance|similarly|now"
    r"|at present|these days|in general|generally|additionally)\b[\s,]*(?:['’]s\b)?\s*)?"
)
_ADJECTIVES = (
    r"all|any|advanced|automated|automatic|commercial|computer|contemporary|current|deep|different|existing|many"
    r"|modern|most"
    r"|new|other|recent|several|some|such|these|those|today['’]s|various|state[- ]of[- ]the[- ]art|biometric"
    r"|intelligent|smart|soft"
    r"|learning|neural|machine|vision|ai|cctv|surveillance|video"
)
_FACE = (
    r"(?:facial|face|human face|ethnicity|race|age|gender|demographic|soft[- ]biometric|biometric|attribute|image)"
    r"(?:(?:,| and|/| or)? (?:facial|face|ethnicity|race|age|gender|attribute|emotion|image))*[- ]"
    r"(?:recognition|analysis|detection|analytics|classification|estimation|identification|verification)"
)
# "Face detection is done by", "models are trained to", "cameras send" tell how something is made.
_VERB = (
    r"(?: [a-z]+ly)? (?:can|could|may|might|(?:is|are|was|were) (?:(?:also|now|even|already|often) )?(?:able"
    r"|capable|an?|one of|not only"
    r"|becoming|often|widely|commonly|increasingly|important|useful|essential|challenging|known|everywhere"
    r"|getting|traits)"
    r"|(?:has|have|had) (?:also |already |even )?(?:been (?!trained|used|tested)|become|shown|many|several|a wide"
    r"|attracted|gained|made|trained|used|achieved)"
    r"|(?:refers?|allows?|enables?|plays?|involves?|remains?|became|becomes?|conveys?|carr(?:y|ies)|reveals?"
    r"|tends?|sell|offer|claim|use)"
    r"|not only)\b"
)
_ENGLISH = (
    rf"(?:(?:(?:{_ADJECTIVES}) ){{0,4}}{_FACE}(?: (?:technolog(?:y|ies)|systems|software|algorithms|tools|models"
    rf"|methods|techniques"
    rf"|applications|programs|services|solutions|cameras|vendors))?{_VERB}"
    rf"|(?:(?:{_ADJECTIVES}) ){{1,4}}(?:tools|models|methods|techniques|networks|programs|papers|works"
    rf"|approaches){_VERB}"
    rf"|(?:(?:{_ADJECTIVES}) ){{0,4}}(?:systems|technolog(?:y|ies)|algorithms|cameras|computers|machines"
    rf"|biometrics|traits|companies"
    r"|vendors|governments|countries|people|humans|researchers|scientists|authors|studies|ai"
    r"|artificial intelligence|computer vision|deep learning)"
    rf"(?: (?:based on|built on|using|for|that use)(?: \w+){{1,4}}?)?{_VERB}"
    rf"|(?:by|from) [^,.]{{3,60}}, (?:humans|people|one|researchers|algorithms|computers|machines){_VERB}"
    rf"|(?:the |a )?(?:human|person['’]s) (?:face|brain|eye)s?{_VERB}"
    r"|(?:faces?|(?:face|facial) (?:images?|attributes?|features?|photos?))(?: (?:such as|like) [^.;:]{3,80}?)?"
    r" (?:conveys?|carr(?:y|ies)|contains?|reveals?|(?:is|are) (?:an? )?(?:important|useful|essential|valuable"
    r"|widely|commonly)))"
)

#: What a sentence begins with that speaks of such systems, of researchers, of everybody's face.
_BEGINS = later(
    rf"{_LEAD}(?:{_ENGLISH}"
    # Spanish, Portuguese, Italian, Catalan
    r"|(?:hoy en día|actualmente|hoje em dia|atualmente|oggi),? (?:l[oa]s |os |as |i |le )?(?:much[oa]s"
    r"|algun[oa]s|muit[oa]s|algum[oa]s|molt[ei]|sistemas|tecnologías|empresas|tecnologias)\b"
    r"|(?:(?:los|las|os|as|i|gli|le|muchos|muchas|muitos|muitas|algunos|algunas|alguns|algumas|varios|varias"
    r"|vários|várias|diversos|diversas|numerosos|molti|molte|alcuni"
    r"|alcune|diversi) )?(?:modern[oa]s )?(?:sistemas|tecnologías|tecnologias|algoritmos|programas|herramientas"
    r"|ferramentas|cámaras|câmeras|redes|empresas|estudios|estudos|trabajos|trabalhos"
    r"|investigadores|pesquisadores|investigaciones|pesquisas|métodos|sistemi|tecnologie|algoritmi|aziende|studi"
    r"|ricercatori)\b(?!\W+(?:se|fueron|foram|han sido|son|são|sono|vengono)\b)"
    r"|(?:el|la|o|a|il) (?:rostro|rosto|cara|face|volto|viso) (?:human[oa]|uman[oa])\b|(?:el|o"
    r"|il) (?:reconocimiento|reconhecimento|riconoscimento) facial[e]? (?:es|é|è|puede|pode|può|permite)\b"
    # French
    r"|(?:de nos jours|aujourd['’]hui|actuellement),? (?:les|de nombreu\w+|plusieurs|certain\w+|des)\b"
    r"|(?:(?:les|des|de nombreu(?:x|ses)|plusieurs|certain(?:s|es)|divers(?:es)?) )(?:systèmes|technologies"
    r"|algorithmes|logiciels|chercheurs|études|travaux|entreprises|caméras|réseaux|méthodes)\b(?!\W+(?:sont"
    r"|ont été)\b)"
    r"|le visage humain\b|la reconnaissance faciale (?:humaine )?(?:est|peut|permet)\b"
    # German, Dutch
    r"|(?:heute|heutzutage|mittlerweile)\b[\s,]*(?:können|gibt es|sind|nutzen|setzen)\b"
    r"|(?:(?:moderne|viele|einige|manche|zahlreiche|mehrere|aktuelle|heutige|verschiedene|die meisten|solche"
    r"|moderne|veel|sommige|verschillende) )?"
    r"(?:gesichtserkennungs-?(?:systeme|technologien?|algorithmen|programme|software)|systeme|algorithmen"
    r"|forscher(?:innen)?|wissenschaftler|studien|arbeiten"
    r"|firmen|unternehmen|kameras|verfahren|netze|gezichtsherkenningssystemen|systemen|onderzoekers|studies"
    r"|bedrijven|camera['’]s) "
    r"(?:können|kann|sind|haben|werden|ermöglichen|nutzen|zeigen|setzen|erkennen|kunnen|hebben|zijn)\b"
    r"|das menschliche gesicht\b|gesichter (?:verraten|enthalten|tragen)\b"
    r"|(?:mit (?:\w+ )?)?gesichtserkennung (?:ist|kann|können|lassen|lässt|ermöglicht)\b|het menselijk gezicht\b"
    r"|gezichtsherkenning (?:is|kan)\b"
    # Russian, Ukrainian, Polish
    r"|(?:сегодня|сейчас|в настоящее время|сьогодні|obecnie|dziś),? (?:многие|некоторые|существ\w+|системы|багато"
    r"|wiele|niektóre|systemy)\b"
    r"|(?:(?:современные|многие|некоторые|различные|существующие|такие|сучасні|деякі|nowoczesne|współczesne"
    r"|niektóre|istniejące) )*(?:системы|технологии|алгоритмы|методы|нейронные сети|нейросети"
    r"|камеры|компании|системи|технології|алгоритми|systemy|technologie|algorytmy|firmy|metody|kamery)\b"
    r"|по лицу (?:человека )?можно\b|(?:лицо человека|человеческое лицо|обличчя людини|ludzka twarz"
    r"|twarz (?:człowieka|ludzka))\b|(?:технология )?распознавани[ея] лиц (?:[—–-] ?)?(?:это|является|позволяет"
    r"|может)\b"
    r"|розпізнавання облич (?:[—–-] ?)?це\b|rozpoznawanie twarzy (?:to|jest)\b"
    # Turkish
    r"|(?:günümüzde|son yıllarda)\b|(?:(?:modern|birçok|bazı|çoğu|mevcut) )?(?:yüz (?:tanıma"
    r"|analizi) (?:sistemleri|teknolojileri|teknolojisi|yazılımları|algoritmaları)|insan yüzü)\b"
    # Indonesian, Malay
    r"|(?:saat ini|dewasa ini),? (?:banyak|beberapa|sistem|teknologi)\b|(?:sistem"
    r"|teknologi) pengenalan wajah (?:saat ini|modern|masa kini)\b"
    r"|teknologi pengenalan wajah (?:dapat|mampu|bisa|adalah|merupakan|telah)\b|wajah manusia\b|(?:banyak"
    r"|beberapa|para|berbagai) (?:peneliti|penelitian|perusahaan|sistem|algoritma)\b"
    # Vietnamese
    r"|(?:các|nhiều|một số|những) (?:hệ thống|công nghệ|thuật toán|phần mềm|nhà nghiên cứu|nhà khoa học"
    r"|nghiên cứu|công ty|phương pháp|công trình)\b|(?:khuôn )?mặt (?:con )?người\b"
    r"|(?:hiện nay|ngày nay|những năm gần đây|trong những năm gần đây)\b|công nghệ nhận (?:dạng|diện) khuôn mặt\b"
    # Arabic, Persian, Hindi
    r"|(?:يمكن ل|تستطيع |تتمكن )(?:أنظمة|تقنيات|برامج|خوارزميات)|(?:أنظمة|تقنيات|تقنية|برامج) (?:التعرف|تحليل)\b"
    r"|(?:الوجه البشري|وجه الإنسان)|(?:يحمل|يحتوي|يكشف) (?:الوجه البشري|وجه الإنسان)"
    r"|(?:سیستم‌های|سامانه‌های|فناوری) تشخیص چهره|چهره (?:انسان|هر فرد)|(?:चेहरा पहचान"
    r"|फेस रिकग्निशन) (?:प्रणालियाँ|तकनीक|सिस्टम) |मानव (?:चेहरा|चेहरे)"
    # Chinese, Japanese, Korean
    r"|人脸识别(?:技术)?(?:是|可以|能够|能|已经?|不仅|不但)(?<!识别能)|(?:人脸|人臉|面部)(?:识别|識別|分析"
    r"|属性识别|辨識)(?:技术|技術|算法)(?:是|可以|能够|能|已)|人脸属性(?:识别|分析)是"
    r"|(?:人类|人類|人)?的?(?:人脸|人臉|面部|脸部|面孔|顔)(?:图像)?(?:中|上|里)?(?:包含|蕴含|蕴藏|含有|具有|承载"
    r"|反映|可以反映|能够反映|传递|包含着)"
    r"|(?:人間|人|ヒト)の顔(?:に|は|から|画像に)|顔(?:認識|認証|分析)(?:技術|システム)?(?:は|とは)|(?:사람"
    r"|인간)의 얼굴|(?:최근 |현대 )?얼굴 ?(?:인식|분석) ?(?:기술|시스템들|알고리즘)[은는이]"
    r")",
    re.IGNORECASE,
)
#: What a sentence on the work of others, or of a whole field, says anywhere.
_FIELD = later(
    r"\[\d{1,3}\](?!\()|\bet al\.? ?[\[(]"  # whose work it is
    r"|(?<![\w-])(?:researchers?|scientists|human (?:visual|vision|brain|perception|observers?)\b"
    r"|(?:recent|previous|prior|several|many|numerous|some|earlier|other|most"
    r"|various) (?:studies|works?|papers|approaches|methods|authors"
    r"|companies|vendors)|studies (?:have )?(?:show|demonstrat|suggest|found|report)\w*|(?:has"
    r"|have) been (?:widely |extensively |proposed|studied|investigated|shown|used to)\w*"
    r"|in recent years|over the (?:past|last) (?:\w+ )?(?:years|decades?)|in the literature|research (?:area"
    r"|field|topic|community)|(?:challenging|difficult|hard|open|well[- ]known|important|popular"
    r"|active|fundamental) (?:problem|task|topic|area|field|research)|(?:is|are|was|were) (?:widely|commonly"
    r"|often|increasingly) (?:used|studied|applied)|much attention"
    r"|investigadores|estudios (?:han|recientes|previos|demuestran|muestran)|en los últimos años|en la literatura"
    r"|pesquisadores|estudos (?:mostra\w+|recentes|anteriores)|nos últimos anos|na literatura"
    r"|ricercatori|negli ultimi anni|in letteratura|chercheurs|études (?:ont|récentes|montrent)"
    r"|ces dernières années|dans la littérature"
    r"|forscher(?:innen)?|studien (?:haben|zeigen)|in den letzten jahren|in der literatur|onderzoekers"
    r"|de laatste jaren"
    r"|исследовател\w+|исследования (?:показ|подтверд)\w+|в последние годы|в литературе|дослідник\w*"
    r"|дослідження показ\w+|останніми роками|badacze|badania (?:wykaza|pokazu)\w+|w ostatnich latach"
    r"|araştırmacı(?:lar)?|birçok çalışma\w*|son yıllarda|literatürde|yapılan çalışmalar\w*|para peneliti"
    r"|banyak peneliti\w*|penelitian (?:sebelumnya|terdahulu)|tahun terakhir"
    r"|nhà (?:nghiên cứu|khoa học)|những năm gần đây|nhiều nghiên cứu)(?![\w-])"
    r"|الباحث(?:ون|ين)|(?:العديد من|بعض|أظهرت) (?:الدراسات|الأبحاث|الشركات)|في السنوات الأخيرة|پژوهشگران"
    r"|در سال‌های اخیر|शोधकर्ता|हाल के वर्षों"
    r"|近年[来來]?|随着.{2,30}(?:发展|进步|普及)|研究(?:人员|者|表明|发现|方向|热点|领域|現狀)|学者|(?:一些|许多"
    r"|很多|不少|大多数|众多|多数)的?(?:公司|企业|厂商|系统|研究|算法|方法|技术|国家|文献|论文)"
    r"|研究者|多くの(?:研究|手法|企業|システム)|(?:提案|研究|注目)されて|많은 (?:연구|기업|시스템)|연구자|연구되"
    r"|제안되|최근 (?:몇 년|얼굴)",
    re.IGNORECASE,
)
#: What people see with is no system of the product's.
_MIND = later(r"(?:the )?human (?:visual|vision|perceptual) system", re.IGNORECASE)
#: Sections that tell of the work of others.
_SECTION = later(
    r"(?:^|[\s#>*\d.:-])(?:related (?:works?|research|studies)|literature(?: review| survey)?|prior (?:art|work)"
    r"|previous works?|state of the art|trabajos relacionados|estado del arte"
    r"|trabalhos relacionados|estado da arte|état de l['’]art|travaux (?:connexes|existants)|stand der technik"
    r"|verwandte arbeiten|stato dell['’]arte|обзор литературы|связанные работы"
    r"|ilgili çalışmalar|literatür(?: taraması)?|penelitian (?:terkait|terdahulu)|tinjauan pustaka"
    r"|nghiên cứu liên quan|أعمال سابقة|الدراسات السابقة|相关工作|相關研究|研究现状|文献综述|関連研究|先行研究"
    r"|관련 연구|선행 연구)"
    r"[\s:：*#.]*$",
    re.IGNORECASE,
)
#: How a sentence goes on about what was spoken of before it.
_ON = later(
    r"[\s\W]*(?:it|they|this (?:technology|software)|such (?:systems|technology|software)|these (?:systems"
    r"|technologies|tools|algorithms)|esta tecnología|esta tecnologia|cette technologie|diese technik"
    r"|diese technologie|sie|elles?|ils|ellos|eles|они|она|эта технология|这种技术|该技术|这项技术|この技術"
    r"|이 기술)(?![\w-])",
    re.IGNORECASE,
)
#: Words and signs from which a text is a sentence.
_WORDS, _SIGNS = 5, 10
_WORD = later(r"[^\W\d_]+")
_SCRIPT = later("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def general(case: Case, mark: Mark) -> bool:
    """Whether each sentence with a tag tells what such systems can do, or others found, and not what this one does."""
    text = mark.text
    spans = {
        sentence(text, h.start, min(h.end, len(text))) for h in mark.hits if h.kind in {"attribute", "group", "proxy"}
    }
    headed = _SECTION.search(case.owner.rpartition(" > ")[2].strip()[-80:]) is not None
    return bool(spans) and all(_general(text, low, high, headed=headed) for low, high in spans)


def _general(text: str, low: int, high: int, *, headed: bool) -> bool:
    said = _MIND.sub("human vision", text[low:high])
    if len(said) > _LONGEST or (len(_WORD.findall(said)) < _WORDS and len(_SCRIPT.findall(said)) < _SIGNS):
        return False
    if _OWN.search(said) is not None:
        return False
    if headed or _BEGINS.match(said) is not None or _FIELD.search(said) is not None:
        return True
    for _ in range(_BACK):
        if low < 2 or _ON.match(said) is None:
            return False
        low, high = sentence(text, max(0, low - 2), low - 1)
        said = text[low:high]
        if _OWN.search(said) is not None:
            return False
        if _BEGINS.match(said) is not None or _FIELD.search(said) is not None:
            return True
    return False
