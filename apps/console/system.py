"""How the platform is, in words: each process, each job, each server, and whether somebody must look at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.events.health import OK
from apps.events.processes import Seen
from apps.events.servers import Disk
from apps.events.wake import Job
from apps.protocols.mailauth.blocklists import State
from apps.reports.blocklists.queries import Stands
from apps.spam.antivirus.queries import Stands as Scans

# The beat wakes each job every five seconds, and a turn of it may take a minute.
SILENT_SECONDS = 150
DEAD_SECONDS = 900
DISK_WARN, DISK_ERR = 0.85, 0.95
JOBS: Mapping[Job, str | Promise] = {
    Job.DELIVER_LOCAL: _("Filing mail here"),
    Job.DELIVER_REMOTE: _("Sending to other servers"),
    Job.RELEASE: _("Letting go what was written"),
    Job.LEARN: _("Learning what is junk"),
    Job.HOUSEKEEPING: _("Housekeeping"),
    Job.CERTIFICATES: _("Renewing certificates"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the platform: a kind of state, as `status` takes it, and its words."""

    name: str | Promise
    look: str
    word: str | Promise
    note: str | Promise = ""

    @property
    def is_well(self) -> bool:
        """Whether nobody need look at it."""
        return self.look in {"ok", "off"}


def of_processes(seen: Sequence[Seen]) -> list[Part]:
    """Say how each process is."""
    return [_of_process(one) for one in seen]


def _of_process(seen: Seen) -> Part:
    if seen.is_ready:
        return Part(seen.name, "ok", _("ready"))
    if "process" in seen.says:
        return Part(seen.name, "err", _("does not answer"))
    lacking = [name for name, word in seen.says.items() if word != OK]
    note = _now("It cannot reach: %(names)s") % {"names": ", ".join(lacking)} if lacking else ""
    return Part(seen.name, "err", _("not ready"), note)


def of_jobs(looked: Mapping[Job, float | None]) -> list[Part]:
    """Say how long each job has been silent: the schedule or its worker stands still when that grows."""
    return [_of_job(job, looked.get(job)) for job in JOBS]


def _of_job(job: Job, seconds: float | None) -> Part:
    if seconds is None:
        return Part(JOBS[job], "warn", _("never seen"))
    if seconds < SILENT_SECONDS:
        return Part(JOBS[job], "ok", _("at work"), _now("%d s ago") % seconds)
    now = timezone.now()
    silence = timesince(now - timedelta(seconds=seconds), now, depth=1)
    look = "warn" if seconds < DEAD_SECONDS else "err"
    return Part(JOBS[job], look, _now("silent for %(time)s") % {"time": silence})


def of_server(name: str, *, answers: bool) -> Part:
    """Say whether a server answers."""
    if answers:
        return Part(name, "ok", _("answers"))
    return Part(name, "err", _("does not answer"))


def of_disk(disk: Disk | None) -> Part:
    """Say whether there is room."""
    if disk is None or not disk.total:
        return Part(_("Disk"), "off", _("unknown"))
    share = disk.used / disk.total
    if share < DISK_WARN:
        return Part(_("Disk"), "ok", _("has room"))
    return Part(_("Disk"), "err" if share >= DISK_ERR else "warn", _now("%d %% full") % int(share * 100))


STANDS: Mapping[State, tuple[str, str | Promise]] = {
    State.CLEAN: ("ok", _("not listed")),
    State.LISTED: ("err", _("listed")),
    State.UNDECLARED: ("warn", _("an answer nobody declared")),
    State.UNKNOWN: ("off", _("unknown")),
    State.UNKEPT: ("off", _("holds no IPv6")),
    State.WORKS: ("ok", _("works")),
    State.BROKEN: ("warn", _("broken list")),
    State.SILENT: ("off", _("no answer")),
}


SCANS: Mapping[str, tuple[str, str | Promise]] = {
    "well": ("ok", _("works")),
    "old": ("warn", _("old signatures")),
    "silent": ("err", _("does not answer")),
}


def of_scanner(found: Scans | None) -> list[Part]:
    """Say whether the virus scanner answers, and how old its signatures are; nothing where there is none."""
    if found is None:
        return []
    look, word = SCANS.get(found.state, ("off", _("unknown")))
    note = ""
    if found.made_at is not None:
        note = date_format(timezone.localtime(found.made_at))
    return [Part(_("Virus scanner"), look, word, note)]


def of_blocklists(rows: Sequence[Stands], now: datetime) -> list[Part]:
    """Say how our addresses stand on block lists, and whether these are in order; the worst first."""
    return [_of_standing(row, now) for row in rows]


def _of_standing(row: Stands, now: datetime) -> Part:
    look, word = STANDS[row.state]
    if row.state is State.SILENT and row.is_long(now):
        look = "warn"
    note = ", ".join([*row.codes, *([row.reason] if row.reason else [])])
    if row.state in {State.LISTED, State.BROKEN}:
        note = _now("for %(time)s") % {"time": timesince(row.since, now, depth=1)} + (
            f": {note}" if note else ""
        )
    name = row.zone
    if row.address:
        name = _now("%(address)s on %(list)s") % {"address": row.address, "list": row.zone}
    return Part(name, look, word, note)
