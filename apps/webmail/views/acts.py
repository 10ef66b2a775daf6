"""What a reader does with messages, and takes back."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.mailflow import refile, undo
from apps.mailflow.refile import Chosen, Done, Hand, Kind
from apps.pages.access import signed_in
from apps.store.ranges import of_uids
from apps.store.services.messages import ALL
from apps.webmail.access import desk_for, user_id_of
from apps.webmail.said import said, undone

MOST_PLACES, MOST_MESSAGES = 200, 20_000


@dataclass(frozen=True, slots=True)
class Act:
    """What is wanted: a verb, the messages, and where to or which label."""

    verb: str
    chosen: tuple[Chosen, ...]
    target: int
    label: str


DO: dict[str, Callable[[Hand, Sequence[Chosen], Act], Done]] = {
    Kind.MOVE: lambda hand, chosen, act: refile.move(hand, chosen, to=act.target),
    Kind.DELETE: lambda hand, chosen, _: refile.delete(hand, chosen),
    Kind.ARCHIVE: lambda hand, chosen, _: refile.archive(hand, chosen),
    Kind.JUNK: lambda hand, chosen, _: refile.junk(hand, chosen),
    Kind.NOT_JUNK: lambda hand, chosen, _: refile.not_junk(hand, chosen),
    Kind.STAR: lambda hand, chosen, _: refile.star(hand, chosen),
    Kind.UNSTAR: lambda hand, chosen, _: refile.star(hand, chosen, on=False),
    Kind.READ: lambda hand, chosen, _: refile.mark_read(hand, chosen),
    Kind.UNREAD: lambda hand, chosen, _: refile.mark_read(hand, chosen, on=False),
    Kind.LABEL: lambda hand, chosen, act: refile.label(hand, chosen, act.label),
    Kind.UNLABEL: lambda hand, chosen, act: refile.label(hand, chosen, act.label, on=False),
}


@require_POST
@signed_in
def act(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Do something with messages; the answer says what was done, and how to take it back.

    They are named by folder and uid (`places`), or by their ids (`contents`, those in `folder` if it is given), or as
    all of a folder (`all`).
    """
    desk = desk_for(request, mailbox_id, "write")
    wanted = _read(mailbox_id, request.body)
    if wanted is None:
        return _refused(_("This was not understood. Load the page again."), 400)
    if wanted.verb == "erase":
        gone = refile.erase(desk.hand, wanted.chosen)
        text = ngettext("%(n)d message deleted for ever.", "%(n)d messages deleted for ever.", gone)
        return JsonResponse({"verb": "erase", "count": gone, "undo": None, "text": text % {"n": gone}})
    if wanted.verb in {Kind.LABEL, Kind.UNLABEL} and not refile.is_label(wanted.label):
        return _refused(_("No label can be called so: leave out spaces and signs."), 422)
    done = DO[wanted.verb](desk.hand, wanted.chosen, wanted)
    if done.missing_folder:
        return _refused(_("There is no such folder any more."), 422)
    text = said(done.kind, done.messages)
    return JsonResponse({"verb": done.kind, "count": done.messages, "undo": done.undo, "text": text})


def _read(mailbox_id: int, body: bytes) -> Act | None:
    try:
        given: dict[str, Any] = json.loads(body)
        verb = str(given["verb"])
        places = {_id(one["folder"]): list(map(_id, one["uids"])) for one in given.get("places", [])}
        contents = list(map(_id, given.get("contents", [])))
        chosen = [Chosen(folder, of_uids(sorted(uids))) for folder, uids in places.items()]
        if given.get("all"):
            chosen.append(Chosen(_id(given["all"]), ALL))
        within = _id(given.get("folder") or 0)
        target, label = _id(given.get("target") or 0), str(given.get("label") or "")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
    total = sum(map(len, places.values())) + len(contents)
    if len(places) > MOST_PLACES or total > MOST_MESSAGES or (verb not in DO and verb != "erase"):
        return None
    if contents:
        chosen += refile.chosen_of(mailbox_id, contents, folder_id=within)
    return Act(verb, tuple(chosen), target, label)


def _id(given: Any) -> int:
    """Return a number of ours; what PostgreSQL could not hold names nothing here."""
    found = int(given)
    if not 0 <= found < 2**63:
        raise ValueError("out of range")
    return found


@require_POST
@signed_in
def take_back(request: HttpRequest, mailbox_id: int, token: int) -> HttpResponse:
    """Take back what was done: every message to its own former place and flags."""
    desk_for(request, mailbox_id, "write")
    result = undo.undo(user_id_of(request), token)
    if isinstance(result, undo.CannotUndo):
        words = {
            undo.Why.UNKNOWN: _("There is nothing to take back."),
            undo.Why.DONE: _("It was taken back already."),
            undo.Why.LATE: _("It was done more than a day ago and cannot be taken back."),
        }
        return _refused(words[result.why], 409)
    text = undone(result.restored, result.skipped)
    return JsonResponse({"restored": result.restored, "skipped": result.skipped, "text": text})


@require_safe
@signed_in
def recent(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Show what the reader did of late in this mailbox, each with its undo."""
    desk_for(request, mailbox_id)
    actions = [
        {
            "token": one.token,
            "text": said(one.kind, one.messages, one.detail),
            "at": one.at,
            "is_undone": one.is_undone,
        }
        for one in undo.recent_actions(user_id_of(request), mailbox_id=mailbox_id)
    ]
    return render(request, "webmail/_recent.html", {"actions": actions, "mailbox_id": mailbox_id})


def _refused(detail: str, status: int) -> JsonResponse:
    return JsonResponse({"detail": detail}, status=status)
