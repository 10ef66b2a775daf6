"""The directory by command line: the story of a new tenant, and one clear line for each mistake."""

import io
import json
import re

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.authentication import SignedIn, authenticate, authenticate_token
from apps.accounts.doors import Door
from apps.accounts.models import Session
from apps.events.models import AuditEntry
from apps.events.transactions import perform
from apps.mailboxes.models import Usage
from apps.mailboxes.services import count_sums
from tests.accounts.signing import session_of, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]


def manage(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().removesuffix("\n")


@pytest.fixture
def tenant() -> None:
    manage("organisation", "create", "Example Ltd", "--quota", "500G")
    manage("domain", "create", "example.test", "--organisation", "Example Ltd")


def type_in(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(line))


@pytest.mark.usefixtures("tenant")
def test_a_tenant_from_nothing_to_signed_in() -> None:
    made, password = manage(
        "user", "create", "alice@example.test", "--name", "Alice", "--generate-password"
    ).splitlines()
    assert made == "made user alice@example.test"
    password = password.removeprefix("password ")
    assert (
        manage("mailbox", "create", "alice@example.test", "--quota", "2G")
        == "made mailbox alice@example.test"
    )
    manage("alias", "create", "sales@example.test", "alice@example.test", "bob@elsewhere.example")
    manage("role", "grant", "alice@example.test", "domain_admin", "--domain", "example.test")
    assert isinstance(authenticate("alice@example.test", password, door=Door.IMAP, peer=None), SignedIn)

    (line,) = [
        line for line in manage("organisation", "list").splitlines() if line.startswith("Example Ltd ")
    ]
    assert line.split() == ["Example", "Ltd", "yes", "0", "500G"]
    _, line = manage("domain", "list", "--organisation", "Example Ltd").splitlines()
    assert line.split() == ["example.test", "yes", "0", "-", "Example", "Ltd"]
    assert json.loads(manage("user", "list", "--organisation", "Example Ltd", "--json")) == {
        "address": "alice@example.test",
        "active": True,
        "organisation": "Example Ltd",
        "second factor": False,
        "roles": "domain_admin",
        "name": "Alice",
    }
    assert json.loads(manage("mailbox", "list", "--domain", "example.test", "--json")) == {
        "address": "alice@example.test",
        "active": True,
        "owner": "alice@example.test",
        "messages": 0,
        "bytes": 0,
        "quota": "2G",
        "private_seen": False,
    }
    assert "alice@example.test bob@elsewhere.example" in manage("alias", "list", "--domain", "example.test")
    assert "domain_admin  example.test" in manage("role", "list", "alice@example.test")
    assert all(entry.actor.startswith("manage.py (") for entry in AuditEntry.objects.all())


@pytest.mark.usefixtures("tenant")
def test_a_password_comes_by_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "a fine password\n")
    assert manage("user", "create", "bob@example.test", "--password") == "made user bob@example.test"
    assert isinstance(sign_in("bob@example.test", "a fine password"), SignedIn)
    type_in(monkeypatch, "a finer password\r\n")
    assert manage("user", "set-password", "bob@example.test") == "set the password of bob@example.test"
    assert isinstance(sign_in("bob@example.test", "a finer password"), SignedIn)
    type_in(monkeypatch, "{SSHA}ZiagWDkTqRb5dGI8jNjih9ltdZxzYWx0\n")
    manage("user", "import-password", "bob@example.test")
    assert isinstance(sign_in("bob@example.test"), SignedIn)


@pytest.mark.usefixtures("tenant")
def test_a_bad_password_makes_no_user(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "short\n")
    with pytest.raises(CommandError, match="at least 10 characters"):
        manage("user", "create", "bob@example.test", "--password")
    assert manage("user", "list", "--organisation", "Example Ltd", "--json") == ""


@pytest.mark.usefixtures("tenant")
def test_credentials_and_sessions() -> None:
    manage("user", "create", "alice@example.test")
    app_password = manage("credential", "add-app-password", "alice@example.test", "Phone", "--door", "imap")
    token = manage("credential", "add-token", "alice@example.test", "Script", "--scope", "all", "--days", "7")
    found = authenticate_token(token, peer=None)
    assert isinstance(found, SignedIn)
    session = session_of(sign_in("alice@example.test", app_password, client="mutt"))
    assert "imap  192.0.2.1  mutt" in manage("session", "list", "alice@example.test")
    assert manage("session", "end", str(session.id)) == "ended the session of alice@example.test"
    assert "mutt" not in manage("session", "list", "alice@example.test")
    assert "mutt" in manage("session", "list", "alice@example.test", "--ended")
    sign_in("alice@example.test", app_password)
    assert manage("session", "end-all", "alice@example.test") == "ended 1 sessions of alice@example.test"
    assert not Session.objects.filter(user__address="alice@example.test", ended_at=None).exists()
    listed = manage("credential", "list", "alice@example.test", "--json")
    kinds = [json.loads(line) for line in listed.splitlines()]
    assert [row["kind"] for row in kinds] == ["app_password", "api_token"]
    manage("credential", "remove", str(kinds[0]["id"]))
    assert not isinstance(sign_in("alice@example.test", app_password), SignedIn)


def is_active(noun: str, name: str) -> bool:
    rows = [json.loads(line) for line in manage(noun, "list", "--json").splitlines()]
    (row,) = [row for row in rows if name in (row.get("name"), row.get("address"))]
    return bool(row["active"])


@pytest.mark.usefixtures("tenant")
def test_switching_off_and_on_and_changing() -> None:
    manage("user", "create", "alice@example.test")
    manage("user", "create", "bob@example.test")
    manage("mailbox", "create", "alice@example.test")
    manage("mailbox", "create", "shop@example.test", "--shared")
    manage("alias", "create", "sales@example.test", "alice@example.test")
    for noun, name in (
        ("organisation", "Example Ltd"),
        ("domain", "example.test"),
        ("user", "alice@example.test"),
        ("mailbox", "alice@example.test"),
        ("alias", "sales@example.test"),
    ):
        assert manage(noun, "disable", name) == f"disabled {noun} {name}"
        assert not is_active(noun, name)
        assert manage(noun, "enable", name) == f"enabled {noun} {name}"
        assert is_active(noun, name)
    manage("user", "change", "alice@example.test", "--name", "Alice A.", "--language", "de")
    assert manage("mailbox", "set-quota", "alice@example.test", "1500M").endswith("may hold 1500M")
    assert manage("mailbox", "set-quota", "alice@example.test", "0").endswith("has no limit")
    assert (
        manage("mailbox", "add-member", "shop@example.test", "bob@example.test", "send", "read")
        == "bob@example.test may read, send shop@example.test"
    )
    manage("mailbox", "remove-member", "shop@example.test", "bob@example.test")
    manage("alias", "change", "sales@example.test", "bob@example.test")
    manage("alias", "delete", "sales@example.test")
    manage("role", "grant", "bob@example.test", "support")
    assert manage("role", "revoke", "bob@example.test", "support").endswith(
        "no longer support in Example Ltd"
    )


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize(("noun", "name"), [("organisation", "Example Ltd"), ("domain", "example.test")])
def test_all_mailboxes_together_have_a_quota_too(noun: str, name: str) -> None:
    manage("mailbox", "create", "shop@example.test", "--shared")
    Usage.objects.filter(mailbox__domain__name="example.test").update(bytes=12345)
    perform(count_sums())
    for size, shown in (("2GB", "2G"), ("500 MB", "500M"), ("none", "-")):
        said = manage(noun, "set-quota", name, size)
        assert said == (f"{name} has no limit" if size == "none" else f"{name} may hold {shown}")
        (line,) = [line for line in manage(noun, "list").splitlines() if line.startswith(f"{name} ")]
        assert ["yes", "12345", shown] == line.removeprefix(name).split()[:3]
    assert AuditEntry.objects.filter(action=f"{noun}.quota", target=name).count() == 3


MISTAKES = [
    ("there is no organisation Nobody", ["organisation", "set-quota", "Nobody", "1G"]),
    ("there is no domain x.test", ["domain", "set-quota", "x.test", "1G"]),
    ("'lots' is not a size like 500M or 10G", ["domain", "set-quota", "example.test", "lots"]),
    ("a quota is a number of bytes", ["domain", "set-quota", "example.test", "999999999999999T"]),
    ("there is no organisation Nobody", ["domain", "create", "x.test", "--organisation", "Nobody"]),
    ("there is an organisation Example Ltd already", ["organisation", "create", "Example Ltd"]),
    ("example.test is served already", ["domain", "create", "EXAMPLE.test", "--organisation", "Example Ltd"]),
    ("x.test is not a domain we serve", ["user", "create", "a@x.test"]),
    ("an address looks like local@domain", ["user", "create", "alice"]),
    ("there is no user a@x.test", ["user", "disable", "a@x.test"]),
    ("there is no user alice@example.test: make it first", ["mailbox", "create", "alice@example.test"]),
    ("there is no mailbox alice@example.test", ["mailbox", "disable", "alice@example.test"]),
    ("there is no alias alice@example.test", ["alias", "delete", "alice@example.test"]),
    ("there is no credential 0", ["credential", "remove", "0"]),
    ("there is no session nonsense", ["session", "end", "nonsense"]),
    ("'big' is not a size like 500M or 10G", ["mailbox", "set-quota", "a@example.test", "big"]),
    ("invalid choice: 'king'", ["role", "grant", "a@example.test", "king"]),
    ("a tag, not part of an address", ["mailbox", "create", "a+b@example.test", "--shared"]),
    ("a tag, not part of an address", ["user", "create", "a+b@example.test"]),
    ("no addresses that need quotes", ["user", "create", '"a b"@example.test']),
    ("no addresses that need quotes", ["user", "create", "a\u037e@example.test"]),
    ("at most 200 printable characters", ["user", "create", "a@example.test", "--name", "x" * 201]),
    ("at most 200 printable characters", ["user", "create", "a@example.test", "--name", "\x1b[2J"]),
    ("not UTF-8", ["user", "create", "a@example.test", "--name", "\udcff"]),
    ("not UTF-8", ["alias", "create", "a\udcff@example.test", "b@example.test"]),
    ("not a language like", ["user", "create", "a@example.test", "--language", "klingon-imperial"]),
    ("a quota is a number of bytes", ["organisation", "create", "Big", "--quota", "999999999999999T"]),
    ("not a number from 1 to", ["audit", "list", "--limit", "9" * 23]),
    ("not a number from 1 to", ["audit", "list", "--limit", "-1"]),
    ("not a number from 1 to", ["trace", "x", "--days", "99999999999"]),
    ("not a number from 1 to", ["trace", "x", "--limit", "-1"]),
    ("not a number from 1 to", ["queue", "list", "--limit", "0"]),
    ("not a number from 1 to", ["credential", "add-app-password", "a@example.test", "x", "--days", "-5"]),
]


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize(("line", "arguments"), MISTAKES)
def test_each_mistake_has_one_clear_line(line: str, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=re.escape(line)) as caught:
        manage(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("tenant")
def test_a_label_that_cannot_be_kept_is_refused() -> None:
    manage("user", "create", "alice@example.test")
    with pytest.raises(CommandError, match="printable"):
        manage("credential", "add-app-password", "alice@example.test", "x" * 201)
    for change in (["--name", "x" * 201], ["--language", "x"]):
        with pytest.raises(CommandError):
            manage("user", "change", "alice@example.test", *change)


@pytest.mark.usefixtures("tenant")
def test_nobody_says_who_acts_by_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    manage("user", "create", "alice@example.test")
    assert "mallory" not in AuditEntry.objects.latest("id").actor


@pytest.mark.usefixtures("tenant")
def test_a_role_one_has_not_is_not_taken() -> None:
    manage("user", "create", "alice@example.test")
    with pytest.raises(CommandError, match="has no such role"):
        manage("role", "revoke", "alice@example.test", "support", "--domain", "example.test")


@pytest.mark.parametrize(
    "noun", ["organisation", "domain", "user", "role", "credential", "session", "mailbox", "alias", "audit"]
)
def test_help_is_worth_reading(noun: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command(noun, "--help")
    said = capsys.readouterr().out
    assert "Example: manage.py" in " ".join(said.split())
    assert "list" in said
