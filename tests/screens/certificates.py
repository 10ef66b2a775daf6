"""Certificates as a server has them after a while: good, ending, of no use, and refused by the authority."""

import datetime as dt

from django.utils import timezone

from apps.domains.certificates.services import add_certificate
from apps.domains.models import Certificate, Domain
from apps.events.audit import SYSTEM
from tests.certificates import issue, make_authority


def fill(domain: Domain) -> dict[str, list[object]]:
    """Make them; return what addresses may name: one of the authority's, which can be removed and asked for."""
    authority, now = make_authority("Example Authority R3"), timezone.now()
    for names, days in (
        ((f"mail.{domain.name}", f"imap.{domain.name}", f"smtp.{domain.name}", domain.name), 60),
        ((f"www.{domain.name}.elsewhere.example",), 80),
        ((f"imap.{domain.name}",), 5),
    ):
        given = issue(*names, by=authority, days=days)
        add_certificate(chain=given.pem, key=given.key_pem, now=now, actor=SYSTEM)
    given = issue(f"old.{domain.name}", by=authority)
    broken = add_certificate(chain=given.pem, key=given.key_pem, now=now, actor=SYSTEM)
    Certificate.objects.filter(id=broken.id).update(chain="half a certificate")
    wanted = [f"autoconfig.{domain.name}", f"mta-sts.{domain.name}"]
    asked = Certificate.objects.create(
        source=Certificate.Source.ACME,
        domain=domain,
        names=wanted,
        wanted=wanted,
        made_at=now,
        changed_at=now,
        failures=2,
        next_try=now + dt.timedelta(hours=1),
        last_error=f"mta-sts.{domain.name}: 192.0.2.1: Fetching http://mta-sts.{domain.name}/.well-known/"
        "acme-challenge/xkQ3Ei4fJ0bTq5vYx: Connection refused",
    )
    return {"certificate_id": [asked.id]}
