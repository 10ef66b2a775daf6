"""Imports of people from a table, as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from apps.mailflow.models import Roster
from apps.mailflow.roster.deciding import Outcome

OUTCOMES = tuple(str(one) for one in Outcome)


class ImportQuery(serializers.Serializer[Any]):
    """How a table is taken over."""

    name = serializers.CharField(default="people.csv", max_length=200, help_text="What the file is called.")
    dry_run = serializers.BooleanField(
        default=False, help_text="Only look at it: it begins when it is told to go."
    )
    update = serializers.BooleanField(  # type: ignore[assignment]  # a query's word, not what saves
        default=False, help_text="Change what is there already where the table says otherwise."
    )
    make_passwords = serializers.BooleanField(
        default=False, help_text="Make a password for new users who have none in the table."
    )


class RowsQuery(serializers.Serializer[Any]):
    """Which rows."""

    outcome = serializers.ChoiceField(
        choices=OUTCOMES, required=False, help_text="Only those that come to this."
    )


class OutcomesShape(serializers.Serializer[Any]):
    """How many rows come to what."""

    made = serializers.IntegerField(default=0)
    changed = serializers.IntegerField(default=0)
    same = serializers.IntegerField(default=0, help_text="There already, and left as it is.")
    refused = serializers.IntegerField(default=0)
    failed = serializers.IntegerField(default=0, help_text="Something went wrong on our side.")


class ImportShape(serializers.ModelSerializer[Roster]):
    """An import of people: waiting after a dry run, going, or done."""

    planned = OutcomesShape(source="found", read_only=True, help_text="What the dry run saw.")

    class Meta:
        model = Roster
        fields: tuple[str, ...] = (
            "id",
            "name",
            "state",
            "rows",
            "update",
            "make_passwords",
            "planned",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields


class ImportStateShape(ImportShape):
    """An import, and how far it is."""

    done = OutcomesShape(source="counted", read_only=True, help_text="What came of the rows so far.")
    has_passwords = serializers.BooleanField(
        read_only=True, help_text="Passwords were made and not forgotten yet."
    )

    class Meta(ImportShape.Meta):
        fields: tuple[str, ...] = (*ImportShape.Meta.fields, "done", "has_passwords")
        read_only_fields = fields


class ImportRowShape(serializers.Serializer[Any]):
    """One row: what would be done, before it begins, and what was done, afterwards."""

    line = serializers.IntegerField(help_text="Of the file, where the row begins; the first is 1.")
    address = serializers.CharField()
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    text = serializers.CharField(help_text="What, or why not, in words.")


class MadePasswordShape(serializers.Serializer[Any]):
    """A password that was made."""

    line = serializers.IntegerField()
    address = serializers.CharField()
    password = serializers.CharField()


class MadePasswordsShape(serializers.Serializer[Any]):
    """Passwords that were made."""

    items = MadePasswordShape(many=True)
