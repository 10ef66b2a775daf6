"""/api/v1/openapi.json and /api/v1/docs: the API described, for programs and for people."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from apps.accounts.permissions import SCOPES
from apps.api.problems import CODES
from apps.api.reference import sections
from apps.api.schema import document


@require_safe
@cache_control(max_age=300)
def schema(_request: HttpRequest) -> JsonResponse:
    """Answer the OpenAPI document; it holds nothing secret and needs no token."""
    return JsonResponse(document())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Answer the reference: our own page, whole without JavaScript, and nothing of it comes from elsewhere."""
    words = {
        "sections": sections(),
        "codes": CODES.values(),
        "scopes": SCOPES,
        "version": settings.MAIL_VERSION,
        "url": request.build_absolute_uri("/").rstrip("/"),
        "rate": settings.MAIL_RATE_API,
    }
    return render(request, "api/docs.html", words)
