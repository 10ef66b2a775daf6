"""Drafts: begun, opened, saved, discarded."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.mailflow.writing import beginning, drafts
from apps.mailflow.writing.uploads import TooLarge
from apps.webmail import letters, wording
from apps.webmail.access import user_id_of
from apps.webmail.answers import asked, number, refused, sent


@require_http_methods(["GET", "PUT", "DELETE"])
@asked
def draft(request: HttpRequest, mailbox_id: int, draft_id: UUID) -> HttpResponse:
    """One draft."""
    match request.method:
        case "PUT":
            return _save(request, mailbox_id, draft_id)
        case "DELETE":
            drafts.discard(user_id=user_id_of(request), draft_id=draft_id)
            return HttpResponse(status=204)
    return _opened(request, drafts.opened(user_id=user_id_of(request), draft_id=draft_id, now=timezone.now()))


def _save(request: HttpRequest, mailbox_id: int, draft_id: UUID) -> HttpResponse:
    given = sent(request)
    user_id = user_id_of(request)
    answer = drafts.save(
        user_id=user_id,
        mailbox_id=mailbox_id,
        draft_id=draft_id,
        revision=number(given, "revision"),
        fields=letters.fields_of(given.get("letter")),
        now=timezone.now(),
        settle=given.get("settle") is True,
    )
    match answer:
        case drafts.Saved():
            saved = {"revision": answer.revision, "saved_at": answer.updated_at.isoformat()}
            return JsonResponse(saved)
        case drafts.Conflict(theirs=None):
            words = _("This draft was sent, discarded or deleted elsewhere.")
            return refused(409, "gone", words, revision=answer.revision, theirs=None)
        case drafts.Conflict(theirs=theirs) if theirs is not None:
            words = _("This draft was changed elsewhere meanwhile.")
            return refused(
                409, "conflict", words, revision=answer.revision, theirs=letters.shown(user_id, theirs)
            )
    return refused(413, "too_long", _("A draft does not hold so much text. Attach it as a file."))


@require_POST
@asked
def of_message(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponse:
    """Go on with a message of the Drafts folder."""
    found = drafts.open_message(
        user_id=user_id_of(request), mailbox_id=mailbox_id, content_id=content_id, now=timezone.now()
    )
    return _opened(request, found)


def _opened(request: HttpRequest, found: drafts.Opened) -> HttpResponse:
    return JsonResponse(
        {
            "id": str(found.id),
            "mailbox": found.mailbox_id,
            "revision": found.revision,
            "saved_at": found.updated_at.isoformat(),
            "letter": letters.shown(user_id_of(request), found.fields),
        }
    )


@require_POST
@asked
def begin(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Begin an answer, or forward a message: nothing is saved yet."""
    given = sent(request)
    common = {
        "user_id": user_id_of(request),
        "mailbox_id": mailbox_id,
        "content_id": number(given, "content"),
    }
    how = given.get("how")
    match how:
        case "forward" | "forward-file":
            begun = beginning.begin_forward(
                **common, clean=letters.quoted, as_attachment=how == "forward-file"
            )
        case "reply" | "reply-all" | "reply-list":
            begun = beginning.begin_reply(
                **common, clean=letters.quoted, all=how == "reply-all", to_list=how == "reply-list"
            )
        case _:
            return refused(400, "bad_request", _("The browser sent something we cannot read."))
    if isinstance(begun, TooLarge):
        return refused(413, "too_large", wording.too_large(begun))
    return JsonResponse({"letter": letters.shown(common["user_id"], begun)})
