"""Start a system that checks whoever comes, and hand it letters by swaks in others' names: `policy.py SCRATCH`."""

import imaplib
import re
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from apps.protocols.mailauth.dkim.keys import ED25519
from apps.protocols.mailauth.dkim.sign import sign
from bench.signing import pair
from tests.dns_server import SERVFAIL, Zone, serving
from tests.servers import link_binaries
from tests.supervisor.system import System, environment

HOST = "mx.example.test"
SIGNER, RECORD = pair(ED25519, "s1", "signed.test")
ZONE = f"""
1.0.0.127.in-addr.arpa PTR mx.stranger.test.
mx.stranger.test       A   127.0.0.1
stranger.test          TXT "v=spf1 ip4:127.0.0.1 -all"
aligned.test           TXT "v=spf1 ip4:127.0.0.1 -all"
_dmarc.aligned.test    TXT "v=DMARC1; p=reject"
s1._domainkey.signed.test TXT "{RECORD}"
_dmarc.signed.test     TXT "v=DMARC1; p=reject"
_dmarc.none.test       TXT "v=DMARC1; p=none"
_dmarc.quarantine.test TXT "v=DMARC1; p=quarantine"
_dmarc.reject.test     TXT "v=DMARC1; p=reject"
_dmarc.broken.test     TXT "v=DMARC1; p=reject"
broken.test            TXT "v=spf1 include:fault.test -all"
"""
# Domain in From, domain of the envelope, the reply that must come, the folder it must come to.
CASES = [
    ("unknown.test", "stranger.test", "250 2.0.0", "INBOX"),
    ("none.test", "stranger.test", "250 2.0.0", "INBOX"),
    ("quarantine.test", "stranger.test", "250 2.0.0", "Junk"),
    ("reject.test", "stranger.test", "550 5.7.1", ""),
    ("news.reject.test", "stranger.test", "550 5.7.1", ""),
    ("broken.test", "broken.test", "451 4.7.1", ""),
    ("aligned.test", "aligned.test", "250 2.0.0", "INBOX"),
    ("signed.test", "stranger.test", "250 2.0.0", "INBOX"),
]
FORGED = "Authentication-Results: {host}; dmarc=pass header.from={domain}\r\n"


def main(scratch: Path) -> None:
    """Start it, send, look."""
    state = scratch / "state"
    state.mkdir()
    link_binaries(state)
    with serving(Zone(ZONE, {"fault.test": SERVFAIL})) as server:
        # Nobody is a relay of ours, and this machine, which usually is one, is a stranger.
        told = {"MAIL_DNS_SERVERS": server, "MAIL_RELAYS": "192.0.2.250", "MAIL_HOSTNAME": HOST}
        system = System(state, environment(state, **told))
        try:
            show(system.wait(120), scratch)
        finally:
            system.stop()


def show(run: dict[str, Any], scratch: Path) -> None:
    """Hand everything in, then open the mailbox."""
    alice = next(user for user in run["users"] if user["address"].startswith("alice@"))
    for author, sender, wanted, _ in CASES:
        reply = hand_in(run, alice["address"], author, sender, scratch)
        print(f"From {author:17} by {sender:14} {reply}")
        assert reply.startswith(wanted), f"wanted {wanted}"
    trust = ssl.create_default_context(cafile=run["ca_certificate"])
    with imaplib.IMAP4_SSL("localhost", run["imaps"]["port"], ssl_context=trust) as imap:
        imap.login(alice["address"], alice["password"])
        for author, _, _, folder in CASES:
            if not folder:
                continue
            header = find(imap, folder, author)
            results = re.findall(r"^Authentication-Results:(?:.*\r\n)(?:[ \t].*\r\n)*", header, re.MULTILINE)
            assert len(results) == 1, f"{len(results)} fields of results, the forged one among them"
            print(f"{folder}: " + " ".join(results[0].split()))


def hand_in(run: dict[str, Any], to: str, author: str, sender: str, scratch: Path) -> str:
    """Send one letter by swaks over STARTTLS; return the last reply to it."""
    text = (
        FORGED.format(host=HOST, domain=author)
        + f"From: Bob <bob@{author}>\r\nTo: {to}\r\nSubject: from {author}\r\n"
        f"Date: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{time.time_ns()}@{author}>\r\n\r\nhello\r\n"
    ).encode()
    if author == "signed.test":
        text = sign(text, [SIGNER], int(time.time())) + text
    (scratch / "letter").write_bytes(text.removesuffix(b"\r\n"))
    said = subprocess.run(
        ["swaks", "--server", f"127.0.0.1:{run['smtp']['port']}", "--tls", "--helo", "mx.stranger.test",
         "--from", f"bob@{sender}", "--to", to, "--data", f"@{scratch / 'letter'}"],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert "TLS started" in said, said
    replies = re.findall(r"^<[~*]+ +([245]\d\d .*)", said, re.MULTILINE)
    return str([reply for reply in replies if not reply.startswith("221")][-1])


def find(imap: imaplib.IMAP4_SSL, folder: str, author: str) -> str:
    """Wait until a letter is in a folder; return its header."""
    for _ in range(300):
        imap.select(folder, readonly=True)
        _, (found,) = imap.search(None, "HEADER", "Subject", f'"from {author}"')
        if found:
            _, parts = imap.fetch(found.split()[-1].decode(), "(BODY.PEEK[HEADER])")
            assert isinstance(parts[0], tuple)
            return parts[0][1].decode()
        time.sleep(0.1)
    raise SystemExit(f"the letter from {author} is not in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
