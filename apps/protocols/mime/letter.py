"""What somebody wants to say, before it is bytes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """An address as a letter names it, and the name shown with it."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter; one with a `content_id` is shown inside its HTML."""

    filename: str
    media_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its author thinks of it; `writing.write` makes the bytes."""

    author: Person
    """From."""
    subject: str = ""
    text: str = ""
    """The plain text; where it is empty, it is derived from the HTML."""
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    sender: Person | None = None
    """Sender, where somebody else than the author sends (RFC 5322 3.6.2)."""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    """Further fields, such as List-Id."""

    @property
    def recipients(self) -> tuple[Person, ...]:
        """Everyone it goes to."""
        return self.to + self.cc + self.bcc
