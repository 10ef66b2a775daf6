"""/domains: names we serve."""

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Noun, Target, Verb, may
from apps.accounts.queries import domains_in, target_of_domain
from apps.api import examples
from apps.api.lookup import named_organisation, one
from apps.api.operations import given, operation
from apps.api.paging import page
from apps.api.permission import (
    actor_of,
    demand,
    demand_fields,
    demand_seen,
    demand_somewhere,
    in_reach,
    subject,
    user_of,
)
from apps.api.shapes.directory import DomainChangeShape, DomainShape, NewDomainShape
from apps.domains import services
from apps.domains.models import Domain

from .organisations import PLACE_VERBS


class DomainsView(APIView):
    """All of them."""

    @operation(
        "domains_list",
        scope="directory:read",
        tag="Domains",
        summary="List domains",
        answer=DomainShape,
        answer_example=examples.page(examples.DOMAIN),
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        """Those where you have a role, in the order they were added."""
        return page(request, domains_in(in_reach(request, Noun.DOMAIN)), DomainShape)

    @operation(
        "domains_create",
        scope="directory:write",
        tag="Domains",
        summary="Serve a domain",
        body=NewDomainShape,
        body_example={"name": "example.org"},
        answer=DomainShape,
        answer_example=examples.DOMAIN,
        status=201,
        is_once=True,
        problem=("forbidden", "already_exists", "refused"),
    )
    def post(self, request: Request) -> Response:
        """Serve a domain for an organisation: addresses in it can be made at once, mail comes when its MX leads here."""
        demand_somewhere(request, Verb.CREATE, Noun.DOMAIN)
        wanted = given(NewDomainShape, request)
        organisation = named_organisation(
            request, wanted.pop("organisation_id", user_of(request).organisation_id)
        )
        target = Target(Noun.DOMAIN, organisation.id)
        for verb in (Verb.CREATE, *((Verb.LIMIT,) if wanted["quota_bytes"] is not None else ())):
            if not may(subject(request), verb, target):
                raise PermissionDenied(f"You may not {verb} this domain.")
        made = services.create_domain(organisation=organisation, **wanted, actor=actor_of(request))
        return Response(DomainShape(made).data, 201)


class DomainView(APIView):
    """One of them."""

    @operation(
        "domains_read",
        scope="directory:read",
        tag="Domains",
        summary="Read a domain",
        answer=DomainShape,
        answer_example=examples.DOMAIN,
    )
    def get(self, request: Request, domain_id: int) -> Response:
        """Read one domain."""
        found = _find(domain_id)
        demand(request, Verb.VIEW, target_of_domain(found))
        return Response(DomainShape(found).data)

    @operation(
        "domains_change",
        scope="directory:write",
        tag="Domains",
        summary="Change a domain",
        body=DomainChangeShape,
        body_example={"is_active": False},
        answer=DomainShape,
        answer_example=examples.DOMAIN | {"is_active": False},
        problem=("forbidden", "refused"),
    )
    def patch(self, request: Request, domain_id: int) -> Response:
        """Switch it off or on, change how much all its mail may take, or its rule for TLS. Nothing is deleted by switching off."""
        found = _find(domain_id)
        target, actor = target_of_domain(found), actor_of(request)
        demand_seen(request, target)
        wanted = given(DomainChangeShape, request)
        demand_fields(request, target, wanted, PLACE_VERBS)
        if "quota_bytes" in wanted:
            services.set_quota(domain=found, quota_bytes=wanted["quota_bytes"], actor=actor)
        if "sts_mode" in wanted:
            services.set_sts_mode(domain=found, mode=wanted["sts_mode"], actor=actor)
        if "is_active" in wanted:
            switch = services.enable_domain if wanted["is_active"] else services.disable_domain
            switch(domain=found, actor=actor)
        return Response(DomainShape(found).data)

    @operation(
        "domains_delete",
        scope="directory:write",
        tag="Domains",
        summary="Delete a domain",
        problem=("forbidden", "refused"),
    )
    def delete(self, request: Request, domain_id: int) -> Response:
        """Serve it no more; refused while it has users, mailboxes (or mail of deleted ones) or aliases."""
        found = _find(domain_id)
        demand(request, Verb.DELETE, target_of_domain(found))
        services.delete_domain(domain=found, actor=actor_of(request))
        return Response(status=204)


def _find(domain_id: int) -> Domain:
    return one(Domain.objects.select_related("organisation"), id=domain_id)
