"""/mailboxes/…/messages: found, filed by hand, and taken back."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Verb
from apps.api import examples
from apps.api.mail import eyes, folder, hand, mailbox
from apps.api.operations import asked, given, operation
from apps.api.paging import PageQuery, next_link, read_cursor, write_cursor
from apps.api.permission import user_of
from apps.api.problems import Problem
from apps.api.raw import MESSAGE, OCTETS, FileRenderer, MessageRenderer
from apps.api.reading import details, row_of, whole
from apps.api.shapes.mail import (
    ConversationShape,
    DetailsShape,
    FullMessageShape,
    MessageActionShape,
    MessageDoneShape,
    MessageShape,
    PlaceQuery,
    RecentListShape,
    RecentShape,
    SearchQuery,
    UndoneShape,
    UndoShape,
)
from apps.mailflow import refile, undo
from apps.mailflow.refile import Chosen, Done, Hand, Kind
from apps.protocols import searching
from apps.protocols.mime import original
from apps.protocols.mime.header_text import one_line
from apps.store.conversations import conversation
from apps.store.finding import search
from apps.store.services.messages import ALL

DO: dict[str, Callable[[Hand, Sequence[Chosen], dict[str, Any]], Done]] = {
    Kind.MOVE: lambda who, chosen, given: refile.move(who, chosen, to=given["to_folder_id"]),
    Kind.DELETE: lambda who, chosen, _: refile.delete(who, chosen),
    Kind.ARCHIVE: lambda who, chosen, _: refile.archive(who, chosen),
    Kind.JUNK: lambda who, chosen, _: refile.junk(who, chosen),
    Kind.NOT_JUNK: lambda who, chosen, _: refile.not_junk(who, chosen),
    Kind.STAR: lambda who, chosen, _: refile.star(who, chosen),
    Kind.UNSTAR: lambda who, chosen, _: refile.star(who, chosen, on=False),
    Kind.READ: lambda who, chosen, _: refile.mark_read(who, chosen),
    Kind.UNREAD: lambda who, chosen, _: refile.mark_read(who, chosen, on=False),
    Kind.LABEL: lambda who, chosen, given: refile.label(who, chosen, given["label"]),
    Kind.UNLABEL: lambda who, chosen, given: refile.label(who, chosen, given["label"], on=False),
    "erase": lambda who, chosen, _: Done(Kind.DELETE, refile.erase(who, chosen), None),
}


class MessagesView(APIView):
    """All messages of a mailbox."""

    @operation(
        "messages_search",
        scope="mail:read",
        tag="Messages",
        summary="Search a mailbox",
        query=SearchQuery,
        answer=MessageShape,
        answer_example=examples.page(examples.MESSAGE),
        is_list=True,
        problem=("forbidden",),
    )
    def get(self, request: Request, mailbox_id: int) -> Response:
        """Find messages, the newest first, in the language of the webmail's search box.

        One answer takes a quarter of a second at most and may be short, even empty, while `next_cursor` says that
        there is more to look through.
        """
        found = mailbox(request, mailbox_id, Verb.READ)
        wanted, paging = asked(SearchQuery, request), asked(PageQuery, request)
        after = str(read_cursor(paging["cursor"], [int])[0]) if paging["cursor"] else ""
        where = folder(found, wanted["folder_id"]) if "folder_id" in wanted else None
        shown = search(
            found.pk,
            searching.parse(wanted["q"], today=timezone.localdate()),
            folder=where,
            limit=paging["limit"],
            after=after,
            user_id=eyes(request, found),
        )
        following = write_cursor([int(shown.cursor)]) if shown.cursor else None
        answer = {"items": MessageShape(shown.rows, many=True).data, "next_cursor": following}
        return next_link(request, Response(answer), following)


class MessageView(APIView):
    """One message."""

    @operation(
        "messages_read",
        scope="mail:read",
        tag="Messages",
        summary="Read a message",
        query=PlaceQuery,
        answer=FullMessageShape,
        answer_example=examples.FULL_MESSAGE,
        problem=("forbidden",),
    )
    def get(self, request: Request, mailbox_id: int, message_id: int) -> Response:
        """Its line in the list, every field of its header, its text, its HTML made safe, and its files.

        Reading it here does not mark it as read: that is an action.
        """
        found = mailbox(request, mailbox_id, Verb.READ)
        row = row_of(
            found.pk,
            message_id,
            folder_id=asked(PlaceQuery, request).get("folder_id", 0),
            user_id=eyes(request, found),
        )
        parts = DetailsShape(details(whole(found.pk, message_id))).data
        return Response({**MessageShape(row).data, **parts})


class RawMessageView(APIView):
    """One message as it is."""

    renderer_classes = (JSONRenderer, MessageRenderer)

    @operation(
        "messages_raw",
        scope="mail:read",
        tag="Messages",
        summary="Download a message",
        gives=MESSAGE,
        problem=("forbidden",),
    )
    def get(self, request: Request, mailbox_id: int, message_id: int) -> HttpResponse:
        """The message byte for byte, below what delivery put on top of it."""
        found = mailbox(request, mailbox_id, Verb.READ)
        return HttpResponse(whole(found.pk, message_id), content_type="message/rfc822")


class PartView(APIView):
    """A file of a message."""

    renderer_classes = (JSONRenderer, FileRenderer)

    @operation(
        "messages_part",
        scope="mail:read",
        tag="Messages",
        summary="Download a file of a message",
        gives=OCTETS,
        problem=("forbidden",),
    )
    def get(self, request: Request, mailbox_id: int, message_id: int, number: str) -> HttpResponse:
        """A file without its transfer encoding, always to be saved and never to be shown: it comes from anybody."""
        found = mailbox(request, mailbox_id, Verb.READ)
        part = original.take_part(whole(found.pk, message_id), number)
        if part is None:
            raise NotFound
        headers = {
            "Content-Disposition": content_disposition_header(True, one_line(part.filename)) or "attachment",  # noqa: FBT003
            "X-Content-Type-Options": "nosniff",
        }
        return HttpResponse(part.content, content_type="application/octet-stream", headers=headers)


class ConversationView(APIView):
    """The conversation of a message."""

    @operation(
        "messages_conversation",
        scope="mail:read",
        tag="Messages",
        summary="Read the conversation of a message",
        query=PlaceQuery,
        answer=ConversationShape,
        answer_example={"items": [examples.MESSAGE]},
        problem=("forbidden",),
    )
    def get(self, request: Request, mailbox_id: int, message_id: int) -> Response:
        """All messages of its conversation in this mailbox, but in Trash and Junk only those of `folder_id`."""
        found = mailbox(request, mailbox_id, Verb.READ)
        rows = conversation(
            found.pk,
            content_id=message_id,
            opened_from=asked(PlaceQuery, request).get("folder_id", 0),
            user_id=eyes(request, found),
        )
        if not rows:
            raise NotFound
        return Response({"items": MessageShape(rows, many=True).data})


class MessageActionsView(APIView):
    """What to do with messages."""

    @operation(
        "messages_act",
        scope="mail:write",
        tag="Messages",
        summary="Move, delete, flag or label messages",
        body=MessageActionShape,
        body_example={"action": "move", "ids": [4242, 4243], "to_folder_id": 12},
        answer=MessageDoneShape,
        answer_example={"action": "move", "messages": 2, "undo": 77},
        is_atomic=False,
        problem=("forbidden", "not_found", "refused"),
    )
    def post(self, request: Request, mailbox_id: int) -> Response:
        """Do it with up to a thousand messages by id, or with a whole folder; `undo` takes it back within a day.

        `delete` moves to Trash, `archive` to the archive, `junk` and `not_junk` teach the spam filter. `erase`
        removes for good.
        """
        found = mailbox(request, mailbox_id, Verb.WRITE)
        wanted, who = given(MessageActionShape, request), hand(request, found)
        folder_id = wanted.get("folder_id", 0)
        if "ids" in wanted:
            chosen = refile.chosen_of(found.pk, wanted["ids"], folder_id=folder_id)
        else:
            chosen = [Chosen(folder(found, folder_id).folder_id, ALL)]
        if "to_folder_id" in wanted:
            folder(found, wanted["to_folder_id"])
        if "label" in wanted and not refile.is_label(wanted["label"]):
            raise Problem("refused", f"No label can be called {wanted['label']!r}.")
        done = DO[wanted["action"]](who, chosen, wanted)
        if done.missing_folder:
            raise Problem("refused", "There is no folder to move them to.")
        return Response({"action": wanted["action"], "messages": done.messages, "undo": done.undo})


class UndoView(APIView):
    """Taking back."""

    @operation(
        "messages_undo",
        scope="mail:write",
        tag="Messages",
        summary="Take an action back",
        body=UndoShape,
        body_example={"undo": 77},
        answer=UndoneShape,
        answer_example={"action": "move", "restored": 2, "skipped": 0},
        is_atomic=False,
        problem=("not_found", "refused"),
    )
    def post(self, request: Request) -> Response:
        """Put every message back to its own former folder and flags; what was changed since is left alone."""
        result = undo.undo(user_of(request).id, given(UndoShape, request)["undo"])
        if isinstance(result, undo.CannotUndo):
            if result.why == undo.Why.UNKNOWN:
                raise NotFound
            words = {
                undo.Why.DONE: "It was taken back already.",
                undo.Why.LATE: "It was done more than a day ago.",
            }
            raise Problem("refused", words[result.why])
        return Response(UndoneShape(result).data)

    @operation(
        "messages_recent",
        scope="mail:read",
        tag="Messages",
        summary="What was done of late",
        answer=RecentListShape,
        answer_example={"items": [examples.RECENT]},
    )
    def get(self, request: Request) -> Response:
        """The last twenty things you did with messages within a day, by any door."""
        return Response({"items": RecentShape(undo.recent_actions(user_of(request).id), many=True).data})
