"""Hosts and lists that an organisation believes though a message fails its author's policy: who they are, and set anew."""

import ipaddress
from collections.abc import Iterable

from django.db import transaction

from apps.events import audit
from apps.organisations.errors import DirectoryError
from apps.organisations.models import Organisation
from apps.protocols.addresses import AddressError, DomainName

from .models import Forwarder

MOST = 500
LEAST_PREFIX = {4: 8, 6: 16}
"""A larger network is a slip of the pen: it would believe half the world."""


def forwarders_of(organisation_id: int) -> list[str]:
    """Return them, in order."""
    return list(
        Forwarder.objects.filter(organisation_id=organisation_id)
        .order_by("word")
        .values_list("word", flat=True)
    )


def set_forwarders(*, organisation: Organisation, words: Iterable[str], actor: audit.Actor) -> list[str]:
    """Believe these and nobody else; return them as they are kept. Raises DirectoryError for what is neither."""
    wanted = sorted({_parsed(word) for word in words if word.strip()})
    if len(wanted) > MOST:
        raise DirectoryError(f"at most {MOST} forwarders are believed")
    with transaction.atomic():
        # Two who set it at once leave what one of them said.
        Organisation.objects.select_for_update().get(id=organisation.id)
        before = set(forwarders_of(organisation.id))
        Forwarder.objects.filter(organisation=organisation).exclude(word__in=wanted).delete()
        Forwarder.objects.bulk_create(
            Forwarder(organisation=organisation, word=word) for word in wanted if word not in before
        )
        if before != set(wanted):
            audit.record(
                actor=actor,
                action="organisation.forwarders",
                target=audit.Target("organisation", organisation.id, organisation.name, organisation.id),
                details={"added": sorted(set(wanted) - before), "removed": sorted(before - set(wanted))},
            )
    return wanted


def _parsed(word: str) -> str:
    word = word.strip()
    try:
        network = ipaddress.ip_network(word, strict=False)
    except ValueError:
        try:
            return DomainName.parse(word).name
        except AddressError:
            raise DirectoryError(f"{word[:100]} is neither a domain nor a network") from None
    if network.prefixlen < LEAST_PREFIX[network.version]:
        raise DirectoryError(f"{word} is too large a network to be believed")
    return str(network)
