"""/users: people who sign in."""

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Noun, Target, Verb, may
from apps.accounts.queries import target_of_user, users_in
from apps.accounts.services import credentials, users
from apps.api import examples
from apps.api.lookup import domain_of, named_user, seen_user, shown_user
from apps.api.operations import asked, given, operation
from apps.api.paging import page
from apps.api.permission import (
    actor_of,
    demand_allowed,
    demand_fields,
    demand_seen,
    demand_somewhere,
    in_reach,
    subject,
)
from apps.api.shapes.filters import AddressQuery, LeaverQuery
from apps.api.shapes.people import NewUserShape, PasswordShape, UserChangeShape, UserShape
from apps.mailflow.removal import delete_user


class UsersView(APIView):
    """All of them."""

    @operation(
        "users_list",
        scope="directory:read",
        tag="Users",
        summary="List users",
        query=AddressQuery,
        answer=UserShape,
        answer_example=examples.page(examples.USER),
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        """Those of the places where you have a role, and yourself."""
        rows = users_in(in_reach(request, Noun.USER))
        if address := asked(AddressQuery, request)["address"]:
            rows = rows.filter(address=address.lower())
        return page(request, rows, UserShape)

    @operation(
        "users_create",
        scope="directory:write",
        tag="Users",
        summary="Make a user",
        body=NewUserShape,
        body_example={"address": "alice@example.org", "name": "Alice"},
        answer=UserShape,
        answer_example=examples.USER | {"roles": []},
        status=201,
        is_once=True,
        problem=("forbidden", "already_exists", "refused"),
    )
    def post(self, request: Request) -> Response:
        """Make someone who signs in with an address of a domain we serve.

        Setting a password at once needs the scope `access:write`, too. A mailbox is made apart.
        """
        demand_somewhere(request, Verb.CREATE, Noun.USER)
        wanted = given(NewUserShape, request)
        domain, password = domain_of(request, wanted["address"]), wanted.pop("password", None)
        who, place = subject(request), (domain.organisation_id, domain.id)
        if not may(who, Verb.CREATE, Target(Noun.USER, *place)):
            raise PermissionDenied
        if password is not None and not may(who, Verb.CHANGE, Target(Noun.CREDENTIAL, *place)):
            raise PermissionDenied("Setting a password needs the scope access:write.")
        made = users.create_user(**wanted, actor=actor_of(request))
        if password is not None:
            credentials.set_password(user=made, password=password, actor=actor_of(request))
        return Response(UserShape(made).data, 201)


class UserView(APIView):
    """One of them."""

    @operation(
        "users_read",
        scope="directory:read",
        tag="Users",
        summary="Read a user",
        answer=UserShape,
        answer_example=examples.USER,
    )
    def get(self, request: Request, user_id: int) -> Response:
        """Read one user, with roles."""
        return Response(UserShape(shown_user(request, user_id)).data)

    @operation(
        "users_change",
        scope="directory:write",
        tag="Users",
        summary="Change a user",
        body=UserChangeShape,
        body_example={"name": "Alice Example", "language": "de"},
        answer=UserShape,
        answer_example=examples.USER | {"name": "Alice Example", "language": "de"},
        problem=("forbidden", "refused"),
    )
    def patch(self, request: Request, user_id: int) -> Response:
        """Change name or language, or keep the user out (`is_active` false ends every session at once)."""
        found = seen_user(request, user_id)
        target, actor = target_of_user(found), actor_of(request)
        demand_seen(request, target)
        wanted = given(UserChangeShape, request)
        demand_fields(request, target, wanted, {"is_active": Verb.DISABLE})
        is_active = wanted.pop("is_active", None)
        users.change_user(user=found, **wanted, actor=actor)
        if is_active is not None:
            switch = users.enable_user if is_active else users.disable_user
            switch(user=found, actor=actor)
        return Response(UserShape(found).data)

    @operation(
        "users_delete",
        scope="directory:write",
        tag="Users",
        summary="Delete a user",
        query=LeaverQuery,
        problem=("forbidden", "refused"),
    )
    def delete(self, request: Request, user_id: int) -> Response:
        """Delete someone with sessions, credentials and roles. Their mailboxes go to an heir, or are deleted."""
        found = seen_user(request, user_id)
        demand_allowed(request, Verb.DELETE, target_of_user(found))
        wanted = asked(LeaverQuery, request)
        heir = named_user(request, wanted["heir_id"]) if "heir_id" in wanted else None
        delete_user(user=found, heir=heir, with_mailboxes=wanted["with_mailboxes"], actor=actor_of(request))
        return Response(status=204)


class PasswordView(APIView):
    """The password of one of them."""

    @operation(
        "users_set_password",
        scope="access:write",
        tag="Users",
        summary="Set a password",
        body=PasswordShape,
        body_example={"password": "correct horse battery staple"},
        problem=("forbidden", "refused"),
    )
    def put(self, request: Request, user_id: int) -> Response:
        """Set the password; sessions that came in by the old one end."""
        found = seen_user(request, user_id)
        target = target_of_user(found)
        demand_allowed(
            request,
            Verb.CHANGE,
            Target(Noun.CREDENTIAL, target.organisation_id, target.domain_id, found.id, grants=target.grants),
        )
        wanted = given(PasswordShape, request)
        credentials.set_password(user=found, password=wanted["password"], actor=actor_of(request))
        return Response(status=204)
