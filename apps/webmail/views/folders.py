"""Making, renaming, emptying and deleting folders: plain forms that lead back to the list."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.events.transactions import perform
from apps.mailflow import refile
from apps.mailflow.refile import Chosen
from apps.pages.access import signed_in
from apps.store.services import folders
from apps.store.services.folders import SEPARATOR, BadName, FolderExists, InboxStays
from apps.store.services.messages import ALL
from apps.store.values import FolderRef, NoFolder
from apps.webmail.access import desk_for
from apps.webmail.desk import Desk, tree_of
from apps.webmail.naming import Named
from apps.webmail.said import said

EMPTIED = frozenset({"\\Trash", "\\Junk"})


@require_POST
@signed_in
def create(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Make a folder, below another one if told, and open it."""
    desk = desk_for(request, mailbox_id, "write")
    name = request.POST.get("name", "").strip()
    above = tree_of(desk).find(_number(request.POST.get("above", "")))
    made = perform(folders.create(mailbox_id, f"{above.name}{SEPARATOR}{name}" if above else name))
    if isinstance(made, FolderRef):
        return _open(mailbox_id, made.folder_id)
    return _complain(request, desk, made)


@require_POST
@signed_in
def rename(request: HttpRequest, mailbox_id: int, folder_id: int) -> HttpResponse:
    """Give a folder another name; it stays where it is."""
    desk = desk_for(request, mailbox_id, "write")
    old = _own(desk, folder_id)
    above, _sign, _label = old.name.rpartition(SEPARATOR)
    name = request.POST.get("name", "").strip()
    made = perform(folders.rename(mailbox_id, old.name, f"{above}{SEPARATOR}{name}" if above else name))
    if isinstance(made, FolderRef):
        return _open(mailbox_id, folder_id)
    return _complain(request, desk, made, folder_id)


@require_POST
@signed_in
def delete(request: HttpRequest, mailbox_id: int, folder_id: int) -> HttpResponse:
    """Delete a folder with its messages."""
    desk = desk_for(request, mailbox_id, "write")
    old = _own(desk, folder_id)
    result = perform(folders.delete(FolderRef(mailbox_id, folder_id)))
    if result is not None:
        return _complain(request, desk, result)
    messages.success(request, _("The folder “%(name)s” was deleted.") % {"name": old.label})
    return HttpResponseRedirect(reverse("webmail:mailbox", args=[mailbox_id]))


@require_POST
@signed_in
def mark_read(request: HttpRequest, mailbox_id: int, folder_id: int) -> HttpResponse:
    """Mark every message of a folder as read; that can be taken back among the recent actions."""
    desk = desk_for(request, mailbox_id, "write")
    _any(desk, folder_id)
    done = refile.mark_read(desk.hand, [Chosen(folder_id, ALL)])
    messages.success(request, said(done.kind, done.messages))
    return _open(mailbox_id, folder_id)


@require_POST
@signed_in
def empty(request: HttpRequest, mailbox_id: int, folder_id: int) -> HttpResponse:
    """Delete all that is in the bin, or all spam, for ever."""
    desk = desk_for(request, mailbox_id, "write")
    if _any(desk, folder_id).use not in EMPTIED:
        raise Http404
    gone = refile.erase(desk.hand, [Chosen(folder_id, ALL)])
    text = ngettext("%(n)d message deleted for ever.", "%(n)d messages deleted for ever.", gone)
    messages.success(request, text % {"n": gone})
    return _open(mailbox_id, folder_id)


def _any(desk: Desk, folder_id: int) -> Named:
    found = tree_of(desk).find(folder_id)
    if found is None:
        raise Http404
    return found


def _own(desk: Desk, folder_id: int) -> Named:
    """Return a folder somebody made: the usual ones stay as they are."""
    found = _any(desk, folder_id)
    if found.use:
        raise Http404
    return found


def _open(mailbox_id: int, folder_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("webmail:folder", args=[mailbox_id, folder_id]))


def _complain(
    request: HttpRequest, desk: Desk, why: FolderExists | BadName | NoFolder | InboxStays, folder_id: int = 0
) -> HttpResponse:
    match why:
        case FolderExists(name):
            text = _("There is a folder “%(name)s” already.") % {"name": name}
        case BadName(name):
            text = _("No folder can be called “%(name)s”.") % {"name": name[:100]}
        case NoFolder():
            text = _("There is no such folder any more.")
        case InboxStays():
            text = _("The inbox stays.")
    messages.error(request, text)
    if folder_id:
        return _open(desk.mailbox_id, folder_id)
    return HttpResponseRedirect(reverse("webmail:mailbox", args=[desk.mailbox_id]))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
