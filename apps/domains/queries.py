"""Domains as doors ask for them."""

from django.conf import settings

from apps.protocols.addresses import AddressError, DomainName
from apps.protocols.mailauth import sts_policy

from .models import Domain


def served(name: str) -> Domain | None:
    """Return the domain of this name if its mail is taken now; any spelling will do, and any nonsense."""
    try:
        parsed = DomainName.parse(name)
    except AddressError:
        return None
    return Domain.objects.filter(name=parsed.name, is_active=True, organisation__is_active=True).first()


def sts_policy_of(domain: Domain) -> str:
    """Return a domain's policy for mail to it (MTA-STS)."""
    return sts_policy.write(domain.sts_mode, (settings.MAIL_HOSTNAME,))


def served_names(domain: Domain) -> tuple[str, ...]:
    """Return the names under a domain by which this server is asked for things, by HTTPS."""
    return tuple(f"{label}.{domain.name}" for label in ("autoconfig", "autodiscover", "mta-sts"))


def every_name() -> list[str]:
    """Return the names of all domains there are."""
    return list(Domain.objects.values_list("name", flat=True))
