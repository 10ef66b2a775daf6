"""Flags have names and bits; keywords without a bit stay names."""

from apps.store.flags import DELETED, JUNK, NONE, SEEN, Flags, names_of


def test_known_names_are_bits_whatever_their_case() -> None:
    assert Flags.named("\\seen", "$JUNK") == Flags(SEEN | JUNK)


def test_other_keywords_stay_names_once_and_in_order() -> None:
    assert Flags.named("todo", "Later", "TODO") == Flags(0, ("Later", "todo"))


def test_recent_and_unknown_system_flags_cannot_be_set() -> None:
    assert Flags.named("\\Recent", "\\Bogus") == NONE
    assert not NONE


def test_sets_join() -> None:
    assert Flags.named("\\Seen", "todo") | Flags.named("\\Deleted", "ToDo", "a") == Flags(
        SEEN | DELETED, ("a", "todo")
    )


def test_bits_have_names_again() -> None:
    assert names_of(SEEN | JUNK | 1 << 20, {20: "todo"}, ["later"]) == ["\\Seen", "$Junk", "todo", "later"]
