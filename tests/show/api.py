"""Use the REST API of a running system as a program would: `api.py RUN`."""

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

RUN = json.loads(Path(sys.argv[1]).read_text())


def ask(method: str, path: str, body: Any = None, *, token: str = RUN["api_token"], **headers: str) -> Any:
    """Ask; returns what the answer holds, or the problem."""
    sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(RUN["api"] + path, data, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


who = ask("GET", "")
print(f"{who['user']['address']} at version {who['version']}, {len(who['scopes'])} scopes")
mark = f"{time.time_ns():x}"
domain = next(item for item in ask("GET", "domains")["items"] if item["name"] == "example.test")
body = {"address": f"erin-{mark}@example.test", "name": "Erin", "password": "correct horse battery"}
erin = ask("POST", "users", body, Idempotency_Key=mark)
again = ask("POST", "users", body, Idempotency_Key=mark)
print(f"made {erin['address']}, and again under its key: the same user {erin['id'] == again['id']}")
box = ask("POST", "mailboxes", {"address": erin["address"], "owner_id": erin["id"]})
print(
    f"a mailbox with {box['quota_bytes'] >> 30} GB; alice's mail is not the admin's:",
    ask("GET", "mailboxes?address=alice@example.test")["items"][0]["used_bytes"],
    "bytes used,",
    ask("GET", f"mailboxes/{ask('GET', 'mailboxes?address=alice@example.test')['items'][0]['id']}/messages")[
        "code"
    ],
)
own = ask("GET", f"mailboxes?address={who['user']['address']}")["items"][0]["id"]
sent = ask(
    "POST",
    f"mailboxes/{own}/letters",
    {"to": [{"address": who["user"]["address"]}], "subject": mark, "text": "Hello"},
)
print(f"a letter to myself was sent, id {sent['id']}")
for _ in range(100):
    found = ask("GET", f"mailboxes/{own}/messages?q=in:inbox+subject:{mark}")["items"]
    if found:
        break
    time.sleep(0.1)
message = ask("GET", f"mailboxes/{own}/messages/{found[0]['id']}")
print(f"it came: {message['subject'] == mark}, text {message['text'].strip()!r}")
done = ask("POST", f"mailboxes/{own}/messages/actions", {"action": "delete", "ids": [message["id"]]})
print("deleted and taken back:", ask("POST", "undo", {"undo": done["undo"]}))
refused = ask(
    "POST", f"mailboxes/{own}/letters", {"to": [{"address": "nobody@example.test"}], "subject": "x"}
)
print(f"to nobody: {refused['status']} {refused['code']}, {refused['reply']!r}")
line = ask("GET", f"trace?message_id={message['message_id'].strip('<>')}")["items"][0]
for event in ask("GET", f"trace/{line['trace_id']}")["events"]:
    print(" ", event["sentence"])
print("the queue by cause:", ask("GET", "queue/causes")["items"])
print("the audit trail's last:", [entry["action"] for entry in ask("GET", "audit?limit=5")["items"]])
system = ask("GET", "system")
print(
    "processes:",
    ", ".join(f"{p['name']} {'ready' if p['is_ready'] else p['says']}" for p in system["processes"]),
)
weak = ask("POST", "tokens", {"label": "weak", "scopes": ["directory:read"]})
print(
    "a token for the directory alone asks for the queue:", ask("GET", "queue", token=weak["secret"])["code"]
)
