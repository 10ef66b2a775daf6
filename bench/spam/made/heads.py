"""The headers of a message: the same mail programs and services for both classes.

Nothing in here knows the class. Whoever sends, harmless or not, has one of these programs, a host of an invented
name, and perhaps a seal.
"""

import base64
import random
import string
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.header import Header
from email.utils import format_datetime

from bench.spam.made.fill import MAIL_HOSTS, TLDS, Setting, invented, slug
from bench.spam.made.texts import PERSON

PERSONS = (
    ("User-Agent: Mozilla Thunderbird", "{uuid}@{domain}", "------------{a24}"),
    ("User-Agent: Roundcube Webmail/1.6.{n}", "{hex32}@{domain}", "=_{hex32}"),
    (
        "X-Mailer: Microsoft Outlook 16.0",
        "{hex8}$01db{hex4}$0{hex7}$@{domain}",
        "----=_NextPart_000_00{hex2}_01DB{hex4}.{hex8}",
    ),
    ("X-Mailer: Apple Mail (2.37{n}.600.7)", "{UUID}@{domain}", "Apple-Mail=_{UUID}"),
    ("X-Mailer: iPhone Mail (22{n}8{n})", "{UUID}@{domain}", "Apple-Mail-{UUID}"),
    ("", "CA{a40}@mail.{domain}", "000000000000{hex16}"),
    ("X-Mailer: eM Client/10.{n}.4218.0", "em{uuid}@{hex8}.com.{domain}", "------=_MB{uuid}"),
    ("User-Agent: K-9 Mail for Android", "{UUID}@{domain}", "----{a24}"),
    ("User-Agent: Evolution 3.5{n}.1", "{hex40}.camel@{domain}", "=-{a20}"),
)
SERVICES = (
    ("X-Mailer: PHPMailer 6.{n}.1", "{a40}@{domain}", "b1={a40}"),
    ("", "0102018{hex8}-{uuid}-000000@mta{n}.{domain}", "----=_Part_{d7}_{d9}.17{d9}0"),
    ("", "{a20}.{d9}.17{d7}@{domain}", "{hex32}"),
    ("", "{d9}.{d7}.17{d9}0@app-{n}.{domain}", "----=_Part_{d5}_{d9}.17{d9}0"),
    ("", "17{d7}.{d4}.{d9}@{domain}", "===============17{d9}{d9}=="),
    ("X-Mailer: Mailings {n}.2", "{hex40}.{hex10}@{domain}", "_----------={hex16}"),
    ("Feedback-ID: {d5}:{d4}:campaign:{a6}", "{a22}@geo-{n}.{domain}", "{hex40}"),
    ("", "{UUID}@{domain}", "--_NmP-{hex16}-Part_1"),
)
RELAYS = ("Postfix", "Exim 4.98", "qmail", "OpenSMTPD")
LOCAL_SERVICE = (
    "info",
    "no-reply",
    "noreply",
    "service",
    "news",
    "hello",
    "contact",
    "notifications",
    "mail",
    "support",
    "account",
    "newsletter",
    "team",
    "alerts",
    "billing",
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends, to whom, with which program: what the other parts build on."""

    domain: str
    sender: str
    display: str
    recipient: str
    local: str
    program: tuple[str, str, str]


def addressee(setting: Setting) -> tuple[str, str, str]:
    """Somebody to write to: whole name, given name, address."""
    rng, lists = setting.rng, setting.language.lists
    first, last = rng.choice(lists["first"]), rng.choice(lists["last"])
    local = ".".join(filter(None, (slug(first), slug(last)))) or token_of(rng, "{a6}").lower()
    local = rng.choice((local, local.replace(".", ""), local.split(".", 1)[0] + str(rng.randint(1, 99))))
    own = (
        f"{rng.choice(MAIL_HOSTS)}{rng.randint(2, 99)}.{rng.choice(TLDS)}"
        if rng.random() < 0.6
        else invented(rng)
    )
    return setting.full(first, last), first, f"{local}@{own}"


def envelope(setting: Setting, style: str, display: str, recipient: str, address: str) -> Envelope:
    """A sender called `display`, and a program of that style."""
    rng = setting.rng
    if style == PERSON:
        domain = f"{rng.choice(MAIL_HOSTS)}.{rng.choice(TLDS)}" if rng.random() < 0.4 else invented(rng)
        words = slug(display).replace("-", ".") or token_of(rng, "{a6}").lower()
        sender = rng.choice((words, words.split(".", 1)[0], words[0] + words.rsplit(".", 1)[-1]))
    else:
        named = slug(display)
        domain = f"{named}.{rng.choice(TLDS)}" if named and rng.random() < 0.6 else invented(rng)
        sender = rng.choice(LOCAL_SERVICE)
    program = rng.choice(PERSONS if style == PERSON else SERVICES)
    return Envelope(domain, f"{sender}@{domain}", display, recipient, address, program)


def token_of(rng: random.Random, form: str, domain: str = "") -> str:
    """`form` with random letters and digits where it asks for them."""
    out, rest = "", form
    while "{" in rest:
        before, _, tail = rest.partition("{")
        name, _, rest = tail.partition("}")
        out += before + (domain if name == "domain" else _piece(rng, name))
    return out + rest


def _piece(rng: random.Random, name: str) -> str:
    hexed = f"{rng.getrandbits(160):040x}"
    uuid = f"{hexed[:8]}-{hexed[8:12]}-4{hexed[13:16]}-a{hexed[17:20]}-{hexed[20:32]}"
    if name == "n":
        return str(rng.randint(1, 9))
    if name.lower() == "uuid":
        return uuid if name == "uuid" else uuid.upper()
    if name.startswith("hex"):
        return hexed[: int(name[3:])]
    letters = string.digits if name[0] == "d" else string.ascii_letters + string.digits
    return "".join(rng.choices(letters, k=int(name[1:])))


def encoded(text: str, charset: str, rng: random.Random) -> str:
    """A header's text on the wire: as it is, or as encoded words."""
    if text.isascii():
        return text
    header = Header(text, charset=charset if rng.random() < 0.8 else "utf-8", maxlinelen=75)
    return header.encode()


def headers(
    setting: Setting, sender: Envelope, subject: str, charset: str, structure: list[str]
) -> list[str]:
    """The header lines of a message, in its program's order."""
    rng = setting.rng
    zone = timezone(timedelta(hours=rng.choice((-8, -5, 0, 0, 1, 1, 2, 2, 3, 8, 9))))
    stamp = format_datetime(setting.when.astimezone(zone))
    address = f"<{sender.sender}>"
    display = encoded(sender.display, charset, rng)
    if (
        display.isascii()
        and not display.startswith("=?")
        and (rng.random() < 0.4 or not display.replace(" ", "").isalnum())
    ):
        display = f'"{display}"'
    to = (
        f"<{sender.local}>"
        if rng.random() < 0.3
        else f"{encoded(sender.recipient, charset, rng)} <{sender.local}>"
    )
    identity = token_of(rng, sender.program[1], sender.domain)
    lines = [
        f"From: {display} {address}",
        f"To: {to}",
        f"Subject: {encoded(subject, charset, rng)}",
        f"Date: {stamp}",
        f"Message-ID: <{identity}>",
        "MIME-Version: 1.0",
        *structure,
    ]
    if rng.random() < 0.15:
        lines.insert(1, f"Reply-To: {rng.choice(LOCAL_SERVICE)}@{sender.domain}")
    if sender.program[0]:
        lines.insert(rng.choice((0, 4, len(lines))), token_of(rng, sender.program[0]))
    order = rng.random()
    if order < 0.3:
        lines = [*lines[3:5], *lines[:3], *lines[5:]]
    elif order < 0.5:
        lines = [*lines[4:], *lines[:4]]
    return [*_hops(setting, sender, setting.when), *_seal(rng, sender.domain), *lines]


def _hops(setting: Setting, sender: Envelope, when: datetime) -> list[str]:
    rng = setting.rng
    here = f"mx{rng.randint(1, 4)}.{sender.local.rpartition('@')[2]}"
    out = f"{rng.choice(('out', 'smtp', 'mail', 'mta', 'relay'))}{rng.randint(1, 30)}.{sender.domain}"
    number = f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(1, 254)}"
    stamp = format_datetime(when + timedelta(seconds=rng.randint(1, 40)))
    lines = [
        (
            f"Received: from {out} ({out} [{number}])\r\n\tby {here} ({rng.choice(RELAYS)}) with ESMTPS id {_piece(rng, 'a10')}\r\n"
            f"\tfor <{sender.local}>; {stamp}"
        )
    ]
    if rng.random() < 0.6:
        inner = f"Received: from {rng.choice(('localhost', 'app', 'web', '[10.0.0.7]'))} ([10.0.0.{rng.randint(2, 99)}])"
        lines.append(
            f"{inner}\r\n\tby {out} with {rng.choice(('ESMTPSA', 'ESMTP', 'HTTP'))} id {_piece(rng, 'hex12')};"
            f" {format_datetime(when)}"
        )
    return lines


def _seal(rng: random.Random, domain: str) -> list[str]:
    if rng.random() < 0.3:
        return []
    hashed, signed = (base64.b64encode(rng.randbytes(size)).decode() for size in (32, 96))
    return [
        (
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={_piece(rng, 'a6').lower()};\r\n"
            f"\th=from:to:subject:date; bh={hashed};\r\n\tb={signed[:64]}\r\n\t {signed[64:]}"
        )
    ]
