"""A conversation: beside the list as a fragment, or as a page of its own."""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.mailflow import refile, trusted
from apps.pages.access import signed_in
from apps.store.conversations import conversation
from apps.store.message_rows import MessageRow
from apps.store.ranges import of_uids
from apps.webmail.access import desk_for
from apps.webmail.conversation import Shown, show
from apps.webmail.desk import Desk, tree_of
from apps.webmail.naming import is_shown
from apps.webmail.policy import webmail_page

_THREAD = re.compile(r"-?\d{1,18}|-?[1-8]\d{18}")
_IDS = 10


@require_safe
@signed_in
@webmail_page
def thread(request: HttpRequest, mailbox_id: int, thread: str) -> HttpResponse:
    """Show a conversation; what is open of it was read.

    `folder` is where it was opened from, `open` and `images` are ids of messages to show, and with their pictures.
    """
    if not _THREAD.fullmatch(thread):
        raise Http404
    desk = desk_for(request, mailbox_id)
    folder = _number(request.GET.get("folder", ""))
    rows = conversation(mailbox_id, thread_id=int(thread), opened_from=folder, user_id=desk.eyes)
    if not rows:
        raise Http404
    shown = show(
        mailbox_id,
        rows,
        also=_ids(request, "open"),
        images=_ids(request, "images"),
        trusted=_trusted(desk, rows),
    )
    _see(request, desk, shown)
    is_fragment = bool(request.headers.get("HX-Request") or request.headers.get("X-Fragment"))
    tree = tree_of(desk)
    context: dict[str, Any] = {
        "desk": desk,
        "tree": tree,
        "folder": tree.find(folder),
        "mailbox_id": mailbox_id,
        "thread_id": thread,
        "folder_id": folder,
        "unreadable": sum(one.is_open and one.opened is None for one in shown),
        "subject": rows[0].subject,
        "labels": _labels(rows),
        "shown": shown,
        "latest": rows[-1],
        "contents": " ".join(str(row.content_id) for row in rows),
    }
    answer = render(request, "webmail/_thread.html" if is_fragment else "webmail/thread.html", context)
    answer["Cache-Control"] = "private, no-store"
    answer["Vary"] = "HX-Request, X-Fragment, Cookie"
    return answer


@require_safe
@signed_in
def labels(request: HttpRequest, mailbox_id: int, thread: str) -> HttpResponse:
    """Show the labels of a conversation, as they are after one was given or taken away."""
    if not _THREAD.fullmatch(thread):
        raise Http404
    desk = desk_for(request, mailbox_id)
    folder = _number(request.GET.get("folder", ""))
    rows = conversation(mailbox_id, thread_id=int(thread), opened_from=folder, user_id=desk.eyes)
    if not rows:
        raise Http404
    answer = render(request, "webmail/_labels.html", {"desk": desk, "labels": _labels(rows)})
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
@signed_in
def card(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponse:
    """Show one message of a conversation, which was folded until now."""
    desk = desk_for(request, mailbox_id)
    folder = _number(request.GET.get("folder", ""))
    rows = conversation(mailbox_id, content_id=content_id, opened_from=folder, user_id=desk.eyes)
    found: list[MessageRow] = [row for row in rows if row.content_id == content_id]
    if not found:
        raise Http404
    [one] = show(mailbox_id, found, trusted=_trusted(desk, found))
    _see(request, desk, [one])
    context = {
        "desk": desk,
        "folder": tree_of(desk).find(folder),
        "one": one,
        "mailbox_id": mailbox_id,
        "thread_id": one.row.thread_id,
        "folder_id": folder,
    }
    answer = render(request, "webmail/_message.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _labels(rows: list[MessageRow]) -> list[str]:
    return sorted({name for row in rows for name in row.keywords if is_shown(name)}, key=str.casefold)


def _trusted(desk: Desk, rows: list[MessageRow]) -> frozenset[str]:
    return trusted.trusts(user_id=desk.user_id, addresses={row.sender.address for row in rows})


def _see(request: HttpRequest, desk: Desk, shown: list[Shown]) -> None:
    """Note that what is open was read, unless a browser only fetches ahead."""
    if not desk.may_write or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return
    places: dict[int, list[int]] = {}
    for one in shown:
        if one.opened and not one.row.is_read:
            places.setdefault(one.row.folder_id, []).append(one.row.uid)
    refile.see(desk.hand, [refile.Chosen(folder, of_uids(sorted(uids))) for folder, uids in places.items()])


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def _ids(request: HttpRequest, name: str) -> frozenset[int]:
    return frozenset(_number(text) for text in request.GET.getlist(name)[:_IDS]) - {0}
