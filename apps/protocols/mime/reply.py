"""Answering and forwarding: to whom, under which subject, with what quoted (RFC 5322 3.6.4, RFC 3676 4.5)."""

import html as markup
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from apps.protocols.addresses import Address, AddressError

from .letter import Person
from .original import Original, PartRef

# What mail programs put before a subject, in the languages they speak.
_REPLY = (
    "re|aw|antw|antwort|sv|svar|vs|vá|res|odp|ynt|ri|rif|回复|回覆|答复|答覆|отв|ответ|απ|σχετ|atb|bls|ats|yt"
)
_FORWARD = "fwd|fw|wg|tr|rv|vl|vb|doorst|pd|továbbítás|továbbítva|转发|轉寄|yönlendir|ilt|пересл|πρθ"
_COLON = r"(?:\s*\[\d{1,3}\]|\s*\(\d{1,3}\)|\s*\^\d{1,3})?\s*[:\uff1a]\s*"
_REPLIES = re.compile(rf"\s*(?:(?:{_REPLY}){_COLON})+", re.IGNORECASE)
_FORWARDS = re.compile(rf"\s*(?:(?:{_FORWARD}){_COLON})+", re.IGNORECASE)
_BODY = re.compile(r"<body\b[^>]*+>(.*?)(?:</body\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_OUTER = re.compile(
    r"<!doctype[^>]*+>|</?html\b[^>]*+>|<head\b.*?(?:</head\s*>|\Z)", re.IGNORECASE | re.DOTALL
)

FORWARD_LABELS = ("Forwarded message", "From", "Date", "Subject", "To", "Cc")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What an answer or a forwarded message begins with."""

    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    parts: tuple[PartRef, ...] = ()
    """Files of the original that go along."""
    whole: bool = False
    """The original itself goes along, as message/rfc822."""
    addressed: str = ""
    """The address of mine that the original was sent to: the one to answer from; empty where it names none."""


def reply_subject(subject: str) -> str:
    """Return `Re: ` and the subject without what any program put before it to say the same."""
    return f"Re: {_REPLIES.sub('', subject, count=1) if _REPLIES.match(subject) else subject.strip()}".strip()


def forward_subject(subject: str) -> str:
    """Return `Fwd: ` and the subject, once."""
    return (
        f"Fwd: {_FORWARDS.sub('', subject, count=1) if _FORWARDS.match(subject) else subject.strip()}".strip()
    )


def reply(
    original: Original,
    *,
    me: Collection[str],
    all: bool = False,  # noqa: A002 - it is what everyone calls it.
    to_list: bool = False,
    attribution: str = "",
) -> Skeleton:
    """Return the beginning of an answer; `me` are the keys of my addresses, which never get it.

    It goes to whom Reply-To names or else to the author; with `all` to all the others, too; with `to_list` to the
    list alone. An answer to what I wrote myself goes to those I wrote to.
    """
    mine = frozenset(me)
    if to_list and original.list_post:
        to, cc = [Person(original.list_post)], []
    elif original.author and all_mine(original.author, mine):
        to, cc = [*original.to], [*original.cc] if all else []
    else:
        to = [*(original.reply_to or original.author)]
        cc = [*original.to, *original.cc] if all else []
    seen = set(mine)
    chosen = _fresh(to, seen)
    also = _fresh(cc, seen)
    if not chosen:
        # Nobody but myself is left: a note to myself, or a list of which I am the only other.
        chosen, also = (also, []) if also else (_fresh(to, set()), [])
    return Skeleton(
        to=tuple(chosen),
        cc=tuple(also),
        subject=reply_subject(original.subject),
        text=quoted_text(original.text, attribution),
        html=quoted_html(original, attribution) if original.html else "",
        in_reply_to=original.message_id,
        references=_references(original),
        parts=tuple(
            part for part in original.parts if part.content_id and f"cid:{part.content_id}" in original.html
        ),
        addressed=addressed_to(original, mine),
    )


def forward(
    original: Original,
    *,
    me: Collection[str] = (),
    as_attachment: bool = False,
    labels: Sequence[str] = FORWARD_LABELS,
    when: str = "",
) -> Skeleton:
    """Return the beginning of a forwarded message: quoted below a block that says whose it was, or as a file.

    `labels` are the words of that block (see FORWARD_LABELS), `when` is its date as the user reads dates.
    """
    begun = Skeleton(
        subject=forward_subject(original.subject),
        references=_references(original),
        addressed=addressed_to(original, frozenset(me)),
    )
    if as_attachment:
        return replace(begun, whole=True)
    rows = [
        (labels[1], _names(original.author)),
        (labels[2], when or (original.sent_at.strftime("%Y-%m-%d %H:%M %z") if original.sent_at else "")),
        (labels[3], original.subject),
        (labels[4], _names(original.to)),
        (labels[5], _names(original.cc)),
    ]
    rows = [(label, value) for label, value in rows if value]
    head = "".join(f"{label}: {value}\n" for label, value in rows)
    text = f"\n\n---------- {labels[0]} ----------\n{head}\n{original.text}\n"
    html = ""
    if original.html:
        cells = "<br>".join(f"<b>{markup.escape(label)}:</b> {markup.escape(value)}" for label, value in rows)
        title = markup.escape(labels[0])
        html = f"<p><br></p><p>---------- {title} ----------<br>{cells}</p><div>{_inner(original.html)}</div>"
    return replace(begun, text=text, html=html, parts=original.parts)


def addressed_to(original: Original, mine: frozenset[str]) -> str:
    """Return the first of my addresses the original names: among its recipients, or as its author."""
    for person in (*original.to, *original.cc, *original.bcc, *original.author):
        if key_of(person) in mine:
            return person.address
    return ""


def all_mine(people: Iterable[Person], mine: frozenset[str]) -> bool:
    """Whether all of these are me."""
    return all(key_of(person) in mine for person in people)


def key_of(person: Person) -> str:
    """Return the key of an address, or what is written where it is none."""
    try:
        return Address.parse(person.address, forgiving=True).key
    except AddressError:
        return person.address.lower()


def _fresh(people: Iterable[Person], seen: set[str]) -> list[Person]:
    """Return those not seen yet, each once."""
    out = []
    for person in people:
        key = key_of(person)
        if key not in seen:
            seen.add(key)
            out.append(person)
    return out


def _references(original: Original) -> tuple[str, ...]:
    ids = [*original.references, *([original.message_id] if original.message_id else [])]
    return tuple(dict.fromkeys(ids))


def quoted_text(text: str, attribution: str) -> str:
    """Return text with `> ` before each line, below a line that says whose it is."""
    lines = text.rstrip().split("\n") if text.strip() else []
    quote = "".join(f">{line}\n" if line.startswith(">") else f"> {line}".rstrip() + "\n" for line in lines)
    return f"\n\n{attribution}\n{quote}" if attribution else f"\n\n{quote}"


def quoted_html(original: Original, attribution: str) -> str:
    """Return the HTML of a message in a blockquote, below a line that says whose it is."""
    said = f"<p>{markup.escape(attribution)}</p>" if attribution else ""
    return f'<p><br></p>{said}<blockquote type="cite">{_inner(original.html)}</blockquote>'


def _inner(html: str) -> str:
    """Return what is within the body of a document: a document cannot stand within another."""
    match = _BODY.search(html)
    return (match[1] if match else _OUTER.sub("", html)).strip()


def _names(people: Iterable[Person]) -> str:
    return ", ".join(
        f"{person.name} <{person.address}>" if person.name else person.address for person in people
    )
