"""Whatever the API does not have, it says so in its own words."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class MissingView(APIView):
    """Answers 404 as a problem, to those who are signed in."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    @extend_schema(exclude=True)
    def get(self, request: Request, rest: str) -> Response:
        """There is nothing here."""
        raise Http404

    post = put = patch = delete = get
