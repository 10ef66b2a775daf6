"""An account for a mail program's test: `imap_account.py RUN COMMAND ...`; what it prints, bash evaluates.

env                 the address, password, host, port and certificate authority of carol
fill DIRECTORY N    empty carol's folders, file N messages in INBOX, and keep each as a file
flags               the messages of INBOX and Archive with their flags
"""

import imaplib
import json
import shlex
import ssl
import sys
from pathlib import Path
from typing import Any

MESSAGE = """From: bob@example.test
To: carol@example.test
Subject: message {n} =?utf-8?q?caf=C3=A9?=
Message-ID: <{n}@show.example.test>
Date: Tue, 24 Nov 2026 10:00:{n:02} +0000

Line one of {n}.
.A line with a dot, and bytes: {bytes}
"""


def main(run: dict[str, Any], command: str, *words: str) -> None:
    """Do it."""
    user = next(user for user in run["users"] if user["address"].startswith("carol@"))
    if command == "env":
        values = {
            "ADDRESS": user["address"],
            "PASSWORD": user["password"],
            "HOST": "localhost",
            "PORT": run["imaps"]["port"],
            "CA": run["ca_certificate"],
        }
        print("\n".join(f"{name}={shlex.quote(str(value))}" for name, value in values.items()))
        return
    trust = ssl.create_default_context(cafile=run["ca_certificate"])
    with imaplib.IMAP4_SSL("localhost", run["imaps"]["port"], ssl_context=trust) as imap:
        imap.login(user["address"], user["password"])
        if command == "fill":
            fill(imap, Path(words[0]), int(words[1]))
        else:
            for folder in ("INBOX", "Archive"):
                imap.select(folder, readonly=True)
                _, lines = imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
                found = [line for line in lines if isinstance(line, tuple)]
                print(folder, *sorted(flags(line) for line in found), sep="\n  ")


def flags(line: tuple[bytes, bytes]) -> str:
    """Return one message's subject and flags."""
    names = line[0].partition(b"FLAGS (")[2].partition(b")")[0].replace(b"\\Recent", b"").split()
    return f"{chr(32).join(line[1].decode().split()[1:3])} {b' '.join(names).decode()}"


def fill(imap: imaplib.IMAP4_SSL, directory: Path, count: int) -> None:
    """Empty the folders and file messages."""
    for folder in ("INBOX", "Archive"):
        imap.select(folder)
        imap.uid("STORE", "1:*", "+FLAGS.SILENT", "(\\Deleted)")
        imap.expunge()
    directory.mkdir(parents=True, exist_ok=True)
    for n in range(1, count + 1):
        data = MESSAGE.replace("\n", "\r\n").format(n=n, bytes="\x01\u00e9\U0001f600").encode()
        (directory / f"{n}.eml").write_bytes(data)
        imap.append("INBOX", "\\Flagged" if n == 1 else "", None, data)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), *sys.argv[2:])
