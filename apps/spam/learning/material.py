"""What a learner looks at: a handful of fields and the text a person reads, and nothing that tells how mail came."""

import re
from dataclasses import dataclass

from apps.spam.reading import Party, Reading

from . import stripping

TEXT_LIMIT = 20_000
MARKUP_LIMIT = 20_000
LINKS_LIMIT = 100
PARTS_LIMIT = 50

_WANTED = frozenset(
    (
        "from",
        "reply-to",
        "x-mailer",
        "user-agent",
        "message-id",
        "content-type",
        "to",
        "cc",
        "date",
        "dkim-signature",
    )
)
_SIGNS = (
    "cc",
    "reply-to",
    "x-priority",
    "importance",
    "organization",
    "x-mailer",
    "user-agent",
    "date",
    "message-id",
)
# What list programs add below a message tells which list it came by.
_FOOTER = re.compile(r"\n_{20,}[ \t]*\n[^\n]*mailing list.{0,600}\Z", re.IGNORECASE | re.DOTALL)
_ZONE = re.compile(r"[+-]\d{4}")
_SIGNER = re.compile(r"(?:^|;)\s*d\s*=\s*([\w.-]{1,100})", re.ASCII)
_RUNS = ((re.compile("[a-z]+"), "a"), (re.compile("[A-Z]+"), "A"), (re.compile(r"\d+"), "0"))


@dataclass(frozen=True, slots=True)
class Material:
    """One message as learners see it; every text is decoded."""

    sender: str = ""
    """From: name and address."""
    reply_to: str = ""
    to: str = ""
    subject: str = ""
    """Without the tags of lists and filters."""
    text: str = ""
    links: tuple[str, ...] = ()
    mailer: str = ""
    content_type: str = ""
    markup: str = ""
    """The HTML as it stands, for the names of its tags and attributes."""
    types: tuple[str, ...] = ()
    """The media type of each part."""
    signs: tuple[str, ...] = ()
    """Which of a few header fields there are, and how they look."""
    domain: str = ""
    """Of the sender, in small letters."""


def material(reading: Reading) -> Material:
    """Choose what learners look at."""
    got: dict[str, str] = {}
    present = set()
    for name, value in reading.headers:
        present.add(name)
        if name in _WANTED and name not in got:
            got[name] = value
    domain = reading.senders[0].domain if reading.senders else ""
    source = reading.source
    return Material(
        sender=got.get("from", "")[:400],
        reply_to=got.get("reply-to", "")[:400],
        to=_together(reading.to),
        subject=stripping.subject(reading.subject[:1000])[:400],
        text=_FOOTER.sub("", reading.text[:TEXT_LIMIT]),
        links=tuple([link.href[:400] for link in reading.links[:LINKS_LIMIT]]),
        mailer=(got.get("x-mailer", "") + " " + got.get("user-agent", ""))[:200],
        content_type=got.get("content-type", "").partition("boundary")[0][:200],
        markup=source[:MARKUP_LIMIT] if reading.html.tags else "",
        types=tuple([part.type[:60] for part in reading.parts[:PARTS_LIMIT]]),
        signs=_signs(present, got, domain),
        domain=domain[:100],
    )


def _together(people: tuple[Party, ...]) -> str:
    return " ".join([f"{one.name} {one.address}" for one in people[:20]])[:1000]


def _signs(present: set[str], got: dict[str, str], domain: str) -> tuple[str, ...]:
    """Return short words about a header."""
    shape, _, host = got.get("message-id", "").partition("@")
    for run, letter in _RUNS:
        shape = run.sub(letter, shape[:80])
    out = [("has:" if name in present else "no:") + name for name in _SIGNS]
    out += [
        "id:" + shape[:40],
        "id-host:" + ("own" if domain and host.rstrip("> ").lower().endswith(domain) else "other"),
    ]
    zone = _ZONE.search(got.get("date", ""))
    out.append("zone:" + (zone[0] if zone else "none"))
    signer = _SIGNER.search(got.get("dkim-signature", ""))
    out.append("signed:" + ("none" if signer is None else "own" if signer[1].lower() == domain else "other"))
    return tuple(out)
