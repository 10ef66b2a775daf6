"""Sentences for tests: each makes what it names, with a name nobody else has."""

import itertools
import os

from apps.accounts.models import Role, User
from apps.accounts.services import credentials, roles, users
from apps.domains.models import Domain
from apps.domains.services import create_domain
from apps.events.audit import SYSTEM
from apps.mailboxes.models import Alias, Mailbox
from apps.mailboxes.services import create_alias, create_mailbox
from apps.organisations.models import Organisation
from apps.organisations.services import create_organisation

_NUMBERS = itertools.count(1)


def _unique() -> str:
    return f"{os.getpid():x}-{next(_NUMBERS)}"


def an_organisation(name: str = "") -> Organisation:
    """Make a tenant."""
    return create_organisation(name=name or f"Example {_unique()}", actor=SYSTEM)


def a_domain(name: str = "", *, organisation: Organisation | None = None) -> Domain:
    """Make a domain, of an organisation of its own unless told; it signs nothing (making a key takes 100 ms)."""
    return create_domain(
        organisation=organisation or an_organisation(),
        name=name or f"d{_unique()}.test",
        with_keys=False,
        actor=SYSTEM,
    )


def a_user(local: str = "alice", *, domain: Domain | None = None, password: str | None = None) -> User:
    """Make a user, with a password only if one is given (hashing takes 18 ms)."""
    user = users.create_user(address=f"{local}@{(domain or a_domain()).name}", actor=SYSTEM)
    if password is not None:
        credentials.set_password(user=user, password=password, actor=SYSTEM)
    return user


def a_mailbox(
    local: str = "alice",
    *,
    domain: Domain | None = None,
    owner: User | None = None,
    quota_bytes: int | None = None,
    password: str | None = None,
) -> Mailbox:
    """Make a mailbox whose owner signs in with its address."""
    owner = owner or a_user(local, domain=domain, password=password)
    return create_mailbox(
        address=f"{local}@{(domain or owner.domain).name}", owner=owner, quota_bytes=quota_bytes, actor=SYSTEM
    )


def an_alias(local: str, *targets: str, domain: Domain) -> Alias:
    """Make an alias that points to `targets`."""
    return create_alias(address=f"{local}@{domain.name}", targets=targets, actor=SYSTEM)


def a_role(
    user: User | None, kind: str, *, organisation: Organisation | None = None, domain: Domain | None = None
) -> Role:
    """Give a user (or a mailbox's owner) a role."""
    assert user is not None
    return roles.grant_role(
        user=user, kind=Role.Kind(kind), organisation=organisation, domain=domain, actor=SYSTEM
    )
