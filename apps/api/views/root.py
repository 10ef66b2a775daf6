"""GET /api/v1/: what this is, and who is asking."""

from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.operations import ANY, operation
from apps.api.permission import signed_in, user_of


class WhoShape(serializers.Serializer[Any]):
    """The token's user."""

    id = serializers.IntegerField()
    address = serializers.CharField()
    name = serializers.CharField()
    organisation = serializers.CharField()


class RootShape(serializers.Serializer[Any]):
    """What this is, and who is asking."""

    version = serializers.CharField()
    user = WhoShape()
    scopes = serializers.ListField(child=serializers.CharField())
    docs = serializers.CharField()
    schema = serializers.CharField()


class RootView(APIView):
    """The first thing a client asks: whether its token works, and what it may do."""

    @operation(
        "root",
        scope=ANY,
        tag="Tokens",
        summary="Who am I?",
        answer=RootShape,
        answer_example={
            "version": "0.1.0",
            "user": {"id": 7, "address": "alice@example.org", "name": "Alice", "organisation": "Example"},
            "scopes": ["directory:read", "mail:read"],
            "docs": "/api/v1/docs",
            "schema": "/api/v1/openapi.json",
        },
    )
    def get(self, request: Request) -> Response:
        """Answer the version, the token's user and its scopes."""
        user = user_of(request)
        return Response(
            {
                "version": settings.MAIL_VERSION,
                "user": {
                    "id": user.id,
                    "address": user.address,
                    "name": user.name,
                    "organisation": user.organisation.name,
                },
                "scopes": sorted(signed_in(request).scopes or ()),
                "docs": "/api/v1/docs",
                "schema": "/api/v1/openapi.json",
            }
        )
