"""Addresses that keep mail, addresses that only point, and who may use them."""

import unicodedata
from collections.abc import Collection, Sequence

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.domains.services import our_address
from apps.events import audit
from apps.events.transactions import Plan, query
from apps.organisations.errors import AlreadyExistsError, DirectoryError, NotFoundError
from apps.protocols.addresses import Address, AddressError

from . import sql
from .models import Alias, Mailbox, MailboxMember, Usage

RIGHTS = ("read", "write", "send", "manage")
MAX_TARGETS = 1000


def target_of(thing: Mailbox | Alias) -> audit.Target:
    """Return how the audit trail names a mailbox or an alias."""
    kind = "mailbox" if isinstance(thing, Mailbox) else "alias"
    return audit.Target(kind, thing.id, str(thing), thing.domain.organisation_id)


def find_mailbox(address: str) -> Mailbox:
    """Return the mailbox of an address; raises NotFoundError."""
    try:
        local, _, domain = Address.parse(address).key.rpartition("@")
        return Mailbox.objects.select_related("domain", "owner").get(domain__name=domain, local_part=local)
    except (AddressError, Mailbox.DoesNotExist):
        raise NotFoundError(f"there is no mailbox {address}") from None


def find_alias(address: str) -> Alias:
    """Return the alias of an address; raises NotFoundError."""
    try:
        local, _, domain = Address.parse(address).key.rpartition("@")
        return Alias.objects.select_related("domain").get(domain__name=domain, local_part=local)
    except (AddressError, Alias.DoesNotExist):
        raise NotFoundError(f"there is no alias {address}") from None


def create_mailbox(
    *, address: str, owner: User | None = None, quota_bytes: int | None = None, actor: audit.Actor
) -> Mailbox:
    """Make a mailbox and its usage; its folders come with the first use of the store."""
    domain, local_part = _free_address(address)
    if owner and owner.organisation_id != domain.organisation_id:
        raise DirectoryError(f"{owner.address} is of another organisation than {domain.name}")
    quota = settings.MAIL_DEFAULT_QUOTA_BYTES if quota_bytes is None else quota_bytes
    _check_quota(quota)
    try:
        with transaction.atomic():
            mailbox = Mailbox.objects.create(
                domain=domain, local_part=local_part, owner=owner, quota_bytes=quota
            )
            Usage.objects.create(mailbox=mailbox)
            audit.record(
                actor=actor,
                action="mailbox.create",
                target=target_of(mailbox),
                details={"owner": owner.address if owner else None, "quota_bytes": quota},
            )
    except IntegrityError:
        raise AlreadyExistsError(f"{local_part}@{domain.name} exists already") from None
    return mailbox


def set_quota(*, mailbox: Mailbox, quota_bytes: int, actor: audit.Actor) -> None:
    """Change how much a mailbox may hold; 0 means no limit."""
    _check_quota(quota_bytes)
    with transaction.atomic():
        Mailbox.objects.filter(id=mailbox.id).update(quota_bytes=quota_bytes)
        audit.record(
            actor=actor,
            action="mailbox.quota",
            target=target_of(mailbox),
            details={"before": mailbox.quota_bytes, "after": quota_bytes},
        )
    mailbox.quota_bytes = quota_bytes


def count_sums() -> Plan[int]:
    """Count what domains and organisations hold, from what their mailboxes hold; return how many sums are new."""
    [(written,)] = yield from query(sql.COUNT_SUMS)
    return int(written)


def disable_mailbox(*, mailbox: Mailbox, actor: audit.Actor) -> None:
    """Refuse mail for a mailbox from the next RCPT on, and let nobody open it; nothing is deleted."""
    _switch(mailbox, on=False, actor=actor)


def enable_mailbox(*, mailbox: Mailbox, actor: audit.Actor) -> None:
    """Let a mailbox receive and be opened again."""
    _switch(mailbox, on=True, actor=actor)


def create_alias(*, address: str, targets: Sequence[str], actor: audit.Actor) -> Alias:
    """Make an address that points to others, ours or not."""
    domain, local_part = _free_address(address)
    parsed = _targets(targets)
    try:
        with transaction.atomic():
            alias = Alias.objects.create(domain=domain, local_part=local_part, targets=parsed)
            audit.record(
                actor=actor, action="alias.create", target=target_of(alias), details={"targets": parsed}
            )
    except IntegrityError:
        raise AlreadyExistsError(f"{local_part}@{domain.name} exists already") from None
    return alias


def change_alias(*, alias: Alias, targets: Sequence[str], actor: audit.Actor) -> None:
    """Let an alias point elsewhere."""
    parsed = _targets(targets)
    with transaction.atomic():
        Alias.objects.filter(id=alias.id).update(targets=parsed)
        audit.record(
            actor=actor,
            action="alias.change",
            target=target_of(alias),
            details={"before": alias.targets, "after": parsed},
        )
    alias.targets = parsed


def disable_alias(*, alias: Alias, actor: audit.Actor) -> None:
    """Refuse mail for an alias from the next RCPT on."""
    _switch(alias, on=False, actor=actor)


def enable_alias(*, alias: Alias, actor: audit.Actor) -> None:
    """Let an alias point again."""
    _switch(alias, on=True, actor=actor)


def delete_alias(*, alias: Alias, actor: audit.Actor) -> None:
    """Remove an alias; its address is free again."""
    with transaction.atomic():
        if Alias.objects.filter(id=alias.id).delete()[0]:
            audit.record(
                actor=actor,
                action="alias.delete",
                target=target_of(alias),
                details={"targets": alias.targets},
            )


def set_member(*, mailbox: Mailbox, user: User, rights: Collection[str], actor: audit.Actor) -> None:
    """Let a user of the same organisation use a mailbox that is not theirs, with exactly these rights."""
    if not rights or not set(rights) <= set(RIGHTS):
        raise DirectoryError(f"rights are some of {', '.join(RIGHTS)}")
    if user.organisation_id != mailbox.domain.organisation_id:
        raise DirectoryError(f"{user.address} is of another organisation than {mailbox}")
    if mailbox.owner_id == user.id:
        raise DirectoryError(f"{user.address} owns {mailbox}")
    ordered = [right for right in RIGHTS if right in rights]
    with transaction.atomic():
        MailboxMember.objects.update_or_create(mailbox=mailbox, user=user, defaults={"rights": ordered})
        audit.record(
            actor=actor,
            action="mailbox.member",
            target=target_of(mailbox),
            details={"user": user.address, "rights": ordered},
        )


def remove_member(*, mailbox: Mailbox, user: User, actor: audit.Actor) -> None:
    """Take a mailbox away from a member."""
    with transaction.atomic():
        if MailboxMember.objects.filter(mailbox=mailbox, user=user).delete()[0]:
            audit.record(
                actor=actor,
                action="mailbox.member",
                target=target_of(mailbox),
                details={"user": user.address, "rights": []},
            )


def _switch(thing: Mailbox | Alias, *, on: bool, actor: audit.Actor) -> None:
    with transaction.atomic():
        if isinstance(thing, Mailbox):
            # A deleted one stays closed.
            rows = Mailbox.objects.filter(id=thing.id, is_active=not on, removing_since=None)
            switched = rows.update(is_active=on)
        else:
            switched = Alias.objects.filter(id=thing.id, is_active=not on).update(is_active=on)
        if switched:
            target = target_of(thing)
            audit.record(actor=actor, action=f"{target.kind}.{'enable' if on else 'disable'}", target=target)
    thing.is_active = on


def _free_address(address: str) -> tuple[Domain, str]:
    domain, key = our_address(address)
    return domain, key.rpartition("@")[0]


def _targets(targets: Sequence[str]) -> list[str]:
    if not 1 <= len(targets) <= MAX_TARGETS:
        raise DirectoryError(f"an alias points to 1 to {MAX_TARGETS} addresses")
    parsed: dict[str, str] = {}
    for target in targets:
        try:
            address = Address.parse(target)
        except AddressError as error:
            raise DirectoryError(f"{target}: {error}") from None
        # The database compares in lower case; composing (é as one character) is ours to do.
        parsed.setdefault(address.key, unicodedata.normalize("NFC", str(address)))
    return list(parsed.values())


def _check_quota(quota_bytes: int) -> None:
    if not 0 <= quota_bytes < 2**62:
        raise DirectoryError("a quota is a number of bytes, 0 for no limit")
