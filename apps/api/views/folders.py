"""/mailboxes/…/folders: folders, the messages in them, and what changes."""

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Verb
from apps.api import examples
from apps.api.mail import eyes, folder, mailbox
from apps.api.operations import asked, given, operation
from apps.api.paging import PageQuery, next_link, read_cursor, write_cursor
from apps.api.problems import Problem
from apps.api.raw import MESSAGE, MessageParser, most_message_bytes, raw_body
from apps.api.shapes.mail import (
    AppendedShape,
    AppendQuery,
    ChangesQuery,
    ChangesShape,
    FolderNameShape,
    FolderPageQuery,
    FolderShape,
    FoldersShape,
    MessageShape,
)
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.store.flags import Flags
from apps.store.folder_tree import FolderRow, folder_tree
from apps.store.list_window import Filter, changes_since, page
from apps.store.services import folders
from apps.store.services.appending import append_one
from apps.store.values import FolderRef, NoFolder, OverQuota, Placed


class FoldersView(APIView):
    """All folders of a mailbox."""

    @operation(
        "folders_list",
        scope="mail:read",
        tag="Folders",
        summary="List the folders of a mailbox",
        answer=FoldersShape,
        answer_example={"items": [examples.FOLDER]},
        problem=("forbidden",),
    )
    def get(self, request: Request, mailbox_id: int) -> Response:
        """All of them with their counters, INBOX first."""
        found = mailbox(request, mailbox_id, Verb.READ)
        rows = folder_tree(found.pk, user_id=eyes(request, found))
        return Response({"items": FolderShape(rows, many=True).data})

    @operation(
        "folders_create",
        scope="mail:write",
        tag="Folders",
        summary="Make a folder",
        body=FolderNameShape,
        body_example={"name": "Projects/Garden"},
        answer=FolderShape,
        answer_example=examples.FOLDER,
        status=201,
        is_once=True,
        problem=("forbidden", "already_exists", "refused"),
    )
    def post(self, request: Request, mailbox_id: int) -> Response:
        """Make a folder, and those above it that are missing."""
        found = mailbox(request, mailbox_id, Verb.WRITE)
        made = _checked(perform(folders.create(found.pk, given(FolderNameShape, request)["name"])))
        return Response(FolderShape(_row(request, found, made)).data, 201)


class FolderView(APIView):
    """One folder."""

    @operation(
        "folders_read",
        scope="mail:read",
        tag="Folders",
        summary="Read a folder",
        answer=FolderShape,
        answer_example=examples.FOLDER,
        problem=("forbidden",),
    )
    def get(self, request: Request, mailbox_id: int, folder_id: int) -> Response:
        """Its name and counters."""
        found = mailbox(request, mailbox_id, Verb.READ)
        return Response(FolderShape(_row(request, found, folder(found, folder_id))).data)

    @operation(
        "folders_rename",
        scope="mail:write",
        tag="Folders",
        summary="Rename a folder",
        body=FolderNameShape,
        body_example={"name": "Projects/Garden 2026"},
        answer=FolderShape,
        answer_example=examples.FOLDER | {"name": "Projects/Garden 2026"},
        problem=("forbidden", "already_exists", "refused"),
    )
    def patch(self, request: Request, mailbox_id: int, folder_id: int) -> Response:
        """Rename a folder and all below it. INBOX stays, and its messages go to the new folder."""
        found = mailbox(request, mailbox_id, Verb.WRITE)
        old = _row(request, found, folder(found, folder_id))
        made = _checked(perform(folders.rename(found.pk, old.name, given(FolderNameShape, request)["name"])))
        return Response(FolderShape(_row(request, found, made)).data)

    @operation(
        "folders_delete",
        scope="mail:write",
        tag="Folders",
        summary="Delete a folder",
        problem=("forbidden", "refused"),
    )
    def delete(self, request: Request, mailbox_id: int, folder_id: int) -> Response:
        """Delete a folder and its messages, for good; folders below it stay."""
        found = mailbox(request, mailbox_id, Verb.WRITE)
        match perform(folders.delete(folder(found, folder_id))):
            case folders.InboxStays():
                raise Problem("refused", "INBOX cannot be deleted.")
            case NoFolder():
                raise NotFound
        return Response(status=204)


class FolderMessagesView(APIView):
    """The messages of a folder."""

    parser_classes = (MessageParser,)

    @operation(
        "folders_messages",
        scope="mail:read",
        tag="Folders",
        summary="List the messages of a folder",
        query=FolderPageQuery,
        answer=MessageShape,
        answer_example=examples.page(examples.MESSAGE),
        is_list=True,
        problem=("forbidden",),
    )
    def get(self, request: Request, mailbox_id: int, folder_id: int) -> Response:
        """The newest first, by uid; a page stays where it is while mail comes and goes."""
        found = mailbox(request, mailbox_id, Verb.READ)
        paging = asked(PageQuery, request)
        below = read_cursor(paging["cursor"], [int])[0] if paging["cursor"] else 2**32
        shown = page(
            FolderRef(found.pk, folder_id),
            below=max(0, min(below, 2**32)),
            count=paging["limit"],
            filter=Filter(**asked(FolderPageQuery, request)),
            user_id=eyes(request, found),
        )
        if shown is None:
            raise NotFound
        following = write_cursor([shown.following]) if shown.following else None
        answer = {"items": MessageShape(shown.rows, many=True).data, "next_cursor": following}
        return next_link(request, Response(answer), following)

    @operation(
        "messages_append",
        scope="mail:write",
        tag="Messages",
        summary="Put a message into a folder",
        raw=MESSAGE,
        query=AppendQuery,
        answer=AppendedShape,
        answer_example={"id": 4244, "folder_id": 12, "uid": 42},
        status=201,
        is_once=True,
        most_bytes=most_message_bytes,
        problem=("forbidden", "refused", "over_quota"),
    )
    def post(self, request: Request, mailbox_id: int, folder_id: int) -> Response:
        """Keep a message as it is, byte for byte, as IMAP's APPEND does. Nobody is sent anything."""
        found = mailbox(request, mailbox_id, Verb.WRITE)
        ref, wanted = folder(found, folder_id), asked(AppendQuery, request)
        placed = append_one(
            found.domain.organisation_id,
            ref,
            raw_body(request),
            flags=Flags.named(*wanted["flags"].split()),
            received_at=wanted.get("received_at", timezone.now()),
            reader=eyes(request, found),
        )
        match placed:
            case Placed():
                answer = {"id": placed.content_id, "folder_id": placed.folder_id, "uid": placed.uid}
                return Response(answer, 201)
            case OverQuota():
                raise Problem("over_quota", f"The {placed.over} is full.")
            case NoFolder():
                raise NotFound


class ChangesView(APIView):
    """What changes in a folder."""

    @operation(
        "folders_changes",
        scope="mail:read",
        tag="Folders",
        summary="What changed in a folder?",
        query=ChangesQuery,
        answer=ChangesShape,
        answer_example={
            "modseq": 815,
            "reset": False,
            "messages": 10412,
            "unread": 3,
            "vanished": [40],
            "new": [examples.MESSAGE],
            "changed": [],
        },
        problem=("forbidden",),
    )
    def get(self, request: Request, mailbox_id: int, folder_id: int) -> Response:
        """New messages, changed flags and uids that are gone since a modseq; it costs little to ask often."""
        found = mailbox(request, mailbox_id, Verb.READ)
        since = asked(ChangesQuery, request)["since"]
        changes = changes_since(FolderRef(found.pk, folder_id), since, user_id=eyes(request, found))
        if changes is None:
            raise NotFound
        return Response(ChangesShape(changes).data)


def _row(request: Request, found: Mailbox, ref: FolderRef) -> FolderRow:
    rows = folder_tree(found.pk, user_id=eyes(request, found))
    row = next((row for row in rows if row.id == ref.folder_id), None)
    if row is None:
        raise NotFound
    return row


def _checked(made: FolderRef | NoFolder | folders.FolderExists | folders.BadName) -> FolderRef:
    match made:
        case FolderRef():
            return made
        case folders.FolderExists(name):
            raise Problem("already_exists", f"There is a folder {name} already.")
        case folders.BadName(name):
            raise Problem("refused", f"No folder can be called {name!r}.")
        case NoFolder():
            raise NotFound
