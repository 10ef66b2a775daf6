"""/livez, /readyz and /metrics of the web process, for machines."""

import ipaddress

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from apps.events.health import OK, check
from apps.reports.blocklists import measures
from apps.spam.antivirus import measures as scanners

measures.register()
scanners.register()


@never_cache
def livez(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """Say whether it can do its work."""
    found = check()
    return JsonResponse(found, status=200 if all(word == OK for word in found.values()) else 503)


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Give Prometheus its numbers; only on this machine, for they tell strangers how much mail we get."""
    peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "192.0.2.1")
    if not peer.is_loopback or "HTTP_X_FORWARDED_FOR" in request.META:
        return HttpResponseNotFound()
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
