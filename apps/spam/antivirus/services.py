"""How the scanner is, kept and told: log, audit trail, and what pages show. An alarm is told once, and so is its end."""

import datetime as dt
import logging

from django.db import transaction

from apps.events import audit
from apps.spam.models import Scanner

from .wire import Version

log = logging.getLogger(__name__)

OLD = dt.timedelta(days=7)


def keep(*, place: str, version: Version | None, now: dt.datetime) -> str:
    """Keep what a scanner said of itself, None where it was silent; return what was told, or ''."""
    with transaction.atomic():
        Scanner.objects.exclude(place=place).delete()
        if not place:
            return ""
        row, _ = Scanner.objects.select_for_update().get_or_create(
            place=place, defaults={"since": now, "looked_at": now}
        )
        state = _state(version, now)
        if row.state != state:
            row.since = now
        row.state, row.looked_at = state, now
        if version is not None:
            row.engine, row.signatures, row.made_at = version.engine, version.signatures, version.made_at
        told = _told(row)
        row.save()
        if told:
            audit.record(
                actor=audit.SYSTEM,
                action=f"antivirus.{told}",
                target=audit.Target("antivirus", row.pk, place),
                details={
                    "signatures": row.signatures,
                    "made_at": row.made_at.isoformat() if row.made_at else "",
                },
            )
            tell = log.info if told == "well" else log.warning
            facts = {"place": place, "signatures": row.signatures, "made_at": str(row.made_at or "")}
            transaction.on_commit(lambda: tell(f"virus scanner: {told}", extra=facts))
    return told


def _state(version: Version | None, now: dt.datetime) -> str:
    if version is None:
        return Scanner.State.SILENT
    return (
        Scanner.State.OLD
        if version.made_at is not None and now - version.made_at > OLD
        else Scanner.State.WELL
    )


def _told(row: Scanner) -> str:
    """Return what is new: the alarm for what has not been told of, or its end."""
    if row.state == row.told:
        return ""
    is_news = row.state != Scanner.State.WELL or row.told != ""
    row.told = row.state
    return str(row.state) if is_news else ""
