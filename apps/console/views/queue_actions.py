"""What is done about queued mail, to one recipient or to many: retried, held, released, given up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.accounts.permissions import Noun, Reach, Verb
from apps.console.access import actor, administrators, reach
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm, PaperForm
from apps.console.words import QUEUE_ACTIONS
from apps.events.audit import Actor
from apps.mailflow.operate import bounce_now
from apps.queue import operators, queries
from apps.queue.models import QueuedRecipient
from apps.queue.operators import Changed

from .queue import SECTION, asked_for, chosen, find

MANY = 5000
# Each is a message of our own to write.
MANY_BOUNCES = 500
MOST_TICKED = 200


class ReasonForm(PaperForm):
    """Why it is done."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        help_text=_("For the trace and the audit trail. The sender does not read it."),
    )


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: what the page says, and the service that does it."""

    one: str | Promise
    explain: str | Promise
    do: Callable[[Sequence[int], str, Actor], list[Changed]]
    verb: Verb = Verb.CHANGE
    has_reason: bool = False
    most: int = MANY

    @property
    def is_danger(self) -> bool:
        """Whether it is the end of a message."""
        return self.verb == Verb.DELETE


ACTIONS = {
    "retry": Action(
        _("Retry now: %(what)s"),
        _("It is due at once instead of at its next attempt. What was tried so far still counts."),
        lambda ids, _why, who: operators.retry_now(ids, actor=who),
    ),
    "hold": Action(
        _("Hold: %(what)s"),
        _("It is kept, and not tried, until somebody releases it. The sender is not told."),
        lambda ids, why, who: operators.hold(ids, why=why, actor=who),
        has_reason=True,
    ),
    "release": Action(
        _("Release: %(what)s"),
        _("It is let go, and tried as if it had just come. What was never held stays as it is."),
        lambda ids, _why, who: operators.release(ids, actor=who),
    ),
    "bounce": Action(
        _("Bounce: %(what)s"),
        _("It is given up, and the sender gets a report that it was returned. This cannot be taken back."),
        lambda ids, why, who: bounce_now(ids, why=why, actor=who, now=timezone.now()),
        Verb.DELETE,
        has_reason=True,
        most=MANY_BOUNCES,
    ),
    "cancel": Action(
        _("Drop: %(what)s"),
        _(
            "It is given up, and nobody is told: right for spam with a forged sender, wrong for anything else. "
            "This cannot be taken back."
        ),
        lambda ids, why, who: operators.cancel(ids, why=why, actor=who),
        Verb.DELETE,
        has_reason=True,
    ),
}


def _action(name: str) -> Action:
    if name not in ACTIONS:
        raise Http404
    return ACTIONS[name]


def _form(request: HttpRequest, action: Action, upto: int | None = None) -> forms.Form:
    form: forms.Form = ReasonForm(posted(request)) if action.has_reason else ConfirmForm(posted(request))
    if upto is not None:
        form.fields["upto"] = forms.IntegerField(required=False, widget=forms.HiddenInput, initial=upto)
    return form


@administrators
def act(request: HttpRequest, recipient_id: int, action: str) -> HttpResponse:
    """Do something about one recipient."""
    it = _action(action)
    found = find(request, recipient_id, it.verb)
    back = reverse("console:queued", args=[found.pk])

    def run(data: dict[str, Any]) -> Done:
        changed = it.do([found.pk], data.get("reason", ""), actor(request))
        if not changed:
            return _("Nothing was changed: it moved on meanwhile, or is being tried at this moment."), back
        return _told(action, 1), back

    return ask(
        request,
        _form(request, it),
        title=it.one % {"what": found.address},
        explain=[it.explain],
        section=SECTION,
        button=QUEUE_ACTIONS[action],
        back=back,
        run=run,
        is_danger=it.is_danger,
    )


@administrators
def act_on_many(request: HttpRequest, action: str) -> HttpResponse:
    """Do something about those ticked, or about all that the filters name, so many at a time."""
    it = _action(action)
    within = reach(request, Noun.QUEUE, it.verb)
    kept = asked_for(request)
    back = reverse("console:queue") + (f"?{kept}" if kept else "")
    ids = list(_wanted(request, within).values_list("id", flat=True)[: it.most + 1])
    if not ids:
        return _nothing(request, back)
    first, has_more = ids[: it.most], len(ids) > it.most

    def run(data: dict[str, Any]) -> Done:
        changed = it.do(first, data.get("reason", ""), actor(request))
        left = len(first) - len(changed)
        text = _told(action, len(changed))
        if left:
            text += " " + ngettext("%d was left as it is.", "%d were left as they are.", left) % left
        if has_more:
            text += " " + _now("There are more: do it again.")
        return text, back

    count = ngettext("%d recipient", "%d recipients", len(first)) % len(first)
    explain = [it.explain]
    if has_more:
        explain.append(
            _("More than that match. The longest waiting are taken first; do it again for the rest.")
        )
    return ask(
        request,
        _form(request, it, first[-1]),
        title=format_lazy("{}: {}", QUEUE_ACTIONS[action], count),
        explain=explain,
        section=SECTION,
        button=QUEUE_ACTIONS[action],
        back=back,
        run=run,
        is_danger=it.is_danger,
    )


def _wanted(request: HttpRequest, within: Reach) -> QuerySet[QueuedRecipient]:
    """Return those that were ticked, or all that match; ids that are none name nothing.

    Mail that came after the question was asked was not meant by its answer.
    """
    if request.GET.get("all"):
        found = chosen(request, within).order_by("id")
        upto = request.POST.get("upto", "")
        return found.filter(id__lte=int(upto)) if upto.isdecimal() and len(upto) < 19 else found
    ids = [
        int(text) for text in request.GET.getlist("id")[:MOST_TICKED] if text.isdecimal() and len(text) < 19
    ]
    return queries.within(QueuedRecipient.objects.filter(id__in=ids).order_by("id"), within)


def _nothing(request: HttpRequest, back: str) -> HttpResponse:
    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Nothing is ticked"),
        explain=[_("Tick what you mean in the list first, or choose from “All that match”.")],
        section=SECTION,
        button=_("Back to the list"),
        back=back,
        run=lambda _data: HttpResponseRedirect(back),
    )


def _told(name: str, count: int) -> str:
    """Say what was done to so many."""
    texts = {
        "retry": ngettext("%d recipient is tried now.", "%d recipients are tried now.", count),
        "hold": ngettext("%d recipient is held.", "%d recipients are held.", count),
        "release": ngettext("%d recipient was released.", "%d recipients were released.", count),
        "bounce": ngettext(
            "%d recipient was given up, and the sender told.",
            "%d recipients were given up, and their senders told.",
            count,
        ),
        "cancel": ngettext("%d recipient was dropped.", "%d recipients were dropped.", count),
    }
    return texts[name] % count
