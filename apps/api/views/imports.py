"""/imports: people made from a table; each run is shown to nobody but who sent it, for it may hold passwords."""

import uuid
from dataclasses import dataclass
from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Noun, Verb, reach_of
from apps.api import examples
from apps.api.lookup import one
from apps.api.operations import asked, operation
from apps.api.paging import PageQuery, answer, page, read_cursor
from apps.api.permission import actor_of, subject, user_of
from apps.api.raw import FileParser, raw_body
from apps.api.shapes.imports import (
    ImportQuery,
    ImportRowShape,
    ImportShape,
    ImportStateShape,
    MadePasswordsShape,
    RowsQuery,
)
from apps.mailflow.models import Roster, RosterLine
from apps.mailflow.roster import files, plans, results, runs
from apps.mailflow.roster.deciding import Options, Outcome
from apps.protocols.tables import MAX_BYTES

CSV = {"text/csv": OpenApiTypes.BINARY}
_MAKES = (Noun.USER, Noun.MAILBOX, Noun.ALIAS)


@dataclass(frozen=True, slots=True)
class _Line:
    line: int
    address: str
    outcome: str
    text: str


class ImportsView(APIView):
    """All of yours."""

    parser_classes = (FileParser,)

    @operation(
        "imports_list",
        scope="directory:read",
        tag="Imports",
        summary="List imports",
        answer=ImportShape,
        answer_example=examples.page(examples.IMPORT),
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        """Your own, the newest first; they are forgotten after a week."""
        return page(request, _mine(request), ImportShape, keys=("created_at", "id"), is_descending=True)

    @operation(
        "imports_create",
        scope="directory:write",
        tag="Imports",
        summary="Import people from a table",
        raw=CSV,
        query=ImportQuery,
        answer=ImportStateShape,
        answer_example=examples.IMPORT_STATE,
        status=202,
        is_once=True,
        most_bytes=MAX_BYTES,
        problem=("forbidden", "refused"),
    )
    def post(self, request: Request) -> Response:
        """Make users, mailboxes and aliases from a CSV file whose first row names the columns.

        They are called address, kind (mailbox, user, shared, alias), name, password, password hash, quota, owner,
        targets, language; only the address is needed. With `dry_run` the table is only looked at, and waits to be told
        to go; without, a worker begins at once. Setting passwords needs the scope `access:write`, too.
        """
        _demand(request)
        wanted = asked(ImportQuery, request)
        made = runs.upload(
            user=user_of(request),
            name=wanted["name"],
            data=raw_body(request),
            options=Options(wanted["update"], wanted["make_passwords"]),
            actor=actor_of(request),
        )
        files.check_columns(runs.table_of(made), runs.mapped(made))
        plans.make(roster=made, who=subject(request))
        if not wanted["dry_run"]:
            _begin(request, made)
        return Response(_state(made), 202)


class ImportView(APIView):
    """One of them."""

    @operation(
        "imports_read",
        scope="directory:read",
        tag="Imports",
        summary="Read an import",
        answer=ImportStateShape,
        answer_example=examples.IMPORT_STATE,
    )
    def get(self, request: Request, import_id: uuid.UUID) -> Response:
        """How far it is, and what came of its rows."""
        return Response(_state(one(_mine(request), id=import_id)))

    @operation(
        "imports_delete",
        scope="directory:write",
        tag="Imports",
        summary="Forget an import",
        problem=("refused",),
    )
    def delete(self, request: Request, import_id: uuid.UUID) -> Response:
        """Forget it and its result, if it is not under way. What it made stays."""
        runs.delete(roster=one(_mine(request), id=import_id))
        return Response(status=204)


class ImportRowsView(APIView):
    """The rows of one."""

    @operation(
        "imports_rows",
        scope="directory:read",
        tag="Imports",
        summary="List the rows of an import",
        query=RowsQuery,
        answer=ImportRowShape,
        answer_example=examples.page(examples.IMPORT_ROW),
        is_list=True,
    )
    def get(self, request: Request, import_id: uuid.UUID) -> Response:
        """Before it begins, what would become of each; afterwards, what became of each that is done."""
        found = one(_mine(request), id=import_id)
        outcome, query = asked(RowsQuery, request).get("outcome"), asked(PageQuery, request)
        after = read_cursor(query["cursor"], [int])[0] if query["cursor"] else 0
        read = _planned if found.state == Roster.State.WAITING else _done
        return answer(
            request,
            read(found, outcome, after, query["limit"] + 1),
            query["limit"],
            encode=lambda items: ImportRowShape(items, many=True).data,
            key=lambda row: [row.line],
        )


class ImportGoView(APIView):
    """Lets one begin."""

    @operation(
        "imports_go",
        scope="directory:write",
        tag="Imports",
        summary="Let an import begin",
        answer=ImportStateShape,
        answer_example=examples.IMPORT_STATE,
        status=202,
        problem=("forbidden", "refused"),
    )
    def post(self, request: Request, import_id: uuid.UUID) -> Response:
        """Do what the dry run said; every row is asked again, and done as far as this token may."""
        found = one(_mine(request), id=import_id)
        _demand(request)
        _begin(request, found)
        return Response(_state(found), 202)


class ImportStopView(APIView):
    """Ends one."""

    @operation(
        "imports_stop",
        scope="directory:write",
        tag="Imports",
        summary="Stop an import",
        answer=ImportStateShape,
        answer_example=examples.IMPORT_STATE,
        problem=("refused",),
    )
    def post(self, request: Request, import_id: uuid.UUID) -> Response:
        """End it before its last row. What it made stays."""
        found = one(_mine(request), id=import_id)
        runs.stop(roster=found)
        found.refresh_from_db(fields=["state", "finished_at"])
        return Response(_state(found))


class ImportPasswordsView(APIView):
    """The passwords one made."""

    @operation(
        "imports_passwords",
        scope="access:write",
        tag="Imports",
        summary="Take the passwords that were made",
        answer=MadePasswordsShape,
        answer_example={"items": [examples.MADE_PASSWORD]},
        problem=("refused",),
    )
    def post(self, request: Request, import_id: uuid.UUID) -> Response:
        """Those of new users who had none in the table. Ten minutes after the first time they are forgotten."""
        found = one(_mine(request), id=import_id)
        told = results.take(roster=found, who=subject(request), actor=actor_of(request))
        rows = RosterLine.objects.filter(roster=found, line__in=told).order_by("line")
        items = [
            {"line": line, "address": address, "password": told[line]}
            for line, address in rows.values_list("line", "address")
        ]
        return Response({"items": items}, headers={"Cache-Control": "no-store"})


def _mine(request: Request) -> Any:
    return Roster.objects.filter(user=user_of(request)).defer("file", "plan")


def _demand(request: Request) -> None:
    if not any(reach_of(subject(request), Verb.CREATE, noun) for noun in _MAKES):
        raise PermissionDenied("You may not make users, mailboxes or aliases anywhere.")


def _begin(request: Request, run: Roster) -> None:
    if runs.begin(roster=run, scopes=subject(request).scopes):
        runs.wake_worker()


def _state(run: Roster) -> Any:
    run.counted = {str(one): number for one, number in runs.counts(run).items()}  # type: ignore[attr-defined]
    run.has_passwords = results.has_passwords(run)  # type: ignore[attr-defined]
    return ImportStateShape(run).data


def _planned(run: Roster, outcome: str | None, after: int, size: int) -> list[_Line]:
    chosen = {Outcome(outcome)} if outcome else set(Outcome)
    rows, _following = plans.part(plans.read(run), chosen, after=after, size=size)
    return [_Line(row.line, row.address, row.outcome, row.text) for row in rows]


def _done(run: Roster, outcome: str | None, after: int, size: int) -> list[_Line]:
    rows = RosterLine.objects.filter(roster=run, line__gt=after).defer("password").order_by("line")
    rows = rows.filter(outcome=outcome) if outcome else rows
    return [_Line(row.line, row.address, row.outcome, row.said) for row in rows[:size]]
