"""What domains publish, as the console shows it: looked for in a name server that has some of it."""

from django.utils import timezone

from apps.domains import dkim, looking
from apps.domains.keymaking import Algorithm
from apps.domains.models import Domain
from apps.domains.records.key_record import key_name, key_text
from apps.domains.resolver import Resolver
from apps.events.audit import SYSTEM
from tests.dns_server import Zone, serving


def fill(domain: Domain) -> dict[str, list[object]]:
    """Let a domain publish most of what it should, some of it wrong; return what addresses may name."""
    dkim.add_missing(domain=domain, actor=SYSTEM)
    dkim.activate(domain=domain, selector="r1", actor=SYSTEM)
    [next_key] = dkim.rotate(domain=domain, algorithms=[Algorithm.RSA], actor=SYSTEM)
    key = dkim.find_key(domain, "r1")
    text = key_text(Algorithm(key.algorithm).kind, key.public)
    host, name = looking.site().hostname, domain.name
    zone = f"""
        {name} MX 10 {host}.
        {name} TXT "v=spf1 include:_spf.newsletter.example -all"
        _spf.newsletter.example TXT "v=spf1 ip4:198.51.100.0/24 -all"
        {host} A 192.0.2.25
        25.2.0.192.in-addr.arpa PTR {host}.
        _dmarc.{name} TXT "v=DMARC1; p=none; rua=mailto:{looking.place(domain).dmarc_reports}"
        {key_name("r1", name)} TXT "{text[:200]}" "{text[200:]}"
        {key_name("e1", name)} TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        _imaps._tcp.{name} SRV 0 1 {looking.site().imaps} {host}.
    """
    with serving(Zone(zone, {f"_smtp._tls.{name}": "servfail"})) as server:
        looking.look(domain, now=timezone.now(), resolver=Resolver([server]))
    return {"key_id": [next_key.id], "step": ["activate", "retire", "remove"]}
