"""What a careful colleague would ask before a letter leaves. Nothing here refuses anything."""

import enum
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .letter import Letter, Person
from .plain import plain_text
from .reply import key_of

MANY = 20
WELL_KNOWN = [
    *(
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "yahoo.com",
        "icloud.com",
        "protonmail.com",
    ),
    *("t-online.de", "freenet.de", "hotmail.de", "outlook.de", "yahoo.de", "comcast.net", "verizon.net"),
    *("libero.it", "laposte.net", "wanadoo.fr", "orange.fr"),
]
# Real neighbours of those above: a letter away, and no mistake.
_REAL = frozenset(
    {"ymail.com", "email.com", "mail.com", "hotmail.co.uk", "yahoo.co", "outlook.co", "gmail.co.uk"}
) | frozenset(WELL_KNOWN)
_ATTACHED = re.compile(
    r"\b(?:attached|attachments?|enclosed|enclosure|anhang|anhänge|anbei|angehängt\w*|beigefügt\w*|beiliegend\w*"
    r"|pièces? jointes?|ci-jointe?s?|en pièce jointe|adjunt\w+|allegat\w+|in allegato|bijlagen?|bijgevoegd\w*"
    r"|załącz\w+|bifogad\w*|vedlagt|liite|liitteenä)\b",
    re.IGNORECASE,
)
_END_OF_OWN = re.compile(r"^(?:-- ?|-{5,}.*|_{10,})$")


class Kind(enum.StrEnum):
    """What there is to ask about."""

    NO_SUBJECT = "no_subject"
    NO_ATTACHMENT = "no_attachment"
    MANY_RECIPIENTS = "many_recipients"
    MISTYPED = "mistyped"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to ask; `about` are the words or addresses it is about, `instead` what may have been meant."""

    kind: Kind
    about: tuple[str, ...] = ()
    instead: str = ""


def warnings(
    letter: Letter, *, ours: Collection[str] = (), thread: Sequence[Person] = (), known: Collection[str] = ()
) -> tuple[Doubt, ...]:
    """Return what to ask before sending.

    `ours` are the domains of the organisation, `thread` everyone the answered message named, `known` the keys of
    addresses that were written to before and so are not mistyped.
    """
    found: list[Doubt] = []
    if not letter.subject.strip():
        found.append(Doubt(Kind.NO_SUBJECT))
    has_file = any(not item.content_id for item in letter.attachments)
    if not has_file and (word := _ATTACHED.search(own_text(letter))):
        found.append(Doubt(Kind.NO_ATTACHMENT, (word[0],)))
    if len(letter.to) + len(letter.cc) > MANY:
        found.append(Doubt(Kind.MANY_RECIPIENTS, (str(len(letter.to) + len(letter.cc)),)))
    found += [
        Doubt(Kind.MISTYPED, (person.address,), meant)
        for person in letter.recipients
        if key_of(person) not in known and (meant := meant_by(person.address))
    ]
    if thread and all(_domain(person.address) in ours for person in thread):
        outside = tuple(person.address for person in letter.recipients if _domain(person.address) not in ours)
        if outside:
            found.append(Doubt(Kind.EXTERNAL, outside))
    return tuple(found)


def own_text(letter: Letter) -> str:
    """Return what the author wrote: no quotes, no forwarded message, no signature."""
    text = letter.text or plain_text(letter.html)
    own = []
    for line in text.splitlines():
        if _END_OF_OWN.match(line):
            break
        if not line.startswith(">"):
            own.append(line)
    return "\n".join([letter.subject if not _is_answer(letter) else "", *own])


def _is_answer(letter: Letter) -> bool:
    """Whether the subject is somebody else's words."""
    return bool(letter.in_reply_to or letter.references)


def meant_by(address: str) -> str:
    """Return the address that was probably meant, where its domain is one slip from a well-known one."""
    local, _, domain = address.rpartition("@")
    domain = domain.lower()
    if domain in _REAL:
        return ""
    return next((f"{local}@{known}" for known in WELL_KNOWN if _one_slip(domain, known)), "")


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter more, less or other, or two in the wrong order, make one of the other."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    left, right = a[start : len(a) - end], b[start : len(b) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
