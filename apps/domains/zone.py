"""The zone where domains may point their selectors: what we answer for, one TXT record a key in its slot.

It is small and read-only: keys in slots, SOA and NS at its top. Whatever else is asked within it is answered "no such
data", and never "no such name": a resolver that asks label by label (RFC 9156) would take that for the end.
"""

from collections.abc import Iterator

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from django.conf import settings

from apps.events.transactions import Plan, query

from .keymaking import Algorithm
from .models import DkimKey
from .records.key_record import key_text, slot_target
from .services import SLOTS

TTL = 3600
NEGATIVE_TTL = 300
PIECE = 255
MOST_UDP = 1232
PLAIN_UDP = 512
_SLOTS = sorted(slot for slots in SLOTS.values() for slot in slots)

# The public half of a domain's key in a slot, whatever state it is in.
IN_SLOT = """
SELECT k.algorithm, k.public FROM domains_dkimkey k JOIN domains_domain d ON d.id = k.domain_id
WHERE d.name = %s AND k.selector = %s AND d.is_active
"""


def lines() -> Iterator[str]:
    """Return the zone's records as a zone file has them, for a name server that is not ours."""
    keys = DkimKey.objects.filter(selector__in=_SLOTS, domain__is_active=True).select_related("domain")
    for key in keys.defer("private").order_by("domain__name", "selector").iterator(1000):
        if name := slot_target(key.selector, key.domain.name, settings.MAIL_DKIM_ZONE):
            yield f"{name}. {TTL} IN TXT {quoted(key_text(Algorithm(key.algorithm).kind, key.public))}"


def quoted(text: str) -> str:
    """Write a text as a record has it: in strings of at most 255 bytes."""
    return " ".join(f'"{text[at : at + PIECE]}"' for at in range(0, len(text), PIECE))


def text_of(domain: str, slot: str) -> Plan[str]:
    """Return the key record of a domain's slot; empty where there is none."""
    rows = yield from query(IN_SLOT, (domain, slot))
    return key_text(Algorithm(rows[0][0]).kind, rows[0][1]) if rows else ""


def read(wire: bytes) -> dns.message.Message | None:
    """Read a question; None for what deserves no answer."""
    try:
        asked = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return None
    if asked.flags & dns.flags.QR or len(asked.question) != 1:
        return None
    return asked


def slot_asked(asked: dns.message.Message, zone: str) -> tuple[str, str] | None:
    """Return the domain and slot whose key is asked for; None for any other question."""
    [question] = asked.question
    if question.rdtype != dns.rdatatype.TXT:
        return None
    name = question.name.to_text(omit_final_dot=True).lower()
    slot, _, domain = name.removesuffix("." + zone).partition(".")
    return (domain, slot) if name.endswith("." + zone) and domain and slot in _SLOTS else None


def answer(
    asked: dns.message.Message,
    text: str,
    *,
    zone: str,
    hostname: str,
    serial: int,
    is_tcp: bool,
    is_brief: bool = False,
) -> bytes:
    """Write the answer; `text` is the key record found, if any. A brief one only says: ask by TCP."""
    [question] = asked.question
    response = dns.message.make_response(asked, our_payload=MOST_UDP)
    top = dns.name.from_text(zone)
    if asked.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
    elif question.rdclass != dns.rdataclass.IN or not question.name.is_subdomain(top):
        response.set_rcode(dns.rcode.REFUSED)
    elif is_brief:
        response.flags |= dns.flags.AA | dns.flags.TC
    else:
        response.flags |= dns.flags.AA
        _fill(response, question, text, top, dns.name.from_text(hostname), serial)
    if is_tcp:
        return response.to_wire(max_size=65535)
    room = min(max(asked.payload, PLAIN_UDP), MOST_UDP) if asked.edns >= 0 else PLAIN_UDP
    try:
        return response.to_wire(max_size=room)
    except dns.exception.TooBig:
        response.answer.clear()
        response.authority.clear()
        response.flags |= dns.flags.TC
        return response.to_wire(max_size=room)


def _fill(
    response: dns.message.Message,
    question: dns.rrset.RRset,
    text: str,
    top: dns.name.Name,
    host: dns.name.Name,
    serial: int,
) -> None:
    soa = dns.rrset.from_text(
        top, NEGATIVE_TTL, "IN", "SOA", f"{host} hostmaster.{host} {serial} 3600 600 1209600 {NEGATIVE_TTL}"
    )
    if text:
        response.answer.append(dns.rrset.from_text(question.name, TTL, "IN", "TXT", quoted(text)))
    elif question.name == top and question.rdtype == dns.rdatatype.SOA:
        response.answer.append(soa)
    elif question.name == top and question.rdtype == dns.rdatatype.NS:
        response.answer.append(dns.rrset.from_text(top, TTL, "IN", "NS", host.to_text()))
    else:
        response.authority.append(soa)
