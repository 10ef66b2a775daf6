"""What we saw of others' mail and servers, as it is counted: values that know their own key."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from blake3 import blake3

from apps.protocols.mailauth.tls_sessions import TlsSession

MAX_RESULTS = 5
MAX_NAME = 253


@dataclass(frozen=True, slots=True)
class Seen:
    """One message that carried a domain with a DMARC policy in From.

    `dkim` and `spf` say whether what passed is aligned; results are (domain, selector, result) and (domain, scope,
    result); a reason is (kind, comment), kinds as RFC 7489 names them: forwarded, trusted_forwarder, mailing_list,
    local_policy, sampled_out, other.
    """

    policy_domain: str
    source: str
    disposition: str
    dkim: str
    spf: str
    header_from: str
    envelope_from: str = ""
    dkim_results: tuple[tuple[str, str, str], ...] = ()
    spf_results: tuple[tuple[str, str, str], ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """One session with a host of a domain we sent mail to.

    `result` is '' where it went well, else one of RFC 8460 4.3; `policy` is sts, tlsa or no-policy-found.
    """

    policy_domain: str
    policy: str
    result: str = ""
    policy_strings: tuple[str, ...] = ()
    mx_patterns: tuple[str, ...] = ()
    host: str = ""
    sending_ip: str = ""
    receiving_ip: str = ""
    information: str = ""
    reason_code: str = ""


def row_of(seen: Seen | TlsSeen) -> dict[str, Any]:
    """Return what is kept of it, short enough to keep."""
    return {
        name: value
        for name, value in ((name, _short(value)) for name, value in asdict(seen).items())
        if value and name != "policy_domain"
    }


def key_of(row: dict[str, Any]) -> bytes:
    """Return the hash of all that makes two rows alike."""
    return blake3(json.dumps(row, sort_keys=True).encode()).digest(16)


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MAX_NAME].replace("\0", "").encode("utf-8", "replace").decode()
    return [_short(item) for item in value[:MAX_RESULTS]]


def session_of(session: TlsSession) -> TlsSeen:
    """Return what there is to tell of a session; of those that went well nobody asks which host it was."""
    shared = (
        session.domain,
        session.policy.value,
        session.result.value,
        session.policy_lines,
        session.mx_patterns,
    )
    if not session.result:
        return TlsSeen(*shared)
    return TlsSeen(*shared, host=session.host, receiving_ip=session.address, information=session.reason)
