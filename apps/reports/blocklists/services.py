"""What was found is kept, and who came onto a list or left it is told: log, audit trail, and what pages show."""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence

from django.db import transaction

from apps.events import audit
from apps.protocols.mailauth.blocklists import Checked, Said, State
from apps.reports.models import Standing

log = logging.getLogger(__name__)

_BAD = {State.LISTED, State.BROKEN}
_WELL = {State.CLEAN, State.WORKS}


def keep(*, checked: Checked, now: dt.datetime) -> list[str]:
    """Keep what a list said in one turn; return what was told, a word and a name each.

    A list that does not answer changes nothing but itself. One that is broken makes its addresses unknown, and ends no
    alarm: only a list that works can say that an address is not there any more.
    """
    with transaction.atomic():
        told = _note(checked.zone, Said("", checked.state, reason=checked.reason), now)
        if checked.state is State.BROKEN:
            Standing.objects.filter(zone=checked.zone).exclude(address="").exclude(
                state=State.UNKNOWN
            ).update(state=State.UNKNOWN, codes=[], reason="", since=now)
        for said in checked.said:
            if said.state is not State.UNKNOWN:
                told += _note(checked.zone, said, now)
    return told


def forget_others(*, zones: Iterable[str], addresses: Sequence[str]) -> int:
    """Remove what nobody asks for any more; return how many rows."""
    kept = Standing.objects.filter(zone__in=list(zones), address__in=["", *addresses])
    gone, _ = Standing.objects.exclude(pk__in=kept.values("pk")).delete()
    return gone


def _note(zone: str, said: Said, now: dt.datetime) -> list[str]:
    row, _ = Standing.objects.select_for_update().get_or_create(
        zone=zone,
        address=said.address,
        defaults={"state": said.state.value, "since": now, "looked_at": now},
    )
    if row.state != said.state.value:
        row.since = now
    row.state, row.codes, row.reason, row.looked_at = said.state.value, list(said.codes), said.reason, now
    word = ""
    if said.state in _BAD and not row.is_alarmed:
        row.is_alarmed, word = True, "listed" if said.address else "broken"
    elif said.state in _WELL and row.is_alarmed:
        row.is_alarmed, word = False, "unlisted" if said.address else "mended"
    row.save()
    if not word:
        return []
    name = f"{said.address} on {zone}" if said.address else zone
    details = {"codes": list(said.codes), "reason": said.reason} if said.state in _BAD else {}
    audit.record(
        actor=audit.SYSTEM,
        action=f"blocklist.{word}",
        target=audit.Target("blocklist", row.pk, name),
        details=details,
    )
    tell = log.warning if said.state in _BAD else log.info
    facts = {"zone": zone, "address": said.address, "codes": list(said.codes), "reason": said.reason}
    transaction.on_commit(lambda: tell(f"block list: {word}", extra=facts))
    return [f"{word}: {name}"]
