"""Sign, and let others verify; verify what OpenDKIM signs: `opendkim.py FOLDER SCRATCH`, at port 53.

FOLDER is where opendkim and opendkim-testmsg are.
"""

import contextlib
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from apps.domains.resolver.client import Resolver
from apps.protocols.mailauth.dkim.keys import SigningKey, load
from apps.protocols.mailauth.dkim.results import Dkim, DkimResult
from apps.protocols.mailauth.dkim.sign import sign
from apps.protocols.mailauth.dkim.verify import check_dkim
from bench.mime import attachments, plain
from tests.dns_server import Zone, serving
from tests.protocols.mailauth.keys import ed25519_key, name, record, rsa_key
from tests.protocols.mailauth.signing import MESSAGE
from tests.show.milter import connected

KEYS = (rsa_key(), ed25519_key())
MAIL = "shared/data/mail/eml"
PORT = 8891


def main() -> None:
    """Show both directions."""
    programs, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    zone = Zone("\n".join(f"{name(key)} TXT {_strings(record(key))}" for key in KEYS))
    with serving(zone, 53) as server:
        ours(programs)
        asked = len(zone.asked)
        print(f"  they asked the name server {asked} times")
        for key in KEYS:
            theirs(programs, scratch, key, Resolver([server], trusted=()))
        print(f"  we asked it {len(zone.asked) - asked} times")


def _strings(text: str) -> str:
    """Write a text as the strings of a TXT record."""
    return " ".join(f'"{part}"' for part in textwrap.wrap(text, 200, drop_whitespace=False))


def messages() -> dict[str, bytes]:
    """Return messages to sign: made ones, and the text of real ones where the shared data is here."""
    found = {
        "folded": MESSAGE,
        "plain": plain().replace(b"\n", b"\r\n"),
        "with a PDF": attachments(200_000).replace(b"\n", b"\r\n"),
    }
    for parent in Path(__file__).parents[3:]:
        found |= {path.name: _lines(path.read_bytes()) for path in sorted((parent / MAIL).glob("*"))[:12]}
    # Signatures that are there already would be judged, too, and their keys are long gone.
    return {
        title: b"From: alice@example.test\r\nX-Was: " + text.replace(b"\r\nFrom:", b"\r\nX-From:")
        for title, text in found.items()
        if b"DKIM-Signature" not in text
    }


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\n", b"\r\n")


def verify(command: list[str], message: bytes) -> bool:
    """Say whether a program believes the message on its standard input."""
    done = subprocess.run(command, input=message, capture_output=True, check=False)
    said = done.stdout + done.stderr
    return done.returncode == 0 and b"fail" not in said.lower() and b"error" not in said.lower()


def ours(programs: Path) -> None:
    """Sign by each key, let both look, and change a letter of the text."""
    commands = {
        "dkimverify": [sys.executable, "-m", "dkim.dkimverify"],
        "opendkim-testmsg": [str(programs / "opendkim-testmsg"), "-C"],
    }
    believed = dict.fromkeys(commands, 0)
    texts = messages()
    for signer in map(load, KEYS):
        forged = sign(MESSAGE, [signer], int(time.time())) + MESSAGE.replace(b"Hello", b"Hullo")
        for who, command in commands.items():
            assert not verify(command, forged), f"{who} believes a changed text"
        for title, text in texts.items():
            signed = sign(text, [signer], int(time.time())) + text
            for who, command in commands.items():
                assert verify(command, signed), f"{who} does not believe {signer.algorithm} under {title}"
                believed[who] += 1
    print(f"{len(texts)} messages of ours, each signed by RSA-2048 and by Ed25519:")
    for who, count in believed.items():
        print(f"  {who} believes {count} of {2 * len(texts)}, and none under a changed text")


def theirs(programs: Path, scratch: Path, key: SigningKey, resolver: Resolver) -> None:
    """Let OpenDKIM's milter sign, and judge it."""
    results: list[DkimResult] = []
    with milter(programs, scratch, key):
        for title, text in messages().items():
            with connected(PORT) as peer:
                signed = peer.filtered(text, "alice@example.test", "bob@elsewhere.test")
            result = _judge(signed, resolver)
            assert result.result is Dkim.PASS, f"OpenDKIM's under {title}: {result}"
            assert _judge(signed + b"more\r\n", resolver).result is Dkim.FAIL
            results.append(result)
    print(f"{len(results)} messages signed by OpenDKIM's milter: we believe all, and none with a line more")
    print(f"  {result.result} {result.algorithm}, {result.bits} bits, header.d={result.domain}")


@contextlib.contextmanager
def milter(programs: Path, scratch: Path, key: SigningKey) -> Iterator[None]:
    """Run opendkim with a key while the block runs."""
    pem, configuration = scratch / f"{key.selector}.pem", scratch / "opendkim.conf"
    pem.write_bytes(_pem(key))
    pem.chmod(0o600)
    configuration.write_text(
        f"Socket inet:{PORT}@127.0.0.1\nMode s\nDomain {key.domain}\nSelector {key.selector}\nKeyFile {pem}\n"
        f"SignatureAlgorithm {key.algorithm}\nCanonicalization relaxed/simple\nOversignHeaders From\n"
        "RequireSafeKeys no\nSyslog no\nUMask 077\n"
    )
    program = subprocess.Popen([programs / "opendkim", "-f", "-x", configuration])
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", PORT), timeout=1):
                break
            assert program.poll() is None, "opendkim ended"
            time.sleep(0.05)
        yield
    finally:
        program.terminate()
        program.wait(10)


def _judge(message: bytes, resolver: Resolver) -> DkimResult:
    return resolver.run_sync(check_dkim(message, int(time.time())))[0]


def _pem(key: SigningKey) -> bytes:
    private = load_der_private_key(key.private, None)
    form = PrivateFormat.TraditionalOpenSSL if key.algorithm.startswith("rsa") else PrivateFormat.PKCS8
    return private.private_bytes(Encoding.PEM, form, NoEncryption())


if __name__ == "__main__":
    main()
