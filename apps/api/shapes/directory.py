"""Tenants, domains, mailboxes and aliases as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from apps.domains.models import Domain
from apps.mailboxes.models import Alias, Mailbox, MailboxMember
from apps.mailboxes.services import RIGHTS
from apps.organisations.models import Organisation

from . import fields
from .fields import StrictShape


class OrganisationShape(serializers.ModelSerializer[Organisation]):
    """A tenant."""

    class Meta:
        model = Organisation
        fields = ("id", "name", "is_active", "quota_bytes", "created_at")
        read_only_fields = fields


class NewOrganisationShape(StrictShape):
    """A tenant to make."""

    name = fields.name()
    quota_bytes = fields.quota(
        min_value=1, allow_null=True, default=None, help_text="All its mail; null is no limit."
    )


class ForwardersShape(StrictShape):
    """Whom an organisation believes."""

    forwarders = serializers.ListField(
        child=serializers.CharField(max_length=253), max_length=500, help_text="Domains and networks."
    )


class PlaceChangeShape(StrictShape):
    """What may be changed of an organisation or a domain."""

    is_active = serializers.BooleanField(
        required=False, help_text="False refuses its mail and lets nobody in."
    )
    quota_bytes = fields.quota(
        min_value=1, allow_null=True, required=False, help_text="All its mail; null is no limit."
    )


class DomainChangeShape(PlaceChangeShape):
    """What may be changed of a domain."""

    sts_mode = serializers.ChoiceField(
        choices=Domain.StsMode.values,
        required=False,
        help_text="What others shall do when they cannot reach the domain by TLS (MTA-STS).",
    )


class OrganisationRefShape(serializers.ModelSerializer[Organisation]):
    """A tenant, named."""

    class Meta:
        model = Organisation
        fields = ("id", "name")
        read_only_fields = fields


class DomainShape(serializers.ModelSerializer[Domain]):
    """A name we serve."""

    organisation = OrganisationRefShape(read_only=True)

    class Meta:
        model = Domain
        fields = ("id", "name", "organisation", "is_active", "quota_bytes", "sts_mode", "created_at")
        read_only_fields = fields


class NewDomainShape(StrictShape):
    """A name to serve."""

    name = serializers.CharField(max_length=253, help_text="In Unicode or as A-labels.")
    organisation_id = serializers.IntegerField(
        min_value=1, max_value=fields.MOST_BYTES, required=False, help_text="Whose it is; yours unless said."
    )
    quota_bytes = fields.quota(
        min_value=1, allow_null=True, default=None, help_text="All its mail; null is no limit."
    )


class UserRefShape(serializers.Serializer[Any]):
    """A user, named."""

    id = serializers.IntegerField()
    address = serializers.CharField()


class MemberShape(serializers.ModelSerializer[MailboxMember]):
    """A user who may use a mailbox that is not theirs, and how."""

    user = UserRefShape(read_only=True)
    rights = serializers.ListField(child=serializers.ChoiceField(choices=RIGHTS), read_only=True)

    class Meta:
        model = MailboxMember
        fields = ("user", "rights")
        read_only_fields = fields


class RightsShape(StrictShape):
    """What a member may do."""

    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=RIGHTS),
        allow_empty=False,
        max_length=len(RIGHTS),
        help_text="Exactly these from now on.",
    )


class MailboxShape(serializers.ModelSerializer[Mailbox]):
    """An address that keeps mail."""

    address = serializers.CharField(source="__str__", read_only=True)
    domain_id = serializers.IntegerField(read_only=True)
    owner = UserRefShape(read_only=True, allow_null=True)
    members = MemberShape(many=True, read_only=True)
    used_bytes = serializers.IntegerField(source="usage.bytes", read_only=True)
    messages = serializers.IntegerField(source="usage.messages", read_only=True)
    quota_bytes = serializers.IntegerField(read_only=True, help_text="0 is no limit.")

    class Meta:
        model = Mailbox
        fields = (
            "id",
            "address",
            "domain_id",
            "owner",
            "members",
            "quota_bytes",
            "used_bytes",
            "messages",
            "private_seen",
            "is_active",
            "created_at",
        )
        read_only_fields = fields


class NewMailboxShape(StrictShape):
    """A mailbox to make."""

    address = fields.address()
    owner_id = serializers.IntegerField(
        min_value=1,
        max_value=fields.MOST_BYTES,
        allow_null=True,
        default=None,
        help_text="Who owns it; null makes a shared one.",
    )
    quota_bytes = fields.quota(required=False, help_text="0 is no limit; the server's usual one unless said.")


class MailboxChangeShape(StrictShape):
    """What may be changed of a mailbox."""

    is_active = serializers.BooleanField(required=False)
    quota_bytes = fields.quota(required=False, help_text="0 is no limit.")


class AliasShape(serializers.ModelSerializer[Alias]):
    """An address that only points."""

    address = serializers.CharField(source="__str__", read_only=True)
    domain_id = serializers.IntegerField(read_only=True)
    targets = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Alias
        fields = ("id", "address", "domain_id", "targets", "is_active", "created_at")
        read_only_fields = fields


class NewAliasShape(StrictShape):
    """An alias to make."""

    address = fields.address()
    targets = serializers.ListField(child=fields.address(), allow_empty=False, max_length=1000)


class AliasChangeShape(StrictShape):
    """What may be changed of an alias."""

    is_active = serializers.BooleanField(required=False)
    targets = serializers.ListField(
        child=fields.address(), allow_empty=False, max_length=1000, required=False
    )
