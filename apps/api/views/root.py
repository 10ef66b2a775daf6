"""GET /api/v1/: what this is, and who is asking."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import SignedIn
from apps.accounts.models import User


class RootView(APIView):
    """The first thing a client asks: whether its token works, and what it may do."""

    def get(self, request: Request) -> Response:
        """Answer the version, the token's user and its scopes."""
        user, signed_in = request.user, request.auth
        assert isinstance(user, User)
        assert isinstance(signed_in, SignedIn)
        return Response(
            {
                "version": settings.MAIL_VERSION,
                "user": {
                    "address": user.address,
                    "name": user.name,
                    "organisation": user.organisation.name,
                },
                "scopes": sorted(signed_in.scopes or ()),
            }
        )
