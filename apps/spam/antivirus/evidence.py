"""What the scanner says of a message, as evidence."""

import functools

from django.conf import settings

from apps.spam.symbols import Evidence, Sort, Source, Symbol

from .client import Clamd, Place
from .wire import Answer

NAME = "antivirus"
VIRUS, SUSPECT, PHISHING, UNWANTED = "VIRUS", "VIRUS_SUSPECT", "VIRUS_PHISHING", "VIRUS_SPAM"
# What signatures are named that tell something else than a virus: guesses of the scanner, and lists of unwanted mail.
_MILDER: tuple[tuple[str, Symbol], ...] = (
    ("Heuristics.Phishing", Symbol(PHISHING, 3.0, Source.ANTIVIRUS, sort=Sort.PHISHING)),
    ("Heuristics.Encrypted", Symbol(SUSPECT, 0.5, Source.ANTIVIRUS)),
    ("Heuristics.Limits", Symbol(SUSPECT, 0.5, Source.ANTIVIRUS)),
    ("Heuristics.Broken", Symbol(SUSPECT, 1.0, Source.ANTIVIRUS)),
    ("Heuristics.OLE2.ContainsMacros", Symbol(SUSPECT, 1.0, Source.ANTIVIRUS)),
    ("Heuristics.Structured", Symbol(SUSPECT, 0.0, Source.ANTIVIRUS)),
    ("Heuristics.", Symbol(SUSPECT, 2.0, Source.ANTIVIRUS)),
    ("PUA.", Symbol(SUSPECT, 2.0, Source.ANTIVIRUS)),
    ("Sanesecurity.Phishing", Symbol(PHISHING, 3.0, Source.ANTIVIRUS, sort=Sort.PHISHING)),
    ("Sanesecurity.Spam", Symbol(UNWANTED, 3.0, Source.ANTIVIRUS)),
    ("Sanesecurity.Junk", Symbol(UNWANTED, 3.0, Source.ANTIVIRUS)),
    ("Email.Phishing", Symbol(PHISHING, 4.0, Source.ANTIVIRUS, sort=Sort.PHISHING)),
)  # fmt: skip
WEIGHT = 20.0


def of_answer(answer: Answer) -> Evidence:
    """Return an answer as evidence; a scanner that is down says nothing, and that it said nothing."""
    if answer.fault:
        return Evidence(missing=((NAME, answer.fault[:200]),))
    if not (name := answer.signature):
        return Evidence()
    bare = name.removesuffix(".UNOFFICIAL")
    for start, symbol in _MILDER:
        if bare.startswith(start):
            return Evidence((Symbol(symbol.name, symbol.weight, symbol.source, name[:200], symbol.sort),))
    return Evidence((Symbol(VIRUS, WEIGHT, Source.ANTIVIRUS, name[:200], Sort.VIRUS),))


def antivirus(raw: bytes) -> Evidence:
    """Ask about a message; nothing, at no price, where no scanner is named."""
    return (
        of_answer(_clamd(settings.MAIL_CLAMD, settings.MAIL_CLAMD_SECONDS).scan(raw))
        if is_asked()
        else Evidence()
    )


async def antivirus_async(raw: bytes) -> Evidence:
    """Ask about a message, on a loop."""
    if not is_asked():
        return Evidence()
    return of_answer(await _clamd(settings.MAIL_CLAMD, settings.MAIL_CLAMD_SECONDS).scan_async(raw))


def is_asked() -> bool:
    """Whether there is a scanner to ask."""
    return bool(settings.MAIL_CLAMD)


@functools.cache
def _clamd(place: str, seconds: float) -> Clamd:
    return Clamd(Place.parse(place), seconds)
