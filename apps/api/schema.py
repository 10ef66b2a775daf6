"""The OpenAPI document: made from the code it describes, once a process."""

import functools
import json
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Mail", ("Folders", "Messages", "Letters", "Drafts")),
    ("Directory", ("Organisations", "Domains", "Users", "Mailboxes", "Aliases", "Imports")),
    ("Spam", ("Spam rules",)),
    ("Access", ("Tokens", "Credentials", "Roles", "Sessions")),
    ("Operation", ("Queue", "Trace", "Audit", "System")),
)
"""The reference's sections, and the tags in each."""

INTRODUCTION = """
Everything the console does, for programs. Send a token with every request:

    Authorization: Bearer mp_...

A token is made in the settings, by `manage.py credential add-token`, or by `POST /api/v1/tokens`. It has scopes, may
end by itself, and may be bound to networks; it never does more than its user may.

**Lists** answer `items` and `next_cursor`. Ask again with `?cursor=` for the next page (the `Link` header has the whole
address) until it is null. `limit` is up to 200. Pages stay right while rows come and go.

**Errors** are problems (RFC 9457) of type application/problem+json. `code` never changes; `type` says where it is
explained. What you are not shown is not found (404); what you see but may not do is refused (403).

**Once.** Send `Idempotency-Key` with a POST that makes something: repeated within 24 hours, the request is done once
and answered twice (`Idempotency-Replayed: true`).

**Rate.** A token may make so many requests a minute; beyond that the answer is 429 with `Retry-After`.
"""


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How BearerToken is written in the document."""

    target_class = "apps.api.authentication.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An API token, `mp_...`."}


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: FBT001
    """Add what is said once for all of it; called by drf-spectacular."""
    result["info"]["description"] = INTRODUCTION.strip()
    result["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    result["tags"] = [{"name": tag} for _, tags in SECTIONS for tag in tags]
    for path in result["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                response["description"] = response.get("description") or _DONE.get(status, "Done.")
                if status == "429":
                    response["headers"] = {
                        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
                    }
    return _renamed(result)


def _renamed(result: dict[str, Any]) -> dict[str, Any]:
    """Return the document with shapes named as a reader would: User, not UserShape."""
    names = {
        name: name.removeprefix("Patched").removesuffix("Shape") for name in result["components"]["schemas"]
    }
    text = json.dumps(result)
    for name, short in names.items():
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{short}"')
    found: dict[str, Any] = json.loads(text)
    found["components"]["schemas"] = {
        names[name]: shape for name, shape in found["components"]["schemas"].items()
    }
    return found


_DONE = {"200": "What was asked for.", "201": "What was made.", "202": "Accepted."}


@functools.cache
def document() -> dict[str, Any]:
    """Return the document."""
    generator = SchemaGenerator(api_version="v1")  # type: ignore[no-untyped-call]
    found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found
