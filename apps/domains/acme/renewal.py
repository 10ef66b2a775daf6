"""Asks the authority for what is due, one certificate after another; a failure is kept and tried again later."""

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from apps.domains.certificates.reading import CertificateError, read_pair
from apps.domains.certificates.services import put, target_of
from apps.domains.models import AcmeAccount, AcmeChallenge, Certificate
from apps.domains.resolver import Resolver
from apps.events import audit
from apps.organisations.errors import DirectoryError

from . import wishes
from .authority import Authority, AuthorityError, new_key

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one: a failure where `problem` says something."""

    names: tuple[str, ...]
    problem: str = ""


def ask_for_due(
    *, resolver: Resolver, now: Callable[[], dt.datetime], trust: str = "", numbers: list[int] | None = None
) -> list[Asked]:
    """Look which certificates are wanted and ask for those that are due, or for these whatever their time."""
    if not settings.MAIL_ACME_DIRECTORY:
        raise DirectoryError("MAIL_ACME_DIRECTORY names no authority")
    wishes.forget_challenges(now())
    wishes.make_wishes(resolver, now())
    if numbers is not None:
        Certificate.objects.filter(id__in=numbers).update(next_try=None)
    asked: list[Asked] = []
    authority: Authority | None = None
    for number in wishes.due(now()) if numbers is None else numbers:
        if not wishes.claim(number, now()):
            continue
        row = Certificate.objects.defer("private").get(id=number)
        connection.close()  # The authority may take a minute.
        try:
            authority = authority or _signed_in(now(), trust)
            chain, key = authority.issue(row.wanted, lambda token, answer: _publish(token, answer, now()))
            _keep(row, chain, key, now())
        except (AuthorityError, CertificateError) as error:
            asked.append(Asked(tuple(row.wanted), str(error)))
            _keep_failure(row, str(error), now())
        else:
            asked.append(Asked(tuple(row.wanted)))
    return asked


def _signed_in(now: dt.datetime, trust: str) -> Authority:
    directory = settings.MAIL_ACME_DIRECTORY
    account, _ = AcmeAccount.objects.get_or_create(
        directory=directory, defaults={"key": new_key(), "made_at": now}
    )
    authority = Authority(
        directory, bytes(account.key), account.uri, contact=settings.MAIL_ACME_CONTACT, trust=trust
    )
    uri = authority.sign_in()
    if uri != account.uri:
        AcmeAccount.objects.filter(directory=directory).update(uri=uri)
    return authority


def _publish(token: str, answer: str, now: dt.datetime) -> None:
    AcmeChallenge.objects.update_or_create(token=token, defaults={"answer": answer, "made_at": now})
    connection.close()


def _keep(row: Certificate, chain: bytes, key: bytes, now: dt.datetime) -> None:
    found = read_pair(chain, key)
    with transaction.atomic():
        fresh = Certificate.objects.select_for_update().defer("private").get(id=row.id)
        put(fresh, found, now)
        audit.record(
            actor=audit.SYSTEM,
            action="certificate.issued",
            target=target_of(fresh),
            details={"names": list(found.names), "not_after": found.not_after.isoformat()},
        )
    log.info("certificate issued", extra={"names": ", ".join(found.names[:5])})


def _keep_failure(row: Certificate, problem: str, now: dt.datetime) -> None:
    pause = wishes.pause_after(row.failures)
    Certificate.objects.filter(id=row.id).update(
        last_error=problem, failures=row.failures + 1, next_try=now + pause, is_wanted_now=False
    )
    log.error("certificate not issued", extra={"names": ", ".join(row.wanted[:5]), "reason": problem})
