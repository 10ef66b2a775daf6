"""Sign in as people that were imported, and import some by the API: `read_people.py RUN RESULT MARK`."""

import csv
import imaplib
import json
import ssl
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

RUN = json.loads(Path(sys.argv[1]).read_text())
RESULT, MARK = Path(sys.argv[2]), sys.argv[3]


def ask(method: str, path: str, data: bytes | None = None) -> Any:
    """Ask the API; returns what the answer holds."""
    sent = {"Authorization": f"Bearer {RUN['api_token']}", "Content-Type": "text/csv"}
    request = urllib.request.Request(RUN["api"] + path, data, sent, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or b"null")


def signs_in(address: str, password: str) -> bool:
    """Say whether this is the password of this address."""
    trust = ssl.create_default_context(cafile=RUN["ca_certificate"])
    with imaplib.IMAP4_SSL("localhost", RUN["imaps"]["port"], ssl_context=trust) as imap:
        try:
            imap.login(address, password)
        except imaplib.IMAP4.error:
            return False
        return imap.select("INBOX")[0] == "OK"


def main() -> None:
    """Do it; exit 1 when somebody is not let in."""
    with RESULT.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    made = [row for row in rows if row["Password"]]
    print(
        f"  {len(rows)} rows, {len(made)} new passwords, {len({row['Password'] for row in made})} different"
    )
    some = [*((row["Address"], row["Password"]) for row in made[::20]),
            (f"own-{MARK}@example.test", "correct horse battery")]  # fmt: skip
    let_in = [address for address, password in some if signs_in(address, password)]
    print(f"  of {len(some)} who tried, {len(let_in)} signed in over IMAP: {', '.join(let_in)}")
    table = f"address,name\napi-{MARK}@example.test,Ada\nx@elsewhere.test,X\n".encode()
    run = ask("POST", f"imports?dry_run=true&make_passwords=true&name=api-{MARK}.csv", table)
    print(f"  by the API, a dry run: {run['state']}, {run['planned']}")
    ask("POST", f"imports/{run['id']}/go", b"")
    for _ in range(200):
        run = ask("GET", f"imports/{run['id']}")
        if run["state"] == "done":
            break
        time.sleep(0.1)
    for row in ask("GET", f"imports/{run['id']}/rows")["items"]:
        print(f"    line {row['line']}: {row['outcome']}: {row['address']}: {row['text']}")
    [told] = ask("POST", f"imports/{run['id']}/passwords", b"")["items"]
    by_api = signs_in(told["address"], told["password"])
    print(f"  {told['address']} signs in with the password it made: {by_api}")
    if len(let_in) != len(some) or not by_api or len(made) != 40:
        sys.exit(1)


if __name__ == "__main__":
    main()
