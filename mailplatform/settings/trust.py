"""Settings of what makes our mail believed: keys that sign it, and what domains publish."""

from . import registry

MAIL_DKIM_ZONE = registry.host_name(
    "MAIL_DKIM_ZONE",
    "",
    "A zone of yours, dkim.mail.example.org say, where domains may point their DKIM selectors once and for all; "
    "see docs/operator.md. Empty: domains publish their keys themselves.",
)
MAIL_DKIM_PORT = registry.integer(
    "MAIL_DKIM_PORT",
    0,
    "Port, by UDP and TCP, of our own name server for MAIL_DKIM_ZONE, 53 on the Internet; 0: another one serves the zone.",
    most=65535,
)
MAIL_DKIM_DAYS = registry.integer(
    "MAIL_DKIM_DAYS",
    90,
    "Days a key signs before the next one is made, for domains that point their selectors to MAIL_DKIM_ZONE; 0 never.",
    most=3650,
)
MAIL_MTA_STS = registry.switch(
    "MAIL_MTA_STS",
    "1",
    "Hold mail to other domains to the MTA-STS policies they publish; 0 asks for none.",
)
MAIL_DANE = registry.switch(
    "MAIL_DANE",
    "1",
    "Hold mail to other servers to their TLSA records, where a resolver of MAIL_DNS_TRUSTED says that DNSSEC vouches for "
    "them; 0 asks for none.",
)
MAIL_TLS_REQUIRED = registry.words(
    "MAIL_TLS_REQUIRED",
    "",
    "Domains, or * for all, whose mail leaves by TLS to a server with a trusted certificate, or waits; "
    "`bank.example,partner.example`.",
)
MAIL_REACHABLE_NETWORKS = registry.networks(
    "MAIL_REACHABLE_NETWORKS",
    "",
    "Networks outside the public Internet where mail hosts and policies of other domains may lie, `10.0.0.0/8` say; hosts "
    "in MAIL_ROUTES need not be named here.",
)
MAIL_DMARC = registry.choice(
    "MAIL_DMARC",
    "enforce",
    ("enforce", "quarantine", "observe"),
    "How far the DMARC policies of other domains are followed: refuse what they want refused, take that as junk, too, or "
    "only write down what was found.",
)
MAIL_DMARC_ORGANIZATION = registry.choice(
    "MAIL_DMARC_ORGANIZATION",
    "tree-walk",
    ("tree-walk", "suffix-list"),
    "How DMARC finds the domain that a name belongs to: by asking DNS for the names above it, or by the Public Suffix List.",
)
MAIL_CHECK_SECONDS = registry.seconds(
    "MAIL_CHECK_SECONDS", 20, "How long SPF, DKIM, DMARC and ARC of a message may take together.", least=1
)
MAIL_RELAYS = registry.networks(
    "MAIL_RELAYS",
    "127.0.0.0/8, ::1",
    "Hosts of yours that pass on what others sent, a second MX say: the senders of what they bring are not checked.",
)
MAIL_FORWARDERS = registry.words(
    "MAIL_FORWARDERS",
    "",
    "Domains and networks whose forwarded mail and lists are believed though DMARC fails, for every organisation; "
    "`lists.example,192.0.2.0/24`.",
)
MAIL_REPORT_DAYS = registry.integer(
    "MAIL_REPORT_DAYS",
    120,
    "Days that reports about your domains are kept: who sent in their name, how TLS went, and complaints.",
    least=1,
    most=3650,
)
MAIL_BLOCKLISTS = registry.words(
    "MAIL_BLOCKLISTS",
    "",
    "Block lists to ask once an hour whether our own addresses stand there, with the answers that say so: "
    "`bl.example,zen.example=127.0.0.2-11`; empty asks none. See docs/operator.md for whom one may ask.",
)
MAIL_OUTBOUND_ADDRESSES = registry.addresses(
    "MAIL_OUTBOUND_ADDRESSES",
    "",
    "Addresses our mail leaves from, which are looked for on MAIL_BLOCKLISTS; empty looks for those of MAIL_HOSTNAME.",
)
MAIL_ACME_DIRECTORY = registry.text(
    "MAIL_ACME_DIRECTORY",
    "",
    "The directory address of an authority that issues certificates by ACME, whose terms you thereby accept; empty asks "
    "none.",
)
MAIL_ACME_CONTACT = registry.text(
    "MAIL_ACME_CONTACT", "", "An address at which that authority reaches you; it may be left out."
)
MAIL_ACME_HTTP_PORT = registry.integer(
    "MAIL_ACME_HTTP_PORT",
    0,
    "A port, 80 on the Internet, where the web process answers the authority's questions without TLS; 0 where "
    "MAIL_WEB_PORT is that port, or a proxy passes /.well-known/acme-challenge/ on.",
    most=65535,
)
