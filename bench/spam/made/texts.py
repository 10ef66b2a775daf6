"""The texts of one language: reading `<language>.toml`.

A text is a block: its first line the subject, the others paragraphs. `{a|b}` are alternatives, `{word}` is a slot,
a line `=> Label` a link (a button, where the message is HTML), a line `+ name.pdf` a file that comes along, and a line
`@ Name` is what the sender calls itself where that is more than one of the language's names.
"""

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
LANGUAGES = ("en", "de", "fr", "es", "it", "pl", "pt", "nl", "ru", "tr", "ja", "zh", "ar", "ko")

PERSON, SERVICE = "person", "service"
HAM = {"personal": PERSON, "business": PERSON, "transactional": SERVICE, "newsletter": SERVICE}
UNWANTED = {"fraud": PERSON, "malware": PERSON, "phishing": SERVICE, "goods": SERVICE}
CLASSES = {"ham": HAM, "spam": UNWANTED}

SLOT = re.compile(r"\{([a-z]+)\d?\}")


@dataclass(frozen=True, slots=True)
class Text:
    """One text with its alternatives and slots unfilled."""

    kind: str
    style: str  # PERSON or SERVICE: whose headers it gets
    subject: str
    body: tuple[str, ...]
    files: tuple[str, ...]
    sender: str = ""  # what the sender calls itself, or nothing: one of the list

    @property
    def words(self) -> str:
        """Everything to be filled, to look for slots in."""
        return "\n".join((self.subject, *self.body, self.sender))


@dataclass(frozen=True, slots=True)
class Language:
    """What one language has to say, and the lists its slots draw from."""

    code: str
    lists: dict[str, list[str]]
    texts: dict[str, tuple[Text, ...]]  # by class: ham, spam


@functools.cache
def language(code: str) -> Language:
    """The texts of the language `code`."""
    data = tomllib.loads((HERE / f"{code}.toml").read_text(encoding="utf-8"))
    return Language(
        code=code, lists=data["lists"], texts={name: _texts(data[name], CLASSES[name]) for name in CLASSES}
    )


def written() -> tuple[str, ...]:
    """The languages that have a file."""
    return tuple(code for code in LANGUAGES if (HERE / f"{code}.toml").exists())


def _texts(groups: dict[str, list[str]], styles: dict[str, str]) -> tuple[Text, ...]:
    return tuple(_text(kind, style, block) for kind, style in styles.items() for block in groups[kind])


def _text(kind: str, style: str, block: str) -> Text:
    subject, *rest = [line.strip() for line in block.strip().splitlines()]
    files = tuple(line[1:].strip() for line in rest if line.startswith("+ "))
    named = [line[1:].strip() for line in rest if line.startswith("@ ")]
    body = tuple(line for line in rest if line and not line.startswith(("+ ", "@ ")))
    return Text(kind=kind, style=style, subject=subject, body=body, files=files, sender="".join(named))
