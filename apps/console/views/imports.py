"""People imported from a table: sent, its columns named, checked, tried, done, and its result."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.console.access import actor, administrators, subject, user_of
from apps.console.asking import Done, ask, posted, sentence
from apps.console.forms.base import ConfirmForm
from apps.console.forms.imports import ColumnsForm, TableForm
from apps.console.importing import SECTION, demand_import, plan_of, run_of
from apps.console.paging import SIZE, Order, page_of
from apps.mailflow.models import Roster, RosterLine
from apps.mailflow.roster import plans, results, runs
from apps.mailflow.roster.columns import LABELS, Field
from apps.mailflow.roster.deciding import Options, Outcome
from apps.organisations.errors import DirectoryError

from .users import user_language

LOOKS = {
    Outcome.MADE: "ok",
    Outcome.CHANGED: "ok",
    Outcome.SAME: "off",
    Outcome.REFUSED: "warn",
    Outcome.FAILED: "err",
}
_PARTED = {";": _("parted by semicolons"), ",": _("parted by commas"), "\t": _("parted by tabs")}
_ENCODINGS = {"cp1252": "Windows-1252"}
# So often a page asks how far a run is, and then leaves it to its reader: every second first, then less often.
_PATIENCE = ((30, 1), (180, 3), (400, 10))


def address_of(run: Roster) -> str:
    """Return where a run is shown."""
    return reverse("console:import", args=[run.id])


@administrators
def imports(request: HttpRequest) -> HttpResponse:
    """Take a table, and list the reader's runs."""
    demand_import(request)
    form = TableForm(posted(request), request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["table"]
        try:
            run = runs.upload(
                user=user_of(request),
                name=file.name or "",
                data=file.read(),
                options=Options(language=user_language(request)),
                actor=actor(request),
            )
            if Field.ADDRESS in runs.mapped(run):
                plans.make(roster=run, who=subject(request))
        except DirectoryError as error:
            form.add_error("table", sentence(str(error)))
        else:
            return HttpResponseRedirect(address_of(run))
    rows = Roster.objects.filter(user=user_of(request)).defer("file", "plan").order_by("-created_at")
    context = {"section": SECTION, "form": form, "runs": rows[: runs.MAX_WAITING], "columns": LABELS.values()}
    return render(request, "console/imports/list.html", context, status=422 if form.is_bound else 200)


@administrators
def run_page(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Show a run as far as it is: what is wrong with its rows, how far it is, or what came of it."""
    run = run_of(request, import_id)
    match run.state:
        case Roster.State.WAITING:
            return _check(request, run)
        case Roster.State.GOING:
            return _page(request, run, "going", _far(run, 0))
        case _:
            return _result(request, run)


@administrators
def columns(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Ask what the columns hold, and check the rows anew."""
    run = run_of(request, import_id)
    if run.state != Roster.State.WAITING:
        return HttpResponseRedirect(address_of(run))
    table = runs.table_of(run)
    form = ColumnsForm(posted(request), run=run, table=table)
    if form.is_bound and form.is_valid():
        try:
            runs.choose(roster=run, columns=form.cleaned_data["columns"], options=form.options())
            plans.make(roster=run, who=subject(request))
        except DirectoryError as error:
            form.add_error(None, sentence(str(error)))
        else:
            return HttpResponseRedirect(address_of(run))
    more = {
        "step": "columns",
        "form": form,
        "columns": form.columns(),
        "needs_address": Field.ADDRESS not in runs.mapped(run) and not form.is_bound,
        "parted": _PARTED.get(table.delimiter, ""),
        "encoding": _ENCODINGS.get(table.encoding, table.encoding.upper()),
    }
    return _page(request, run, "columns", more, status=422 if form.is_bound else 200)


@administrators
def dry_run(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Show what every row would do."""
    run = run_of(request, import_id)
    if run.state != Roster.State.WAITING:
        return HttpResponseRedirect(address_of(run))
    if Field.ADDRESS not in runs.mapped(run):
        return HttpResponseRedirect(reverse("console:import-columns", args=[run.id]))
    planned = plan_of(request, run)
    chosen = _chosen(request)
    rows, after = plans.part(planned, chosen or set(Outcome), after=_after(request), size=SIZE)
    more = {
        "step": "dry-run",
        "lines": [
            (row.line, row.address, _look(row.outcome), results.PLANNED[row.outcome], row.text)
            for row in rows
        ],
        "sums": _sums(run.found, results.PLANNED),
        "todo": _todo(run),
        "page": _pager(request, after),
    }
    return _page(request, run, "dry_run", more)


@administrators
def go(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Ask whether it is meant, with the numbers, and let it begin."""
    run = run_of(request, import_id)
    if run.state != Roster.State.WAITING:
        return HttpResponseRedirect(address_of(run))
    plan_of(request, run)

    def start(_data: dict[str, Any]) -> Done:
        if not _todo(run):
            raise DirectoryError(gettext("There is nothing to do: no row would make or change anything."))
        if runs.begin(roster=run):
            runs.wake_worker()
        return _("The import has begun."), address_of(run)

    count = _todo(run)
    return ask(
        request,
        ConfirmForm(posted(request)),
        title=ngettext("Import %(count)s row?", "Import %(count)s rows?", count) % {"count": count},
        explain=_explained(run),
        section=SECTION,
        button=_("Import"),
        back=reverse("console:import-dry-run", args=[run.id]),
        run=start,
    )


@administrators
def progress(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Say how far it is; the page asks again, but not for ever."""
    run = run_of(request, import_id)
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(address_of(run))
    if run.state != Roster.State.GOING:
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    asked = request.GET.get("asked", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 5 else 0
    return render(request, "console/imports/_progress.html", {"run": run, **_far(run, number + 1)})


@administrators
def stop(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Stop one that is under way."""
    run = run_of(request, import_id)
    if run.state != Roster.State.GOING:
        return HttpResponseRedirect(address_of(run))

    def end(_data: dict[str, Any]) -> Done:
        runs.stop(roster=run)
        return _("The import was stopped."), address_of(run)

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Stop the import?"),
        explain=[
            _("What was made stays. The rows that are left are not done; the same table can be sent again.")
        ],
        section=SECTION,
        button=_("Stop"),
        back=address_of(run),
        run=end,
        is_danger=True,
    )


@administrators
def delete(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Forget one."""
    run = run_of(request, import_id)

    def forget(_data: dict[str, Any]) -> Done:
        runs.delete(roster=run)
        return _("%(name)s was forgotten.") % {"name": run.name}, reverse("console:imports")

    is_done = run.state == Roster.State.DONE
    explain = [_("The table is forgotten. Nothing was made.")]
    if is_done:
        explain = [
            _("What it made stays. The result is forgotten, and passwords that nobody has downloaded.")
        ]
    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Forget %(name)s?") % {"name": run.name},
        explain=explain,
        section=SECTION,
        button=_("Forget"),
        back=address_of(run),
        run=forget,
        is_danger=True,
    )


def _check(request: HttpRequest, run: Roster) -> HttpResponse:
    if Field.ADDRESS not in runs.mapped(run):
        return HttpResponseRedirect(reverse("console:import-columns", args=[run.id]))
    planned = plan_of(request, run)
    rows, after = plans.part(planned, plans.WRONG, after=_after(request), size=SIZE)
    more = {
        "step": "check",
        "lines": rows,
        "wrong": run.found.get(Outcome.REFUSED, 0),
        "right": len(planned) - run.found.get(Outcome.REFUSED, 0),
        "named": [LABELS[field] for field in Field if field in runs.mapped(run)],
        "page": _pager(request, after),
    }
    return _page(request, run, "check", more)


def _result(request: HttpRequest, run: Roster) -> HttpResponse:
    found = runs.counts(run)
    rows = RosterLine.objects.filter(roster=run).defer("password")
    if chosen := _chosen(request):
        rows = rows.filter(outcome__in=chosen)
    page = page_of(request, rows, Order(("line",)))
    more = {
        "lines": [
            (
                row.line,
                row.address,
                _look(Outcome(row.outcome)),
                results.WORDS[Outcome(row.outcome)],
                row.said,
            )
            for row in page.items
        ],
        "page": page,
        "sums": _sums({str(key): number for key, number in found.items()}, results.WORDS),
        "left": run.rows - sum(found.values()),
        "has_passwords": results.has_passwords(run),
    }
    return _page(request, run, "result", more)


def _page(
    request: HttpRequest, run: Roster, name: str, more: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {"section": SECTION, "run": run, **more}
    answer = render(request, f"console/imports/{name}.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _look(outcome: Outcome) -> str:
    return LOOKS[outcome]


def _sums(found: dict[str, int], words: Any) -> list[tuple[str, str, int, Any]]:
    """Return outcome, look, number and word of every outcome that has rows."""
    return [(str(one), LOOKS[one], found[one], words[one]) for one in Outcome if found.get(one)]


def _todo(run: Roster) -> int:
    return int(run.found.get(Outcome.MADE, 0) + run.found.get(Outcome.CHANGED, 0))


def _explained(run: Roster) -> list[str]:
    """Say in numbers what will be done, and what will not."""
    numbers = {one: int(run.found.get(one, 0)) for one in Outcome}
    made, changed = numbers[Outcome.MADE], numbers[Outcome.CHANGED]
    same, refused = numbers[Outcome.SAME], numbers[Outcome.REFUSED]
    said = [
        (made, ngettext("%(count)s row will be made.", "%(count)s rows will be made.", made)),
        (changed, ngettext("%(count)s will be changed.", "%(count)s will be changed.", changed)),
        (same, ngettext("%(count)s is there already.", "%(count)s are there already.", same)),
        (
            refused,
            ngettext("%(count)s is refused and left out.", "%(count)s are refused and left out.", refused),
        ),
    ]
    explained = [" ".join(text % {"count": count} for count, text in said if count)]
    if made and run.make_passwords:
        explained.append(
            gettext("New users without a password in the table get one. You can download them once.")
        )
    return explained


def _far(run: Roster, asked: int) -> dict[str, Any]:
    """Say how far a run is, and when a page asks again."""
    done = RosterLine.objects.filter(roster=run).count()
    pause = next((seconds for limit, seconds in _PATIENCE if asked < limit), None)
    return {"done": min(done, run.rows), "pause": pause, "asked": asked}


def _chosen(request: HttpRequest) -> set[Outcome]:
    """Return which rows are asked for; nothing said is all."""
    said = request.GET.get("show", "")
    return {Outcome(said)} if said in set(Outcome) else set()


def _after(request: HttpRequest) -> int:
    said = request.GET.get("after", "")
    return int(said) if said.isdecimal() and len(said) < 9 else 0


def _pager(request: HttpRequest, after: int) -> dict[str, str]:
    """Return where the pages before and after this one are."""
    first, following = request.GET.copy(), request.GET.copy()
    first.pop("after", None)
    following["after"] = str(after)
    return {
        "next_query": f"?{following.urlencode()}" if after else "",
        "first_query": f"?{first.urlencode()}" if _after(request) else "",
    }
