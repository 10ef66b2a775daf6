"""The connection as a state machine."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.protocols.imap import commands as c
from apps.protocols.imap.budget import Budget
from apps.protocols.imap.events import Closing, Event, IdleDone, Reply, Request, SaslResponse
from apps.protocols.imap.lexer import MAX_LINE
from apps.protocols.imap.session import MAX_ERRORS, Phase, Session


def play(chunks: list[bytes], phase: Phase = Phase.SELECTED) -> list[Event]:
    """Feed a session as a connection would, ending each command at once; return all events."""
    session = Session(max_message=2000)
    session.phase = phase
    seen: list[Event] = []
    for chunk in chunks:
        events = session.receive(chunk)
        while events:
            seen += events
            match events[-1]:
                case Request(_, _, c.Idle()):
                    events = session.idle()
                case Request(_, _, c.Authenticate()):
                    events = session.challenge()
                case Request() | IdleDone() | SaslResponse():
                    events = session.resume()
                case _:
                    events = []
    return seen


def test_it_works() -> None:
    assert play([b"a NOOP\r\nb CHECK\r\n"]) == [
        Request(b"a", "NOOP", c.Noop()),
        Request(b"b", "CHECK", c.Check()),
    ]


def test_a_pipelined_command_waits_for_its_predecessor() -> None:
    session = Session(max_message=10)
    assert len(session.receive(b"a LOGIN alice x\r\nb SELECT INBOX\r\n")) == 1
    assert session.waiting
    session.phase = Phase.AUTHENTICATED
    (event,) = session.resume()
    assert isinstance(event, Request)
    assert event.command == c.Select("INBOX", read_only=False, condstore=False)


def test_a_command_out_of_place_is_bad_and_the_session_goes_on() -> None:
    events = play([b"a SELECT INBOX\r\nb NOOP\r\n"], Phase.NOT_AUTHENTICATED)
    assert events == [
        Reply(b"a BAD Not allowed when not authenticated\r\n"),
        Request(b"b", "NOOP", c.Noop()),
    ]


def test_a_literal_is_asked_for() -> None:
    events = play([b"a APPEND x {3}\r\n", b"a\r\n\r\n"])
    assert events == [Reply(b"+ OK\r\n"), Request(b"a", "APPEND", c.Append("x", (), None, b"a\r\n"))]


def test_a_large_literal_is_refused_before_it_is_sent() -> None:
    assert play([b"a APPEND x {99999999}\r\nb NOOP\r\n"]) == [
        Reply(b"a NO [TOOBIG] Message too large\r\n"),
        Request(b"b", "NOOP", c.Noop()),
    ]


def test_a_large_literal_that_does_not_wait_is_read_over() -> None:
    assert play([b"a APPEND x {99999+}\r\n", b"y" * 99999, b"\r\nb NOOP\r\n"]) == [
        Reply(b"a NO [TOOBIG] Message too large\r\n"),
        Request(b"b", "NOOP", c.Noop()),
    ]


def test_a_message_just_too_large_is_refused() -> None:
    assert play([b"a APPEND x {2001+}\r\n", b"y" * 2001, b"\r\n"]) == [
        Reply(b"a NO [TOOBIG] Message too large\r\n")
    ]


def test_strangers_get_small_literals_only() -> None:
    assert play([b"a LOGIN {9000}\r\n"], Phase.NOT_AUTHENTICATED) == [Reply(b"a BAD Literal too large\r\n")]
    events = play([b"a LOGIN {%d+}\r\n" % 2**40], Phase.NOT_AUTHENTICATED)
    assert isinstance(events[-1], Closing)


def test_a_long_line_is_refused_and_the_session_goes_on() -> None:
    assert play([b"a NOOP " + b"x" * 3 * MAX_LINE + b"\r\nb NOOP\r\n"]) == [
        Reply(b"a BAD Line too long\r\n"),
        Request(b"b", "NOOP", c.Noop()),
    ]


def test_the_literal_after_a_long_line_is_no_command() -> None:
    assert play([b"a NOOP " + b"x" * 3 * MAX_LINE + b"{8+}\r\nz NOOP\r\n\r\nb NOOP\r\n"]) == [
        Reply(b"a BAD Line too long\r\n"),
        Request(b"b", "NOOP", c.Noop()),
    ]


def test_memory_stays_bounded_while_a_line_has_no_end() -> None:
    session = Session(max_message=10)
    for _ in range(100):
        session.receive(b"x" * 10_000)
    assert session.buffered <= MAX_LINE + 10_000


def test_many_errors_end_the_session() -> None:
    events = play([b"GET / HTTP/1.1\r\n" * 100])
    assert len(events) == MAX_ERRORS + 2
    assert events[-2:] == [Reply(b"* BYE Too many errors\r\n"), Closing("Too many errors")]


def test_an_empty_line_is_no_command() -> None:
    assert play([b"\r\n\r\na NOOP\r\n"]) == [Request(b"a", "NOOP", c.Noop())]


def test_idle_ends_with_done() -> None:
    assert play([b"a IDLE\r\ndone\r\nb IDLE\r\nc NOOP\r\n"])[1::2] == [
        IdleDone(valid=True),
        IdleDone(valid=False),
    ]


def test_an_authentication_exchange() -> None:
    assert play([b"a AUTHENTICATE PLAIN\r\nAGEAYg==\r\n"], Phase.NOT_AUTHENTICATED)[1] == SaslResponse(
        b"\0a\0b"
    )
    assert play([b"a AUTHENTICATE PLAIN\r\n*\r\n"], Phase.NOT_AUTHENTICATED)[1] == SaslResponse(None)
    assert play([b"a AUTHENTICATE PLAIN\r\n!\r\n"], Phase.NOT_AUTHENTICATED)[1] == SaslResponse(None)


def test_what_came_before_tls_is_forgotten() -> None:
    session = Session(max_message=10)
    session.receive(b"a STARTTLS\r\nb LOGIN mallory x\r\n")
    session.start_tls()
    assert session.resume() == []


LINES = st.sampled_from(
    [
        b"a NOOP\r\n",
        b"b LOGIN {5}\r\nalice {3+}\r\nx y\r\n",
        b"c APPEND INBOX (\\Seen) {12}\r\nSubject: a\r\n\r\n",
        b"d APPEND INBOX {99999+}\r\n" + b"z" * 99999 + b"\r\n",
        b"e UID FETCH 1:* (FLAGS BODY.PEEK[])\n",
        b"f IDLE\r\nDONE\r\n",
        b"g AUTHENTICATE PLAIN\r\nAGEAYg==\r\n",
        b"h SEARCH SUBJECT {3+}\r\n\xc3\xa4\n OR ALL UNSEEN\r\n",
        b"i " + b"x" * (MAX_LINE - 2) + b"\r\n",
        b"i " + b"x" * (MAX_LINE - 1) + b"\r\n",
        b"i " + b"x" * (MAX_LINE + 1) + b"{4+}\r\nj NO\r\n",
        b"\x00\xff {\r\n",
        b"\r\n",
    ]
)


@settings(deadline=None)
@given(
    st.lists(st.one_of(LINES, st.binary(max_size=40)), max_size=8).map(b"".join),
    st.lists(st.integers(0, 300_000), max_size=12),
    st.sampled_from(list(Phase)),
)
def test_how_the_bytes_are_split_never_matters(data: bytes, cuts: list[int], phase: Phase) -> None:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    chunks = [data[low:high] for low, high in itertools.pairwise(places)]
    assert play(chunks, phase) == play([data], phase)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.one_of(LINES, st.binary(max_size=40)), max_size=3)
    .map(b"".join)
    .filter(lambda d: len(d) < 2000)
)
def test_even_byte_by_byte(data: bytes) -> None:
    assert play([data[n : n + 1] for n in range(len(data))]) == play([data])


@pytest.mark.parametrize("phase", list(Phase))
def test_every_command_is_legal_somewhere_and_login_never_twice(phase: Phase) -> None:
    (event,) = play([b"a LOGIN b c\r\n"], phase)
    assert isinstance(event, Request) == (phase is Phase.NOT_AUTHENTICATED)


def test_large_messages_share_a_budget() -> None:
    budget = Budget(150_000)
    first, second = (Session(max_message=100_000, budget=budget) for _ in range(2))
    first.phase = second.phase = Phase.AUTHENTICATED
    assert first.receive(b"a APPEND x {90000}\r\n") == [Reply(b"+ OK\r\n")]
    [refusal] = second.receive(b"a APPEND x {90000}\r\n")
    assert refusal == Reply(b"a NO [UNAVAILABLE] Too much mail is being filed, try later\r\n")
    [request] = first.receive(b"y" * 90000 + b"\r\n")
    assert isinstance(request, Request)
    first.resume()
    assert budget.lent == 0
    second.receive(b"b APPEND x {90000}\r\n")
    assert budget.lent == 90000
    second.close()
    assert budget.lent == 0


def test_what_is_refused_gives_its_share_back() -> None:
    budget = Budget(150_000)
    session = Session(max_message=100_000, budget=budget)
    session.phase = Phase.AUTHENTICATED
    session.receive(b"a APPEND x (\\Seen {90000+}\r\n" + b"y" * 90000 + b"\r\n")
    session.receive(b"b APPEND {70000+}\r\n" + b"y" * 70000 + b" {999999999}\r\n")
    assert budget.lent == 0
