"""People come from a table by the API: looked at, begun, followed, and no further than token and roles reach."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Credential, User
from apps.domains.models import Domain
from apps.events.models import AuditEntry
from apps.mailboxes.models import Mailbox
from apps.mailflow.models import Roster
from apps.mailflow.roster import runs
from apps.protocols.tables import MAX_BYTES
from tests.api.asking import Api
from tests.factories import a_domain, a_role, a_user

pytestmark = pytest.mark.django_db
WORD = "correct horse battery"
NO_ACCESS = ("directory:read", "directory:write")


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def boss(domain: Domain) -> User:
    user = a_user("boss", domain=domain)
    a_role(user, "organisation_admin", organisation=domain.organisation)
    return user


@pytest.fixture
def api(boss: User) -> Api:
    return Api(boss)


def send(api: Api, text: str, query: str = "", status: int = 202, **headers: str) -> Any:
    answer = api.raw("POST", f"imports{query}", text.encode(), "text/csv", **headers)
    assert answer.status_code == status, answer.content
    return answer.json()


def worker() -> None:
    runs.go_on_with_all(lambda: True)


def test_a_dry_run_is_looked_at_and_then_begun(api: Api, domain: Domain) -> None:
    at = domain.name
    made = send(
        api, f"address,name\nalice@{at},Alice\nx@elsewhere.test,X\n", "?dry_run=true&make_passwords=true"
    )
    assert (made["state"], made["rows"], made["name"]) == ("waiting", 2, "people.csv")
    assert (made["planned"]["made"], made["planned"]["refused"]) == (1, 1)
    where = f"imports/{made['id']}"
    rows = api.get(f"{where}/rows")["items"]
    assert [(row["line"], row["address"], row["outcome"]) for row in rows] == [
        (2, f"alice@{at}", "made"),
        (3, "x@elsewhere.test", "refused"),
    ]
    assert "is not a domain where you may do this" in rows[1]["text"]
    worker()
    assert not Mailbox.objects.exists()
    assert api.post(f"{where}/go", status=202)["state"] == "going"
    worker()
    state = api.get(where)
    assert (state["state"], state["done"]["made"], state["done"]["refused"]) == ("done", 1, 1)
    assert state["has_passwords"]
    assert Mailbox.objects.filter(domain=domain, local_part="alice").exists()
    assert (
        api.get(f"{where}/rows?outcome=made")["items"][0]["text"] == "User and mailbox, with a new password"
    )
    [told] = api.post(f"{where}/passwords", status=200)["items"]
    assert (told["line"], told["address"]) == (2, f"alice@{at}")
    assert len(told["password"]) > 20
    assert AuditEntry.objects.filter(action="import.passwords").exists()
    assert api.get("imports")["items"][0]["id"] == made["id"]
    api.delete(where)
    api.get(where, 404)


def test_without_a_dry_run_it_begins_at_once_and_once(api: Api, domain: Domain) -> None:
    text = f"address\nalice@{domain.name}\n"
    first = send(api, text, "?name=new.csv", idempotency_key="monday")
    assert (first["state"], first["name"]) == ("going", "new.csv")
    assert send(api, text, "?name=new.csv", idempotency_key="monday")["id"] == first["id"]
    worker()
    assert api.get(f"imports/{first['id']}")["done"]["made"] == 1
    # No password was asked for.
    assert not Credential.objects.filter(user__address=f"alice@{domain.name}").exists()
    assert api.post(f"imports/{first['id']}/go", status=202)["state"] == "done"


def test_a_token_that_opens_no_doors_sets_no_passwords(boss: User, domain: Domain) -> None:
    weak, at = Api(boss, NO_ACCESS), domain.name
    made = send(weak, f"address,password\nalice@{at},{WORD}\nbob@{at},\n")
    worker()
    rows = weak.get(f"imports/{made['id']}/rows")["items"]
    assert [(row["outcome"], "You may not set passwords here" in row["text"]) for row in rows] == [
        ("refused", True),
        ("made", False),
    ]
    assert not User.objects.filter(address=f"alice@{at}").exists()
    # Nor by letting begin what was sent with a stronger one, nor does it take what a stronger one made.
    strong = Api(boss)
    other = send(strong, f"address,password\ncarol@{at},{WORD}\n", "?dry_run=true")
    assert other["planned"]["made"] == 1
    weak.post(f"imports/{other['id']}/go", status=202)
    worker()
    assert weak.get(f"imports/{other['id']}")["done"]["refused"] == 1
    third = send(strong, f"address\ndave@{at}\n", "?make_passwords=true")
    worker()
    assert weak.post(f"imports/{third['id']}/passwords", status=403)["code"] == "scope_missing"


def test_nobody_is_shown_the_run_of_somebody_else(api: Api, domain: Domain) -> None:
    made = send(api, f"address\nalice@{domain.name}\n", "?dry_run=true")
    other = a_user("other", domain=domain)
    a_role(other, "organisation_admin", organisation=domain.organisation)
    for ask in (Api(other), Api(a_user("mallory"))):
        ask.get(f"imports/{made['id']}", 404)
        ask.get(f"imports/{made['id']}/rows", 404)
        ask.post(f"imports/{made['id']}/go", status=404)
        assert ask.get("imports")["items"] == []


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("name\nAlice\n", "refused", "Say which column holds the address"),
        ("address\n", "refused", "no row below it"),
        ('address;"x\n', "refused", "quotation marks"),
        ("x" * (MAX_BYTES + 1), "too_large", ""),
        ("", "invalid", ""),
    ],
)
def test_what_is_no_table_is_a_problem(api: Api, text: str, code: str, said: str) -> None:
    answer = api.raw("POST", "imports", text.encode(), "text/csv")
    assert answer.json()["code"] == code
    assert said in answer.json()["detail"]
    assert not Roster.objects.exists()


def test_it_is_stopped(api: Api, domain: Domain) -> None:
    made = send(api, f"address\nalice@{domain.name}\n")
    assert api.post(f"imports/{made['id']}/stop", status=200)["state"] == "done"
    worker()
    assert not User.objects.filter(address=f"alice@{domain.name}").exists()
    api.post(f"imports/{made['id']}/stop", status=422)


def test_rows_are_paged_and_ask_as_much_for_many_as_for_few(api: Api, domain: Domain) -> None:
    lines = "".join(f"u{number}@{domain.name}\n" for number in range(120))
    where = f"imports/{send(api, 'address' + chr(10) + lines, '?dry_run=true')['id']}"

    def pages() -> list[int]:
        found, cursor = [], ""
        while True:
            page = api.get(f"{where}/rows?limit=50{cursor}")
            found += [row["line"] for row in page["items"]]
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    assert pages() == list(range(2, 122))

    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            api.get(f"{where}/rows?limit={limit}")
        return len(asked)

    assert queries(1) == queries(100)
    api.post(f"{where}/go", status=202)
    worker()
    assert pages() == list(range(2, 122))
    assert queries(1) == queries(100)
    api.get(f"{where}/rows?cursor=nonsense", 400)
