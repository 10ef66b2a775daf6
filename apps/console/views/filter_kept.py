"""Junk and quarantine: what the filter kept from inboxes; released, learned from, dropped, its sender blocked."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Verb
from apps.console.access import actor, administrators, demand, patient, reach
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm
from apps.console.lookup import query_of
from apps.console.paging import Order, page_of
from apps.mailboxes.models import Mailbox
from apps.mailflow import quarantine
from apps.organisations.errors import NotFoundError
from apps.spam.lists import Effect, Subject
from apps.spam.models import Judgement
from apps.spam.models.judgements import State
from apps.spam.queries import judgements_within
from apps.spam.scopes import Scope
from apps.spam.services import senders

SECTION = "filter"
NEWEST = Order(("judged_at", "id"), is_descending=True)
ACTS: dict[str, tuple[str | Promise, str | Promise, bool]] = {
    "release": (_("Release"), _("It is in the inbox now."), False),
    "learn": (_("Release, and learn"), _("It is in the inbox now, and the filter learned from it."), False),
    "drop": (_("Drop"), _("It is gone."), True),
    "block": (
        _("Drop, and block its sender"),
        _("It is gone, and its sender is blocked for this mailbox."),
        True,
    ),
}


@administrators
@patient
def kept(request: HttpRequest) -> HttpResponse:
    """List what is kept."""
    since = timezone.now() - dt.timedelta(days=settings.MAIL_SPAM_DAYS)
    rows = judgements_within(reach(request, Noun.FILTER), since=since).defer("symbols", "vector", "detail")
    state = request.GET.get("state", State.HELD)
    rows = rows.filter(state=state if state in {State.HELD, State.JUNK} else State.HELD)
    if text := query_of(request).strip():
        rows = rows.filter(Q(sender__icontains=text) | Q(subject__icontains=text))
    page = page_of(request, rows, NEWEST)
    boxes = Mailbox.objects.select_related("domain").in_bulk({row.mailbox_id for row in page.items})
    context = {
        "section": SECTION,
        "tab": "kept",
        "page": page,
        "rows": [(row, boxes.get(row.mailbox_id)) for row in page.items],
        "state": state,
        "days": settings.MAIL_SPAM_DAYS,
    }
    return render(request, "console/filter/kept.html", context)


@administrators
def act(request: HttpRequest, mailbox_id: int, judgement_id: int, act: str) -> HttpResponse:
    """Release one, or drop it."""
    if act not in ACTS:
        raise Http404
    mailbox = Mailbox.objects.select_related("domain__organisation", "owner").filter(id=mailbox_id).first()
    found = quarantine.find(mailbox_id, judgement_id)
    if mailbox is None or found is None:
        raise Http404
    demand(request, Verb.CHANGE, Scope(mailbox).target())
    button, told, is_danger = ACTS[act]

    def run(_data: dict[str, Any]) -> Done:
        _do(found, mailbox, act, request)
        return told, reverse("console:filter-kept")

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=button,
        section=SECTION,
        button=button,
        back=reverse("console:filter-kept"),
        run=run,
        explain=[f"{found.sender}: {found.subject}", str(mailbox)],
        is_danger=is_danger,
    )


def _do(found: Judgement, mailbox: Mailbox, act: str, request: HttpRequest) -> None:
    who = actor(request)
    if act in {"release", "learn"}:
        done = quarantine.release(judgement=found, actor=who, learn=act == "learn")
    else:
        if act == "block":
            senders.add_entry(
                scope=Scope(mailbox),
                effect=Effect.BLOCK,
                subject=Subject.ADDRESS,
                pattern=found.sender,
                actor=who,
            )
        done = quarantine.drop(judgement=found, actor=who)
    if not done:
        raise NotFoundError("it is not there any more")
