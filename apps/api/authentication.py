"""Bearer tokens (RFC 6750): in the Authorization header, and nowhere else."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.authentication import Refused, SignedIn, authenticate_token
from apps.accounts.models import User


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer mp_...`: the request's `user` is the token's, its `auth` the SignedIn."""

    def authenticate(self, request: Request) -> tuple[User, SignedIn] | None:
        """Return who asks; None where no token is shown."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        # Latin-1 reads any bytes; what is no token is found nowhere.
        token = b" ".join(words[1:]).decode("latin-1")
        answer = authenticate_token(token, peer=request.META.get("REMOTE_ADDR"))
        if isinstance(answer, Refused):
            raise AuthenticationFailed("This token is not valid here.")
        return User.objects.select_related("organisation").get(id=answer.user_id), answer

    def authenticate_header(self, request: Request) -> str:
        """Say how to sign in, with every 401."""
        return 'Bearer realm="api"'
