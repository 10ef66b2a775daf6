"""/mailboxes: addresses that keep mail, and who may use them."""

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.accounts.permissions import Noun, Target, Verb, may
from apps.accounts.queries import grants_of
from apps.api import examples
from apps.api.lookup import domain_of, named_user, one
from apps.api.operations import asked, given, operation
from apps.api.paging import page
from apps.api.permission import (
    actor_of,
    demand,
    demand_fields,
    demand_seen,
    demand_somewhere,
    in_reach,
    subject,
)
from apps.api.shapes.directory import (
    MailboxChangeShape,
    MailboxShape,
    MemberShape,
    NewMailboxShape,
    RightsShape,
)
from apps.api.shapes.filters import AddressQuery
from apps.mailboxes import services
from apps.mailboxes.models import Mailbox, MailboxMember
from apps.mailboxes.queries import mailboxes_in, target_of_mailbox
from apps.mailflow.removal import delete_mailbox

FULL = (
    Mailbox.objects.filter(removing_since=None)
    .select_related("domain", "owner", "usage")
    .prefetch_related("members__user")
)


class MailboxesView(APIView):
    """All of them."""

    @operation(
        "mailboxes_list",
        scope="directory:read",
        tag="Mailboxes",
        summary="List mailboxes",
        query=AddressQuery,
        answer=MailboxShape,
        answer_example=examples.page(examples.MAILBOX),
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        """Your own, those you are a member of, and those of the places where you have a role."""
        rows = mailboxes_in(in_reach(request, Noun.MAILBOX))
        if address := asked(AddressQuery, request)["address"]:
            local, _, domain = address.lower().rpartition("@")
            rows = rows.filter(local_part=local, domain__name=domain)
        return page(request, rows, MailboxShape)

    @operation(
        "mailboxes_create",
        scope="directory:write",
        tag="Mailboxes",
        summary="Make a mailbox",
        body=NewMailboxShape,
        body_example={"address": "alice@example.org", "owner_id": 7},
        answer=MailboxShape,
        answer_example=examples.MAILBOX | {"members": [], "used_bytes": 0, "messages": 0},
        status=201,
        is_once=True,
        problem=("forbidden", "already_exists", "refused"),
    )
    def post(self, request: Request) -> Response:
        """Make an address that keeps mail. Without an owner it is shared, and opened by its members alone."""
        demand_somewhere(request, Verb.CREATE, Noun.MAILBOX)
        wanted = given(NewMailboxShape, request)
        domain, owner_id = domain_of(request, wanted["address"]), wanted.pop("owner_id")
        owner = named_user(request, owner_id) if owner_id is not None else None
        grants = grants_of(owner.id) if owner else frozenset()
        target = Target(
            Noun.MAILBOX, domain.organisation_id, domain.id, owner.id if owner else None, grants=grants
        )
        for verb in (Verb.CREATE, *((Verb.LIMIT,) if "quota_bytes" in wanted else ())):
            if not may(subject(request), verb, target):
                raise PermissionDenied(f"You may not {verb} this mailbox.")
        made = services.create_mailbox(**wanted, owner=owner, actor=actor_of(request))
        return Response(MailboxShape(one(FULL, id=made.id)).data, 201)


class MailboxView(APIView):
    """One of them."""

    @operation(
        "mailboxes_read",
        scope="directory:read",
        tag="Mailboxes",
        summary="Read a mailbox",
        answer=MailboxShape,
        answer_example=examples.MAILBOX,
    )
    def get(self, request: Request, mailbox_id: int) -> Response:
        """Read one mailbox: owner, members, quota, and how much it holds."""
        found = one(FULL, id=mailbox_id)
        demand(request, Verb.VIEW, target_of_mailbox(found))
        return Response(MailboxShape(found).data)

    @operation(
        "mailboxes_change",
        scope="directory:write",
        tag="Mailboxes",
        summary="Change a mailbox",
        body=MailboxChangeShape,
        body_example={"quota_bytes": 21474836480},
        answer=MailboxShape,
        answer_example=examples.MAILBOX | {"quota_bytes": 21474836480},
        problem=("forbidden", "refused"),
    )
    def patch(self, request: Request, mailbox_id: int) -> Response:
        """Change its quota, or switch it off (mail for it is refused, nobody opens it, nothing is deleted)."""
        found = one(FULL, id=mailbox_id)
        target, actor = target_of_mailbox(found), actor_of(request)
        demand_seen(request, target)
        wanted = given(MailboxChangeShape, request)
        demand_fields(request, target, wanted, {"quota_bytes": Verb.LIMIT, "is_active": Verb.DISABLE})
        if "quota_bytes" in wanted:
            services.set_quota(mailbox=found, quota_bytes=wanted["quota_bytes"], actor=actor)
        if "is_active" in wanted:
            switch = services.enable_mailbox if wanted["is_active"] else services.disable_mailbox
            switch(mailbox=found, actor=actor)
        return Response(MailboxShape(found).data)

    @operation(
        "mailboxes_delete",
        scope="directory:write",
        tag="Mailboxes",
        summary="Delete a mailbox",
        problem=("forbidden",),
    )
    def delete(self, request: Request, mailbox_id: int) -> Response:
        """Delete it and its mail, for good: its address is free at once, the mail goes little by little."""
        found = one(FULL, id=mailbox_id)
        demand(request, Verb.DELETE, target_of_mailbox(found))
        delete_mailbox(mailbox=found, actor=actor_of(request))
        return Response(status=204)


class MembersView(APIView):
    """Who else may use a mailbox."""

    @operation(
        "members_list",
        scope="directory:read",
        tag="Mailboxes",
        summary="List the members of a mailbox",
        answer=MemberShape,
        answer_example=examples.page(examples.MEMBER),
        is_list=True,
    )
    def get(self, request: Request, mailbox_id: int) -> Response:
        """Who may use the mailbox besides its owner, and how."""
        found = one(FULL, id=mailbox_id)
        demand(request, Verb.VIEW, target_of_mailbox(found))
        return page(request, MailboxMember.objects.filter(mailbox=found).select_related("user"), MemberShape)


class MemberView(APIView):
    """One of them."""

    @operation(
        "members_set",
        scope="mail:manage",
        tag="Mailboxes",
        summary="Share a mailbox",
        body=RightsShape,
        body_example={"rights": ["read", "send"]},
        answer=MemberShape,
        answer_example=examples.MEMBER,
        problem=("forbidden", "refused"),
    )
    def put(self, request: Request, mailbox_id: int, user_id: int) -> Response:
        """Let a user of the same organisation use the mailbox, with exactly these rights.

        `read` opens it, `write` changes what is in it, `send` writes in its name, `manage` shares it further. Your
        own mailbox you share yourself; a shared one is shared by whoever may change it.
        """
        found = one(FULL, id=mailbox_id)
        demand(request, Verb.MANAGE, target_of_mailbox(found))
        member = _member(found, user_id)
        services.set_member(
            mailbox=found, user=member, rights=given(RightsShape, request)["rights"], actor=actor_of(request)
        )
        return Response(MemberShape(found.members.select_related("user").get(user=member)).data)

    @operation(
        "members_remove",
        scope="mail:manage",
        tag="Mailboxes",
        summary="Stop sharing a mailbox",
        problem=("forbidden", "refused"),
    )
    def delete(self, request: Request, mailbox_id: int, user_id: int) -> Response:
        """Take the mailbox away from a member."""
        found = one(FULL, id=mailbox_id)
        demand(request, Verb.MANAGE, target_of_mailbox(found))
        services.remove_member(mailbox=found, user=_member(found, user_id), actor=actor_of(request))
        return Response(status=204)


def _member(mailbox: Mailbox, user_id: int) -> User:
    """Return a user of the mailbox's organisation: its owner shares with colleagues without seeing a directory."""
    return one(User.objects.all(), id=user_id, organisation_id=mailbox.domain.organisation_id)
