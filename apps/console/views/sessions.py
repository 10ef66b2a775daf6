"""Where everybody is signed in, and what else lets them in: app passwords and tokens."""

from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts import web
from apps.accounts.devices import summary
from apps.accounts.doors import BROWSER_DOORS, Door
from apps.accounts.models import Credential, User
from apps.accounts.permissions import Noun, Target, Verb
from apps.accounts.queries import credentials_in, grant_of, sessions_in, users_in
from apps.console import lookup
from apps.console.access import administrators, allowed, patient, reach, where
from apps.console.paging import Order, page_of
from apps.console.tracing import is_ip

SECTION = "sessions"
ORDERS = {
    "seen": Order(("seen_at", "id"), is_descending=True),
    "user": Order(("user__address", "id")),
}
SECRET_ORDERS = {"user": Order(("user__address", "id")), "newest": Order(("id",), is_descending=True)}
DOORS = {"web": BROWSER_DOORS, "imap": {Door.IMAP}, "smtp": {Door.SMTP}, "api": {Door.API}}
STALE = timedelta(days=90)


@administrators
@patient
def sessions(request: HttpRequest) -> HttpResponse:
    """List who is signed in, and how."""
    rows = sessions_in(reach(request, Noun.SESSION))
    if text := lookup.query_of(request):
        if is_ip(text):
            rows = rows.filter(peer=text)
        else:
            rows = rows.filter(Q(user__address__icontains=text) | Q(client__icontains=text))
    if doors := DOORS.get(request.GET.get("door", "")):
        rows = rows.filter(door__in=doors)
    whose = _whose(request)
    if whose is not None:
        rows = rows.filter(user=whose)
    sort = request.GET.get("sort", "seen")
    page = page_of(request, rows, ORDERS.get(sort, ORDERS["seen"]))
    mine = web.current(request)
    context = {
        "section": SECTION,
        "page": page,
        "lines": [
            (row, summary(row.client) or row.client, _may_end(request, row.user, Noun.SESSION))
            for row in page.items
        ],
        "current": mine.session_id if mine else None,
        "whose": whose,
        "may_end_all": whose is not None and _may_end(request, whose, Noun.SESSION),
        "sort": sort,
        "sees_secrets": bool(where(request, Noun.CREDENTIAL)),
    }
    return render(request, "console/sessions/list.html", context)


@administrators
@patient
def secrets(request: HttpRequest) -> HttpResponse:
    """List app passwords and tokens, and when each was used last."""
    rows = credentials_in(reach(request, Noun.CREDENTIAL)).exclude(kind=Credential.Kind.PASSWORD)
    if text := lookup.query_of(request):
        rows = rows.filter(Q(user__address__icontains=text) | Q(label__icontains=text))
    now = timezone.now()
    match request.GET.get("kind"):
        case Credential.Kind.APP_PASSWORD | Credential.Kind.API_TOKEN as kind:
            rows = rows.filter(kind=kind)
        case "stale":
            rows = rows.filter(created_at__lt=now - STALE).filter(
                Q(last_used_at=None) | Q(last_used_at__lt=now - STALE)
            )
        case "expired":
            rows = rows.filter(expires_at__lte=now)
    sort = request.GET.get("sort", "user")
    page = page_of(request, rows, SECRET_ORDERS.get(sort, SECRET_ORDERS["user"]))
    context = {
        "section": SECTION,
        "page": page,
        "lines": [(row, _may_end(request, row.user, Noun.CREDENTIAL)) for row in page.items],
        "now": now,
        "sort": sort,
        "sees_sessions": bool(where(request, Noun.SESSION)),
    }
    return render(request, "console/sessions/secrets.html", context)


def _whose(request: HttpRequest) -> User | None:
    """Return the one user whose sessions are asked for, as far as the reader is shown them."""
    number = request.GET.get("user", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return users_in(where(request, Noun.USER)).filter(id=int(number)).first()


def _may_end(request: HttpRequest, user: User, noun: Noun) -> bool:
    """Tell whether a button may be offered; roles came with the list, so this asks nothing."""
    grants = frozenset(map(grant_of, user.roles.all()))
    return allowed(
        request, Verb.DELETE, Target(noun, user.organisation_id, user.domain_id, user.id, grants=grants)
    )
