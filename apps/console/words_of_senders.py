"""What a source is and what to do about it, and why sessions failed, in plain words."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.reports.advice import Kind, others
from apps.reports.queries import Source

STATES: dict[Kind, tuple[str, str | Promise]] = {
    Kind.GOOD: ("ok", _("sends for you")),
    Kind.LAME: ("held", _("passes by half")),
    Kind.MIXED: ("held", _("passes in part")),
    Kind.FORWARDER: ("off", _("forwards")),
    Kind.SERVICE: ("held", _("a service?")),
    Kind.STRANGER: ("err", _("a stranger")),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A source, and what is said about it."""

    source: Source
    look: str
    word: str | Promise
    advice: str


def told(source: Source, kind: Kind, domain: str) -> Told:
    """Say what a source is and what to do."""
    return Told(source, *STATES[kind], _advice(source, kind, domain))


def _advice(source: Source, kind: Kind, domain: str) -> str:
    match kind:
        case Kind.GOOD:
            return _now("All of it passes. There is nothing to do.")
        case Kind.LAME if not source.dkim:
            return _now(
                "Only SPF passes, and that breaks when mail is forwarded. Have it sign with your domain (DKIM)."
            )
        case Kind.LAME if not source.spf:
            return _now("Only the signature passes. If it sends for you, name it in your SPF record, too.")
        case Kind.LAME:
            return _now("Some of it passes by only one of SPF and DKIM. Both should pass.")
        case Kind.MIXED:
            return _now(
                "Some of its mail passes and some does not. Often a second program there does not sign, or uses an old key."
            )
        case Kind.FORWARDER:
            return _now(
                "It passes on mail that was yours, and changes or resends it. There is nothing to do but to sign all your "
                "mail: then most of it survives."
            )
        case Kind.SERVICE:
            return _now(
                "It sends as %(names)s, with your name in From. If you use this service, have it sign with your domain "
                "(DKIM). If you do not know it, treat it as a stranger."
            ) % {"names": ", ".join(others(source, domain))}
        case Kind.STRANGER:
            words = _now(
                "Nothing it sends passes. If no server or device of yours has this address, somebody forges your name; "
                "p=quarantine or p=reject in your DMARC record keeps that out."
            )
            if source.stopped:
                words += " " + ngettext(
                    "%(count)d message was put aside or refused.",
                    "%(count)d messages were put aside or refused.",
                    source.stopped,
                ) % {"count": source.stopped}
            return words


TROUBLES: dict[str, tuple[str | Promise, str | Promise]] = {
    "starttls-not-supported": (
        _("No TLS offered"),
        _("A server of this domain did not offer TLS. Check that every host in the MX records does."),
    ),
    "certificate-host-mismatch": (
        _("Certificate for another name"),
        _("The certificate does not name the host in the MX record. Get one that does."),
    ),
    "certificate-expired": (
        _("Certificate expired"),
        _("Renew it, and look into why that did not happen by itself."),
    ),
    "certificate-not-trusted": (
        _("Certificate not trusted"),
        _(
            "It is self-signed or its chain is incomplete. Serve a certificate of a public authority, with its chain."
        ),
    ),
    "validation-failure": (
        _("TLS failed"),
        _("The sender could not agree with the server on TLS, for a reason of its own."),
    ),
    "tlsa-invalid": (
        _("TLSA record does not fit"),
        _("Publish TLSA records of the certificate that is served."),
    ),
    "dnssec-invalid": (
        _("DNSSEC broken"),
        _("Signatures of the zone could not be verified. Ask whoever runs its DNS."),
    ),
    "dane-required": (
        _("DANE missing"),
        _("The sender insists on TLSA records, and found none it could use."),
    ),
    "sts-policy-fetch-error": (
        _("MTA-STS policy not reached"),
        _(
            "The policy's address did not answer. Check that mta-sts. of this domain leads here and has a certificate."
        ),
    ),
    "sts-policy-invalid": (
        _("MTA-STS policy not valid"),
        _("The policy that was fetched could not be read."),
    ),
    "sts-webpki-invalid": (
        _("MTA-STS certificate not trusted"),
        _("The host that serves the policy has a certificate that browsers would not trust."),
    ),
    "other": (_("Another reason"), _("The reporter gave a reason that the standard does not know.")),
}

COMPLAINTS: dict[str, str | Promise] = {
    "abuse": _("called spam"),
    "not-spam": _("called no spam"),
    "auth-failure": _("failed a check"),
    "fraud": _("called fraud"),
    "virus": _("called a virus"),
    "opt-out": _("wants no more of it"),
    "opt-out-list": _("wants no more of it"),
    "other": _("something else"),
}
