"""Users, their roles, sessions and credentials as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from apps.accounts.doors import MAIL_DOORS
from apps.accounts.hashing import MAX_PASSWORD_BYTES
from apps.accounts.models import Credential, Role, Session, User
from apps.accounts.permissions import SCOPES

from . import fields
from .directory import OrganisationRefShape
from .fields import StrictShape


class RoleShape(serializers.ModelSerializer[Role]):
    """A role: in an organisation or in a domain."""

    domain = serializers.CharField(source="domain.name", read_only=True, default=None, allow_null=True)
    organisation = serializers.CharField(
        source="organisation.name", read_only=True, default=None, allow_null=True
    )

    class Meta:
        model = Role
        fields = ("id", "kind", "organisation", "domain")
        read_only_fields = fields


class NewRoleShape(StrictShape):
    """A role to give: in the user's organisation, or in one domain of it."""

    kind = serializers.ChoiceField(choices=Role.Kind.choices)
    domain_id = serializers.IntegerField(
        min_value=1,
        max_value=fields.MOST_BYTES,
        allow_null=True,
        default=None,
        help_text="The domain it stands in; null means the whole organisation.",
    )


class UserShape(serializers.ModelSerializer[User]):
    """Someone who signs in."""

    organisation = OrganisationRefShape(read_only=True)
    roles = RoleShape(many=True, read_only=True)

    class Meta:
        model = User
        fields = ("id", "address", "name", "language", "organisation", "is_active", "roles", "created_at")
        read_only_fields = fields


class NewUserShape(StrictShape):
    """A user to make."""

    address = fields.address()
    name = fields.name(default="", allow_blank=True)
    language = serializers.CharField(max_length=12, default="en", help_text="Like en or de.")
    password = serializers.CharField(
        max_length=MAX_PASSWORD_BYTES,
        required=False,
        trim_whitespace=False,
        help_text="Without one, the user cannot sign in yet.",
    )


class UserChangeShape(StrictShape):
    """What may be changed of a user."""

    name = fields.name(required=False, allow_blank=True)
    language = serializers.CharField(max_length=12, required=False)
    is_active = serializers.BooleanField(
        required=False, help_text="False ends every session and lets nobody in."
    )


class PasswordShape(StrictShape):
    """A new password."""

    password = serializers.CharField(max_length=MAX_PASSWORD_BYTES, trim_whitespace=False)


class SessionShape(serializers.ModelSerializer[Session]):
    """A signed-in door."""

    class Meta:
        model = Session
        fields = ("id", "door", "peer", "client", "created_at", "seen_at", "ended_at")
        read_only_fields = fields


class EndedShape(serializers.Serializer[Any]):
    """How many there were."""

    ended = serializers.IntegerField()


class CredentialShape(serializers.ModelSerializer[Credential]):
    """A secret a user can prove; the secret itself is not kept."""

    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    networks = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Credential
        fields = ("id", "kind", "label", "scopes", "networks", "expires_at", "last_used_at", "created_at")
        read_only_fields = fields


class _NewSecretShape(StrictShape):
    label = fields.name(help_text="What it is for, like Phone.")  # type: ignore[assignment]  # a field's name
    networks = serializers.ListField(
        child=serializers.CharField(max_length=50),
        default=list,
        max_length=100,
        help_text="Where it may be used from, like 192.0.2.0/24; empty means anywhere.",
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, default=None, help_text="When it ends by itself; null means never."
    )


class NewTokenShape(_NewSecretShape):
    """A token to make."""

    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES),
        allow_empty=False,
        max_length=len(SCOPES),
        help_text="What it may do; never more than the token that makes it.",
    )


class NewAppPasswordShape(_NewSecretShape):
    """An app password to make."""

    doors = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(MAIL_DOORS)),
        default=lambda: sorted(MAIL_DOORS),
        allow_empty=False,
        max_length=len(MAIL_DOORS),
        help_text="What it opens.",
    )


class MadeSecretShape(serializers.Serializer[Any]):
    """A new secret: this is the only time it is shown."""

    id = serializers.IntegerField()
    secret = serializers.CharField()
