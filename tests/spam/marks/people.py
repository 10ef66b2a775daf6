"""People who mark mail, and what a filter makes of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from django.db import connection

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailflow import refile
from apps.mailflow.refile import Chosen, Hand
from apps.spam.learning.features import Features
from apps.spam.learning.hashing import EMPTY
from apps.spam.marks import learning
from apps.spam.marks.counting import unpacked
from apps.spam.marks.counts import counts_for
from apps.spam.marks.values import Apart, Learnt, Tokens, Wanted
from apps.spam.models import Token, Total, Trained
from apps.store.models import Message
from apps.store.ranges import of_uids
from apps.store.services import folders
from apps.store.values import FolderRef
from tests.factories import a_domain, a_user
from tests.store.mail import Box, a_message, put


def number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little", signed=True)


def numbers(words: str) -> Tokens:
    return np.array(sorted({number(word) for word in words.split()}), np.int64)


def apart(raw: bytes) -> Features:
    words = numbers(raw.partition(b"\r\n\r\n")[2].decode()).view(np.uint64)
    return Features(words, EMPTY, EMPTY, EMPTY)


WORDS = Apart(apart, 1)
"""Takes a message apart into the words of its text."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a mailbox."""

    box: Box
    hand: Hand
    user: User
    bodies: list[bytes] = field(default_factory=list)

    @property
    def scope(self) -> int:
        return self.box.mailbox_id

    def get(self, *texts: str, folder: str = "INBOX", prefix: bytes = b"") -> list[int]:
        """Have mail; return its uids."""
        items = [
            a_message(self.box, folder, body=b"Subject: hi\r\n\r\n" + text.encode(), prefix=prefix)
            for text in texts
        ]
        return put(*items)

    def chosen(self, uids: Iterable[int], folder: str = "INBOX") -> list[Chosen]:
        return [Chosen(self.box[folder].folder_id, of_uids(uids))]

    def junk(self, *texts: str) -> None:
        """Mark mail as junk."""
        refile.junk(self.hand, self.chosen(self.get(*texts)))

    def keep(self, *texts: str) -> None:
        """Mark mail as no junk."""
        refile.not_junk(self.hand, self.chosen(self.get(*texts, folder="Junk"), "Junk"))

    def uids(self, folder: str) -> list[int]:
        rows = Message.objects.filter(mailbox_id=self.box.mailbox_id, folder_id=self.box[folder].folder_id)
        return sorted(rows.values_list("uid", flat=True))


def a_person(local: str = "alice", domain: Domain | None = None) -> Person:
    """Make somebody with a mailbox."""
    domain = domain or a_domain()
    user = a_user(local, domain=domain)
    mailbox = Mailbox.objects.create(domain=domain, local_part=local, owner=user)
    perform(folders.ensure_defaults(mailbox.pk))
    refs = {folder.name: FolderRef(mailbox.pk, folder.pk) for folder in mailbox.folders.all()}
    return Person(Box(mailbox.pk, domain.organisation_id, refs), Hand(mailbox.pk, user.pk), user)


def learn(apart: Apart = WORDS) -> Learnt:
    return learning.learn_due(apart)


def counted(scope: int) -> dict[int, tuple[float, float]]:
    """Return all that is counted for a scope: bad and good by token."""
    return {row.token: (row.spam, row.ham) for row in Token.objects.filter(scope=scope)}


def said(scope: int, words: str) -> dict[str, tuple[float, float]]:
    """Return what words count for, bad and good."""
    tokens = np.array([number(word) for word in words.split()], np.int64)
    [told] = counts_for([Wanted(tokens, [scope])])
    pairs = zip(told[scope].spam.tolist(), told[scope].ham.tolist(), strict=True)
    return dict(zip(words.split(), pairs, strict=True))


def total(scope: int) -> tuple[float, float]:
    row = Total.objects.filter(scope=scope).first()
    return (row.spam, row.ham) if row else (0.0, 0.0)


def agrees(scope: int) -> bool:
    """Whether what is counted is exactly what is remembered of each message."""
    should: dict[int, list[float]] = {}
    totals = [0.0, 0.0]
    for row in Trained.objects.filter(mailbox_id=scope):
        totals[row.label] += 1
        for token in unpacked(bytes(row.tokens)).tolist():
            should.setdefault(token, [0.0, 0.0])[row.label] += 1
    return counted(scope) == {token: (bad, good) for token, (good, bad) in should.items()} and total(
        scope
    ) == (totals[1], totals[0])


def nobody_else() -> None:
    """Forget what other tests committed, for one that counts everything."""
    with connection.cursor() as cursor:
        for table in ("spam_token", "spam_total", "spam_trained", "spam_cursor", "store_folderlog"):
            cursor.execute(f"DELETE FROM {table}")
