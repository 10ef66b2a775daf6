"""Start a system whose outside world is a sink on loopback; send to it as bob: `outside.py SCRATCH`."""

import imaplib
import smtplib
import ssl
import sys
import time
from pathlib import Path

from tests.servers import link_binaries
from tests.smtp_sink import Sink, sinking
from tests.supervisor.system import System, environment

TO = ["friend@outside.example", "reject@outside.example", "defer@other.example"]
LUNCH = b"From: Bob <bob@example.test>\r\nTo: friend@outside.example\r\nSubject: lunch\r\n\r\nAt noon?\r\n"
BOB = "bob@example.test"


def main() -> None:
    """Send, look into the sink, wait for the report."""
    state = Path(sys.argv[1]) / "state"
    state.mkdir()
    link_binaries(state)
    with sinking() as (sink, port):
        system = System(state, environment(state, MAIL_ROUTES=f"*=127.0.0.1:{port}"))
        try:
            show(system, sink)
        finally:
            system.stop()


def show(system: System, sink: Sink) -> None:
    """Print what happened."""
    run = system.wait(120)
    password = next(user["password"] for user in run["users"] if user["address"] == BOB)
    trust = ssl.create_default_context(cafile=run["ca_certificate"])
    with smtplib.SMTP("localhost", run["submission"]["port"]) as smtp:
        smtp.starttls(context=trust)
        smtp.login(BOB, password)
        began = time.monotonic()
        smtp.sendmail(BOB, TO, LUNCH)
    while not sink.taken:
        assert time.monotonic() < began + 30, "nothing reached the outside"
        time.sleep(0.01)
    taken = sink.taken[0]
    print(f"outside after {time.monotonic() - began:.2f} s, for {', '.join(taken.recipients)}:")
    print("  " + taken.data.decode().replace("\r\n", "\n  ").rstrip())
    assert taken.data.endswith(LUNCH.partition(b"\r\n\r\n")[2])
    assert b"\r\nMessage-ID: " in taken.data
    assert b"\r\nDate: " in taken.data
    print("the report to bob about the one that was refused:")
    print("  " + report(run["imaps"]["port"], trust, password).replace("\r\n", "\n  ").rstrip())


def report(port: int, trust: ssl.SSLContext, password: str) -> str:
    """Wait for the delivery report in bob's INBOX; return its text and status parts."""
    with imaplib.IMAP4_SSL("localhost", port, ssl_context=trust) as imap:
        imap.login(BOB, password)
        for _ in range(300):
            imap.select("INBOX", readonly=True)
            _, (found,) = imap.search(None, "SUBJECT", '"not delivered"')
            if found:
                _, parts = imap.fetch(found.split()[-1].decode(), "(BODY.PEEK[1] BODY.PEEK[2])")
                texts = [part[1].decode() for part in parts if isinstance(part, tuple)]
                assert "reject@outside.example" in texts[1]
                assert "Action: failed" in texts[1]
                assert "defer@" not in texts[1]
                return "\r\n".join(texts)
            time.sleep(0.1)
    raise AssertionError("no report came")


if __name__ == "__main__":
    main()
