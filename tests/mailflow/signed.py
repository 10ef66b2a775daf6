"""A domain that signs, its keys in a real name server, and a stranger's judgement: dkimpy's."""

import dkim
import dns.resolver

from apps.domains import dkim as life
from apps.domains import keys
from apps.domains.keymaking import Algorithm
from apps.domains.models import Domain
from apps.domains.records.key_record import key_name, key_text
from apps.domains.resolver import nameservers
from apps.events.audit import SYSTEM


def let_sign(domain: Domain) -> str:
    """Give a domain keys that sign; return the zone text that publishes them."""
    keys.forget()
    lines = []
    for key in life.add_missing(domain=domain, actor=SYSTEM):
        life.activate(domain=domain, selector=key.selector, actor=SYSTEM)
        text = key_text(Algorithm(key.algorithm).kind, key.public)
        quoted = " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
        lines.append(f"{key_name(key.selector, domain.name)} TXT {quoted}")
    return "\n".join(lines)


def judged(message: bytes, server: str) -> list[tuple[str, bool]]:
    """Return the algorithm of each signature of a message and whether dkimpy, asking this server, believes it."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = nameservers([server])

    def ask(name: bytes, timeout: int = 5) -> bytes:
        found = resolver.resolve(name.decode(), "TXT", lifetime=timeout)
        return b"".join(found[0].strings)

    count = message.split(b"\r\n\r\n", 1)[0].lower().count(b"dkim-signature:")
    # It takes the signatures off the list of headers as it goes; each is judged on its own.
    return [_one(message, at, ask) for at in range(count)]


def _one(message: bytes, at: int, ask: object) -> tuple[str, bool]:
    judge = dkim.DKIM(message)
    try:
        is_good = judge.verify(idx=at, dnsfunc=ask)
    except dkim.ValidationError:
        is_good = False
    return judge.signature_fields[b"a"].decode(), is_good
