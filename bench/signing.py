"""How fast mail is signed and signatures are judged: `python -m bench.signing`; ends with 1 where that is too slow.

One process, messages of 10 KB, CPU time; the best of seven rounds, for other work on the machine only adds. Keys are
loaded once and records are answered from memory, as the cache of a running system does.
"""

import base64
import os
import sys
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from apps.protocols.mailauth.arc.results import Arc, ArcResult
from apps.protocols.mailauth.arc.seal import seal
from apps.protocols.mailauth.arc.verify import check_arc
from apps.protocols.mailauth.dkim.keys import ED25519, RSA, Signer, SigningKey, load
from apps.protocols.mailauth.dkim.results import Dkim
from apps.protocols.mailauth.dkim.sign import sign
from apps.protocols.mailauth.dkim.verify import check_dkim
from apps.protocols.mailauth.lookups import Answer, Inquiry, Status
from bench.mime import alternative

ROUNDS = 7
NOW = 1_795_000_000


def message() -> bytes:
    """Return a message of 10 KB, as it is handed in: plain and HTML, and not signed."""
    text = alternative(58).replace(b"\n", b"\r\n")
    start = text.index(b"DKIM-Signature")
    return text[:start] + text[text.index(b"From: ", start) :]


def pair(algorithm: str, selector: str, domain: str = "example.test") -> tuple[Signer, str]:
    """Make a key; return its signer and its record."""
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    if algorithm == RSA:
        private = rsa.generate_private_key(65537, 2048)
        public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        private = ed25519.Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    record = f"v=DKIM1; k={algorithm.partition('-')[0]}; p={base64.b64encode(public).decode()}"
    return load(SigningKey(domain, selector, algorithm, der)), record


def answer[T](inquiry: Inquiry[T], records: dict[str, str]) -> T:
    """Run an evaluator to its end."""
    try:
        lookup = next(inquiry)
        while True:
            lookup = inquiry.send(Answer(Status.FOUND, (records[lookup.name],)))
    except StopIteration as end:
        found: T = end.value
        return found


def seconds(work: Callable[[], object], repeat: int) -> float:
    """Return the CPU time of one piece of work."""
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(repeat):
            work()
        best = min(best, (time.process_time() - start) / repeat)
    return best


def main() -> int:
    """Print the table."""
    text = message()
    (by_rsa, rsa_record), (by_ed25519, ed25519_record) = pair(RSA, "r1"), pair(ED25519, "e1")
    records = {"r1._domainkey.example.test": rsa_record, "e1._domainkey.example.test": ed25519_record}
    once, twice = (sign(text, signers, NOW) + text for signers in ((by_rsa,), (by_rsa, by_ed25519)))
    sealed = text
    for _ in range(3):
        chain = answer(check_arc(sealed, NOW), records)
        sealed = seal(sealed, results="mx.test; spf=pass", chain=chain, signer=by_rsa, now=NOW) + sealed
    assert [one.result for one in answer(check_dkim(twice, NOW), records)] == [Dkim.PASS] * 2
    chain = answer(check_arc(sealed, NOW), records)
    assert chain.result is Arc.PASS
    none = ArcResult(Arc.NONE)
    rows: list[tuple[str, Callable[[], object], int, float | None]] = [
        ("sign by RSA-2048", lambda: sign(text, (by_rsa,), NOW), 200, 1 / 700),
        ("sign by Ed25519", lambda: sign(text, (by_ed25519,), NOW), 500, 1 / 2000),
        ("sign by both", lambda: sign(text, (by_rsa, by_ed25519), NOW), 200, None),
        (
            "seal by RSA-2048",
            lambda: seal(text, results="mx.test; spf=pass", chain=none, signer=by_rsa, now=NOW),
            200,
            None,
        ),
        ("judge a message without signatures", lambda: answer(check_dkim(text, NOW), records), 500, None),
        ("judge one signature, RSA-2048", lambda: answer(check_dkim(once, NOW), records), 300, 0.0015),
        ("judge two, RSA-2048 and Ed25519", lambda: answer(check_dkim(twice, NOW), records), 300, 0.0015),
        ("judge a chain of three", lambda: answer(check_arc(sealed, NOW), records), 100, None),
    ]
    print(f"{len(text)} bytes, load {os.getloadavg()[0]:.1f}\n")
    slow = False
    for name, work, repeat, most in rows:
        took = seconds(work, repeat)
        limit = f"{most * 1e6:8.0f} us at most" if most else ""
        slow |= most is not None and took > most
        print(
            f"{name:38} {took * 1e6:8.0f} us {1 / took:8.0f}/s {limit}{'   TOO SLOW' * bool(most and took > most)}"
        )
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
