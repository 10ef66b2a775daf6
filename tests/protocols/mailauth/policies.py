"""What tests of SPF share: senders, and one check against a zone."""

from apps.protocols.mailauth.spf import SpfResult, check_spf

from .zones import Answers, ZoneData

FOUR, SIX = "192.0.2.3", "2001:db8:1::3"

NAMES: ZoneData = {
    "3.2.0.192.in-addr.arpa": [
        {"PTR": "forged.a.test"}, {"PTR": "slow.a.test"}, {"PTR": "loop.a.test"}, {"PTR": "MAIL.a.test."},
        {"PTR": "other.test"},
    ],
    "forged.a.test": [{"A": "198.51.100.1"}],
    "slow.a.test": ["TIMEOUT"],
    "loop.a.test": [{"CNAME": "loop.a.test"}],
    "mail.a.test": [{"A": FOUR}],
    "other.test": [{"A": FOUR}],
    "4.2.0.192.in-addr.arpa": ["TIMEOUT"],
    "5.2.0.192.in-addr.arpa": [{"PTR": "forged.a.test"}],
    "6.2.0.192.in-addr.arpa": [{"PTR": f"n{n}.a.test"} for n in range(11)],
    "n10.a.test": [{"A": "192.0.2.6"}],
    "n9.b.test": [{"A": "192.0.2.6"}],
    "3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": [{"PTR": "six.a.test"}],
    "six.a.test": [{"AAAA": SIX}],
}  # fmt: skip


def check(
    zone: ZoneData, *, sender: str = "bob@a.test", host: str = FOUR, helo: str = "mx.a.test"
) -> SpfResult:
    return Answers(zone).run(check_spf(host, sender=sender, helo=helo, receiver="mail.example.test"))


def word(policy: str, *, host: str = FOUR, zone: ZoneData | None = None) -> str:
    """Return what a policy of a.test comes to."""
    return check({"a.test": [{"TXT": policy}], **(zone or {})}, host=host).result.value
