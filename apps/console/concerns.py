"""What needs somebody this morning, the worst first: each with a place to go to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.throttle import Failures
from apps.domains.certificates.queries import Troubles
from apps.domains.models import DnsLook
from apps.mailboxes.models import Mailbox
from apps.mailflow.models import SenderHold
from apps.queue.queries import Depth

from .system import Part

LONG = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to look at: a kind of state, as `status` takes it, what it is, and where it is looked at."""

    look: str
    word: str
    text: str
    address: str


def of_system(parts: Sequence[Part]) -> list[Concern]:
    """Return the parts of the platform that do not work as they should."""
    where = reverse("console:system")
    return [Concern(part.look, str(part.word), str(part.name), where) for part in parts if not part.is_well]


def of_queue(depth: Depth, now: datetime) -> list[Concern]:
    """Return what is wrong with what waits."""
    where, found = reverse("console:queue"), []
    if depth.late:
        text = ngettext(
            "%d recipient is due, and nobody tries it",
            "%d recipients are due, and nobody tries them",
            depth.late,
        )
        found.append(Concern("err", _("standing still"), text % depth.late, f"{where}?state=queued"))
    if depth.poison:
        text = ngettext(
            "%d recipient: handling it failed on our side",
            "%d recipients: handling them failed on our side",
            depth.poison,
        )
        found.append(Concern("err", _("set aside"), text % depth.poison, f"{where}?state=poison"))
    if depth.oldest and now - depth.oldest > LONG:
        text = _("Mail has waited for %(time)s") % {"time": timesince(depth.oldest, now, depth=1)}
        found.append(Concern("warn", _("slow"), text, where))
    if depth.held:
        text = ngettext(
            "%d recipient waits until it is released",
            "%d recipients wait until they are released",
            depth.held,
        )
        found.append(Concern("held", _("held"), text % depth.held, f"{where}?state=held"))
    return found


def of_senders(held: Sequence[SenderHold]) -> list[Concern]:
    """Return the users whose mail is held because their account may be misused."""
    where = reverse("console:queue") + "?state=held"
    return [
        Concern(
            "err",
            _("misuse"),
            _("The account of %(user)s may be misused; its mail is held") % {"user": one.user.address},
            where,
        )
        for one in held
    ]


def of_certificates(found: Troubles) -> list[Concern]:
    """Return whether certificates do not hold, or will not for long."""
    where, concerns = reverse("console:certificates"), []
    if found.ended:
        text = ngettext("%d certificate does not hold", "%d certificates do not hold", found.ended)
        concerns.append(Concern("err", _("certificate"), text % found.ended, where))
    if found.refused:
        text = ngettext(
            "%d certificate could not be renewed", "%d certificates could not be renewed", found.refused
        )
        concerns.append(Concern("warn", _("certificate"), text % found.refused, where))
    return concerns


def of_domains(found: Sequence[DnsLook], most: int) -> list[Concern]:
    """Return the domains that do not publish what mail needs."""
    if len(found) > most:
        text = _("More than %d domains have records in DNS to be put right") % most
        return [Concern("warn", _("DNS"), text, reverse("console:domains"))]
    concerns = []
    for one in found:
        text = ngettext(
            "%(name)s: %(count)d record in DNS has to be put right",
            "%(name)s: %(count)d records in DNS have to be put right",
            one.faults,
        ) % {"name": one.domain.name, "count": one.faults}
        concerns.append(Concern("warn", _("DNS"), text, reverse("console:domain-dns", args=[one.domain_id])))
    return concerns


def of_mailboxes(full: Sequence[Mailbox], most: int) -> list[Concern]:
    """Return whether mailboxes have no room left, or soon will not."""
    if not full:
        return []
    where = reverse("console:mailboxes") + "?sort=used"
    none_left = sum(box.usage.bytes >= box.quota_bytes for box in full)
    if none_left:
        text = ngettext("%d mailbox has no room left", "%d mailboxes have no room left", none_left)
        return [Concern("err", _("full"), text % none_left, where)]
    if len(full) > most:
        return [Concern("warn", _("nearly full"), _("More than %d mailboxes") % most, where)]
    text = ngettext("%d mailbox", "%d mailboxes", len(full))
    return [Concern("warn", _("nearly full"), text % len(full), where)]


def of_sign_ins(failures: Failures) -> list[Concern]:
    """Return whether somebody guesses passwords."""
    if not failures.shut_out:
        return []
    text = ngettext(
        "%d network tried too many passwords and has to wait",
        "%d networks tried too many passwords and have to wait",
        failures.shut_out,
    )
    return [Concern("warn", _("guessing"), text % failures.shut_out, "#sign-ins")]


def sorted_by_weight(found: Sequence[Concern]) -> list[Concern]:
    """Put what cannot wait first."""
    weights = {"err": 0, "warn": 1, "held": 2}
    return sorted(found, key=lambda one: weights.get(one.look, 3))
