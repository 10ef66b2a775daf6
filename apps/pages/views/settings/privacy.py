"""Whose pictures are shown without being asked, and how to take that back."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.mailflow import trusted
from apps.pages.access import signed_in

from .common import current_of, show

PRIVACY = "privacy"


@never_cache
@require_safe
@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    """Show them."""
    senders = trusted.trusted(user_id=current_of(request).user.id)
    return show(request, "pages/settings/privacy.html", PRIVACY, {"senders": senders})


@require_POST
@signed_in
def withdraw(request: HttpRequest, trusted_id: int) -> HttpResponse:
    """Ask again before a sender's pictures are shown. It is done at once: one click brings it back."""
    address = trusted.withdraw_one(user_id=current_of(request).user.id, trusted_id=trusted_id)
    if address is None:
        raise Http404
    text = _("Pictures of %(address)s are held back again.") % {"address": address}
    messages.success(request, text)
    return HttpResponseRedirect(reverse("settings:privacy"))
