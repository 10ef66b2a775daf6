"""New messages are placed, counted and logged together, or not at all."""

import pytest

from apps.domains.models import Domain
from apps.events.transactions import perform
from apps.mailboxes.services import count_sums
from apps.organisations.models import Organisation
from apps.store.blobs import put_many
from apps.store.flags import Flags
from apps.store.models import Content, Folder, Keyword, Message
from apps.store.services import messages
from apps.store.threading import hash_of, unpack
from apps.store.values import MessageFacts, NewMessage, NoFolder, OverQuota, Placed
from tests.store.mail import a_box, a_message, picture, put

pytestmark = pytest.mark.django_db


def facts(message_id: str, *references: str, subject: str = "") -> MessageFacts:
    return MessageFacts(
        b"()",
        b"()",
        b"",
        message_id=message_id,
        references=references,
        subject=subject,
        from_addr="bob@example.test",
    )


def test_it_works() -> None:
    alice = a_box()
    assert put(a_message(alice), a_message(alice, flags=Flags.named("\\Seen", "todo")), a_message(alice, "Sent")) == [
        1, 2, 1,
    ]  # fmt: skip
    assert picture(alice, "INBOX") == {1: frozenset(), 2: {"\\Seen", "todo"}}
    assert picture(alice, "Sent") == {1: frozenset()}
    assert put(a_message(alice)) == [3]


def test_size_counts_what_we_add_on_top() -> None:
    alice = a_box()
    put(a_message(alice, body=b"12345", prefix=b"123"))
    assert Content.objects.get(mailbox_id=alice.mailbox_id).size == 8
    assert Message.objects.get(mailbox_id=alice.mailbox_id).size == 8


def test_equal_bytes_are_one_blob_and_two_contents() -> None:
    alice = a_box()
    bob = a_box("bob", organisation_id=alice.organisation_id)
    put(a_message(alice, body=b"once"), a_message(bob, body=b"once"))
    hashes = Content.objects.filter(organisation_id=alice.organisation_id).values_list("blob_hash", flat=True)
    assert len({bytes(one) for one in hashes}) == 1
    assert len(hashes) == 2


def test_a_stored_blob_is_placed_without_its_bytes() -> None:
    alice = a_box()
    [ref] = perform(put_many(alice.organisation_id, [b"x" * 100]))
    item = a_message(alice)
    item = NewMessage(
        item.organisation_id, item.mailbox_id, item.folder_id, ref, item.facts, item.internaldate
    )
    assert put(item) == [1]
    assert Message.objects.get(mailbox_id=alice.mailbox_id).size == 100


def test_quota_refuses_what_is_too_much_and_only_that() -> None:
    alice = a_box(quota=10)
    answers = perform(
        messages.append(
            [
                a_message(alice, body=b"123456"),
                a_message(alice, body=b"12345"),
                a_message(alice, body=b"1234"),
            ],
            enforce_quota=True,
        )
    )
    assert [type(one) for one in answers] == [Placed, OverQuota, Placed]
    assert answers[1] == OverQuota(alice.mailbox_id, 6, 10)
    assert len(picture(alice, "INBOX")) == 2


@pytest.mark.parametrize("over", ["domain", "organisation"])
def test_a_full_domain_or_organisation_refuses_its_own_and_nobody_elses(over: str) -> None:
    alice, mallory = a_box(), a_box("mallory")
    put(a_message(alice), a_message(mallory))
    perform(count_sums())
    if over == "domain":
        Domain.objects.filter(mailboxes=alice.mailbox_id).update(quota_bytes=22)
    else:
        Organisation.objects.filter(pk=alice.organisation_id).update(quota_bytes=22)
    items = [a_message(alice), a_message(mallory)]
    refused, placed = perform(messages.append(items, enforce_quota=True))
    assert refused == OverQuota(alice.mailbox_id, 22, 0, over)
    assert isinstance(placed, Placed)


def test_filing_never_refuses() -> None:
    alice = a_box(quota=1)
    assert put(a_message(alice)) == [1]
    Organisation.objects.filter(pk=alice.organisation_id).update(quota_bytes=1)
    perform(count_sums())
    assert put(a_message(alice)) == [2]


def test_a_folder_that_is_gone_or_anothers_is_said_for_its_messages_only() -> None:
    alice, mallory = a_box(), a_box("mallory")
    item = a_message(alice)
    stolen = NewMessage(
        mallory.organisation_id, mallory.mailbox_id, item.folder_id, b"x", item.facts, item.internaldate
    )
    answers = perform(messages.append([stolen, item], enforce_quota=False))
    assert answers[0] == NoFolder(item.folder_id)
    assert isinstance(answers[1], Placed)
    assert picture(mallory, "INBOX") == {}


def test_a_given_uid_is_kept_unless_it_is_too_low() -> None:
    alice = a_box()
    assert put(a_message(alice, uid=7), a_message(alice), a_message(alice, uid=100), a_message(alice, uid=50)) == [
        7, 8, 100, 101,
    ]  # fmt: skip
    assert Folder.objects.get(pk=alice["INBOX"].folder_id).uidnext == 102
    assert put(a_message(alice)) == [102]
    assert put(a_message(alice, uid=2**32 - 1)) == [103]
    picture(alice, "INBOX")


def test_keywords_belong_to_the_mailbox_and_the_44th_stays_a_name() -> None:
    alice = a_box()
    names = [f"kw{n:02}" for n in range(45)]
    put(a_message(alice, flags=Flags.named(*names)))
    put(a_message(alice, "Sent", flags=Flags.named("KW00", "kw44")))
    assert picture(alice, "INBOX")[1] == set(names)
    assert picture(alice, "Sent")[1] == {"kw00", "kw44"}
    assert Keyword.objects.filter(mailbox_id=alice.mailbox_id).count() == 43
    assert Message.objects.get(mailbox_id=alice.mailbox_id, folder_id=alice["Sent"].folder_id).more_kw == [
        "kw44"
    ]


def test_a_conversation_has_one_thread() -> None:
    alice = a_box()
    put(a_message(alice, facts=facts("<late@x>", "<root@x>", "<mid@x>")))
    put(a_message(alice, facts=facts("<root@x>")), a_message(alice, facts=facts("<mid@x>", "<root@x>")))
    # A client that names only the parent.
    put(
        a_message(alice, facts=facts("<poor@x>", "<late@x>")),
        a_message(alice, facts=facts("<poorer@x>", "<poor@x>")),
    )
    put(
        a_message(alice, facts=facts("<other@x>")),
        a_message(alice, facts=facts("")),
        a_message(alice, facts=facts("")),
    )
    found = list(
        Content.objects.filter(mailbox_id=alice.mailbox_id).order_by("id").values_list("thread_id", flat=True)
    )
    assert set(found[:5]) == {hash_of("<root@x>")}
    assert len(set(found[5:])) == 3
    late = Content.objects.filter(mailbox_id=alice.mailbox_id).earliest("id")
    assert unpack(bytes(late.refs)) == [hash_of("<root@x>"), hash_of("<mid@x>")]


def test_text_that_postgresql_cannot_keep_is_made_so() -> None:
    alice = a_box()
    put(a_message(alice, facts=facts("<\ud800>", subject="a\0b\udc80" + "x" * 5000)))
    subject = Content.objects.get(mailbox_id=alice.mailbox_id).subject
    assert subject.startswith("ab?xxx")
    assert len(subject) <= 1000


def test_nothing_and_too_much() -> None:
    assert perform(messages.append([], enforce_quota=True)) == []
    with pytest.raises(ValueError, match="at most"):
        perform(messages.append([a_message(a_box())] * 201, enforce_quota=True))
