"""What a table would do is kept sealed; runs have their turns, can be stopped, and tell their passwords to few."""

import csv
import io

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.accounts.queries import subject_of
from apps.domains.models import Domain
from apps.events.audit import Actor
from apps.events.models import AuditEntry
from apps.mailboxes.models import Mailbox
from apps.mailflow.models import RosterLine
from apps.mailflow.roster import plans, results, runs
from apps.mailflow.roster.deciding import Outcome
from apps.organisations.errors import DirectoryError
from tests.factories import a_mailbox, a_role, a_user
from tests.mailflow.roster.tables import HEAD, WORD, done, looked, sent

pytestmark = pytest.mark.django_db


def test_a_run_that_was_stopped_does_no_more(boss: User, domain: Domain) -> None:
    roster = sent(boss, *(f"u{number}@{domain.name}" for number in range(4)), make_passwords=False)
    runs.begin(roster=roster)
    rows = iter(range(4))

    def look_on() -> bool:
        if next(rows) == 2:
            runs.stop(roster=roster)
        return True

    assert runs.go_on(roster.id, look_on)
    roster.refresh_from_db()
    assert (roster.state, roster.file) == ("done", None)
    assert User.objects.filter(domain=domain).count() == 3
    assert AuditEntry.objects.filter(action="import.people", target_id=str(roster.id)).count() == 1


def test_runs_have_their_turns(boss: User, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SLICE_SECONDS", 0)
    first, second = sent(boss, f"a@{domain.name}"), sent(boss, f"b@{domain.name}")
    for roster in (first, second):
        runs.begin(roster=roster)
    turns = iter([True] * 5)
    runs.go_on_with_all(lambda: next(turns, False))
    assert not RosterLine.objects.exists()
    monkeypatch.setattr(runs, "SLICE_SECONDS", 60)
    assert runs.go_on_with_all(lambda: True) == 2


def test_one_that_fails_keeps_no_other_from_its_turn(
    boss: User, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = sent(boss, f"a@{domain.name}"), sent(boss, f"b@{domain.name}")
    for roster in (bad, good):
        runs.begin(roster=roster)
    go_on = runs.go_on

    def stumble(key: object, may_go_on: object) -> bool:
        if key == bad.id:
            raise ZeroDivisionError
        return go_on(key, may_go_on)  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "go_on", stumble)
    assert runs.go_on_with_all(lambda: True) == 1


def test_nothing_begins_without_an_address(boss: User) -> None:
    roster = runs.upload(user=boss, name="x.csv", data=b"Wer;Wo\nAlice;Berlin\n", actor=Actor("boss"))
    with pytest.raises(DirectoryError, match="which column holds the address"):
        runs.begin(roster=roster)


def test_what_was_seen_is_kept_sealed(boss: User, domain: Domain) -> None:
    # Somebody took the column of passwords for the room.
    roster = sent(boss, f"alice@{domain.name};;;;{WORD}", f"bob@{domain.name}")
    who = subject_of(boss.id)
    assert who is not None
    plans.make(roster=roster, who=who)
    roster.refresh_from_db()
    planned = plans.read(roster)
    assert [(row.line, row.outcome) for row in planned] == [(2, Outcome.REFUSED), (3, Outcome.MADE)]
    assert WORD in planned[0].text
    assert (roster.found["refused"], roster.found["made"]) == (1, 1)
    assert plans.part(planned, set(Outcome), size=1) == (planned[:1], 2)
    assert plans.part(planned, set(Outcome), after=2, size=1) == (planned[1:], 0)
    done(roster)
    with connection.cursor() as cursor:
        for column, table in (("plan", "roster"), ("text", "rosterline")):
            cursor.execute(f"SELECT {column} FROM mailflow_{table} WHERE {column} IS NOT NULL")
            assert not any(WORD.encode() in bytes(row[0]) for row in cursor.fetchall())
    assert WORD in RosterLine.objects.get(line=2).said


def test_the_faulty_rows_come_back_without_passwords(boss: User, domain: Domain) -> None:
    roster = sent(boss, f"alice@{domain.name}x;;Alice;{WORD}", f"bob@{domain.name};;;{WORD}")
    who = subject_of(boss.id)
    assert who is not None
    plans.make(roster=roster, who=who)
    content = results.faults(roster, plans.read(roster)).decode("utf-8-sig")
    head, row = csv.reader(io.StringIO(content), delimiter=";")
    assert head == [*HEAD.split(";"), "Line", "What is wrong"]
    assert row[:4] == [f"alice@{domain.name}x", "", "Alice", ""]
    assert row[-2] == "2"
    assert WORD not in content
    assert f"bob@{domain.name};" in results.report(plans.read(roster)).decode()


def test_the_example_can_be_imported(boss: User, domain: Domain) -> None:
    for with_room in (True, False):
        data = results.example(domain.name, with_room=with_room)
        roster = runs.upload(user=boss, name="x.csv", data=data, actor=Actor("boss"))
        assert {outcome for _, outcome, _ in looked(roster)} == {"made"}


def test_passwords_are_not_told_to_whom_may_no_longer_set_them(boss: User, domain: Domain) -> None:
    roster = sent(boss, f"alice@{domain.name}")
    done(roster)
    Role.objects.filter(user=boss).delete()
    who = subject_of(boss.id)
    assert who is not None
    with pytest.raises(DirectoryError, match="no longer"):
        results.take_passwords(roster=roster, who=who, actor=Actor("boss"))
    assert results.has_passwords(roster)


def test_nobody_acts_upon_the_mailbox_of_somebody_stronger(boss: User, domain: Domain) -> None:
    root = a_user("root", domain=domain)
    a_role(root, "superadmin", organisation=domain.organisation)
    mailbox = a_mailbox("box", domain=domain)
    Mailbox.objects.filter(id=mailbox.id).update(owner=root)
    [(_, outcome, text)] = done(sent(boss, f"box@{domain.name};;;;1 GB", update=True))
    assert outcome == "refused"
    assert "You may not" in text


def test_a_mailbox_on_its_way_out_is_not_there_already(boss: User, domain: Domain) -> None:
    mailbox = a_mailbox("alice", domain=domain)
    Mailbox.objects.filter(id=mailbox.id).update(removing_since=timezone.now())
    [(_, outcome, text)] = done(sent(boss, f"alice@{domain.name}"))
    assert outcome == "refused"
    assert "being deleted" in text
