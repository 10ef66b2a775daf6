"""Strangers are checked against a real name server, and what their policies ask for is done, or not."""

import asyncio
import datetime as dt
import time
from collections.abc import Iterator

import pytest

from apps.domains.resolver import Resolver
from apps.mailflow import policy
from apps.mailflow.arrivals import Peer
from apps.mailflow.authors import authors_of
from apps.mailflow.disposal import Fate, Mode
from apps.mailflow.examine import Examiner
from apps.mailflow.models import Forwarder
from apps.mailflow.strangers import Met, Strangers
from apps.protocols.mailauth.arc.results import Arc
from apps.protocols.mailauth.arc.seal import seal
from apps.protocols.mailauth.dkim.keys import Signer
from apps.protocols.mailauth.results import read
from apps.protocols.smtp import replies
from apps.reports.seen import Seen
from tests import factories
from tests.dns_server import SERVFAIL, SILENT, Zone, serving
from tests.mailflow.arrivals import a_database

from .strangers import (
    ELSEWHERE,
    HOST,
    LIST_SIGNER,
    NOW,
    POLICIES,
    SIGNER,
    ZONE,
    a_recipient,
    a_transaction,
    letter,
    met,
)

pytestmark = pytest.mark.usefixtures("real_database")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(
        Zone(ZONE, {"fault.test": SERVFAIL, "_dmarc.fault.test": SERVFAIL, "silent.test": SILENT})
    ) as address:
        yield address


def reply_to(found: Met) -> object:
    objection = policy.judge(found.facts, found.disposal)
    return objection and objection.reply


def test_it_works(server: str) -> None:
    found, strangers = met(
        server, letter("bob@reject.test", signers=[SIGNER]), sender="bob@reject.test", address=HOST
    )
    assert reply_to(found) is None
    assert found.disposal.fate is Fate.TAKE
    said = read(found.fields.decode().partition(":")[2])
    assert said.authserv_id == "mx.example.test"
    assert [(one.name, one.result) for one in said.methods] == [
        ("spf", "pass"),
        ("dkim", "pass"),
        ("dmarc", "pass"),
        ("iprev", "pass"),
    ]
    assert found.fields.endswith(b"\r\n")
    assert found.evidence == {
        "spf": {"result": "pass", "domain": "reject.test"},
        "dkim": [{"result": "pass", "domain": "reject.test", "selector": "s1"}],
        "dmarc": {
            "result": "pass",
            "domain": "reject.test",
            "policy": "reject",
            "aligned": ["spf", "dkim"],
        },
        "iprev": {"result": "pass", "name": "mx.good.test"},
    }
    [(organisation, day, seen)] = strangers.notebook._counts
    assert (organisation, day) == (1, dt.date(2026, 11, 24))
    assert isinstance(seen, Seen)
    assert (seen.disposition, seen.dkim, seen.spf, seen.source) == ("none", "pass", "pass", HOST)


def test_where_the_picture_of_a_domain_lies_is_kept() -> None:
    url = f"https://reject.test/{'x' * 300}.svg"
    zone = Zone(ZONE + f'\ndefault._bimi.reject.test TXT "v=BIMI1; l={url[:200]}" "{url[200:]}"')
    with serving(zone) as server:
        found, _ = met(server, letter("bob@reject.test"), sender="bob@reject.test", address=HOST)
        assert found.evidence is not None
        assert found.evidence["bimi"] == {"result": "pass", "domain": "reject.test", "location": url}
        # Who forges it is not asked about, and who asks for nothing has none.
        for author, address in (("bob@reject.test", ELSEWHERE), ("bob@none.test", HOST)):
            found, _ = met(server, letter(author), sender=author, address=address)
            assert "bimi" not in (found.evidence or {})
    assert sum("_bimi" in name for name, _ in zone.asked) == 1


@pytest.mark.parametrize("asked", POLICIES)
def test_what_the_author_asks_for_is_done(server: str, asked: str) -> None:
    found, strangers = met(server, letter(f"bob@{asked}.test"), sender="mallory@plain.test")
    fates = {"none": Fate.TAKE, "quarantine": Fate.JUNK, "reject": Fate.REFUSE}
    assert found.disposal.fate is fates[asked]
    assert reply_to(found) == (replies.DMARC_REJECTED if asked == "reject" else None)
    assert found.disposal.junk_for == (frozenset({1}) if asked == "quarantine" else frozenset())
    [(_, _, seen)] = strangers.notebook._counts
    assert isinstance(seen, Seen)
    assert (seen.disposition, seen.dkim, seen.spf) == (asked, "fail", "fail")


def test_a_subdomain_is_its_organisations(server: str) -> None:
    found, _ = met(server, letter("bob@news.reject.test"), sender="mallory@plain.test")
    assert found.disposal.fate is Fate.REFUSE


@pytest.mark.parametrize(
    ("author", "fate"),
    [
        ("bob@plain.test", Fate.TAKE),
        ("Bob <bob@plain.test>\r\nFrom: bob@reject.test", Fate.REFUSE),
        ("bob@plain.test, boss@reject.test", Fate.REFUSE),
        ('"boss@reject.test" <bob@plain.test>', Fate.TAKE),
        ("Bob <bob@plain.test> <boss@reject.test>", Fate.REFUSE),
        ("bob@plain.test, " * 30 + "boss@reject.test", Fate.REFUSE),
        ('"The <boss@reject.test>" <bob@plain.test>', Fate.TAKE),
        ("nobody", Fate.JUNK),
        ("", Fate.JUNK),
        ("x@" + "a" * 300, Fate.JUNK),
        ("x@[127.0.0.1]", Fate.JUNK),
        ("bob@plain.test, bill@plain.test", Fate.TAKE),
        ("bob@plain.test, bill@other.test", Fate.JUNK),
        (", ".join(f"x@d{number}.test" for number in range(30)), Fate.JUNK),
        ("x" * 20_000 + " <bob@plain.test>", Fate.JUNK),
    ],
)
def test_every_author_counts(server: str, author: str, fate: Fate) -> None:
    found, _ = met(server, letter(author), sender="bob@plain.test", address=HOST)
    assert found.disposal.fate is fate
    assert found.evidence is not None
    if fate is Fate.JUNK:
        assert found.disposal.junk_for == {1}
        assert found.evidence["author"] == {"result": "permerror", "reason": found.disposal.reason}
    assert found.fields.count(b"Authentication-Results") == 1


def test_who_has_no_one_author_is_junk_by_the_same_rules(server: str) -> None:
    body = letter("bob@plain.test, boss@other.test")
    for mode, fate in ((Mode.QUARANTINE, Fate.JUNK), (Mode.OBSERVE, Fate.TAKE)):
        found, _ = met(server, body, sender="bob@plain.test", address=HOST, mode=mode)
        assert (found.disposal.fate, reply_to(found)) == (fate, None)
        assert found.disposal.reason == "From names authors of 2 domains"
    found, _ = met(server, body, sender="bob@plain.test", address=HOST, believed=["mx.good.test"])
    assert found.disposal.fate is Fate.TAKE
    two = letter("bob@reject.test, bill@news.reject.test", signers=[SIGNER])
    found, _ = met(server, two, sender="bob@reject.test", address=HOST)
    assert found.disposal.fate is Fate.TAKE  # Whoever may write for both is doubted by nobody.


def test_a_fault_that_lasts_is_no_policy_any_more(server: str) -> None:
    body = letter("bob@broken.test")

    async def main() -> list[Met]:
        async with a_database() as database:
            resolver = Resolver([server], trusted=[])
            strangers = Strangers(
                database, Examiner(resolver, hostname="mx.example.test", seconds=20, relays=()), Mode.ENFORCE
            )
            transaction = a_transaction("bob@broken.test", a_recipient())
            return [
                await strangers.meet(
                    Peer(ELSEWHERE, "x.test"), transaction, body, NOW + dt.timedelta(hours=hours)
                )
                for hours in (0, 3, 5, 30)
            ]

    found = asyncio.run(main())
    assert [one.disposal.fate for one in found] == [Fate.DEFER, Fate.DEFER, Fate.JUNK, Fate.DEFER]
    assert found[2].evidence is not None
    assert found[2].evidence["override"] == "DNS was at fault for hours"


def test_what_is_refused_says_what_was_found(server: str) -> None:
    found, _ = met(server, letter("bob@reject.test"), sender="mallory@plain.test")
    assert found.evidence is not None
    assert found.evidence["dmarc"]["policy"] == "reject"


def test_a_malformed_author_takes_no_time() -> None:
    """On the loop of everybody's mail."""
    pieces = (b'"x" ', b"<a@b", b"(a", b"@a:", b"a@b <", b"\\", b'a"', b"(((", b"a;b:")
    for piece in pieces:
        body = b"From: " + piece * (500_000 // len(piece)) + b"\r\n\r\nhello\r\n"
        began = time.process_time()
        authors = authors_of(body)
        assert time.process_time() - began < 0.25
        assert authors.is_cut
        assert authors.doubt


def test_modes(server: str) -> None:
    body = letter("bob@reject.test")
    found, strangers = met(server, body, sender="m@plain.test", mode=Mode.QUARANTINE)
    assert (found.disposal.fate, found.disposal.junk_for) == (Fate.JUNK, frozenset({1}))
    [(_, _, seen)] = strangers.notebook._counts
    assert isinstance(seen, Seen)
    assert seen.reasons == (("local_policy", "taken as junk instead of refused"),)
    found, strangers = met(server, body, sender="m@plain.test", mode=Mode.OBSERVE)
    assert (found.disposal.fate, reply_to(found)) == (Fate.TAKE, None)
    assert b"dmarc=fail" in found.fields


def test_a_fault_that_matters_is_asked_about_again(server: str) -> None:
    found, strangers = met(server, letter("bob@broken.test"), sender="bob@broken.test")
    assert found.disposal.fate is Fate.DEFER
    assert reply_to(found) == replies.DMARC_UNKNOWN
    assert not len(strangers.notebook)
    found, strangers = met(server, letter("bob@broken.test"), sender="bob@broken.test", mode=Mode.OBSERVE)
    assert found.disposal.fate is Fate.TAKE
    assert not len(strangers.notebook)  # The author's domain would read a failure into it.


def test_a_policy_that_cannot_be_known_does_not_stop_mail(server: str) -> None:
    found, _ = met(server, letter("bob@fault.test"), sender="bob@fault.test")
    assert found.disposal.fate is Fate.TAKE
    assert b"dmarc=temperror header.from=fault.test;" in found.fields  # No word of whom we ask.


def test_all_that_is_late_is_no_verdict() -> None:
    names = ["bob.test", "_dmarc.bob.test", "s1._domainkey.reject.test", "1.2.0.192.in-addr.arpa"]
    with serving(Zone(ZONE, dict.fromkeys(names, SILENT))) as slow:
        began = time.monotonic()
        found, _ = met(
            slow,
            letter("bob@bob.test", signers=[SIGNER]),
            sender="bob@bob.test",
            address=HOST,
            seconds=0.6,
        )
        assert time.monotonic() - began < 1.5
    assert found.facts.checked is not None
    checked = found.facts.checked
    assert {checked.spf.result.value, checked.dmarc.result, checked.iprev.result} == {"temperror"}
    assert [one.result.value for one in checked.dkim] == ["temperror"]
    assert found.disposal.fate is Fate.TAKE


def test_nobody_keeps_us_from_asking_for_the_policy() -> None:
    """Name servers of a forger's own that never answer must not take the time of the author's."""
    with serving(Zone(ZONE, {"bob.test": SILENT, "k._domainkey.bob.test": SILENT})) as slow:
        found, _ = met(slow, letter("bob@reject.test"), sender="mallory@bob.test", seconds=0.6)
    assert (found.disposal.fate, reply_to(found)) == (Fate.REFUSE, replies.DMARC_REJECTED)


def test_an_author_cannot_stand_where_nobody_reads_on(server: str) -> None:
    """We read fields from half a megabyte; a mail program may read more, and show whom it finds there."""
    padding = f"X-Padding: {'a' * 900}\r\n" * 600
    found, _ = met(server, letter("boss@reject.test", extra=padding), sender="mallory@plain.test")
    assert reply_to(found) == replies.HEADER_TOO_LONG


def test_what_stands_below_the_end_of_the_header_is_text_for_everybody(server: str) -> None:
    body = letter("boss@reject.test", extra="From: bob@plain.test\r\nno field\r\n")
    found, _ = met(server, body, sender="bob@plain.test", address=HOST)
    assert found.disposal.fate is Fate.TAKE
    assert found.body == body.replace(b"no field", b"\r\nno field")
    line = b"From bob Sun Mar  1 12:00:00 2026\r\n"
    found, _ = met(server, line + letter("bob@plain.test"), sender="bob@plain.test", address=HOST)
    assert found.body == letter("bob@plain.test")
    found, _ = met(server, letter("bob@plain.test"), sender="bob@plain.test", address=HOST)
    assert found.body == letter("bob@plain.test")


def test_results_that_claim_to_be_ours_go(server: str) -> None:
    forged = "Authentication-Results: MX.example.test;\r\n dmarc=pass header.from=reject.test\r\nAuthentication-Results: other.test; spf=pass\r\n"
    body = letter("bob@none.test", extra=forged)
    found, _ = met(server, body, sender="bob@none.test")
    assert found.body == body.replace(forged.encode(), b"Authentication-Results: other.test; spf=pass\r\n")
    found, _ = met(server, body, sender="bob@none.test", address="127.0.0.1")
    assert b"dmarc=pass" not in found.body


def test_a_signature_over_what_goes_is_checked_before(server: str) -> None:
    data = letter("bob@reject.test", extra="Authentication-Results: mx.example.test; spf=pass\r\n")
    at = int(NOW.timestamp())
    covered = ["From", "Authentication-Results"]
    body = seal(data, results="mx.lists.test; none", signer=LIST_SIGNER, now=at, headers=covered) + data
    found, _ = met(server, body, sender="x@plain.test")
    assert found.facts.checked is not None
    assert found.facts.checked.arc.result is Arc.PASS
    assert b"spf=pass" not in found.body


def test_a_check_of_ours_that_breaks_stops_no_mail(server: str, caplog: pytest.LogCaptureFixture) -> None:
    found, _ = met(server, letter("bob@none.test"), sender="bob@none.test", address="no address at all")
    assert found.facts.checked is not None
    assert found.facts.checked.spf.result.value == "temperror"
    assert found.disposal.fate is Fate.TAKE
    assert "a check broke off" in caplog.text


def test_relays_of_ours_are_not_checked(server: str) -> None:
    body = letter("bob@reject.test")
    for relays, address in (
        (["127.0.0.0/8"], "127.0.0.1"),
        ([HOST], HOST),
        (["192.0.2.0/24"], f"::ffff:{HOST}"),
    ):
        found, _ = met(server, body, sender="m@plain.test", address=address, relays=relays)
        assert (found.facts.checked, found.fields, found.evidence) == (None, b"", None)
        assert found.disposal.fate is Fate.TAKE


def test_a_large_message_is_hashed_beside_the_loop(server: str) -> None:
    body = letter("bob@reject.test", signers=[SIGNER], text="x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 40_000)
    found, _ = met(server, body, sender="x@plain.test")
    assert found.facts.checked is not None
    assert found.facts.checked.dmarc.aligned == ("dkim",)


@pytest.mark.parametrize("word", ["198.51.100.0/24", "lists.test", "LISTS.test"])
def test_a_list_that_is_believed(server: str, word: str) -> None:
    body = letter("bob@reject.test", signers=[LIST_SIGNER])
    found, strangers = met(server, body, sender="m@plain.test", believed=[word])
    assert found.disposal.fate is Fate.TAKE
    [(_, _, seen)] = strangers.notebook._counts
    assert isinstance(seen, Seen)
    assert seen.disposition == "none"
    assert seen.reasons[0][0] in {"mailing_list", "trusted_forwarder"}
    assert found.evidence is not None
    assert found.evidence["override"]


@pytest.mark.parametrize("word", ["192.0.2.0/24", "ists.test", "sub.lists.test", "test.lists", "good.test"])
def test_one_who_only_looks_like_it_is_not(server: str, word: str) -> None:
    body = letter("bob@reject.test", signers=[LIST_SIGNER])
    found, _ = met(server, body, sender="m@plain.test", believed=[word])
    assert found.disposal.fate is Fate.REFUSE


def test_a_host_is_believed_by_a_name_that_leads_back(server: str) -> None:
    found, _ = met(
        server, letter("bob@quarantine.test"), sender="m@plain.test", address=HOST, believed=["good.test"]
    )
    assert found.disposal.fate is Fate.TAKE


def sealed(body: bytes, results: str, signer: Signer = LIST_SIGNER) -> bytes:
    return seal(body, results=f"mx.lists.test; {results}", signer=signer, now=int(NOW.timestamp())) + body


@pytest.mark.parametrize(
    ("results", "fate"),
    [
        ("dmarc=pass header.from=reject.test", Fate.TAKE),
        ("dkim=pass header.d=reject.test", Fate.TAKE),
        ("dmarc=pass header.from=other.test", Fate.REFUSE),
        ("dmarc=fail header.from=reject.test", Fate.REFUSE),
        ("spf=pass smtp.mailfrom=reject.test", Fate.REFUSE),
    ],
)
def test_a_seal_is_believed_for_what_it_says(server: str, results: str, fate: Fate) -> None:
    body = sealed(letter("bob@reject.test"), results)
    found, _ = met(server, body, sender="m@plain.test", believed=["lists.test"])
    assert found.facts.checked is not None
    assert found.facts.checked.arc.result is Arc.PASS
    assert found.disposal.fate is fate
    found, _ = met(server, body, sender="m@plain.test", believed=["other.test"])
    assert found.disposal.fate is Fate.REFUSE
    found, _ = met(server, body + b"more\r\n", sender="m@plain.test", believed=["lists.test"])
    assert found.disposal.fate is Fate.REFUSE


def test_each_organisation_believes_whom_it_likes(server: str) -> None:
    ours, theirs = factories.an_organisation(), factories.an_organisation()
    Forwarder.objects.create(organisation=ours, word="lists.test")
    body = letter("bob@reject.test", signers=[LIST_SIGNER])

    def fate(*organisations: int) -> tuple[Fate, frozenset[int]]:
        recipients = [a_recipient(one, number) for number, one in enumerate(organisations, 1)]
        found, _ = met(server, body, *recipients, sender="m@plain.test")
        return found.disposal.fate, found.disposal.junk_for

    assert fate(ours.id) == (Fate.TAKE, frozenset())
    assert fate(theirs.id) == (Fate.REFUSE, frozenset())
    assert fate(ours.id, theirs.id) == (Fate.JUNK, frozenset({theirs.id}))


def test_the_sender_cannot_write_lines_of_results(server: str) -> None:
    hostile = letter('"a\\"; dmarc=pass" <x@"none.test>')
    found, _ = met(server, hostile, sender='"a;dmarc=pass b"@plain.test')
    assert found.fields.count(b"\r\n") == found.fields.count(b"\r\n\t") + 1
    assert [one.result for one in read(found.fields.decode().partition(":")[2]).of("dmarc")] != ["pass"]
