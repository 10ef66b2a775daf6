"""Whose a row of the filter is: the site's, an organisation's, a domain's, a group's, or one mailbox's."""

from django.db import models

from apps.domains.models import Domain
from apps.mailboxes.models import Mailbox
from apps.organisations.models import Organisation
from apps.spam.thresholds import Level

SCOPE = ("level", "organisation", "domain", "group", "mailbox")


class Scoped(models.Model):
    """A row that holds for everybody within one level: `user` names a mailbox, which is what a user receives in."""

    level = models.CharField(max_length=12, choices=[(level.value, level.value) for level in Level])
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey("spam.FilterGroup", null=True, on_delete=models.CASCADE, related_name="+")
    mailbox = models.ForeignKey(Mailbox, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


def names_its_level(name: str) -> models.CheckConstraint:
    """Return the constraint that a row names what its level says, and nothing else."""
    named = {
        Level.SITE: None,
        Level.ORGANISATION: "organisation",
        Level.DOMAIN: "domain",
        Level.GROUP: "group",
        Level.USER: "mailbox",
    }
    condition = models.Q()
    for level, column in named.items():
        empty = {f"{other}__isnull": other != column for other in named.values() if other is not None}
        condition |= models.Q(level=level.value, **empty)
    return models.CheckConstraint(condition=condition, name=name)
