"""How the virus scanner is."""

from django.db import models


class Scanner(models.Model):
    """The scanner at one place, as it was when it was last asked."""

    class State(models.TextChoices):
        """How it is."""

        WELL = "well"
        OLD = "old"
        SILENT = "silent"

    place = models.CharField(max_length=300, unique=True)
    state = models.CharField(max_length=6, blank=True, choices=State.choices)
    told = models.CharField(
        max_length=6, blank=True, choices=State.choices, help_text="What was told of it last."
    )
    engine = models.CharField(max_length=40, blank=True)
    signatures = models.CharField(max_length=20, blank=True)
    made_at = models.DateTimeField(null=True, help_text="When its signatures were made.")
    since = models.DateTimeField(help_text="When it came to be so.")
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.place
