"""Which records a domain should publish: exact names and values, computed from what we are and what it is."""

from collections.abc import Iterator

from .key_record import key_name, key_text, slot_target
from .values import Key, Kind, Need, Place, Site, Wanted

PORTAL = 443
"""Where mail programs look for their settings; RFC 2782 names ports, and browsers know no other."""


def wanted(site: Site, place: Place) -> tuple[Wanted, ...]:
    """Return every record, what mail cannot do without first."""
    return (*_delivery(site, place), *_keys(site, place), *_trust(site, place), *_programs(site, place))


def _delivery(site: Site, place: Place) -> Iterator[Wanted]:
    yield Wanted(Kind.MX, Need.MUST, place.name, "MX", f"10 {site.hostname}.")
    yield Wanted(Kind.SPF, Need.MUST, place.name, "TXT", "v=spf1 mx -all")


def _keys(site: Site, place: Place) -> Iterator[Wanted]:
    keys = {key.selector: key for key in place.keys}
    for selector, key in keys.items():
        yield _key(site, place, selector, key)
    if site.dkim_zone:
        for slot in place.slots:
            if slot not in keys and (target := slot_target(slot, place.name, site.dkim_zone)):
                name = key_name(slot, place.name)
                yield Wanted(Kind.DKIM_CNAME, Need.SHOULD, name, "CNAME", f"{target}.", slot)


def _key(site: Site, place: Place, selector: str, key: Key) -> Wanted:
    name = key_name(selector, place.name)
    target = slot_target(selector, place.name, site.dkim_zone) if selector in place.slots else ""
    if target:
        return Wanted(Kind.DKIM_CNAME, Need.MUST, name, "CNAME", f"{target}.", selector)
    return Wanted(Kind.DKIM, Need.MUST, name, "TXT", key_text(key.kind, key.public), selector)


def _trust(site: Site, place: Place) -> Iterator[Wanted]:
    yield Wanted(
        Kind.DMARC,
        Need.SHOULD,
        f"_dmarc.{place.name}",
        "TXT",
        f"v=DMARC1; p=none; rua=mailto:{place.dmarc_reports}",
    )
    yield Wanted(Kind.PTR, Need.SHOULD, site.hostname, "PTR", f"{site.hostname}.")
    if place.sts_mode:
        yield Wanted(
            Kind.MTA_STS, Need.SHOULD, f"_mta-sts.{place.name}", "TXT", f"v=STSv1; id={place.sts_id}"
        )
        yield Wanted(Kind.MTA_STS_HOST, Need.SHOULD, f"mta-sts.{place.name}", "CNAME", f"{site.hostname}.")
    yield Wanted(
        Kind.TLS_RPT,
        Need.SHOULD,
        f"_smtp._tls.{place.name}",
        "TXT",
        f"v=TLSRPTv1; rua=mailto:{place.tls_reports}",
    )
    if site.tlsa:
        yield Wanted(Kind.TLSA, Need.NICE, f"_25._tcp.{site.hostname}", "TLSA", f"3 1 1 {site.tlsa}")


def _programs(site: Site, place: Place) -> Iterator[Wanted]:
    yield Wanted(Kind.AUTOCONFIG, Need.NICE, f"autoconfig.{place.name}", "CNAME", f"{site.hostname}.")
    yield Wanted(Kind.AUTODISCOVER, Need.NICE, f"autodiscover.{place.name}", "CNAME", f"{site.hostname}.")
    services = {
        "imaps": site.imaps,
        "submissions": site.submissions,
        "submission": site.submission,
        "autodiscover": PORTAL,
    }
    for service, port in services.items():
        name = f"_{service}._tcp.{place.name}"
        yield Wanted(Kind.SRV, Need.NICE, name, "SRV", f"0 1 {port} {site.hostname}.", service)
