"""Read a run.json, ask the web process whether it is ready, and let alice sign in over IMAP: `sign_in.py RUN`."""

import imaplib
import json
import ssl
import sys
import urllib.request
from pathlib import Path


def main(path: Path) -> None:
    """Do it and say what was seen."""
    run = json.loads(path.read_text())
    print(f"  run.json: {', '.join(run)}; mode {path.stat().st_mode & 0o777:o}")
    with urllib.request.urlopen(f"{run['web']}readyz", timeout=10) as answer:
        print(f"  {run['web']}readyz: {answer.status} {answer.read().decode().strip()}")
    alice = next(user for user in run["users"] if user["address"].startswith("alice@"))
    trust = ssl.create_default_context(cafile=run["ca_certificate"])
    with imaplib.IMAP4_SSL(run["imaps"]["host"], run["imaps"]["port"], ssl_context=trust) as imap:
        imap.login(alice["address"], alice["password"])
        _, (line,) = imap.status("INBOX", "(MESSAGES UNSEEN)")
        print(f"  IMAP over {imap.sock.version()}: {line.decode()}")  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
