"""Nobody's mail becomes unread when a mailbox in use begins or ends to keep read marks for each member."""

import io

import pytest
from django.core.management import call_command

from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox, MailboxMember
from apps.organisations.models import Organisation
from apps.store import checking
from apps.store.flags import SEEN, Flags
from apps.store.models import Folder, Message, Seen
from apps.store.services import messages, seen
from apps.store.services.private_seen import set_private_seen
from tests.store.mail import Box, a_box, a_message, an_owner, picture, put
from tests.store.services.test_seen import mark, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Box:
    box = a_box("team")
    put(*(a_message(box) for _ in range(5)))
    perform(messages.set_flags(box["INBOX"], [(1, 2)], add=Flags(SEEN)))
    return box


def a_member(box: Box, local: str) -> int:
    user = an_owner(local, Organisation.objects.get(id=box.organisation_id))
    MailboxMember.objects.create(mailbox_id=box.mailbox_id, user=user, rights=["read"])
    return user.pk


def switch(box: Box, *, on: bool) -> None:
    set_private_seen(mailbox=Mailbox.objects.get(id=box.mailbox_id), on=on, actor=SYSTEM)
    picture(box, "INBOX")  # The log tells what the rows say.
    assert not [f for f in checking.check() if f.folder == box["INBOX"] or f.mailbox_id == box.mailbox_id]


def bits(box: Box) -> set[int]:
    inbox = box["INBOX"]
    found = {
        uid
        for uid, flags in Message.objects.filter(folder_id=inbox.folder_id).values_list("uid", "flags")
        if flags & SEEN
    }
    assert Folder.objects.get(id=inbox.folder_id).n_unseen == 5 - len(found)
    return found


def test_it_works(team: Box) -> None:
    alice, bob = a_member(team, "alice"), a_member(team, "bob")
    before = Folder.objects.get(id=team["INBOX"].folder_id).modseq
    switch(team, on=True)
    assert read(team["INBOX"], alice) == read(team["INBOX"], bob) == {1, 2}
    mark(team["INBOX"], alice, 5)
    mark(team["INBOX"], bob, 1, seen_=False)
    switch(team, on=False)
    # Nobody owns it, so what anybody has read is read.
    assert bits(team) == {1, 2, 5}
    assert not Seen.objects.filter(folder_id=team["INBOX"].folder_id).exists()
    assert Folder.objects.get(id=team["INBOX"].folder_id).modseq > before
    entries = AuditEntry.objects.filter(action="mailbox.private_seen", target_id=str(team.mailbox_id))
    assert [entry.details for entry in entries.order_by("id")] == [{"on": True}, {"on": False}]


def test_the_owners_marks_become_those_of_all(team: Box) -> None:
    bob = a_member(team, "bob")
    owner = an_owner("owner", Organisation.objects.get(id=team.organisation_id))
    Mailbox.objects.filter(id=team.mailbox_id).update(owner=owner)
    switch(team, on=True)
    mark(team["INBOX"], owner.pk, 3)
    mark(team["INBOX"], owner.pk, 1, seen_=False)
    mark(team["INBOX"], bob, 4)
    switch(team, on=False)
    assert bits(team) == {2, 3}
    # Whatever somebody saw otherwise before has changed since, for clients that ask what did.
    changed = Message.objects.filter(folder_id=team["INBOX"].folder_id)
    folder = Folder.objects.get(id=team["INBOX"].folder_id)
    assert set(changed.filter(modseq=folder.modseq).values_list("uid", flat=True)) == {1, 2, 3, 4}


def test_switching_to_what_it_is_changes_nothing(team: Box) -> None:
    before = Folder.objects.get(id=team["INBOX"].folder_id).modseq
    switch(team, on=False)
    assert Folder.objects.get(id=team["INBOX"].folder_id).modseq == before


def test_a_second_time_begins_anew(team: Box) -> None:
    alice = a_member(team, "alice")
    switch(team, on=True)
    mark(team["INBOX"], alice, 5)
    first = perform(seen.read_by(team["INBOX"], alice))
    switch(team, on=False)
    switch(team, on=True)
    assert perform(seen.read_by(team["INBOX"], alice)) == first
    row = Seen.objects.get(user_id=alice, folder_id=team["INBOX"].folder_id)
    assert row.modseq == Folder.objects.get(id=team["INBOX"].folder_id).modseq


def test_the_command_switches(team: Box) -> None:
    mailbox = Mailbox.objects.select_related("domain").get(id=team.mailbox_id)
    said = io.StringIO()
    call_command("mailbox", "private-seen", str(mailbox), "on", stdout=said)
    assert "each member has read marks of their own" in said.getvalue()
    mailbox.refresh_from_db()
    assert mailbox.private_seen
    call_command("mailbox", "private-seen", str(mailbox), "off", stdout=said)
    mailbox.refresh_from_db()
    assert not mailbox.private_seen
