"""The files of an import: an example, the rows that are wrong, what would be done, what was done, and passwords."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from apps.accounts.permissions import Noun, Verb
from apps.accounts.queries import domains_in
from apps.console.access import actor, administrators, subject, where
from apps.console.importing import demand_import, file_answer, plan_of, run_of
from apps.mailflow.models import Roster
from apps.mailflow.roster import results
from apps.organisations.errors import DirectoryError, sentence

from .imports import address_of


@administrators
def example(request: HttpRequest) -> HttpResponse:
    """Return a table to begin with, in a domain of the reader's."""
    demand_import(request)
    domain = domains_in(where(request, Noun.DOMAIN)).order_by("name").values_list("name", flat=True).first()
    with_room = bool(where(request, Noun.MAILBOX, Verb.LIMIT))
    return file_answer(results.example(domain or "example.org", with_room=with_room), "people.csv")


@administrators
def faults(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Return the rows that are wrong."""
    run = run_of(request, import_id)
    if run.state != Roster.State.WAITING:
        return HttpResponseRedirect(address_of(run))
    return file_answer(results.faults(run, plan_of(request, run)), "faulty-rows.csv")


@administrators
def report(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Return what every row would do."""
    run = run_of(request, import_id)
    if run.state != Roster.State.WAITING:
        return HttpResponseRedirect(address_of(run))
    return file_answer(results.report(plan_of(request, run)), "dry-run.csv")


@administrators
def result(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Return what came of every row."""
    run = run_of(request, import_id)
    if run.state != Roster.State.DONE:
        return HttpResponseRedirect(address_of(run))
    return file_answer(results.result(run), "result.csv")


@administrators
def passwords(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Hand over the passwords that were made; asked for by a form, so that no link and no reload does it."""
    run = run_of(request, import_id)
    if request.method == "POST":
        try:
            content = results.take_passwords(roster=run, who=subject(request), actor=actor(request))
        except DirectoryError as error:
            messages.error(request, sentence(str(error)))
        else:
            return file_answer(content, "passwords.csv")
    return HttpResponseRedirect(address_of(run))
