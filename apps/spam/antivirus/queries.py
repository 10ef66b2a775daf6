"""How the virus scanner was when it was last asked."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from apps.spam.models import Scanner


@dataclass(frozen=True, slots=True)
class Stands:
    """A scanner: well, old (its signatures are), or silent."""

    place: str
    state: str
    engine: str
    signatures: str
    made_at: dt.datetime | None
    since: dt.datetime
    looked_at: dt.datetime


def scanner() -> Stands | None:
    """Return it; None, at no price, where none is named, and until it was asked first."""
    if not settings.MAIL_CLAMD:
        return None
    row = Scanner.objects.filter(place=settings.MAIL_CLAMD).first()
    if row is None:
        return None
    return Stands(row.place, row.state, row.engine, row.signatures, row.made_at, row.since, row.looked_at)
