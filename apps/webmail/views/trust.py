"""Whose pictures are always shown: said above one of their messages, and taken back there."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.mailflow import trusted
from apps.pages.access import signed_in
from apps.store.conversations import conversation
from apps.webmail.access import desk_for


@require_POST
@signed_in
def trust(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponse:
    """Show the pictures of this message's sender from now on; with `on=0` ask again."""
    desk = desk_for(request, mailbox_id)
    folder = request.POST.get("folder", "")
    folder_id = int(folder) if folder.isascii() and folder.isdigit() and len(folder) < 19 else 0
    rows = conversation(mailbox_id, content_id=content_id, opened_from=folder_id, user_id=desk.eyes)
    row = next((each for each in rows if each.content_id == content_id), None)
    if row is None:
        raise Http404
    address = row.sender.address
    if request.POST.get("on") == "0":
        trusted.withdraw(user_id=desk.user_id, address=address)
        text = _("Pictures of %(address)s are held back again.")
    elif trusted.trust(user_id=desk.user_id, address=address):
        text = _("Pictures of %(address)s are always shown from now on.")
    else:
        text = _("“%(address)s” is no address, so it cannot be remembered.")
    text = text % {"address": address}
    if request.headers.get("X-Fragment"):
        return JsonResponse({"text": text})
    messages.success(request, text)
    where = reverse("webmail:thread", args=[mailbox_id, row.thread_id])
    return HttpResponseRedirect(f"{where}?folder={folder_id}&open={content_id}#message-{content_id}")
