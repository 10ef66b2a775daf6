"""Passkeys: asked for, added, named, used and removed. Only the web process imports this."""

import os
import uuid
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import passkeys
from apps.accounts.factors import has_second_factor
from apps.accounts.models import Challenge, Passkey, User
from apps.accounts.passkeys import Party
from apps.accounts.services import sessions
from apps.accounts.services.second_factor import (
    Enrolled,
    FactorError,
    after_adding,
    after_removing,
    key_of,
    lock,
)
from apps.accounts.services.users import target_of
from apps.events import audit
from apps.organisations.errors import NotFoundError, check_name
from apps.vault.secrets import keyed_hash

MOST = 20
"""Passkeys of one user."""
type Purpose = Challenge.Purpose


def handle_of(user: User) -> bytes:
    """Return what devices know a user by: always the same, and telling nothing."""
    return keyed_hash("passkey handles", str(user.id).encode())


def registration_options(*, user: User, party: Party) -> str:
    """Return the JSON for `navigator.credentials.create`."""
    return passkeys.registration_options(
        party=party,
        challenge=_challenge(Challenge.Purpose.REGISTER, user),
        handle=handle_of(user),
        address=user.address,
        name=user.name,
        known=Passkey.objects.filter(user=user, party=party.id),
    )


def register(*, user: User, party: Party, response: str, label: str, actor: audit.Actor) -> Enrolled:
    """Add the passkey a browser made; `response` is its JSON. Raises FactorError."""
    check_name(label)
    read = passkeys.read(response)
    if read is None or not take_challenge(read.challenge, Challenge.Purpose.REGISTER, user):
        raise FactorError(_("Adding the passkey took too long; try again."))
    if (verified := passkeys.check_registration(read, party=party)) is None:
        raise FactorError(_("This passkey could not be added."))
    try:
        with transaction.atomic():
            lock(user)
            if Passkey.objects.filter(user=user).count() >= MOST:
                raise FactorError(_("There are too many passkeys; remove one first."))
            is_first = not has_second_factor(user.id)
            Passkey.objects.create(
                user=user,
                label=label.strip() or _("Passkey"),
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                party=party.id,
                sign_count=verified.sign_count,
                transports=list(read.transports),
                is_synced=verified.credential_backed_up,
            )
            enrolled = after_adding(user, is_first=is_first)
            audit.record(
                actor=actor,
                action="passkey.add",
                target=target_of(user),
                details={"label": label, "recovery_codes": len(enrolled.recovery_codes)},
            )
    except IntegrityError:
        raise FactorError(_("This passkey was added already.")) from None
    return enrolled


def authentication_options(*, party: Party, purpose: Purpose, user: User | None = None) -> str:
    """Return the JSON for `navigator.credentials.get`: one user's passkeys, or, with none named, any there are."""
    known = [] if user is None else list(Passkey.objects.filter(user=user, party=party.id))
    return passkeys.authentication_options(
        party=party, challenge=_challenge(purpose, user), known=known, is_alone=user is None
    )


def use(*, response: str, party: Party, purpose: Purpose, user: User | None = None) -> Passkey | str:
    """Take a signature; says why not if it is not to be believed. The passkey's row is locked until COMMIT.

    A counter that does not grow means that two devices hold the key. It is told in the audit trail, and refused.
    """
    read = passkeys.read(response)
    if read is None:
        return "not a passkey's answer"
    if not take_challenge(read.challenge, purpose, user):
        return "challenge unknown, used or expired"
    rows = Passkey.objects.select_related("user__organisation", "user__domain")
    found = rows.filter(credential_id=read.credential_id, party=party.id).first()
    if found is None or (user is not None and found.user_id != user.id):
        return "unknown passkey"
    if read.user_handle is not None and read.user_handle != handle_of(found.user):
        return "passkey of another user"
    if user is None and read.user_handle is None:
        return "passkey that names no user"
    verified = passkeys.check_authentication(
        read, party=party, public_key=bytes(found.public_key), is_alone=user is None
    )
    if verified is None:
        return "signature not believed"
    count = verified.new_sign_count
    # Many devices do not count at all, and say 0 each time.
    grown = Q(sign_count__lt=count) if count else Q(sign_count=0)
    if Passkey.objects.filter(grown, id=found.id).update(sign_count=count, last_used_at=Now()):
        return found
    if not Passkey.objects.filter(id=found.id).exists():
        return "unknown passkey"
    audit.record(
        actor=audit.SYSTEM,
        action="passkey.copied",
        target=target_of(found.user),
        details={"label": found.label, "counter": count, "expected_above": found.sign_count},
    )
    return "passkey was copied"


def find(*, user: User, passkey_id: int) -> Passkey:
    """Return a passkey of this user; raises NotFoundError."""
    found = Passkey.objects.select_related("user").filter(user=user, id=passkey_id).first()
    if found is None:
        raise NotFoundError(_("There is no such passkey."))
    return found


def rename(*, passkey: Passkey, label: str, actor: audit.Actor) -> None:
    """Give a passkey another name."""
    check_name(label)
    if not label.strip():
        raise FactorError(_("A passkey has a name."))
    with transaction.atomic():
        if Passkey.objects.filter(id=passkey.id).exclude(label=label).update(label=label):
            audit.record(
                actor=actor,
                action="passkey.rename",
                target=target_of(passkey.user),
                details={"before": passkey.label, "after": label},
            )
    passkey.label = label


def remove(*, passkey: Passkey, keep: uuid.UUID | None = None, actor: audit.Actor) -> None:
    """Take a passkey away and end the sessions it opened, but the one to keep.

    With the last factor go the recovery codes.
    """
    with transaction.atomic():
        lock(passkey.user)
        # Who signs in by it at this moment holds the row: their session is there to be ended when we get it.
        Passkey.objects.select_for_update().filter(id=passkey.id).first()
        sessions.end_all(passkey_id=passkey.id, but=keep)
        if Passkey.objects.filter(id=passkey.id).delete()[0]:
            after_removing(passkey.user)
            audit.record(
                actor=actor,
                action="passkey.remove",
                target=target_of(passkey.user),
                details={"label": passkey.label},
            )


def _challenge(purpose: Purpose, user: User | None) -> bytes:
    challenge = os.urandom(32)
    Challenge.objects.create(
        key=key_of(challenge),
        purpose=purpose,
        user=user,
        expires_at=timezone.now() + timedelta(seconds=passkeys.TIMEOUT_SECONDS),
    )
    return challenge


def take_challenge(challenge: bytes, purpose: Purpose, user: User | None) -> bool:
    """Use a challenge up; says whether it was one of ours, for this purpose and user, and still fresh."""
    waiting = Challenge.objects.filter(
        key=key_of(challenge), purpose=purpose, user=user, expires_at__gt=timezone.now()
    )
    return bool(waiting.delete()[0])
