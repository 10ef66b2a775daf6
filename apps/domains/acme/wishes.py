"""Which certificates we want of the authority, and when it is asked for them again."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.domains.certificates.services import target_of
from apps.domains.models import AcmeChallenge, Certificate, Domain
from apps.domains.queries import served_names
from apps.domains.resolver import Resolver
from apps.events import audit
from apps.protocols.mailauth.lookups import Status
from apps.protocols.smtp.targets import find_addresses

FIRST_PAUSE = dt.timedelta(minutes=10)
LONGEST_PAUSE = dt.timedelta(days=1)
CHALLENGE_LIFE = dt.timedelta(hours=1)


def addresses(name: str, resolver: Resolver) -> frozenset[str] | None:
    """Return where a name leads; None when it cannot be looked up at present."""
    found = resolver.run_sync(find_addresses(name))
    return None if found.status is Status.FAULT else frozenset(found.texts)


def led_here(
    names: Iterable[str], here: frozenset[str], known: Iterable[str], resolver: Resolver
) -> list[str]:
    """Return those names that lead to this server: one that does not would have the whole order refused.

    A name that cannot be looked up stays as it was `known`, so that a fault of DNS changes no certificate.
    """
    kept = []
    for name in names:
        found = addresses(name, resolver)
        if name in known if found is None else found & here:
            kept.append(name)
    return kept


def make_wishes(resolver: Resolver, now: dt.datetime) -> None:
    """Have a row for our own name, and one for the names of each domain that lead here."""
    own = settings.MAIL_HOSTNAME.lower()
    rows = {row.domain_id: row for row in Certificate.objects.filter(source="acme").defer("private")}
    _wish(rows.get(None), None, [own], now)
    here = addresses(own, resolver)
    if not here:
        return
    for domain in Domain.objects.filter(is_active=True, organisation__is_active=True).order_by("name"):
        row = rows.get(domain.id)
        wanted = led_here(
            (f"mail.{domain.name}", *served_names(domain)), here, row.wanted if row else (), resolver
        )
        _wish(row, domain, [name for name in wanted if name != own], now)


def _wish(row: Certificate | None, domain: Domain | None, names: list[str], now: dt.datetime) -> None:
    if row is None and names:
        Certificate.objects.bulk_create(
            [
                Certificate(
                    source=Certificate.Source.ACME,
                    domain=domain,
                    names=names,
                    wanted=names,
                    made_at=now,
                    changed_at=now,
                )
            ],
            ignore_conflicts=True,
        )
    elif row is not None and names and set(row.wanted) != set(names):
        Certificate.objects.filter(id=row.id).update(wanted=names, failures=0, next_try=None)


def due(now: dt.datetime) -> list[int]:
    """Return the rows to ask for now: never issued, of other names than wanted, or past two thirds of their life."""
    rows = (
        Certificate.objects.filter(source="acme")
        .filter(Q(next_try=None) | Q(next_try__lte=now))
        .order_by("id")
        .values_list("id", "names", "wanted", "chain", "not_before", "not_after", "is_wanted_now")
    )
    return [
        number
        for number, names, wanted, chain, begins, ends, is_wanted_now in rows
        if is_wanted_now
        or not chain
        or set(names) != set(wanted)
        or begins is None
        or ends is None
        or _grows_old(begins, ends, now)
    ]


def _grows_old(begins: dt.datetime, ends: dt.datetime, now: dt.datetime) -> bool:
    """Whether two thirds of a certificate's life are over."""
    return now >= ends - (ends - begins) / 3


def claim(number: int, now: dt.datetime) -> bool:
    """Keep others from asking for it, too, while we do."""
    rows = Certificate.objects.filter(id=number).filter(Q(next_try=None) | Q(next_try__lte=now))
    return bool(rows.update(next_try=now + FIRST_PAUSE))


def ask_at_once(*, certificate: Certificate, actor: audit.Actor) -> None:
    """Have one asked for now, whether it is due or not."""
    with transaction.atomic():
        Certificate.objects.filter(id=certificate.id).update(next_try=None, is_wanted_now=True)
        audit.record(actor=actor, action="certificate.renew", target=target_of(certificate))


def pause_after(failures: int) -> dt.timedelta:
    """Return how long to wait after so many failures in a row: authorities count them."""
    doublings: int = 2 ** min(failures, 10)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)


def forget_challenges(now: dt.datetime) -> None:
    """Forget what no authority asks any more."""
    AcmeChallenge.objects.filter(made_at__lt=now - CHALLENGE_LIFE).delete()
