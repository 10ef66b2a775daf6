"""The audit trail: who changed what, from where, and what it was before."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts.permissions import Noun
from apps.accounts.queries import entries_in
from apps.console import lookup
from apps.console.access import administrators, patient, reach
from apps.console.auditing import ACTIONS, NOTHING, show
from apps.console.paging import Order, page_of
from apps.console.tracing import SPANS

SECTION = "audit"
NEWEST = Order(("id",), is_descending=True)


@administrators
@patient
def audit(request: HttpRequest) -> HttpResponse:
    """List entries, the newest first; each unfolds."""
    rows = entries_in(reach(request, Noun.AUDIT))
    if text := lookup.query_of(request):
        rows = rows.filter(Q(actor__icontains=text) | Q(target__icontains=text))
    for name in ("actor", "action", "target_kind", "target_id"):
        if value := lookup.query_of(request, name):
            rows = rows.filter(**{name: value})
    span = request.GET.get("time", "")
    if span in SPANS and span != "ever":
        rows = rows.filter(at__gte=timezone.now() - SPANS[span])
    page = page_of(request, rows, NEWEST)
    context = {
        "section": SECTION,
        "page": page,
        "entries": [show(entry) for entry in page.items],
        "actions": [(name, words.items()) for name, words in ACTIONS.values()],
        "kinds": [(kind, name) for kind, (name, _words) in ACTIONS.items()],
        "actor": lookup.query_of(request, "actor"),
        "of": lookup.query_of(request, "target_id") and (page.items[0].target if page.items else NOTHING),
        "is_narrowed": any(
            request.GET.get(name) for name in ("q", "actor", "action", "target_kind", "time", "after")
        ),
    }
    return render(request, "console/audit/list.html", context)
