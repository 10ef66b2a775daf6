"""Rules, the feeds they came from, and how workers notice that some have changed."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.spam.rules.definitions import MOST_EXPRESSION, MOST_SCORE, Rule, Samples, Target
from apps.spam.symbols import Sort


class SpamRule(models.Model):
    """A rule, of the site unless it names a domain or a user; one of a user moves that user's mail alone.

    What an administrator decided about a rule of the feed lies beside what the feed says, so it survives updates. One
    the feed no longer has is `is_retired`: it is out of use, and kept for that decision.
    """

    class Origin(models.TextChoices):
        """Who wrote it."""

        FEED = "feed", _("feed")
        OWN = "own", _("own")

    class Kind(models.TextChoices):
        """What its expression is held against."""

        HEADER = Target.HEADER.value, _("a header")
        HEADERS = Target.HEADERS.value, _("all headers")
        SUBJECT = Target.SUBJECT.value, _("subject")
        BODY = Target.BODY.value, _("text as people see it")
        RAW = Target.RAW.value, _("source of the text")
        URL = Target.URL.value, _("links")
        ATTACHMENT = Target.ATTACHMENT.value, _("names of attachments")
        ATTACHMENT_TYPE = Target.ATTACHMENT_TYPE.value, _("types of attachments")
        SENDER = Target.SENDER.value, _("envelope sender")
        HELO = Target.HELO.value, _("name the client gave (HELO)")
        CLIENT = Target.CLIENT.value, _("network of the client")
        META = Target.META.value, _("other findings")

    class Sorts(models.TextChoices):
        """What it speaks for."""

        SPAM = Sort.SPAM.value, _("spam")
        PHISHING = Sort.PHISHING.value, _("phishing")
        BULK = Sort.BULK.value, _("bulk mail")

    domain = models.ForeignKey(
        Domain, null=True, blank=True, on_delete=models.CASCADE, related_name="spam_rules"
    )
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="spam_rules")
    name = models.CharField(max_length=64)
    target = models.CharField(max_length=20, choices=Kind)
    header = models.CharField(max_length=64, blank=True, help_text="Which header, where that is the target.")
    expression = models.CharField(max_length=MOST_EXPRESSION)
    score = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(-MOST_SCORE), MaxValueValidator(MOST_SCORE)],
        help_text="In nats of log-odds; 0 is a brick for other rules.",
    )
    sort = models.CharField(max_length=10, choices=Sorts, default=Sorts.SPAM)
    description = models.CharField(max_length=300, blank=True)
    samples_match = ArrayField(models.TextField(), default=list, blank=True)
    samples_miss = ArrayField(models.TextField(), default=list, blank=True)
    origin = models.CharField(max_length=4, choices=Origin, default=Origin.OWN)
    group = models.CharField(max_length=40, blank=True, help_text="Where a feed keeps it.")
    is_enabled = models.BooleanField(default=True)
    is_retired = models.BooleanField(default=False)
    own_score = models.FloatField(
        null=True, blank=True, help_text="What an administrator set instead of the feed's score."
    )
    is_off_here = models.BooleanField(
        default=False, help_text="A rule of the feed that an administrator switched off."
    )
    failures = models.IntegerField(default=0, help_text="How often it failed since it was switched on.")
    failed_why = models.CharField(max_length=200, blank=True, help_text="Why it was switched off by itself.")
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(domain=None) | models.Q(user=None), name="spam_rule_has_one_place"
            ),
            models.CheckConstraint(
                condition=models.Q(origin="own") | models.Q(domain=None, user=None),
                name="spam_rule_of_a_feed_is_the_sites",
            ),
            models.UniqueConstraint(
                fields=["name", "domain", "user"], nulls_distinct=False, name="spam_rule_name_once_in_a_place"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_in_use(self) -> bool:
        """Whether mail is held against it."""
        return self.is_enabled and not self.is_off_here and not self.is_retired

    @property
    def weight(self) -> float:
        """What it counts: an administrator's word before the feed's."""
        return self.score if self.own_score is None else self.own_score

    @property
    def said(self) -> str:
        """Its description, in the reader's language where the release brings one."""
        is_feeds = self.origin == self.Origin.FEED and bool(self.description)
        return gettext(self.description) if is_feeds else self.description

    @property
    def place(self) -> str:
        """Where it counts, as RulePlace names it."""
        return place_of(self.domain_id, self.user_id)

    def definition(self) -> Rule:
        """Return it as the engine takes it."""
        return Rule(
            self.name,
            Target(self.target),
            self.expression,
            self.weight,
            self.header,
            Sort(self.sort),
            self.description,
            Samples(tuple(self.samples_match), tuple(self.samples_miss)),
        )


def place_of(domain_id: int | None = None, user_id: int | None = None) -> str:
    """Return how a place is called where its rules counted as changed."""
    if user_id is not None:
        return f"user:{user_id}"
    return "site" if domain_id is None else f"domain:{domain_id}"


def in_place(name: str) -> models.Q:
    """Return the filter for rules of a place."""
    kind, _, number = name.partition(":")
    match kind:
        case "user":
            return models.Q(user_id=int(number))
        case "domain":
            return models.Q(domain_id=int(number))
        case _:
            return models.Q(domain=None, user=None)


class RuleClock(models.Model):
    """One row: how often rules were changed. It is locked by who changes some, so its numbers come in order."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=0)
    feed_looked_at = models.DateTimeField(null=True, help_text="When the feed was looked at last.")


class RulePlace(models.Model):
    """Where rules were changed, and when by the clock."""

    name = models.CharField(primary_key=True, max_length=40)
    version = models.BigIntegerField(db_index=True)


class RuleFeed(models.Model):
    """A version of the feed, kept whole, so that one may go back to it."""

    version = models.BigIntegerField(primary_key=True)
    body = models.TextField(help_text="The document, as it was signed.")
    digest = models.CharField(max_length=64)
    source = models.CharField(max_length=500, help_text="Where it came from.")
    rules = models.IntegerField()
    is_current = models.BooleanField(default=False)
    applied_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=models.Q(is_current=True), name="spam_one_current_feed"
            )
        ]
