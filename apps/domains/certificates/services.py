"""Certificates kept: added, replaced by newer ones of the same names, removed."""

import datetime as dt

from django.db import transaction

from apps.domains.models import Certificate
from apps.events import audit
from apps.organisations.errors import NotFoundError

from .reading import CertificateError, Read, read_pair


def target_of(certificate: Certificate) -> audit.Target:
    """Return how the audit trail names one: it is the platform's, no tenant's."""
    return audit.Target("certificate", certificate.id, str(certificate), None)


def find_certificate(number: int) -> Certificate:
    """Return the certificate of a number; raises NotFoundError."""
    try:
        return Certificate.objects.get(id=number)
    except Certificate.DoesNotExist:
        raise NotFoundError(f"there is no certificate {number}") from None


def add_certificate(*, chain: bytes, key: bytes, now: dt.datetime, actor: audit.Actor) -> Certificate:
    """Keep a certificate that somebody gives us; one uploaded before for the same names is replaced."""
    found = read_pair(chain, key)
    if found.not_after <= now:
        raise CertificateError(f"the certificate expired on {found.not_after:%Y-%m-%d}")
    with transaction.atomic():
        uploaded = Certificate.objects.select_for_update().filter(source=Certificate.Source.UPLOADED)
        same = next((one for one in uploaded if set(one.names) == set(found.names)), None)
        certificate = same or Certificate(source=Certificate.Source.UPLOADED, made_at=now)
        put(certificate, found, now)
        audit.record(
            actor=actor,
            action="certificate.replace" if same else "certificate.add",
            target=target_of(certificate),
            details={"names": list(found.names), "not_after": found.not_after.isoformat()},
        )
    return certificate


def put(certificate: Certificate, found: Read, now: dt.datetime) -> None:
    """Put a pair that was read into a row, and save it."""
    certificate.names = list(found.names)
    certificate.chain = found.chain.decode("ascii")
    certificate.private = found.private
    certificate.issuer = found.issuer
    certificate.fingerprint = found.fingerprint
    certificate.not_before, certificate.not_after = found.not_before, found.not_after
    certificate.changed_at = now
    certificate.last_error, certificate.failures, certificate.next_try = "", 0, None
    certificate.is_wanted_now = False
    certificate.save()


def remove_certificate(*, certificate: Certificate, actor: audit.Actor) -> None:
    """Show it no more; clients get another one that covers the name, or the server's own."""
    with transaction.atomic():
        target = target_of(certificate)
        if Certificate.objects.filter(id=certificate.id).delete()[0]:
            audit.record(
                actor=actor,
                action="certificate.remove",
                target=target,
                details={"names": list(certificate.names)},
            )
