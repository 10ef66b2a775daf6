"""Send the same letters to alice and bob, let alice mark hers, and tell both scores: `alice_teaches.py RUN`."""

import imaplib
import json
import smtplib
import ssl
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

TAUGHT = 10
SECONDS = 60
LINES = (
    "Our harbour club has a free berth for the long weekend, and the rate includes the mooring fee.",
    "Bring the boat round before noon; the crane is booked for the afternoon and the tide will not wait.",
    "Members who bring a guest pay half for the second berth this month.",
    "The new pontoon is open, the old one is closed until the boards are mended.",
)


def main(run: dict[str, Any]) -> None:
    """Send, mark, send again."""
    people = {user["address"].partition("@")[0]: user for user in run["users"]}
    alice, bob = people["alice"], people["bob"]
    # The first letter a worker judges may come before it has compiled the rules.
    send(run, [bob], "warm")
    score(bob, "warm", 1)
    time.sleep(5)
    send(run, [alice, bob], "offer")
    before = {who["address"]: score(who, "offer", 1) for who in (alice, bob)}
    for number in range(TAUGHT):
        send(run, [alice], f"berth {number}")
    mark(run, alice, [f"berth {number}" for number in range(TAUGHT)])
    wait_for_learning(alice)
    send(run, [alice, bob], "offer")
    after = {who["address"]: score(who, "offer", 2) for who in (alice, bob)}
    for who in (alice, bob):
        print(f"{who['address']:22} score {before[who['address']]:+.2f} -> {after[who['address']]:+.2f}")
    assert after[alice["address"]] > before[alice["address"]] + 0.3, "alice's filter learned nothing"
    assert abs(after[bob["address"]] - before[bob["address"]]) < 0.05, "bob's filter moved"


def send(run: dict[str, Any], whom: list[dict[str, Any]], subject: str) -> None:
    """Hand one letter in, as a stranger's server does; each has it for itself."""
    message = EmailMessage()
    message["From"] = "Harbour office <office@harbour.example>"
    message["To"] = whom[0]["address"]
    message["Subject"] = f"A berth for the weekend ({subject})"
    message["Message-ID"] = f"<{time.time_ns()}@harbour.example>"
    message["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    message.set_content("\n\n".join(LINES) + "\n")
    with smtplib.SMTP(run["smtp"]["host"], run["smtp"]["port"]) as smtp:
        smtp.send_message(message, "office@harbour.example", [user["address"] for user in whom])


def score(who: dict[str, Any], subject: str, number: int) -> float:
    """Return how the first, or the second, letter of a subject was judged for somebody, once it is there."""
    from apps.spam.models import Judgement

    found = Judgement.objects.filter(mailbox_id=mailbox_of(who), subject__contains=f"({subject})")
    scores = found.order_by("judged_at").values_list("score", flat=True)
    told = until(lambda: scores.all()[number - 1 : number], f"no judgement of {subject}")
    return float(told[0])


def mailbox_of(who: dict[str, Any]) -> int:
    """Return the number of somebody's mailbox."""
    from apps.mailboxes.models import Mailbox

    local, _, domain = who["address"].partition("@")
    return int(Mailbox.objects.get(local_part=local, domain__name=domain).pk)


def mark(run: dict[str, Any], who: dict[str, Any], subjects: list[str]) -> None:
    """Move letters into Junk, as a mail program does."""
    trust = ssl.create_default_context(cafile=run["ca_certificate"])
    with imaplib.IMAP4_SSL("localhost", run["imaps"]["port"], ssl_context=trust) as imap:
        imap.login(who["address"], who["password"])
        imap.select("INBOX")
        for subject in subjects:
            uid = until(lambda wanted=subject: find(imap, wanted), f"{subject} did not come")
            assert imap.uid("MOVE", uid, "Junk")[0] == "OK"
    print(f"{who['address']} moved {len(subjects)} letters into Junk over IMAP")


def find(imap: imaplib.IMAP4, subject: str) -> str:
    """Return the number of a letter in the open folder, or nothing."""
    imap.noop()
    _, [found] = imap.uid("SEARCH", "SUBJECT", f'"({subject})"')
    return found.decode().split()[-1] if found else ""


def wait_for_learning(who: dict[str, Any]) -> None:
    """Wait until the filter has learned all of them."""
    from apps.spam.marks.queries import state

    mailbox_id = mailbox_of(who)
    began = time.monotonic()
    told = until(
        lambda: (found := state(mailbox_id)) and found.bad >= TAUGHT and found, "nothing was learned"
    )
    print(
        f"learned within {time.monotonic() - began:.1f} s: {told.good} good, {told.bad} bad, weight {told.weight:.2f}"
    )


def until(look: Any, otherwise: str) -> Any:
    """Look until there is something to see."""
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(0.2)
    raise SystemExit(otherwise)


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
    django.setup()
    main(json.loads(Path(sys.argv[1]).read_text()))
