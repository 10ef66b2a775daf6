"""The plain form of a letter: addresses in one line each, text in a textarea."""

from collections.abc import Mapping
from dataclasses import replace

from apps.mailflow.writing.fields import Fields, address_of
from apps.protocols.html.to_text import to_text
from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.letter import Person

MOST = 1000


def fields_of(form: Mapping[str, str], before: Fields | None = None) -> Fields:
    """Read the form; what it does not show stays as it was."""
    text = form.get("body", "").replace("\r\n", "\n")
    kept = before or Fields()
    # Who did not touch the text keeps its HTML.
    is_same = before is not None and text.strip() == shown(before)["body"].strip()
    return replace(
        kept,
        author=_one(form.get("author", "")) or kept.author,
        to=people(form.get("to", "")),
        cc=people(form.get("cc", "")),
        bcc=people(form.get("bcc", "")),
        subject=" ".join(form.get("subject", "").split()),
        text=kept.text if is_same else text,
        html=kept.html if is_same else "",
    )


def _one(text: str) -> Person | None:
    found = people(text)
    return found[0] if found else None


def people(text: str) -> tuple[Person, ...]:
    """Read a line of addresses; what is none stays as it was typed, to be pointed at."""
    parsed = parse_addresses(" ".join(text.split()).encode("utf-8", "replace"), MOST)
    found = tuple(Person(spec_text(each), (each.name or b"").decode("utf-8", "replace")) for each in parsed)
    if all(each.host for each in parsed) and all(map(address_of, found)):
        return found
    return tuple(_typed(piece) for each in text.replace(";", ",").split(",") if (piece := each.strip()))


def _typed(piece: str) -> Person:
    name, mark, rest = piece.rpartition("<")
    if mark and rest.endswith(">"):
        return Person(rest[:-1].strip(), name.strip().strip('"'))
    return Person(piece)


def revision_of(form: Mapping[str, str]) -> int:
    """Return the revision the form was made from."""
    text = form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def shown(fields: Fields) -> dict[str, str]:
    """Return what the form shows."""
    return {
        "author": _line((fields.author,)) if fields.author.address else "",
        "to": _line(fields.to),
        "cc": _line(fields.cc),
        "bcc": _line(fields.bcc),
        "subject": fields.subject,
        "body": fields.text or to_text(fields.html),
    }


def _line(people: tuple[Person, ...]) -> str:
    return ", ".join(_person(person) for person in people)


def _person(person: Person) -> str:
    if not person.name:
        return person.address
    name = person.name.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'"{name}" <{person.address}>'
        if not name.replace(" ", "").isalnum()
        else f"{name} <{person.address}>"
    )
