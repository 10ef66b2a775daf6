"""What a session with another server is held to, and how it is held to it: DANE, MTA-STS, REQUIRETLS, or nothing.

DANE goes before MTA-STS, which may not excuse a host that fails it (RFC 8461 2). REQUIRETLS (RFC 8689) wants both the
host and the way to its name vouched for; a message that says `TLS-Required: No` goes on where a policy would stop it.
"""

import enum
import functools
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apps.domains.mta_sts.fetching import web_tls
from apps.domains.mta_sts.policies import Held
from apps.protocols.mailauth.dane import Found, Matched, Records, is_named, match
from apps.protocols.mailauth.lookups import Tlsa
from apps.protocols.mailauth.mta_sts import Mode, policy_lines
from apps.protocols.mailauth.tls_sessions import PolicyKind, TlsResult, TlsSession
from apps.protocols.smtp.replies import Reply

from .smtp_client import SmtpClient, TlsFailed

NOT_NAMED = Reply(451, "4.7.5", "The domain's MTA-STS policy does not name its mail server")
NO_MATCH = Reply(451, "4.7.5", "The mail server's certificate is none of those that DANE names")
NO_TLSA = Reply(451, "4.4.3", "The mail server's TLSA records cannot be looked up at the moment")
NOBODY_VOUCHES = Reply(
    550, "5.7.30", "REQUIRETLS: neither DNSSEC nor MTA-STS vouches for the domain's mail server"
)


class Demand(enum.Enum):
    """What the sender wants of the way a message takes."""

    USUAL = "whatever the domain's policies say"
    REQUIRED = "REQUIRETLS: a host that is vouched for, TLS, and the next server to promise the same"
    VERIFIED = "TLS with a certificate that holds, for the operator wants it for this domain"
    OPTIONAL = "TLS-Required: No: rather read on the way than not delivered"


class Need(enum.Enum):
    """How much TLS a session needs."""

    OPPORTUNISTIC = "TLS where it can be had"
    ENCRYPTED = "TLS, with whomever"
    VERIFIED = "TLS with a certificate that names the host and is trusted"
    DANE = "TLS with a certificate that the host's TLSA records vouch for"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session with one host is held to. `refusal` says that there must be none."""

    need: Need = Need.OPPORTUNISTIC
    kind: PolicyKind = PolicyKind.NONE
    lines: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    records: tuple[Tlsa, ...] = ()
    names: tuple[str, ...] = ()
    is_test: bool = False
    """Held to it for the report alone: a failure is noted, and mail goes all the same."""
    refusal: Reply | None = None
    result: TlsResult = TlsResult.SUCCESS
    wants_promise: bool = False
    """The next server must announce REQUIRETLS."""

    @property
    def is_opportunistic(self) -> bool:
        """Whether mail goes in the clear where TLS cannot be had."""
        return self.need is Need.OPPORTUNISTIC


LENIENT = Terms()


def terms_of(
    demand: Demand, domain: str, host: str, *, records: Records, held: Held, is_authentic: bool
) -> Terms:
    """Decide what a session with a host is held to. `is_authentic`: DNSSEC or the operator says whose host it is."""
    promise = demand is Demand.REQUIRED
    if demand is Demand.OPTIONAL:
        return LENIENT
    lines = tuple(_tlsa_line(record) for record in records.usable)
    if records.found is Found.FAULT:
        return Terms(kind=PolicyKind.DANE, refusal=NO_TLSA, result=TlsResult.DNSSEC_INVALID)
    if records.found is Found.USABLE:
        names = records.base or host, domain
        return Terms(Need.DANE, PolicyKind.DANE, lines, (host,), records.usable, names, wants_promise=promise)
    policy = held.policy if held.policy is not None and held.policy.mode is not Mode.NONE else None
    if policy is not None:
        told = PolicyKind.MTA_STS, policy_lines(policy), policy.hosts
        is_test = policy.mode is Mode.TESTING
        if not policy.names(host):
            if not is_test:
                return Terms(Need.VERIFIED, *told, refusal=NOT_NAMED, result=TlsResult.FAILURE)
            if demand is Demand.USUAL:
                return Terms(Need.OPPORTUNISTIC, *told, is_test=True, result=TlsResult.FAILURE)
        elif not is_test or demand is Demand.USUAL:
            return Terms(Need.VERIFIED, *told, is_test=is_test, wants_promise=promise)
    if demand is Demand.VERIFIED or (promise and is_authentic):
        return Terms(Need.VERIFIED, wants_promise=promise)
    if promise:
        return Terms(Need.VERIFIED, refusal=NOBODY_VOUCHES)
    if records.found is Found.UNUSABLE:
        return Terms(Need.ENCRYPTED, PolicyKind.DANE, patterns=(host,), result=TlsResult.TLSA_INVALID)
    return LENIENT


def _tlsa_line(record: Tlsa) -> str:
    return f"{record.usage} {record.selector} {record.matching} {record.data.hex()}"


def session(
    terms: Terms, domain: str, host: str, address: str, *, result: TlsResult, reason: str = ""
) -> TlsSession:
    """Return what a TLS report is told of a session."""
    return TlsSession(domain, terms.kind, terms.lines, terms.patterns, host, address, result, reason)


@functools.cache
def opportunistic_tls() -> ssl.SSLContext:
    """Return a context that encrypts without asking who is there: better than the clear, no promise."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def anchored_tls(anchors: Sequence[bytes]) -> ssl.SSLContext:
    """Return a context that trusts these certificates alone, be they roots or not; names are checked apart."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=b"".join(anchors))
    return context


class _AnchoredError(Exception):
    """The records vouch for certificates above the host's: whether its own leads there OpenSSL must say."""

    def __init__(self, anchors: tuple[bytes, ...]) -> None:
        super().__init__("anchored")
        self.anchors = anchors


async def open_session(
    make: Callable[[], SmtpClient],
    address: str,
    port: int,
    name: str,
    terms: Terms,
    *,
    verifying: Callable[[], ssl.SSLContext] = web_tls,
) -> SmtpClient:
    """Open a session that meets the terms; raises HostUnusable (TlsFailed) where it does not."""
    client = make()
    match terms.need:
        case Need.OPPORTUNISTIC:
            await client.open(address, port, tls=opportunistic_tls(), name=name)
        case Need.ENCRYPTED:
            await client.open(address, port, tls=opportunistic_tls(), name=name, must=True)
        case Need.VERIFIED:
            await client.open(address, port, tls=verifying(), name=name, must=True)
        case Need.DANE:
            try:
                await client.open(
                    address,
                    port,
                    tls=opportunistic_tls(),
                    name=terms.names[0],
                    must=True,
                    check=lambda tls: _vouched_for(terms.records, tls),
                )
            except _AnchoredError as error:
                client = make()
                await _open_anchored(client, address, port, terms.names[0], terms, error.anchors)
    return client


async def _open_anchored(
    client: SmtpClient, address: str, port: int, name: str, terms: Terms, anchors: tuple[bytes, ...]
) -> None:
    """Connect once more, trusting what the records vouch for: the chain is OpenSSL's to check, by its own rules."""
    try:
        context = anchored_tls(anchors)
    except ssl.SSLError as error:
        raise TlsFailed(NO_MATCH, TlsResult.TLSA_INVALID, "a TLSA record holds no certificate") from error
    await client.open(
        address, port, tls=context, name=name, must=True, check=lambda tls: _is_called(terms.names, tls)
    )


def _vouched_for(records: Sequence[Tlsa], tls: ssl.SSLObject) -> None:
    found: Matched = match(records, peer_chain(tls))
    if found.is_nothing:
        raise TlsFailed(NO_MATCH, TlsResult.FAILURE, "no TLSA record matches the certificate")
    if not found.is_end_entity:
        raise _AnchoredError(found.anchors)


def _is_called(names: Sequence[str], tls: ssl.SSLObject) -> None:
    certificate = tls.getpeercert() or {}
    alternatives = certificate.get("subjectAltName", ())
    if not is_named([str(one[1]) for one in alternatives if one[0] == "DNS"], names):
        raise TlsFailed(NO_MATCH, TlsResult.HOST_MISMATCH, "the certificate does not name the mail server")


def peer_chain(tls: ssl.SSLObject) -> list[bytes]:
    """Return the certificates the peer sent (DER), its own first."""
    if hasattr(tls, "get_unverified_chain"):  # Public since Python 3.13.
        return [bytes(certificate) for certificate in tls.get_unverified_chain()]
    chain = getattr(tls, "_sslobj").get_unverified_chain() or ()  # noqa: B009 - what 3.12 has.
    return [bytes(certificate.public_bytes(2)) for certificate in chain]
