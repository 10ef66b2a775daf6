"""A message is judged: every source asked once, each recipient decided for, and no fault of ours stops anything."""

import contextlib
import json
import threading
import time
from collections.abc import Sequence

import pytest

from apps.spam.authentication import authentication
from apps.spam.envelopes import Envelope
from apps.spam.judged import in_short, of_mailbox, symbols_read, vector_of, verdict_of
from apps.spam.judging import Judge
from apps.spam.lists import Effect, Entry, Subject
from apps.spam.sources import Found, Home, Message, SiteSource, Source, Sources, load
from apps.spam.stopwatch import OutOfTime, Stopwatch
from apps.spam.symbols import Evidence, Symbol
from apps.spam.symbols import Source as Of
from apps.spam.thresholds import NORMAL, Action, Level, Wishes, inherited

RAW = b"From: Friend <friend@sender.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello.\r\n"
CAME = Envelope("bounce@sender.example", address="192.0.2.7")


def says(name: str, weight: float, of: Of = Of.RULE) -> SiteSource:
    return Source(name, lambda _: Evidence((Symbol(name.upper(), weight, of),)))


def test_it_works() -> None:
    strict = inherited([(Level.USER, Wishes(lines={Action.JUNK: 1.0}))])
    allow = Entry(Effect.ALLOW, Subject.ADDRESS, "friend@sender.example", Level.USER)
    report = Judge(Sources([says("a", 2), says("b", 1.5)])).judge(
        RAW, CAME, [Home(1), Home(2, strict), Home(3, strict, (allow,))]
    )
    assert report.score == 3.5
    assert [(one.mailbox_id, one.decision.action.value) for one in report.judged] == [
        (1, "tag"),
        (2, "junk"),
        (3, "inbox"),
    ]
    assert report.about.senders == ("friend@sender.example", "bounce@sender.example")
    assert report.about.subject == "Grüße"


def test_a_mailboxs_own_word_stands_for_the_sites() -> None:
    def own(message: Message, homes: Sequence[Home]) -> dict[int, Evidence | Found]:
        assert message.found["model"].score == 5
        said = Found(Evidence((Symbol("OWN", -3, Of.MODEL),)), b"own")
        return {home.mailbox_id: said for home in homes}

    def about(_: Message) -> Evidence | Found:
        return Found(Evidence((Symbol("SITE", 5, Of.MODEL),)), b"site")

    site: SiteSource = Source("model", about)
    report = Judge(Sources([site], [Source("model", own)])).judge(RAW, CAME, [Home(1)])
    verdict = json.loads(json.dumps(verdict_of(report)))
    assert (verdict["score"], vector_of(verdict)) == (5, b"site")
    mine, theirs = of_mailbox(verdict, 1), of_mailbox(verdict, 2)
    assert (mine["score"], mine["action"], vector_of(mine)) == (-3, "inbox", b"own")
    assert [symbol.name for symbol in symbols_read(mine["symbols"])] == ["OWN"]
    assert (theirs["score"], theirs["action"]) == (5, "junk")
    assert "to" not in in_short(verdict)


def test_a_source_that_fails_is_missing_and_refuses_nobody() -> None:
    def broken(_: Message) -> Evidence:
        raise ValueError("a corrupt model")

    report = Judge(Sources([says("a", 20), Source("model", broken)], absent={"rules": "no file"})).judge(
        RAW, CAME, [Home(1)]
    )
    assert set(report.evidence.missing) == {("rules", "no file"), ("model", "ValueError")}
    assert report.judged[0].decision.action is Action.JUNK
    assert report.judged[0].decision.reason == "incomplete"


def test_a_source_that_never_ends_is_stopped() -> None:
    def endless(_: Message) -> Evidence:
        while True:
            with contextlib.suppress(Exception):  # As careless code does.
                sum(range(1000))

    began = time.monotonic()
    report = Judge(Sources([says("a", 1), Source("rules", endless), says("b", 1)]), seconds=0.2).judge(
        RAW, CAME
    )
    assert time.monotonic() - began < 2
    assert report.score == 1
    assert report.evidence.missing == (("rules", "out of time"), ("b", "out of time"))


def test_on_another_thread_steps_are_bounded_between_themselves() -> None:
    def slow(_: Message) -> Evidence:
        time.sleep(0.1)
        return Evidence((Symbol("SLOW", 1, Of.RULE),))

    found = []
    judge = Judge(Sources([Source("slow", slow), says("late", 1)]), seconds=0.05)
    thread = threading.Thread(target=lambda: found.append(judge.judge(RAW, CAME)))
    thread.start()
    thread.join()
    assert found[0].score == 1
    assert found[0].evidence.missing == (("late", "out of time"),)


def test_the_watch_stops_in_time_and_leaves_no_timer() -> None:
    with pytest.raises(OutOfTime), Stopwatch(0.05).watching(may_stop=True):
        time.sleep(5)
    time.sleep(0.15)


@pytest.mark.parametrize(
    "raw", [b"", b"\0" * 100, b"From: " + b"<" * 5000 + b"\r\n\r\n", b"Subject: =?utf-8?b?/////?="]
)
@pytest.mark.django_db
def test_bad_input_is_judged(raw: bytes) -> None:
    report = Judge(load()).judge(raw, CAME, [Home(1)])
    assert report.judged[0].decision.action is Action.INBOX
    verdict = json.loads(json.dumps(verdict_of(report)))
    # That it names no sender and says nothing speaks against it, and not enough for a note.
    assert 0 < of_mailbox(verdict, 1)["score"] < (NORMAL.of(Action.TAG).at or 0)


@pytest.mark.parametrize(
    ("checks", "names"),
    [
        ({}, []),
        (
            {"spf": {"result": "pass", "domain": "a.example"}, "dmarc": {"result": "pass"}},
            ["SPF_PASS", "DMARC_PASS"],
        ),
        (
            {"spf": {"result": "fail"}, "dkim": [{"result": "fail"}]},
            ["SPF_FAIL", "DKIM_FAIL", "NOTHING_PROVEN"],
        ),
        ({"dkim": [{"result": "fail"}, {"result": "pass", "domain": "b.example"}]}, ["DKIM_PASS"]),
        ({"dmarc": {"result": "fail"}, "spf": {"result": "pass"}}, ["SPF_PASS", "DMARC_FAIL"]),
        ({"dmarc": {"result": "fail"}, "spf": {"result": "pass"}, "override": "believed"}, ["SPF_PASS"]),
        ({"iprev": {"result": "fail"}, "spf": {"result": "pass"}}, ["SPF_PASS", "HOST_WITHOUT_NAME"]),
        ({"spf": "garbled", "dkim": [7], "dmarc": None}, ["NOTHING_PROVEN"]),
    ],
)
def test_what_checking_the_sender_says(checks: dict[str, object], names: list[str]) -> None:
    assert [symbol.name for symbol in authentication(Envelope(checks=checks)).symbols] == names
    assert authentication(Envelope(checks=checks, login="alice@example.test")).symbols == ()


def test_dns_that_did_not_answer_is_no_evidence() -> None:
    found = authentication(
        Envelope(checks={"spf": {"result": "temperror"}, "dmarc": {"result": "temperror"}})
    )
    assert found.symbols == ()
    assert [name for name, _ in found.missing] == ["spf", "dmarc"]
