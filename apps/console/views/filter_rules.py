"""Rules against unwanted mail: found, made, tried on samples, given another score, switched off."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Target, Verb
from apps.console.access import actor, administrators, allowed, demand, patient, reach, where
from apps.console.asking import Done, ask, posted
from apps.console.forms.base import ConfirmForm, PaperForm
from apps.console.lookup import query_of, rights_on
from apps.console.paging import Order, page_of
from apps.domains.models import Domain
from apps.organisations.errors import DirectoryError, NotFoundError, sentence
from apps.spam.models.rules import SpamRule
from apps.spam.rules import services
from apps.spam.rules.definitions import Rule, Samples
from apps.spam.rules.definitions import Target as Held
from apps.spam.rules.queries import find_rules, rules_in, summary, target_of_rule
from apps.spam.rules.services import SITE, Place
from apps.spam.symbols import Sort

SECTION = "filter"
LIST = "console:filter-rules"
BY_NAME = Order(("name", "id"))
BETWEEN = "---"
LONGEST_TEXT = 100_000
_MONO = {"autocapitalize": "none", "spellcheck": "false", "class": "mono"}


class SamplesField(forms.CharField):
    """Texts, with a line of dashes between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            max_length=LONGEST_TEXT,
            widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
            **kwargs,
        )

    def clean(self, value: Any) -> tuple[str, ...]:
        """Divide the text."""
        text = str(super().clean(value)).replace("\r\n", "\n")
        parts = f"\n{text}\n".split(f"\n{BETWEEN}\n")
        return tuple(part.strip("\n") for part in parts if part.strip())


def together(samples: list[str]) -> str:
    """Write samples as the field reads them."""
    return f"\n{BETWEEN}\n".join(samples)


class RuleForm(PaperForm):
    """What a rule says."""

    target = forms.ChoiceField(label=_("It looks at"), choices=SpamRule.Kind.choices)
    header = forms.CharField(label=_("Which header"), required=False, max_length=64)
    expression = forms.CharField(
        label=_("Expression"),
        widget=forms.Textarea({"rows": 3, **_MONO}),
        help_text=_(
            "A regular expression (RE2), read without case. For other findings: names, and, or, not."
        ),
    )
    score = forms.FloatField(label=_("Score"), help_text=_("What it weighs: 1 is a hint, 3 is much."))
    sort = forms.ChoiceField(label=_("It speaks for"), choices=SpamRule.Sorts.choices)
    description = forms.CharField(
        label=_("What it means"), max_length=300, help_text=_("One sentence: people read it as a reason.")
    )
    match = SamplesField(label=_("Must match"), help_text=_("Samples; a line --- stands between two."))
    miss = SamplesField(label=_("Must not match"))

    def rule(self, name: str) -> Rule:
        """Return it as the engine takes it."""
        data = self.cleaned_data
        return Rule(
            name,
            Held(data["target"]),
            data["expression"],
            data["score"],
            data["header"].lower(),
            Sort(data["sort"]),
            data["description"],
            Samples(data["match"], data["miss"]),
        )


class NewRuleForm(RuleForm):
    """A new rule, and where it counts."""

    name = forms.CharField(
        label=_("Name"),
        max_length=64,
        help_text=_("Capitals, digits and underscores."),
        widget=forms.TextInput(_MONO),
    )
    place = forms.CharField(
        label=_("For"), required=False, max_length=255, help_text=_("A domain; empty: everybody.")
    )
    field_order = ["name", "place"]


class ScoreForm(PaperForm):
    """Another score for a rule of the feed."""

    score = forms.FloatField(
        label=_("Score"), required=False, help_text=_("Empty: what the feed says. Updates leave it alone.")
    )


class TryForm(PaperForm):
    """Something to try a rule on."""

    text = forms.CharField(
        label=_("A message, or a piece of one"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
    )


@administrators
@patient
def rules(request: HttpRequest) -> HttpResponse:
    """List them."""
    rows = find_rules(rules_in(reach(request, Noun.RULE)), query_of(request))
    match request.GET.get("state"):
        case "own":
            rows = rows.filter(origin=SpamRule.Origin.OWN)
        case "off":
            rows = rows.exclude(is_enabled=True, is_off_here=False)
        case "failed":
            rows = rows.exclude(failed_why="")
    is_sites = allowed(request, Verb.VIEW, Target(Noun.RULE))
    context = {
        "section": SECTION,
        "tab": "rules",
        "page": page_of(request, rows, BY_NAME),
        "summary": summary() if is_sites else None,
        "may_add": bool(where(request, Noun.RULE, Verb.CREATE)),
    }
    return render(request, "console/filter/rules.html", context)


def _rule(request: HttpRequest, rule_id: int, verb: Verb = Verb.VIEW) -> SpamRule:
    rows = SpamRule.objects.filter(is_retired=False).select_related("domain__organisation", "user")
    found = get_object_or_404(rows, id=rule_id)
    demand(request, verb, target_of_rule(found))
    return found


@administrators
def rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Show one with what became of its samples; a text sent here is held against it."""
    found = _rule(request, rule_id)
    form = TryForm(posted(request))
    verdict: bool | None = None
    fault = ""
    texts = [form.cleaned_data["text"]] if request.method == "POST" and form.is_valid() else []
    try:
        samples, held = services.try_rule(
            place=Place(found.domain, found.user), rule=found.definition(), texts=texts
        )
        verdict = held[0] if held else None
    except DirectoryError as error:
        samples, fault = [], sentence(str(error))
    context = {
        "section": SECTION,
        "tab": "rules",
        "found": found,
        "samples": samples,
        "fault": fault,
        "form": form,
        "verdict": verdict,
        "is_feed": found.origin == SpamRule.Origin.FEED,
        "may": rights_on(
            request,
            target_of_rule(found),
            {"change": Verb.CHANGE, "disable": Verb.DISABLE, "delete": Verb.DELETE},
        ),
    }
    return render(request, "console/filter/rule.html", context, status=422 if form.errors else 200)


@administrators
def add(request: HttpRequest) -> HttpResponse:
    """Make one."""
    reach(request, Noun.RULE, Verb.CREATE)
    form = NewRuleForm(posted(request), initial={"score": 1.0, "target": "body"})

    def run(data: dict[str, Any]) -> Done:
        place = _place(request, data["place"].strip().lower())
        made = services.create_rule(place=place, rule=form.rule(data["name"].strip()), actor=actor(request))
        return _("%(name)s was added.") % {"name": made}, reverse("console:filter-rule", args=[made.id])

    return ask(
        request, form, title=_("Add a rule"), section=SECTION, button=_("Add"), back=reverse(LIST), run=run
    )


def _place(request: HttpRequest, name: str) -> Place:
    domain = Domain.objects.select_related("organisation").filter(name=name).first() if name else None
    target = Target(Noun.RULE, domain.organisation_id, domain.id) if domain else Target(Noun.RULE)
    if (name and domain is None) or not allowed(request, Verb.CREATE, target):
        raise NotFoundError(f"{name or 'everybody'} is not a place where you may do this")
    return Place(domain) if domain else SITE


@administrators
def edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Change one of one's own, or the score of one of the feed."""
    found = _rule(request, rule_id, Verb.CHANGE)
    back = reverse("console:filter-rule", args=[found.id])
    is_feed = found.origin == SpamRule.Origin.FEED
    form: PaperForm
    if is_feed:
        form = ScoreForm(posted(request), initial={"score": found.own_score})
    else:
        form = RuleForm(posted(request), initial=_initial(found))

    def run(data: dict[str, Any]) -> Done:
        if isinstance(form, RuleForm):
            now = form.rule(found.name)
            changes = {name: getattr(now, name) for name in services.FIELDS}
            services.change_rule(rule=found, changes=changes, actor=actor(request))
        else:
            services.override_score(rule=found, score=data["score"], actor=actor(request))
        return _("Saved."), back

    title = _("Score of %(name)s") if is_feed else _("Change %(name)s")
    return ask(
        request, form, title=title % {"name": found}, section=SECTION, button=_("Save"), back=back, run=run
    )


def _initial(found: SpamRule) -> dict[str, Any]:
    fields = ("target", "header", "expression", "score", "sort", "description")
    initial = {name: getattr(found, name) for name in fields}
    return initial | {"match": together(found.samples_match), "miss": together(found.samples_miss)}


@administrators
def switch(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Switch one off, or on again."""
    found = _rule(request, rule_id, Verb.DISABLE)
    back = reverse("console:filter-rule", args=[found.id])

    def run(_data: dict[str, Any]) -> Done:
        if found.is_in_use:
            services.disable_rule(rule=found, actor=actor(request))
            return _("%(name)s is switched off.") % {"name": found}, back
        services.enable_rule(rule=found, actor=actor(request))
        return _("%(name)s is switched on.") % {"name": found}, back

    button = _("Switch off") if found.is_in_use else _("Switch on")
    return ask(
        request,
        ConfirmForm(posted(request)),
        title=str(found),
        section=SECTION,
        button=button,
        back=back,
        run=run,
    )


@administrators
def delete(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Delete one of one's own."""
    found = _rule(request, rule_id, Verb.DELETE)

    def run(_data: dict[str, Any]) -> Done:
        services.delete_rule(rule=found, actor=actor(request))
        return _("%(name)s was deleted.") % {"name": found}, reverse(LIST)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Delete %(name)s?") % {"name": found},
        section=SECTION,
        button=_("Delete"),
        back=reverse("console:filter-rule", args=[found.id]),
        run=run,
        is_danger=True,
    )
