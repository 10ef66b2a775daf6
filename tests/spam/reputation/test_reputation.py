"""What marks and letters say of a sender, for whom."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from apps.events.transactions import Plan, Row, perform, query
from apps.mailflow import refile
from apps.protocols.mailauth.dmarc import DmarcResult
from apps.protocols.mailauth.iprev import IprevResult
from apps.protocols.mailauth.results import Findings
from apps.spam.marks import learning
from apps.spam.models import Known, Said, Standing
from apps.spam.reputation import queries, services, sql
from apps.spam.reputation.identities import Origin
from apps.spam.reputation.queries import Recipient, reputation
from apps.spam.symbols import Evidence, Sort
from apps.store.flags import Flags
from apps.store.values import MessageFacts
from tests.factories import a_domain
from tests.spam.marks.people import Person, a_person, learn, nobody_else
from tests.store.mail import a_message, put

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alone(db: None) -> None:
    nobody_else()


def envelope(author: str, *, name: str = "", to: str = "", to_name: str = "") -> bytes:
    def person(shown: str, address: str) -> bytes:
        local, _, domain = address.partition("@")
        quoted = f'"{shown}"' if shown else "NIL"
        return f'(({quoted} NIL "{local}" "{domain}"))'.encode()

    return b'(NIL "hi" %b NIL NIL %b NIL NIL NIL NIL)' % (
        person(name, author),
        person(to_name, to) if to else b"NIL",
    )


def found(author: str, *, proven: bool = True, address: str = "192.0.2.1") -> bytes:
    domain = author.partition("@")[2]
    return Findings(
        settings.MAIL_HOSTNAME,
        dmarc=DmarcResult("pass" if proven else "fail", domain=domain),
        iprev=IprevResult("pass", name="host.test"),
        address=address,
    ).field


def mail_from(
    person: Person, author: str, *, bad: bool, proven: bool = True, address: str = "192.0.2.1", count: int = 1
) -> None:
    """Have somebody mark mail of an author."""
    facts = MessageFacts(envelope=envelope(author), structure=b"(NIL)", parts=b"\1")
    folder = "INBOX" if bad else "Junk"
    prefix = found(author, proven=proven, address=address)
    uids = put(
        *(
            a_message(person.box, folder, facts=facts, prefix=prefix, body=b"Subject: %d\r\n\r\nx" % n)
            for n in range(count)
        )
    )
    act = refile.junk if bad else refile.not_junk
    act(person.hand, person.chosen(uids, folder))
    learn()


def write_to(person: Person, address: str, name: str = "") -> None:
    facts = MessageFacts(
        envelope=envelope("me@x.test", to=address, to_name=name), structure=b"(NIL)", parts=b"\1"
    )
    put(a_message(person.box, "Sent", facts=facts))
    services.read_letters()


def ask(person: Person, origin: Origin, domain: str = "") -> Evidence:
    recipient = Recipient(person.box.mailbox_id, person.box.organisation_id, domain)
    return reputation(origin, [recipient])[person.box.mailbox_id]


def names(evidence: Evidence) -> set[str]:
    return {symbol.name for symbol in evidence.symbols}


def of(author: str, *, proven: bool = True, address: str = "192.0.2.1", name: str = "") -> Origin:
    return Origin(author, name, proven, (), "", address)


def test_a_sender_is_known_by_marks() -> None:
    alice = a_person()
    assert names(ask(alice, of("bob@good.test"))) == {"FIRST_TIME_SENDER"}
    assert ask(alice, of("bob@good.test")).score == 0
    mail_from(alice, "bob@good.test", bad=False)
    mail_from(alice, "eve@bad.test", bad=True, address="203.0.113.9")
    assert names(ask(alice, of("bob@good.test"))) == {"SENDER_LIKED"}
    assert ask(alice, of("bob@good.test")).score == -4
    assert names(ask(alice, of("eve@bad.test", address=""))) == {"SENDER_DISLIKED"}
    assert "DOMAIN_LIKED" in names(ask(alice, of("carol@good.test", address="")))


def test_nobody_else_is_moved_by_it() -> None:
    domain = a_domain()
    alice, bob = a_person("alice", domain), a_person("bob", domain)
    mail_from(alice, "eve@bad.test", bad=True, count=10)
    services.count_standings()
    assert names(ask(bob, of("eve@bad.test"))) == {"FIRST_TIME_SENDER"}


def test_who_changes_their_mind_is_believed() -> None:
    alice = a_person()
    mail_from(alice, "bob@good.test", bad=True, address="")
    refile.not_junk(alice.hand, alice.chosen(alice.uids("Junk"), "Junk"))
    learn()
    assert names(ask(alice, of("bob@good.test", address=""))) == {"SENDER_LIKED"}
    perform(
        refile.set_flags(alice.box["INBOX"], [(uid, uid) for uid in alice.uids("INBOX")], replace=Flags())
    )
    learn()
    assert not Said.objects.filter(mailbox_id=alice.scope).exists()


def test_who_is_written_to_is_known() -> None:
    alice = a_person()
    write_to(alice, "Bob@Good.test", "Bob Builder")
    assert names(ask(alice, of("bob@good.test"))) == {"SENDER_WRITTEN_TO"}
    assert ask(alice, of("bob@good.test", proven=False)).score == -1
    write_to(alice, "bob@good.test")
    assert Known.objects.get(mailbox_id=alice.scope).sent == 2
    services.read_letters()
    assert Known.objects.get(mailbox_id=alice.scope).sent == 2


def test_who_only_claims_to_be_known_is_forged() -> None:
    alice = a_person()
    mail_from(alice, "bob@good.test", bad=False)
    told = ask(alice, of("bob@good.test", proven=False))
    assert names(told) == {"SENDER_FORGED", "FIRST_TIME_SENDER"} or names(told) == {"SENDER_FORGED"}
    assert told.of(Sort.PHISHING) == 2


def test_networks_speak_where_nothing_nearer_does() -> None:
    alice = a_person()
    mail_from(alice, "a@one.test", bad=True, address="198.51.100.7", count=2)
    assert "NETWORK_DISLIKED" in names(ask(alice, of("z@new.test", address="198.51.100.7")))
    assert "NETWORK_DISLIKED" not in names(ask(alice, of("z@new.test", address="198.51.100.8")))
    mail_from(alice, "b@two.test", bad=True, address="198.51.100.9", count=3)
    assert "NETWORK_DISLIKED" in names(ask(alice, of("z@new.test", address="198.51.100.8")))


def test_several_who_agree_are_a_prior_for_others_and_no_more() -> None:
    domain = a_domain()
    people = [a_person(f"person{n}", domain) for n in range(5)]
    for one in people[:4]:
        mail_from(one, "eve@bad.test", bad=True, address="", count=5)
    services.count_standings()
    told = ask(people[4], of("eve@bad.test", address=""))
    assert names(told) == {"OTHERS_DISLIKE", "FIRST_TIME_SENDER"}
    assert 0.5 < told.score <= 1
    mallory = a_person("mallory")
    assert names(ask(mallory, of("eve@bad.test", address=""))) == {"FIRST_TIME_SENDER"}


def test_what_was_said_fades() -> None:
    domain = a_domain()
    for n in range(3):
        mail_from(a_person(f"person{n}", domain), "eve@bad.test", bad=True, address="")
    services.count_standings()
    before = Standing.objects.get(organisation_id=domain.organisation_id, name="eve@bad.test").bad
    with connection.cursor() as cursor:
        cursor.execute("UPDATE spam_said SET at = at - interval '90 days'")
    services.count_standings()
    after = Standing.objects.get(organisation_id=domain.organisation_id, name="eve@bad.test").bad
    assert after == pytest.approx(before / 2)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM spam_said")
    services.count_standings()
    assert not Standing.objects.exists()


class TestLookAlikes:
    """Strangers who look like somebody."""

    def test_a_domain_one_sign_away(self) -> None:
        alice = a_person()
        write_to(alice, "bob@builders.test")
        told = ask(alice, of("bob@bui1ders.test"))
        assert names(told) == {"FIRST_TIME_SENDER", "LOOKS_LIKE_DOMAIN"}
        assert told.of(Sort.PHISHING) == 2
        assert "LOOKS_LIKE_DOMAIN" not in names(ask(alice, of("carol@builders.test")))
        assert "LOOKS_LIKE_DOMAIN" not in names(ask(alice, of("bob@boulder.test")))

    def test_our_own_domain(self) -> None:
        alice = a_person()
        told = ask(alice, of("boss@exarnple-company.test"), "example-company.test")
        assert names(told) == {"FIRST_TIME_SENDER", "LOOKS_LIKE_DOMAIN"}
        assert "LOOKS_LIKE_DOMAIN" not in names(
            ask(alice, of("boss@example-company.test"), "example-company.test")
        )

    def test_a_known_persons_name(self) -> None:
        alice, bob = a_person(), a_person("bob")
        write_to(alice, "bob@builders.test", "Bob Builder")
        told = ask(alice, of("x91@free.test", name="BUILDER, Bob"))
        assert names(told) == {"FIRST_TIME_SENDER", "LOOKS_LIKE_NAME"}
        assert names(ask(bob, of("x91@free.test", name="BUILDER, Bob"))) == {"FIRST_TIME_SENDER"}

    def test_a_domain_that_is_liked_looks_like_nobody(self) -> None:
        alice = a_person()
        write_to(alice, "bob@builders.test")
        mail_from(alice, "carol@builder.test", bad=False, address="")
        assert "LOOKS_LIKE_DOMAIN" not in names(ask(alice, of("dave@builder.test", address="")))


def test_all_recipients_are_asked_in_two_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = a_domain()
    people = [a_person(f"person{n}", domain) for n in range(5)]
    mail_from(people[0], "bob@good.test", bad=False, address="")
    recipients = [Recipient(one.box.mailbox_id, one.box.organisation_id, domain.name) for one in people]
    asked: list[str] = []

    def counting(statement: str, params: Any = None) -> Plan[list[Row]]:
        asked.append(statement)
        return query(statement, params)

    monkeypatch.setattr(queries, "query", counting)
    told = reputation(of("bob@good.test", address="", name="Bob Builder"), recipients)
    assert len(asked) == 2
    assert names(told[people[0].box.mailbox_id]) == {"SENDER_LIKED"}
    assert names(told[people[1].box.mailbox_id]) == {"FIRST_TIME_SENDER"}


def test_marks_of_a_sender_are_found_by_the_key() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO spam_said (mailbox_id, kind, name, content_id, label)"
            " SELECT n % 20, 1, 'a' || n || '@x.test', n, 0 FROM generate_series(1, 20000) AS n"
        )
        cursor.execute("ANALYZE spam_said")
        cursor.execute(
            "EXPLAIN " + sql.ASKED,
            {"mailboxes": [1, 2], "organisations": [1, 1], "kinds": [1], "names": ["a@x.test"], "most": [2], "days": [99],
             "author": "a@x.test"},
        )  # fmt: skip
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on spam_said" not in plan


def test_a_mailbox_takes_its_senders_along() -> None:
    alice = a_person()
    mail_from(alice, "bob@good.test", bad=False)
    write_to(alice, "bob@good.test")
    while perform(learning.forget(alice.scope)):
        pass
    assert not Said.objects.filter(mailbox_id=alice.scope).exists()
    assert not Known.objects.filter(mailbox_id=alice.scope).exists()
