"""Whole messages of the texts: `python -m bench.spam.made DIR [--per-language N]`.

DIR/ham and DIR/spam get one message a file. The same command makes the same bytes. Class by class a language has as
many messages of people as of services, as many with a file, as many in HTML: what the message says is what differs.
"""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.spam.made import bodies, links
from bench.spam.made.bodies import Line
from bench.spam.made.fill import FAMILY_FIRST, Setting
from bench.spam.made.heads import Envelope, addressee, envelope, headers, token_of
from bench.spam.made.texts import CLASSES, PERSON, SERVICE, Language, Text, language, written

START = datetime(2023, 1, 9, 6, 0, tzinfo=UTC)
PER_LANGUAGE = 300
ENGLISH_TIMES = 3
FILES = {
    "ham": ("{number}.pdf", "scan-{number}.pdf", "IMG_{code}.jpg", "document.pdf"),
    "spam": ("{number}.pdf", "scan-{number}.pdf", "IMG_{code}.jpg", "document.pdf"),
}


def messages(code: str, count: int) -> Iterator[tuple[str, str, bytes]]:
    """(class, kind, message) of one language, `count` of each class."""
    tongue = language(code)
    for label in CLASSES:
        decks = {
            key: _deck(tongue, label, *key)
            for key in ((s, f) for s in (PERSON, SERVICE) for f in (True, False))
        }
        for number in range(count):
            rng = random.Random(f"{code} {label} {number}")
            style = PERSON if number % 2 else SERVICE
            deck = decks[style, number % 10 < 2]
            text = deck[number // 2 % len(deck)]
            other = (
                rng.choice([one for one in deck if one.kind == text.kind]) if rng.random() < 0.15 else None
            )
            yield label, text.kind, _message(rng, tongue, label, text, other, with_file=number % 10 < 2)


def all_messages(per_language: int = PER_LANGUAGE) -> Iterator[tuple[str, str, str, bytes]]:
    """(language, class, kind, message) of every language that is written; three times as many in English."""
    for code in written():
        count = per_language * (ENGLISH_TIMES if code == "en" else 1)
        for label, kind, raw in messages(code, count):
            yield code, label, kind, raw


def _deck(tongue: Language, label: str, style: str, with_file: bool) -> list[Text]:  # noqa: FBT001
    """The texts to go through, in an order of their own; those that bring a file are for messages with one."""
    texts = [text for text in tongue.texts[label] if text.style == style]
    chosen = [text for text in texts if bool(text.files) == with_file] or texts
    random.Random(f"{tongue.code} {label} {style} {with_file}").shuffle(chosen)
    return chosen


def _message(
    rng: random.Random, tongue: Language, label: str, text: Text, other: Text | None, *, with_file: bool
) -> bytes:
    when = START + timedelta(minutes=rng.randint(0, 60 * 24 * 1300))
    setting = Setting(rng, tongue, when=when)
    recipient, setting.values["name"], address = addressee(setting)
    setting.values["email"] = address
    setting.values["domain"] = address.rpartition("@")[2]
    display = _display(setting, text)
    sender = envelope(setting, text.style, display, recipient, address)
    personal = text.style == PERSON
    setting.links = [
        links.harmless(rng, sender.domain, personal=personal)
        if label == "ham"
        else links.unwanted(rng, sender.domain)
        for _ in range(6)
    ]
    subject = setting.fill(text.subject)
    if personal and rng.random() < 0.2:
        subject = f"Re: {subject}"
    lines = _lines(setting, text, other, sender)
    return _built(
        setting,
        tongue,
        sender,
        subject,
        lines,
        _files(setting, label, text) if with_file else [],
        personal=personal,
    )


def _display(setting: Setting, text: Text) -> str:
    """What the sender calls itself; a person's first name also stands under the letter."""
    if text.sender:
        display = setting.fill(text.sender)
    elif text.style == PERSON:
        display = setting.slot("sender_person")
    else:
        display = setting.slot("bank" if "{bank}" in text.words else "company")
    if text.style == PERSON:
        whole = setting.language.code in FAMILY_FIRST and not display.isascii()
        setting.values["me"] = display.replace(" ", "") if whole else display.split(" ", 1)[0]
    return display


def _files(setting: Setting, label: str, text: Text) -> list[str]:
    return [setting.fill(name) for name in text.files or (setting.rng.choice(FILES[label]),)]


def _lines(setting: Setting, text: Text, other: Text | None, sender: Envelope) -> list[Line]:
    """Greeting, paragraphs, closing, small print: the frames are the same for both classes."""
    rng, lists, style = setting.rng, setting.language.lists, text.style
    lines: list[Line] = []
    if rng.random() < 0.85:
        lines.append(Line(setting.fill(rng.choice(lists[f"hello_{style}"]))))
    lines += [_line(setting, line) for line in text.body]
    if len(lines) == len(text.body):
        lines[0] = Line(lines[0].text[:1].upper() + lines[0].text[1:], lines[0].link)
    if other is not None and other is not text and style == SERVICE:
        lines += [_line(setting, line) for line in other.body]
    if rng.random() < 0.85:
        lines += [Line(setting.fill(line)) for line in rng.choice(lists[f"bye_{style}"]).split(" / ")]
    if other is not None and style == PERSON:
        lines += [
            Line(setting.fill(rng.choice(lists["wrote"]))),
            *(Line(f"> {_line(setting, line).text}") for line in other.body),
        ]
    if style == SERVICE and rng.random() < 0.7:
        small = rng.choice(lists["small"])
        lines.append(Line(setting.fill(small), small=True))
    if style == SERVICE and rng.random() < 0.5:
        lines.append(Line(setting.fill(rng.choice(lists["unsubscribe"])), link=setting.links[-1], small=True))
    return lines


def _line(setting: Setting, line: str) -> Line:
    if line.startswith("=> "):
        label = setting.fill(line[3:])
        return Line(label, link=setting.slot("link"))
    return Line(setting.fill(line))


def _built(
    setting: Setting,
    tongue: Language,
    sender: Envelope,
    subject: str,
    lines: list[Line],
    files: list[str],
    *,
    personal: bool,
) -> bytes:
    rng = setting.rng
    text = bodies.plain(lines)
    charset = bodies.charset_for(rng, tongue.code, f"{text}{subject}{sender.display}{sender.recipient}")
    form = rng.random()
    shape = (
        ("plain" if form < 0.55 else "both" if form < 0.95 else "html")
        if personal
        else ("plain" if form < 0.15 else "both" if form < 0.7 else "html")
    )
    if shape == "plain":
        head, body = bodies.part(rng, text, "text/plain", charset)
    else:
        marked = bodies.part(
            rng, bodies.marked_up(rng, lines, tongue.code, sender.domain), "text/html", charset
        )
        head, body = marked
        if shape == "both":
            head, body = _multi(
                rng, sender, "alternative", [bodies.part(rng, text, "text/plain", charset), marked]
            )
    if files:
        head, body = _multi(
            rng, sender, "mixed", [(head, body), *(bodies.attached(rng, name) for name in files)]
        )
    top = headers(setting, sender, re.sub(r"\s+", " ", subject), charset, head)
    return "\r\n".join(top).replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8") + b"\r\n\r\n" + body


def _multi(
    rng: random.Random, sender: Envelope, kind: str, parts: list[tuple[list[str], bytes]]
) -> tuple[list[str], bytes]:
    boundary = token_of(rng, sender.program[2])
    return [f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"'], bodies.joined(parts, boundary)
