"""A DMARC aggregate report: what one receiver saw in a domain's name, in how many messages (RFC 7489 app. C, DMARCbis)."""

from dataclasses import dataclass, field

WORDS = frozenset(
    {
        "none", "pass", "fail", "softfail", "neutral", "temperror", "permerror", "policy", "quarantine", "reject",
        "mfrom", "helo", "r", "s", "y", "n",
        "forwarded", "sampled_out", "trusted_forwarder", "mailing_list", "local_policy", "policy_test_mode", "other",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a receiver did something else than the policy asks for."""

    kind: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class DkimAuth:
    """What one signature came to."""

    domain: str
    selector: str
    result: str
    human: str = ""


@dataclass(frozen=True, slots=True)
class SpfAuth:
    """What SPF came to; `scope` is mfrom, helo, or '' where nobody says."""

    domain: str
    scope: str
    result: str
    human: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Messages from one source that were alike. Words that the standard does not know are ''."""

    source: str
    count: int
    disposition: str
    dkim: str
    """Whether an aligned signature passed."""
    spf: str
    """Whether SPF passed and is aligned."""
    header_from: str
    envelope_from: str = ""
    envelope_to: str = ""
    reasons: tuple[Reason, ...] = ()
    dkim_results: tuple[DkimAuth, ...] = ()
    spf_results: tuple[SpfAuth, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """The policy that the receiver found."""

    domain: str
    policy: str = ""
    subdomain: str = ""
    nonexistent: str = ""
    adkim: str = ""
    aspf: str = ""
    testing: bool = False
    fo: str = ""


@dataclass(frozen=True, slots=True)
class AggregateReport:
    """One report."""

    organisation: str
    email: str
    report_id: str
    begin: int
    end: int
    published: Published
    rows: tuple[Row, ...]
    contact: str = ""
    version: str = ""
    errors: tuple[str, ...] = ()
    left_out: int = field(default=0)
    """How many rows named no source or no number that can be one."""
