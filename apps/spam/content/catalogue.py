"""The symbols of this source: what each weighs, and which sort of unwanted it speaks for.

Weights come from how often each was found in wanted and unwanted mail of several collections, drawn towards 0 where it
was rare, and rounded: `python -m bench.spam.symbols` prints the table. What hostile mail alone has weighs more.
"""

from collections.abc import Iterable

from apps.spam.symbols import Sort, Source, Symbol

LONGEST = 200

_SPAM: dict[str, float] = {
    # HTML that shows a reader something else than a program.
    "HTML_HIDDEN_TEXT": 0.4,
    "HTML_HIDDEN_MORE_THAN_SEEN": 0.6,
    "HTML_TINY_TEXT": 0.6,
    "HTML_TEXT_LIKE_BACKGROUND": 0.8,
    "HTML_TEXT_OFF_SCREEN": 0.8,
    "HTML_SPLIT_WORDS": 1.2,
    "HTML_SCRIPT": 0.6,
    "HTML_FRAME": 0.2,
    "HTML_REFRESH": 0.8,
    "HTML_BASE_ELSEWHERE": 0.4,
    "HTML_FORM": 0.3,
    "HTML_IMAGE_ONLY": 0.6,
    "HTML_ONE_LINKED_IMAGE": 0.6,
    "HTML_ALTERNATIVES_DIFFER": 0.6,
    # How it is put together.
    "MIME_BROKEN": 0.5,
    "TEXT_UNKNOWN_CHARSET": 0.5,
    "TEXT_NONE": 0.4,
    # Letters.
    "TEXT_MIXED_SCRIPTS": 1.5,
    "TEXT_INVISIBLE_LETTERS": 0.8,
    "TEXT_STYLED_LETTERS": 0.4,
    "TEXT_REVERSED": 1.0,
    "SUBJECT_MIXED_SCRIPTS": 1.5,
    "SUBJECT_INVISIBLE_LETTERS": 1.2,
    "SUBJECT_STYLED_LETTERS": 0.5,
    # Who it claims to be from.
    "FROM_INVISIBLE_LETTERS": 1.5,
    "FROM_STYLED_LETTERS": 0.5,
    "FROM_MISSING": 0.5,
    "FROM_SEVERAL": 0.3,
    "REPLY_TO_ELSEWHERE": 0.0,
    "REPLY_TO_FREE_MAIL": 0.8,
    # Links.
    "URL_IP_ADDRESS": 1.0,
    "URL_PUNYCODE": 0.2,
    "URL_USERINFO": 0.8,
    "URL_ODD_HOST": 0.5,
    "URL_MANY_LABELS": 0.6,
    "URL_ODD_PORT": 0.2,
    "URL_SHORTENER": 0.4,
    "URL_REDIRECTOR": 0.4,
    "URL_FREE_PAGE": 0.3,
    "URL_PROGRAM": 0.6,
    "URL_JAVASCRIPT": 0.5,
    "URL_DATA": 1.0,
    "URL_ONE_ONLY": 0.0,
    # Files.
    "FILE_DOUBLE_EXTENSION": 3.0,
    "FILE_NAME_REVERSED": 3.5,
    "FILE_NAME_PADDED": 2.0,
    "FILE_PROGRAM": 3.0,
    "FILE_SCRIPT": 3.0,
    "FILE_SHORTCUT": 3.0,
    "FILE_DISK_IMAGE": 2.0,
    "FILE_ONENOTE": 1.5,
    "FILE_TYPE_LIES": 1.0,
    "FILE_PROGRAM_IN_DISGUISE": 3.5,
    "FILE_MACRO": 0.5,
    "FILE_MACRO_STARTS_ITSELF": 1.5,
    "FILE_OBJECT_IN_TEXT": 1.0,
    "FILE_PDF_ACTS": 0.3,
    "ARCHIVE_PROGRAM": 2.5,
    "ARCHIVE_ENCRYPTED": 0.8,
    "ARCHIVE_NESTED": 1.0,
    "ARCHIVE_BOMB": 3.0,
    "ARCHIVE_UNREADABLE": 0.1,
    "FILE_ONLY": 0.3,
}
_PHISHING: dict[str, float] = {
    "HTML_PASSWORD_FIELD": 1.5,
    "FROM_MIXED_SCRIPTS": 2.0,
    "FROM_NAMES_OTHER_ADDRESS": 1.0,
    "FROM_BRAND_ELSEWHERE": 1.5,
    "FROM_HOST_IMITATES": 2.0,
    "URL_HOST_MIXED_SCRIPTS": 2.0,
    "URL_HOST_IMITATES": 1.0,
    "URL_TEXT_OTHER_HOST": 0.2,
    "URL_TEXT_BRAND_HOST": 1.0,
    "URL_TEXT_BRAND": 0.8,
    "URL_NAMES_RECIPIENT": 1.2,
    "FILE_HTML": 0.6,
    "FILE_HTML_ACTS": 1.5,
}
_BULK: dict[str, float] = {
    "BULK_LIST_UNSUBSCRIBE": 1.5,
    "BULK_ONE_CLICK": 0.5,
    "BULK_PRECEDENCE": 0.8,
    "BULK_LIST_ID": 0.4,
    "BULK_SENT_BY_SERVICE": 0.8,
    "BULK_TRACKER": 0.5,
    "BULK_UNSUBSCRIBE_LINK": 0.8,
    "BULK_DISCUSSION": -1.5,
}
KINDS: dict[str, tuple[float, Sort]] = {
    name: (weight, sort)
    for sort, weights in ((Sort.SPAM, _SPAM), (Sort.PHISHING, _PHISHING), (Sort.BULK, _BULK))
    for name, weight in weights.items()
}


class Found:
    """Symbols as they are found, each once."""

    def __init__(self) -> None:
        self._details: dict[str, str] = {}

    def add(self, name: str, detail: str = "") -> None:
        """Note a symbol; of one that is found again, the first detail counts."""
        self._details.setdefault(name, detail)

    def __contains__(self, name: str) -> bool:
        return name in self._details

    def symbols(self) -> Iterable[Symbol]:
        """Return them with their weights, in order."""
        for name, detail in self._details.items():
            weight, sort = KINDS[name]
            yield Symbol(name, weight, Source.CONTENT, detail[:LONGEST], sort)
