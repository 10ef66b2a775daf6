"""Whole messages of a language: texts, senders, header fields and encodings drawn from a seed."""

import html
import random
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from bench.spam.canary import wire
from bench.spam.canary.texts import Language, Text, filled, language

SORTS = {"personal": 90, "transactional": 80, "newsletter": 40}
LABEL = re.compile(r"<<(.+?)>>", re.DOTALL)
ENDS = ["example.com", "example.org", "example.net", "test", "example"]
PLAIN = str.maketrans("ıłŁß", "ilLs")
PROGRAMS = [
    "User-Agent: Mozilla Thunderbird",
    "X-Mailer: Apple Mail (2.3774.300.61.1.2)",
    "X-Mailer: iPhone Mail (20H115)",
    "X-Mailer: Microsoft Outlook 16.0",
    "User-Agent: K-9 Mail for Android",
    "User-Agent: Roundcube Webmail/1.6.5",
    "",
    "",
]
KINDS = {
    "pdf": "application/pdf",
    "ics": "text/calendar; method=PUBLISH",
    "png": "image/png",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of the canary."""

    language: str
    sort: str
    number: int
    raw: bytes

    @property
    def file(self) -> str:
        """Where it is written, under the folder of its language."""
        return f"ham/{self.sort}-{self.number:03d}.eml"


def mails(code: str) -> Iterator[Mail]:
    """Write every message of a language, no two with the same text."""
    spoken = language(code)
    for sort, count in SORTS.items():
        seen: set[str] = set()
        number = attempt = 0
        while number < count:
            rng = random.Random(f"canary {code} {sort} {attempt}")
            template = spoken.texts[sort][attempt % len(spoken.texts[sort])]
            attempt += 1
            if attempt > 40 * count:
                raise ValueError(f"{code}: too few {sort} texts to write {count} messages")
            maker = _person if sort == "personal" else _business
            text, raw = maker(spoken, template, sort, rng)
            if text.body not in seen:
                seen.add(text.body)
                number += 1
                yield Mail(code, sort, number, raw)


def _person(spoken: Language, template: str, _sort: str, rng: random.Random) -> tuple[Text, bytes]:
    """Someone writes to someone."""
    host = f"{rng.choice(['mail', 'post', 'mx', 'home'])}.{rng.choice(ENDS)}"
    me = next((kind for kind in ("me_f", "me_m") if f"{{{kind}}}" in template), "me")
    signed = rng.choice(spoken.slots[me])
    family = _family(spoken, rng)
    text = filled(spoken, template, {me: signed, "family": family}, rng)
    shown = f"{signed} {family}" if rng.random() < 0.7 else signed
    local = re.sub(
        r"[^a-z]+",
        ".",
        unicodedata.normalize("NFKD", shown.translate(PLAIN)).encode("ascii", "ignore").decode().lower(),
    )
    local = local.strip(".") or rng.choice(spoken.hosts)
    address = f"{local}{rng.choice(['', str(rng.randrange(1, 99))])}@{host}"
    if "last_first" in spoken.slots:
        shown = family + signed
    body, subject = text.body, text.subject
    if rng.random() < 0.2 and subject:
        quoted = filled(
            spoken, rng.choice(spoken.texts["personal"]), {"family": _family(spoken, rng)}, rng
        ).body
        body += f"\n\n{spoken.wrote}\n" + "\n".join(
            f"> {line}" for line in LABEL.sub(r"\1", quoted).splitlines()
        )
        subject = f"{rng.choice(['Re', 'Re', 'AW' if spoken.code == 'de' else 'RE'])}: {subject}"
    link = _links(f"https://www.{rng.choice(spoken.hosts)}.{rng.choice(ENDS)}/", rng)
    plain = _plain(body, link)
    rich = _page(body, link, "") if rng.random() < 0.4 else ""
    content = _content(spoken, plain, rich, text, host, rng)
    fields = _fields(spoken, shown, address, subject, host, rng)
    program = rng.choice(PROGRAMS)
    return text, wire.message([*fields, *([program] if program else [])], content)


def _family(spoken: Language, rng: random.Random) -> str:
    """Return a family name for who writes."""
    return rng.choice(spoken.slots.get("last_me", spoken.slots["last"]))


def _business(spoken: Language, template: str, sort: str, rng: random.Random) -> tuple[Text, bytes]:
    """A shop, an office, a club writes to its customer or its readers."""
    text = filled(spoken, template, {"family": _family(spoken, rng)}, rng)
    base = spoken.hosts[zlib.crc32(template.encode()) % len(spoken.hosts)]
    domain = f"{base}.{ENDS[zlib.crc32(text.sender.encode()) % len(ENDS)]}"
    host = f"{rng.choice(['mail', 'out1', 'smtp', 'mta7'])}.{domain}"
    local = rng.choice(
        ["news", "newsletter", "hello"] if sort == "newsletter" else ["no-reply", "service", "info"]
    )
    place = f"{rng.choice(['mail.', 'info.', ''])}{domain}"
    link = _links(f"https://{rng.choice(['www', 'my', 'm'])}.{domain}/", rng)
    plain = _plain(text.body, link)
    extra: list[str] = []
    foot = ""
    if sort == "newsletter":
        leave = link("unsubscribe")
        label = rng.choice(spoken.unsubscribe)
        plain += f"\n\n--\n{text.sender}\n{label}: {leave}"
        foot = f'<p class="foot">{html.escape(text.sender)}<br><a href="{leave}">{html.escape(label)}</a></p>'
        extra = [f"List-Unsubscribe: <{leave}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    rich = _page(text.body, link, foot) if sort == "newsletter" or rng.random() < 0.6 else ""
    content = _content(spoken, plain, rich, text, domain, rng)
    fields = _fields(spoken, text.sender, f"{local}@{place}", text.subject, host, rng)
    return text, wire.message([*fields, *extra], content)


def _fields(
    spoken: Language, shown: str, address: str, subject: str, host: str, rng: random.Random
) -> list[str]:
    """Return the header fields of envelope and sender."""
    sent = datetime(2026, 1, 5, 6, tzinfo=UTC) + timedelta(minutes=rng.randrange(300_000))
    stamp = format_datetime(sent)
    charset = rng.choice(spoken.charsets)
    q = rng.random() < 0.4

    def coded(text: str) -> str:
        try:
            return wire.word(text, charset, q=q)
        except UnicodeEncodeError:
            return wire.word(text, "utf-8", q=q)

    if not shown.isascii():
        shown = coded(shown)
    elif re.search(r"[^\w ]", shown):
        shown = f'"{shown}"'
    to = f"{rng.choice(spoken.hosts)}.{rng.choice('abcdefgh')}@recipient.example"
    mark = f"{rng.getrandbits(48):012x}"
    came = f"Received: from {host} ({host} [192.0.2.{rng.randrange(1, 255)}])\r\n"
    came += f"\tby mx.recipient.example with ESMTPS id {mark[:9]}"
    return [
        f"{came};\r\n\t{stamp}",
        f"From: {shown} <{address}>",
        f"To: <{to}>" if rng.random() < 0.6 else f"To: {to}",
        f"Subject: {coded(subject)}",
        f"Date: {stamp}",
        f"Message-ID: <{mark}.{rng.randrange(10**6)}@{host}>",
    ]


def _content(spoken: Language, plain: str, rich: str, text: Text, host: str, rng: random.Random) -> wire.Part:
    """Return the body: one text or two alternatives, and what is attached."""
    charset = rng.choice(spoken.charsets)
    try:
        (plain + rich).encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    if charset == "iso-2022-jp":
        transfer = "7bit"
    elif plain.isascii() and rich.isascii():
        transfer = rng.choice(["7bit", "quoted-printable"])
    else:
        transfer = rng.choice(["quoted-printable", "base64", "8bit", "quoted-printable", "base64"])
    longest = max(len(line.encode(charset)) for line in (plain + "\n" + rich).splitlines())
    if longest > 900 and transfer in ("7bit", "8bit") and charset != "iso-2022-jp":
        transfer = "base64"
    content = wire.text_part(plain, "plain", charset, transfer)
    if rich:
        content = wire.multipart(
            "alternative", [content, wire.text_part(rich, "html", charset, transfer)], rng
        )
    if text.attached:
        files = [_file(name, text.subject, host, charset, rng) for name in text.attached]
        content = wire.multipart("mixed", [content, *files], rng)
    return content


def _file(name: str, subject: str, host: str, charset: str, rng: random.Random) -> wire.Part:
    """Return an attachment by the ending of its name."""
    ending = name.rpartition(".")[2]
    body = {"ics": lambda: wire.calendar(subject, host), "png": lambda: wire.png(rng)}.get(
        ending, lambda: wire.pdf(name)
    )()
    try:
        name.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    return wire.file_part(name, KINDS.get(ending, "application/pdf"), body, charset)


def _links(base: str, rng: random.Random) -> Callable[[str], str]:
    """Return what makes an address for a label: the same one for the same label."""
    made: dict[str, str] = {}

    def link(label: str) -> str:
        if label not in made:
            path = rng.choice(["", "a/", "account/", "order/", "go/", "de/", "2026/"])
            query = rng.choice(
                ["", f"?id={rng.randrange(10**7)}", f"?utm_source=mail&u={rng.getrandbits(40):x}"]
            )
            made[label] = f"{base}{path}{rng.getrandbits(32):x}{query}"
        return made[label]

    return link


def _plain(body: str, link: Callable[[str], str]) -> str:
    """Return the body as text."""
    return LABEL.sub(lambda match: f"{match[1]}: {link(match[1])}", body)


def _page(body: str, link: Callable[[str], str], foot: str) -> str:
    """Return the body as a page."""
    blocks = []
    for block in body.split("\n\n"):
        inner = html.escape(block, quote=False).replace("\n", "<br>\n")
        inner = re.sub(
            r"&lt;&lt;(.+?)&gt;&gt;",
            lambda match: f'<a href="{html.escape(link(match[1]))}">{match[1]}</a>',
            inner,
        )
        blocks.append(f"<p>{inner}</p>")
    style = "<style>body{font-family:Arial,sans-serif;color:#222} .foot{color:#666;font-size:12px}</style>"
    head = f'<html><head><meta name="viewport" content="width=device-width">{style}</head>'
    return head + "\n<body>\n" + "\n".join(blocks) + f"\n{foot}\n</body></html>"
