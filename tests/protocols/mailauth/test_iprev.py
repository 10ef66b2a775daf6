"""Whether an address has a name that leads back to it."""

import pytest

from apps.protocols.mailauth.iprev import IprevResult, check_iprev

from .zones import Answers, ZoneData

ZONE: ZoneData = {
    "1.2.0.192.in-addr.arpa": [{"PTR": "forged.test"}, {"PTR": "Mail.test."}],
    "mail.test": [{"A": "192.0.2.1"}, {"AAAA": "2001:db8::1"}],
    "forged.test": [{"A": "198.51.100.1"}],
    "2.2.0.192.in-addr.arpa": [{"PTR": "forged.test"}],
    "3.2.0.192.in-addr.arpa": ["TIMEOUT"],
    "4.2.0.192.in-addr.arpa": [{"PTR": "forged.test"}, {"PTR": "slow.test"}],
    "slow.test": ["TIMEOUT"],
    "6.2.0.192.in-addr.arpa": [{"PTR": f"n{n}.test"} for n in range(11)],
    "n10.test": [{"A": "192.0.2.6"}],
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": [{"PTR": "mail.test"}],
}


@pytest.mark.parametrize(
    ("address", "result", "name"),
    [
        ("192.0.2.1", "pass", "mail.test"),
        ("::ffff:192.0.2.1", "pass", "mail.test"),
        ("2001:db8::1", "pass", "mail.test"),
        ("192.0.2.2", "fail", "forged.test"),
        ("192.0.2.3", "temperror", ""),
        ("192.0.2.4", "temperror", "forged.test"),
        ("192.0.2.5", "permerror", ""),
        ("192.0.2.6", "fail", "n0.test"),
    ],
)
def test_addresses(address: str, result: str, name: str) -> None:
    found = Answers(ZONE).run(check_iprev(address))
    assert (found.result, found.name) == (result, name)
    assert (found.reason == "") is (result == "pass")
    assert isinstance(found, IprevResult)
