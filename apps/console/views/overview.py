"""The console's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.console.access import administrators


@administrators
def overview(request: HttpRequest) -> HttpResponse:
    """Show how mail is doing."""
    return render(request, "console/overview.html", {"section": "overview"})
