"""GET /api/v1/openapi.json: the API described for programs."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from apps.api.schema import document


@require_safe
@cache_control(max_age=300)
def schema(_request: HttpRequest) -> JsonResponse:
    """Answer the OpenAPI document; it holds nothing secret and needs no token."""
    return JsonResponse(document())
