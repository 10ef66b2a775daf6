"""/domains/{id}/dns and /domains/{id}/keys: what to publish, what is published, and the keys that sign."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Verb
from apps.accounts.queries import target_of_domain
from apps.api import examples
from apps.api.lookup import one
from apps.api.operations import given, operation
from apps.api.permission import actor_of, demand
from apps.api.shapes.dns import DnsShape, KeyChangeShape
from apps.domains import dkim, looking, rotation
from apps.domains.models import Domain
from apps.domains.records import words
from apps.domains.resolver import Resolver
from apps.organisations.errors import DirectoryError


class DnsView(APIView):
    """The records of one domain."""

    @operation(
        "domains_dns_read",
        scope="directory:read",
        tag="Domains",
        summary="Read what a domain publishes",
        answer=DnsShape,
        answer_example=examples.DNS,
    )
    def get(self, request: Request, domain_id: int) -> Response:
        """Every record it should publish, with what was found when somebody last looked."""
        found = _find(request, domain_id, Verb.VIEW)
        return Response(_shown(found, looking.shown(found)))

    @operation(
        "domains_dns_look",
        scope="directory:read",
        tag="Domains",
        summary="Look what a domain publishes",
        answer=DnsShape,
        answer_example=examples.DNS,
        is_atomic=False,
    )
    def post(self, request: Request, domain_id: int) -> Response:
        """Ask DNS now, which takes up to 15 seconds; within 5 seconds of the last look you get that one's answer."""
        found = _find(request, domain_id, Verb.VIEW)
        return Response(_shown(found, looking.look_again(found, now=timezone.now())))


class KeysView(APIView):
    """The keys of one domain."""

    @operation(
        "domains_keys_rotate",
        scope="directory:write",
        tag="Domains",
        summary="Make a domain's next keys",
        answer=DnsShape,
        answer_example=examples.DNS,
        status=201,
        problem=("forbidden", "refused"),
        is_once=True,
    )
    def post(self, request: Request, domain_id: int) -> Response:
        """Make the next RSA and the next Ed25519 key; those in use sign until these have been seen in DNS for a day."""
        found = _find(request, domain_id, Verb.CHANGE)
        made = dkim.rotate(domain=found, actor=actor_of(request))
        if not made:
            raise DirectoryError("the next keys are there already, and wait until they are seen in DNS")
        return Response(_shown(found, looking.shown(found)), 201)


class KeyView(APIView):
    """One key."""

    @operation(
        "domains_keys_change",
        scope="directory:write",
        tag="Domains",
        summary="Let a key sign, or retire it",
        body=KeyChangeShape,
        body_example={"state": "active"},
        answer=DnsShape,
        answer_example=examples.DNS,
        problem=("forbidden", "refused"),
        is_atomic=False,
    )
    def patch(self, request: Request, domain_id: int, key_id: int) -> Response:
        """Make a key active, if it is seen in DNS, or retire it; one that never signed is gone then."""
        found = _find(request, domain_id, Verb.CHANGE)
        key = one(dkim.keys_of(found), id=key_id)
        if given(KeyChangeShape, request)["state"] == "retired":
            dkim.retire(domain=found, selector=key.selector, actor=actor_of(request))
        elif rotation.look(key, resolver=Resolver(), now=timezone.now()):
            dkim.activate(domain=found, selector=key.selector, actor=actor_of(request))
        else:
            raise DirectoryError("this key is not seen in DNS yet; publish its record first")
        return Response(_shown(found, looking.shown(found)))


def _find(request: Request, domain_id: int, verb: Verb) -> Domain:
    found = one(Domain.objects.select_related("organisation"), id=domain_id)
    demand(request, verb, target_of_domain(found))
    return found


def _shown(domain: Domain, looked: looking.Looked) -> dict[str, Any]:
    records = [
        {
            "kind": finding.wanted.kind,
            "need": finding.wanted.need,
            "type": finding.wanted.type,
            "name": finding.wanted.name,
            "value": finding.wanted.value,
            "state": finding.state,
            "code": finding.code,
            "reason": words.reason(finding),
            "found": finding.found,
        }
        for finding in looked.findings
    ]
    told = {"looked_at": looked.at, "faults": len(looked.faults), "records": records}
    return dict(DnsShape(told | {"keys": dkim.keys_of(domain)}).data)
