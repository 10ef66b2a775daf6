"""Sign in: one throttled answer for every door.

Whoever is refused hears the same words after the same time, whether the user is unknown, disabled, or the
password wrong; only our log knows which. Doors wait `pause` before they say so.

Generated secrets (app passwords, API tokens) have 128 bits or more and cannot be guessed: they are found by
a keyed hash, cost microseconds, and are never throttled, so a stranger who guesses next door cannot lock out
a phone that has one. Passwords go through the throttle and through Argon2id.
"""

import hmac
import ipaddress
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from apps.protocols.addresses import Address, AddressError
from apps.vault.secrets import secret

from . import generated, hashing, throttle
from .doors import Door
from .models import Credential, Session

# No refusal is quicker than this: an imported verifier takes its own time, and that would tell it is there.
PAUSE_SECONDS = 0.4
FRESH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who came in, by which credential; `scopes` bound what a token may do (None: no bound)."""

    user_id: int
    address: str
    organisation_id: int
    credential_id: int
    session_id: uuid.UUID | None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody came in. The peer hears one fixed sentence; `reason` is for our log.

    The door waits `pause` seconds before it answers; `retry_after` is set when the network is being throttled.
    """

    reason: str
    pause: float
    retry_after: float | None = None


def authenticate(
    login: str, password: str, *, door: Door, peer: str | None, client: str = ""
) -> SignedIn | Refused:
    """Sign in by address and password or app password."""
    started = time.monotonic()
    try:
        login = Address.parse(login.strip()).key
    except AddressError:
        # In no row; yet it is throttled and takes its time like any other.
        login = "\0" + login
    key = secret(generated.SECRET)
    mine = [] if login.startswith("\0") else list(_usable().filter(user__address=login))
    if app_password := _matching(mine, key, password):
        answer = _by_app_password(app_password, door, peer, client)
        retry_after = None
    else:
        attempt = throttle.begin(key=key, login=login, secret=password, peer=peer)
        retry_after = attempt.retry_after
        if attempt.may_go_on:
            answer = _by_password(mine, password, door, peer, client)
            if isinstance(answer, SignedIn):
                attempt.forgive()
            else:
                throttle.forget_expired(limit=100)
        else:
            answer = "throttled"
    if isinstance(answer, SignedIn):
        return answer
    return Refused(answer, max(0.0, PAUSE_SECONDS - (time.monotonic() - started)), retry_after)


def _by_app_password(credential: Credential, door: Door, peer: str | None, client: str) -> SignedIn | str:
    if door not in credential.scopes:
        return f"app password not for {door}"
    return _unusable(credential, peer) or _enter(credential, door, peer, client)


def _by_password(
    mine: list[Credential], password: str, door: Door, peer: str | None, client: str
) -> SignedIn | str:
    found = next((credential for credential in mine if credential.kind == Credential.Kind.PASSWORD), None)
    if found is None:
        hashing.check_nobody(password)
        return "no password" if mine else "unknown user"
    if not hashing.check_password(found.scheme, found.verifier, password):
        return "wrong password"
    if refusal := _unusable(found, peer):
        return refusal
    if hashing.needs_rehash(found.scheme, found.verifier):
        _rehash(found, password)
    return _enter(found, door, peer, client)


def authenticate_token(token: str, *, peer: str | None) -> SignedIn | Refused:
    """Sign in by API token."""
    verifier = generated.verifier_of(secret(generated.SECRET), token)
    found = _usable().filter(kind=Credential.Kind.API_TOKEN, verifier=verifier).first()
    if found is None:
        return Refused("unknown token", 0.0)
    if refusal := _unusable(found, peer):
        return Refused(refusal, 0.0)
    _touch(found)
    return SignedIn(
        found.user_id,
        found.user.address,
        found.user.organisation_id,
        found.id,
        None,
        frozenset(found.scopes),
    )


def _usable() -> QuerySet[Credential]:
    return Credential.objects.select_related("user__organisation", "user__domain")


def _matching(mine: list[Credential], key: bytes, app_password: str) -> Credential | None:
    verifier = generated.verifier_of(key, app_password)
    for credential in mine:
        if credential.kind == Credential.Kind.APP_PASSWORD and hmac.compare_digest(
            credential.verifier, verifier
        ):
            return credential
    return None


def _unusable(credential: Credential, peer: str | None) -> str | None:
    """Say why a proven credential lets nobody in, if it does not."""
    user = credential.user
    if not user.is_active:
        return "user disabled"
    if not user.organisation.is_active:
        return "organisation disabled"
    if not user.domain.is_active:
        return "domain disabled"
    if credential.expires_at and credential.expires_at <= timezone.now():
        return "credential expired"
    if credential.networks and not _is_within(peer, credential.networks):
        return "credential not for this network"
    return None


def _is_within(peer: str | None, networks: list[str]) -> bool:
    if (address := throttle.address_of(peer)) is None:
        return False
    return any(address in ipaddress.ip_network(network) for network in networks)


def _rehash(credential: Credential, password: str) -> None:
    """Replace a verifier that just matched by one of today's, unless another sign-in or change was first."""
    verifier = hashing.hash_password(password)
    replaced = Credential.objects.filter(id=credential.id, verifier=credential.verifier).update(
        scheme=hashing.SCHEME, verifier=verifier
    )
    if replaced:
        credential.scheme, credential.verifier = hashing.SCHEME, verifier


def _enter(credential: Credential, door: Door, peer: str | None, client: str) -> SignedIn | str:
    """Open the session, or go on with it; says why not if the credential changed since it was checked."""
    address = throttle.address_of(peer)
    place = {
        "credential_id": credential.id,
        "door": door.value,
        "peer": None if address is None else str(address),
        "client": client.replace("\0", "")[:200],
    }
    live = Session.objects.filter(**place, ended_at=None)
    # Seen within the minute: nothing to write. A changed credential ended its sessions, so this cannot be stale.
    session_id = live.filter(seen_at__gt=timezone.now() - FRESH).values_list("id", flat=True).first()
    if session_id is None:
        with transaction.atomic():
            # A new password is set under this lock: it ends our session, or we find it changed.
            unchanged = Credential.objects.select_for_update(no_key=True).filter(
                id=credential.id, verifier=credential.verifier
            )
            if not unchanged.exists():
                return "credential changed meanwhile"
            _touch(credential)
            session_id = live.values_list("id", flat=True).first()
            if session_id is None:
                session_id = Session.objects.create(**place, user_id=credential.user_id).id
            else:
                live.update(seen_at=Now())
    return SignedIn(
        credential.user_id,
        credential.user.address,
        credential.user.organisation_id,
        credential.id,
        session_id,
    )


def _touch(credential: Credential) -> None:
    """Note the use, at most once a minute."""
    Credential.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lt=timezone.now() - FRESH), id=credential.id
    ).update(last_used_at=Now())
