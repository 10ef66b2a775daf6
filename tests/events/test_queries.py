"""Pages find messages by what people know of them, and tell each reader only what is theirs to know."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from apps.events import queries, sql, trace
from apps.events.models import MessageEvent
from apps.events.queries import (
    BadCursorError,
    Outcome,
    Scope,
    TraceLine,
    TraceSearch,
    cut,
    find_traces,
    story,
)
from apps.events.sentences import sentence
from apps.events.trace import Event, Kind, Recorded
from apps.events.transactions import perform

pytestmark = pytest.mark.usefixtures("real_database")


def tell(
    sender: str, *recipients: tuple[str, int | None], written: dict[str, list[str]] | None = None, **more: str
) -> uuid.UUID:
    """Accept a message, file it where it is ours, and deliver it where it is not."""
    trace_id = uuid.uuid4()
    detail = {
        "origin": "mx",
        "sender": sender,
        "recipients": [name for name, _ in recipients],
        "size": 9,
        **more,
    }
    if written:
        detail["written"] = written
    keys = trace.keys_of(
        message_id=more.get("message_id", ""),
        hosts=(more.get("peer", ""),),
        addresses=(sender, *(text for texts in (written or {}).values() for text in texts), *(n for n, _ in recipients)),
        mailbox_ids=[mailbox_id for _, mailbox_id in recipients if mailbox_id],
    )  # fmt: skip
    events = [Event(trace_id, Kind.ACCEPTED, 1, detail, keys)]
    for name, mailbox_id in recipients:
        if mailbox_id:
            told = {"recipient": name, "mailbox_id": mailbox_id, "folder": "INBOX", "uid": 1, "content_id": 5}
            events.append(Event(trace_id, Kind.FILED, 1, told))
        else:
            told = {"recipient": name, "host": "mx.far.example[198.51.100.9]:25", "reply": "250 ok"}
            hosts = trace.keys_of(hosts=("mx.far.example", "198.51.100.9"))
            events.append(Event(trace_id, Kind.DELIVERED, 1, told, hosts))
    perform(trace.record(events))
    return trace_id


@pytest.fixture
def domain() -> str:
    return f"d{uuid.uuid4().hex[:12]}.test"


def ids(scope: Scope | None = None, **search: str) -> list[uuid.UUID]:
    return [line.trace_id for line in find_traces(TraceSearch(**search), scope=scope)]  # type: ignore[arg-type]


def test_it_works(domain: str) -> None:
    alice = f"alice@{domain}"
    peer = f"2001:db8::{uuid.uuid4().hex[:4]}"
    one = tell("bob@far.example", (alice, 7), message_id=f"<One@{domain}>", peer=peer)
    two = tell(alice, ("carol@far.example", None), message_id=f"<two@{domain}>")
    assert ids(address=alice) == [two, one]
    assert ids(address=f"@{domain.upper()}") == [two, one]
    assert ids(sender=alice.upper()) == [two]
    assert ids(address=alice, recipient="carol@far.example") == [two]
    assert ids(message_id=f"one@{domain}") == [one]
    assert ids(host=peer) == [one]
    assert two in ids(host="MX.far.example")
    assert two in ids(host="198.51.100.9")
    [line] = find_traces(TraceSearch(trace_id=one), scope=None)
    assert (line.sender, line.recipients, line.status, line.size) == ("bob@far.example", (alice,), "filed", 9)
    assert line.peer == peer
    told = story(one, scope=None)
    assert told is not None
    assert [event.kind for event in told.events] == ["accepted", "filed"]
    assert told.events[1].sentence == f"Filed for {alice} in INBOX, uid 1."


def test_time_bounds_the_search(domain: str) -> None:
    old, new = tell(f"a@{domain}", ("b@far.example", None)), tell(f"a@{domain}", ("b@far.example", None))
    long_ago = datetime.now(UTC) - timedelta(days=90)
    MessageEvent.objects.filter(trace_id=old).update(at=long_ago)
    assert ids(address=f"a@{domain}") == [new]
    search = TraceSearch(address=f"a@{domain}", since=long_ago, until=long_ago + timedelta(days=1))
    assert [line.trace_id for line in find_traces(search, scope=None)] == [old]


def test_pages_follow_each_other(domain: str) -> None:
    made = [tell(f"a@{domain}", (f"b{n}@far.example", None)) for n in range(5)][::-1]
    seen: list[TraceLine] = []
    while page := find_traces(
        TraceSearch(address=f"a@{domain}", limit=2, after=seen[-1].cursor if seen else ""), scope=None
    ):
        assert len(page) <= 2
        seen += page
    assert [line.trace_id for line in seen] == made


@pytest.mark.parametrize("cursor", ["x", "1.2", "9" * 15 + ".1-1", "1.1-1; DROP", "-1.1-1"])
def test_a_cursor_of_nobodys_making_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        find_traces(TraceSearch(after=cursor), scope=None)


def test_a_page_is_three_statements_at_most(domain: str) -> None:
    for n in range(20):
        tell(f"a@{domain}", (f"b{n}@far.example", None), ("c@far.example", None))
    for search in (TraceSearch(address=f"a@{domain}"), TraceSearch(host="mx.far.example")):
        # Plans use cursors Django does not log, so PostgreSQL is asked how many statements there were.
        with CaptureQueriesContext(connection) as captured:
            assert find_traces(search, scope=None)
        assert len(captured) <= 3


def test_each_sees_their_own(domain: str) -> None:
    other, mailbox_id = f"x{domain}", uuid.uuid4().int >> 80
    both = tell("bob@far.example", (f"alice@{domain}", mailbox_id), (f"mallory@{other}", 8))
    hers = tell("bob@far.example", (f"mallory@{other}", 8))
    admin = Scope(domains=frozenset({domain}))
    alice = Scope(addresses=frozenset({f"alice@{domain}"}), mailbox_ids=frozenset({mailbox_id}))
    for scope in (admin, alice):
        assert ids(scope, address="bob@far.example") == [both]
        [line] = find_traces(TraceSearch(trace_id=both), scope=scope)
        assert line.recipients == (f"alice@{domain}",)
        told = story(both, scope=scope)
        assert told is not None
        assert other not in json.dumps([[event.sentence, dict(event.detail)] for event in told.events])
        assert story(hers, scope=scope) is None
        assert ids(scope, trace_id=str(hers)) == []
    assert ids(Scope()) == []
    assert story(both, scope=Scope()) is None


def test_nobody_learns_who_else_got_it_by_searching_for_them(domain: str) -> None:
    other, mailbox_id = f"x{domain}", uuid.uuid4().int >> 80
    alice, mallory, alias = f"alice@{domain}", f"mallory@{other}", f"sales@z{domain}"
    both = tell(
        "bob@far.example", (alice, mailbox_id), (mallory, 8), message_id=f"<M@{domain}>",
        written={mallory: [f"ceo@{other}"], alice: [alias]},
    )  # fmt: skip
    sat = f"2001:db8::{uuid.uuid4().hex[:4]}"
    sent = tell(
        f"bob@{other}", (alice, mailbox_id), (mallory, 8), origin="submission", login=f"bob@{other}", peer=sat
    )
    refused = uuid.uuid4()
    keys = trace.keys_of(addresses=(f"x@{domain}", mallory))
    detail = {"reason": "no", "sender": f"x@{domain}", "recipient": mallory}
    perform(trace.record([Event(refused, Kind.REFUSED, None, detail, keys)]))
    admin = Scope(domains=frozenset({domain}))
    mine = Scope(addresses=frozenset({alice}), mailbox_ids=frozenset({mailbox_id}))
    by_mailbox = Scope(mailbox_ids=frozenset({mailbox_id}))
    assert ids(recipient=mallory) == [refused, sent, both]
    for scope in (admin, mine, by_mailbox):
        for name in (mallory, f"@{other}", f"ceo@{other}", "mailbox:8", f"host:{sat}"):
            for field in ("address", "recipient", "sender", "message_id"):
                found = ids(scope, **{field: name})
                assert found == ([sent] if name == f"@{other}" else []), (scope, field, name)
        assert ids(scope, host=sat) == []
        assert ids(scope, address=alias) == [both]
        assert ids(scope, address="bob@far.example", recipient=alice) == [both]
        assert ids(scope, address="@far.example") == [both]
        assert ids(scope, address=f"m@{domain}") == ids(scope, message_id=f"<m@{domain}>") == [both]
    theirs = Scope(domains=frozenset({other}))
    assert ids(theirs, recipient=alice) == ids(theirs, host=sat) == [sent]


def test_a_mailbox_finds_what_came_by_another_name(domain: str) -> None:
    alice = f"alice@{domain}"
    one = tell("bob@far.example", (alice, 4711), written={alice: [f"sales@{domain}"]})
    assert ids(address=f"sales@{domain}") == ids(address=alice) == [one]
    postmaster = tell("bob@far.example", (f"postmaster@{domain}", 4711))
    mine = Scope(mailbox_ids=frozenset({4711}))
    assert {one, postmaster} <= set(ids(mine))
    told = story(postmaster, scope=mine)
    assert told is not None
    assert f"to postmaster@{domain}" in told.events[0].sentence
    told = story(one, scope=Scope(addresses=frozenset({alice})))
    assert told is not None
    assert f"to {alice} (written to sales@{domain})" in told.events[0].sentence


def test_a_sender_sees_all_but_the_folders_of_others(domain: str) -> None:
    alice = f"alice@{domain}"
    sent = tell(alice, (f"bob@x{domain}", 8), ("c@far.example", None), origin="submission", login=alice)
    told = story(sent, scope=Scope(addresses=frozenset({alice})))
    assert told is not None
    assert [event.sentence for event in told.events[1:]] == [
        f"Delivered to bob@x{domain}.",
        "Delivered to c@far.example: mx.far.example[198.51.100.9]:25 said “250 ok”.",
    ]
    assert "INBOX" not in json.dumps([dict(event.detail) for event in told.events])


def test_who_only_wears_the_senders_name_sees_nothing_of_it(domain: str) -> None:
    alice = f"alice@{domain}"
    forged = tell(alice, (f"bob@x{domain}", 8), origin="mx", peer="192.0.2.66")
    told = story(forged, scope=Scope(addresses=frozenset({alice})))
    assert told is not None
    assert "bob" not in json.dumps([[event.sentence, dict(event.detail)] for event in told.events])


def test_a_reader_does_not_learn_where_a_colleague_sat(domain: str) -> None:
    sent = tell(
        f"bob@{domain}", (f"alice@{domain}", 7), origin="submission", login=f"bob@{domain}", peer="192.0.2.5"
    )
    alice = Scope(addresses=frozenset({f"alice@{domain}"}), mailbox_ids=frozenset({7}))
    told = story(sent, scope=alice)
    [line] = find_traces(TraceSearch(trace_id=sent), scope=alice)
    assert told is not None
    assert "192.0.2.5" not in told.events[0].sentence + line.peer


def test_refusals_are_found_by_the_domain_they_were_for(domain: str) -> None:
    keys = trace.keys_of(hosts=("192.0.2.9",), addresses=("b@far.example", f"nobody@{domain}"))
    detail = {"peer": "192.0.2.9", "reason": "no such user", "recipient": f"nobody@{domain}"}
    event = Event(uuid.uuid4(), Kind.REFUSED, None, detail, keys)
    perform(trace.record([event]))
    [line] = find_traces(TraceSearch(), scope=Scope(domains=frozenset({domain})))
    assert (line.status, line.reason, line.recipients) == ("refused", "no such user", (f"nobody@{domain}",))


def plan_of(search: TraceSearch, scope: Scope | None = None) -> str:
    statement, params = queries._statement(search, scope)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute("EXPLAIN " + statement, params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("ROLLBACK")
    return plan


def test_a_list_walks_the_index_by_time() -> None:
    assert "_at_id_idx" in plan_of(TraceSearch())
    assert "_at_id_idx" in plan_of(TraceSearch(), Scope(domains=frozenset({"example.test"})))


kinds = st.sampled_from(list(Kind))
values = st.dictionaries(
    st.sampled_from(["recipient", "sender", "mailbox_id", "to"]), st.just("secret@x.test")
)


@given(st.lists(st.tuples(kinds, values)))
def test_nothing_leaks_out_of_a_story(events: list[tuple[Kind, dict[str, object]]]) -> None:
    recorded = []
    for kind, detail in events:
        shown = dict(detail)
        if kind == Kind.ACCEPTED:
            shown = {"sender": "secret@x.test", "more": 3, "recipients": ["secret@x.test", "me@y.test"]}
            shown["written"] = {"secret@x.test": ["secret@x.test"]}
        recorded.append(Recorded(datetime.now(UTC), kind, 1, shown))
    for event in cut(recorded, Scope(addresses=frozenset({"me@y.test"}))):
        assert "secret" not in json.dumps({k: v for k, v in event.detail.items() if k != "sender"})


def test_sentences_are_of_the_readers_language() -> None:
    with translation.override("de"):
        assert sentence(Recorded(datetime.now(UTC), "deleted", 1, {"folder": "INBOX"}))


def test_statements_are_named_once() -> None:
    assert sql.page(("keys",)) is sql.page(("keys",))


def test_a_message_is_found_by_its_outcome_at_the_worst_recipient(domain: str) -> None:
    other, mailbox_id = f"x{domain}", uuid.uuid4().int >> 80
    peer = f"2001:db8::{uuid.uuid4().hex[:4]}"
    fine = tell("bob@far.example", (f"alice@{domain}", mailbox_id), peer=peer)
    bad = tell("bob@far.example", (f"alice@{domain}", mailbox_id), (f"mallory@{other}", 8), peer=peer)
    told = {"recipient": f"mallory@{other}", "reply": "550 no"}
    perform(trace.record([Event(bad, Kind.FAILED, 1, told)]))
    fresh, refused = uuid.uuid4(), uuid.uuid4()
    keys = trace.keys_of(addresses=(f"alice@{domain}",), hosts=(peer,))
    detail = {"sender": "bob@far.example", "recipients": [f"alice@{domain}"]}
    perform(trace.record([Event(fresh, Kind.ACCEPTED, 1, detail | {"origin": "mx"}, keys)]))
    perform(
        trace.record(
            [
                Event(
                    refused,
                    Kind.REFUSED,
                    1,
                    {"recipient": f"alice@{domain}", "peer": peer, "reason": "x"},
                    keys,
                )
            ]
        )
    )
    admin = Scope(domains=frozenset({domain}))

    def of(outcome: str, scope: Scope | None, **search: str) -> list[uuid.UUID]:
        wanted = TraceSearch(address=f"alice@{domain}", outcome=Outcome(outcome), **search)  # type: ignore[arg-type]
        lines = find_traces(wanted, scope=scope)
        return [line.trace_id for line in lines]

    for search in ({}, {"host": peer}):
        assert of("failed", None, **search) == [bad]
        assert of("delivered", None, **search) == [fine]
        # What became of it at somebody else is not theirs to learn, not even by asking for it.
        assert of("failed", admin, **search) == []
        assert of("delivered", admin, **search) == [bad, fine]
        for scope in (None, admin):
            assert of("waiting", scope, **search) == [fresh]
            assert of("refused", scope, **search) == [refused]
            assert of("held", scope, **search) == []


def test_who_sent_it_looks_for_what_became_of_it(domain: str) -> None:
    mine = tell(f"alice@{domain}", ("x@far.example", None), origin="submission", login=f"alice@{domain}")
    perform(trace.record([Event(mine, Kind.HELD, 1, {"recipient": "x@far.example"})]))
    for scope in (Scope(domains=frozenset({domain})), Scope(addresses=frozenset({f"alice@{domain}"}))):
        search = TraceSearch(sender=f"alice@{domain}", outcome=Outcome.HELD)
        assert [line.trace_id for line in find_traces(search, scope=scope)] == [mine]


def test_the_next_attempt_is_told_by_the_readers_clock() -> None:
    detail = {"recipient": "a@b.example", "next_attempt": "2026-03-01T12:45:30+01:00"}
    assert "next attempt at 2026-03-01 11:45 UTC" in sentence(
        Recorded(trace.LONG_AGO, "deferred", None, detail)
    )
    with timezone.override("Asia/Kolkata"):
        assert "next attempt at 2026-03-01 17:15 IST" in sentence(
            Recorded(trace.LONG_AGO, "deferred", None, detail)
        )
