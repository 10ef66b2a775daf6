"""Lines and lists as people set them: inherited, audited, and found for a mailbox in one statement each."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.permissions import Verb, may
from apps.accounts.queries import subject_of
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.events.partitions import keep_days
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.organisations.errors import DirectoryError
from apps.spam import keeping, queries
from apps.spam.decision import decide
from apps.spam.judged import Record, symbols_read, symbols_told, told
from apps.spam.lists import About, Effect, Subject
from apps.spam.models import Judgement, SenderEntry
from apps.spam.scopes import SITE, Scope
from apps.spam.services import judgements, senders, wishes
from apps.spam.symbols import Evidence, Source, Symbol
from apps.spam.thresholds import Action, Level, Preset, Wishes
from tests.factories import a_mailbox, a_role

pytestmark = pytest.mark.django_db
ABOUT = About(("News@Lists.Sender.example",), "192.0.2.7", "  A Great   offer")


def held(mailbox: Mailbox) -> dict[str, tuple[float | None, str]]:
    found = perform(queries.settings_of([mailbox.id]))[mailbox.id]
    return {action.value: (line.at, line.origin.value) for action, line in found.thresholds.items()}


def test_lines_are_inherited_from_the_site_to_a_mailbox() -> None:
    alice = a_mailbox("alice")
    bob = a_mailbox("bob", domain=alice.domain)
    group = wishes.make_group(organisation=alice.domain.organisation, name="Sales", actor=SYSTEM)
    wishes.set_members(group=group, mailboxes=[alice], actor=SYSTEM)
    for scope, wish in (
        (SITE, Wishes(lines={Action.QUARANTINE: 7})),
        (Scope(alice.domain.organisation), Wishes(Preset.RELAXED)),
        (Scope(alice.domain), Wishes(lines={Action.TAG: 3.5})),
        (Scope(group), Wishes(lines={Action.JUNK: 5})),
        (Scope(alice), Wishes(lines={Action.REFUSE: None, Action.JUNK: 5.5})),
    ):
        wishes.set_wishes(scope=scope, wishes=wish, actor=SYSTEM)
    assert held(alice) == {
        "tag": (3.5, "domain"),
        "junk": (5.5, "user"),
        "quarantine": (None, "organisation"),
        "refuse": (None, "user"),
    }
    assert held(bob)["junk"] == (6.0, "organisation")
    assert wishes.wishes_of(Scope(group)).lines == {Action.JUNK: 5}
    assert held(a_mailbox("mallory"))["quarantine"] == (7, "site")


def test_a_change_is_audited_once_and_nothing_is_as_if_never_set() -> None:
    alice = a_mailbox("alice")
    for _ in range(2):
        wishes.set_wishes(scope=Scope(alice), wishes=Wishes(Preset.STRICT), actor=SYSTEM)
    wishes.set_wishes(scope=Scope(alice), wishes=Wishes(), actor=SYSTEM)
    entries = AuditEntry.objects.filter(action="filter.settings").order_by("id")
    assert [entry.details for entry in entries] == [
        {"before": "-", "after": "strict"},
        {"before": "strict", "after": "-"},
    ]
    assert wishes.wishes_of(Scope(alice)) == Wishes()


@pytest.mark.parametrize("at", [float("nan"), float("inf"), 1000.0])
def test_a_line_is_a_number(at: float) -> None:
    with pytest.raises(DirectoryError):
        wishes.set_wishes(scope=SITE, wishes=Wishes(lines={Action.JUNK: at}), actor=SYSTEM)


def test_a_group_has_mailboxes_of_its_organisation() -> None:
    alice, mallory = a_mailbox("alice"), a_mailbox("mallory")
    group = wishes.make_group(organisation=alice.domain.organisation, name="Sales", actor=SYSTEM)
    with pytest.raises(DirectoryError):
        wishes.set_members(group=group, mailboxes=[mallory], actor=SYSTEM)
    with pytest.raises(DirectoryError):
        wishes.make_group(organisation=alice.domain.organisation, name="Sales", actor=SYSTEM)


@pytest.mark.parametrize(
    ("subject", "pattern", "kept"),
    [
        (Subject.ADDRESS, " News@Lists.Sender.EXAMPLE ", "news@lists.sender.example"),
        (Subject.DOMAIN, "*.Sender.example", "sender.example"),
        (Subject.NETWORK, "192.0.2.99/24", "192.0.2.0/24"),
        (Subject.SUBJECT, "great  OFFER", "great offer"),
    ],
)
def test_each_sort_of_entry_is_found(
    subject: Subject, pattern: str, kept: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice, mallory = a_mailbox("alice"), a_mailbox("mallory")
    entry = senders.add_entry(
        scope=Scope(alice.domain), effect=Effect.BLOCK, subject=subject, pattern=pattern, actor=SYSTEM
    )
    senders.add_entry(
        scope=Scope(mallory), effect=Effect.ALLOW, subject=subject, pattern=pattern, actor=SYSTEM
    )
    assert entry.pattern == kept
    found = perform(queries.entries_about([alice.id], ABOUT))
    [one] = found[alice.id]
    assert (one.effect, one.level, one.id) == (Effect.BLOCK, Level.DOMAIN, entry.id)
    assert decide(Evidence(), entries=found[alice.id], about=ABOUT).blocked_by == one


@pytest.mark.parametrize(
    ("subject", "pattern"),
    [
        (Subject.ADDRESS, "nobody"),
        (Subject.DOMAIN, "no domain"),
        (Subject.NETWORK, "10.0.0.0/4"),
        (Subject.NETWORK, "sender.example"),
        (Subject.SUBJECT, "a"),
    ],
)
def test_what_is_no_pattern_is_refused(subject: Subject, pattern: str) -> None:
    with pytest.raises(DirectoryError):
        senders.add_entry(scope=SITE, effect=Effect.ALLOW, subject=subject, pattern=pattern, actor=SYSTEM)


def test_an_entry_expires_and_is_removed() -> None:
    alice = a_mailbox("alice")
    scope, now = Scope(alice), timezone.now()
    entry = senders.add_entry(
        scope=scope,
        effect=Effect.ALLOW,
        subject=Subject.DOMAIN,
        pattern="sender.example",
        actor=SYSTEM,
        expires_at=now - dt.timedelta(seconds=1),
    )
    assert perform(queries.entries_about([alice.id], ABOUT))[alice.id] == ()
    assert senders.forget_expired(now) == 1
    assert not senders.remove_entry(scope=scope, entry_id=entry.id, actor=SYSTEM)
    again = senders.add_entry(
        scope=scope, effect=Effect.ALLOW, subject=Subject.DOMAIN, pattern="sender.example", actor=SYSTEM
    )
    assert not senders.remove_entry(scope=SITE, entry_id=again.id, actor=SYSTEM)
    assert senders.remove_entry(scope=scope, entry_id=again.id, actor=SYSTEM)
    assert not SenderEntry.objects.filter(id=again.id).exists()


@pytest.mark.parametrize("address", ["", "not an address", "fe80::1%eth0", "::ffff:192.0.2.7"])
def test_a_strange_address_fails_nobody(address: str) -> None:
    alice = a_mailbox("alice")
    about = About(("a\0b@x..y", "@", "@" * 300), address, "\0" * 5)
    assert perform(queries.entries_about([alice.id], about)) == {alice.id: ()}


def test_who_may_draw_lines() -> None:
    alice, mallory = a_mailbox("alice"), a_mailbox("mallory")
    bob = a_mailbox("bob", domain=alice.domain)
    a_role(bob.owner, "domain_admin", domain=alice.domain)
    asks = {}
    for mailbox in (alice, bob, mallory):
        assert mailbox.owner_id is not None
        asks[mailbox.local_part] = subject_of(mailbox.owner_id)
    allowed = {
        name: [
            bool(who and may(who, Verb.CHANGE, scope.target()))
            for scope in (Scope(alice), Scope(alice.domain), Scope(alice.domain.organisation), SITE)
        ]
        for name, who in asks.items()
    }
    assert allowed == {
        "alice": [True, False, False, False],
        "bob": [True, True, False, False],
        "mallory": [False, False, False, False],
    }


def test_a_judgement_is_written_down_and_read_back() -> None:
    alice = a_mailbox("alice")
    evidence = Evidence((Symbol("A", 3.25, Source.RULE, "x\0y"), Symbol("B", 2.0, Source.MODEL)))
    decided = decide(evidence)
    record = Record(
        mailbox_id=alice.id,
        organisation_id=alice.domain.organisation_id,
        trace_id=uuid.uuid4(),
        sender="friend@sender.example",
        subject="Hello \0 there",
        decision=told(decided),
        symbols=symbols_told(evidence),
        missing=[["antivirus", "away"]],
        versions={"rules": 3},
        vector=b"\x01\x02",
        content_id=77,
        state="junk",
    )
    perform(judgements.write([record]))
    found = queries.judgement_of(alice.id, 77)
    assert found is not None
    assert (found.action, found.score, found.state, found.reason) == ("junk", 5.25, "junk", "score")
    assert found.detail["threshold"] == {"at": 4.0, "origin": "site"}
    assert [symbol.name for symbol in symbols_read(found.symbols)] == ["A", "B"]
    assert bytes(found.vector or b"") == b"\x01\x02"
    perform(judgements.mark(alice.id, [77], state="released", label="ham"))
    found = queries.judgement_of(alice.id, 77)
    assert found is not None
    assert (found.state, found.label) == ("released", "ham")


def test_days_are_made_and_dropped() -> None:
    day = dt.date(2140, 1, 1)
    made = perform(keep_days(day, keep=30, ahead=1, of=keeping.BY_DAY))
    assert {"+spam_judgement_21400101", "+spam_judgement_21400102"} <= set(made)
    dropped = perform(keep_days(day + dt.timedelta(days=32), keep=30, ahead=0, of=keeping.BY_DAY))
    assert {"-spam_judgement_21400101", "+spam_judgement_21400202"} <= set(dropped)
    assert Judgement.objects.count() >= 0
