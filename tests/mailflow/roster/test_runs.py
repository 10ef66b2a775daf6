"""A table of people becomes users, mailboxes and aliases: once, row by row, and no further than its sender may."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import Credential, Role, User
from apps.domains.models import Domain
from apps.events.audit import Actor
from apps.events.models import AuditEntry
from apps.mailboxes.models import Alias, Mailbox
from apps.mailflow.models import Roster, RosterLine
from apps.mailflow.roster import keeping, results, runs
from apps.mailflow.roster.columns import Field
from apps.mailflow.roster.deciding import Options, Outcome
from apps.organisations.errors import DirectoryError
from tests.factories import a_domain, a_mailbox, a_role, a_user, an_alias
from tests.mailflow.roster.tables import WORD, done, looked, sent, signs_in

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """What ends a process."""


def test_it_works(boss: User, domain: Domain) -> None:
    at = domain.name
    roster = sent(
        boss,
        f"alice@{at};;Alice;{WORD};2 GB;;;de",
        f"info@{at};shared",
        f"sales@{at};;;;;;alice@{at} x@far.example",
        f"carol@{at};user;Carol",
        f"carols@{at};;;;;carol@{at}",
    )
    planned = looked(roster)
    assert [outcome for _, outcome, _ in planned] == ["made"] * 5
    assert not Mailbox.objects.filter(domain=domain).exists()
    assert done(roster) == planned
    alice = Mailbox.objects.select_related("owner").get(domain=domain, local_part="alice")
    assert alice.owner is not None
    assert (alice.quota_bytes, alice.owner.name, alice.owner.language) == (2 * 1024**3, "Alice", "de")
    assert Mailbox.objects.get(domain=domain, local_part="info").owner is None
    carols = Mailbox.objects.select_related("owner").get(domain=domain, local_part="carols")
    assert str(carols.owner) == f"carol@{at}"
    assert Alias.objects.get(domain=domain).targets == [f"alice@{at}", "x@far.example"]
    assert signs_in(alice.owner, WORD)
    assert (roster.state, roster.file) == ("done", None)


def test_it_is_told_in_the_audit_trail(boss: User, domain: Domain, nothing_told: None) -> None:
    done(sent(boss, f"alice@{domain.name};;;{WORD}", "nobody"))
    told = list(AuditEntry.objects.order_by("id"))
    assert [one.action for one in told] == ["user.create", "password.set", "mailbox.create", "import.people"]
    assert {(one.actor, one.peer) for one in told} == {(boss.address, "192.0.2.7")}
    assert told[-1].organisation_id == domain.organisation_id
    assert (told[-1].details["made"], told[-1].details["refused"]) == (1, 1)


def test_a_table_given_twice_makes_nothing_twice(boss: User, domain: Domain) -> None:
    lines = (
        f"alice@{domain.name};;;{WORD}",
        f"info@{domain.name};shared",
        f"s@{domain.name};;;;;;a@far.example",
    )
    done(sent(boss, *lines))
    assert [outcome for _, outcome, _ in done(sent(boss, *lines))] == ["same"] * 3
    assert Credential.objects.filter(user__domain=domain).count() == 1


def test_what_is_there_is_changed_only_when_asked(boss: User, domain: Domain) -> None:
    a_mailbox("alice", domain=domain)
    an_alias("sales", "a@far.example", domain=domain)
    lines = (f"alice@{domain.name};;Alice;{WORD};1 GB;;;de", f"sales@{domain.name};;;;;;b@far.example")
    assert [outcome for _, outcome, _ in done(sent(boss, *lines))] == ["same", "same"]
    result = done(sent(boss, *lines, update=True))
    assert [outcome for _, outcome, _ in result] == ["changed", "changed"]
    assert "name, language, room" in result[0][2]
    alice = Mailbox.objects.select_related("owner").get(domain=domain, local_part="alice")
    assert alice.owner is not None
    assert (alice.quota_bytes, alice.owner.name) == (1024**3, "Alice")
    # A password of somebody who has one, or could, is not a matter of tables.
    assert not Credential.objects.filter(user=alice.owner).exists()
    assert Alias.objects.get(domain=domain).targets == ["b@far.example"]
    assert [outcome for _, outcome, _ in done(sent(boss, *lines, update=True))] == ["same", "same"]


def test_each_refusal(boss: User, domain: Domain) -> None:
    at = domain.name
    a_mailbox("alice", domain=domain)
    shared = a_mailbox("team", domain=domain)
    Mailbox.objects.filter(id=shared.id).update(owner=None)
    an_alias("sales", "a@far.example", domain=domain)
    Domain.objects.filter(id=domain.id).update(quota_bytes=5 * 1024**3)
    cases = {
        f"alice@{at};alias;;;;;x@far.example": "a mailbox of this address already",
        f"sales@{at}": "an alias of this address already",
        f"alice@{at};shared": "it has an owner",
        f"alice@{at};;;;;boss@{at}": "of another owner",
        f"team@{at}": "a shared mailbox of this address already",
        f"new@{at};;;;;nobody@{at}": f"There is no user nobody@{at}",
        f"big@{at};;;;6 GB": "more room than all of",
        f"new@{at}x": "is not a domain where you may do this",
    }
    for line, expected in cases.items():
        [(_, outcome, text)] = done(sent(boss, line, update=True))
        assert outcome == "refused"
        assert expected in text
    assert User.objects.filter(domain=domain).count() == 3


def test_a_domain_admin_is_kept_to_the_domain(domain: Domain) -> None:
    weak = a_user("weak", domain=domain)
    a_role(weak, "domain_admin", domain=domain)
    sister, mallorys = a_domain(organisation=domain.organisation), a_mailbox("mallory")
    boss = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    result = done(
        sent(
            weak,
            f"alice@{domain.name}",
            f"alice@{sister.name}",
            f"{mallorys}",
            "x@nobody-serves.test",
            f"a1@{domain.name};;;;;{mallorys}",
            f"a2@{domain.name};;;;;nobody@{mallorys.domain.name}",
            f"a3@{domain.name};;;;2 GB",
            f"boss@{domain.name};user;Renamed",
            f"boss2@{domain.name};;;;;boss@{domain.name}",
            update=True,
        )
    )
    assert [outcome for _, outcome, _ in result] == ["made", *["refused"] * 8]
    texts = [text for _, _, text in result]
    # What others have is told like what nobody has.
    assert texts[2].replace(mallorys.domain.name, "X") == texts[3].replace("nobody-serves.test", "X")
    assert texts[1].replace(sister.name, "X") == texts[3].replace("nobody-serves.test", "X")
    assert texts[4].replace("mallory@", "nobody@") == texts[5]
    assert "leave it empty" in texts[6]
    assert "a role you may not act upon" in texts[7]
    assert "a role you may not act upon" in texts[8]
    assert not User.objects.filter(domain=sister).exists()


def test_a_role_taken_away_stops_what_is_left(boss: User, domain: Domain) -> None:
    roster = sent(boss, *(f"u{number}@{domain.name}" for number in range(3)), make_passwords=False)
    runs.begin(roster=roster)
    left = iter([True, False])
    assert not runs.go_on(roster.id, lambda: next(left))
    Role.objects.filter(user=boss).delete()
    assert runs.go_on(roster.id, lambda: True)
    assert list(RosterLine.objects.order_by("line").values_list("outcome", flat=True)) == [
        "made",
        "refused",
        "refused",
    ]


def test_a_run_that_was_cut_off_goes_on(boss: User, domain: Domain) -> None:
    roster = sent(boss, *(f"u{number}@{domain.name}" for number in range(4)))
    runs.begin(roster=roster)
    rows = iter(range(2))

    def die() -> bool:
        if next(rows, None) is None:
            raise Died
        return True

    with pytest.raises(Died):
        runs.go_on(roster.id, die)
    assert RosterLine.objects.filter(roster=roster).count() == 2
    assert keeping.is_due()
    assert runs.go_on_with_all(lambda: True) == 1
    assert User.objects.filter(domain=domain).count() == 5
    assert set(RosterLine.objects.values_list("outcome", flat=True)) == {"made"}
    assert not keeping.is_due()


def test_a_run_somebody_does_is_left_to_them_until_they_are_dead(boss: User, domain: Domain) -> None:
    roster = sent(boss, f"alice@{domain.name}")
    runs.begin(roster=roster)
    Roster.objects.filter(id=roster.id).update(claimed_until=timezone.now() + runs.LEASE)
    assert not runs.go_on(roster.id, lambda: True)
    assert runs.go_on_with_all(lambda: True) == 0
    Roster.objects.filter(id=roster.id).update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert runs.go_on_with_all(lambda: True) == 1


def test_a_run_begins_once(boss: User, domain: Domain) -> None:
    roster = sent(boss, f"alice@{domain.name}")
    assert not runs.go_on(roster.id, lambda: True)
    assert runs.begin(roster=roster)
    assert not runs.begin(roster=roster)
    with pytest.raises(DirectoryError, match="begun already"):
        runs.choose(roster=roster, columns={Field.ADDRESS: 0}, options=Options())
    with pytest.raises(DirectoryError, match="under way"):
        runs.delete(roster=roster)


def test_a_row_we_stumble_over_does_not_keep_the_others(
    boss: User, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.mailboxes import services

    create = services.create_mailbox

    def stumble(*, address: str, **words: object) -> Mailbox:
        if address.startswith("alice"):
            raise ZeroDivisionError
        return create(address=address, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(services, "create_mailbox", stumble)
    result = done(sent(boss, f"alice@{domain.name}", f"bob@{domain.name}"))
    assert [outcome for _, outcome, _ in result] == ["failed", "made"]
    assert not User.objects.filter(address=f"alice@{domain.name}").exists()
    assert "ZeroDivision" not in result[0][2]


def test_columns_are_chosen(boss: User, domain: Domain) -> None:
    data = f"Wer;Wo\nAlice;alice@{domain.name}\n".encode()
    roster = runs.upload(user=boss, name="x.csv", data=data, actor=Actor("boss"))
    assert runs.mapped(roster) == {}
    for wrong in ({Field.NAME: 0}, {Field.ADDRESS: 1, Field.NAME: 1}, {Field.ADDRESS: 2}):
        with pytest.raises(DirectoryError):
            runs.choose(roster=roster, columns=wrong, options=Options())
    runs.choose(
        roster=roster, columns={Field.ADDRESS: 1, Field.NAME: 0}, options=Options(make_passwords=False)
    )
    assert done(roster) == [(2, "made", "User and mailbox, without a password")]
    assert User.objects.get(address=f"alice@{domain.name}").name == "Alice"


@pytest.mark.parametrize("data", [b"", b"address;name\n", b"PK\x03\x04", b'a;"b\n'])
def test_what_is_no_table_is_not_kept(boss: User, data: bytes) -> None:
    with pytest.raises(DirectoryError):
        runs.upload(user=boss, name="x.csv", data=data, actor=Actor("boss"))
    assert not Roster.objects.exists()


def test_nobody_keeps_many(boss: User, domain: Domain) -> None:
    for _ in range(runs.MAX_WAITING):
        sent(boss, f"alice@{domain.name}")
    with pytest.raises(DirectoryError, match="many imports"):
        sent(boss, f"alice@{domain.name}")


def test_passwords_are_sealed_taken_once_and_forgotten(boss: User, domain: Domain) -> None:
    roster = sent(boss, f"alice@{domain.name}", f"=1+1@{domain.name}", f"bob@{domain.name};;;{WORD}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT file FROM mailflow_roster WHERE id = %s", [roster.id])
        assert WORD.encode() not in bytes(cursor.fetchone()[0])
    done(roster)
    assert b"-" not in results.result(roster).split(b"\r\n")[1].rpartition(b";")[2]
    table = list(
        csv.reader(
            io.StringIO(
                results.take_passwords(roster=roster, who=runs.ROOT, actor=Actor("boss")).decode("utf-8-sig")
            ),
            delimiter=";",
        )
    )
    assert table[0] == ["Line", "Address", "Outcome", "What", "Password"]
    assert signs_in(User.objects.get(address=f"alice@{domain.name}"), table[1][4])
    assert table[2][1] == f"'=1+1@{domain.name}" or "refused" in table[2]
    # What was given is not repeated.
    assert table[3][4] == ""
    assert results.take_passwords(roster=roster, who=runs.ROOT, actor=Actor("boss"))
    Roster.objects.update(passwords_until=timezone.now() - timedelta(seconds=1))
    roster.refresh_from_db()
    assert not results.has_passwords(roster)
    with pytest.raises(DirectoryError, match="taken already"):
        results.take_passwords(roster=roster, who=runs.ROOT, actor=Actor("boss"))
    keeping.forget(now=timezone.now())
    assert not RosterLine.objects.filter(password__isnull=False).exists()
    assert AuditEntry.objects.filter(action="import.passwords").exists()


def test_a_run_is_forgotten_after_a_week(boss: User, domain: Domain) -> None:
    done(sent(boss, f"alice@{domain.name}", make_passwords=False))
    assert keeping.forget(now=timezone.now() + timedelta(days=6)) == 0
    assert keeping.forget(now=timezone.now() + timedelta(days=8)) == 1
    assert not RosterLine.objects.exists()
    assert User.objects.filter(address=f"alice@{domain.name}").exists()


def test_looking_asks_as_much_for_many_as_for_one(boss: User, domain: Domain) -> None:
    def queries(count: int) -> int:
        roster = sent(boss, *(f"u{number}@{domain.name};;;;;;;de" for number in range(count)))
        with CaptureQueriesContext(connection) as asked:
            looked(roster)
        return len(asked)

    for number in range(0, 40, 2):
        a_mailbox(f"u{number}", domain=domain)
    few = queries(1)
    assert queries(60) == few
    assert few <= 10


def test_doing_asks_as_much_for_a_row_of_many_as_of_few(boss: User, domain: Domain) -> None:
    def queries(start: int, count: int) -> int:
        lines = (f"u{number}@{domain.name}" for number in range(start, start + count))
        roster = sent(boss, *lines, make_passwords=False)
        runs.begin(roster=roster)
        with CaptureQueriesContext(connection) as asked:
            runs.go_on(roster.id, lambda: True)
        return len(asked)

    one, two, twelve = queries(0, 1), queries(10, 2), queries(20, 12)
    assert twelve - one == 11 * (two - one)


def test_the_command_looks_and_does(domain: Domain, tmp_path: Path) -> None:
    path, result = tmp_path / "people.csv", tmp_path / "result.csv"
    path.write_text(f"E-Mail;Name\nalice@{domain.name};Alice\n")
    out = io.StringIO()
    call_command("import_people", str(path), "--dry-run", stdout=out)
    assert f"line 2: will be made: alice@{domain.name}" in out.getvalue()
    assert not User.objects.filter(domain=domain).exists()
    assert not Roster.objects.exists()
    call_command("import_people", str(path), "--result", str(result), stdout=out)
    assert "1 made" in out.getvalue()
    assert result.stat().st_mode & 0o777 == 0o600
    password = result.read_text("utf-8-sig").splitlines()[1].rpartition(";")[2]
    assert signs_in(User.objects.get(address=f"alice@{domain.name}"), password)
    with pytest.raises(CommandError, match="exists"):
        call_command("import_people", str(path), "--result", str(result), stdout=out)


def test_the_command_acts_as_somebody(boss: User, domain: Domain, tmp_path: Path) -> None:
    path, other = tmp_path / "people.csv", a_domain()
    path.write_text(f"address\nalice@{domain.name}\nx@{other.name}\n")
    out = io.StringIO()
    with pytest.raises(CommandError, match="refused"):
        call_command("import_people", str(path), "--actor", boss.address, stdout=out)
    assert f"line 3: refused: x@{other.name}: {other.name} is not a domain where you may" in out.getvalue()
    assert User.objects.filter(address=f"alice@{domain.name}").exists()
    assert not User.objects.filter(domain=other).exists()
    told = AuditEntry.objects.filter(action="import.people").latest("id")
    assert (told.actor_id, told.actor.startswith(f"{boss.address} by manage.py")) == (boss.id, True)
    for words in (["--actor", "nobody@nowhere.test"], ["--update", "--dry-run", "--actor", "x"]):
        with pytest.raises(CommandError, match="there is no user"):
            call_command("import_people", str(path), *words, stdout=out)


def test_outcomes_fit_their_column() -> None:
    assert all(len(outcome) <= 8 for outcome in Outcome)
