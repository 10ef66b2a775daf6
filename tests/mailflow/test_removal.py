"""A deleted mailbox leads nowhere at once, and its mail goes in steps that may be broken off anywhere."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.models import Credential, Session, User
from apps.domains.models import Domain
from apps.events.audit import SYSTEM, Actor
from apps.events.models import AuditEntry
from apps.events.transactions import perform, query
from apps.mailboxes import removal as directory
from apps.mailboxes import sql as mailboxes_sql
from apps.mailboxes.models import Mailbox, MailboxMember, Usage
from apps.mailboxes.services import enable_mailbox, find_mailbox, set_member
from apps.mailflow import removal
from apps.mailflow.models import Imported
from apps.organisations.errors import DirectoryError, NotFoundError
from apps.organisations.models import Organisation
from apps.store import checking
from apps.store.models import Content, Folder, FolderLog, Message, Pack, Seen, Snapshot, Subscription
from apps.store.services import emptying, folders, keeping, messages, seen
from apps.store.values import FolderRef
from tests.factories import a_mailbox, a_role, a_user, an_alias
from tests.store.mail import Box, a_message, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Mailbox:
    return a_mailbox("alice", password="correct horse battery")


def filled(mailbox: Mailbox, n: int = 5) -> Box:
    perform(folders.ensure_defaults(mailbox.pk))
    found = {f.name: FolderRef(mailbox.pk, f.pk) for f in Folder.objects.filter(mailbox=mailbox)}
    box = Box(mailbox.pk, mailbox.domain.organisation_id, found)
    put(*(a_message(box, body=b"number %d" % k) for k in range(n)))
    perform(messages.copy(box["INBOX"], box["Archive"], [(1, 2)]))
    return box


def state_of(address: str) -> str:
    rows = perform(query(mailboxes_sql.ROUTE, [[address]]))
    return str(rows[0][2])


def left(mailbox_id: int) -> dict[str, int]:
    models = (Folder, Message, Content, FolderLog, Pack, Usage, Subscription, Imported, MailboxMember)
    counts = {model.__name__: model.objects.filter(mailbox_id=mailbox_id).count() for model in models}
    return {name: count for name, count in counts.items() if count}


def test_it_works(alice: Mailbox) -> None:
    box, address, owner = filled(alice), str(alice), alice.owner
    assert owner is not None
    bob = a_user("bob", domain=alice.domain)
    set_member(mailbox=alice, user=bob, rights=["read"], actor=SYSTEM)
    perform(seen.set_seen(box["INBOX"], bob.pk, [(1, 1)], seen=True))
    Imported.objects.create(mailbox=alice, key=b"k" * 16, run=1, seen=1, imported=1)
    an_alias("team", address, domain=alice.domain)
    removal.delete_mailbox(mailbox=alice, actor=SYSTEM)
    # Nobody reaches it from now on, though its mail is still there.
    assert state_of(address) == state_of(f"team@{alice.domain}") == "unknown"
    with pytest.raises(NotFoundError):
        find_mailbox(address)
    told: list[int] = []
    assert removal.finish(alice.pk, progress=told.append)
    assert sum(told) == 7
    assert left(alice.pk) == {}
    assert not Mailbox.objects.filter(id=alice.pk).exists()
    assert not Seen.objects.filter(folder_id=box["INBOX"].folder_id).exists()
    assert not Snapshot.objects.filter(folder_id=box["INBOX"].folder_id).exists()
    entries = AuditEntry.objects.filter(target_kind="mailbox", target_id=str(alice.pk)).order_by("id")
    assert [entry.action for entry in entries][-2:] == ["mailbox.delete", "mailbox.removed"]
    assert entries.get(action="mailbox.delete").details == {
        "owner": owner.address,
        "messages": 7,
        "bytes": 7 * 8,
    }
    assert not [f for f in checking.check() if str(alice.pk) in f.text]
    # Its address is free again.
    a_mailbox("alice", domain=alice.domain, owner=owner)


def test_it_goes_on_wherever_it_was_broken_off(alice: Mailbox) -> None:
    filled(alice)
    removal.delete_mailbox(mailbox=alice, actor=SYSTEM)
    steps = 0
    while not removal.finish(alice.pk, go_on=iter([True, False]).__next__):
        steps += 1
        assert steps < 100
    assert steps > 6
    assert left(alice.pk) == {}
    assert removal.finish(alice.pk)


def test_a_step_is_bounded(alice: Mailbox) -> None:
    filled(alice)
    sizes = []
    while step := perform(emptying.empty(alice.pk, batch=2)):
        sizes.append(step.messages + step.contents)
    assert max(sizes) == 2


def test_housekeeping_finishes(alice: Mailbox) -> None:
    filled(alice)
    removal.delete_mailbox(mailbox=alice, actor=SYSTEM)
    assert removal.finish_all(lambda: False) == 0
    assert removal.finish_all() >= 1
    assert left(alice.pk) == {}


def test_what_comes_in_meanwhile_goes_too(alice: Mailbox) -> None:
    box = filled(alice)
    removal.delete_mailbox(mailbox=alice, actor=SYSTEM)
    while perform(emptying.empty(alice.pk)):
        pass
    # A client that is still connected makes a folder and files a message.
    made = perform(folders.create(alice.pk, "Late"))
    assert isinstance(made, FolderRef)
    put(a_message(Box(alice.pk, box.organisation_id, {"INBOX": made})))
    assert not directory.finish(alice.pk)
    assert removal.finish(alice.pk)
    assert left(alice.pk) == {}


def test_a_deleted_mailbox_is_not_opened_again(alice: Mailbox) -> None:
    removal.delete_mailbox(mailbox=alice, actor=SYSTEM)
    removal.delete_mailbox(mailbox=alice, actor=SYSTEM)
    enable_mailbox(mailbox=alice, actor=SYSTEM)
    assert not Mailbox.objects.get(id=alice.pk).is_active
    assert AuditEntry.objects.filter(action="mailbox.delete", target_id=str(alice.pk)).count() == 1


def test_an_import_keeps_its_mailbox(alice: Mailbox) -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(7301, %s::int)", [alice.pk])
        removal.delete_mailbox(mailbox=alice, actor=SYSTEM)
        assert not removal.finish(alice.pk)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(7301, %s::int)", [alice.pk])
    finally:
        other.close()
    assert removal.finish(alice.pk)


def run(*words: str) -> str:
    said = io.StringIO()
    call_command(*words, stdout=said)
    return said.getvalue()


def test_the_command_deletes_and_goes_on(alice: Mailbox) -> None:
    filled(alice)
    address = str(alice)
    removal.delete_mailbox(mailbox=alice, actor=SYSTEM)
    assert run("mailbox", "delete", address) == f"deleted mailbox {address}\n"
    assert left(alice.pk) == {}
    with pytest.raises(CommandError, match="there is no mailbox"):
        run("mailbox", "delete", address)


def test_a_user_goes_with_sessions_credentials_and_roles(alice: Mailbox) -> None:
    user = alice.owner
    assert user is not None
    a_role(user, "auditor", domain=alice.domain)
    Session.objects.create(user=user, door="imap")
    with pytest.raises(CommandError, match=f"{user.address} owns {alice}: say who gets them"):
        run("user", "delete", user.address)
    assert User.objects.filter(id=user.pk).exists()
    assert run("user", "delete", user.address, "--delete-mailboxes") == f"deleted user {user.address}\n"
    assert not Credential.objects.filter(user_id=user.pk).exists()
    assert not Session.objects.filter(user_id=user.pk).exists()
    assert left(alice.pk) == {}
    entry = AuditEntry.objects.get(action="user.delete", target_id=str(user.pk))
    assert entry.details == {"roles": ["auditor"]}


def test_mailboxes_go_to_an_heir_of_the_same_organisation(alice: Mailbox) -> None:
    user = alice.owner
    assert user is not None
    bob, mallory = a_user("bob", domain=alice.domain), a_user("mallory")
    set_member(mailbox=alice, user=bob, rights=["read"], actor=SYSTEM)
    for heir in (mallory, user):
        with pytest.raises(DirectoryError):
            removal.delete_user(user=user, heir=heir, actor=SYSTEM)
    with pytest.raises(DirectoryError, match="to yourself"):
        removal.delete_user(user=user, heir=bob, actor=Actor(bob.address, bob.pk))
    run("user", "delete", user.address, "--give-mailboxes-to", bob.address)
    alice.refresh_from_db()
    assert alice.owner_id == bob.pk
    assert not MailboxMember.objects.filter(mailbox=alice).exists()
    assert not User.objects.filter(id=user.pk).exists()


def test_what_is_not_empty_is_not_deleted(alice: Mailbox) -> None:
    domain, organisation, user = alice.domain, alice.domain.organisation, alice.owner
    assert user is not None
    with pytest.raises(CommandError, match="still has users"):
        run("domain", "delete", domain.name)
    with pytest.raises(CommandError, match="still has domains"):
        run("organisation", "delete", organisation.name)
    run("user", "delete", user.address, "--delete-mailboxes")
    alias = an_alias("x", "y@far.example", domain=domain)
    with pytest.raises(CommandError, match="aliases"):
        run("domain", "delete", domain.name)
    alias.delete()
    assert run("domain", "delete", domain.name) == f"deleted domain {domain.name}\n"
    assert run("organisation", "delete", organisation.name) == f"deleted organisation {organisation.name}\n"
    assert not Domain.objects.filter(id=domain.pk).exists()
    assert not Organisation.objects.filter(id=organisation.pk).exists()
    keeping.sweep_blobs()
