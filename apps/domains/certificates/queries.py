"""How certificates stand: which hold, which end soon, and what is wrong with the others."""

import datetime as dt
import enum
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q

from apps.domains.models import Certificate, Domain
from apps.events.transactions import ask

from .names import covers
from .reading import CertificateError, read_pair
from .showing import Shown, shown

SOON = dt.timedelta(days=14)


class Standing(enum.Enum):
    """How one stands."""

    GOOD = "it holds"
    SOON = "it ends within two weeks"
    EXPIRED = "it has expired"
    NOT_YET = "it does not hold yet"
    BROKEN = "it cannot be used"
    STRANGE = "it names no host of ours"
    WANTED = "the authority has not issued it yet"

    @property
    def is_shown(self) -> bool:
        """Whether clients are shown it; the default certificate stands in for the rest."""
        return self in {Standing.GOOD, Standing.SOON, Standing.STRANGE}

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look at it."""
        return self is Standing.GOOD


@dataclass(frozen=True, slots=True)
class Status:
    """A certificate, how it stands, and more about that in one line."""

    certificate: Certificate
    standing: Standing
    detail: str = ""


def our_names() -> tuple[str, ...]:
    """Return the names clients ask for: the server's, and those of served domains."""
    domains = Domain.objects.filter(is_active=True).values_list("name", flat=True)
    labels = ("mail", "autoconfig", "autodiscover", "mta-sts")
    return (
        settings.MAIL_HOSTNAME.lower(),
        *(name for domain in domains for name in (domain, *(f"{label}.{domain}" for label in labels))),
    )


def statuses(now: dt.datetime) -> list[Status]:
    """Return how all of them stand, by their first name."""
    names = our_names()
    # Read apart from the rows: a key that does not open would keep all of them from being read.
    pairs = {one.id: one for one in ask(shown())}
    rows = Certificate.objects.defer("private").order_by("names", "id")
    return [status_of(one, pairs.get(one.id), names, now) for one in rows]


def status_of(
    certificate: Certificate, pair: Shown | None, names: tuple[str, ...], now: dt.datetime
) -> Status:
    """Judge one."""
    if pair is None:
        return Status(certificate, Standing.WANTED, certificate.last_error)
    if pair.problem:
        return Status(certificate, Standing.BROKEN, pair.problem)
    try:
        found = read_pair(pair.chain, pair.private)
    except CertificateError as error:
        return Status(certificate, Standing.BROKEN, str(error))
    if found.not_after <= now:
        return Status(certificate, Standing.EXPIRED, certificate.last_error)
    if found.not_before > now:
        return Status(certificate, Standing.NOT_YET)
    if not any(covers(pattern, name) for pattern in found.names for name in names):
        return Status(certificate, Standing.STRANGE)
    if found.not_after - now < SOON:
        return Status(certificate, Standing.SOON, certificate.last_error)
    return Status(certificate, Standing.GOOD, certificate.last_error)


def problems(now: dt.datetime) -> list[str]:
    """Return what is wrong, a line each, for whoever starts the server."""
    found = []
    for one in statuses(now):
        if not one.standing.is_well and one.standing is not Standing.WANTED:
            detail = f": {one.detail}" if one.detail else ""
            found.append(
                f"certificate {one.certificate.id} ({one.certificate}): {one.standing.value}{detail}"
                + ("" if one.standing.is_shown else "; clients are shown another")
            )
    return found


@dataclass(frozen=True, slots=True)
class Troubles:
    """How many certificates have ended, and how many an authority refused last time."""

    ended: int
    refused: int


def troubles(now: dt.datetime) -> Troubles:
    """Count them by what rows say, without reading each certificate."""
    found = Certificate.objects.aggregate(
        ended=Count("id", filter=Q(not_after__lte=now)),
        refused=Count("id", filter=~Q(last_error="") & (Q(not_after=None) | Q(not_after__gt=now))),
    )
    return Troubles(found["ended"], found["refused"])
