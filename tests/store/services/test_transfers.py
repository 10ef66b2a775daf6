"""Messages are copied, moved and expunged: rows, counters, usage and log agree in every folder concerned."""

import pytest

from apps.domains.models import Domain
from apps.events.changes import Change
from apps.events.transactions import perform
from apps.mailboxes.services import count_sums
from apps.organisations.models import Organisation
from apps.store.flags import Flags
from apps.store.models import Blob, Content, Folder, Message
from apps.store.services import messages
from apps.store.values import Copied, Expunged, NoFolder, OverQuota
from tests.store.mail import Box, a_box, a_message, picture, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Box:
    box = a_box()
    put(
        a_message(box, flags=Flags.named("\\Seen", "todo")),
        a_message(box, flags=Flags.named("\\Deleted", "$Junk")),
        a_message(box, flags=Flags.named("todo", "later")),
        a_message(box),
    )
    put(a_message(box, "Archive"))
    return box


def uidvalidity(box: Box, folder: str) -> int:
    return Folder.objects.get(pk=box[folder].folder_id).uidvalidity


def test_a_copy_is_another_message_of_the_same_content(alice: Box) -> None:
    done = perform(messages.copy(alice["INBOX"], alice["Archive"], [(1, 1), (3, 9)]))
    assert isinstance(done, Copied)
    assert done == Copied(uidvalidity(alice, "Archive"), [(1, 1), (3, 4)], 2, done.modseq)
    assert picture(alice, "Archive") == {
        1: frozenset(), 2: {"\\Seen", "todo"}, 3: {"later", "todo"}, 4: frozenset()
    }  # fmt: skip
    assert len(picture(alice, "INBOX")) == 4
    assert Content.objects.filter(mailbox_id=alice.mailbox_id).count() == 5


def test_a_move_keeps_flags_and_the_id(alice: Box) -> None:
    content = Message.objects.get(
        mailbox_id=alice.mailbox_id, folder_id=alice["INBOX"].folder_id, uid=2
    ).content_id
    done = perform(messages.move(alice["INBOX"], alice["Junk"], [(2, 3)]))
    assert isinstance(done, Copied)
    assert (list(done.source_uids), done.first_uid) == ([(2, 3)], 1)
    assert done.source_modseq
    assert picture(alice, "Junk") == {1: {"\\Deleted", "$Junk"}, 2: {"later", "todo"}}
    assert set(picture(alice, "INBOX")) == {1, 4}
    moved = Message.objects.get(mailbox_id=alice.mailbox_id, folder_id=alice["Junk"].folder_id, uid=1)
    assert moved.content_id == content


@pytest.mark.parametrize("many", [[(1, 2)], [(1, 1), (4, 4)]])
def test_into_the_same_folder(alice: Box, many: list[tuple[int, int]]) -> None:
    assert isinstance(perform(messages.copy(alice["INBOX"], alice["INBOX"], many)), Copied)
    assert len(picture(alice, "INBOX")) == 6
    assert isinstance(perform(messages.move(alice["INBOX"], alice["INBOX"], many)), Copied)
    assert set(picture(alice, "INBOX")) & {uid for pair in many for uid in pair} == set()
    assert len(picture(alice, "INBOX")) == 6


def test_nothing_to_do_is_nothing(alice: Box) -> None:
    assert perform(messages.move(alice["INBOX"], alice["Junk"], [(77, 99)])) is None
    assert perform(messages.copy(alice["INBOX"], alice["Junk"], [])) is None
    assert perform(messages.expunge(alice["Junk"])) == Expunged(1, [])
    assert picture(alice, "Junk") == {}


def test_quota_refuses_a_copy_but_no_move(alice: Box) -> None:
    from apps.mailboxes.models import Mailbox

    Mailbox.objects.filter(pk=alice.mailbox_id).update(quota_bytes=100)
    refused = perform(messages.copy(alice["INBOX"], alice["Junk"], [(1, 4)]))
    assert refused == OverQuota(alice.mailbox_id, 110, 100)
    assert picture(alice, "Junk") == {}
    assert isinstance(perform(messages.move(alice["INBOX"], alice["Junk"], [(1, 4)])), Copied)


def test_expunge_takes_the_deleted_or_all(alice: Box) -> None:
    done = perform(messages.expunge(alice["INBOX"], [(1, 3)]))
    assert isinstance(done, Expunged)
    assert list(done.uids) == [(2, 2)]
    assert set(picture(alice, "INBOX")) == {1, 3, 4}
    perform(messages.expunge(alice["INBOX"], [(1, 1), (4, 4)], only_deleted=False))
    assert set(picture(alice, "INBOX")) == {3}
    perform(messages.set_flags(alice["INBOX"], [(3, 3)], add=Flags.named("\\Deleted")))
    perform(messages.expunge(alice["INBOX"]))
    assert picture(alice, "INBOX") == {}
    assert put(a_message(alice)) == [5]


@pytest.mark.parametrize("same_organisation", [True, False])
@pytest.mark.parametrize("take_away", [True, False])
def test_to_another_mailbox_keywords_go_by_name(alice: Box, same_organisation: bool, take_away: bool) -> None:
    bob = a_box("bob", organisation_id=alice.organisation_id if same_organisation else None)
    # Bob's mailbox gives the first bit to another word.
    put(a_message(bob, flags=Flags.named("later", "zebra")))
    act = messages.move if take_away else messages.copy
    done = perform(act(alice["INBOX"], bob["Archive"], [(1, 4)]))
    assert isinstance(done, Copied)
    assert picture(bob, "Archive") == {
        1: {"\\Seen", "todo"}, 2: {"\\Deleted", "$Junk"}, 3: {"later", "todo"}, 4: frozenset()
    }  # fmt: skip
    assert len(picture(alice, "INBOX")) == (0 if take_away else 4)
    for content in Content.objects.filter(mailbox_id=bob.mailbox_id):
        assert content.organisation_id == bob.organisation_id
        assert Blob.objects.filter(organisation_id=bob.organisation_id, hash=content.blob_hash).exists()


def test_names_beyond_the_last_bit_find_a_bit_elsewhere_and_back(alice: Box) -> None:
    carol = a_box("carol", organisation_id=alice.organisation_id)
    put(a_message(carol, flags=Flags.named(*(f"kw{n}" for n in range(43)))))
    perform(messages.move(alice["INBOX"], carol["Archive"], [(3, 3)]))
    assert picture(carol, "Archive")[1] == {"later", "todo"}
    perform(messages.move(carol["Archive"], alice["Junk"], [(1, 1)]))
    assert picture(alice, "Junk")[1] == {"later", "todo"}
    assert Message.objects.get(mailbox_id=alice.mailbox_id, folder_id=alice["Junk"].folder_id).more_kw is None


def test_quota_of_the_other_mailbox_counts(alice: Box) -> None:
    bob = a_box("bob", organisation_id=alice.organisation_id, quota=30)
    assert perform(messages.move(alice["INBOX"], bob["INBOX"], [(1, 4)])) == OverQuota(bob.mailbox_id, 0, 30)
    assert len(picture(alice, "INBOX")) == 4
    assert picture(bob, "INBOX") == {}


def test_a_full_domain_or_organisation_refuses_a_copy_but_no_move_inside(alice: Box) -> None:
    bob = a_box("bob", organisation_id=alice.organisation_id)
    organisation = Organisation.objects.filter(pk=alice.organisation_id)
    domain = Domain.objects.filter(mailboxes=alice.mailbox_id)
    perform(count_sums())
    for quota_of, over in ((organisation, "organisation"), (domain, "domain")):
        quota_of.update(quota_bytes=110)
        refused = perform(messages.copy(alice["INBOX"], alice["Junk"], [(1, 1)]))
        assert refused == OverQuota(alice.mailbox_id, 110, 0, over)
    organisation.update(quota_bytes=None)
    # The domain of bob is another one, and has room.
    assert isinstance(perform(messages.copy(alice["INBOX"], bob["Junk"], [(1, 1)])), Copied)
    assert isinstance(perform(messages.move(alice["INBOX"], alice["INBOX"], [(1, 1)])), Copied)
    Domain.objects.filter(mailboxes=bob.mailbox_id).update(quota_bytes=1)
    perform(count_sums())
    over_there = perform(messages.move(alice["INBOX"], bob["Junk"], [(2, 2)]))
    assert isinstance(over_there, OverQuota)
    assert over_there.over == "domain"
    # Going from one to the other adds nothing to the organisation.
    Domain.objects.filter(mailboxes=bob.mailbox_id).update(quota_bytes=None)
    organisation.update(quota_bytes=1)
    assert isinstance(perform(messages.move(alice["INBOX"], bob["Junk"], [(2, 2)])), Copied)


def test_a_target_that_is_gone_keeps_the_messages(alice: Box) -> None:
    Folder.objects.filter(pk=alice["Junk"].folder_id).delete()
    gone = NoFolder(alice["Junk"].folder_id)
    assert perform(messages.move(alice["INBOX"], alice["Junk"], [(1, 4)])) == gone
    assert perform(messages.copy(alice["INBOX"], alice["Junk"], [(1, 4)])) == gone
    assert len(picture(alice, "INBOX")) == 4


def test_each_folder_concerned_is_announced_once(alice: Box) -> None:
    plan = messages.move(alice["INBOX"], alice["Junk"], [(1, 4)])
    next(plan)
    plan.send(None)
    said = [plan.send([(2, 0, 0, None, True, 5, 1, 20, 10, [1], [2], False)]), plan.send(None)]
    assert said == [
        Change(alice.mailbox_id, alice["INBOX"].folder_id, 10),
        Change(alice.mailbox_id, alice["Junk"].folder_id, 20),
    ]
