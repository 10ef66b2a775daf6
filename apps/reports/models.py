"""Reports received, row by row, and what we saw ourselves: counted by what is alike, never a row a message."""

from django.db import models
from django.db.models.functions import Now

from apps.domains.models import Domain
from apps.organisations.models import Organisation
from apps.protocols.mailauth.blocklists import State


class ReportSetting(models.Model):
    """Whether an organisation tells others, once a day, what came in their name; without a row it does."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, primary_key=True, related_name="report_setting"
    )
    sends = models.BooleanField(default=True)


class Incoming(models.Model):
    """A message that came to a report address and is yet to be read."""

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="+")
    organisation_id = models.BigIntegerField()
    blob_hash = models.BinaryField(help_text="With the organisation, the key of the blob.")
    size = models.BigIntegerField()
    trace_id = models.UUIDField()
    is_sure = models.BooleanField(
        help_text="Came to an address for reports alone, so what is none is worth a line."
    )
    attempts = models.IntegerField(db_default=0)
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation_id", "blob_hash"], name="reports_incoming_blob")]


class Received(models.Model):
    """A report somebody sent us about one of our domains: DMARC aggregate, or TLS."""

    class Kind(models.TextChoices):
        """What it reports about."""

        DMARC = "dmarc", "DMARC"
        TLS = "tls", "TLS"

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind)
    reporter = models.TextField(help_text="The organisation that sent it, in its own words.")
    contact = models.TextField(blank=True)
    report_id = models.TextField()
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    published = models.JSONField(default=dict, help_text="The policy its sender found.")
    left_out = models.IntegerField(db_default=0, help_text="Rows that could not be understood.")
    trace_id = models.UUIDField(null=True)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "kind", "reporter", "report_id"], name="reports_received_once"
            )
        ]
        indexes = [
            models.Index(fields=["domain", "-ends_at"], name="reports_received_domain"),
            models.Index(fields=["received_at"], name="reports_received_at"),
        ]


class ReceivedRow(models.Model):
    """Messages in a domain's name that were alike, as one reporter saw them."""

    received = models.ForeignKey(Received, on_delete=models.CASCADE, related_name="rows")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField(help_text="On which the report begins.")
    source = models.GenericIPAddressField()
    count = models.BigIntegerField()
    disposition = models.CharField(max_length=20, blank=True)
    dkim = models.CharField(max_length=20, blank=True)
    spf = models.CharField(max_length=20, blank=True)
    header_from = models.CharField(max_length=253)
    envelope_from = models.CharField(max_length=253, blank=True)
    reasons = models.JSONField(default=list)
    dkim_results = models.JSONField(default=list)
    spf_results = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["domain", "day", "source"], name="reports_row_source")]


class ReceivedTls(models.Model):
    """Sessions to a domain of ours that went alike, as one reporter saw them."""

    received = models.ForeignKey(Received, on_delete=models.CASCADE, related_name="tls_rows")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    policy = models.CharField(max_length=20, blank=True)
    successful = models.BigIntegerField(db_default=0)
    failed = models.BigIntegerField(db_default=0)
    result = models.CharField(max_length=40, blank=True, help_text="Why they failed; empty for the sums.")
    host = models.CharField(max_length=253, blank=True)
    information = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["domain", "day"], name="reports_tls_day")]


class Complaint(models.Model):
    """A report about one message (ARF): somebody called it spam, or it failed somebody's check."""

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    reporter = models.TextField(blank=True)
    source = models.GenericIPAddressField(null=True)
    mail_from = models.TextField(blank=True)
    subject = models.TextField(blank=True)
    message_id = models.TextField(blank=True)
    failure = models.CharField(max_length=40, blank=True)
    incidents = models.IntegerField(default=1)
    arrived_at = models.DateTimeField(null=True)
    trace_id = models.UUIDField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "trace_id"], name="reports_complaint_once")]
        indexes = [
            models.Index(fields=["domain", "-received_at"], name="reports_complaint_domain"),
            models.Index(fields=["received_at"], name="reports_complaint_at"),
        ]


class Observation(models.Model):
    """Mail we got in somebody's name on one day, counted by what is alike: one row of a report to be sent."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    policy_domain = models.CharField(max_length=253, help_text="Whose record was found.")
    key = models.BinaryField(max_length=16, help_text="Hash of all that makes rows alike.")
    row = models.JSONField(help_text="What is told: see `seen.Seen`.")
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "day", "policy_domain", "key"], name="reports_observation_once"
            )
        ]
        indexes = [models.Index(fields=["day"], name="reports_observation_day")]


class TlsObservation(models.Model):
    """Sessions we had with a domain's hosts on one day, counted by what is alike."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    policy_domain = models.CharField(max_length=253, help_text="Whose mail it was.")
    key = models.BinaryField(max_length=16)
    row = models.JSONField(help_text="What is told: see `seen.TlsSeen`.")
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "day", "policy_domain", "key"], name="reports_tls_observation_once"
            )
        ]
        indexes = [models.Index(fields=["day"], name="reports_tls_observation_day")]


class Told(models.Model):
    """What became of the report about one domain and day: it is written once."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=5, choices=Received.Kind)
    day = models.DateField()
    policy_domain = models.CharField(max_length=253)
    recipients = models.JSONField(default=list)
    outcome = models.TextField(help_text="sent, or why not.")
    told_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "day", "policy_domain"], name="reports_told_once"
            )
        ]
        indexes = [models.Index(fields=["day"], name="reports_told_day")]


class SourceName(models.Model):
    """What DNS calls an address that sent in somebody's name."""

    address = models.GenericIPAddressField(primary_key=True)
    name = models.CharField(max_length=253, blank=True)
    looked_at = models.DateTimeField()


class Standing(models.Model):
    """How an address of ours stands on a block list; without an address: how the list itself is."""

    zone = models.CharField(max_length=253)
    address = models.CharField(max_length=45, blank=True)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in State])
    codes = models.JSONField(default=list, help_text="What it answered.")
    reason = models.TextField(blank=True, help_text="Why, in the words of the list or of DNS.")
    is_alarmed = models.BooleanField(default=False, help_text="Told to be at fault, and not yet to be well.")
    since = models.DateTimeField(help_text="When it came to be so.")
    looked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["zone", "address"], name="reports_standing_once")]
