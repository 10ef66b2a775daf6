"""Secrets the platform makes for itself."""

from django.db import models

from .fields import SealedField


class Secret(models.Model):
    """32 random bytes with a name. What is hashed with one stays valid when master keys change."""

    name = models.CharField(max_length=60, primary_key=True)
    value = SealedField()
