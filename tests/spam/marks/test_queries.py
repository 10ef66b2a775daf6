"""What pages are told of learning."""

import pytest

from apps.events.audit import SYSTEM
from apps.spam.marks import levels, queries, versions
from apps.spam.marks.queries import weight_of
from apps.spam.reputation.identities import Kind
from apps.spam.reputation.standing import told_of, top_spammers
from tests.factories import a_domain
from tests.spam.reputation.test_reputation import mail_from

from .people import a_person, learn, nobody_else
from .test_judging import a_model

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alone(db: None) -> None:
    nobody_else()


def test_a_state() -> None:
    alice = a_person()
    assert queries.state(alice.scope) == queries.State(alice.scope, alice.user.address, 0, 0, 0.0, None)
    alice.keep(*(f"lunch {n}" for n in range(37)))
    alice.junk(*(f"cheap {n}" for n in range(4)))
    learn()
    told = queries.state(alice.scope)
    assert told is not None
    assert (told.good, told.bad, told.weight) == (37, 4, 0.31)
    assert told.last_at is not None
    assert queries.state(10**9) is None


def test_what_weighs() -> None:
    assert weight_of(0, 0) == 0
    assert weight_of(100, 0) < weight_of(20, 20)
    assert weight_of(16, 16) == 0.5
    assert weight_of(10000, 10000) > 0.99


def test_the_busiest_of_an_organisation_alone() -> None:
    domain = a_domain()
    alice, bob, mallory = a_person("alice", domain), a_person("bob", domain), a_person("mallory")
    alice.junk("cheap")
    bob.junk("cheap", "pills")
    mallory.junk("lunch")
    learn()
    told = queries.busiest(domain.organisation_id)
    assert [(one.address, one.bad) for one in told] == [(bob.user.address, 2), (alice.user.address, 1)]
    assert [one.mailbox_id for one in queries.states([bob.scope, alice.scope])] == [bob.scope, alice.scope]


def test_levels_and_marks() -> None:
    domain = a_domain()
    people = [a_person(f"person{n}", domain) for n in range(3)]
    for one in people:
        one.junk("cheap pills")
    learn()
    levels.build_due()
    told = queries.level(domain.organisation_id)
    assert (told.good, told.bad, told.voices) == (0, 2, 3)
    assert queries.level().voices >= 1
    assert queries.level(10**9).voices == 0
    [mark] = queries.marks(people[0].scope)
    assert mark.is_bad


def test_versions() -> None:
    row = versions.install(data=a_model("casino"), note="ours", actor=SYSTEM)
    told = queries.model_versions()
    assert [(one.number, one.is_current, one.note) for one in told[:1]] == [(row.pk, True, "ours")]
    assert (told[-1].number, told[-1].is_current) == (0, False)


def test_what_is_said_of_senders() -> None:
    domain = a_domain()
    alice, bob, mallory = a_person("alice", domain), a_person("bob", domain), a_person("mallory")
    mail_from(alice, "eve@bad.test", bad=True, count=2)
    mail_from(bob, "eve@bad.test", bad=True)
    mail_from(bob, "carol@good.test", bad=False)
    mail_from(mallory, "bank@good.test", bad=True)
    [worst] = top_spammers(domain.organisation_id)
    assert (worst.name, worst.bad, worst.good, worst.mailboxes) == ("bad.test", 3, 0, 2)
    told = {
        (one.kind, one.name): (one.good, one.bad)
        for one in told_of(domain.organisation_id, "Carol@good.test")
    }
    assert told == {
        (Kind.ADDRESS, "carol@good.test"): (1, 0),
        (Kind.DOMAIN, "good.test"): (1, 0),
        (Kind.REGISTERED, "good.test"): (1, 0),
    }
    [host, *_] = told_of(domain.organisation_id, "192.0.2.1")
    assert (host.kind, host.bad, host.good) == (Kind.HOST, 3, 1)
    assert told_of(domain.organisation_id, "nonsense") == []
