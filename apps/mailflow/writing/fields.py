"""What a user has written so far: kept as JSON, and turned into a letter when it is time."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.protocols.addresses import Address, AddressError
from apps.protocols.mime.letter import Attachment, Letter, Person
from apps.protocols.mime.original import Original

ANSWERED, FORWARDED = "reply", "forward"
MAX_TEXT = 4 * 1024 * 1024
MAX_PEOPLE = 1000
NOBODY = Person("")


@dataclass(frozen=True, slots=True)
class Answers:
    """Which message it answers or forwards, to be marked when it leaves."""

    mailbox_id: int
    content_id: int
    how: str = ANSWERED


@dataclass(frozen=True, slots=True)
class File:
    """An upload that goes along; with a `content_id` it is shown inside the HTML."""

    upload_id: int
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """A letter as it stands in the composer: addresses may be half typed."""

    author: Person = NOBODY
    """Who writes; an empty address is the default identity."""
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    files: tuple[File, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    answers: Answers | None = None

    @property
    def recipients(self) -> tuple[Person, ...]:
        """Everyone it is meant for."""
        return self.to + self.cc + self.bcc

    @property
    def upload_ids(self) -> list[int]:
        """Which uploads it names."""
        return list(dict.fromkeys(file.upload_id for file in self.files))

    @property
    def is_too_long(self) -> bool:
        """Whether this is more than a draft may hold."""
        return (
            len(self.text) + len(self.html) + len(self.subject) > MAX_TEXT
            or len(self.recipients) + len(self.files) + len(self.references) > MAX_PEOPLE
            or sum(len(person.address) + len(person.name) for person in self.recipients) > MAX_TEXT
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as a column keeps it."""
        answers = self.answers
        return {
            "author": _pair(self.author),
            "to": [_pair(person) for person in self.to],
            "cc": [_pair(person) for person in self.cc],
            "bcc": [_pair(person) for person in self.bcc],
            "subject": _plain(self.subject),
            "text": _plain(self.text),
            "html": _plain(self.html),
            "files": [[file.upload_id, _plain(file.content_id)] for file in self.files],
            "in_reply_to": _plain(self.in_reply_to),
            "references": [_plain(each) for each in self.references],
            "answers": [answers.mailbox_id, answers.content_id, answers.how] if answers else None,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Fields":
        """Read what `to_json` made."""
        return cls(
            author=Person(*kept["author"]),
            to=_people(kept["to"]),
            cc=_people(kept["cc"]),
            bcc=_people(kept["bcc"]),
            subject=kept["subject"],
            text=kept["text"],
            html=kept["html"],
            files=tuple(File(*file) for file in kept["files"]),
            in_reply_to=kept["in_reply_to"],
            references=tuple(kept["references"]),
            answers=Answers(*kept["answers"]) if kept["answers"] else None,
        )

    @property
    def fingerprint(self) -> bytes:
        """A hash of all of it."""
        return hashlib.blake2b(json.dumps(self.to_json(), sort_keys=True).encode(), digest_size=16).digest()

    def letter(self, author: Person, attachments: Sequence[Attachment], *, lenient: bool = False) -> Letter:
        """Return the letter; a `lenient` one leaves out addresses that are none, as a draft must."""
        lists = [self.to, self.cc, self.bcc]
        if lenient:
            lists = [tuple(person for person in people if address_of(person)) for people in lists]
        return Letter(
            author=author,
            to=lists[0],
            cc=lists[1],
            bcc=lists[2],
            subject=self.subject,
            text=self.text,
            html=self.html,
            attachments=tuple(attachments),
            in_reply_to=self.in_reply_to,
            references=self.references,
        )

    @classmethod
    def of_message(cls, message: Original, files: Sequence[File] = ()) -> "Fields":
        """Return what a draft that another program wrote says."""
        return cls(
            author=next(iter(message.author), NOBODY),
            to=message.to,
            cc=message.cc,
            bcc=message.bcc,
            subject=message.subject,
            text=message.text,
            html=message.html,
            files=tuple(files),
            in_reply_to=message.in_reply_to,
            references=tuple(each for each in message.references if each != message.in_reply_to)
            + ((message.in_reply_to,) if message.in_reply_to else ()),
        )

    def with_files(self, files: Sequence[File]) -> "Fields":
        """Return the same with these files."""
        return replace(self, files=tuple(files))


def address_of(person: Person) -> Address | None:
    """Return the address somebody typed, or None."""
    try:
        return Address.parse(person.address.strip(), forgiving=True)
    except AddressError:
        return None


def _pair(person: Person) -> list[str]:
    return [_plain(person.address), _plain(person.name)]


def _people(kept: Sequence[Sequence[str]]) -> tuple[Person, ...]:
    return tuple(Person(*pair) for pair in kept)


def _plain(text: str) -> str:
    """Return text that PostgreSQL can keep."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
