"""Domains of strangers with each policy, in a real name server; letters of theirs; and how they are met."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from apps.domains.resolver import Resolver
from apps.mailflow.arrivals import Peer, Routed, Transaction
from apps.mailflow.disposal import Mode
from apps.mailflow.examine import Examiner
from apps.mailflow.strangers import Met, Strangers
from apps.mailflow.verdicts import Accept
from apps.protocols.addresses import Address
from apps.protocols.mailauth.dkim.keys import ED25519, Signer
from apps.protocols.mailauth.dkim.sign import sign
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import Mail, Rcpt
from apps.queue.envelopes import Recipient
from apps.queue.models import Lane
from bench.signing import pair
from tests.mailflow.arrivals import a_database

HOST, ELSEWHERE = "192.0.2.1", "198.51.100.7"
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SIGNER, _RECORD = pair(ED25519, "s1", "reject.test")
LIST_SIGNER, _LIST_RECORD = pair(ED25519, "s1", "lists.test")
POLICIES = ("none", "quarantine", "reject")
ZONE = f"""
s1._domainkey.reject.test TXT "{_RECORD}"
s1._domainkey.lists.test  TXT "{_LIST_RECORD}"
1.2.0.192.in-addr.arpa    PTR mx.good.test.
mx.good.test              A   {HOST}
plain.test                A   {HOST}
broken.test               TXT "v=spf1 include:fault.test -all"
_dmarc.broken.test        TXT "v=DMARC1; p=reject"
""" + "\n".join(
    f'{policy}.test TXT "v=spf1 ip4:{HOST} -all"\n'
    f'_dmarc.{policy}.test TXT "v=DMARC1; p={policy}; rua=mailto:reports@{policy}.test"'
    for policy in POLICIES
)


def letter(author: str, *, signers: Sequence[Signer] = (), extra: str = "", text: str = "hello\r\n") -> bytes:
    """Write a letter, signed by these."""
    body = f"{extra}From: {author}\r\nTo: alice@example.test\r\nSubject: hi\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n\r\n{text}"
    data = body.encode()
    return sign(data, signers, int(NOW.timestamp())) + data


def a_transaction(sender: str, *recipients: Recipient) -> Transaction:
    """An open transaction to these."""
    transaction = Transaction(Mail(Address.parse(sender)), uuid.uuid4())
    for recipient in recipients:
        rcpt = Rcpt(Address.parse(recipient.address))
        transaction.take(rcpt, Routed(Accept(replies.RECIPIENT_OK), (recipient,)))
    return transaction


def a_recipient(organisation_id: int = 1, mailbox_id: int = 1) -> Recipient:
    """A mailbox of ours."""
    address = f"alice{mailbox_id}@example.test"
    return Recipient(address, Lane.LOCAL, organisation_id, "example.test", mailbox_id)


def met(
    server: str,
    body: bytes,
    *recipients: Recipient,
    sender: str,
    address: str = ELSEWHERE,
    mode: Mode = Mode.ENFORCE,
    believed: Sequence[str] = (),
    seconds: float = 20.0,
    relays: Sequence[str] = ("127.0.0.0/8",),
    written: Mapping[str, list[str]] = {},
) -> tuple[Met, Strangers]:
    """Meet one message, as the listener does."""

    async def main() -> tuple[Met, Strangers]:
        async with a_database() as database:
            examiner = Examiner(
                Resolver([server], trusted=[]), hostname="mx.example.test", seconds=seconds, relays=relays
            )
            strangers = Strangers(database, examiner, mode, believed)
            transaction = a_transaction(sender, *(recipients or (a_recipient(),)))
            transaction.written.update(written)
            found = await strangers.meet(
                Peer(address, "mx.good.test"),
                transaction,
                body,
                NOW,
            )
            return found, strangers

    return asyncio.run(main())
