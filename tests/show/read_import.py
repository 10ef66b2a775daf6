"""Read an imported mailbox by IMAP and compare it with the files: `read_import.py RUN DATA`."""

import imaplib
import json
import mailbox
import re
import ssl
import sys
from pathlib import Path

_LINE_END = re.compile(rb"\r?\n")
_KEPT = re.compile(
    rb"^(?:status|x-status|x-mozilla-status2?|x-keywords):[^\n]*\n", re.IGNORECASE | re.MULTILINE
)


def alike(data: bytes) -> bytes:
    """Make a file and what IMAP serves comparable: CRLF line ends, without the empty line that ends an mbox item."""
    return _LINE_END.sub(b"\r\n", data).rstrip(b"\r\n")


def main() -> None:
    """Compare; exit 1 when a message is missing or differs."""
    run, data = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    box = mailbox.mbox(data / "sample.mbox")
    wanted = {alike(box.get_bytes(key)) for key in box.iterkeys()}
    wanted |= {alike(path.read_bytes()) for path in (data / "eml").glob("*.eml")}
    dave = next(user for user in run["users"] if user["address"].startswith("dave@"))
    trust = ssl.create_default_context(cafile=run["ca_certificate"])
    with imaplib.IMAP4_SSL("localhost", run["imaps"]["port"], ssl_context=trust) as imap:
        imap.login(dave["address"], dave["password"])
        got = set()
        for raw in imap.list()[1]:
            name = re.sub(rb'^.*"/" ', b"", raw if isinstance(raw, bytes) else b"").decode()
            imap.select(name, readonly=True)
            for part in imap.fetch("1:*", "(BODY.PEEK[])")[1]:
                if isinstance(part, tuple):
                    got.add(alike(part[1]))
    missing = {_KEPT.sub(b"", message) for message in wanted} - {_KEPT.sub(b"", message) for message in got}
    print(f"{len(wanted)} different messages, {len(wanted) - len(missing)} read back byte for byte")
    for message in list(missing)[:3]:
        print("missing:", message[:200])
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
