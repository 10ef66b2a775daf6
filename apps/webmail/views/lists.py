"""The list of a folder, or of what a search found: as a page, and piece by piece for the island on it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.mailboxes.queries import mailboxes_of
from apps.pages.access import signed_in
from apps.pages.tastes import taste
from apps.store.list_window import changes_since, window
from apps.store.values import FolderRef
from apps.webmail.access import desk_for, user_id_of
from apps.webmail.asked import Asked, asked
from apps.webmail.desk import Desk, Tree, tree_of
from apps.webmail.looking import look
from apps.webmail.naming import Named
from apps.webmail.policy import webmail_page
from apps.webmail.programs import programs_of
from apps.webmail.rows import as_json, lines

ROWS = 50


@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Open the mailbox somebody signs in by, at its inbox."""
    mailbox = next((one for one in mailboxes_of(user_id_of(request)) if "read" in one.rights), None)
    if mailbox is None:
        return render(request, "webmail/no_mailbox.html")
    return HttpResponseRedirect(reverse("webmail:mailbox", args=[mailbox.mailbox_id]))


@require_safe
@signed_in
def mailbox(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Open a mailbox at its inbox."""
    tree = tree_of(desk_for(request, mailbox_id))
    inbox = tree.special("INBOX") or next(iter(tree.all), None)
    if inbox is None:
        raise Http404
    return HttpResponseRedirect(reverse("webmail:folder", args=[mailbox_id, inbox.id]))


@require_safe
@signed_in
@webmail_page
def folder(request: HttpRequest, mailbox_id: int, folder_id: int) -> HttpResponse:
    """Show a folder, or what `q` finds in all mail; its first rows are in the page."""
    desk, wanted, likes = desk_for(request, mailbox_id), asked(request), taste(request)
    tree = tree_of(desk)
    current = tree.find(folder_id)
    if current is None:
        raise Http404
    context: dict[str, Any] = {
        "desk": desk,
        "tree": tree,
        "folder": current,
        "asked": wanted,
        "taste": likes,
        "address": request.path,
    }
    context |= _search(request, desk, tree, wanted) if wanted.text else _list(request, desk, current, wanted)
    if tree.is_blank and current.use == "INBOX" and wanted.is_everything:
        context["programs"] = programs_of(request)
    context["boot"] = _boot(context)
    return render(request, "webmail/list.html", context)


def _list(request: HttpRequest, desk: Desk, current: Named, wanted: Asked) -> dict[str, Any]:
    shown = window(
        FolderRef(desk.mailbox_id, current.id),
        start=wanted.start,
        count=ROWS,
        filter=wanted.filter,
        grouped=taste(request).grouped,
        user_id=desk.eyes,
    )
    if shown is None:
        raise Http404
    recipients = frozenset({current.id} if current.names_recipients else ())
    after = shown.start + ROWS
    return {
        "rows": lines(shown.rows, recipients),
        "total": shown.total,
        "start": shown.start,
        "modseq": shown.modseq,
        "in_folder": shown.messages,
        "unread": shown.unread,
        "newer": _turned(request, max(0, wanted.start - ROWS)) if wanted.start else "",
        "older": _turned(request, after) if after < shown.total else "",
    }


def _search(request: HttpRequest, desk: Desk, tree: Tree, wanted: Asked) -> dict[str, Any]:
    found = look(desk, wanted.text, after=request.GET.get("after", ""), limit=ROWS)
    following = request.GET.copy()
    following["after"] = found.page.cursor or ""
    return {
        "rows": lines(found.page.rows, _recipients(tree)),
        "chips": found.chips,
        "notes": found.notes,
        "cursor": found.page.cursor or "",
        "older": f"?{following.urlencode()}" if found.page.cursor else "",
    }


def _turned(request: HttpRequest, start: int) -> str:
    """Return the address of another page of the list."""
    given = request.GET.copy()
    given["start"] = str(start)
    return f"?{given.urlencode()}"


def _recipients(tree: Tree) -> frozenset[int]:
    return frozenset(folder.id for folder in tree.all if folder.names_recipients)


def _boot(context: dict[str, Any]) -> dict[str, Any]:
    """Return what the island starts from, so that it asks for nothing at first."""
    desk, tree, current = context["desk"], context["tree"], context["folder"]
    wanted, likes = context["asked"], context["taste"]
    return {
        "mailbox": desk.mailbox_id,
        "folder": current.id,
        "use": current.use,
        "name": str(current.label),
        "base": reverse("webmail:mailbox", args=[desk.mailbox_id]),
        "mayWrite": desk.may_write,
        "show": wanted.show,
        "label": wanted.label,
        "text": wanted.text,
        "density": likes.density,
        "grouped": likes.grouped,
        "total": context.get("total"),
        "start": context.get("start", 0),
        "modseq": context.get("modseq", 0),
        "cursor": context.get("cursor", ""),
        "rows": as_json(context["rows"]),
        "labels": tree.labels,
        "folders": [
            {"id": one.id, "use": one.use, "label": str(one.label), "depth": one.depth, "icon": one.icon}
            for one in tree.all
        ],
    }


@require_safe
@signed_in
def rows(request: HttpRequest, mailbox_id: int, folder_id: int) -> HttpResponse:
    """Return a stretch of a folder's list."""
    desk, wanted = desk_for(request, mailbox_id), asked(request)
    shown = window(
        FolderRef(desk.mailbox_id, folder_id),
        start=wanted.start,
        count=wanted.count,
        filter=wanted.filter,
        grouped=request.GET.get("group") == "1",
        user_id=desk.eyes,
    )
    if shown is None:
        raise Http404
    recipients = frozenset({folder_id} if request.GET.get("to") == "1" else ())
    return JsonResponse(
        {
            "total": shown.total,
            "start": shown.start,
            "modseq": shown.modseq,
            "messages": shown.messages,
            "unread": shown.unread,
            "rows": as_json(lines(shown.rows, recipients)),
        }
    )


@require_safe
@signed_in
def changes(request: HttpRequest, mailbox_id: int, folder_id: int) -> HttpResponse:
    """Return what became of a folder since a modseq."""
    desk = desk_for(request, mailbox_id)
    since = request.GET.get("since", "")
    if not (since.isascii() and since.isdigit() and len(since) < 19):
        return JsonResponse({"detail": "since is a number"}, status=400)
    found = changes_since(FolderRef(desk.mailbox_id, folder_id), int(since), user_id=desk.eyes)
    if found is None:
        raise Http404
    recipients = frozenset({folder_id} if request.GET.get("to") == "1" else ())
    return JsonResponse(
        {
            "modseq": found.modseq,
            "messages": found.messages,
            "unread": found.unread,
            "reset": found.reset,
            "vanished": found.vanished,
            "new": as_json(lines(found.new, recipients)),
            "changed": as_json(lines(found.changed, recipients)),
        }
    )


@require_safe
@signed_in
def search(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Return what a search found so far, and a cursor while there is more to look through."""
    desk = desk_for(request, mailbox_id)
    found = look(desk, asked(request).text, after=request.GET.get("after", ""))
    recipients = _recipients(tree_of(desk))
    return JsonResponse(
        {
            "rows": as_json(lines(found.page.rows, recipients)),
            "cursor": found.page.cursor,
            "examined": found.page.examined,
            "chips": [{"text": chip.text, "without": chip.without} for chip in found.chips],
            "notes": found.notes,
        }
    )


@require_safe
@signed_in
def counts(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Return what stands beside the folders, and how full the mailbox is."""
    desk = desk_for(request, mailbox_id)
    tree = tree_of(desk)
    return JsonResponse(
        {
            "folders": [
                {"id": one.id, "badge": one.badge, "unread": one.unread, "messages": one.messages}
                for one in tree.all
            ],
            "used": desk.mailbox.used_bytes,
            "quota": desk.mailbox.quota_bytes,
            "percent": desk.percent,
        }
    )
