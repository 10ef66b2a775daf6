"""Mail is shown to a real clamd: what it knows, what it does not, and what becomes of mail when it is gone."""

import asyncio
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.spam import sources
from apps.spam.antivirus import wire
from apps.spam.antivirus.client import MOST_BYTES, Clamd, Place
from apps.spam.antivirus.evidence import antivirus, antivirus_async, of_answer
from apps.spam.antivirus.wire import Answer
from apps.spam.decision import Reason
from apps.spam.envelopes import Envelope
from apps.spam.judging import Judge
from apps.spam.symbols import Evidence, Sort, Source
from apps.spam.thresholds import Action
from tests.clamd import EICAR, WORDS, Daemon, answering, clamd


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with clamd(tmp_path_factory.mktemp("clamd")) as found:
        yield found


def with_file(data: bytes) -> bytes:
    message = EmailMessage()
    message["From"] = "mallory@evil.test"
    message.set_content("See the file.")
    message.add_attachment(data, "application", "octet-stream", filename="a.bin")
    return message.as_bytes()


@pytest.mark.slow
def test_it_works(daemon: Daemon, settings: Any) -> None:
    for place in (daemon.path, daemon.tcp):
        settings.MAIL_CLAMD, settings.MAIL_CLAMD_SECONDS = place, 10.0
        assert antivirus(with_file(b"harmless")).symbols == ()
        assert antivirus(with_file(b"harmless")).missing == ()
        for data, name in ((EICAR, "Eicar-Test-Signature"), (b"x" + WORDS, "Mailplatform.Test")):
            (symbol,) = antivirus(with_file(data)).symbols
            assert (symbol.name, symbol.source, symbol.sort) == ("VIRUS", Source.ANTIVIRUS, Sort.VIRUS)
            assert symbol.detail.removesuffix(".UNOFFICIAL") == name
            assert asyncio.run(antivirus_async(with_file(data))).symbols == (symbol,)
        (symbol,) = antivirus(with_file(b"pua-of-the-tests")).symbols
        assert (symbol.name, symbol.sort) == ("VIRUS_SUSPECT", Sort.SPAM)


@pytest.mark.slow
def test_a_virus_in_a_forwarded_letter_is_found(daemon: Daemon) -> None:
    inner = EmailMessage()
    inner.set_content("x")
    inner.add_attachment(EICAR, "application", "octet-stream", filename="a.com")
    outer = EmailMessage()
    outer.set_content("Look at this!")
    outer.add_attachment(inner)
    assert Clamd(Place.parse(daemon.path), 10).scan(outer.as_bytes()).signature.startswith("Eicar")


@pytest.mark.slow
@pytest.mark.django_db
def test_mallorys_virus_is_refused_and_bobs_letter_survives_the_scanner(
    daemon: Daemon, settings: Any
) -> None:
    judge = Judge(sources.load())
    came = Envelope("mallory@evil.test", ("alice@example.test",), "192.0.2.7")
    settings.MAIL_CLAMD, settings.MAIL_CLAMD_SECONDS = daemon.path, 10.0
    decided = judge.judge(with_file(EICAR), came).decision
    assert (decided.action, decided.reason, decided.sort) == (Action.REFUSE, Reason.VIRUS, Sort.VIRUS)
    assert judge.judge(with_file(b"harmless"), came).decision.action is Action.INBOX
    settings.MAIL_CLAMD = "/no/such/socket"
    report = judge.judge(with_file(EICAR), came)
    assert report.decision.action is Action.INBOX
    assert "antivirus" in dict(report.evidence.missing)


@pytest.mark.slow
def test_what_is_longer_than_it_takes_is_missing_and_no_evidence(daemon: Daemon) -> None:
    for scanned in (
        Clamd(Place.parse(daemon.tcp), 10).scan(bytes(20_000_000)),
        asyncio.run(Clamd(Place.parse(daemon.tcp), 10).scan_async(bytes(20_000_000))),
    ):
        assert scanned.signature == ""
        assert scanned.fault
    assert Clamd(Place.parse(daemon.tcp), 10).scan(bytes(MOST_BYTES + 1)).fault


@pytest.mark.slow
def test_its_version_is_told(daemon: Daemon) -> None:
    version = Clamd(Place.parse(daemon.path), 10).version()
    assert version is not None
    assert version.engine[0].isdigit()
    assert version.made_at is None, "signatures of the tests' own have no date"


def test_nothing_is_asked_without_being_told(settings: Any) -> None:
    settings.MAIL_CLAMD = ""
    assert antivirus(b"x") == Evidence()
    assert asyncio.run(antivirus_async(b"x")).missing == ()


@pytest.mark.parametrize("place", ["127.0.0.1:1", "/no/such/socket", "[::1]:1"])
def test_a_scanner_that_is_gone_is_missing(settings: Any, place: str) -> None:
    settings.MAIL_CLAMD, settings.MAIL_CLAMD_SECONDS = place, 1.0
    for evidence in (antivirus(b"x"), asyncio.run(antivirus_async(b"x"))):
        assert evidence.symbols == ()
        assert [name for name, _ in evidence.missing] == ["antivirus"]
    assert Clamd(Place.parse(place), 1.0).version() is None


@pytest.mark.parametrize(
    "said", [b"", b"\0", b"nonsense\0", b"stream: \0", b"\xff" * 10_000, b"UNKNOWN COMMAND\0"]
)
def test_a_scanner_that_answers_badly_is_missing(said: bytes) -> None:
    with answering(said) as place:
        client = Clamd(Place.parse(place), 2.0)
        assert client.scan(b"x" * 2000).fault
        assert asyncio.run(client.scan_async(b"x" * 2000)).fault
        assert client.version() is None


def test_a_scanner_that_is_too_slow_is_missing() -> None:
    with answering(b"stream: OK\0", after=1.5) as place:
        began = time.monotonic()
        assert Clamd(Place.parse(place), 0.3).scan(b"x").fault == "out of time"
        assert asyncio.run(Clamd(Place.parse(place), 0.3).scan_async(b"x")).fault == "out of time"
        assert time.monotonic() - began < 3


def test_one_that_does_not_listen_to_the_end_is_heard() -> None:
    with answering(b"INSTREAM size limit exceeded. ERROR\0", reads=False) as place:
        assert Clamd(Place.parse(place), 5.0).scan(bytes(8_000_000)).fault


@pytest.mark.parametrize("text", ["", "here", "host:", "host:0", "host:x", ":1", "host:70000"])
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        Place.parse(text)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"stream: OK\0", Answer()),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", Answer("Win.Test.EICAR_HDB-1")),
        (b"INSTREAM size limit exceeded. ERROR\0", Answer(fault="INSTREAM size limit exceeded")),
        (b"", Answer(fault="no answer")),
    ],
)
def test_answers_are_read(said: bytes, answer: Answer) -> None:
    assert wire.answer(said) == answer


def test_versions_are_read() -> None:
    found = wire.version(b"ClamAV 1.4.6/27824/Mon Nov 23 08:36:12 2026\0")
    assert found is not None
    assert (found.engine, found.signatures) == ("1.4.6", "27824")
    assert found.made_at is not None
    assert found.made_at.isoformat() == "2026-11-23T08:36:12+00:00"
    assert wire.version(b"ClamAV 1.4.6\0") == wire.Version("1.4.6")
    assert wire.version(b"ClamAV 1.4.6/1/Xxx Yyy 99 99:99:99 2026\0") == wire.Version("1.4.6", "1")
    assert wire.version(b"no") is None


@pytest.mark.parametrize(
    ("name", "symbol", "sort"),
    [
        ("Win.Trojan.Agent-1", "VIRUS", Sort.VIRUS),
        ("Heuristics.Phishing.Email.SpoofedDomain", "VIRUS_PHISHING", Sort.PHISHING),
        ("Heuristics.Encrypted.Zip", "VIRUS_SUSPECT", Sort.SPAM),
        ("Sanesecurity.Spam.123.UNOFFICIAL", "VIRUS_SPAM", Sort.SPAM),
        ("PUA.Win.Packer", "VIRUS_SUSPECT", Sort.SPAM),
    ],
)
def test_not_every_name_is_a_virus(name: str, symbol: str, sort: Sort) -> None:
    (found,) = of_answer(Answer(name)).symbols
    assert (found.name, found.sort, found.detail) == (symbol, sort, name)


@given(st.binary(max_size=300))
def test_no_answer_breaks_it(said: bytes) -> None:
    for evidence in (of_answer(wire.answer(said)), of_answer(wire.answer(b"stream: " + said))):
        assert len(evidence.symbols) + len(evidence.missing) <= 1
    wire.version(said)
    wire.version(b"ClamAV 1/2/" + said)


def test_a_question_is_cut_into_pieces() -> None:
    said = b"".join(wire.question(bytes(wire.CHUNK + 1)))
    assert said.startswith(b"zINSTREAM\0" + wire.CHUNK.to_bytes(4, "big"))
    assert said.endswith(b"\0\0\0\x01\0\0\0\0\0")
