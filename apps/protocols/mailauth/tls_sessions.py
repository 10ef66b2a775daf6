"""What TLS reports tell of sessions with other servers (RFC 8460): one value a connection, success or not."""

import enum
from dataclasses import dataclass


class PolicyKind(enum.StrEnum):
    """Which policy a session was held to; the value is the report's."""

    DANE = "tlsa"
    MTA_STS = "sts"
    NONE = "no-policy-found"


class TlsResult(enum.StrEnum):
    """How a session ended; the value is the report's (RFC 8460 4.3)."""

    SUCCESS = ""
    NO_STARTTLS = "starttls-not-supported"
    HOST_MISMATCH = "certificate-host-mismatch"
    EXPIRED = "certificate-expired"
    NOT_TRUSTED = "certificate-not-trusted"
    FAILURE = "validation-failure"
    TLSA_INVALID = "tlsa-invalid"
    DNSSEC_INVALID = "dnssec-invalid"
    FETCH_ERROR = "sts-policy-fetch-error"
    POLICY_INVALID = "sts-policy-invalid"
    WEBPKI_INVALID = "sts-webpki-invalid"


@dataclass(frozen=True, slots=True)
class TlsSession:
    """One session, or one policy that could not be had: then there is no host."""

    domain: str
    """The domain the mail was for, whose report it goes into."""
    policy: PolicyKind
    policy_lines: tuple[str, ...] = ()
    """The policy as the report repeats it: lines of the file, or TLSA records."""
    mx_patterns: tuple[str, ...] = ()
    host: str = ""
    address: str = ""
    result: TlsResult = TlsResult.SUCCESS
    reason: str = ""
    """More about a failure, in a few words."""
