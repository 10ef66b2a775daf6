"""Letters between the composer and the services: JSON in, JSON out, HTML cleaned at the door both ways.

In the editor a picture has the address of its upload; in the letter it is named by its Content-ID.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from apps.mailflow.writing import uploads
from apps.mailflow.writing.fields import ANSWERED, FORWARDED, Answers, Fields, File
from apps.protocols.html.cleaning import clean
from apps.protocols.html.plain import from_text
from apps.protocols.html.to_text import to_text
from apps.protocols.mime.letter import Person

LONGEST_LINE = 2000
MOST_FILES = 100
_PICTURE = re.compile(r'(<img\b[^>]*?\bsrc=")/mail/uploads/(\d{1,18})(?=")')
_CID = re.compile(r"[\w.@+-]{1,200}", re.ASCII)


class BadLetterError(ValueError):
    """What a browser sent is no letter."""


def cleaned(html: str) -> str:
    """Return HTML that may be sent and shown; pictures keep their address."""
    return clean(html, cid=lambda cid: f"cid:{cid}", image=lambda url: url).html if html else ""


def quoted(html: str) -> str:
    """Return the HTML of a message somebody answers, safe to show and to send on."""
    return cleaned(html)


def fields_of(given: Any) -> Fields:
    """Read what the composer sent."""
    if not isinstance(given, dict):
        raise BadLetterError
    files = tuple(File(_id(each, "id"), _cid(each)) for each in _list(given, "files", MOST_FILES))
    html = _text(given, "html")
    if html:
        names = {file.upload_id: file.content_id for file in files if file.content_id}
        html = cleaned(_PICTURE.sub(lambda found: _named(found, names), html))
    answers = given.get("answers")
    return Fields(
        author=_person(given.get("author") or {}),
        to=_people(given, "to"),
        cc=_people(given, "cc"),
        bcc=_people(given, "bcc"),
        subject=" ".join(_text(given, "subject")[:LONGEST_LINE].split()),
        text="" if html else _text(given, "text"),
        html=html,
        files=files,
        in_reply_to=_text(given, "in_reply_to")[:LONGEST_LINE],
        references=tuple(_line(each) for each in _list(given, "references", 100)),
        answers=_answers(answers) if answers else None,
    )


def _named(found: re.Match[str], names: Mapping[int, str]) -> str:
    cid = names.get(int(found[2]))
    return f"{found[1]}cid:{cid}" if cid else found[0]


def _answers(given: Any) -> Answers:
    if not isinstance(given, dict) or given.get("how") not in {ANSWERED, FORWARDED}:
        raise BadLetterError
    return Answers(_id(given, "mailbox"), _id(given, "content"), given["how"])


def _people(given: Mapping[str, Any], key: str) -> tuple[Person, ...]:
    return tuple(_person(each) for each in _list(given, key, 5000))


def _person(given: Any) -> Person:
    if not isinstance(given, dict):
        raise BadLetterError
    return Person(_text(given, "address")[:LONGEST_LINE].strip(), _text(given, "name")[:LONGEST_LINE].strip())


def _list(given: Mapping[str, Any], key: str, most: int) -> list[Any]:
    found = given.get(key, [])
    if not isinstance(found, list) or len(found) > most:
        raise BadLetterError
    return found


def _text(given: Mapping[str, Any], key: str) -> str:
    found = given.get(key, "")
    if not isinstance(found, str):
        raise BadLetterError
    return found


def _line(found: Any) -> str:
    if not isinstance(found, str):
        raise BadLetterError
    return found[:LONGEST_LINE]


def _id(given: Any, key: str) -> int:
    found = given.get(key) if isinstance(given, dict) else None
    if not isinstance(found, int) or not 0 < found < 2**63:
        raise BadLetterError
    return found


def _cid(given: Mapping[str, Any]) -> str:
    found = _text(given, "cid")
    if found and not _CID.fullmatch(found):
        raise BadLetterError
    return found


def shown(user_id: int, fields: Fields) -> dict[str, Any]:
    """Return a letter as the composer takes it; `html` is there in any case, `is_plain` says which one counts."""
    there = uploads.listed(user_id=user_id, upload_ids=fields.upload_ids)
    named = {file.content_id: file.upload_id for file in fields.files if file.content_id}
    html = fields.html or (from_text(fields.text) if fields.text else "")
    answers = fields.answers
    return {
        "author": _pair(fields.author),
        "to": _pairs(fields.to),
        "cc": _pairs(fields.cc),
        "bcc": _pairs(fields.bcc),
        "subject": fields.subject,
        "text": fields.text or to_text(html),
        "html": clean(html, cid=lambda cid: address_of_picture(named.get(cid)), image=lambda url: url).html,
        "is_plain": bool(fields.text and not fields.html),
        "files": [
            file_shown(there[file.upload_id]) | {"cid": file.content_id}
            for file in fields.files
            if file.upload_id in there
        ],
        "in_reply_to": fields.in_reply_to,
        "references": list(fields.references),
        "answers": {"mailbox": answers.mailbox_id, "content": answers.content_id, "how": answers.how}
        if answers
        else None,
    }


def address_of_picture(upload_id: int | None) -> str | None:
    """Return where the editor shows an upload from."""
    return reverse("webmail:upload", args=[upload_id]) if upload_id else None


def file_shown(file: uploads.Uploaded) -> dict[str, Any]:
    """Return an upload as the composer takes it."""
    return {"id": file.id, "name": file.name, "type": file.media_type, "size": file.size}


def _pair(person: Person) -> dict[str, str]:
    return {"address": person.address, "name": person.name}


def _pairs(people: Sequence[Person]) -> list[dict[str, str]]:
    return [_pair(person) for person in people]
