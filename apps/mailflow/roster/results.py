"""The files one takes away: what a table would do, and what came of it.

Passwords that were made are in a file that can be taken once; for ten minutes again, should it not have arrived.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import batched

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Role, User
from apps.accounts.permissions import Noun, Subject, Target, Verb, may
from apps.events import audit
from apps.mailflow.models import Roster, RosterLine
from apps.organisations.errors import DirectoryError
from apps.protocols.tables import write_table

from .columns import Field, body, heads
from .deciding import Outcome
from .directory import grants
from .plans import WRONG, Planned
from .runs import mapped, table_of

AGAIN = timedelta(minutes=10)
_CHUNK = 500

WORDS: dict[Outcome, str | Promise] = {
    Outcome.MADE: gettext_lazy("made"),
    Outcome.CHANGED: gettext_lazy("changed"),
    Outcome.SAME: gettext_lazy("left as it is"),
    Outcome.REFUSED: gettext_lazy("refused"),
    Outcome.FAILED: gettext_lazy("failed"),
}
PLANNED: dict[Outcome, str | Promise] = WORDS | {
    Outcome.MADE: gettext_lazy("will be made"),
    Outcome.CHANGED: gettext_lazy("will be changed"),
    Outcome.SAME: gettext_lazy("stays as it is"),
}


def example(domain: str, *, with_room: bool) -> bytes:
    """Return a table to begin with; its heads are English, for those are known in every language."""
    room = "2 GB" if with_room else ""
    return write_table(
        [
            [str(field) for field in Field],
            [f"alice@{domain}", "mailbox", "Alice Example", "", "", room, "", "", "en"],
            [f"bob@{domain}", "user", "Bob Example", "", "", "", "", "", "de"],
            [f"bobs-projects@{domain}", "mailbox", "", "", "", "", f"bob@{domain}", "", ""],
            [f"info@{domain}", "shared", "", "", "", room, "", "", ""],
            [f"sales@{domain}", "alias", "", "", "", "", "", f"alice@{domain}, info@{domain}", ""],
        ]
    )


def report(planned: Iterable[Planned]) -> bytes:
    """Return what a table would do, as a file."""
    rows = ((row.line, row.address, PLANNED[row.outcome], row.text) for row in planned)
    return write_table([_head(), *([str(cell) for cell in row] for row in rows)])


def faults(roster: Roster, planned: Iterable[Planned]) -> bytes:
    """Return the rows that would be refused as they came, and what is wrong with each; without their passwords."""
    table, columns = table_of(roster), mapped(roster)
    wrong = {row.line: row.text for row in planned if row.outcome in WRONG}
    secret = {at for field, at in columns.items() if field in {Field.PASSWORD, Field.PASSWORD_HASH}}
    names, at_least = heads(table), len(heads(table))

    def cells(row: Sequence[str]) -> list[str]:
        shown = ["" if at in secret else cell for at, cell in enumerate(row)]
        return shown + [""] * (at_least - len(shown))

    rows = ([*cells(one.cells), str(one.line), wrong[one.line]] for one in body(table) if one.line in wrong)
    return write_table([[*names, _("Line"), _("What is wrong")], *rows])


def result(roster: Roster) -> bytes:
    """Return what came of a run, as a file without passwords."""
    return write_table([_head(), *(_cells(line) for line in _lines(roster))])


def has_passwords(roster: Roster) -> bool:
    """Say whether there are passwords to take still."""
    if roster.passwords_until is not None and roster.passwords_until < timezone.now():
        return False
    return RosterLine.objects.filter(roster=roster, password__isnull=False).exists()


def take_passwords(*, roster: Roster, who: Subject, actor: audit.Actor) -> bytes:
    """Return the result with the passwords that were made, as a file; see `take`."""
    told = take(roster=roster, who=who, actor=actor)
    return write_table(
        [[*_head(), _("Password")], *([*_cells(line), told.get(line.line, "")] for line in _lines(roster))]
    )


def take(*, roster: Roster, who: Subject, actor: audit.Actor) -> dict[int, str]:
    """Return the passwords that were made, by line; soon after the first time they are forgotten.

    Only those of users whose passwords their reader may set: a role may have been taken away since.
    """
    with transaction.atomic():
        row = Roster.objects.select_for_update(no_key=True).defer("file").get(id=roster.id)
        if row.state != Roster.State.DONE or not has_passwords(row):
            raise DirectoryError(_("The passwords were taken already, and are forgotten. Set new ones."))
        lines = list(_lines(row).filter(password__isnull=False))
        theirs = set(_may_set([line.address for line in lines], who))
        if not theirs:
            raise DirectoryError(_("You may no longer set the passwords of these users."))
        if row.passwords_until is None:
            row.passwords_until = timezone.now() + AGAIN
            row.save(update_fields=["passwords_until"])
        target = audit.Target(
            "import", str(row.id), row.name, roster.user.organisation_id if roster.user else None
        )
        audit.record(actor=actor, action="import.passwords", target=target)
    return {line.line: bytes(line.password or b"").decode() for line in lines if line.address in theirs}


def _may_set(addresses: Iterable[str], who: Subject) -> Iterator[str]:
    roles = Prefetch("roles", Role.objects.select_related("domain"))
    for some in batched(addresses, _CHUNK):
        for user in User.objects.filter(address__in=some).prefetch_related(roles):
            target = Target(
                Noun.CREDENTIAL, user.organisation_id, user.domain_id, user.id, grants=grants(user)
            )
            if may(who, Verb.CHANGE, target):
                yield user.address


def _head() -> list[str]:
    return [_("Line"), _("Address"), _("Outcome"), _("What")]


def _cells(line: RosterLine) -> list[str]:
    return [str(line.line), line.address, str(WORDS[Outcome(line.outcome)]), line.said]


def _lines(roster: Roster) -> QuerySet[RosterLine]:
    return RosterLine.objects.filter(roster=roster).order_by("line")
