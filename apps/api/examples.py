"""What the reference shows: one small company's directory, the same everywhere."""

from typing import Any

WHEN = "2026-03-01T09:00:00Z"
ORGANISATION: dict[str, Any] = {
    "id": 1, "name": "Example", "is_active": True, "quota_bytes": None, "created_at": WHEN,
}  # fmt: skip
DOMAIN: dict[str, Any] = {
    "id": 3,
    "name": "example.org",
    "organisation": {"id": 1, "name": "Example"},
    "is_active": True,
    "quota_bytes": 1099511627776,
    "created_at": WHEN,
}
USER: dict[str, Any] = {
    "id": 7,
    "address": "alice@example.org",
    "name": "Alice",
    "language": "en",
    "organisation": {"id": 1, "name": "Example"},
    "is_active": True,
    "roles": [{"id": 2, "kind": "domain_admin", "organisation": None, "domain": "example.org"}],
    "created_at": WHEN,
}
ROLE: dict[str, Any] = USER["roles"][0]
SESSION: dict[str, Any] = {
    "id": "0b8f2c1e-5b7c-4d0e-9a57-3f1f6f0b9d11",
    "door": "imap",
    "peer": "192.0.2.7",
    "client": "Thunderbird",
    "created_at": WHEN,
    "seen_at": "2026-03-01T11:30:00Z",
    "ended_at": None,
}
TOKEN: dict[str, Any] = {
    "id": 12,
    "kind": "api_token",
    "label": "Backup script",
    "scopes": ["directory:read", "mail:read"],
    "networks": ["192.0.2.0/24"],
    "expires_at": "2027-03-01T00:00:00Z",
    "last_used_at": None,
    "created_at": WHEN,
}
SECRET: dict[str, Any] = {"id": 12, "secret": "mp_Vx3...shown-this-once"}
APP_PASSWORD: dict[str, Any] = {"id": 13, "secret": "k3fq-7m2p-...-shown-this-once"}
MEMBER: dict[str, Any] = {"user": {"id": 8, "address": "bob@example.org"}, "rights": ["read", "send"]}
MAILBOX: dict[str, Any] = {
    "id": 9,
    "address": "alice@example.org",
    "domain_id": 3,
    "owner": {"id": 7, "address": "alice@example.org"},
    "members": [MEMBER],
    "quota_bytes": 10737418240,
    "used_bytes": 734003200,
    "messages": 10412,
    "private_seen": False,
    "is_active": True,
    "created_at": WHEN,
}
ALIAS: dict[str, Any] = {
    "id": 4,
    "address": "sales@example.org",
    "domain_id": 3,
    "targets": ["alice@example.org", "partner@example.net"],
    "is_active": True,
    "created_at": WHEN,
}


def page(item: Any) -> dict[str, Any]:
    """Return a page with one item and another page after it."""
    return {"items": [item], "next_cursor": "WzQyXQ"}
