"""Sign in with a browser: the password, then a second factor where there is one; or a passkey alone.

`begin` answers SignedIn, NeedsSecondFactor or Refused; one of the `finish_with_...` takes its token. `web.sign_in`
ties the session that was opened to the browser's cookie. Only the web process imports this.

Codes have a million values and three of them are right, so they are counted for the user, wherever the guesses come
from: who gets as far as guessing has the password. A passkey cannot be guessed and is not counted.
"""

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.events import audit
from apps.vault.secrets import secret

from . import generated, hashing, onetime, throttle
from .authentication import (
    CHANGED,
    Answer,
    NeedsSecondFactor,
    Refused,
    SignedIn,
    attempt,
    is_unchanged,
    kept_out,
    pause_after,
    place_of,
    touch,
)
from .doors import Door
from .factors import Factor, factors_of
from .models import Challenge, Credential, Passkey, PendingSignIn, Session, User
from .passkeys import Party
from .services import passkeys, second_factor, totp
from .services.second_factor import PENDING_FOR, key_of
from .services.users import target_of

EXPIRED = "sign-in took too long, or is over"


@dataclass(frozen=True, slots=True)
class Proved:
    """A user who is signed in showed once more that it is them."""


def begin(
    login: str, password: str, *, peer: str | None, client: str = "", door: Door = Door.WEBMAIL
) -> Answer:
    """Sign in by address and password; `client` is the browser's User-Agent."""

    def go_on(credential: Credential) -> Answer | str:
        kinds = factors_of(credential.user_id)
        with transaction.atomic():
            if not is_unchanged(credential):
                return CHANGED
            if not kinds:
                return _open(credential.user, door, peer, client, credential=credential)
            token = secrets.token_urlsafe(32)
            PendingSignIn.objects.create(
                key=key_of(token),
                user=credential.user,
                credential=credential,
                expires_at=timezone.now() + PENDING_FOR,
            )
        return NeedsSecondFactor(token, kinds)

    return attempt(login, password, door=door, peer=peer, go_on=go_on)


def finish_with_totp(
    token: str, code: str, *, peer: str | None, client: str = "", door: Door = Door.WEBMAIL
) -> SignedIn | Refused:
    """Finish what `begin` began, with the code an app shows."""
    return _finish(token, Factor.TOTP, lambda user: totp.use(user, code), door, peer, client, guess=code)


def finish_with_recovery_code(
    token: str, code: str, *, peer: str | None, client: str = "", door: Door = Door.WEBMAIL
) -> SignedIn | Refused:
    """Finish what `begin` began, with a code from paper."""

    def use(user: User) -> str | None:
        return second_factor.use_recovery_code(user, code)

    return _finish(token, Factor.RECOVERY_CODE, use, door, peer, client, guess=code)


def finish_with_passkey(
    token: str, response: str, *, party: Party, peer: str | None, client: str = "", door: Door = Door.WEBMAIL
) -> SignedIn | Refused:
    """Finish what `begin` began, with a passkey; `response` is the JSON the browser answered."""
    purpose = Challenge.Purpose.SECOND_FACTOR

    def use(user: User) -> str | None:
        used = passkeys.use(response=response, party=party, purpose=purpose, user=user)
        return used if isinstance(used, str) else None

    return _finish(token, Factor.PASSKEY, use, door, peer, client)


def second_factor_options(token: str, *, party: Party) -> str | None:
    """Return the JSON for `navigator.credentials.get` as the second step; None where the first is over."""
    if (pending := _pending(token)) is None:
        return None
    purpose = Challenge.Purpose.SECOND_FACTOR
    return passkeys.authentication_options(party=party, purpose=purpose, user=pending.user)


def pending_factors(token: str) -> tuple[Factor, ...]:
    """Return what the user behind a token may show, to draw the page again; none where the first step is over."""
    pending = _pending(token)
    return () if pending is None else factors_of(pending.user_id)


def passkey_options(*, party: Party) -> str:
    """Return the JSON for `navigator.credentials.get` before anybody said who they are."""
    return passkeys.authentication_options(party=party, purpose=Challenge.Purpose.SIGN_IN)


def sign_in_with_passkey(
    response: str, *, party: Party, peer: str | None, client: str = "", door: Door = Door.WEBMAIL
) -> SignedIn | Refused:
    """Sign in by a passkey that verified its user (finger, face, PIN), without address and password."""
    started = time.monotonic()
    with transaction.atomic():
        found = passkeys.use(response=response, party=party, purpose=Challenge.Purpose.SIGN_IN)
        if isinstance(found, str):
            return Refused(found, pause_after(started))
        if refusal := kept_out(found.user):
            return Refused(refusal, pause_after(started))
        signed_in = _open(found.user, door, peer, client, passkey=found, factor=Factor.PASSKEY)
        _record_use(found.user, Factor.PASSKEY, peer)
    return signed_in


def prove_with_password(
    *, user: User, session_id: uuid.UUID, password: str, peer: str | None
) -> Proved | Refused:
    """Show once more who sits there, by the password."""
    started = time.monotonic()
    counted = throttle.begin(key=secret(generated.SECRET), login=user.address, secret=password, peer=peer)
    if not counted.may_go_on:
        return Refused("throttled", pause_after(started), counted.retry_after)
    found = Credential.objects.filter(user=user, kind=Credential.Kind.PASSWORD).first()
    if found is None or not hashing.check_password(found.scheme, found.verifier, password):
        return Refused("wrong password", pause_after(started))
    counted.forgive()
    return _proved(user, session_id, started)


def prove_with_totp(*, user: User, session_id: uuid.UUID, code: str) -> Proved | Refused:
    """Show once more who sits there, by the code an app shows."""
    started = time.monotonic()
    counted = _count(user, code)
    if not counted.may_go_on:
        return Refused("throttled", pause_after(started), counted.retry_after)
    if refusal := totp.use(user, code):
        return Refused(refusal, pause_after(started))
    counted.forgive()
    return _proved(user, session_id, started)


def prove_options(*, user: User, party: Party) -> str:
    """Return the JSON for `navigator.credentials.get` to prove it again."""
    return passkeys.authentication_options(party=party, purpose=Challenge.Purpose.PROVE, user=user)


def prove_with_passkey(*, user: User, session_id: uuid.UUID, response: str, party: Party) -> Proved | Refused:
    """Show once more who sits there, by a passkey."""
    started = time.monotonic()
    with transaction.atomic():
        used = passkeys.use(response=response, party=party, purpose=Challenge.Purpose.PROVE, user=user)
    if isinstance(used, str):
        return Refused(used, pause_after(started))
    return _proved(user, session_id, started)


def _proved(user: User, session_id: uuid.UUID, started: float) -> Proved | Refused:
    live = Session.objects.filter(id=session_id, user=user, ended_at=None)
    return Proved() if live.update(proved_at=Now()) else Refused("session ended", pause_after(started))


def _pending(token: str) -> PendingSignIn | None:
    rows = PendingSignIn.objects.select_related("credential", "user__organisation", "user__domain")
    return rows.filter(key=key_of(token), expires_at__gt=timezone.now()).first()


def _finish(
    token: str,
    factor: Factor,
    use: Callable[[User], str | None],
    door: Door,
    peer: str | None,
    client: str,
    *,
    guess: str | None = None,
) -> SignedIn | Refused:
    started = time.monotonic()
    if (pending := _pending(token)) is None:
        return Refused(EXPIRED, pause_after(started), start_again=True)
    user, counted = pending.user, None
    if guess is not None:
        counted = _count(user, guess)
        if not counted.may_go_on:
            return Refused("throttled", pause_after(started), counted.retry_after)
    with transaction.atomic():
        # In the order in which a new password locks them: it ends what we open, or we find it changed.
        waits = is_unchanged(pending.credential) and (
            PendingSignIn.objects.select_for_update().filter(key=pending.key).exists()
        )
        refusal = (EXPIRED if not waits else None) or kept_out(user) or use(user)
        if refusal is None:
            PendingSignIn.objects.filter(key=pending.key).delete()
            signed_in = _open(user, door, peer, client, credential=pending.credential, factor=factor)
            _record_use(user, factor, peer)
    if refusal is not None:
        return Refused(refusal, pause_after(started), start_again=not waits)
    if counted is not None:
        counted.forgive()
    return signed_in


def _count(user: User, code: str) -> throttle.Attempt:
    # One code guessed again in another step is another guess.
    step = onetime.counter_at(time.time())
    return throttle.begin(
        key=secret(generated.SECRET),
        login=user.address,
        secret=f"{step} {code}",
        peer=None,
        network=f"codes of {user.id}",
    )


def _open(
    user: User,
    door: Door,
    peer: str | None,
    client: str,
    *,
    credential: Credential | None = None,
    passkey: Passkey | None = None,
    factor: Factor | None = None,
) -> SignedIn:
    """Open a session of its own, within the caller's transaction, which locked what was shown."""
    if credential is not None:
        touch(credential)
    session = Session.objects.create(
        **place_of(door, peer, client),
        user=user,
        credential=credential,
        passkey=passkey,
        factor=factor or "",
        proved_at=timezone.now(),
    )
    credential_id = None if credential is None else credential.id
    return SignedIn(user.id, user.address, user.organisation_id, credential_id, session.id)


def _record_use(user: User, factor: Factor, peer: str | None) -> None:
    actor = audit.Actor(user.address, user.id, peer)
    audit.record(actor=actor, action=f"{factor}.use", target=target_of(user))
