"""Names we serve: added, switched off and on."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from apps.events import audit
from apps.organisations.errors import AlreadyExistsError, DirectoryError, NotFoundError, check_quota
from apps.organisations.models import Organisation
from apps.protocols.addresses import Address, AddressError, DomainName

from . import keymaking
from .keymaking import Algorithm
from .models import DkimKey, Domain

SLOTS = {Algorithm.RSA: ("r1", "r2"), Algorithm.ED25519: ("e1", "e2")}
"""The selectors our own keys take turns in, so that a domain can point them here once and for all."""


def target_of(domain: Domain) -> audit.Target:
    """Return how the audit trail names a domain."""
    return audit.Target("domain", domain.id, domain.name, domain.organisation_id)


def find_domain(name: str) -> Domain:
    """Return the domain of a name, in Unicode or not; raises NotFoundError."""
    try:
        return Domain.objects.select_related("organisation").get(name=DomainName.parse(name).name)
    except (AddressError, Domain.DoesNotExist):
        raise NotFoundError(f"there is no domain {name}") from None


def our_address(address: str) -> tuple[Domain, str]:
    """Return the domain and the key of an address we may give out: nothing in it needs quotes or would be a tag."""
    try:
        parsed = Address.parse(address)
    except AddressError as error:
        raise DirectoryError(f"{address}: {error}") from None
    # Normalising may make a character of its own into one that needs quotes.
    local = parsed.key.rpartition("@")[0]
    if str(Address(local, parsed.domain)).startswith('"'):
        raise DirectoryError(f"{address}: we keep no addresses that need quotes")
    if "+" in local:
        raise DirectoryError(f"{address}: what follows a + is a tag, not part of an address")
    domain = Domain.objects.select_related("organisation").filter(name=parsed.domain).first()
    if domain is None:
        raise NotFoundError(f"{parsed.domain} is not a domain we serve")
    return domain, parsed.key


def create_domain(
    *,
    organisation: Organisation,
    name: str,
    quota_bytes: int | None = None,
    with_keys: bool = True,
    actor: audit.Actor,
) -> Domain:
    """Serve a domain for an organisation, with keys to sign its mail once they are published."""
    check_quota(quota_bytes)
    try:
        parsed = DomainName.parse(name)
    except AddressError as error:
        raise DirectoryError(f"{name}: {error}") from None
    pairs = [keymaking.make(algorithm) for algorithm in Algorithm] if with_keys else []
    now = timezone.now()
    try:
        with transaction.atomic():
            domain = Domain.objects.create(
                organisation=organisation, name=parsed.name, quota_bytes=quota_bytes
            )
            DkimKey.objects.bulk_create(
                new_key(domain, SLOTS[pair.algorithm][0], pair, now) for pair in pairs
            )
            audit.record(actor=actor, action="domain.create", target=target_of(domain))
    except IntegrityError:
        raise AlreadyExistsError(f"{parsed.name} is served already") from None
    return domain


def new_key(domain: Domain, selector: str, pair: keymaking.Pair, now: datetime) -> DkimKey:
    """Return a key that waits to be published, not saved yet."""
    return DkimKey(
        domain=domain,
        selector=selector,
        algorithm=pair.algorithm,
        private=pair.private,
        public=pair.public,
        bits=pair.bits,
        made_at=now,
    )


def set_quota(*, domain: Domain, quota_bytes: int | None, actor: audit.Actor) -> None:
    """Change how much all its mailboxes may hold together; None means no limit."""
    check_quota(quota_bytes)
    with transaction.atomic():
        before = Domain.objects.select_for_update(no_key=True).get(id=domain.id).quota_bytes
        Domain.objects.filter(id=domain.id).update(quota_bytes=quota_bytes)
        audit.record(
            actor=actor,
            action="domain.quota",
            target=target_of(domain),
            details={"before": before, "after": quota_bytes},
        )
    domain.quota_bytes = quota_bytes


def set_sts_mode(*, domain: Domain, mode: str, actor: audit.Actor) -> None:
    """Change what others shall do when they cannot reach the domain by TLS."""
    if mode not in Domain.StsMode.values:
        raise DirectoryError(f"{mode} is no mode: {', '.join(Domain.StsMode.values)}")
    with transaction.atomic():
        before = Domain.objects.select_for_update(no_key=True).get(id=domain.id).sts_mode
        if before != mode:
            Domain.objects.filter(id=domain.id).update(sts_mode=mode)
            audit.record(
                actor=actor,
                action="domain.mta_sts",
                target=target_of(domain),
                details={"before": before, "after": mode},
            )
    domain.sts_mode = mode


def disable_domain(*, domain: Domain, actor: audit.Actor) -> None:
    """Refuse its mail and keep its users out; nothing is deleted."""
    _switch(domain, on=False, actor=actor)


def enable_domain(*, domain: Domain, actor: audit.Actor) -> None:
    """Serve it again."""
    _switch(domain, on=True, actor=actor)


def delete_domain(*, domain: Domain, actor: audit.Actor) -> None:
    """Serve a domain no more; refused while it has users, mailboxes (deleted ones, too) or aliases."""
    try:
        with transaction.atomic():
            if Domain.objects.filter(id=domain.id).delete()[0]:
                audit.record(actor=actor, action="domain.delete", target=target_of(domain))
    except (ProtectedError, IntegrityError):
        raise DirectoryError(
            f"{domain.name} still has users, mailboxes (or mail of deleted ones) or aliases"
        ) from None


def _switch(domain: Domain, *, on: bool, actor: audit.Actor) -> None:
    with transaction.atomic():
        if Domain.objects.filter(id=domain.id, is_active=not on).update(is_active=on):
            action = "domain.enable" if on else "domain.disable"
            audit.record(actor=actor, action=action, target=target_of(domain))
    domain.is_active = on
