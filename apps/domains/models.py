"""Names we serve."""

from django.db import models
from django.db.models.functions import Lower

from apps.organisations.models import Organisation


class Domain(models.Model):
    """A name we serve, as A-labels in lower case."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="domains")
    name = models.CharField(max_length=253, unique=True)
    is_active = models.BooleanField(default=True)
    quota_bytes = models.BigIntegerField(
        null=True, blank=True, help_text="All its mail; empty means no limit."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(name=Lower("name")), name="domain_name_is_lower"),
        ]

    def __str__(self) -> str:
        return self.name
