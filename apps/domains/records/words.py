"""What a record is for, and what looking at it showed, in words for whoever runs the domain."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .values import Finding, Kind, Need, State

TITLES: Mapping[Kind, Promise] = {
    Kind.MX: _("Mail comes here (MX)"),
    Kind.SPF: _("This server may send (SPF)"),
    Kind.DKIM: _("Key that signs (DKIM)"),
    Kind.DKIM_CNAME: _("Key that signs, kept by us (DKIM)"),
    Kind.DMARC: _("What others do with forged mail (DMARC)"),
    Kind.PTR: _("Name of the server's address (PTR)"),
    Kind.MTA_STS: _("Mail comes by TLS only (MTA-STS)"),
    Kind.MTA_STS_HOST: _("Where that rule is read (MTA-STS)"),
    Kind.TLS_RPT: _("Reports of failed TLS (TLS-RPT)"),
    Kind.TLSA: _("Certificate pinned in DNS (DANE)"),
    Kind.SRV: _("Where mail programs look (SRV)"),
    Kind.AUTOCONFIG: _("Settings for Thunderbird and others"),
    Kind.AUTODISCOVER: _("Settings for Outlook"),
}
WHY: Mapping[Kind, Promise] = {
    Kind.MX: _("Tells other servers where to deliver mail for this domain."),
    Kind.SPF: _("Tells other servers that mail from this domain may come from here, and from nowhere else."),
    Kind.DKIM: _(
        "Lets others check that mail is from you and was not changed. Until it is seen, the key does not sign."
    ),
    Kind.DKIM_CNAME: _(
        "Publish it once: later keys are put there by this server, without a change of yours."
    ),
    Kind.DMARC: _("Says what to do with mail that only claims to be yours, and where to report it."),
    Kind.PTR: _(
        "Many servers refuse mail from an address without a name. Your provider of addresses sets it."
    ),
    Kind.MTA_STS: _("Other servers read the rule again when this id changes."),
    Kind.MTA_STS_HOST: _(
        "The rule is fetched from this name, by HTTPS; the certificate must be valid for it."
    ),
    Kind.TLS_RPT: _("Other servers tell you when they cannot reach you by TLS."),
    Kind.TLSA: _(
        "Only of use where the zone of the server's name is signed (DNSSEC). Change it before the key changes."
    ),
    Kind.SRV: _("Mail programs find server and port by the address alone."),
    Kind.AUTOCONFIG: _("Thunderbird, K-9 and others set themselves up from here."),
    Kind.AUTODISCOVER: _("Outlook sets itself up from here."),
}
NEEDS: Mapping[Need, Promise] = {
    Need.MUST: _("Needed"),
    Need.SHOULD: _("Recommended"),
    Need.NICE: _("Nice to have"),
}
STATES: Mapping[State, Promise] = {
    State.OK: _("in order"),
    State.MISSING: _("missing"),
    State.WRONG: _("wrong"),
    State.UNKNOWN: _("not known"),
}
_REASONS: Mapping[str, Promise] = {
    "ok": _("It is published."),
    "missing": _("It is not published yet. Add this record where you manage the DNS of the domain."),
    "not_looked": _("Nobody has looked for it yet."),
    "fault": _("DNS gave no usable answer, so this is not known. Look again later. %(reason)s"),
    "several": _("There is more than one such record, and then none counts. Leave the right one."),
    "not_one": _("There is a record of this name, but not one of this kind. Add this one."),
    "points_elsewhere": _("It leads elsewhere."),
    "host_without_address": _("The name of this server, %(host)s, has no address in DNS."),
    "mx_null": _("The domain says that it takes no mail. Replace that record."),
    "mx_elsewhere": _("Mail goes to another server."),
    "mx_others_first": _("It is published, but other servers come first; mail reaches this one only through them."),
    "spf_no_address": _("The name of this server, %(host)s, has no address in DNS, so this cannot be tried."),
    "spf_not_us": _("It does not allow this server's address, %(address)s. Add “mx” before the end."),
    "spf_broken": _("Others cannot read it: %(reason)s"),
    "spf_everybody": _("It allows everybody to send in your name. End it with “-all” or “~all”."),
    "dkim_no_key": _("There is a text of this name, but it holds no key."),
    "dkim_several": _("There is more than one key of this name. Delete the old one."),
    "dkim_other_kind": _("The key published there is of another kind."),
    "dkim_other_key": _("Another key is published there, or it was not copied whole. Replace it."),
    "dkim_revoked": _("The key published there is empty, which means withdrawn. Replace it."),
    "dkim_version": _("The record must begin with v=DKIM1."),
    "dkim_hash": _("The record does not allow SHA-256 (h=). Replace it."),
    "dkim_malformed": _("Other servers cannot read a key from the record. Replace it, exactly as it stands here."),
    "dkim_service": _("The record does not allow mail (s=). Replace it."),
    "dkim_testing": _("It is published, but says that it is only a test (t=y)."),
    "dkim_by_hand": _("The key is published, but not by way of this name: you will have to replace it with the next one."),
    "dkim_zone_silent": _("It points here, but %(zone)s does not answer with the key. See the manual on MAIL_DKIM_ZONE."),
    "dmarc_policy": _("It names no policy that others know (p=)."),
    "dmarc_no_reports": _("It is published, but asks for no reports. Add rua= to learn who sends in your name."),
    "dmarc_none": _("It is published. It only watches: tighten it to p=quarantine when the reports show no mail of yours that fails."),
    "ptr_missing": _("The address %(address)s has no name."),
    "ptr_other": _("The address %(address)s has another name."),
    "sts_id": _("It names an older rule. Publish this id, so that others read the new one."),
    "tls_rpt_nowhere": _("It names no address to report to (rua=)."),
    "tlsa_other": _("It pins another certificate: servers that check it deliver nothing. Replace it now."),
    "tlsa_insecure": _("It is published, but the zone is not signed (DNSSEC), so nobody believes it."),
}  # fmt: skip


def reason(finding: Finding) -> str:
    """Return why, as a sentence."""
    text = str(_REASONS.get(finding.code, _REASONS["missing"]))
    return (text % _Facts(finding.facts)).strip() if "%(" in text else text


class _Facts(dict[str, str]):
    """Facts for a sentence; one that was not noted is left out."""

    def __missing__(self, _key: str) -> str:
        return ""
