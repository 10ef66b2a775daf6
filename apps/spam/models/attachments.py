"""What a level does with files it does not want."""

from django.db import models

from .scopes import SCOPE, Scoped, names_its_level


class AttachmentPolicy(Scoped):
    """The policy of one level; one further away counts where this says nothing."""

    rules = models.JSONField(default=dict, help_text="Actions by sort of file.")
    extensions = models.JSONField(
        default=list, help_text="Extensions, in lower case, that are a sort of their own."
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=SCOPE, nulls_distinct=False, name="spam_attachments_once"),
            names_its_level("spam_attachments_scope"),
        ]
