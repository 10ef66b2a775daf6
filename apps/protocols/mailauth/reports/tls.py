"""A TLS report: how sessions to a domain went, and why some failed (RFC 8460)."""

from dataclasses import dataclass

RESULTS = frozenset(
    {
        "starttls-not-supported", "certificate-host-mismatch", "certificate-expired", "certificate-not-trusted",
        "validation-failure", "tlsa-invalid", "dnssec-invalid", "dane-required", "sts-policy-fetch-error",
        "sts-policy-invalid", "sts-webpki-invalid",
    }
)  # fmt: skip
POLICIES = frozenset({"sts", "tlsa", "no-policy-found"})


@dataclass(frozen=True, slots=True)
class FailureDetail:
    """Sessions that failed alike."""

    result: str
    sending_ip: str = ""
    receiving_host: str = ""
    receiving_helo: str = ""
    receiving_ip: str = ""
    failed: int = 0
    information: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """What was found under one policy."""

    kind: str
    """sts, tlsa or no-policy-found; '' for what the standard does not know."""
    domain: str
    strings: tuple[str, ...] = ()
    mx_hosts: tuple[str, ...] = ()
    successful: int = 0
    failed: int = 0
    details: tuple[FailureDetail, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsReport:
    """One report; times as their sender wrote them, in seconds since the epoch."""

    organisation: str
    contact: str
    report_id: str
    begin: int
    end: int
    policies: tuple[TlsPolicy, ...]
