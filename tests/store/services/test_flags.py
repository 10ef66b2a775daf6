"""Flags change where they change something, and every change has a modseq and a place in the log."""

import pytest

from apps.events.transactions import perform
from apps.store.flags import NONE, Flags
from apps.store.models import Folder, Message
from apps.store.services import messages
from apps.store.values import FlagsSet, FolderRef, NoFolder
from tests.store.mail import Box, a_box, a_message, picture, put

pytestmark = pytest.mark.django_db

SEEN, FLAGGED, TODO = Flags.named("\\Seen"), Flags.named("\\Flagged"), Flags.named("todo")


def unseen(box: Box) -> int:
    return Folder.objects.get(pk=box["INBOX"].folder_id).n_unseen


@pytest.fixture
def alice() -> Box:
    box = a_box()
    put(*(a_message(box) for _ in range(5)))
    return box


def test_it_works(alice: Box) -> None:
    before = Folder.objects.get(pk=alice["INBOX"].folder_id).modseq
    done = perform(messages.set_flags(alice["INBOX"], [(2, 3), (5, 9)], add=SEEN))
    assert done == FlagsSet(before + 1, [(2, 3), (5, 5)], [])
    assert picture(alice, "INBOX")[2] == {"\\Seen"}
    assert unseen(alice) == 2


def test_what_changes_nothing_takes_no_modseq(alice: Box) -> None:
    first = perform(messages.set_flags(alice["INBOX"], [(1, 2)], add=SEEN))
    again = perform(messages.set_flags(alice["INBOX"], [(1, 2)], add=SEEN))
    assert isinstance(first, FlagsSet)
    assert again == FlagsSet(first.modseq, [], [])
    assert perform(messages.set_flags(alice["INBOX"], [], add=SEEN)) == FlagsSet(first.modseq, [], [])


@pytest.mark.parametrize("ranges", [[(1, 4)], [(1, 1), (3, 4)]], ids=["one", "many"])
@pytest.mark.parametrize("start", [NONE, SEEN, FLAGGED | TODO, Flags.named("\\Seen", "\\Flagged", "other")])
@pytest.mark.parametrize(
    ("add", "remove", "replace"),
    [
        (SEEN, NONE, None),
        (NONE, SEEN, None),
        (SEEN | FLAGGED, NONE, None),
        (FLAGGED | TODO, SEEN, None),
        (NONE, SEEN | TODO, None),
        (NONE, NONE, SEEN | TODO),
        (NONE, NONE, FLAGGED),
        (NONE, NONE, NONE),
    ],
)
def test_every_change_keeps_the_counters(
    alice: Box, ranges: list[tuple[int, int]], start: Flags, add: Flags, remove: Flags, replace: Flags | None
) -> None:
    perform(messages.set_flags(alice["INBOX"], [(1, 3)], replace=start))
    before = picture(alice, "INBOX")
    perform(messages.set_flags(alice["INBOX"], ranges, add=add, remove=remove, replace=replace))

    def names(flags: Flags) -> frozenset[str]:
        return frozenset(
            name for name in ("\\Seen", "\\Flagged", "todo") if Flags.named(name) | flags == flags
        )

    for uid, flags in picture(alice, "INBOX").items():
        expected = before[uid]
        if any(low <= uid <= high for low, high in ranges):
            expected = names(replace) if replace is not None else (before[uid] | names(add)) - names(remove)
        assert flags == expected


def test_keywords_without_a_bit_come_and_go(alice: Box) -> None:
    put(a_message(alice, flags=Flags.named(*(f"kw{n}" for n in range(43)))))
    perform(messages.set_flags(alice["INBOX"], [(1, 2)], add=Flags.named("Beyond", "further", "\\Seen")))
    assert picture(alice, "INBOX")[1] == {"beyond", "further", "\\Seen"}
    perform(messages.set_flags(alice["INBOX"], [(1, 1)], remove=Flags.named("beyond")))
    assert picture(alice, "INBOX")[1] == {"further", "\\Seen"}
    perform(messages.set_flags(alice["INBOX"], [(1, 1)], remove=Flags.named("further", "never")))
    assert Message.objects.get(mailbox_id=alice.mailbox_id, uid=1).more_kw is None
    perform(messages.set_flags(alice["INBOX"], [(2, 2)], replace=Flags.named("beyond", "kw1")))
    assert picture(alice, "INBOX")[2] == {"beyond", "kw1"}
    perform(messages.set_flags(alice["INBOX"], [(2, 2)], replace=NONE))
    assert picture(alice, "INBOX")[2] == frozenset()


def test_unchanged_since_leaves_the_changed_alone(alice: Box) -> None:
    first = perform(messages.set_flags(alice["INBOX"], [(2, 2)], add=FLAGGED))
    assert isinstance(first, FlagsSet)
    done = perform(
        messages.set_flags(alice["INBOX"], [(1, 3)], add=SEEN | FLAGGED, unchanged_since=first.modseq - 1)
    )
    assert done == FlagsSet(first.modseq + 1, [(1, 1), (3, 3)], [(2, 2)])
    assert unseen(alice) == 3
    assert picture(alice, "INBOX")[2] == {"\\Flagged"}
    many = perform(
        messages.set_flags(alice["INBOX"], [(1, 2), (4, 4)], add=SEEN, unchanged_since=first.modseq)
    )
    assert many == FlagsSet(first.modseq + 2, [(2, 2), (4, 4)], [(1, 1)])
    picture(alice, "INBOX")


def test_mallory_cannot_name_alices_folder_as_hers(alice: Box) -> None:
    mallory = a_box("mallory")
    ref = FolderRef(mallory.mailbox_id, alice["INBOX"].folder_id)
    assert perform(messages.set_flags(ref, [(1, 5)], add=SEEN)) == NoFolder(ref.folder_id)
    assert perform(messages.expunge(ref, [(1, 5)], only_deleted=False)) == NoFolder(ref.folder_id)
    assert perform(messages.move(ref, mallory["INBOX"], [(1, 5)])) is None
    assert perform(messages.copy(ref, mallory["INBOX"], [(1, 5)])) is None
    assert perform(messages.move(mallory["INBOX"], ref, [(1, 5)])) == NoFolder(ref.folder_id)
    assert len(picture(alice, "INBOX")) == 5
