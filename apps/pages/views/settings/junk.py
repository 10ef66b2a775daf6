"""Junk mail: how sensitive the filter is for one's own mailbox, and whom one always wants to hear of, or never."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.accounts import web
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.organisations.errors import DirectoryError, sentence
from apps.pages.access import signed_in
from apps.pages.asking import posted
from apps.pages.forms import PaperForm
from apps.spam.lists import Effect, Subject
from apps.spam.queries import entries_of, settings_of
from apps.spam.scopes import Scope
from apps.spam.services import senders, wishes
from apps.spam.thresholds import Action, Preset, Wishes

from .common import current_of, show

JUNK = "junk"
SHOWN = 500


class SensitivityForm(PaperForm):
    """How much has to speak against a message."""

    preset = forms.ChoiceField(
        label=_lazy("The filter is"),
        required=False,
        choices=[
            ("", _lazy("as everybody's here")),
            (Preset.RELAXED.value, _lazy("relaxed: only what is plainly unwanted is put away")),
            (Preset.NORMAL.value, _lazy("normal")),
            (
                Preset.STRICT.value,
                _lazy("strict: what looks unwanted is put away, and now and then what is wanted"),
            ),
        ],
        widget=forms.RadioSelect,
    )


class EntryForm(PaperForm):
    """A sender, or words of a subject."""

    effect = forms.ChoiceField(
        label=_lazy("Mail like this is"),
        choices=[(Effect.ALLOW.value, _lazy("always wanted")), (Effect.BLOCK.value, _lazy("never wanted"))],
    )
    subject = forms.ChoiceField(
        label=_lazy("It is known by"),
        choices=[
            (Subject.ADDRESS.value, _lazy("its sender's address")),
            (Subject.DOMAIN.value, _lazy("its sender's domain")),
            (Subject.SUBJECT.value, _lazy("words of its subject")),
        ],
    )
    pattern = forms.CharField(
        label=_lazy("Which is"), max_length=320, widget=forms.TextInput({"autocomplete": "off"})
    )


@never_cache
@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    """Show what one wants of the filter; a form sent here sets how sensitive it is."""
    if request.method != "POST" and not _owned(request).exists():
        return show(request, "pages/settings/junk.html", JUNK, {"mailbox": None})
    mailbox = _mailbox(request)
    scope = Scope(mailbox)
    wanted = wishes.wishes_of(scope)
    form = SensitivityForm(posted(request), initial={"preset": wanted.preset.value if wanted.preset else ""})
    if request.method == "POST" and form.is_valid():
        preset = form.cleaned_data["preset"]
        wishes.set_wishes(
            scope=scope,
            wishes=Wishes(Preset(preset) if preset else None, wanted.lines if preset else {}),
            actor=web.actor(request),
        )
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(_at(mailbox))
    return _page(request, mailbox, form, EntryForm(), status=422 if form.is_bound else 200)


@require_POST
@signed_in
def add(request: HttpRequest) -> HttpResponse:
    """Put somebody on one's own list."""
    mailbox = _mailbox(request)
    form = EntryForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            senders.add_entry(
                scope=Scope(mailbox),
                effect=Effect(data["effect"]),
                subject=Subject(data["subject"]),
                pattern=data["pattern"],
                actor=web.actor(request),
            )
        except DirectoryError as error:
            form.add_error("pattern", sentence(str(error)))
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(_at(mailbox))
    return _page(request, mailbox, SensitivityForm(), form, status=422)


@require_POST
@signed_in
def remove(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take somebody off again."""
    mailbox = _mailbox(request)
    if not senders.remove_entry(scope=Scope(mailbox), entry_id=entry_id, actor=web.actor(request)):
        raise Http404
    messages.success(request, _("The entry is gone."))
    return HttpResponseRedirect(_at(mailbox))


def _owned(request: HttpRequest) -> QuerySet[Mailbox]:
    return (
        Mailbox.objects.filter(owner_id=current_of(request).user.id).select_related("domain").order_by("id")
    )


def _mailbox(request: HttpRequest) -> Mailbox:
    """Return the mailbox of one's own that is asked for, else the first."""
    owned, wanted = _owned(request), request.GET.get("mailbox", "")
    if wanted:
        return get_object_or_404(owned, id=int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0)
    first = owned.first()
    if first is None:
        raise Http404
    return first


def _at(mailbox: Mailbox) -> str:
    return f"{reverse('settings:junk')}?mailbox={mailbox.pk}"


def _page(
    request: HttpRequest, mailbox: Mailbox, form: forms.Form, entry_form: forms.Form, *, status: int
) -> HttpResponse:
    settings = perform(settings_of([mailbox.pk]))[mailbox.pk]
    values: dict[str, Any] = {
        "mailbox": mailbox,
        "mailboxes": list(_owned(request)),
        "form": form,
        "entry_form": entry_form,
        "entries": entries_of(Scope(mailbox))[:SHOWN],
        "junk_at": settings.of(Action.JUNK).at,
        "refuse_at": settings.of(Action.REFUSE).at,
    }
    answer = show(request, "pages/settings/junk.html", JUNK, values)
    answer.status_code = status
    return answer
