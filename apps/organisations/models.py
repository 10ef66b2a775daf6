"""Tenants."""

from django.db import models


class Organisation(models.Model):
    """A tenant: owns domains and users."""

    name = models.CharField(max_length=200, unique=True)
    is_active = models.BooleanField(default=True)
    quota_bytes = models.BigIntegerField(
        null=True, blank=True, help_text="All its mail; empty means no limit."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
