"""A mailbox with mail in it, and the browser of whoever reads it."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from apps.accounts.models import User
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.store.services import folders
from tests.factories import a_mailbox

from .mail import Filed, file, signed_in


@dataclass(frozen=True, slots=True)
class Shelf:
    """Alice's mailbox, its folders' ids by name, and her browser."""

    mailbox: Mailbox
    ids: dict[str, int]
    client: Client

    @property
    def alice(self) -> User:
        assert self.mailbox.owner is not None
        return self.mailbox.owner

    def at(self, rest: str = "") -> str:
        return f"/mail/{self.mailbox.pk}/{rest}"

    def page(self, query: str = "", folder: str = "INBOX") -> str:
        answer = self.client.get(f"{self.at()}f/{self.ids[folder]}/{query}")
        assert answer.status_code == 200, answer.content
        return answer.content.decode()

    def json(self, rest: str, folder: str = "INBOX") -> Any:
        answer = self.client.get(f"{self.at()}f/{self.ids[folder]}/{rest}")
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    def subjects(self, folder: str = "INBOX", query: str = "") -> list[str]:
        return [row["subject"] for row in self.json(f"rows?start=0&count=100{query}", folder)["rows"]]

    def uids(self, folder: str = "INBOX") -> list[int]:
        return [row["uid"] for row in self.json("rows?start=0&count=100", folder)["rows"]]

    def act(self, verb: str, *uids: int, folder: str = "INBOX", **more: Any) -> Any:
        places = [{"folder": self.ids[folder], "uids": list(uids)}] if uids else []
        return self.post("act", {"verb": verb, "places": places, **more})

    def post(self, rest: str, body: Any) -> Any:
        return self.client.post(self.at(rest), json.dumps(body), content_type="application/json")


def a_letter(n: int, sender: str = "Ana Roth <ana@roth.example>", more: str = "") -> bytes:
    return (
        f"From: {sender}\r\nTo: alice@example.test\r\nSubject: Letter {n}\r\nMessage-ID: <{n}@roth.example>\r\n"
        f"Date: Mon, 2 Mar 2026 12:00:00 +0000\r\n{more}\r\nThe text of letter {n}.\r\n"
    ).encode()


def a_shelf(*letters: bytes, mailbox: Mailbox | None = None) -> Shelf:
    mailbox = mailbox or a_mailbox("alice")
    perform(folders.ensure_defaults(mailbox.pk))
    for letter in letters:
        put(mailbox, letter)
    ids = {folder.name: folder.pk for folder in mailbox.folders.all()}
    return Shelf(mailbox, ids, signed_in(mailbox.owner))


def put(mailbox: Mailbox, letter: bytes) -> Filed:
    return file(letter, mailbox)
