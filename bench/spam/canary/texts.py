"""The texts of one language: read from its TOML file, slots filled, alternatives chosen.

A text is one string. Its first line is the subject (for businesses `sender | subject`), the rest the body:
`{day}` is a word of the slot list of that name, `[one|other]` one of its alternatives, `<<label>>` a link of that
label, `{+name.pdf}` an attachment of that name.
"""

import random
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SLOT = re.compile(r"\{(\w+)\}")
STARTS = re.compile(r"(?:^|[.!?]\s+|[^,]\n\s*)$")
CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
ATTACHED = re.compile(r"\s*\{\+((?:[^{}]|\{\w+\})+)\}")


@dataclass(frozen=True, slots=True)
class Language:
    """What a file of texts says."""

    code: str
    charsets: list[str]
    slots: dict[str, list[str]]
    hosts: list[str]
    unsubscribe: list[str]
    wrote: str
    texts: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Text:
    """One text with its slots filled; `sender` is empty where a person writes."""

    sender: str
    subject: str
    body: str
    attached: tuple[str, ...]


def languages() -> list[str]:
    """Return the codes of the languages there are."""
    return sorted(path.stem for path in HERE.glob("*.toml"))


def language(code: str) -> Language:
    """Read the texts of a language."""
    data = tomllib.loads((HERE / f"{code}.toml").read_text("utf-8"))
    return Language(
        code=code,
        charsets=data["charsets"],
        slots=data["slots"],
        hosts=data["hosts"],
        unsubscribe=data["unsubscribe"],
        wrote=data["wrote"],
        texts={sort: data[sort] for sort in ("personal", "transactional", "newsletter")},
    )


def filled(spoken: Language, template: str, fixed: dict[str, str], rng: random.Random) -> Text:
    """Fill a text: a slot keeps its value throughout one message."""
    chosen = dict(fixed)

    def slot(match: re.Match[str]) -> str:
        name = match[1]
        if name not in chosen:
            used = set(chosen.values())
            free = [word for word in spoken.slots[name] if word not in used]
            chosen[name] = rng.choice(free or spoken.slots[name])
        return chosen[name]

    def written(match: re.Match[str]) -> str:
        word = slot(match)
        return word[:1].upper() + word[1:] if STARTS.search(match.string[: match.start()]) else word

    attached = tuple(SLOT.sub(slot, name) for name in ATTACHED.findall(template))
    text = ATTACHED.sub("", template.strip())
    while CHOICE.search(text):  # from the inside out, should one hold another
        text = CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
    text = SLOT.sub(written, text)
    first, _, body = text.partition("\n")
    sender, bar, subject = first.partition(" | ")
    if not bar:
        sender, subject = "", first
    return Text(sender.strip(), subject.strip(), body.strip(), attached)
