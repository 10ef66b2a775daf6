"""Send a message to alice by swaks, and read it back by imaplib and mbsync: `swaks.py RUN SCRATCH`."""

import imaplib
import json
import re
import ssl
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

BODY = (
    "From: Zoë <friend@sender.example>\r\nTo: alice\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= {token}\r\n"
    "Date: Sun, 01 Mar 2026 12:00:00 +0000\r\nMessage-ID: <{token}@sender.example>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ".a line that begins with a dot\r\n..and one with two\r\n.\r\n\r\ngrüße \t trailing space \r\n"
    + "x" * 900
    + "\r\nthe end\r\n"
)

MBSYNC = """\
IMAPAccount alice
Host {host}
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {ca}

IMAPStore far
Account alice

MaildirStore near
Path {maildir}/
Inbox {maildir}/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Sync Pull
Create Near
SyncState *
"""


def find(run: dict[str, Any], alice: dict[str, str], token: str) -> bytes:
    """Wait until the message is in INBOX; return it as it is fetched."""
    trust = ssl.create_default_context(cafile=run["ca_certificate"])
    with imaplib.IMAP4_SSL("localhost", run["imaps"]["port"], ssl_context=trust) as imap:
        imap.login(alice["address"], alice["password"])
        for _ in range(300):
            imap.select("INBOX", readonly=True)
            _, (found,) = imap.search(None, "HEADER", "Message-ID", token)
            if found:
                _, parts = imap.fetch(found.split()[-1].decode(), "(BODY.PEEK[])")
                assert isinstance(parts[0], tuple)
                return parts[0][1]
            time.sleep(0.1)
    raise SystemExit("the message did not arrive")


def main(run_path: Path, scratch: Path) -> None:
    """Do it and say what was seen."""
    run = json.loads(run_path.read_text())
    alice = next(user for user in run["users"] if user["address"].startswith("alice@"))
    token = uuid.uuid4().hex
    sent = BODY.replace("{token}", token).encode()
    # swaks ends the last line itself.
    (scratch / "message").write_bytes(sent.removesuffix(b"\r\n"))
    words = ["swaks", "--server", f"127.0.0.1:{run['smtp']['port']}", "--helo", "sender.example",
             "--from", "friend@sender.example", "--to", alice["address"], "--data", f"@{scratch / 'message'}",
             "--hide-all"]  # fmt: skip
    subprocess.run(words, check=True)
    fetched = find(run, alice, token)
    assert fetched.endswith(b"\r\n" + sent), "imaplib read other bytes than swaks sent"
    print(
        f"swaks sent {len(sent)} bytes; imaplib read them back, after {len(fetched) - len(sent)} of trace headers"
    )
    maildir = scratch / "Maildir"
    maildir.mkdir()
    config = MBSYNC.format(
        host="localhost", port=run["imaps"]["port"], user=alice["address"], password=alice["password"],
        ca=run["ca_certificate"], maildir=maildir,
    )  # fmt: skip
    (scratch / "mbsyncrc").write_text(config)
    subprocess.run(["mbsync", "-c", str(scratch / "mbsyncrc"), "-q", "all"], check=True)
    copies = [
        data
        for path in maildir.rglob("*")
        if path.is_file() and token.encode() in (data := path.read_bytes())
    ]
    assert len(copies) == 1, f"mbsync wrote {len(copies)} copies"
    # A Maildir keeps lines as the system does, and mbsync marks its copies by a field of its own.
    copy = re.sub(rb"^X-TUID: .*\n", b"", copies[0], count=1, flags=re.MULTILINE)
    assert copy.endswith(b"\n" + sent.replace(b"\r\n", b"\n")), "mbsync wrote other bytes"
    count = sum(1 for path in (maildir / "INBOX" / "cur").iterdir()) + sum(
        1 for path in (maildir / "INBOX" / "new").iterdir()
    )
    print(f"mbsync copied {count} messages; among them this one, byte for byte")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
