"""/aliases: addresses that only point."""

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Noun, Target, Verb, may
from apps.api import examples
from apps.api.lookup import domain_of, one
from apps.api.operations import asked, given, operation
from apps.api.paging import page
from apps.api.permission import (
    actor_of,
    demand,
    demand_fields,
    demand_seen,
    demand_somewhere,
    in_reach,
    subject,
)
from apps.api.shapes.directory import AliasChangeShape, AliasShape, NewAliasShape
from apps.api.shapes.filters import AddressQuery
from apps.mailboxes import services
from apps.mailboxes.models import Alias
from apps.mailboxes.queries import aliases_in, target_of_alias

FULL = Alias.objects.select_related("domain")


class AliasesView(APIView):
    """All of them."""

    @operation(
        "aliases_list",
        scope="directory:read",
        tag="Aliases",
        summary="List aliases",
        query=AddressQuery,
        answer=AliasShape,
        answer_example=examples.page(examples.ALIAS),
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        """Those of the places where you have a role."""
        rows = aliases_in(in_reach(request, Noun.ALIAS))
        if address := asked(AddressQuery, request)["address"]:
            local, _, domain = address.lower().rpartition("@")
            rows = rows.filter(local_part=local, domain__name=domain)
        return page(request, rows, AliasShape)

    @operation(
        "aliases_create",
        scope="directory:write",
        tag="Aliases",
        summary="Make an alias",
        body=NewAliasShape,
        body_example={"address": "sales@example.org", "targets": ["alice@example.org"]},
        answer=AliasShape,
        answer_example=examples.ALIAS,
        status=201,
        is_once=True,
        problem=("forbidden", "already_exists", "refused"),
    )
    def post(self, request: Request) -> Response:
        """Make an address that points to others, ours or not."""
        demand_somewhere(request, Verb.CREATE, Noun.ALIAS)
        wanted = given(NewAliasShape, request)
        domain = domain_of(request, wanted["address"])
        if not may(subject(request), Verb.CREATE, Target(Noun.ALIAS, domain.organisation_id, domain.id)):
            raise PermissionDenied
        made = services.create_alias(**wanted, actor=actor_of(request))
        return Response(AliasShape(made).data, 201)


class AliasView(APIView):
    """One of them."""

    @operation(
        "aliases_read",
        scope="directory:read",
        tag="Aliases",
        summary="Read an alias",
        answer=AliasShape,
        answer_example=examples.ALIAS,
    )
    def get(self, request: Request, alias_id: int) -> Response:
        """Read one alias."""
        found = one(FULL, id=alias_id)
        demand(request, Verb.VIEW, target_of_alias(found))
        return Response(AliasShape(found).data)

    @operation(
        "aliases_change",
        scope="directory:write",
        tag="Aliases",
        summary="Change an alias",
        body=AliasChangeShape,
        body_example={"targets": ["bob@example.org"]},
        answer=AliasShape,
        answer_example=examples.ALIAS | {"targets": ["bob@example.org"]},
        problem=("forbidden", "refused"),
    )
    def patch(self, request: Request, alias_id: int) -> Response:
        """Let it point elsewhere, or switch it off or on."""
        found = one(FULL, id=alias_id)
        target, actor = target_of_alias(found), actor_of(request)
        demand_seen(request, target)
        wanted = given(AliasChangeShape, request)
        demand_fields(request, target, wanted, {"is_active": Verb.DISABLE})
        if "targets" in wanted:
            services.change_alias(alias=found, targets=wanted["targets"], actor=actor)
        if "is_active" in wanted:
            switch = services.enable_alias if wanted["is_active"] else services.disable_alias
            switch(alias=found, actor=actor)
        return Response(AliasShape(found).data)

    @operation(
        "aliases_delete",
        scope="directory:write",
        tag="Aliases",
        summary="Delete an alias",
        problem=("forbidden",),
    )
    def delete(self, request: Request, alias_id: int) -> Response:
        """Remove it; its address is free again."""
        found = one(FULL, id=alias_id)
        demand(request, Verb.DELETE, target_of_alias(found))
        services.delete_alias(alias=found, actor=actor_of(request))
        return Response(status=204)
