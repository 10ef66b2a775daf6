"""Who a message claims to be from: borrowed names, hosts that look like others, answers that go elsewhere."""

import re

from apps.spam.reading import Party, Reading

from .brands import imitated, is_home, named
from .catalogue import Found
from .known import FREE_MAIL
from .letters import mixed_words
from .places import domain_of, unicode_host

_ADDRESS = re.compile(r"[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,6})")
# Reports of mail servers name a brand from any domain.
_OWN_SERVERS = re.compile(r"(?:microsoftexchange|postmaster|mailer-daemon)", re.IGNORECASE)


def examine_senders(reading: Reading, found: Found) -> None:
    """Look at From and Reply-To."""
    senders = [party for party in reading.senders if "@" in party.address]
    if not senders:
        found.add("FROM_MISSING")
    if len(senders) > 1:
        found.add("FROM_SEVERAL", ", ".join(party.address for party in senders))
    for party in senders[:5]:
        _sender(party, found)
    _replies(reading, senders, found)


def _sender(party: Party, found: Found) -> None:
    host = party.domain
    domain = domain_of(host)
    detail = f"{party.name} <{party.address}>"
    for match in _ADDRESS.finditer(party.name[:300]):
        if domain_of(match[1]) != domain:
            found.add("FROM_NAMES_OTHER_ADDRESS", detail)
    brand = named(party.name)
    if brand is not None and not is_home(brand, domain) and not _OWN_SERVERS.match(party.address):
        found.add("FROM_BRAND_ELSEWHERE", detail)
    shown = unicode_host(host)
    if mixed_words(shown, 1) or (imitates := imitated(shown, domain_of(shown))):
        found.add("FROM_HOST_IMITATES", shown if mixed_words(shown, 1) else f"{shown}: {imitates}")


def _replies(reading: Reading, senders: list[Party], found: Found) -> None:
    domains = {domain_of(party.domain) for party in senders}
    for party in reading.reply_to[:5]:
        domain = domain_of(party.domain)
        if not domain or domain in domains:
            # Another person of the same provider of free mail is somebody else, too.
            if domain in FREE_MAIL and all(party.address.lower() != each.address.lower() for each in senders):
                found.add("REPLY_TO_FREE_MAIL", party.address)
            continue
        found.add("REPLY_TO_FREE_MAIL" if domain in FREE_MAIL else "REPLY_TO_ELSEWHERE", party.address)
