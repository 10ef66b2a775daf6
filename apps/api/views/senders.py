"""/domains/{id}/senders, /tls, /complaints and /reports: who sends in a domain's name, as others reported it."""

import datetime as dt

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Verb
from apps.accounts.queries import target_of_domain
from apps.api import examples
from apps.api.lookup import one
from apps.api.operations import asked, operation
from apps.api.paging import page
from apps.api.permission import demand
from apps.api.shapes.senders import ComplaintShape, ReceivedShape, SendersFilter, SendersShape, SessionsShape
from apps.domains.models import Domain
from apps.reports import advice, queries


class SendersView(APIView):
    """Sources of one domain."""

    @operation(
        "senders_list",
        scope="directory:read",
        tag="Domains",
        summary="List who sends in a domain's name",
        query=SendersFilter,
        answer=SendersShape,
        answer_example={"items": [examples.SENDER]},
    )
    def get(self, request: Request, domain_id: int) -> Response:
        """What receivers reported of each address, what it seems to be, and whether it passed."""
        found = _seen(request, domain_id)
        since = timezone.now().date() - dt.timedelta(days=asked(SendersFilter, request)["days"])
        items = [
            {
                "address": source.address,
                "name": source.name,
                "kind": advice.kind_of(source, found.name).value,
                "messages": source.messages,
                "passed": source.passed,
                "dkim": source.dkim,
                "spf": source.spf,
                "stopped": source.stopped,
                "authenticated_as": advice.others(source, found.name),
                "reporters": source.reporters,
                "last": source.last,
            }
            for source in queries.sources_of(found, since=since)
        ]
        return Response(SendersShape({"items": items}).data)


class TlsView(APIView):
    """TLS to the servers of one domain."""

    @operation(
        "tls_troubles_list",
        scope="directory:read",
        tag="Domains",
        summary="List how TLS to a domain's servers failed",
        query=SendersFilter,
        answer=SessionsShape,
        answer_example={"well": 120, "failed": 7, "items": [examples.TROUBLE]},
    )
    def get(self, request: Request, domain_id: int) -> Response:
        """What other servers reported of their TLS sessions (RFC 8460), by reason."""
        found = _seen(request, domain_id)
        since = timezone.now().date() - dt.timedelta(days=asked(SendersFilter, request)["days"])
        well, failed = queries.sessions_of(found, since=since)
        items = queries.troubles_of(found, since=since)
        return Response(SessionsShape({"well": well, "failed": failed, "items": items}).data)


class ComplaintsView(APIView):
    """Complaints about mail of one domain."""

    @operation(
        "complaints_list",
        scope="directory:read",
        tag="Domains",
        summary="List complaints about a domain's mail",
        answer=ComplaintShape,
        answer_example=examples.page(examples.COMPLAINT),
        is_list=True,
    )
    def get(self, request: Request, domain_id: int) -> Response:
        """What feedback loops sent to abuse@, in the order it came."""
        return page(request, queries.complaints_of(_seen(request, domain_id)), ComplaintShape)


class ReportsView(APIView):
    """Reports about one domain."""

    @operation(
        "reports_list",
        scope="directory:read",
        tag="Domains",
        summary="List reports about a domain",
        answer=ReceivedShape,
        answer_example=examples.page(examples.REPORT),
        is_list=True,
    )
    def get(self, request: Request, domain_id: int) -> Response:
        """The DMARC and TLS reports that came about it, in the order they came."""
        return page(request, queries.received_of(_seen(request, domain_id)), ReceivedShape)


def _seen(request: Request, domain_id: int) -> Domain:
    found = one(Domain.objects.select_related("organisation"), id=domain_id)
    demand(request, Verb.VIEW, target_of_domain(found))
    return found
