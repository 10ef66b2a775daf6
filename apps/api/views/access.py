"""/users/…/roles, sessions, credentials, app-passwords: who may come in, and what they may do."""

import uuid

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import Credential, Role, Session, User
from apps.accounts.permissions import Grant, Noun, Target, Verb, may
from apps.accounts.queries import grants_of, target_of_role
from apps.accounts.services import credentials, roles, sessions
from apps.api import examples
from apps.api.lookup import named_domain, one, seen_user
from apps.api.operations import given, operation
from apps.api.paging import page
from apps.api.permission import actor_of, demand_allowed, subject, token_of
from apps.api.shapes.people import (
    CredentialShape,
    EndedShape,
    MadeSecretShape,
    NewAppPasswordShape,
    NewRoleShape,
    RoleShape,
    SessionShape,
)


def _of(user: User, noun: Noun) -> Target:
    return Target(noun, user.organisation_id, user.domain_id, user.id, grants=grants_of(user.id))


class RolesView(APIView):
    """The roles of a user."""

    @operation(
        "roles_list",
        scope="access:read",
        tag="Roles",
        summary="List a user's roles",
        answer=RoleShape,
        answer_example=examples.page(examples.ROLE),
        is_list=True,
    )
    def get(self, request: Request, user_id: int) -> Response:
        """What a user may do beyond what is their own."""
        found = seen_user(request, user_id)
        demand_allowed(request, Verb.VIEW, _of(found, Noun.ROLE))
        return page(request, found.roles.select_related("organisation", "domain"), RoleShape)

    @operation(
        "roles_grant",
        scope="access:write",
        tag="Roles",
        summary="Give a role",
        body=NewRoleShape,
        body_example={"kind": "domain_admin", "domain_id": 3},
        answer=RoleShape,
        answer_example=examples.ROLE,
        status=201,
        is_once=True,
        problem=("forbidden", "already_exists", "refused"),
    )
    def post(self, request: Request, user_id: int) -> Response:
        """Give a role no stronger than your own, in the user's organisation or in one domain of it."""
        found = seen_user(request, user_id)
        wanted = given(NewRoleShape, request)
        kind, domain = Role.Kind(wanted["kind"]), None
        if wanted["domain_id"] is not None:
            domain = named_domain(request, wanted["domain_id"])
        organisation = None if domain else found.organisation
        place = (domain.organisation_id if domain else found.organisation_id, domain.id if domain else None)
        grants = grants_of(found.id) | {Grant(kind, *place)}
        if not may(subject(request), Verb.CREATE, Target(Noun.ROLE, *place, found.id, grants=grants)):
            raise PermissionDenied("You give no role you have not.")
        made = roles.grant_role(
            user=found, kind=kind, organisation=organisation, domain=domain, actor=actor_of(request)
        )
        return Response(RoleShape(made).data, 201)


class RoleView(APIView):
    """One of them."""

    @operation(
        "roles_revoke", scope="access:write", tag="Roles", summary="Take a role away", problem=("forbidden",)
    )
    def delete(self, request: Request, user_id: int, role_id: int) -> Response:
        """Take the role away; what the user does next is judged without it."""
        found = seen_user(request, user_id)
        role = one(found.roles.select_related("organisation", "domain", "user"), id=role_id)
        demand_allowed(request, Verb.DELETE, target_of_role(role))
        roles.revoke_role(role=role, actor=actor_of(request))
        return Response(status=204)


class SessionsView(APIView):
    """The sessions of a user."""

    @operation(
        "sessions_list",
        scope="access:read",
        tag="Sessions",
        summary="List a user's sessions",
        answer=SessionShape,
        answer_example=examples.page(examples.SESSION),
        is_list=True,
    )
    def get(self, request: Request, user_id: int) -> Response:
        """Every door the user has come in by, the newest first, for 90 days after it ended."""
        found = seen_user(request, user_id)
        demand_allowed(request, Verb.VIEW, _of(found, Noun.SESSION))
        return page(
            request, found.sessions.all(), SessionShape, keys=("created_at", "id"), is_descending=True
        )

    @operation(
        "sessions_end_all",
        scope="access:write",
        tag="Sessions",
        summary="End all sessions of a user",
        answer=EndedShape,
        answer_example={"ended": 3},
        problem=("forbidden",),
    )
    def delete(self, request: Request, user_id: int) -> Response:
        """End every live session; programs that know a password come in again, so change that first."""
        found = seen_user(request, user_id)
        demand_allowed(request, Verb.DELETE, _of(found, Noun.SESSION))
        return Response({"ended": sessions.end_sessions(user_id=found.id, actor=actor_of(request))})


class SessionView(APIView):
    """One of them."""

    @operation(
        "sessions_end", scope="access:write", tag="Sessions", summary="End a session", problem=("forbidden",)
    )
    def delete(self, request: Request, user_id: int, session_id: uuid.UUID) -> Response:
        """End it; its connections close within a minute."""
        found = seen_user(request, user_id)
        demand_allowed(request, Verb.DELETE, _of(found, Noun.SESSION))
        session = one(Session.objects.select_related("user"), id=session_id, user_id=found.id)
        sessions.end_session(session=session, actor=actor_of(request))
        return Response(status=204)


class CredentialsView(APIView):
    """The credentials of a user."""

    @operation(
        "credentials_list",
        scope="access:read",
        tag="Credentials",
        summary="List a user's credentials",
        answer=CredentialShape,
        answer_example=examples.page(examples.TOKEN),
        is_list=True,
    )
    def get(self, request: Request, user_id: int) -> Response:
        """Password, app passwords and tokens: when they were made and used, never what they are."""
        found = seen_user(request, user_id)
        demand_allowed(request, Verb.VIEW, _of(found, Noun.CREDENTIAL))
        return page(request, found.credentials.all(), CredentialShape)


class CredentialView(APIView):
    """One of them."""

    @operation(
        "credentials_remove",
        scope="access:write",
        tag="Credentials",
        summary="Withdraw a credential",
        problem=("forbidden",),
    )
    def delete(self, request: Request, user_id: int, credential_id: int) -> Response:
        """Withdraw it and end the sessions it opened."""
        found = seen_user(request, user_id)
        demand_allowed(request, Verb.DELETE, _of(found, Noun.CREDENTIAL))
        credential = one(Credential.objects.select_related("user"), id=credential_id, user_id=found.id)
        credentials.remove_credential(credential=credential, actor=actor_of(request))
        return Response(status=204)


class AppPasswordsView(APIView):
    """Passwords for mail programs."""

    @operation(
        "app_passwords_create",
        scope="access:write",
        tag="Credentials",
        summary="Make an app password",
        body=NewAppPasswordShape,
        body_example={"label": "Phone"},
        answer=MadeSecretShape,
        answer_example=examples.APP_PASSWORD,
        status=201,
        is_once=True,
        problem=("forbidden", "refused"),
    )
    def post(self, request: Request, user_id: int) -> Response:
        """Make a password for one mail program of your own. It is shown this once.

        The token needs `mail:read`, `mail:write` and `mail:send`, too: that is what an app password is worth.
        """
        found = seen_user(request, user_id)
        demand_allowed(request, Verb.CREATE, _of(found, Noun.CREDENTIAL))
        made = credentials.add_app_password(
            user=found,
            **given(NewAppPasswordShape, request),
            by=Credential.objects.get(id=token_of(request)),
            actor=actor_of(request),
        )
        return Response({"id": made.credential_id, "secret": made.secret}, 201)
