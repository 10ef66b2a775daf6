"""People come from a table: sent, checked, tried, done, and told; each page of it, and who is kept away from them."""

import csv
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Role, User
from apps.domains.models import Domain
from apps.events.models import AuditEntry
from apps.mailboxes.models import Alias, Mailbox
from apps.mailflow.models import Roster, RosterLine
from apps.mailflow.roster import runs
from apps.protocols.tables import MAX_BYTES
from tests.console.browser import browser
from tests.factories import a_mailbox, a_role, a_user

pytestmark = pytest.mark.django_db
WORD = "correct horse battery"


def text(answer: Any) -> str:
    """Return a page as it is read: no tags, one space between words."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def send(page: Client, *lines: str, name: str = "people.csv") -> Any:
    return page.post(
        "/console/imports/", {"table": SimpleUploadedFile(name, "\n".join(lines).encode(), "text/csv")}
    )


def sent(page: Client, *lines: str) -> str:
    """Send a table, and return the address of its page."""
    answer = send(page, *lines)
    assert answer.status_code == 302
    return str(answer["Location"])


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def worker() -> None:
    runs.go_on_with_all(lambda: True)


def test_the_whole_story(page: Client, domain: Domain) -> None:
    at, there = domain.name, a_mailbox("there", domain=domain)
    assert "Import from a table" in text(page.get("/console/users/"))
    assert "Import from a table" in text(page.get("/console/mailboxes/"))
    where = sent(
        page,
        "E-Mail;Name;Passwort;Art;Ziel",
        f"alice@{at};Alice;{WORD};;",
        f"bob@{at};Bob;;;",
        f"{there};;;;",
        f"sales@{at};;;alias;alice@{at}",
        "carol@elsewhere.test;Carol;;;",
        f"dave@{at};Dave;short;;",
    )
    # Checked: what is wrong, where, and in words.
    shown = text(page.get(where))
    assert "2 of 6 rows are wrong and will be left out. 4 rows can be taken over." in shown
    assert "6 carol@elsewhere.test elsewhere.test is not a domain where you may do this." in shown
    assert f"7 dave@{at} The password is too short" in shown
    assert f"bob@{at}" not in shown
    wrong = table(page.get(f"{where}faults").content)
    assert [row[-2] for row in wrong[1:]] == ["6", "7"]
    assert "short" not in str([row[:-1] for row in wrong])
    # Tried: what would be made, and what there is already.
    shown = text(page.get(f"{where}dry-run"))
    for said in ("3 will be made", "1 stays as it is", "2 refused", "Import 3 rows", "Nothing was made yet"):
        assert said in shown
    assert not User.objects.filter(address=f"alice@{at}").exists()
    only = text(page.get(f"{where}dry-run?show=same"))
    assert "There already" in only
    assert f"alice@{at}" not in only
    assert len(table(page.get(f"{where}report").content)) == 7
    # Asked once more, with the numbers.
    question = text(page.get(f"{where}go", headers={"HX-Request": "true"}))
    assert "Import 3 rows?" in question
    assert "3 rows will be made. 1 is there already. 2 are refused and left out." in question
    assert page.post(f"{where}go")["Location"] == where
    # Under way.
    shown = page.get(where).content.decode()
    assert "0 of 6 rows are done" in shown
    assert 'hx-trigger="load delay:1s"' in shown
    assert page.get(f"{where}dry-run").status_code == 302
    worker()
    assert page.get(f"{where}progress", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    # Done.
    shown = text(page.get(where))
    for said in ("3 made", "1 left as it is", "2 refused", "Download the passwords"):
        assert said in shown
    assert Alias.objects.get(domain=domain).targets == [f"alice@{at}"]
    assert Mailbox.objects.filter(domain=domain).count() == 3
    result = page.get(f"{where}result")
    assert len(table(result.content)) == 7
    assert result["Content-Disposition"] == 'attachment; filename="result.csv"'


def test_passwords_are_handed_over_once(page: Client, domain: Domain) -> None:
    where = sent(page, "address", f"alice@{domain.name}")
    page.post(f"{where}go")
    worker()
    assert page.get(f"{where}passwords")["Location"] == where
    answer = page.post(f"{where}passwords")
    password = table(answer.content)[1][4]
    assert answer["Cache-Control"] == "no-store"
    assert len(password) > 20
    for other in (where, f"{where}result"):
        assert password.encode() not in page.get(other).content
    assert "they can be downloaded again" in text(page.get(where))
    Roster.objects.update(passwords_until="2020-01-01T00:00Z")
    assert "Download the passwords" not in text(page.get(where))
    assert page.post(f"{where}passwords").status_code == 302
    assert "taken already" in text(page.get(where))
    assert AuditEntry.objects.filter(action="import.passwords").count() == 1
    assert password not in str(list(AuditEntry.objects.values_list("details", flat=True)))


def test_columns_that_nobody_knows_are_asked_for(page: Client, domain: Domain) -> None:
    answer = send(page, "Wer,Wohin,Geheim", f"Alice,alice@{domain.name},{WORD}")
    where = answer["Location"]
    assert page.get(where)["Location"] == f"{where}columns"
    shown = text(page.get(f"{where}columns"))
    for said in ("No column names the address", "parted by commas", "UTF-8", "Wohin", f"alice@{domain.name}"):
        assert said in shown
    assert page.get(f"{where}dry-run")["Location"] == f"{where}columns"
    twice = page.post(f"{where}columns", {"column_0": "name", "column_1": "name"})
    assert twice.status_code == 422
    assert "Two columns cannot both hold this: Name." in text(twice)
    nothing = page.post(f"{where}columns", {"column_0": "name"})
    assert "Say which column holds the address." in text(nothing)
    right = {"column_0": "name", "column_1": "address", "column_2": "password"}
    assert page.post(f"{where}columns", right)["Location"] == where
    assert "The row can be taken over" in text(page.get(where))
    # What a column of passwords says is not on the page.
    assert WORD not in page.get(f"{where}columns").content.decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is nothing in the file"),
        (b"PK\x03\x04", "This is a workbook"),
        (b'a;"b\n', "Line 1: The quotation marks do not match"),
        (b"address;name\n", "no row below it"),
        (b"a" * (MAX_BYTES + 1), "too large: 4 MB at most"),
        (b"a@b.test\n" * 10_002, "too many rows"),
    ],
)
def test_what_is_no_table_is_refused_in_words(page: Client, content: bytes, said: str) -> None:
    answer = page.post("/console/imports/", {"table": SimpleUploadedFile("x.csv", content)})
    assert answer.status_code == 422
    assert said in text(answer)
    assert not Roster.objects.exists()
    assert page.post("/console/imports/").status_code == 422


def test_a_table_that_does_nothing_is_not_begun(page: Client, domain: Domain) -> None:
    where = sent(page, "address", "alice@elsewhere.test")
    assert "Correct the table and send it again." in text(page.get(where))
    assert "There is nothing to do" in text(page.get(f"{where}dry-run"))
    assert page.post(f"{where}go").status_code == 422
    assert Roster.objects.get().state == "waiting"


def test_it_can_be_stopped_and_forgotten(page: Client, domain: Domain) -> None:
    where = sent(page, "address", f"alice@{domain.name}")
    page.post(f"{where}go")
    assert page.post(f"{where}delete").status_code == 422
    assert page.post(f"{where}stop")["Location"] == where
    worker()
    assert "It was stopped: 1 row was not done." in text(page.get(where))
    assert not User.objects.filter(address=f"alice@{domain.name}").exists()
    assert page.post(f"{where}delete")["Location"] == "/console/imports/"
    assert page.get(where).status_code == 404


def test_nobody_sees_the_run_of_somebody_else(page: Client, domain: Domain) -> None:
    where = sent(page, "address", f"alice@{domain.name}")
    mallory, root, other = a_user("mallory"), a_user("root"), a_user("other", domain=domain)
    a_role(mallory, "organisation_admin", organisation=mallory.organisation)
    a_role(root, "superadmin", organisation=root.organisation)
    a_role(other, "organisation_admin", organisation=domain.organisation)
    for user in (mallory, root, other):
        theirs = browser(user)
        for path in ("", "columns", "dry-run", "go", "progress", "faults", "report", "result", "delete"):
            assert theirs.get(f"{where}{path}").status_code == 404
        assert theirs.post(f"{where}passwords").status_code == 404
        assert "people.csv" not in text(theirs.get("/console/imports/"))
    # Nor what it says of what others have: their domain is told like one that nobody serves.
    theirs = browser(mallory)
    shown = text(theirs.get(sent(theirs, "address", f"x@{domain.name}", "x@nobody.test")))
    assert shown.count("is not a domain where you may do this") == 2
    assert "2 of 2 rows are wrong" in shown


def test_a_role_taken_away_closes_its_pages(page: Client, boss: User, domain: Domain) -> None:
    where = sent(page, "address", f"alice@{domain.name}")
    Role.objects.filter(user=boss).update(kind="support")
    for path in ("/console/imports/", where, f"{where}go"):
        assert page.get(path).status_code == 403
    assert "Import from a table" not in text(page.get("/console/users/"))


def test_the_example_is_in_a_domain_of_the_reader(page: Client, domain: Domain) -> None:
    content = page.get("/console/imports/example").content
    assert f"alice@{domain.name}" in content.decode()
    where = page.post("/console/imports/", {"table": SimpleUploadedFile("people.csv", content)})["Location"]
    assert "All 5 rows can be taken over." in text(page.get(where))


def test_a_page_of_a_long_table_asks_as_little_as_of_a_short_one(page: Client, domain: Domain) -> None:
    def queries(count: int) -> list[int]:
        lines = [f"u{number}@{domain.name}" for number in range(count)]
        where = sent(page, "address", *lines, *("x" for _ in range(count)))
        asked = []
        for path in ("", "dry-run"):
            with CaptureQueriesContext(connection) as captured:
                page.get(f"{where}{path}")
            asked.append(len(captured))
        roster = Roster.objects.latest("created_at")
        Roster.objects.filter(id=roster.id).update(state="done", finished_at="2026-01-01T00:00Z")
        RosterLine.objects.bulk_create(
            RosterLine(roster=roster, line=number + 2, address=line, outcome="made", text=b"User")
            for number, line in enumerate(lines)
        )
        with CaptureQueriesContext(connection) as captured:
            page.get(where)
        return [*asked, len(captured)]

    few, many = queries(1), queries(120)
    assert few == many
    assert max(many) <= 12


def test_a_long_table_is_paged(page: Client, domain: Domain) -> None:
    where = sent(page, "address", *(f"u{number}@{domain.name}" for number in range(60)), *"x" * 60)
    first = page.get(where).content.decode()
    assert first.count("is no address") == 50
    found = re.search(r'href="(\?after=\d+)" rel="next"', first)
    assert found
    second = page.get(f"{where}{found[1]}").content.decode()
    assert second.count("is no address") == 10
    assert "First page" in second
    first = page.get(f"{where}dry-run?show=made").content.decode()
    assert "show=made&amp;after=51" in first


def test_the_page_asks_less_and_less_often_how_far_it_is(page: Client, domain: Domain) -> None:
    where = sent(page, "address", f"alice@{domain.name}")
    page.post(f"{where}go")

    def asked(number: str) -> str:
        return page.get(f"{where}progress?asked={number}", headers={"HX-Request": "true"}).content.decode()

    assert 'asked=6" hx-trigger="load delay:1s"' in asked("5")
    assert "delay:3s" in asked("40")
    assert "delay:10s" in asked("300")
    assert "hx-trigger" not in asked("4000")
    assert "Reload the page" in asked("4000")
    assert "delay:1s" in asked("nonsense")
    assert page.get(f"{where}progress")["Location"] == where
