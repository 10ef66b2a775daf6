"""The audit trail: it tells who did what, only grows, and shows when it was touched."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from apps.events.audit import SYSTEM, Actor, Target, record, verify_chain
from apps.events.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]
ALICE = Actor("alice@example.test", 7, "192.0.2.1")
BOB = Target("user", 8, "bob@example.test", 3)


def meddle(statement: str, *parameters: int | bytes) -> None:
    """Do what only the table's owner can, and the trigger forbids everybody."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_auditentry DISABLE TRIGGER append_only")
        cursor.execute(statement, parameters)
        cursor.execute("ALTER TABLE events_auditentry ENABLE TRIGGER append_only")


def three_entries() -> list[AuditEntry]:
    return [
        record(actor=ALICE, action=f"user.{verb}", target=BOB, details={"n": [1, None, True, {"ü": "x"}]})
        for verb in ("create", "disable", "enable")
    ]


def test_it_works() -> None:
    entry = record(actor=ALICE, action="user.disable", target=BOB, details={"why": "left"})
    entry.refresh_from_db()
    assert (entry.actor, entry.actor_id, entry.peer) == ("alice@example.test", 7, "192.0.2.1")
    assert (entry.action, entry.target_kind, entry.target_id, entry.target) == (
        "user.disable",
        "user",
        "8",
        "bob@example.test",
    )
    assert (entry.organisation_id, entry.details) == (3, {"why": "left"})


def test_a_chain_as_written_is_whole() -> None:
    assert verify_chain().is_whole
    *_, last = three_entries()
    found = verify_chain()
    assert (found.is_whole, found.entries, found.head) == (True, 3, bytes(last.hash).hex())


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'mallory@evil.test'",
        "actor_id = 9",
        "peer = NULL",
        "action = 'user.kiss'",
        "target_kind = 'mailbox'",
        "target_id = '9'",
        "target = 'carol@example.test'",
        "organisation_id = 4",
        "at = at + interval '1 microsecond'",
        "details = '{}'",
        "hash = previous",
    ],
)
def test_a_changed_entry_shows(change: str) -> None:
    _, second, _ = three_entries()
    meddle(f"UPDATE events_auditentry SET {change} WHERE id = %s", second.id)
    found = verify_chain()
    assert (found.broken_at, found.entries) == (second.id, 1)


def test_a_removed_entry_shows() -> None:
    _, second, third = three_entries()
    meddle("DELETE FROM events_auditentry WHERE id = %s", second.id)
    assert verify_chain().broken_at == third.id


def test_a_forged_entry_shows() -> None:
    *_, last = three_entries()
    meddle(
        "INSERT INTO events_auditentry (at, actor, action, target_kind, target_id, target, details, previous, hash) "
        "VALUES (now(), 'alice', 'user.create', 'user', '9', 'x', '{}', %s, sha256('x'))",
        bytes(last.hash),
    )
    assert not verify_chain().is_whole


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events_auditentry SET actor = 'mallory'",
        "DELETE FROM events_auditentry",
        "SET LOCAL mailplatform.discard_audit = 'off'; TRUNCATE events_auditentry",
    ],
)
def test_it_can_only_grow(statement: str) -> None:
    three_entries()
    with (
        pytest.raises(ProgrammingError, match="can only grow"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.count() == 3


def test_what_a_database_would_write_in_another_way_has_no_place() -> None:
    for value in (1e22, {1, 2}, object()):
        with pytest.raises(TypeError):
            record(actor=SYSTEM, action="x", target=BOB, details={"value": value})


def test_what_did_not_happen_is_not_told() -> None:
    with transaction.atomic():
        record(actor=ALICE, action="user.create", target=BOB)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_those_who_write_at_once_write_one_chain() -> None:
    def write(_: int) -> None:
        try:
            with transaction.atomic():
                record(actor=ALICE, action="user.create", target=BOB)
                record(actor=ALICE, action="user.enable", target=BOB)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(30)))
    found = verify_chain()
    assert (found.is_whole, found.entries) == (True, 60)


# --- manage.py audit ---


def audit(*arguments: str) -> str:
    out = StringIO()
    call_command("audit", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_newest_first_and_filters() -> None:
    three_entries()
    record(actor=SYSTEM, action="domain.create", target=Target("domain", 1, "example.test"))
    newest, *_ = lines = audit("list").splitlines()
    assert len(lines) == 4
    assert "system  domain.create  example.test" in newest
    assert len(audit("list", "--limit", "2").splitlines()) == 2
    assert len(audit("list", "--actor", "alice@example.test").splitlines()) == 3
    assert len(audit("list", "--target", "bob@example.test", "--json").splitlines()) == 3


def test_the_command_verifies() -> None:
    first, second, third = three_entries()
    head = bytes(third.hash).hex()
    assert audit("verify") == f"3 entries, whole; head {head}\n"
    audit("verify", "--head", head)
    meddle("DELETE FROM events_auditentry WHERE id = %s", third.id)
    audit("verify")
    with pytest.raises(CommandError, match="cut off its end"):
        audit("verify", "--head", head)
    with pytest.raises(CommandError, match="64 hexadecimal digits"):
        audit("verify", "--head", "no hash")
    meddle("DELETE FROM events_auditentry WHERE id = %s", first.id)
    with pytest.raises(CommandError, match=f"broken at entry {second.id}"):
        audit("verify")
