"""One table taken over: sent, its columns named, looked at, and then done row by row.

Each row is a transaction of its own, in which its line is written first: whoever comes to a row that has one leaves it.
So a run that was cut off goes on where it was, and two that do the same run by mistake make nothing twice.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Count, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts.models import Role, User
from apps.accounts.permissions import Grant, Subject
from apps.accounts.queries import subject_of
from apps.events import audit
from apps.events.transactions import Plan, perform
from apps.events.wake import Job
from apps.mailflow.models import Roster, RosterLine
from apps.organisations.errors import DirectoryError, sentence
from apps.protocols.tables import Table

from . import files
from .columns import Field, Mapped, body, guess
from .deciding import DEFAULTS, Options, Outcome, Step, decide
from .directory import load
from .doing import do
from .rows import Fault, Row, read_rows

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
RENEW_SECONDS = 15
# So long one run is gone on with before the next one has its turn.
SLICE_SECONDS = 10
MAX_WAITING = 20
_CHUNK = 500

ROOT = Subject(0, 0, True, frozenset({Grant(Role.Kind.SUPERADMIN, 0)}))  # noqa: FBT003
"""Who runs a command on this machine."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a whole table would do."""

    steps: tuple[Step, ...]

    def count(self, outcome: Outcome) -> int:
        """Return how many rows come to this."""
        return sum(step.outcome == outcome for step in self.steps)

    @property
    def does_something(self) -> bool:
        """Whether anything would be made or changed."""
        return any(step.outcome in {Outcome.MADE, Outcome.CHANGED} for step in self.steps)


def upload(
    *,
    user: User | None,
    name: str,
    data: bytes,
    options: Options = DEFAULTS,
    actor: audit.Actor,
) -> Roster:
    """Keep a table that somebody sent, its columns guessed; raises DirectoryError for what is none."""
    table = files.read(data)
    if user is not None and Roster.objects.filter(user=user).count() >= MAX_WAITING:
        raise DirectoryError(_("There are many imports of yours already. Delete one first."))
    return Roster.objects.create(
        user=user,
        actor=actor.name,
        peer=actor.peer,
        name=_plain(name),
        file=data,
        rows=len(body(table)),
        columns={str(field): at for field, at in guess(table).items()},
        update=options.update,
        make_passwords=options.make_passwords,
        language=options.language,
    )


def choose(*, roster: Roster, columns: Mapped, options: Options) -> None:
    """Say what its columns hold and how it is taken over, as long as it has not begun."""
    files.check_columns(table_of(roster), columns)
    chosen = {str(field): at for field, at in columns.items()}
    changed = Roster.objects.filter(id=roster.id, state=Roster.State.WAITING).update(
        columns=chosen, update=options.update, make_passwords=options.make_passwords, plan=None, found={}
    )
    if not changed:
        raise DirectoryError(_("This import has begun already."))
    roster.columns, roster.update, roster.make_passwords = chosen, options.update, options.make_passwords
    roster.plan, roster.found = None, {}


def look(roster: Roster, who: Subject) -> Looked:
    """Say what every row would do, and do nothing."""
    return examine(table_of(roster), mapped(roster), who, options_of(roster))


def examine(table: Table, columns: Mapped, who: Subject, options: Options) -> Looked:
    """Say what every row of a table would do: a number of queries for five hundred rows."""
    return Looked(tuple(_steps(read_rows(body(table), columns), who, options)))


def begin(*, roster: Roster, scopes: frozenset[str] | None = None) -> bool:
    """Let a run begin; whoever says so goes on with it, or wakes a worker. False if it had begun already.

    It does no more than the token may that lets it begin (`scopes`; None is no bound).
    """
    if Field.ADDRESS not in mapped(roster):
        raise DirectoryError(_("Say which column holds the address."))
    begun = Roster.objects.filter(id=roster.id, state=Roster.State.WAITING).update(
        state=Roster.State.GOING,
        started_at=timezone.now(),
        plan=None,
        scopes=None if scopes is None else sorted(scopes),
    )
    roster.refresh_from_db(fields=["state", "started_at"])
    return bool(begun)


def stop(*, roster: Roster) -> None:
    """End a run before its last row; what it did stays."""
    if roster.state != Roster.State.GOING:
        raise DirectoryError(_("It is not under way."))
    _finish(roster)


def wake_worker() -> None:
    """Tell a worker that there is a run to go on with."""
    perform(_say())


def _say() -> Plan[None]:
    yield Job.PEOPLE


def go_on(roster_id: uuid.UUID, may_go_on: Callable[[], bool]) -> bool:
    """Do what is left of a run until it is done or `may_go_on` says no; False if something is left, or it is held."""
    if not _claim(roster_id):
        return False
    try:
        roster = Roster.objects.select_related("user").get(id=roster_id)
        with translation.override(roster.language):
            try:
                if not _do_rows(roster, may_go_on):
                    return False
            except files.UnreadableError:
                # What could be read when it came cannot be read by this version: nobody should wait for it.
                log.warning("file of an import is no table any more", extra={"roster": str(roster.id)})
            _finish(roster)
    finally:
        Roster.objects.filter(id=roster_id).update(claimed_until=None)
    return True


def go_on_with_all(may_go_on: Callable[[], bool]) -> int:
    """Go on with every run that was begun and that nobody is doing, in turns; return how many were finished."""
    finished, failed = 0, set[uuid.UUID]()
    while may_go_on():
        free = Q(claimed_until=None) | Q(claimed_until__lt=timezone.now())
        going = Roster.objects.filter(free, state=Roster.State.GOING).exclude(id__in=failed)
        keys = list(going.order_by("started_at").values_list("id", flat=True)[:100])
        if not keys:
            break
        for key in keys:
            try:
                finished += go_on(key, _slice(may_go_on))
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                # It is tried again in the next turn, and keeps no other from theirs.
                log.exception("import failed", extra={"roster": str(key)})
                failed.add(key)
    return finished


def _slice(may_go_on: Callable[[], bool]) -> Callable[[], bool]:
    until = time.monotonic() + SLICE_SECONDS
    return lambda: may_go_on() and time.monotonic() < until


def counts(roster: Roster) -> dict[Outcome, int]:
    """Return how many rows came to what."""
    rows = RosterLine.objects.filter(roster=roster).values_list("outcome").annotate(Count("id"))
    found = dict.fromkeys(Outcome, 0)
    found.update({Outcome(outcome): number for outcome, number in rows})
    return found


def delete(*, roster: Roster) -> None:
    """Forget a run and its result; what it made stays. Refused while it is going."""
    with transaction.atomic():
        row = Roster.objects.select_for_update().defer("file").filter(id=roster.id).first()
        if row is not None and row.state == Roster.State.GOING:
            raise DirectoryError(_("It is under way. Wait until it is done."))
        if row is not None:
            row.delete()


def table_of(roster: Roster) -> Table:
    """Return the table of a run that is not done."""
    if roster.file is None:
        raise files.UnreadableError(_("The file of this import is gone: it is done."))
    return files.read(bytes(roster.file))


def mapped(roster: Roster) -> dict[Field, int]:
    """Return what the columns of a run hold."""
    columns: Mapping[str, int] = roster.columns
    return {Field(field): at for field, at in columns.items()}


def options_of(roster: Roster) -> Options:
    """Return how a run takes its table over."""
    return Options(roster.update, roster.make_passwords, roster.language)


def _steps(rows: Sequence[Row | Fault], who: Subject, options: Options) -> Iterator[Step]:
    coming: dict[str, int] = {}
    for some in batched(rows, _CHUNK):
        there = load([row for row in some if isinstance(row, Row)], coming)
        for row in some:
            yield decide(row, there, who, options)


def _claim(roster_id: uuid.UUID) -> bool:
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    rows = Roster.objects.filter(free, id=roster_id, state=Roster.State.GOING)
    return bool(rows.update(claimed_until=now + LEASE))


def _do_rows(roster: Roster, may_go_on: Callable[[], bool]) -> bool:
    """Do the rows that have no line yet; False if the time was up before the last."""
    rows = read_rows(body(table_of(roster)), mapped(roster))
    done = set(RosterLine.objects.filter(roster=roster).values_list("line", flat=True))
    renewed = time.monotonic()
    for row in rows:
        if row.line in done:
            continue
        if not may_go_on():
            return False
        if time.monotonic() - renewed > RENEW_SECONDS:
            Roster.objects.filter(id=roster.id).update(claimed_until=timezone.now() + LEASE)
            renewed = time.monotonic()
        _do_row(roster, row)
    return True


def _do_row(roster: Roster, row: Row | Fault) -> None:
    """Do one row and write down what came of it, both or neither."""
    with transaction.atomic():
        if not Roster.objects.filter(id=roster.id, state=Roster.State.GOING).exists():
            return  # Somebody stopped it.
        line = RosterLine(roster=roster, line=row.line, address=row.address, outcome=Outcome.FAILED, text=b"")
        try:
            with transaction.atomic():
                line.save(force_insert=True)
        except IntegrityError:
            return  # Somebody else did it, or the run is gone.
        try:
            with transaction.atomic():
                step, password = _decide_and_do(roster, row)
        except DirectoryError as error:
            line.outcome, text = Outcome.REFUSED, sentence(str(error))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # One row that we stumble over must not keep the others waiting for ever.
            log.exception("row of an import failed", extra={"roster": str(roster.id), "line": row.line})
            text = _("Something went wrong on our side. The log says what.")
        else:
            line.outcome, text = step.outcome, step.text
            line.password = password.encode() or None
        line.text = text.encode("utf-8", "replace")
        line.save(update_fields=["outcome", "text", "password"])


def _decide_and_do(roster: Roster, row: Row | Fault) -> tuple[Step, str]:
    # Asked for every row: a role may be taken away while a long run is under way.
    scopes = None if roster.scopes is None else frozenset(roster.scopes)
    who = subject_of(roster.user_id, scopes=scopes) if roster.user_id is not None else ROOT
    if who is None:
        raise DirectoryError(_("Whoever began this is no user any more."))
    there = load([row] if isinstance(row, Row) else [])
    step = decide(row, there, who, options_of(roster))
    return step, do(step, there, options_of(roster), actor_of(roster))


def _finish(roster: Roster) -> None:
    with transaction.atomic():
        found = counts(roster)
        done = Roster.objects.filter(id=roster.id, state=Roster.State.GOING).update(
            state=Roster.State.DONE, finished_at=timezone.now(), file=None, plan=None
        )
        if done:
            audit.record(
                actor=actor_of(roster),
                action="import.people",
                target=audit.Target(
                    "import",
                    str(roster.id),
                    roster.name,
                    roster.user.organisation_id if roster.user else None,
                ),
                details={"rows": roster.rows, **{str(outcome): found[outcome] for outcome in Outcome}},
            )


def actor_of(roster: Roster) -> audit.Actor:
    """Return who acts in a run."""
    return audit.Actor(roster.actor, roster.user_id, roster.peer)


def _plain(name: str) -> str:
    name = "".join(char for char in name if char.isprintable()).strip()
    return name[-200:] or "people.csv"
