"""/organisations: tenants."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Noun, Target, Verb
from apps.accounts.queries import organisations_in, target_of_organisation
from apps.api import examples
from apps.api.lookup import one
from apps.api.operations import given, operation
from apps.api.paging import page
from apps.api.permission import actor_of, demand, demand_fields, demand_seen, demand_somewhere, in_reach
from apps.api.shapes.directory import (
    ForwardersShape,
    NewOrganisationShape,
    OrganisationShape,
    PlaceChangeShape,
)
from apps.mailflow.forwarders import forwarders_of, set_forwarders
from apps.organisations import services
from apps.organisations.models import Organisation

FORWARDERS = {"forwarders": ["192.0.2.0/24", "lists.example.org"]}
PLACE_VERBS = {"quota_bytes": Verb.LIMIT, "is_active": Verb.DISABLE}


class OrganisationsView(APIView):
    """All of them."""

    @operation(
        "organisations_list",
        scope="directory:read",
        tag="Organisations",
        summary="List organisations",
        answer=OrganisationShape,
        answer_example=examples.page(examples.ORGANISATION),
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        """Those where you have a role, in the order they were made."""
        return page(request, organisations_in(in_reach(request, Noun.ORGANISATION)), OrganisationShape)

    @operation(
        "organisations_create",
        scope="directory:write",
        tag="Organisations",
        summary="Make an organisation",
        body=NewOrganisationShape,
        body_example={"name": "Example"},
        answer=OrganisationShape,
        answer_example=examples.ORGANISATION,
        status=201,
        is_once=True,
        problem=("forbidden", "already_exists", "refused"),
    )
    def post(self, request: Request) -> Response:
        """Make a tenant, which then may own domains and users."""
        demand_somewhere(request, Verb.CREATE, Noun.ORGANISATION)
        demand(request, Verb.CREATE, Target(Noun.ORGANISATION))
        made = services.create_organisation(**given(NewOrganisationShape, request), actor=actor_of(request))
        return Response(OrganisationShape(made).data, 201)


class OrganisationView(APIView):
    """One of them."""

    @operation(
        "organisations_read",
        scope="directory:read",
        tag="Organisations",
        summary="Read an organisation",
        answer=OrganisationShape,
        answer_example=examples.ORGANISATION,
    )
    def get(self, request: Request, organisation_id: int) -> Response:
        """Read one tenant."""
        found = one(Organisation.objects.all(), id=organisation_id)
        demand(request, Verb.VIEW, target_of_organisation(found))
        return Response(OrganisationShape(found).data)

    @operation(
        "organisations_change",
        scope="directory:write",
        tag="Organisations",
        summary="Change an organisation",
        body=PlaceChangeShape,
        body_example={"quota_bytes": 1099511627776},
        answer=OrganisationShape,
        answer_example=examples.ORGANISATION,
        problem=("forbidden", "refused"),
    )
    def patch(self, request: Request, organisation_id: int) -> Response:
        """Switch it off or on, or change how much all its mail may take. Nothing is deleted by switching off."""
        found = one(Organisation.objects.all(), id=organisation_id)
        target, actor = target_of_organisation(found), actor_of(request)
        demand_seen(request, target)
        wanted = given(PlaceChangeShape, request)
        demand_fields(request, target, wanted, PLACE_VERBS)
        if "quota_bytes" in wanted:
            services.set_quota(organisation=found, quota_bytes=wanted["quota_bytes"], actor=actor)
        if "is_active" in wanted:
            switch = services.enable_organisation if wanted["is_active"] else services.disable_organisation
            switch(organisation=found, actor=actor)
        return Response(OrganisationShape(found).data)

    @operation(
        "organisations_delete",
        scope="directory:write",
        tag="Organisations",
        summary="Delete an organisation",
        problem=("forbidden", "refused"),
    )
    def delete(self, request: Request, organisation_id: int) -> Response:
        """Delete a tenant; refused while it has domains or users, or mail of theirs waits in the queue."""
        found = one(Organisation.objects.all(), id=organisation_id)
        demand(request, Verb.DELETE, target_of_organisation(found))
        services.delete_organisation(organisation=found, actor=actor_of(request))
        return Response(status=204)


class ForwardersView(APIView):
    """Whom it believes."""

    @operation(
        "forwarders_read",
        scope="directory:read",
        tag="Organisations",
        summary="Read whom an organisation believes",
        answer=ForwardersShape,
        answer_example=FORWARDERS,
    )
    def get(self, request: Request, organisation_id: int) -> Response:
        """Hosts and lists whose mail is taken though it fails its author's DMARC policy."""
        found = one(Organisation.objects.all(), id=organisation_id)
        demand(request, Verb.VIEW, target_of_organisation(found))
        return Response({"forwarders": forwarders_of(found.id)})

    @operation(
        "forwarders_set",
        scope="directory:write",
        tag="Organisations",
        summary="Say whom an organisation believes",
        body=ForwardersShape,
        body_example=FORWARDERS,
        answer=ForwardersShape,
        answer_example=FORWARDERS,
        problem=("forbidden", "refused"),
    )
    def put(self, request: Request, organisation_id: int) -> Response:
        """Believe these domains and networks, and no others.

        A domain counts where the name of the host, SPF, a signature or a seal proves it.
        """
        found = one(Organisation.objects.all(), id=organisation_id)
        demand(request, Verb.CHANGE, target_of_organisation(found))
        words = given(ForwardersShape, request)["forwarders"]
        return Response(
            {"forwarders": set_forwarders(organisation=found, words=words, actor=actor_of(request))}
        )
