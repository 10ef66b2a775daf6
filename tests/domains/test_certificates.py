"""Certificates by name: kept, judged, replaced, removed; what is wrong with one is said in a line."""

import datetime as dt
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.domains.certificates import showing
from apps.domains.certificates.names import are_covered, covers
from apps.domains.certificates.queries import Standing, problems, statuses
from apps.domains.certificates.reading import CertificateError, read_pair
from apps.domains.certificates.services import add_certificate, remove_certificate
from apps.domains.models import Certificate
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.events.transactions import ask
from apps.vault.services import sealed_fields
from tests.certificates import Issued, issue, make_authority
from tests.factories import a_domain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]

NOW = dt.datetime.now(dt.UTC)
AUTHORITY = make_authority()


def add(given: Issued, now: dt.datetime = NOW) -> Certificate:
    return add_certificate(chain=given.pem, key=given.key_pem, now=now, actor=SYSTEM)


def test_it_works() -> None:
    a_domain("example.test")
    made = add(issue("mail.example.test", "imap.example.test", by=AUTHORITY))
    assert made.names == ["mail.example.test", "imap.example.test"]
    [one] = statuses(NOW)
    assert one.standing is Standing.GOOD
    [shown] = ask(showing.shown())
    assert shown.names == ("mail.example.test", "imap.example.test")
    assert shown.private.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert AuditEntry.objects.latest("id").action == "certificate.add"


def test_the_key_is_sealed_in_the_database() -> None:
    made = add(issue("mail.example.test"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT private FROM domains_certificate WHERE id = %s", [made.id])
        assert b"PRIVATE KEY" not in bytes(cursor.fetchone()[0])
    assert "domains_certificate" in {field.model._meta.db_table for field in sealed_fields()}


def test_a_newer_one_of_the_same_names_replaces_it() -> None:
    before = ask(showing.stamp())
    first = add(issue("mail.example.test"))
    between = ask(showing.stamp())
    again = add(issue("mail.example.test"))
    assert again.id == first.id
    assert len({before, between, ask(showing.stamp())}) == 3
    told = AuditEntry.objects.filter(action__startswith="certificate.").order_by("id")
    assert [entry.action for entry in told] == [
        "certificate.add",
        "certificate.replace",
    ]


GOOD = issue("mail.example.test")


@pytest.mark.parametrize(
    ("chain", "key", "why"),
    [
        (GOOD.pem, issue("other.example").key_pem, "not the certificate's"),
        (b"hello", GOOD.key_pem, "certificate cannot be read"),
        (GOOD.pem, b"hello", "key cannot be read"),
        (GOOD.pem, GOOD.pem, "key cannot be read"),
        (GOOD.pem + b"x" * 300_000, GOOD.key_pem, "256 KB"),
        (b"\xff\xfe", b"\x00", "certificate cannot be read"),
    ],
)
def test_what_cannot_be_used_is_not_kept(chain: bytes, key: bytes, why: str) -> None:
    with pytest.raises(CertificateError, match=why):
        add_certificate(chain=chain, key=key, now=NOW, actor=SYSTEM)
    assert not Certificate.objects.exists()


def test_one_that_has_expired_is_not_kept() -> None:
    with pytest.raises(CertificateError, match="expired on"):
        add(issue("mail.example.test", days=-1))


def test_a_key_in_the_same_file_is_found() -> None:
    both = GOOD.pem + GOOD.key_pem
    assert read_pair(both, both).private == read_pair(GOOD.pem, GOOD.key_pem).private


def test_each_that_is_not_well_is_named_in_one_line() -> None:
    a_domain("example.test")
    for name in ("a", "b", "c", "d"):
        add(issue(f"{name}.example.test", by=AUTHORITY))
    add(issue("mail.elsewhere.example"))
    add(issue("mail.example.test", days=5))
    rows = {row.names[0][0]: row for row in Certificate.objects.all() if row.names[0][1] == "."}
    Certificate.objects.filter(id=rows["a"].id).update(chain="half a certif")
    Certificate.objects.filter(id=rows["b"].id).update(chain=GOOD.pem.decode())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE domains_certificate SET private = private || 'x' WHERE id = %s", [rows["c"].id]
        )
    lines = problems(NOW)
    assert len(lines) == 6
    assert all("\n" not in line for line in lines)
    for number, words in (("a", "cannot be read"), ("b", "not the certificate's"), ("c", "unsealed")):
        [line] = [line for line in lines if f"certificate {rows[number].id} " in line]
        assert words in line
        assert line.endswith("clients are shown another")
    assert any("names no host of ours" in line and "elsewhere" in line for line in lines)
    assert any("ends within two weeks" in line for line in lines)
    assert all("expired" in line for line in problems(NOW + dt.timedelta(days=40)) if "d.example" in line)


def test_a_page_of_them_takes_a_fixed_number_of_queries() -> None:
    add(issue("a.example.test"))
    with CaptureQueriesContext(connection) as one:
        statuses(NOW)
    add(issue("b.example.test"))
    add(issue("c.example.test"))
    with CaptureQueriesContext(connection) as three:
        statuses(NOW)
    assert len(one) == len(three)


def test_one_that_is_removed_is_gone() -> None:
    made = add(issue("mail.example.test"))
    remove_certificate(certificate=made, actor=SYSTEM)
    assert ask(showing.shown()) == []


@pytest.mark.parametrize(
    ("pattern", "name", "is_covered"),
    [
        ("mail.example.test", "MAIL.example.test.", True),
        ("*.example.test", "mail.example.test", True),
        ("*.example.test", "a.mail.example.test", False),
        ("*.example.test", "example.test", False),
        ("mail.example.test", "example.test", False),
    ],
)
def test_names(pattern: str, name: str, *, is_covered: bool) -> None:
    assert covers(pattern, name) is is_covered
    assert are_covered([name], [pattern]) is is_covered


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("certificate", *words, stdout=out)
    return out.getvalue()


def test_the_command(tmp_path: Path) -> None:
    a_domain("example.test")
    chain, key = issue("mail.example.test").write(tmp_path)
    assert "for mail.example.test is shown until" in run("add", str(chain), str(key))
    [line] = run("list", "--json").splitlines()
    said = json.loads(line)
    assert (said["names"], said["source"], said["state"]) == ("mail.example.test", "uploaded", "good")
    assert "is shown no more" in run("remove", str(said["number"]))
    with pytest.raises(CommandError, match="cannot be read"):
        run("add", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="there is no certificate"):
        run("remove", "999999")
    with pytest.raises(CommandError, match="MAIL_ACME_DIRECTORY"):
        run("renew")
