"""The composer in a tab of its own: an island where scripts run, a plain form where they do not."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.mailflow.writing import drafts, reading
from apps.mailflow.writing.checks import NotSent
from apps.mailflow.writing.fields import Fields
from apps.organisations.errors import NotFoundError
from apps.pages.access import signed_in
from apps.webmail import forms, letters, questions, wording
from apps.webmail.access import user_id_of
from apps.webmail.policy import webmail_page

from . import people
from .sending import deliver

ASKED = ("to", "cc", "bcc", "subject", "body")
LONGEST = 20_000


@require_safe
@signed_in
def new(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Begin a letter under an id of its own; `?to=` may be a mailto: address, as browsers hand them over."""
    _reach(request, mailbox_id)
    asked = {key: request.GET[key][:LONGEST] for key in ASKED if request.GET.get(key)}
    if asked.get("to", "").lower().startswith("mailto:"):
        asked = mailto(asked["to"])
    where = reverse("webmail:compose", args=[mailbox_id, uuid4()])
    return redirect(f"{where}?{urlencode(asked)}" if asked else where)


def mailto(url: str) -> dict[str, str]:
    """Read a mailto: address (RFC 6068): what it may say of a letter, and never a file."""
    address, _mark, query = url[len("mailto:") :].partition("?")
    found = {"to": unquote(address)}
    # A plus is a plus here, as the RFC says, and no space.
    for key, values in parse_qs(query.replace("+", "%2B"), max_num_fields=50).items():
        if key.lower() in ASKED:
            found[key.lower()] = ", ".join(filter(None, [found.get(key.lower(), ""), *values]))
    return {key: value[:LONGEST] for key, value in found.items() if value}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@webmail_page
def compose(request: HttpRequest, mailbox_id: int, draft_id: UUID) -> HttpResponse:
    """Show the composer, or take what its plain form sent."""
    _reach(request, mailbox_id)
    opened = _opened(request, draft_id)
    if request.method == "POST":
        return _posted(request, mailbox_id, draft_id, opened)
    fields = forms.fields_of(request.GET) if opened is None else opened.fields
    return _page(request, mailbox_id, draft_id, opened, forms.shown(fields))


def _reach(request: HttpRequest, mailbox_id: int) -> None:
    try:
        reading.reach(user_id_of(request), mailbox_id, "write")
    except NotFoundError:
        raise Http404 from None


def _opened(request: HttpRequest, draft_id: UUID) -> drafts.Opened | None:
    """Return the draft there is; None for a new one, and for one that is somebody else's and stays unknown."""
    try:
        return drafts.opened(user_id=user_id_of(request), draft_id=draft_id, now=timezone.now())
    except NotFoundError:
        return None


def _page(
    request: HttpRequest,
    mailbox_id: int,
    draft_id: UUID,
    opened: drafts.Opened | None,
    values: dict[str, str],
    *,
    error: str = "",
    asks: list[dict[str, Any]] | None = None,
) -> HttpResponse:
    user_id = user_id_of(request)
    known: dict[str, Any] = {
        "mailbox": mailbox_id,
        "draft": str(draft_id),
        "revision": opened.revision if opened else 0,
        "saved_at": opened.updated_at.isoformat() if opened else "",
        "letter": letters.shown(user_id, opened.fields) if opened else None,
        "asked": values,
    }
    identities = people.own_shown(user_id)
    context = {
        "mailbox_id": mailbox_id,
        "draft_id": draft_id,
        "revision": known["revision"],
        "known": known,
        "values": values,
        "identities": identities,
        "error": error,
        "asks": asks or [],
        "files": known["letter"]["files"] if known["letter"] else [],
    }
    return render(request, "webmail/compose.html", context, status=422 if error else 200)


def _posted(
    request: HttpRequest, mailbox_id: int, draft_id: UUID, opened: drafts.Opened | None
) -> HttpResponse:
    """Save or send what the plain form holds; what it cannot hold, it keeps as it was."""
    fields = forms.fields_of(request.POST, opened.fields if opened else None)
    values = forms.shown(fields)
    user_id = user_id_of(request)
    revision = forms.revision_of(request.POST)
    if request.POST.get("what") == "save":
        return _save(request, mailbox_id, draft_id, opened, fields)
    if not request.POST.get("sure") and (asks := questions.questions(user_id, mailbox_id, fields)):
        return _page(request, mailbox_id, draft_id, opened, values, asks=asks)
    try:
        answer = deliver(request, mailbox_id, draft_id, revision, fields)
    except NotFoundError:
        raise Http404 from None
    if isinstance(answer, NotSent):
        return _page(request, mailbox_id, draft_id, opened, values, error=wording.refusal(answer))
    messages.success(request, _("On its way. It can be recalled for some seconds."))
    return redirect("webmail:outbox")


def _save(
    request: HttpRequest, mailbox_id: int, draft_id: UUID, opened: drafts.Opened | None, fields: Fields
) -> HttpResponse:
    try:
        kept = drafts.save(
            user_id=user_id_of(request),
            mailbox_id=mailbox_id,
            draft_id=draft_id,
            revision=forms.revision_of(request.POST),
            fields=fields,
            now=timezone.now(),
        )
    except NotFoundError:
        raise Http404 from None
    if isinstance(kept, drafts.Saved):
        messages.success(request, _("Draft saved."))
        return redirect("webmail:compose", mailbox_id, draft_id)
    error = _("This draft was changed elsewhere meanwhile. Your text is below; nothing was overwritten.")
    if isinstance(kept, drafts.TooLong):
        error = _("A draft does not hold so much text. Attach it as a file.")
    return _page(request, mailbox_id, draft_id, opened, forms.shown(fields), error=error)
