"""Alice's desk for writing: her mailbox, her browser, and letters as the composer sends them."""

import json
import uuid
from typing import Any

from django.test import Client

from .shelf import Shelf, a_letter, a_shelf

ANA = {"address": "ana@far.example", "name": "Ana Roth"}


class Writer:
    """Somebody who writes, and the draft they write."""

    def __init__(self, *letters: bytes) -> None:
        self.shelf: Shelf = a_shelf(*(letters or (a_letter(1),)))
        self.client: Client = self.shelf.client
        self.draft = uuid.uuid4()

    @property
    def drafts(self) -> str:
        return self.shelf.at(f"drafts/{self.draft}")

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.generic(
            method, path, json.dumps(body) if body is not None else "", content_type="application/json"
        )
        assert answer.status_code == status, (answer.status_code, answer.content[:500])
        return json.loads(answer.content) if answer.content else None

    def save(self, revision: int = 0, status: int = 200, **more: Any) -> Any:
        return self.ask("PUT", self.drafts, {"revision": revision, "letter": letter(**more)}, status)

    def send(
        self, status: int = 200, *, revision: int = 0, sure: bool = True, at: Any = None, **more: Any
    ) -> Any:
        body = {"revision": revision, "letter": letter(**more), "sure": sure, "at": at}
        return self.ask("POST", f"{self.drafts}/send", body, status)

    def upload(self, name: str = "plan.txt", content: bytes = b"Tulips.\n", status: int = 201) -> Any:
        answer = self.client.post(
            f"/mail/uploads?name={name}&type=text/plain", content, content_type="application/octet-stream"
        )
        assert answer.status_code == status, answer.content
        return answer.json()


def letter(**more: Any) -> dict[str, Any]:
    return {"to": [ANA], "subject": "The garden", "html": "<div>At <b>noon</b>?</div>", **more}
