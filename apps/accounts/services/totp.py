"""The app that shows codes: set up, confirmed, used, removed."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import onetime
from apps.accounts.factors import has_second_factor
from apps.accounts.models import Totp, User
from apps.accounts.services.second_factor import Enrolled, FactorError, after_adding, after_removing, lock
from apps.accounts.services.users import target_of
from apps.events import audit

UNCONFIRMED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What goes into the app: the secret to type, and the address behind the QR code."""

    secret: str
    uri: str


def start(*, user: User) -> Enrolment:
    """Make a secret for the app; it counts for nothing until `confirm`. Starting again makes another."""
    secret = onetime.new_secret()
    with transaction.atomic():
        lock(user)
        if Totp.objects.filter(user=user, confirmed_at__isnull=False).exists():
            raise FactorError(_("An authenticator app is set up already; remove it first."))
        Totp.objects.filter(user=user).delete()
        Totp.objects.create(user=user, secret=secret.encode())
    return _enrolment(user, secret)


def unfinished(*, user: User) -> Enrolment | None:
    """Return what `start` made and `confirm` still waits for, to show it again; None where nothing does."""
    fresh = timezone.now() - UNCONFIRMED_FOR
    found = Totp.objects.filter(user=user, confirmed_at=None, created_at__gt=fresh).first()
    return None if found is None else _enrolment(user, _plain(found))


def _enrolment(user: User, secret: str) -> Enrolment:
    return Enrolment(secret, onetime.uri(secret, address=user.address, issuer=settings.MAIL_HOSTNAME))


def confirm(*, user: User, code: str, actor: audit.Actor) -> Enrolled:
    """Count the app as a second factor, once it shows a right code; raises FactorError for another."""
    with transaction.atomic():
        lock(user)
        fresh = timezone.now() - UNCONFIRMED_FOR
        found = Totp.objects.filter(user=user, confirmed_at=None, created_at__gt=fresh).first()
        if found is None:
            raise FactorError(_("Setting up the app took too long; start again."))
        counter = onetime.counter_of(_plain(found), code, seconds=timezone.now().timestamp())
        if counter is None:
            raise FactorError(
                _("That is not the code the app shows now. Look at the clock of your phone and try again.")
            )
        is_first = not has_second_factor(user.id)
        Totp.objects.filter(id=found.id).update(confirmed_at=Now(), last_counter=counter)
        enrolled = after_adding(user, is_first=is_first)
        audit.record(
            actor=actor,
            action="totp.add",
            target=target_of(user),
            details={"recovery_codes": len(enrolled.recovery_codes)},
        )
    return enrolled


def remove(*, user: User, actor: audit.Actor) -> None:
    """Take the app away; with the last factor go the recovery codes."""
    with transaction.atomic():
        lock(user)
        was_confirmed = Totp.objects.filter(user=user, confirmed_at__isnull=False).exists()
        Totp.objects.filter(user=user).delete()
        if was_confirmed:
            after_removing(user)
            audit.record(actor=actor, action="totp.remove", target=target_of(user))


def use(user: User, code: str) -> str | None:
    """Use a code up; says why not if it does not work.

    Of two that come with one code at once, the second finds the first one's step written and is refused.
    """
    found = Totp.objects.filter(user=user, confirmed_at__isnull=False).first()
    if found is None:
        return "no authenticator app"
    counter = onetime.counter_of(_plain(found), code, seconds=timezone.now().timestamp())
    if counter is None:
        return "wrong code"
    newer = Totp.objects.filter(id=found.id, last_counter__lt=counter)
    return None if newer.update(last_counter=counter) else "code used before"


def _plain(totp: Totp) -> str:
    return bytes(totp.secret).decode()
