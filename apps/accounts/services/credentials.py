"""Passwords, app passwords and API tokens: set, made, withdrawn. A generated secret is returned once."""

import ipaddress
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.accounts import generated, hashing, imported
from apps.accounts.doors import BROWSER_DOORS, MAIL_DOORS
from apps.accounts.models import Credential, PendingSignIn, User
from apps.accounts.permissions import SCOPES
from apps.accounts.services import sessions
from apps.accounts.services.users import target_of
from apps.events import audit
from apps.organisations.errors import DirectoryError, check_name
from apps.vault.secrets import secret

MAIL_SCOPES = frozenset({"mail:read", "mail:write", "mail:send"})
"""What a mail program does: an app password is worth these."""


@dataclass(frozen=True, slots=True)
class Made:
    """A credential, and the secret that is shown this once."""

    credential_id: int
    secret: str


def set_password(*, user: User, password: str, keep: uuid.UUID | None = None, actor: audit.Actor) -> None:
    """Set a user's password; sessions that came in by the old one end, and those of browsers but the one to keep."""
    if len(password) < settings.MAIL_PASSWORD_LENGTH:
        raise DirectoryError(f"a password has at least {settings.MAIL_PASSWORD_LENGTH} characters")
    if len(password.encode("utf-8", "surrogatepass")) > hashing.MAX_PASSWORD_BYTES:
        raise DirectoryError(f"a password has at most {hashing.MAX_PASSWORD_BYTES} bytes")
    if password.casefold() in {user.address.casefold(), user.address.partition("@")[0].casefold()}:
        raise DirectoryError("a password is not the address it belongs to")
    _set_verifier(user, hashing.SCHEME, hashing.hash_password(password), actor, keep)


def import_password(*, user: User, verifier: str, actor: audit.Actor) -> None:
    """Take over a verifier made elsewhere; the next sign-in replaces it by one of ours."""
    found = imported.recognise(verifier.strip())
    if found is None:
        raise DirectoryError(f"not a verifier of a scheme we know: {', '.join(imported.SCHEMES)}")
    _set_verifier(user, *found, actor)


def _set_verifier(
    user: User, scheme: str, verifier: str, actor: audit.Actor, keep: uuid.UUID | None = None
) -> None:
    with transaction.atomic():
        credential, was_made = Credential.objects.select_for_update(no_key=True).get_or_create(
            user=user, kind=Credential.Kind.PASSWORD, defaults={"scheme": scheme, "verifier": verifier}
        )
        if not was_made:
            credential.scheme, credential.verifier = scheme, verifier
            credential.save(update_fields=["scheme", "verifier"])
            # Who stands between password and second factor gave the old one.
            PendingSignIn.objects.filter(user=user).delete()
            sessions.end_all(credential_id=credential.id, but=keep)
            sessions.end_all(user_id=user.id, doors=BROWSER_DOORS, but=keep)
        audit.record(actor=actor, action="password.set", target=target_of(user), details={"scheme": scheme})


def add_app_password(
    *,
    user: User,
    label: str,
    doors: Collection[str] = MAIL_DOORS,
    networks: Collection[str] = (),
    expires_at: datetime | None = None,
    by: Credential | None = None,
    actor: audit.Actor,
) -> Made:
    """Make a password for one mail program: 130 random bits, good for the doors named.

    A token (`by`) makes none that could do more than itself: with mail, from other places, or for longer.
    """
    if by is not None:
        networks, expires_at = _within(by, MAIL_SCOPES, networks, expires_at)
    if not doors or not set(doors) <= MAIL_DOORS:
        raise DirectoryError(f"an app password is for mail programs: {', '.join(sorted(MAIL_DOORS))}")
    key, app_password = secret(generated.SECRET), generated.new_app_password()
    salt = generated.scram_salt(key, user.address)
    scram = {
        mechanism: generated.scram_keys(app_password, mechanism=mechanism, salt=salt).as_json()
        for mechanism in generated.SCRAM_MECHANISMS
    }
    return _add(
        Credential(
            user=user,
            kind=Credential.Kind.APP_PASSWORD,
            label=label,
            verifier=generated.verifier_of(key, app_password),
            scram=scram,
            scopes=sorted(doors),
            networks=_networks(networks),
            expires_at=expires_at,
        ),
        app_password,
        actor,
    )


def add_token(
    *,
    user: User,
    label: str,
    scopes: Collection[str],
    networks: Collection[str] = (),
    expires_at: datetime | None = None,
    by: Credential | None = None,
    actor: audit.Actor,
) -> Made:
    """Make an API token that may do what its scopes and its user may both do.

    A token (`by`) makes none that could do more than itself, be used from elsewhere, or live longer.
    """
    if by is not None:
        networks, expires_at = _within(by, scopes, networks, expires_at)
    if not scopes or not set(scopes) <= set(SCOPES):
        raise DirectoryError(f"the scopes of a token are some of {', '.join(SCOPES)}")
    token = generated.new_token()
    return _add(
        Credential(
            user=user,
            kind=Credential.Kind.API_TOKEN,
            label=label,
            verifier=generated.verifier_of(secret(generated.SECRET), token),
            scopes=sorted(scopes),
            networks=_networks(networks),
            expires_at=expires_at,
        ),
        token,
        actor,
    )


def _within(
    by: Credential, scopes: Collection[str], networks: Collection[str], expires_at: datetime | None
) -> tuple[Collection[str], datetime | None]:
    """Refuse what the token `by` could not do itself; fill in its own networks and its own end."""
    if by.kind != Credential.Kind.API_TOKEN:
        return networks, expires_at
    if missing := sorted(set(scopes) - set(by.scopes)):
        raise DirectoryError(f"a token gives no scope it has not: {', '.join(missing)}")
    if by.networks:
        wanted = [ipaddress.ip_network(network) for network in _networks(networks)] if networks else []
        own = [ipaddress.ip_network(network) for network in by.networks]
        for network in wanted:
            if not any(network.version == one.version and network.subnet_of(one) for one in own):  # type: ignore[arg-type]
                raise DirectoryError(f"{network} is outside of where this token may be used")
        networks = networks or by.networks
    if by.expires_at is not None:
        expires_at = min(expires_at or by.expires_at, by.expires_at)
    return networks, expires_at


def remove_credential(*, credential: Credential, actor: audit.Actor) -> None:
    """Withdraw a credential and end the sessions it opened."""
    with transaction.atomic():
        Credential.objects.select_for_update().filter(id=credential.id).first()
        sessions.end_all(credential_id=credential.id)
        if Credential.objects.filter(id=credential.id).delete()[0]:
            _record("remove", credential, actor)


def _add(credential: Credential, text: str, actor: audit.Actor) -> Made:
    credential.scheme = generated.SCHEME
    check_name(credential.label)
    with transaction.atomic():
        credential.save(force_insert=True)
        _record("add", credential, actor)
    return Made(credential.id, text)


def _record(verb: str, credential: Credential, actor: audit.Actor) -> None:
    audit.record(
        actor=actor,
        action=f"{credential.kind}.{verb}",
        target=target_of(credential.user),
        details={
            "label": credential.label,
            "scopes": credential.scopes,
            "networks": credential.networks,
            "expires_at": credential.expires_at.isoformat() if credential.expires_at else None,
        },
    )


def _networks(networks: Collection[str]) -> list[str]:
    try:
        return [str(ipaddress.ip_network(network)) for network in networks]
    except ValueError as error:
        raise DirectoryError(f"not a network: {error}") from None
