"""What mail programs ask for to set themselves up, and other servers to know how mail is to come (RFC 8461).

Nobody signs in here, and an address is never looked up: that a mailbox exists is told to nobody.
"""

from datetime import UTC, datetime
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts import web
from apps.domains.models import Domain
from apps.domains.queries import served, sts_policy_of
from apps.pages.access import signed_in
from apps.protocols.programs import apple
from apps.protocols.programs import autoconfig as mozilla
from apps.protocols.programs import autodiscover as outlook
from apps.protocols.programs.offer import Offer

XML = "text/xml; charset=utf-8"
MOST_ADDRESS = 320


def offer() -> Offer:
    """Return what this server offers to programs."""
    return Offer(
        settings.MAIL_HOSTNAME,
        settings.MAIL_IMAPS_PORT,
        settings.MAIL_IMAP_PORT,
        settings.MAIL_SUBMISSIONS_PORT,
        settings.MAIL_SUBMISSION_PORT,
    )


def _domain_of(address: str, domain: Domain | None) -> Domain | None:
    """Return the domain of an address if we serve it; without an address, the one asked by name."""
    if not address:
        return domain
    local, at, name = address[:MOST_ADDRESS].rpartition("@")
    if local and domain is not None and name.lower() == domain.name:
        return domain
    return served(name) if at and local else None


def autoconfig(request: HttpRequest, domain: Domain | None) -> HttpResponse:
    """Answer Thunderbird and its kin."""
    found = _domain_of(request.GET.get("emailaddress", "").strip(), domain)
    if request.method not in {"GET", "HEAD"} or found is None:
        return HttpResponseNotFound(content_type="text/plain")
    return HttpResponse(mozilla.write(found.name, offer()), content_type=XML)


def autodiscover(request: HttpRequest, _by_name: Domain | None) -> HttpResponse:
    """Answer Outlook. A refusal is an answer, too: of an error of HTTP it would tell its user nothing."""
    asked = outlook.read(request.read(outlook.MOST_BYTES + 1)) if request.method == "POST" else None
    time = datetime.now(UTC).strftime("%H:%M:%S.%f")
    if asked is None:
        body = outlook.refuse(600, "Invalid Request", time)
    elif not asked.is_outlook or _domain_of(asked.address, None) is None:
        body = outlook.refuse(601, "Requested schema version or address not supported", time)
    else:
        body = outlook.write(asked.address, offer())
    return HttpResponse(body, content_type=XML)


def autodiscover_v2(request: HttpRequest, domain: Domain | None) -> HttpResponse:
    """Tell newer programs, which ask where to ask, the address of the above."""
    address = request.GET.get("Email", "") or request.path_info.partition("/v1.0/")[2]
    protocol = request.GET.get("Protocol", "")
    if protocol.lower() != "autodiscoverv1" or _domain_of(address.strip(), domain) is None:
        error = {
            "ErrorCode": "InvalidProtocol",
            "ErrorMessage": f"Only AutodiscoverV1 is offered: {protocol[:40]}",
        }
        return JsonResponse(error, status=404)
    host = quote(settings.MAIL_HOSTNAME)
    return JsonResponse(
        {"Protocol": "AutodiscoverV1", "Url": f"https://{host}/autodiscover/autodiscover.xml"}
    )


def mta_sts(request: HttpRequest, domain: Domain | None) -> HttpResponse:
    """Give other servers the domain's policy."""
    if request.method not in {"GET", "HEAD"} or domain is None:
        return HttpResponseNotFound(content_type="text/plain")
    return HttpResponse(sts_policy_of(domain), content_type="text/plain; charset=utf-8")


@require_safe
@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    """Set up an iPhone, iPad or Mac of whoever is signed in."""
    current = web.current(request)
    assert current is not None
    user = current.user
    body = apple.write(
        user.address,
        name=user.name,
        organisation=user.organisation.name,
        title=_("Mail of %(address)s") % {"address": user.address},
        offer=offer(),
    )
    return HttpResponse(
        body,
        content_type="application/x-apple-aspen-config",
        headers={"Content-Disposition": 'attachment; filename="mail.mobileconfig"'},
    )
