"""What checking strangers costs at the door: `python -m bench.checked [MESSAGES [BYTES [CONNECTIONS]]]`.

The same signed messages are handed in twice: to a listener for which their host is one of its own relays, and which asks
nobody, and to one that checks SPF, DKIM (RSA-2048 and Ed25519), ARC, DMARC and the host's name, with a real name server on
loopback whose answers it remembers after the first. Rate and CPU are of the whole way from MAIL to the durable 250.
"""

import os
import sys
import time
from collections.abc import Sequence

from apps.protocols.mailauth.dkim.keys import ED25519, RSA
from apps.protocols.mailauth.dkim.sign import sign
from bench import smtp
from bench.signing import pair
from bench.smtp import SMTP, await_listener, make_users, process
from bench.stage import Stage, cpu_seconds, stage
from tests.dns_server import Zone, serving

DOMAIN = "sender.example"
MOST_MORE, LEAST_RATE = 1.5, 0.3
NOT_OURS = "192.0.2.250"
ROUNDS = 3


class Letters:
    """Signed messages, each unlike all others, written before anything is measured."""

    def __init__(self) -> None:
        self.signers, self.zone = [], ""
        for algorithm, selector in ((RSA, "r1"), (ED25519, "e1")):
            signer, record = pair(algorithm, selector, DOMAIN)
            self.signers.append(signer)
            pieces = " ".join(f'"{record[at : at + 200]}"' for at in range(0, len(record), 200))
            self.zone += f"{selector}._domainkey.{DOMAIN} TXT {pieces}\n"
        self.zone += f'{DOMAIN} TXT "v=spf1 mx include:_spf.{DOMAIN} ip4:127.0.0.1 -all"\n'
        self.zone += f"{DOMAIN} MX 10 mx.{DOMAIN}.\nmx.{DOMAIN} A 192.0.2.1\n"
        self.zone += f'_spf.{DOMAIN} TXT "v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 ~all"\n'
        self.zone += f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=reject; rua=mailto:reports@{DOMAIN}"\n'
        self.zone += f"1.0.0.127.in-addr.arpa PTR driver.{DOMAIN}.\ndriver.{DOMAIN} A 127.0.0.1\n"
        self._written: dict[tuple[int, int], bytes] = {}

    def write(self, numbers: Sequence[int], size: int) -> None:
        """Write and sign these."""
        now = int(time.time())
        for number in numbers:
            body = _plain(number, size)
            self._written[number, size] = sign(body, self.signers, now) + body

    def __call__(self, number: int, size: int) -> bytes:
        """Return one."""
        return self._written.pop((number, size))


_plain = smtp.message


def run(
    where: Stage, letters: Letters, first: int, shape: tuple[int, int, int], **how: str
) -> tuple[float, dict[str, float]]:
    """Hand in messages to a listener run so; return the rate and each process's CPU milliseconds a message."""
    count, size, connections = shape
    letters.write(range(first, first + count + count // 5), size)
    with process("workers.smtp", **{name: str(port) for name, port in SMTP.items()}, **how) as listener:
        await_listener()
        smtp.drive(count // 5, size, connections, first=first)
        pids = {"listener": listener, "PostgreSQL": where.postgres, "Valkey": where.valkey}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        wall, _ = smtp.drive(count, size, connections, first=first + count // 5)
        return count / wall, {n: (cpu_seconds(pid) - before[n]) / count * 1000 for n, pid in pids.items()}


def main() -> int:
    """Print a line for each way and what lies between; 1 when checking costs too much."""
    count, size, connections = (
        int(word) for word in (*sys.argv[1:], *("2000", "10240", "16")[len(sys.argv) - 1 :])
    )
    letters = Letters()
    smtp.message = letters
    os.environ["MAIL_RATE_NETWORK"] = "100000000"
    best: dict[str, tuple[float, dict[str, float]]] = {}
    with stage() as where, serving(Zone(letters.zone, ttl=3600)) as server:
        make_users()
        ways = {
            "unchecked": {"MAIL_RELAYS": "127.0.0.1"},
            "checked": {"MAIL_RELAYS": NOT_OURS, "MAIL_DNS_SERVERS": server},
        }
        first = 10**6
        for _ in range(ROUNDS):
            for name, how in ways.items():
                found = run(where, letters, first, (count, size, connections), **how)
                first += 2 * count
                if name not in best or sum(found[1].values()) < sum(best[name][1].values()):
                    best[name] = found
    for name, (rate, parts) in best.items():
        detail = ", ".join(f"{part} {ms:.3f}" for part, ms in parts.items())
        print(
            f"{name:10} {rate:6.0f} messages a second, {sum(parts.values()):.3f} ms CPU a message ({detail})"
        )
    more = sum(best["checked"][1].values()) - sum(best["unchecked"][1].values())
    share = best["checked"][0] / best["unchecked"][0]
    fits = more <= MOST_MORE and share >= LEAST_RATE
    print(
        f"| accept with all checks | {more:.3f} ms CPU more a message | at most {MOST_MORE} | {'ok' if more <= MOST_MORE else 'MISSED'} |"
    )
    print(
        f"| accept with all checks | {share:.2f} of the rate without | at least {LEAST_RATE} | {'ok' if share >= LEAST_RATE else 'MISSED'} |"
    )
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
