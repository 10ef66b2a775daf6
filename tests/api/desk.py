"""Somebody at a desk: a mailbox, its owner's way to the API, and messages to put into it."""

from typing import Any

from apps.accounts.models import User
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.store.services import folders
from tests.api.asking import Api
from tests.factories import a_mailbox

LUNCH = (
    b"From: Ana Roth <ana@far.example>\r\nTo: alice@example.test\r\nSubject: Lunch %d\r\n"
    b"Message-ID: <%d@far.example>\r\nDate: Mon, 2 Mar 2026 12:00:00 +0000\r\n\r\nAt noon in the garden?\r\n"
)


class Desk:
    """A mailbox, its owner's API, and the ids of its folders."""

    def __init__(self) -> None:
        self.mailbox: Mailbox = a_mailbox("alice")
        assert self.mailbox.owner is not None
        self.alice: User = self.mailbox.owner
        perform(folders.ensure_defaults(self.mailbox.pk))
        self.api = Api(self.alice)
        self.at = f"mailboxes/{self.mailbox.pk}"
        self.ids = {row["name"]: row["id"] for row in self.api.get(f"{self.at}/folders")["items"]}

    def put(
        self, number: int = 1, folder: str = "INBOX", query: str = "", body: bytes = b""
    ) -> dict[str, Any]:
        """Append a message; return where it is."""
        answer = self.api.raw("POST", f"{self.at}/folders/{self.ids[folder]}/messages{query}",
                              body or LUNCH % (number, number), "message/rfc822")  # fmt: skip
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def messages(self, folder: str = "INBOX", query: str = "") -> list[dict[str, Any]]:
        """List a folder."""
        found: list[dict[str, Any]] = self.api.get(f"{self.at}/folders/{self.ids[folder]}/messages{query}")[
            "items"
        ]
        return found

    def act(self, action: str, *ids: int, status: int = 200, **more: Any) -> Any:
        """Do something with messages."""
        body = {"action": action, **({"ids": list(ids)} if ids else {}), **more}
        return self.api.post(f"{self.at}/messages/actions", body, status)
