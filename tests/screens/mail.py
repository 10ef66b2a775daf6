"""Alice's mail and what is on its way: conversations, labels, folders, drafts, letters that wait, a queue, traces."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.events import trace
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailflow import refile
from apps.mailflow.samples import sample_messages
from apps.mailflow.writing import drafts, identities, uploads
from apps.mailflow.writing.fields import Fields
from apps.mailflow.writing.sending import Sent, send_later
from apps.protocols.mime.letter import Person
from apps.protocols.mime.scan import scan
from apps.queue.models import Attempt, QueuedRecipient, State
from apps.store.models import Content, Message
from apps.store.ranges import of_uids
from apps.store.services import folders, messages
from apps.store.values import MessageFacts, NewMessage
from tests.queue.letters import a_letter, remote

BUSY = "mx1.{domain} said: 451 4.7.1 Greylisted, please try again in five minutes"
# Where to, how it stands, how often it was tried, what was said last.
WAITING = (
    ("orders@slow-post.example", State.QUEUED, 3, BUSY),
    ("maria@slow-post.example", State.QUEUED, 2, BUSY),
    ("office@gone-fishing.example", State.QUEUED, 7, "gone-fishing.example has no server that answers (connection timed out)"),
    ("all@lists.example", State.HELD, 0, "held by an operator: asks 400 people, wait for Carol"),
    ("jean@full-house.example", State.FAILED, 1, "mx.full-house.example said: 552 5.2.2 Mailbox is full"),
    ("late@never-there.example", State.EXPIRED, 24, "never-there.example has no address in DNS"),
    ("odd@elsewhere.example", State.POISON, 1, "handling it raised an error of ours"),
    ("ana@roth-gardens.example", State.DELIVERED, 1, "250 2.0.0 Ok: queued as 4TqZ0p"),
)  # fmt: skip

# One each in HTML, with files, from right to left, with an appointment, about a message that came back.
LETTERS = ("first frost", "floor plan", "الاجتماع", "Invitation", "Undelivered")


def fill(domain: Domain, alice: User, mailbox: Mailbox) -> dict[str, list[object]]:
    """Fill her mailbox and the queue; returns what addresses of the pages may name."""
    now = timezone.now()
    perform(folders.ensure_defaults(mailbox.pk))
    for name in ("Invoices", "Travel/Lisbon", "Receipts"):
        perform(folders.create(mailbox.pk, name))
    ids = dict(mailbox.folders.values_list("name", "id"))
    if not Content.objects.filter(mailbox_id=mailbox.pk).exists():
        _samples(domain, mailbox, ids, now)
    inbox = ids["INBOX"]
    found = Message.objects.filter(mailbox_id=mailbox.pk, folder_id=inbox).order_by("-uid")
    uids = list(found.values_list("uid", flat=True))
    hand = refile.Hand(mailbox.pk, alice.id)
    for label, some in (("Finance", uids[1:30:7]), ("Travel", uids[2:30:9]), ("Waiting", uids[4:6])):
        refile.label(hand, [refile.Chosen(inbox, of_uids(some))], label)
    refile.star(hand, [refile.Chosen(inbox, of_uids(uids[3:20:8]))])
    refile.move(hand, [refile.Chosen(inbox, of_uids(uids[-3:]))], to=ids["Invoices"])
    identities.set_identity(
        user_id=alice.id, address=str(mailbox), name="Alice Example",
        signature_html="<div>Alice Example<br>Front desk · 555 0123</div>", is_default=True,
    )  # fmt: skip
    newest = found.filter(folder_id=inbox).first()
    assert newest is not None
    threads: list[object] = [_thread(mailbox, text) for text in ("plan for the next", "lunch on friday")]
    draft, sending, upload = _writing(alice, mailbox, now)
    waiting = _queue(domain, now)
    names: dict[str, list[object]] = {
        "folder_id": [inbox, ids["Invoices"]],
        "empty_id": [ids["Receipts"]],
        "content_id": [newest.content_id],
        "thread": threads,
        "letter": [_thread(mailbox, text) for text in LETTERS],
        "draft_id": [draft],
        "sending_id": [sending],
        "upload_id": [upload],
        "recipient_id": list(waiting),
        "trace_id": list(dict.fromkeys(waiting.values())),
        "number": ["1"],
        "token": [1],
    }
    return names


def _thread(mailbox: Mailbox, subject: str) -> int:
    found = Content.objects.filter(mailbox_id=mailbox.pk, subject__icontains=subject)
    return found.latest("internaldate").thread_id


def _samples(domain: Domain, mailbox: Mailbox, ids: dict[str, int], now: dt.datetime) -> None:
    items = [
        NewMessage(
            organisation_id=domain.organisation_id,
            mailbox_id=mailbox.pk,
            folder_id=ids[sample.folder],
            body=sample.data,
            facts=MessageFacts.of(scan(sample.data, text_limit=0)),
            internaldate=sample.internaldate,
            flags=sample.flags,
        )
        for sample in sample_messages(now)
    ]
    perform(messages.append(items, enforce_quota=False))


def _writing(alice: User, mailbox: Mailbox, now: dt.datetime) -> tuple[uuid.UUID, uuid.UUID, int]:
    who: dict[str, Any] = {"user_id": alice.id, "mailbox_id": mailbox.pk, "now": now}
    draft = uuid.uuid4()
    to = Person("jean@full-house.example", "Jean Moreau")
    fields = Fields(
        to=(to,), subject="The keys", html="<div>Dear Jean,</div><div><br></div><div>the keys are with</div>"
    )
    drafts.save(draft_id=draft, revision=0, fields=fields, **who)
    ana = Person("ana@roth-gardens.example", "Ana Roth")
    waits = [
        send_later(
            fields=Fields(to=(ana,), subject=subject, html=f"<div>{text}</div>"), at=now + delay, **who
        )
        for subject, text, delay in (
            ("Tulips for the entrance", "Could you plant them before the snow?", dt.timedelta(hours=20)),
            ("Happy birthday!", "All the best from everybody at the desk.", dt.timedelta(days=12)),
        )
    ]
    assert isinstance(waits[0], Sent), waits
    upload = uploads.add(user_id=alice.id, name="plan.txt", media_type="text/plain", content=b"Tulips.\n")
    assert isinstance(upload, uploads.Uploaded), upload
    return draft, waits[0].id, upload.id


def _queue(domain: Domain, now: dt.datetime) -> dict[int, uuid.UUID]:
    """Queue letters in every state, in one transaction: no worker sees one that is due."""
    found = {}
    for place, (address, state, tried, words) in enumerate(WAITING):
        host = address.partition("@")[2]
        with transaction.atomic():
            sender = f"alice@{domain.name}"
            body = f"From: {sender}\r\nTo: {address}\r\nSubject: Our opening hours\r\nMessage-ID: <{place}@{domain.name}>\r\n\r\nHello.\r\n"
            age = dt.timedelta(hours=3 * place + 1)
            [message] = perform(
                a_letter(remote(address, domain.organisation_id), body=body.encode(), sender=sender, age=age)
            )
            ends = state in {State.DELIVERED, State.FAILED, State.EXPIRED}
            row = QueuedRecipient.objects.select_related("message").get(message_id=message)
            QueuedRecipient.objects.filter(id=row.id).update(
                state=state,
                attempts=tried,
                last_reply=words.format(domain=host),
                next_attempt=now + dt.timedelta(hours=2, minutes=7 * place),
                finished_at=now - dt.timedelta(minutes=9) if ends else None,
            )
            outcome = {State.DELIVERED: "delivered", State.FAILED: "failed"}.get(state, "deferred")
            for n in range(min(tried, 4)):
                Attempt.objects.create(
                    recipient=row, at=now - age + n * dt.timedelta(minutes=20), outcome=outcome,
                    host=f"mx1.{host}", reply=words.format(domain=host),
                )  # fmt: skip
            _story(row, sender, outcome, domain.organisation_id)
        found[row.id] = row.message.trace_id
    refused = trace.Event(
        uuid.uuid4(), trace.Kind.REFUSED, domain.organisation_id,
        {"peer": "203.0.113.9", "reason": "no such address", "recipient": f"nobody@{domain.name}",
         "reply": "550 5.1.1 No such mailbox here"},
        trace.keys_of(addresses=[f"nobody@{domain.name}"], hosts=["203.0.113.9"]),
    )  # fmt: skip
    perform(trace.record([refused]))
    return found


def _story(row: QueuedRecipient, sender: str, outcome: str, organisation_id: int) -> None:
    host, size = row.address.partition("@")[2], row.size
    accepted = {"origin": "submission", "peer": "192.0.2.44", "tls": "TLSv1.3", "sender": sender, "login": sender,
                "recipients": [row.address], "size": size, "message_id": f"{row.id}@example.test", "judged": True}  # fmt: skip
    keys = trace.keys_of(
        message_id=f"{row.id}@example.test", addresses=[sender, row.address], hosts=["192.0.2.44"]
    )
    reply = {"recipient": row.address, "host": f"mx1.{host}", "reply": "451 4.7.1 Greylisted"}
    kind = {"delivered": trace.Kind.DELIVERED, "failed": trace.Kind.FAILED}.get(outcome, trace.Kind.DEFERRED)
    if kind == trace.Kind.DELIVERED:
        reply["reply"] = "250 2.0.0 Ok"
    perform(
        trace.record(
            [
                trace.Event(row.message.trace_id, trace.Kind.ACCEPTED, organisation_id, accepted, keys),
                trace.Event(
                    row.message.trace_id, kind, organisation_id, reply, trace.keys_of(hosts=[f"mx1.{host}"])
                ),
            ]
        )
    )
