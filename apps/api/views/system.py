"""/audit and /system: who changed what, and how the platform is."""

from django.conf import settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Noun, Target, Verb
from apps.accounts.queries import entries_in
from apps.api import examples
from apps.api.operations import asked, operation
from apps.api.paging import page
from apps.api.permission import demand_allowed, in_reach
from apps.api.shapes.operation import AuditQuery, AuditShape, SystemShape
from apps.events import health, processes, versions


class AuditView(APIView):
    """The audit trail."""

    @operation(
        "audit_list",
        scope="audit:read",
        tag="Audit",
        summary="Read the audit trail",
        query=AuditQuery,
        answer=AuditShape,
        answer_example=examples.page(examples.ENTRY),
        is_list=True,
        problem=("forbidden",),
    )
    def get(self, request: Request) -> Response:
        """Who changed what, the newest first. Entries are sealed in a chain; nobody changes or removes one."""
        reach = in_reach(request, Noun.AUDIT)
        if not reach:
            raise PermissionDenied
        return page(
            request, entries_in(reach).filter(**asked(AuditQuery, request)), AuditShape, is_descending=True
        )


class SystemView(APIView):
    """The platform itself."""

    @operation(
        "system_read",
        scope="system:read",
        tag="System",
        summary="How is the platform?",
        answer=SystemShape,
        answer_example=examples.SYSTEM,
        problem=("forbidden",),
    )
    def get(self, request: Request) -> Response:
        """Versions, the servers it stands on, and each of its processes."""
        demand_allowed(request, Verb.VIEW, Target(Noun.SYSTEM))
        return Response(
            SystemShape(
                {
                    "version": settings.MAIL_VERSION,
                    "hostname": settings.MAIL_HOSTNAME,
                    "profile": settings.PROFILE.name,
                    "health": health.check(),
                    "processes": processes.look(),
                    **versions.versions(),
                }
            ).data
        )
