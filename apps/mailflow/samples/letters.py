"""Letters in many languages and in the charsets people still send them in."""

# Letters of other alphabets look like Latin ones; here they are meant.
# ruff: noqa: RUF001
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to alice."""

    name: str
    address: str
    charset: str
    zone: int
    """Hours east of Greenwich."""
    subject: str
    text: str


LETTERS = (
    Letter(
        "Jörg Müller", "joerg.mueller@example.org", "iso-8859-1", 1, "Grüße aus Köln - und eine Frage",
        "Liebe Alice,\n\nherzliche Grüße vom Rhein! Das Wetter ist schön, die Brücken sind voll, und die Brötchen"
        " schmecken.\nHättest du nächste Woche Zeit für ein kurzes Gespräch über das Übersetzungsprojekt?\n\nViele"
        " Grüße\nJörg\n",
    ),
    Letter(
        "Chloé Lefèvre", "chloe@example.net", "utf-8", 1, "Ça y est, le déménagement est terminé !",
        "Bonjour Alice,\n\nNous voilà enfin installés à Besançon. L'appartement est clair, les voisins sont"
        " charmants\net le marché est à deux pas. Viens nous voir quand tu veux : le canapé t'attend.\n\nÀ"
        " bientôt,\nChloé\n",
    ),
    Letter(
        "Iñaki Núñez", "inaki@example.org", "windows-1252", 1, "¿Nos vemos mañana?",
        "¡Hola, Alice!\n\n¿Te viene bien mañana a las diez? Llevaré los planos y un bizcocho de limón.\nSi llueve,"
        " quedamos en la cafetería de la esquina.\n\nUn abrazo,\nIñaki\n",
    ),
    Letter(
        "Zofia Wiśniewska", "zofia@example.net", "iso-8859-2", 1, "Zdjęcia z gór",
        "Cześć Alice,\n\nw końcu przejrzałam zdjęcia z wycieczki. Najlepsze są te z mgłą nad jeziorem.\nWyślę Ci"
        " je w weekend, jak tylko znajdę kabel.\n\nŚciskam,\nZofia\n",
    ),
    Letter(
        "Ольга Соколова", "olga@example.org", "koi8-r", 3, "Приглашение на выставку",
        "Здравствуйте, Алиса!\n\nВ субботу открывается выставка акварелей, и мне было бы очень приятно увидеть вас"
        " там.\nНачало в шесть вечера, вход свободный.\n\nС уважением,\nОльга\n",
    ),
    Letter(
        "Νίκος Παπαδάκης", "nikos@example.net", "iso-8859-7", 2, "Το ελαιόλαδο είναι έτοιμο",
        "Καλημέρα Αλίκη,\n\nη σοδειά φέτος ήταν καλή. Σου κράτησα δύο μπουκάλια.\nΠες μου πού να τα στείλω.\n\n"
        "Φιλιά,\nΝίκος\n",
    ),
    Letter(
        "ليلى حداد", "layla@example.org", "utf-8", 3, "موعد الاجتماع القادم",
        "مرحباً أليس،\n\nأقترح أن نلتقي يوم الأربعاء في الساعة العاشرة صباحاً (10:00) في المكتب الجديد.\n"
        "أرجو أن تحضري معك النسخة الأخيرة من التقرير report-v3.pdf.\n\nمع أطيب التحيات،\nليلى\n",
    ),
    Letter(
        "יעל כהן", "yael@example.net", "utf-8", 2, "תודה על הספר!",
        "שלום אליס,\n\nהספר הגיע אתמול (באנגלית: The Long Way), וכבר קראתי חצי ממנו.\nנדבר בשבוע הבא?\n\nיעל\n",
    ),
    Letter(
        "田中 さくら", "sakura@example.org", "iso-2022-jp", 9, "来月の出張について",
        "アリス様\n\nいつもお世話になっております。\n来月の出張の日程が決まりましたので、ご連絡いたします。\n"
        "十二日の午後に到着し、十五日の朝に出発する予定です。\n\nよろしくお願いいたします。\n田中\n",
    ),
    Letter(
        "王小明", "xiaoming@example.net", "gb18030", 8, "新年聚会的安排",
        "爱丽丝，你好：\n\n聚会定在下周六晚上七点，地点还是老地方。\n请告诉我你能不能来，以及要不要带家人。\n\n祝好，\n小明\n",
    ),
    Letter(
        "김민지", "minji@example.org", "euc-kr", 9, "사진을 보내 드립니다",
        "앨리스에게,\n\n지난 주말에 찍은 사진을 정리했습니다. 마음에 들면 좋겠어요.\n다음에는 꼭 같이 가요!\n\n민지\n",
    ),
    Letter(
        "सुनीता शर्मा", "sunita@example.net", "utf-8", 5, "दीवाली की शुभकामनाएँ",
        "प्रिय ऐलिस,\n\nआपको और आपके परिवार को ढेर सारी शुभकामनाएँ। मिठाई का डिब्बा डाक से भेज दिया है।\n\nस्नेह सहित,\nसुनीता\n",
    ),
)  # fmt: skip
