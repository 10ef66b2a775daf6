"""Names besides our own: what mail programs and other servers fetch for a domain we serve, by names under it.

autoconfig, autodiscover and mta-sts under a domain lead to this server. They are answered here, before anything that
knows sessions or pages: by these names there is no page, and by a name that is not of a domain we serve there is nothing
at all. Our own name answers the same questions of programs.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.utils.deprecation import MiddlewareMixin

from apps.domains.models import AcmeChallenge, Domain
from apps.domains.queries import served
from apps.events.database import give_back

from .views import programs


class Service(NamedTuple):
    """A path by which something is fetched, and the name under a domain that has it."""

    label: str
    path: re.Pattern[str]
    answer: Callable[[HttpRequest, Domain | None], HttpResponse]
    by_our_name: bool = True


# Programs spell autodiscover in every case there is.
SERVICES = (
    Service(
        "autoconfig",
        re.compile(r"/(?:\.well-known/autoconfig/)?mail/config-v1\.1\.xml"),
        programs.autoconfig,
    ),
    Service(
        "autodiscover", re.compile(r"/autodiscover/autodiscover\.xml", re.IGNORECASE), programs.autodiscover
    ),
    Service(
        "autodiscover",
        re.compile(r"/autodiscover/autodiscover\.json(?:/v1\.0/[^/]{1,320})?", re.IGNORECASE),
        programs.autodiscover_v2,
    ),
    Service("mta-sts", re.compile(r"/\.well-known/mta-sts\.txt"), programs.mta_sts, by_our_name=False),
)


# Authorities ask by whatever name a certificate is to be for, and by the token they gave us (RFC 8555 8.3).
CHALLENGE = re.compile(r"/\.well-known/acme-challenge/([A-Za-z0-9_-]{1,128})")


class ServedHosts(MiddlewareMixin):
    """Answers by the names under our domains."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer, or leave it to the pages."""
        if challenge := CHALLENGE.fullmatch(request.path_info):
            return _answer_challenge(challenge[1])
        for service in SERVICES:
            if service.path.fullmatch(request.path_info):
                return _answer(request, service)
        return None


def _answer_challenge(token: str) -> HttpResponse:
    """Prove to an authority that the name it asked by is ours."""
    try:
        found = AcmeChallenge.objects.filter(token=token).first()
    finally:
        give_back()
    if found is None:
        return HttpResponse("No such challenge.\n", status=404, content_type="text/plain")
    return HttpResponse(found.answer, content_type="application/octet-stream")


def _answer(request: HttpRequest, service: Service) -> HttpResponse | None:
    """Answer for a name that may ask this; what is nobody's is left to what refuses it for every page."""
    host, _ = split_domain_port(request.META.get("HTTP_HOST", ""))
    try:
        if service.by_our_name and validate_host(host, settings.ALLOWED_HOSTS):
            return service.answer(request, None)
        label, _, name = host.rstrip(".").partition(".")
        if label == service.label and (domain := served(name)) is not None:
            return service.answer(request, domain)
        return None
    finally:
        give_back()  # What does it for pages does not see this one.
