"""Tables of people that tests send, look at, and let be done."""

from apps.accounts import hashing
from apps.accounts.models import Credential, User
from apps.accounts.queries import subject_of
from apps.events.audit import Actor
from apps.mailflow.models import Roster, RosterLine
from apps.mailflow.roster import runs
from apps.mailflow.roster.deciding import Options

HEAD = "address;kind;name;password;quota;owner;targets;language"
WORD = "correct horse battery"


def sent(user: User | None, *lines: str, update: bool = False, make_passwords: bool = True) -> Roster:
    """Send a table."""
    data = "\n".join([HEAD, *lines]).encode()
    actor = Actor(user.address, user.id, "192.0.2.7") if user else Actor("manage.py (root)")
    return runs.upload(
        user=user, name="people.csv", data=data, options=Options(update, make_passwords), actor=actor
    )


def looked(roster: Roster) -> list[tuple[int, str, str]]:
    """Return what each row would do."""
    who = subject_of(roster.user_id) if roster.user_id else runs.ROOT
    assert who is not None
    return [(step.line, str(step.outcome), step.text) for step in runs.look(roster, who).steps]


def done(roster: Roster) -> list[tuple[int, str, str]]:
    """Do it, and return what came of each row."""
    assert runs.begin(roster=roster)
    assert runs.go_on(roster.id, lambda: True)
    roster.refresh_from_db()
    rows = RosterLine.objects.filter(roster=roster).order_by("line")
    return [(row.line, row.outcome, row.said) for row in rows]


def signs_in(user: User | None, password: str) -> bool:
    """Say whether this is a user's password."""
    credential = Credential.objects.get(user=user, kind=Credential.Kind.PASSWORD)
    return hashing.check_password(credential.scheme, credential.verifier, password)
