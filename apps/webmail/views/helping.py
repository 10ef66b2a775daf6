"""Help that is a page of its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.pages.access import signed_in
from apps.webmail.access import desk_for
from apps.webmail.programs import programs_of


@require_safe
@signed_in
def programs(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Show what a mail program on a phone or computer asks for."""
    desk = desk_for(request, mailbox_id)
    return render(request, "webmail/programs.html", {"desk": desk, "programs": programs_of(request)})
