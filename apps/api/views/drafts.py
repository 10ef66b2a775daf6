"""/drafts, /identities and /uploads: what a letter is made of."""

import uuid
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Verb
from apps.api import examples
from apps.api.letters import fields_of, too_large
from apps.api.mail import mailbox
from apps.api.operations import asked, given, operation
from apps.api.permission import user_of
from apps.api.problems import Problem
from apps.api.raw import OCTETS, FileParser, most_message_bytes, raw_body
from apps.api.shapes.letters import (
    DraftShape,
    FieldsShape,
    IdentitiesShape,
    IdentityShape,
    NewIdentityShape,
    OpenedDraftShape,
    SavedShape,
    UploadQuery,
    UploadShape,
)
from apps.mailflow.writing import drafts, identities, uploads
from apps.organisations.errors import NotFoundError
from apps.protocols.html.cleaning import clean

from .letters import most_letter_bytes


class MailboxDraftView(APIView):
    """A draft in a mailbox."""

    @operation(
        "drafts_save",
        scope="mail:write",
        tag="Drafts",
        summary="Keep a draft",
        body=DraftShape,
        body_example={
            "revision": 0,
            "to": [{"address": "ana@example.net"}],
            "subject": "The garden",
            "text": "Sha",
        },
        answer=SavedShape,
        answer_example=examples.SAVED,
        is_atomic=False,
        most_bytes=most_letter_bytes,
        problem=("forbidden", "conflict", "too_large"),
    )
    def put(self, request: Request, mailbox_id: int, draft_id: uuid.UUID) -> Response:
        """Keep what was written so far, under an id you choose; addresses may be half typed.

        `revision` is the one it was written upon. If the draft went on without you, nothing is written, and the
        answer is `conflict` with what it says now as `theirs`, and its `revision` to save with.
        """
        found = mailbox(request, mailbox_id, Verb.WRITE)
        wanted = given(DraftShape, request)
        try:
            kept = drafts.save(
                user_id=user_of(request).id,
                mailbox_id=found.pk,
                draft_id=draft_id,
                revision=wanted["revision"],
                fields=fields_of(request, wanted),
                now=timezone.now(),
            )
        except NotFoundError:
            raise NotFound from None
        match kept:
            case drafts.Conflict():
                theirs: Any = FieldsShape(kept.theirs).data if kept.theirs else None
                raise Problem(
                    "conflict", "The draft went on without you.", revision=kept.revision, theirs=theirs
                )
            case drafts.TooLong():
                raise Problem("too_large", "A draft does not hold so much.")
            case drafts.Saved():
                return Response(SavedShape(kept).data)


class DraftView(APIView):
    """A draft."""

    @operation(
        "drafts_read",
        scope="mail:read",
        tag="Drafts",
        summary="Read a draft",
        answer=OpenedDraftShape,
        answer_example=examples.OPENED,
        is_atomic=False,
    )
    def get(self, request: Request, draft_id: uuid.UUID) -> Response:
        """Read a draft of yours as it is now, whoever changed it."""
        try:
            opened = drafts.opened(user_id=user_of(request).id, draft_id=draft_id, now=timezone.now())
        except NotFoundError:
            raise NotFound from None
        return Response(OpenedDraftShape(opened).data)

    @operation(
        "drafts_discard", scope="mail:write", tag="Drafts", summary="Throw a draft away", is_atomic=False
    )
    def delete(self, request: Request, draft_id: uuid.UUID) -> Response:
        """Throw it away, and its message in the Drafts folder."""
        try:
            drafts.discard(user_id=user_of(request).id, draft_id=draft_id)
        except NotFoundError:
            raise NotFound from None
        return Response(status=204)


class IdentitiesView(APIView):
    """As whom you may write."""

    @operation(
        "identities_list",
        scope="mail:read",
        tag="Drafts",
        summary="List your identities",
        answer=IdentitiesShape,
        answer_example={"items": [examples.IDENTITY]},
    )
    def get(self, request: Request) -> Response:
        """Every address that leads to you, with a name and a signature for each; the default first."""
        return Response({"items": IdentityShape(identities.identities(user_of(request).id), many=True).data})

    @operation(
        "identities_set",
        scope="mail:write",
        tag="Drafts",
        summary="Change an identity",
        body=NewIdentityShape,
        body_example={"address": "alice@example.org", "name": "Alice", "signature_text": "Alice"},
        answer=IdentityShape,
        answer_example=examples.IDENTITY,
        problem=("not_found",),
    )
    def put(self, request: Request) -> Response:
        """Say how letters written as one of your addresses begin and end."""
        wanted = given(NewIdentityShape, request)
        wanted["signature_html"] = clean(wanted["signature_html"]).html if wanted["signature_html"] else ""
        try:
            shown = identities.set_identity(user_id=user_of(request).id, **wanted)
        except NotFoundError:
            raise NotFound from None
        return Response(IdentityShape(shown).data)


class UploadsView(APIView):
    """Files for letters."""

    parser_classes = (FileParser,)

    @operation(
        "uploads_create",
        scope="mail:send",
        tag="Drafts",
        summary="Upload a file",
        raw=OCTETS,
        query=UploadQuery,
        answer=UploadShape,
        answer_example={"id": 31, "name": "plan.pdf", "media_type": "application/pdf", "size": 20480},
        status=201,
        is_once=True,
        most_bytes=most_message_bytes,
    )
    def post(self, request: Request) -> Response:
        """Keep a file, of the Content-Type it is sent with, for a letter within a day."""
        kept = uploads.add(
            user_id=user_of(request).id,
            name=asked(UploadQuery, request)["name"],
            media_type=request.content_type or "application/octet-stream",
            content=raw_body(request),
        )
        if isinstance(kept, uploads.TooLarge):
            too_large(kept)
        return Response(UploadShape(kept).data, 201)


class UploadView(APIView):
    """One of them."""

    @operation("uploads_remove", scope="mail:send", tag="Drafts", summary="Forget an upload")
    def delete(self, request: Request, upload_id: int) -> Response:
        """Forget a file; drafts that name it lose it."""
        try:
            uploads.remove(user_id=user_of(request).id, upload_id=upload_id)
        except NotFoundError:
            raise NotFound from None
        return Response(status=204)
