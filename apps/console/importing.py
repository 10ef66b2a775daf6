"""What the pages of an import share: who may import, whose run it is, and what it would do."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from apps.accounts.permissions import Noun, Verb
from apps.console.access import subject, user_of, where
from apps.mailflow.models import Roster
from apps.mailflow.roster import plans
from apps.mailflow.roster.plans import Planned

SECTION = "users"
_MADE = (Noun.USER, Noun.MAILBOX, Noun.ALIAS)


def may_import(request: HttpRequest) -> bool:
    """Say whether the reader may make anything that a table can hold. Of each row it is asked again."""
    return any(where(request, noun, Verb.CREATE) for noun in _MADE)


def demand_import(request: HttpRequest) -> None:
    """Go on only for who may make something."""
    if not may_import(request):
        raise PermissionDenied


def run_of(request: HttpRequest, import_id: object) -> Roster:
    """Return a run of the reader's own: it may hold passwords, so it is nobody else's, whatever their role."""
    found = get_object_or_404(Roster.objects.defer("file"), id=import_id, user=user_of(request))
    demand_import(request)
    return found


def plan_of(request: HttpRequest, run: Roster) -> list[Planned]:
    """Return what every row would do; it is looked at now if it was not since its columns were named."""
    if run.plan is None and run.state == Roster.State.WAITING:
        plans.make(roster=run, who=subject(request))
    return plans.read(run)


def file_answer(content: bytes, name: str) -> HttpResponse:
    """Return a table as a file that nothing keeps."""
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
