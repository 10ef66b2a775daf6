"""What it costs to check who sent a message: `python -m bench.mailauth`.

CPU microseconds of this thread for one message with warm DNS cache, best of fifteen rounds, and as a share of what is
allowed. A real name server on loopback is asked once for everything; after that the resolver answers from its cache.
"""

import asyncio
import sys
import time
from collections.abc import Callable

from apps.domains.resolver import Resolver
from apps.protocols.mailauth.dkim.keys import ED25519, RSA
from apps.protocols.mailauth.dkim.sign import sign
from apps.protocols.mailauth.dkim.verify import check_dkim
from apps.protocols.mailauth.dmarc import check_dmarc
from apps.protocols.mailauth.iprev import check_iprev
from apps.protocols.mailauth.lookups import Inquiry
from apps.protocols.mailauth.spf import SpfResult, check_spf
from bench.signing import NOW, message, pair
from tests.dns_server import Zone, serving

ROUNDS, REPEAT = 15, 100
VERIFY_MICROSECONDS = 1500.0
HELO = "out.large.test"
LISTS = "\n".join(
    f'_spf{n}.large.test TXT "v=spf1 '
    + " ".join(f"ip4:198.51.{n}.{at}/30" for at in range(0, 40, 4))
    + ' " "'
    + " ".join(f"ip4:198.51.{n}.{at}/30" for at in range(40, 80, 4))
    + ' ~all"'
    for n in range(4)
)
ZONE = f"""
small.test           TXT  "v=spf1 ip4:192.0.2.0/24 -all"
usual.test           TXT  "google-site-verification=abcdefghijklmnopqrstuvwxyz0123456789"
usual.test           TXT  "v=spf1 mx a include:_spf3.large.test -all"
usual.test           MX   10 mx.usual.test.
usual.test           A    198.51.100.9
mx.usual.test        A    192.0.2.1
large.test           TXT  "v=spf1 redirect=_all.large.test"
_all.large.test      TXT  "v=spf1 include:_spf0.large.test include:_spf1.large.test include:_spf2.large.test ip4:192.0.2.0/24 ~all"
macro.test           TXT  "v=spf1 exists:%{{ir}}.%{{l1r+-}}._spf.%{{d2}} include:_spf0.large.test -all exp=why.macro.test"
why.macro.test       TXT  "%{{i}} may not send for %{{d}}: http://macro.test/?s=%{{S}}"
1.2.0.192.in-addr.arpa PTR out.large.test.
out.large.test       A    192.0.2.1
_dmarc.large.test    TXT  "v=DMARC1; p=reject; rua=mailto:reports@large.test"
{LISTS}
"""

type Check = Callable[[], Inquiry[object]]


def spf(domain: str) -> Callable[[], Inquiry[SpfResult]]:
    """Return a check of a sender of that domain."""
    return lambda: check_spf("192.0.2.1", sender=f"bob@{domain}", helo=HELO, receiver="mail.example.test")


def signed() -> tuple[bytes, str]:
    """Return a message of 10 KB, signed twice, and the lines of the zone that its signatures ask for."""
    text, lines = message(), ""
    signers = []
    for algorithm, selector in ((RSA, "r1"), (ED25519, "e1")):
        signer, record = pair(algorithm, selector, "large.test")
        signers.append(signer)
        pieces = " ".join(f'"{record[at : at + 200]}"' for at in range(0, len(record), 200))
        lines += f"{selector}._domainkey.large.test TXT {pieces}\n"
    return sign(text, signers, NOW) + text, lines


def everything(text: bytes) -> Inquiry[object]:
    """Check SPF, DKIM and DMARC, as for every message that comes."""
    by_spf = yield from spf("large.test")()
    by_dkim = yield from check_dkim(text, NOW)
    return (yield from check_dmarc(("large.test",), by_spf, by_dkim))


CHECKS: dict[str, Check] = {
    "SPF, one network": spf("small.test"),
    "SPF, a, mx and an include": spf("usual.test"),
    "SPF, redirect and three includes": spf("large.test"),
    "SPF, macros and an explanation": spf("macro.test"),
    "iprev": lambda: check_iprev("192.0.2.1"),
}


async def measure(resolver: Resolver, check: Check) -> tuple[float, float, object]:
    """Return the CPU microseconds of the first time and of the best later round, and what the check came to."""
    began = time.thread_time()
    found = await resolver.run(check())
    first = time.thread_time() - began
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(REPEAT):
            await resolver.run(check())
        best = min(best, time.thread_time() - began)
    return first * 1e6, best / REPEAT * 1e6, found


async def compare(address: str, text: bytes) -> bool:
    """Print a line for each check; whether all are within what is allowed."""
    resolver = Resolver([address], trusted=[])
    checks: dict[str, Check] = {**CHECKS, "SPF, DKIM by RSA and Ed25519, DMARC": lambda: everything(text)}
    print(f"{'':36} {'cold us':>9} {'warm us':>9} {'at most':>9}  share")
    fits = True
    for name, check in checks.items():
        cold, warm, found = await measure(resolver, check)
        share = warm / VERIFY_MICROSECONDS
        fits = fits and share <= 1
        word = str(getattr(getattr(found, "result", ""), "value", getattr(found, "result", "")))
        print(f"{name:36} {cold:9.0f} {warm:9.1f} {VERIFY_MICROSECONDS:9.0f} {share:6.3f}  ({word})")
    return fits


def main() -> int:
    """Serve the zone, measure; 1 when something takes too long."""
    text, lines = signed()
    with serving(Zone(ZONE + lines)) as address:
        return 0 if asyncio.run(compare(address, text)) else 1


if __name__ == "__main__":
    sys.exit(main())
