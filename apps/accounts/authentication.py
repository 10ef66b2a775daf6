"""Sign in: one throttled answer for every door.

Whoever is refused hears the same words after the same time, whether the user is unknown, disabled, or the
password wrong; only our log knows which. Doors wait `pause` before they say so.

Generated secrets (app passwords, API tokens) have 128 bits or more and cannot be guessed: they are found by
a keyed hash, cost microseconds, and are never throttled, so a stranger who guesses next door cannot lock out
a phone that has one. Passwords go through the throttle and through Argon2id.

Mail programs sign in here, in one step, and with app passwords only once their user has a second factor. Browsers
sign in by `signing_in`, which asks for it.
"""

import hmac
import ipaddress
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from apps.protocols.addresses import Address, AddressError
from apps.vault.secrets import secret

from . import generated, hashing, throttle
from .doors import Door
from .factors import Factor, has_second_factor
from .models import Credential, Session, User

# No refusal is quicker than this: an imported verifier takes its own time, and that would tell it is there.
PAUSE_SECONDS = 0.4
FRESH = timedelta(minutes=1)
CHANGED = "credential changed meanwhile"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who came in, by which credential (None: a passkey); `scopes` bound what a token may do (None: no bound)."""

    user_id: int
    address: str
    organisation_id: int
    credential_id: int | None
    session_id: uuid.UUID | None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody came in. The peer hears one fixed sentence; `reason` is for our log.

    The door waits `pause` seconds before it answers; `retry_after` is set when the network is being throttled.
    Two refusals are told apart to the peer, too: a mail program that `needs_app_password`, and a second step whose
    first was too long ago, so that one has to `start_again`.
    """

    reason: str
    pause: float
    retry_after: float | None = None
    needs_app_password: bool = False
    start_again: bool = False


@dataclass(frozen=True, slots=True)
class NeedsSecondFactor:
    """The password was right, and one of these kinds is to be shown next; the token says whose password it was."""

    token: str
    kinds: tuple[Factor, ...]


type Answer = SignedIn | NeedsSecondFactor | Refused


def authenticate(
    login: str, password: str, *, door: Door, peer: str | None, client: str = ""
) -> SignedIn | Refused:
    """Sign in by address and password or app password, in the one step a mail program knows."""

    def go_on(credential: Credential) -> SignedIn | Refused | str:
        if credential.kind == Credential.Kind.PASSWORD and has_second_factor(credential.user_id):
            # Who hears this knows the password already, and the sign-in page, under the same throttle, would ask
            # them for the factor just as plainly: it helps the user of an old phone and tells nobody else a thing.
            return Refused("second factor needed", 0.0, needs_app_password=True)
        return _enter(credential, door, peer, client)

    answer = attempt(login, password, door=door, peer=peer, go_on=go_on)
    assert not isinstance(answer, NeedsSecondFactor)
    return answer


def attempt(
    login: str,
    password: str,
    *,
    door: Door,
    peer: str | None,
    go_on: Callable[[Credential], Answer | str],
) -> Answer:
    """Find out whose password this is and let `go_on` say what follows; a reason is a failure and counts."""
    started = time.monotonic()
    try:
        login = Address.parse(login.strip()).key
    except AddressError:
        # In no row; yet it is throttled and takes its time like any other.
        login = "\0" + login
    key = secret(generated.SECRET)
    mine = [] if login.startswith("\0") else list(_usable().filter(user__address=login))
    answer: Answer | str
    retry_after = None
    if app_password := _matching(mine, key, password):
        answer = _check_app_password(app_password, door, peer) or go_on(app_password)
    else:
        counted = throttle.begin(key=key, login=login, secret=password, peer=peer)
        retry_after = counted.retry_after
        if counted.may_go_on:
            found = _check_password(mine, password, peer)
            answer = found if isinstance(found, str) else go_on(found)
            if isinstance(answer, str):
                throttle.forget_expired(limit=100)
            else:
                counted.forgive()
        else:
            answer = "throttled"
    match answer:
        case str():
            return Refused(answer, pause_after(started), retry_after)
        case Refused():
            return replace(answer, pause=pause_after(started))
        case _:
            return answer


def pause_after(started: float) -> float:
    """Return how long a door waits before it refuses what began at this moment."""
    return max(0.0, PAUSE_SECONDS - (time.monotonic() - started))


def _check_app_password(credential: Credential, door: Door, peer: str | None) -> str | None:
    if door not in credential.scopes:
        return f"app password not for {door}"
    return _unusable(credential, peer)


def _check_password(mine: list[Credential], password: str, peer: str | None) -> Credential | str:
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
    return found


def authenticate_token(token: str, *, peer: str | None) -> SignedIn | Refused:
    """Sign in by API token."""
    verifier = generated.verifier_of(secret(generated.SECRET), token)
    found = _usable().filter(kind=Credential.Kind.API_TOKEN, verifier=verifier).first()
    if found is None:
        return Refused("unknown token", 0.0)
    if refusal := _unusable(found, peer):
        return Refused(refusal, 0.0)
    touch(found)
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


def kept_out(user: User) -> str | None:
    """Say why a user is let in nowhere, if so."""
    if not user.is_active:
        return "user disabled"
    if not user.organisation.is_active:
        return "organisation disabled"
    if not user.domain.is_active:
        return "domain disabled"
    return None


def _unusable(credential: Credential, peer: str | None) -> str | None:
    """Say why a proven credential lets nobody in, if it does not."""
    if refusal := kept_out(credential.user):
        return refusal
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
    place = {"credential_id": credential.id, **place_of(door, peer, client)}
    live = Session.objects.filter(**place, ended_at=None)
    # Seen within the minute: nothing to write. A changed credential ended its sessions, so this cannot be stale.
    session_id = live.filter(seen_at__gt=timezone.now() - FRESH).values_list("id", flat=True).first()
    if session_id is None:
        with transaction.atomic():
            if not is_unchanged(credential):
                return CHANGED
            touch(credential)
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


def place_of(door: Door, peer: str | None, client: str) -> dict[str, str | None]:
    """Return the columns of a session that say where its user sits."""
    address = throttle.address_of(peer)
    return {
        "door": door.value,
        "peer": None if address is None else str(address),
        "client": client.replace("\0", "")[:200],
    }


def is_unchanged(credential: Credential) -> bool:
    """Lock a credential that was checked, and say whether it still is what was checked.

    A new password is set under this lock: it ends the session that follows, or we find the credential changed.
    """
    return (
        Credential.objects.select_for_update(no_key=True)
        .filter(id=credential.id, verifier=credential.verifier)
        .exists()
    )


def touch(credential: Credential) -> None:
    """Note the use, at most once a minute."""
    Credential.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lt=timezone.now() - FRESH), id=credential.id
    ).update(last_used_at=Now())
