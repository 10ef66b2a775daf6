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
    "sts_mode": "testing",
    "created_at": WHEN,
}
RULE: dict[str, Any] = {
    "id": 12,
    "name": "PARCEL_FEE",
    "place": "domain",
    "domain_id": 3,
    "user_id": None,
    "target": "body",
    "header": "",
    "expression": "parcel.{0,80}customs fee",
    "score": 1.5,
    "feed_score": None,
    "sort": "phishing",
    "description": "Asks for a fee before a parcel is delivered",
    "samples": {"match": ["Your parcel: pay the customs fee"], "miss": ["Your parcel is here"]},
    "origin": "own",
    "group": "",
    "is_enabled": True,
    "failures": 0,
    "failed_why": "",
    "created_at": WHEN,
    "changed_at": WHEN,
}
DNS: dict[str, Any] = {
    "looked_at": WHEN,
    "faults": 1,
    "records": [
        {
            "kind": "spf",
            "need": "must",
            "type": "TXT",
            "name": "example.org",
            "value": "v=spf1 mx -all",
            "state": "missing",
            "code": "missing",
            "reason": "It is not published yet. Add this record where you manage the DNS of the domain.",
            "found": [],
        }
    ],
    "keys": [
        {
            "id": 5,
            "selector": "e1",
            "algorithm": "ed25519-sha256",
            "bits": 256,
            "public": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            "state": "active",
            "made_at": WHEN,
            "seen_at": WHEN,
            "activated_at": WHEN,
            "retired_at": None,
        }
    ],
}
SENDER: dict[str, Any] = {
    "address": "203.0.113.25",
    "name": "mail.service.example",
    "kind": "service",
    "messages": 522,
    "passed": 0,
    "dkim": 0,
    "spf": 0,
    "stopped": 0,
    "authenticated_as": ["mailer.example"],
    "reporters": ["big-mail.example"],
    "last": "2026-02-28",
}
TROUBLE: dict[str, Any] = {
    "result": "certificate-expired",
    "failed": 7,
    "hosts": ["mx.example.org"],
    "reporters": ["big-mail.example"],
    "information": "",
    "last": "2026-02-28",
}
COMPLAINT: dict[str, Any] = {
    "id": 7,
    "kind": "abuse",
    "reporter": "big-mail.example",
    "source": "192.0.2.10",
    "mail_from": "news@example.org",
    "subject": "News of February",
    "message_id": "<20260228.1@example.org>",
    "failure": "",
    "incidents": 1,
    "arrived_at": WHEN,
    "received_at": WHEN,
}
REPORT: dict[str, Any] = {
    "id": 7,
    "kind": "dmarc",
    "reporter": "big-mail.example",
    "contact": "noreply-dmarc@big-mail.example",
    "report_id": "1772236800.big-mail.example",
    "begins_at": "2026-02-28T00:00:00Z",
    "ends_at": "2026-02-28T23:59:59Z",
    "messages": 3364,
    "received_at": WHEN,
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


TRACE_ID = "8b1e0c5e-6f3f-4f0a-9c5d-2f6b7a8c9d0e"
QUEUED: dict[str, Any] = {
    "id": 4711,
    "trace_id": TRACE_ID,
    "sender": "alice@example.org",
    "address": "partner@example.net",
    "lane": "remote",
    "state": "queued",
    "why": "Not accepted yet: “421 4.7.0 Try again later”. The next attempt is at 2026-03-01 11:45 UTC.",
    "attempts": 2,
    "size": 20480,
    "accepted_at": WHEN,
    "next_attempt": "2026-03-01T11:45:00Z",
    "finished_at": None,
    "organisation_id": 1,
}
ATTEMPT: dict[str, Any] = {
    "at": "2026-03-01T11:15:00Z",
    "outcome": "deferred",
    "host": "mx.example.net[192.0.2.25]:25",
    "reply": "421 4.7.0 Try again later",
}
CAUSE: dict[str, Any] = {
    "state": "queued",
    "lane": "remote",
    "domain": "example.net",
    "code": "421 4.7.0",
    "recipients": 214,
    "size": 4382720,
    "oldest": WHEN,
    "next_attempt": "2026-03-01T11:45:00Z",
    "example": "421 4.7.0 Try again later",
}
EVENT: dict[str, Any] = {
    "at": WHEN,
    "kind": "filed",
    "sentence": "Filed for alice@example.org in INBOX, uid 42.",
    "detail": {"recipient": "alice@example.org", "folder": "INBOX", "uid": 42},
}
TRACE: dict[str, Any] = {
    "trace_id": TRACE_ID,
    "at": WHEN,
    "status": "filed",
    "origin": "mx",
    "sender": "partner@example.net",
    "recipients": ["alice@example.org"],
    "more": 0,
    "size": 20480,
    "message_id": "<1234@example.net>",
    "peer": "192.0.2.25",
    "reason": "",
}
ENTRY: dict[str, Any] = {
    "id": 99,
    "at": WHEN,
    "actor_id": 7,
    "actor": "alice@example.org",
    "peer": "192.0.2.7",
    "action": "user.create",
    "target_kind": "user",
    "target_id": "8",
    "target": "bob@example.org",
    "organisation_id": 1,
    "details": {"name": "Bob"},
    "hash": "5f1d…",
}
SYSTEM: dict[str, Any] = {
    "version": "0.1.0",
    "hostname": "mail.example.org",
    "python": "3.13.0",
    "django": "6.1.3",
    "postgresql": "18.6",
    "valkey": "9.0.0",
    "profile": "normal",
    "health": {"database": "ok", "valkey": "ok"},
    "processes": [{"name": "imap", "is_ready": True, "says": {"database": "ok", "valkey": "ok"}}],
}
FOLDER: dict[str, Any] = {
    "id": 12,
    "name": "Projects/Garden",
    "special_use": "",
    "messages": 214,
    "unread": 3,
    "size": 18874368,
    "modseq": 812,
    "uidvalidity": 1767225600,
}
MESSAGE: dict[str, Any] = {
    "id": 4242,
    "folder_id": 12,
    "uid": 41,
    "modseq": 812,
    "thread_id": 4200,
    "sender": {"name": "Ana Roth", "address": "ana@example.net"},
    "to": [{"name": "", "address": "alice@example.org"}],
    "subject": "The garden in March",
    "date": WHEN,
    "received_at": WHEN,
    "size": 20480,
    "preview": "The tulips are out, and the plan for the beds is attached.",
    "flags": ["\\Seen", "garden"],
    "has_attachment": True,
}
RECENT: dict[str, Any] = {
    "undo": 77,
    "mailbox_id": 9,
    "action": "move",
    "detail": "Projects/Garden",
    "messages": 2,
    "at": WHEN,
    "is_undone": False,
}
LETTER: dict[str, Any] = {
    "id": "6f0d5a52-51d3-4c0f-b8d6-08c3a3a7e0c1",
    "until": "2026-03-01T09:00:10Z",
    "draft_id": "3f0a8f0e-7a52-4bb2-9d0d-6b8d5a0f3c55",
    "scheduled": False,
    "is_held": True,
    "is_recalled": False,
}
WAITING: dict[str, Any] = {
    "id": LETTER["id"],
    "draft_id": LETTER["draft_id"],
    "mailbox_id": 9,
    "until": LETTER["until"],
    "scheduled": False,
    "to": [{"address": "ana@example.net", "name": "Ana Roth"}],
    "subject": "The garden in March",
}
SAVED: dict[str, Any] = {"id": LETTER["draft_id"], "revision": 1, "is_placed": True, "updated_at": WHEN}
OPENED: dict[str, Any] = {
    "id": LETTER["draft_id"],
    "revision": 1,
    "mailbox_id": 9,
    "updated_at": WHEN,
    "letter": {
        "author": {"address": "", "name": ""},
        "to": [{"address": "ana@example.net", "name": ""}],
        "cc": [],
        "bcc": [],
        "subject": "The garden",
        "text": "Sha",
        "html": "",
        "attachments": [],
        "in_reply_to": "",
        "references": [],
    },
}
IDENTITY: dict[str, Any] = {
    "address": "alice@example.org",
    "name": "Alice",
    "signature_text": "Alice",
    "signature_html": "",
    "is_default": True,
}
FULL_MESSAGE: dict[str, Any] = MESSAGE | {
    "cc": [],
    "bcc": [],
    "reply_to": [],
    "message_id": "<1234@example.net>",
    "in_reply_to": "",
    "references": [],
    "headers": [{"name": "Subject", "value": "The garden in March"}],
    "text": "The tulips are out, and the plan for the beds is attached.",
    "html": "",
    "attachments": [
        {"number": "2", "name": "plan.pdf", "media_type": "application/pdf", "size": 18000, "content_id": ""}
    ],
}
IMPORT: dict[str, Any] = {
    "id": "5f0c7f1e-0a55-4f6a-8a4e-6b0f6a6f3c11",
    "name": "people.csv",
    "state": "done",
    "rows": 500,
    "update": False,
    "make_passwords": True,
    "planned": {"made": 405, "changed": 0, "same": 1, "refused": 94, "failed": 0},
    "created_at": WHEN,
    "started_at": "2026-03-01T09:02:00Z",
    "finished_at": "2026-03-01T09:02:31Z",
}
IMPORT_STATE: dict[str, Any] = IMPORT | {"done": IMPORT["planned"], "has_passwords": True}
IMPORT_ROW: dict[str, Any] = {
    "line": 2,
    "address": "alice@example.org",
    "outcome": "made",
    "text": "User and mailbox, with a new password",
}
MADE_PASSWORD: dict[str, Any] = {
    "line": 2, "address": "alice@example.org", "password": "ku6w3-...-told-this-once",
}  # fmt: skip
