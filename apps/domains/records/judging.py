"""What is published compared with what is wanted, by meaning and not by letter; inquiries, so that DNS is asked elsewhere."""

from collections.abc import Mapping

from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Status, Tlsa, reverse_name
from apps.protocols.mailauth.spf import Spf, check_spf

from .key_record import judge_key, slot_target
from .tags import versions_of
from .values import Finding, Key, Kind, Place, Site, State, Wanted

MOST_SHOWN = 10


def look_at(wanted: Wanted, site: Site, place: Place) -> Inquiry[Finding]:
    """Look at one record."""
    match wanted.kind:
        case Kind.MX:
            return (yield from _mx(wanted, site))
        case Kind.SPF:
            return (yield from _spf(wanted, site, place))
        case Kind.DKIM:
            return (yield from _dkim(wanted, place))
        case Kind.DKIM_CNAME:
            return (yield from _dkim_cname(wanted, site, place))
        case Kind.DMARC:
            return (yield from _dmarc(wanted))
        case Kind.PTR:
            return (yield from _ptr(wanted, site))
        case Kind.MTA_STS:
            return (yield from _mta_sts(wanted, place))
        case Kind.TLS_RPT:
            return (yield from _tls_rpt(wanted))
        case Kind.TLSA:
            return (yield from _tlsa(wanted, site))
        case Kind.SRV:
            return (yield from _srv(wanted))
        case Kind.MTA_STS_HOST | Kind.AUTOCONFIG | Kind.AUTODISCOVER:
            return (yield from _points_here(wanted, site))


def _texts(answer: Answer) -> tuple[str, ...]:
    return tuple(text.removesuffix(".") for text in answer.texts)


def _absent(wanted: Wanted, answer: Answer) -> Finding | None:
    """Return what is to be said where there is no record, or no answer."""
    if answer.status == Status.FAULT:
        return Finding(wanted, State.UNKNOWN, "fault", facts={"reason": answer.reason})
    return None if answer.records else Finding(wanted, State.MISSING, "missing")


def _found(
    wanted: Wanted, state: State, code: str, found: tuple[str, ...], facts: Mapping[str, str] | None = None
) -> Finding:
    return Finding(wanted, state, code, found[:MOST_SHOWN], facts or {})


def _addresses(host: str) -> Inquiry[tuple[tuple[str, ...], str]]:
    """Return a host's addresses, and why there are none where that is not known."""
    four = yield Lookup(host, "A")
    six = yield Lookup(host, "AAAA")
    found = _texts(four) + _texts(six)
    faults = [answer.reason for answer in (four, six) if answer.status == Status.FAULT]
    return found, faults[0] if faults and not found else ""


def _mx(wanted: Wanted, site: Site) -> Inquiry[Finding]:
    answer = yield Lookup(wanted.name, "MX")
    if (absent := _absent(wanted, answer)) is not None:
        return absent
    records = sorted(answer.exchanges, key=lambda mx: mx.preference)
    found = tuple(f"{mx.preference} {mx.exchange}" for mx in records)
    ours = [mx for mx in records if mx.exchange == site.hostname]
    if not ours:
        code = "mx_null" if [mx.exchange for mx in records] == ["."] else "mx_elsewhere"
        return _found(wanted, State.WRONG, code, found)
    addresses, fault = yield from _addresses(site.hostname)
    if not addresses and not fault:
        return _found(wanted, State.WRONG, "host_without_address", found, {"host": site.hostname})
    is_first = all(ours[0].preference <= mx.preference for mx in records)
    return _found(wanted, State.OK, "ok" if is_first else "mx_others_first", found)


def _spf(wanted: Wanted, site: Site, place: Place) -> Inquiry[Finding]:
    answer = yield Lookup(wanted.name, "TXT")
    if answer.status == Status.FAULT:
        return Finding(wanted, State.UNKNOWN, "fault", facts={"reason": answer.reason})
    found = tuple(text for text in answer.texts if text.lower().split(" ", 1)[0] == "v=spf1")
    if not found:
        return Finding(wanted, State.MISSING, "missing")
    if len(found) > 1:
        return _found(wanted, State.WRONG, "several", found)
    addresses, fault = yield from _addresses(site.hostname)
    if not addresses:
        facts = {"host": site.hostname, "reason": fault}
        return _found(wanted, State.UNKNOWN, "fault" if fault else "spf_no_address", found, facts)
    for address in addresses:
        said = yield from check_spf(
            address, sender=f"postmaster@{place.name}", helo=site.hostname, receiver=site.hostname
        )
        facts = {"address": address, "reason": said.reason}
        match said.result:
            case Spf.PASS if said.mechanism.lstrip("+").lower() == "all":
                return _found(wanted, State.WRONG, "spf_everybody", found, facts)
            case Spf.PASS:
                continue
            case Spf.TEMPERROR:
                return _found(wanted, State.UNKNOWN, "fault", found, facts)
            case Spf.PERMERROR:
                return _found(wanted, State.WRONG, "spf_broken", found, facts)
            case _:
                return _found(wanted, State.WRONG, "spf_not_us", found, facts)
    return _found(wanted, State.OK, "ok", found)


def _key(place: Place, selector: str) -> Key | None:
    return next((key for key in place.keys if key.selector == selector), None)


def _dkim(wanted: Wanted, place: Place) -> Inquiry[Finding]:
    key = _key(place, wanted.about)
    assert key is not None
    answer = yield Lookup(wanted.name, "TXT")
    state, code = judge_key(answer, key.kind, key.public)
    facts = {"reason": answer.reason} if code == "fault" else {}
    return _found(wanted, state, code, answer.texts, facts)


def _dkim_cname(wanted: Wanted, site: Site, place: Place) -> Inquiry[Finding]:
    alias = yield Lookup(wanted.name, "CNAME")
    target = slot_target(wanted.about, place.name, site.dkim_zone)
    is_pointed = target in _texts(alias)
    key = _key(place, wanted.about)
    if key is None:
        if is_pointed:
            return _found(wanted, State.OK, "ok", alias.texts)
        absent = _absent(wanted, alias)
        return absent or _found(wanted, State.WRONG, "points_elsewhere", alias.texts)
    answer = yield Lookup(wanted.name, "TXT")
    state, code = judge_key(answer, key.kind, key.public)
    if state == State.OK:
        # Published without us: it is right today, and stays so until the next key.
        return _found(wanted, state, code if is_pointed else "dkim_by_hand", alias.texts or answer.texts)
    if is_pointed:
        return _found(wanted, State.WRONG, "dkim_zone_silent", alias.texts, {"zone": site.dkim_zone})
    facts = {"reason": answer.reason} if code == "fault" else {}
    return _found(wanted, state, code, alias.texts or answer.texts, facts)


def _dmarc(wanted: Wanted) -> Inquiry[Finding]:
    answer = yield Lookup(wanted.name, "TXT")
    if (absent := _absent(wanted, answer)) is not None:
        return absent
    records = versions_of(answer.texts, "DMARC1")
    if not records:
        return _found(wanted, State.WRONG, "not_one", answer.texts)
    if len(records) > 1:
        return _found(wanted, State.WRONG, "several", answer.texts)
    policy = records[0].get("p", "").lower()
    if policy not in {"none", "quarantine", "reject"}:
        return _found(wanted, State.WRONG, "dmarc_policy", answer.texts)
    if not records[0].get("rua"):
        return _found(wanted, State.OK, "dmarc_no_reports", answer.texts)
    return _found(wanted, State.OK, "dmarc_none" if policy == "none" else "ok", answer.texts)


def _ptr(wanted: Wanted, site: Site) -> Inquiry[Finding]:
    addresses, fault = yield from _addresses(site.hostname)
    if not addresses:
        facts = {"host": site.hostname, "reason": fault}
        return Finding(wanted, State.UNKNOWN, "fault" if fault else "host_without_address", facts=facts)
    found: list[str] = []
    for address in addresses:
        answer = yield Lookup(reverse_name(address), "PTR")
        names = _texts(answer)
        found += [f"{address} {name}" for name in names]
        facts = {"address": address, "reason": answer.reason}
        if answer.status == Status.FAULT:
            return _found(wanted, State.UNKNOWN, "fault", tuple(found), facts)
        if not names:
            return _found(wanted, State.MISSING, "ptr_missing", tuple(found), facts)
        if site.hostname not in map(str.lower, names):
            return _found(wanted, State.WRONG, "ptr_other", tuple(found), facts)
    return _found(wanted, State.OK, "ok", tuple(found))


def _mta_sts(wanted: Wanted, place: Place) -> Inquiry[Finding]:
    answer = yield Lookup(wanted.name, "TXT")
    if (absent := _absent(wanted, answer)) is not None:
        return absent
    records = versions_of(answer.texts, "STSv1")
    if len(records) != 1:
        return _found(wanted, State.WRONG, "several" if records else "not_one", answer.texts)
    if records[0].get("id") != place.sts_id:
        return _found(wanted, State.WRONG, "sts_id", answer.texts)
    return _found(wanted, State.OK, "ok", answer.texts)


def _tls_rpt(wanted: Wanted) -> Inquiry[Finding]:
    answer = yield Lookup(wanted.name, "TXT")
    if (absent := _absent(wanted, answer)) is not None:
        return absent
    records = versions_of(answer.texts, "TLSRPTv1")
    if len(records) != 1:
        return _found(wanted, State.WRONG, "several" if records else "not_one", answer.texts)
    if records[0].get("rua", "").lower().startswith(("mailto:", "https:")):
        return _found(wanted, State.OK, "ok", answer.texts)
    return _found(wanted, State.WRONG, "tls_rpt_nowhere", answer.texts)


def _tlsa(wanted: Wanted, site: Site) -> Inquiry[Finding]:
    answer = yield Lookup(wanted.name, "TLSA")
    if (absent := _absent(wanted, answer)) is not None:
        return absent
    found = tuple(
        f"{one.usage} {one.selector} {one.matching} {one.data.hex()}"
        for one in answer.records
        if isinstance(one, Tlsa)
    )
    if f"3 1 1 {site.tlsa}" not in found:
        return _found(wanted, State.WRONG, "tlsa_other", found)
    return _found(wanted, State.OK, "ok" if answer.secure else "tlsa_insecure", found)


def _srv(wanted: Wanted) -> Inquiry[Finding]:
    answer = yield Lookup(wanted.name, "SRV")
    if (absent := _absent(wanted, answer)) is not None:
        return absent
    found = _texts(answer)
    port, host = wanted.value.removesuffix(".").split()[2:]
    if any(text.lower().split()[2:] == [port, host] for text in found):
        return _found(wanted, State.OK, "ok", found)
    return _found(wanted, State.WRONG, "points_elsewhere", found)


def _points_here(wanted: Wanted, site: Site) -> Inquiry[Finding]:
    alias = yield Lookup(wanted.name, "CNAME")
    names = _texts(alias)
    if site.hostname in map(str.lower, names):
        return _found(wanted, State.OK, "ok", names)
    theirs, fault = yield from _addresses(wanted.name)
    if not theirs:
        if fault:
            return _found(wanted, State.UNKNOWN, "fault", names, {"reason": fault})
        # An alias that leads to nothing is as good as none.
        return Finding(wanted, State.MISSING, "missing")
    ours, _ = yield from _addresses(site.hostname)
    if set(theirs) & set(ours):
        return _found(wanted, State.OK, "ok", names or theirs)
    return _found(wanted, State.WRONG, "points_elsewhere", names or theirs)
