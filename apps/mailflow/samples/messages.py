"""The sixty messages: what was said, by whom, when, and in which folder alice keeps it."""

import base64
import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass

from apps.protocols.mime.dates import format_date
from apps.protocols.mime.letter import Attachment, Person
from apps.protocols.mime.letter import Letter as Written
from apps.protocols.mime.writing import write
from apps.store.flags import Flags

from . import bulk, files
from .letters import LETTERS, Letter
from .threads import PEOPLE, THREADS, Thread

ALICE = Person("alice@example.test", "Alice Example")
INBOX, SENT, DRAFTS, JUNK, TRASH, ARCHIVE = "INBOX", "Sent", "Drafts", "Junk", "Trash", "Archive"
SEEN, ANSWERED, FLAGGED, DRAFT = "\\Seen", "\\Answered", "\\Flagged", "\\Draft"


@dataclass(frozen=True, slots=True)
class Sample:
    """One message, and how it is filed."""

    data: bytes
    folder: str
    flags: Flags
    internaldate: int


def sample_messages(now: dt.datetime, *, seed: int = 1) -> list[Sample]:
    """Return sixty messages of the weeks before `now`, oldest first; the same every time for the same arguments."""
    return sorted(_Maker(now, seed).all(), key=lambda sample: sample.internaldate)


class _Maker:
    """Makes the messages of one mailbox."""

    def __init__(self, now: dt.datetime, seed: int) -> None:
        self.now = now.replace(microsecond=0)
        self.seed = seed
        self.dice = random.Random(seed)  # noqa: S311
        self.number = 0

    def all(self) -> Iterator[Sample]:
        for thread in THREADS:
            yield from self.thread(thread)
        yield from self.letters()
        yield from self.newsletters()
        yield from self.receipts()
        yield from self.notices()
        yield from self.lists()
        yield from self.invitations()
        yield from self.attachments()
        yield from self.rest()

    def when(self, days: float, zone: float = 1) -> dt.datetime:
        moment = self.now - dt.timedelta(minutes=round(days * 1440))
        return moment.astimezone(dt.timezone(dt.timedelta(hours=zone)))

    def message_id(self, address: str) -> str:
        self.number += 1
        return f"<{self.seed:04x}.{self.number:03d}@{address.rpartition('@')[2]}>"

    def draft(
        self, draft: Written, days: float, folder: str = INBOX, *flags: str, zone: float = 1, mid: str = ""
    ) -> Sample:
        when = self.when(days, zone)
        data = write(draft, now=when, message_id=mid or self.message_id(draft.author.address))
        return self.sample(data, when, folder, flags, draft.author.address)

    def raw(self, data: bytes, days: float, folder: str, *flags: str, sender: str, zone: float = 1) -> Sample:
        """File bytes written by hand; they lack Date and Message-ID."""
        when = self.when(days, zone)
        head = b"Date: %b\r\nMessage-ID: %b\r\n" % (format_date(when), self.message_id(sender).encode())
        return self.sample(head + data, when, folder, flags, sender)

    def sample(
        self, data: bytes, when: dt.datetime, folder: str, flags: tuple[str, ...], sender: str
    ) -> Sample:
        """Put on top what the way of a message adds, unless it was alice who wrote it."""
        host = sender.rpartition("@")[2]
        arrived = when + dt.timedelta(seconds=self.dice.randrange(1, 90))
        if folder not in {SENT, DRAFTS}:
            received = (
                f"Received: from out.{host} (out.{host} [192.0.2.{self.dice.randrange(1, 255)}])\r\n"
                f"\tby mail.example.test with ESMTPS id {self.dice.randrange(16**8):08x}\r\n"
                f"\tfor <alice@example.test>; "
            )
            data = received.encode() + format_date(arrived.astimezone(dt.UTC)) + b"\r\n" + data
        return Sample(data, folder, Flags.named(*flags), int(arrived.timestamp()))

    def thread(self, thread: Thread) -> Iterator[Sample]:
        hours, references, quoted = thread.days * 24, list[str](), ""
        everyone = list(dict.fromkeys(["alice", *(turn.who for turn in thread.turns)]))
        for number, turn in enumerate(thread.turns):
            hours -= turn.after
            name, address = PEOPLE[turn.who]
            mid = self.message_id(address)
            when = self.when(hours / 24)
            others = [Person(PEOPLE[who][1], PEOPLE[who][0]) for who in everyone if who != turn.who]
            draft = Written(
                author=Person(address, name),
                to=tuple(others[:1]),
                cc=tuple(others[1:]),
                subject=f"Re: {thread.subject}" if number else thread.subject,
                text=f"{turn.text}\n{quoted}\n-- \n{name}\n",
                references=tuple(references),
                in_reply_to=references[-1] if references else "",
            )
            mine = turn.who == "alice"
            answered = number + 1 < len(thread.turns) and thread.turns[number + 1].who == "alice"
            recent = number >= len(thread.turns) - 2 and not mine
            flags = [flag for flag, on in ((SEEN, not recent), (ANSWERED, answered)) if on]
            yield self.draft(draft, hours / 24, SENT if mine else INBOX, *flags, mid=mid)
            references.append(mid)
            lines = "\n".join("> " + line for line in f"{turn.text}\n{quoted}".rstrip().splitlines())
            quoted = f"\nOn {when:%a, %d %b %Y at %H:%M}, {name} wrote:\n{lines}\n"

    def letters(self) -> Iterator[Sample]:
        for number, letter in enumerate(LETTERS):
            days = 1.4 + number * 2.3
            flags = [SEEN] if number > 1 else []
            if number % 5 == 2:
                flags.append(FLAGGED)
            folder = ARCHIVE if number > 8 else INBOX
            yield self.raw(
                _in_charset(letter, number), days, folder, *flags, sender=letter.address, zone=letter.zone
            )

    def newsletters(self) -> Iterator[Sample]:
        for number, (name, address, title, stories) in enumerate(bulk.NEWSLETTERS):
            draft = Written(
                author=Person(address, name),
                to=(ALICE,),
                subject=title,
                text=f"{title}\n\n" + "\n\n".join(f"* {head}\n{text}" for head, text in stories) + "\n",
                html=bulk.newsletter_html(title, stories, "banner"),
                attachments=(
                    Attachment("banner.png", "image/png", files.png(600, 120, number), content_id="banner"),
                ),
                extra=(
                    ("List-Id", f"{name} <{address.replace('@', '.')}>"),
                    (
                        "List-Unsubscribe",
                        f"<mailto:leave@{address.rpartition('@')[2]}>, <https://news.example.org/leave>",
                    ),
                    ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                    ("Precedence", "bulk"),
                ),
            )
            yield self.draft(draft, 0.3 + 6.1 * number, INBOX, *([SEEN] if number else []), zone=-5)

    def receipts(self) -> Iterator[Sample]:
        for number, (shop, address, subject, items) in enumerate(bulk.RECEIPTS):
            lines = [f"{name:<32}{price:>10.2f} EUR" for name, price in items]
            total = f"{'Total':<32}{sum(price for _, price in items):>10.2f} EUR"
            draft = Written(
                author=Person(address, shop),
                to=(ALICE,),
                subject=subject,
                text="\n".join([f"Thank you for shopping at {shop}.", "", *lines, "", total, ""]),
                html=bulk.receipt_html(shop, items),
                attachments=(
                    Attachment(
                        "receipt.pdf", "application/pdf", files.pdf(subject, [shop, "", *lines, total])
                    ),
                ),
            )
            yield self.draft(draft, 2.2 + 7.7 * number, INBOX if number < 2 else ARCHIVE, SEEN)

    def notices(self) -> Iterator[Sample]:
        for number, (name, address, subject, text) in enumerate(bulk.NOTICES):
            draft = Written(
                author=Person(address, name),
                to=(ALICE,),
                subject=subject,
                text=text,
                extra=(("Auto-Submitted", "auto-generated"),),
            )
            days = (2.9, 2.1, 1.2, 0.4, 5.5)[number]
            yield self.draft(draft, days, INBOX, *([] if number in {2, 3} else [SEEN]), zone=0)

    def lists(self) -> Iterator[Sample]:
        """List mail, signed the OpenPGP way; nobody's key made the signatures."""
        for number, (name, address, subject, text) in enumerate(bulk.LIST_MAIL):
            signature = base64.b64encode(self.dice.randbytes(180)).decode()
            rows = "\r\n".join(signature[at : at + 64] for at in range(0, len(signature), 64))
            boundary = f"=_signed_{number}"
            body = text.replace("\n", "\r\n")
            data = (
                f'From: "{name} via clock-dev" <clock-dev@lists.example.org>\r\nReply-To: {name} <{address}>\r\n'
                f"To: clock-dev@lists.example.org\r\nSubject: {subject}\r\n"
                "List-Id: Development of clocks <clock-dev.lists.example.org>\r\n"
                "List-Post: <mailto:clock-dev@lists.example.org>\r\nPrecedence: list\r\nMIME-Version: 1.0\r\n"
                f'Content-Type: multipart/signed; micalg=pgp-sha256;\r\n\tprotocol="application/pgp-signature"; '
                f'boundary="{boundary}"\r\n\r\nThis is an OpenPGP/MIME signed message (RFC 4880 and 3156)\r\n--{boundary}\r\n'
                f"Content-Type: text/plain; charset=us-ascii; format=flowed\r\n\r\n{body}\r\n--{boundary}\r\n"
                'Content-Type: application/pgp-signature; name="signature.asc"\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\n'
                f"{rows}\r\n-----END PGP SIGNATURE-----\r\n\r\n--{boundary}--\r\n"
            )
            yield self.raw(
                data.encode(), 12 - number * 0.6, INBOX, SEEN, sender="clock-dev@lists.example.org", zone=0
            )

    def invitations(self) -> Iterator[Sample]:
        start = (self.now + dt.timedelta(days=3)).replace(hour=9, minute=30, second=0)
        for number, (method, subject) in enumerate(
            (("REQUEST", "Invitation: Review of the plan"), ("CANCEL", "Cancelled: Dry run"))
        ):
            calendar = files.appointment(
                subject.partition(": ")[2], start + dt.timedelta(days=number), 45,
                uid=f"{self.seed}-{number}@example.test", method=method,
                organizer="carol@example.test", attendee="alice@example.test", place="Room 2",
            )  # fmt: skip
            boundary = f"=_calendar_{number}"
            data = (
                "From: Carol Chen <carol@example.test>\r\nTo: Alice Example <alice@example.test>\r\n"
                f"Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n"
                f'\tboundary="{boundary}"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
                f"{subject}\r\n{start:%d %B %Y}, 9:30 UTC, Room 2\r\n\r\n--{boundary}\r\n"
                f"Content-Type: text/calendar; charset=utf-8; method={method}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                f"{calendar}\r\n--{boundary}--\r\n"
            )
            yield self.raw(
                data.encode(),
                0.15 + 3 * number,
                INBOX,
                *([SEEN] if number else []),
                sender="carol@example.test",
            )

    def attachments(self) -> Iterator[Sample]:
        bob, carol = (
            Person(PEOPLE["bob"][1], PEOPLE["bob"][0]),
            Person(PEOPLE["carol"][1], PEOPLE["carol"][0]),
        )
        table = files.csv(
            "month,visitors,letters", [(month, 900 + 37 * month % 211, 40 + month) for month in range(1, 13)]
        )
        yield self.draft(
            Written(
                author=carol, to=(ALICE,), subject="Figures and the floor plan", text="Both attached.\n\nCarol\n",
                attachments=(
                    Attachment("figures 2026.csv", "text/csv", table),
                    Attachment("Grundriß (neu).pdf", "application/pdf", files.pdf("Floor plan", ["Room 1", "Room 2", "Kitchen"])),
                    Attachment("façade.png", "image/png", files.png(320, 200, 11)),
                ),
            ), 6.6, INBOX, SEEN, FLAGGED,
        )  # fmt: skip
        yield self.draft(
            Written(
                author=bob, to=(ALICE,), subject="The photograph in full size",
                text="Careful, it is large.\n\nBob\n",
                attachments=(Attachment("harbour.png", "image/png", files.png(560, 440, 12, noise=255)),),
            ), 3.4, INBOX, SEEN,
        )  # fmt: skip
        yield self.draft(
            Written(
                author=bob, to=(ALICE,), subject="How it looks now",
                text="Left: before. Right: after.\n",
                html='<p>Left: before. <b>Right: after.</b></p><img src="cid:before"> <img src="cid:after">\n',
                attachments=(
                    Attachment("before.png", "image/png", files.png(160, 120, 13), content_id="before"),
                    Attachment("after.png", "image/png", files.png(160, 120, 14), content_id="after"),
                ),
            ), 1.7, INBOX,
        )  # fmt: skip

    def rest(self) -> Iterator[Sample]:
        """A forwarded message, a bounce, junk, drafts, what was thrown away, and what alice wrote first."""
        yield self.raw(_forwarded(), 8.3, INBOX, SEEN, sender="dave@example.test")
        yield self.raw(_bounce(), 7.2, INBOX, SEEN, sender="mailer-daemon@example.test", zone=0)
        for number, (name, address, subject, text) in enumerate(bulk.JUNK):
            draft = Written(author=Person(address, name), to=(ALICE,), subject=subject, text=text)
            yield self.draft(draft, 0.8 + 4 * number, JUNK, "$Junk", *([SEEN] if number else []), zone=7)
        bob = Person(PEOPLE["bob"][1], PEOPLE["bob"][0])
        yield self.draft(
            Written(author=ALICE, to=(bob,), subject="Keys for the new building", text="Bob,\n\nwho has the second key? I\n"),
            0.1, DRAFTS, DRAFT, SEEN,
        )  # fmt: skip
        yield self.draft(
            Written(author=ALICE, subject="", text="Things to ask the plumber:\n\n- \n"),
            2.6,
            DRAFTS,
            DRAFT,
            SEEN,
        )
        yield self.draft(
            Written(author=bob, to=(ALICE,), subject="Ignore this: test", text="Test.\n"), 10.1, TRASH, SEEN
        )  # fmt: skip
        yield self.draft(
            Written(
                author=ALICE, to=(Person("joerg.mueller@example.org", "Jörg Müller"),), subject="Re: Grüße aus Köln - und eine Frage",
                text="Lieber Jörg,\n\ngern, am Mittwoch um drei?\n\nAlice\n",
            ), 1.1, SENT, SEEN,
        )  # fmt: skip


def _in_charset(letter: Letter, number: int) -> bytes:
    """Write a letter in its charset: header in encoded words, body in one encoding or the other."""

    def word(text: str) -> str:
        return f"=?{letter.charset}?B?{base64.b64encode(text.encode(letter.charset)).decode()}?="

    head = (
        f"From: {word(letter.name)} <{letter.address}>\r\nTo: Alice Example <alice@example.test>\r\n"
        f"Subject: {word(letter.subject)}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={letter.charset}\r\n"
    )
    body = letter.text.replace("\n", "\r\n").encode(letter.charset)
    if letter.charset.startswith("iso-2022"):
        return f"{head}Content-Transfer-Encoding: 7bit\r\n\r\n".encode() + body
    if number % 2:
        return f"{head}Content-Transfer-Encoding: 8bit\r\n\r\n".encode() + body
    rows = base64.encodebytes(body).replace(b"\n", b"\r\n")
    return f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode() + rows


def _forwarded() -> bytes:
    return (
        b"From: Dave Diaz <dave@example.test>\r\nTo: alice@example.test\r\nSubject: Fwd: Lost umbrella\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_forward"\r\n\r\n--=_forward\r\n\r\n'
        b"Is it yours?\r\n\r\n--=_forward\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment;\r\n"
        b'\tfilename="Lost umbrella.eml"\r\n\r\nFrom: Front Desk <desk@example.org>\r\nTo: dave@example.test\r\n'
        b"Subject: Lost umbrella\r\nMessage-ID: <umbrella@example.org>\r\n\r\n"
        b"A green umbrella was left in room 2.\r\n\r\n--=_forward--\r\n"
    )


def _bounce() -> bytes:
    return (
        b"From: Mail Delivery System <mailer-daemon@example.test>\r\nTo: alice@example.test\r\n"
        b"Subject: Undelivered mail returned to sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="=_report"\r\n\r\n--=_report\r\n\r\n'
        b"Your message could not be delivered to <nobody@example.org>: no such user.\r\n\r\n--=_report\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.test\r\n\r\n"
        b"Final-Recipient: rfc822; nobody@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\n\r\n--=_report\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        b"From: Alice Example <alice@example.test>\r\nTo: nobody@example.org\r\nSubject: Hello?\r\n\r\n--=_report--\r\n"
    )
