"""Folders are created, renamed, deleted and subscribed; INBOX stays."""

import pytest

from apps.accounts.models import User
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox, Usage
from apps.store.models import Folder, FolderLog, Subscription
from apps.store.services import folders
from apps.store.services.folders import BadName, FolderExists, InboxStays
from apps.store.values import FolderRef, NoFolder
from tests.store.mail import Box, a_box, a_message, an_owner, picture, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Box:
    return a_box()


def names(box: Box) -> set[str]:
    return set(Folder.objects.filter(mailbox_id=box.mailbox_id).values_list("name", flat=True))


def test_each_mailbox_has_its_folders_and_the_owner_sees_them(alice: Box) -> None:
    assert names(alice) == set(folders.DEFAULTS)
    mailbox = Mailbox.objects.get(pk=alice.mailbox_id)
    mailbox.owner = an_owner("alice", mailbox.domain.organisation)
    mailbox.save()
    Folder.objects.filter(mailbox_id=alice.mailbox_id).delete()
    perform(folders.ensure_defaults(alice.mailbox_id))
    perform(folders.ensure_defaults(alice.mailbox_id))
    assert Subscription.objects.filter(user=mailbox.owner).count() == len(folders.DEFAULTS)
    assert Usage.objects.filter(mailbox_id=alice.mailbox_id).count() == 1


def test_creating_makes_what_is_missing_above(alice: Box) -> None:
    made = perform(folders.create(alice.mailbox_id, "a/b/c"))
    assert isinstance(made, FolderRef)
    assert names(alice) >= {"a", "a/b", "a/b/c"}
    assert perform(folders.create(alice.mailbox_id, "a/b/c")) == FolderExists("a/b/c")
    assert perform(folders.create(alice.mailbox_id, "inbox")) == FolderExists("INBOX")
    assert perform(folders.create(alice.mailbox_id, "Spam", "\\Junk")) == FolderExists("Spam")


@pytest.mark.parametrize(
    "name", ["", "/", "a/", "/a", "a//b", "a\nb", "x" * 1001, "\udc80", "/".join("a" * 40)]
)
def test_no_folder_is_called_so(alice: Box, name: str) -> None:
    assert perform(folders.create(alice.mailbox_id, name)) == BadName(name)


def test_a_folder_made_again_has_a_greater_uidvalidity(alice: Box) -> None:
    seen = []
    for _ in range(2):
        ref = perform(folders.create(alice.mailbox_id, "again"))
        assert isinstance(ref, FolderRef)
        seen.append(Folder.objects.get(pk=ref.folder_id).uidvalidity)
        assert perform(folders.delete(ref)) is None
    assert seen[0] < seen[1] < 2**32


def test_deleting_gives_back_what_it_held(alice: Box) -> None:
    put(a_message(alice, "Archive"), a_message(alice))
    assert perform(folders.delete(alice["Archive"])) is None
    assert "Archive" not in names(alice)
    assert Usage.objects.get(mailbox_id=alice.mailbox_id).messages == 1
    assert not FolderLog.objects.filter(folder_id=alice["Archive"].folder_id).exists()
    picture(alice, "INBOX")
    assert perform(folders.delete(alice["Archive"])) == NoFolder(alice["Archive"].folder_id)
    assert perform(folders.delete(alice["INBOX"])) == InboxStays()


def test_renaming_takes_along_what_is_below(alice: Box) -> None:
    perform(folders.create(alice.mailbox_id, "work/2025/q1"))
    perform(folders.create(alice.mailbox_id, "workshop"))
    done = perform(folders.rename(alice.mailbox_id, "work", "old/work"))
    assert isinstance(done, FolderRef)
    assert names(alice) >= {"old", "old/work", "old/work/2025", "old/work/2025/q1", "workshop"}
    assert "work" not in names(alice)


def test_renaming_refuses(alice: Box) -> None:
    assert perform(folders.rename(alice.mailbox_id, "never", "other")) == NoFolder(0)
    assert perform(folders.rename(alice.mailbox_id, "Sent", "Junk")) == FolderExists("Junk")
    assert perform(folders.rename(alice.mailbox_id, "Sent", "Sent/x")) == BadName("Sent/x")
    assert perform(folders.rename(alice.mailbox_id, "Sent", "a//b")) == BadName("a//b")
    assert "Sent" in names(alice)


def test_renaming_inbox_moves_its_messages_and_leaves_it(alice: Box) -> None:
    put(a_message(alice), a_message(alice))
    done = perform(folders.rename(alice.mailbox_id, "INBOX", "before/now"))
    assert isinstance(done, FolderRef)
    assert picture(alice, "INBOX") == {}
    assert Folder.objects.get(pk=done.folder_id).n_messages == 2
    assert perform(folders.rename(alice.mailbox_id, "inbox", "Sent")) == FolderExists("Sent")


def test_subscriptions_are_a_users_own(alice: Box) -> None:
    mailbox = Mailbox.objects.get(pk=alice.mailbox_id)
    bob = an_owner("bob", mailbox.domain.organisation)
    for _ in range(2):
        assert perform(folders.subscribe(bob.pk, alice.mailbox_id, "Sent")) is None
    assert subscribed(bob) == {"Sent"}
    assert perform(folders.subscribe(bob.pk, alice.mailbox_id, "never")) == NoFolder(0)
    assert perform(folders.subscribe(bob.pk, alice.mailbox_id, "a//b")) == NoFolder(0)
    perform(folders.subscribe(bob.pk, a_box().mailbox_id, "Sent", subscribed=False))
    assert subscribed(bob) == {"Sent"}
    perform(folders.subscribe(bob.pk, alice.mailbox_id, "Sent", subscribed=False))
    assert subscribed(bob) == set()


def subscribed(user: User) -> set[str]:
    return set(Subscription.objects.filter(user=user).values_list("name", flat=True))


def test_a_subscription_survives_its_folder(alice: Box) -> None:
    bob = an_owner("bob", Mailbox.objects.get(pk=alice.mailbox_id).domain.organisation)
    perform(folders.subscribe(bob.pk, alice.mailbox_id, "Sent"))
    perform(folders.delete(alice["Sent"]))
    assert subscribed(bob) == {"Sent"}
    perform(folders.subscribe(bob.pk, alice.mailbox_id, "Sent", subscribed=False))
    assert subscribed(bob) == set()


def test_subscriptions_follow_a_renamed_folder(alice: Box) -> None:
    bob = an_owner("bob", Mailbox.objects.get(pk=alice.mailbox_id).domain.organisation)
    made = perform(folders.create(alice.mailbox_id, "new/b"))
    assert isinstance(made, FolderRef)
    perform(folders.create(alice.mailbox_id, "old/a"))
    perform(folders.create(alice.mailbox_id, "old/b"))
    for name in ("old/a", "old/b", "new/b", "Sent"):
        perform(folders.subscribe(bob.pk, alice.mailbox_id, name))
    new = Folder.objects.get(mailbox_id=alice.mailbox_id, name="new")
    perform(folders.delete(made))
    perform(folders.delete(FolderRef(alice.mailbox_id, new.pk)))
    assert isinstance(perform(folders.rename(alice.mailbox_id, "old", "new")), FolderRef)
    assert subscribed(bob) == {"new/a", "new/b", "Sent"}


def test_only_a_virgin_folder_adopts_a_uidvalidity(alice: Box) -> None:
    assert perform(folders.adopt_uidvalidity(alice["INBOX"], 1234))
    put(a_message(alice))
    assert not perform(folders.adopt_uidvalidity(alice["INBOX"], 99))
    assert not perform(folders.adopt_uidvalidity(alice["Sent"], 2**32))
    assert Folder.objects.get(pk=alice["INBOX"].folder_id).uidvalidity == 1234
