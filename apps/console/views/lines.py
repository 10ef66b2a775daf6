"""Where the filter draws its lines: what each level wants, and what other lines would have done."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Reach, Verb
from apps.console.access import actor, administrators, allowed, patient, reach
from apps.console.asking import Done, ask, posted
from apps.console.filtering import ACTIONS, LEVELS, name_of, number_of, scope_of
from apps.console.filtering import PRESETS as PRESET_WORDS
from apps.console.forms.base import PaperForm
from apps.spam.models import FilterSettings
from apps.spam.queries import judgements_within
from apps.spam.scopes import SITE, Scope
from apps.spam.services import wishes
from apps.spam.thresholds import DRAWN, PRESETS, Action, Level, Preset, Wishes
from apps.spam.whatif import lines as only_lines
from apps.spam.whatif import what_if

SECTION = "filter"
SHOWN = 200
DAYS = {"1": 1, "7": 7, "30": 30}


class LineField(forms.CharField):
    """A score from which something is done; its value is a number, None for never, or "" where nothing is said."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 20)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a number as it would be written."""
        if isinstance(value, float):
            return f"{value:g}"
        return _now("never") if value is None else value

    def clean(self, value: Any) -> Any:
        """Read the text."""
        text = str(super().clean(value)).strip().lower().replace(",", ".")
        if not text:
            return ""
        if text in {"never", str(_now("never")).lower()}:
            return None
        try:
            return float(text)
        except ValueError:
            raise forms.ValidationError(_("A number, “never”, or nothing.")) from None


class LinesForm(PaperForm):
    """A preset, and lines of one's own."""

    preset = forms.ChoiceField(
        label=_("How sensitive"),
        required=False,
        choices=[
            ("", _("as the level above")),
            *((preset.value, word) for preset, word in PRESET_WORDS.items()),
        ],
    )
    tag = LineField(label=_("Tag from"))
    junk = LineField(label=_("Junk from"))
    quarantine = LineField(label=_("Quarantine from"))
    refuse = LineField(
        label=_("Refuse from"),
        help_text=_(
            "Empty: as the preset says. “never” is a line, too. 4 stands for 98 of 100, 6 for 99.75."
        ),
    )


@administrators
@patient
def lines(request: HttpRequest) -> HttpResponse:
    """Show every level that wants something, and try other lines out on the mail of the last days."""
    within = reach(request, Noun.FILTER)
    rows = _wanted_within(within).select_related(
        "organisation", "domain__organisation", "group__organisation", "mailbox__domain__organisation"
    )
    levels = [_told(row) for row in rows.order_by("id")[:SHOWN]]
    context = {
        "section": SECTION,
        "tab": "lines",
        "levels": levels,
        "has_site": any(one["level"] == Level.SITE for one in levels),
        "may_site": allowed(request, Verb.CHANGE, SITE.target()),
        **_tried(request, within),
    }
    return render(request, "console/filter/lines.html", context)


def _wanted_within(within: Reach) -> QuerySet[FilterSettings]:
    rows = FilterSettings.objects.all()
    if within.is_everything:
        return rows
    ours = Q(organisation_id__in=within.organisation_ids) | Q(domain_id__in=within.domain_ids)
    for place in ("domain", "group", "mailbox__domain"):
        ours |= Q(**{f"{place}__organisation_id__in": within.organisation_ids})
    return rows.filter(ours | Q(mailbox__domain_id__in=within.domain_ids))


def _told(row: FilterSettings) -> dict[str, Any]:
    scope = Scope(row.organisation or row.domain or row.group or row.mailbox)
    wanted = wishes.read(row.preset, row.lines)
    return {
        "level": scope.level,
        "word": LEVELS[scope.level],
        "name": name_of(scope),
        "number": number_of(scope),
        "preset": wanted.preset,
        "lines": [(ACTIONS[action][1], at) for action, at in wanted.lines.items()],
    }


def _tried(request: HttpRequest, within: Reach) -> dict[str, Any]:
    """Return what the lines that are asked about would have done."""
    normal = PRESETS[Preset.NORMAL]
    asked = {action.value: request.GET.get(action.value, _written(normal[action])) for action in DRAWN}
    form = LinesForm({**asked, "preset": ""})
    days = request.GET.get("days", "7")
    result = None
    if any(action.value in request.GET for action in DRAWN) and form.is_valid():
        since = timezone.now() - dt.timedelta(days=DAYS.get(days, 7))
        wanted = {action: form.cleaned_data[action.value] for action in DRAWN}
        settings = only_lines({action: at if at != "" else normal[action] for action, at in wanted.items()})
        result = what_if(judgements_within(within, since=since), settings)
    return {"form": form, "days": days, "result": result}


def _written(at: float | None) -> str:
    return "never" if at is None else f"{at:g}"


@administrators
def edit(request: HttpRequest, level: str, place_id: int) -> HttpResponse:
    """Change what one level wants."""
    scope = scope_of(request, level, place_id, Verb.CHANGE)
    wanted = wishes.wishes_of(scope)
    initial: dict[str, Any] = dict.fromkeys(_names(), "")
    initial["preset"] = wanted.preset.value if wanted.preset else ""
    initial |= {action.value: at for action, at in wanted.lines.items()}
    form = LinesForm(posted(request), initial=initial)

    def run(data: dict[str, Any]) -> Done:
        drawn = {Action(name): data[name] for name in _names() if data[name] != ""}
        preset = Preset(data["preset"]) if data["preset"] else None
        wishes.set_wishes(scope=scope, wishes=Wishes(preset, drawn), actor=actor(request))
        return _("Saved."), reverse("console:filter")

    title = _("The filter's lines: %(name)s") % {"name": name_of(scope)}
    return ask(
        request,
        form,
        title=title,
        section=SECTION,
        button=_("Save"),
        back=reverse("console:filter"),
        run=run,
    )


def _names() -> list[str]:
    return [action.value for action in DRAWN]
