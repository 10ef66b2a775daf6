"""Keywords that found no bit are named in FLAGS and PERMANENTFLAGS like those that did."""

import pytest

from apps.protocols.imap.folder import MOST_NAMES, names_of

from .live import Live, Talk
from .test_news import deliver

pytestmark = pytest.mark.django_db

MANY = [f"kw{n:02}" for n in range(60)]


def flags(lines: list[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Return the last FLAGS and PERMANENTFLAGS of an answer."""
    named = [line for line in lines if line.startswith(b"* FLAGS (")][-1]
    settable = [line for line in lines if line.startswith(b"* OK [PERMANENTFLAGS (")][-1]
    return (
        set(named[len(b"* FLAGS (") :].split(b")")[0].split()),
        set(settable[len(b"* OK [PERMANENTFLAGS (") :].split(b")")[0].split()),
    )


def store(talk: Talk, number: int, *names: str) -> list[bytes]:
    return talk.ok(f"STORE {number} +FLAGS ({' '.join(names)})")


def test_it_works(imap: Live, alice: str) -> None:
    deliver(alice, 2)
    wanted = {name.encode() for name in MANY}
    with imap.talk(alice, "INBOX") as phone, imap.talk(alice, "INBOX") as laptop:
        named, settable = flags(store(phone, 1, *MANY))
        assert named >= wanted
        assert settable >= wanted | {b"\\*"}
        # Another session hears of them before the message that has them.
        lines = laptop.ok("NOOP")
        assert flags(lines)[0] >= wanted
        assert lines.index(next(line for line in lines if b"FETCH" in line)) == len(lines) - 1
        # What was told is not told again; what is new is.
        assert not [line for line in store(phone, 2, MANY[-1]) if line.startswith(b"* FLAGS")]
        assert b"late" in flags(store(phone, 2, "Late"))[0]
        named, settable = flags(laptop.ok("SELECT INBOX"))
        assert named >= wanted | {b"late"}
        assert settable >= named
        named, settable = flags(laptop.ok("EXAMINE INBOX"))
        assert named >= wanted | {b"late"}
        assert settable == set()


def test_a_folder_with_very_many_names_the_first() -> None:
    more = {uid: (f"kw{uid:05}", "common") for uid in range(1, 2000)}
    names = names_of(more)
    assert len(names) == MOST_NAMES
    assert names[:2] == ("common", "kw00001")
