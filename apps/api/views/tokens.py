"""/tokens: one's own API tokens."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import Credential
from apps.accounts.permissions import Verb
from apps.accounts.queries import target_of_credential
from apps.accounts.services import credentials
from apps.api import examples
from apps.api.lookup import one
from apps.api.operations import given, operation
from apps.api.paging import page
from apps.api.permission import actor_of, demand, token_of, user_of
from apps.api.shapes.people import CredentialShape, MadeSecretShape, NewTokenShape

TOKENS = Credential.objects.filter(kind=Credential.Kind.API_TOKEN).select_related("user")


class TokensView(APIView):
    """All of them."""

    @operation(
        "tokens_list",
        scope="access:read",
        tag="Tokens",
        summary="List your tokens",
        answer=CredentialShape,
        answer_example=examples.page(examples.TOKEN),
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        """Your own tokens; what they are is not kept."""
        return page(request, TOKENS.filter(user=user_of(request)), CredentialShape)

    @operation(
        "tokens_create",
        scope="access:write",
        tag="Tokens",
        summary="Make a token",
        body=NewTokenShape,
        body_example={
            "label": "Backup script",
            "scopes": ["directory:read", "mail:read"],
            "networks": ["192.0.2.0/24"],
            "expires_at": "2027-03-01T00:00:00Z",
        },
        answer=MadeSecretShape,
        answer_example=examples.SECRET,
        status=201,
        is_once=True,
        problem=("refused",),
    )
    def post(self, request: Request) -> Response:
        """Make a token of your own: shown this once, and never able to do more than the one that makes it."""
        by = Credential.objects.select_related("user").get(id=token_of(request))
        demand(request, Verb.CREATE, target_of_credential(by))
        made = credentials.add_token(
            user=user_of(request), **given(NewTokenShape, request), by=by, actor=actor_of(request)
        )
        return Response({"id": made.credential_id, "secret": made.secret}, 201)


class TokenView(APIView):
    """One of them."""

    @operation("tokens_revoke", scope="access:write", tag="Tokens", summary="Withdraw a token")
    def delete(self, request: Request, token_id: int) -> Response:
        """Withdraw one of your tokens, even the one in use; it opens nothing from now on."""
        found = one(TOKENS.filter(user=user_of(request)), id=token_id)
        demand(request, Verb.DELETE, target_of_credential(found))
        credentials.remove_credential(credential=found, actor=actor_of(request))
        return Response(status=204)
