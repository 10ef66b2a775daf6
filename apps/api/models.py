"""What the API remembers of requests."""

from django.db import models

from apps.accounts.models import User
from apps.vault.fields import SealedField


class KeptAnswer(models.Model):
    """The answer to a request that carried an Idempotency-Key, given again when the request is repeated.

    It is made in the transaction that does what was asked, and holds its answer sealed: that may be a secret.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(help_text="Hash of method, path and body.")
    status = models.SmallIntegerField(default=0)
    body = SealedField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="kept_answer_once")]
