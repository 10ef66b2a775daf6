"""An outside world on loopback with policies and TLSA records, some of them not met: `mta_sts_dane.py SCRATCH`."""

import contextlib
import hashlib
import logging
import os
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

from tests.certificates import Issued, issue, make_authority
from tests.dns_server import SECURE, Zone, serving
from tests.policy_server import Publisher, publishing
from tests.servers import link_binaries
from tests.smtp_sink import Sink, sinking
from tests.supervisor.system import ROOT, System, environment

BOB = "bob@example.test"
WEB = "127.0.0.77"
# Domain, the address of its mail server, and what is to come of its mail.
DOMAINS = {
    "sts-good": ("127.0.0.11", "delivered"),
    "sts-unnamed": ("127.0.0.12", "waits"),
    "sts-untrusted": ("127.0.0.13", "waits"),
    "sts-stripped": ("127.0.0.14", "waits"),
    "dane-good": ("127.0.0.15", "delivered"),
    "dane-other": ("127.0.0.16", "waits"),
}


def main() -> int:
    """Set it up, send, and print what became of each."""
    # A handshake that we break off is what is to be shown, and no fault of the sink's.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    scratch = Path(sys.argv[1])
    state = scratch / "state"
    state.mkdir()
    try:
        socket.create_server((WEB, 443)).close()
    except OSError as error:
        print(f"no policy can be published here: {WEB}:443: {error.strerror}")
        return 75
    authority = make_authority()
    (scratch / "ca.pem").write_bytes(authority.pem)
    shown: dict[str, Issued | None] = {
        name: issue(f"mx.{name}.example", by=None if name == "sts-untrusted" else authority)
        for name in DOMAINS
    }
    shown["sts-stripped"] = None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    zone = a_zone(port, shown)
    site = issue(*(f"mta-sts.{name}.example" for name in DOMAINS), by=authority).server(scratch)
    with contextlib.ExitStack() as world:
        dns = world.enter_context(serving(zone))
        publisher = Publisher(by_host=policies())
        world.enter_context(publishing(publisher, site, WEB, 443))
        sinks = {}
        for name, (address, _) in DOMAINS.items():
            given = shown[name]
            tls = given.server(scratch) if given else None
            sinks[name], _port = world.enter_context(sinking(port=port, host=address, tls=tls))
        link_binaries(state)
        more = {
            "MAIL_DNS_SERVERS": dns,
            "MAIL_REACHABLE_NETWORKS": "127.0.0.0/8",
            "MAIL_REMOTE_SMTP_PORT": str(port),
        }
        env = environment(state, SSL_CERT_FILE=str(scratch / "ca.pem"), **more)
        system = System(state, env)
        try:
            return show(system, sinks)
        finally:
            system.stop()


def a_zone(port: int, shown: dict[str, Issued | None]) -> Zone:
    """What DNS says; DNSSEC vouches for the domains with TLSA records."""
    lines: list[str] = []
    signed: dict[str, str] = {}
    for name, (address, _) in DOMAINS.items():
        domain, mx = f"{name}.example", f"mx.{name}.example"
        lines += [f"{domain} MX 10 {mx}.", f"{mx} A {address}", f"mta-sts.{domain} A {WEB}"]
        if name.startswith("sts"):
            lines.append(f'_mta-sts.{domain} TXT "v=STSv1; id=1;"')
        else:
            known = shown[name if name == "dane-good" else "sts-good"]
            assert known is not None
            lines.append(f"_{port}._tcp.{mx} TLSA 3 1 1 {hashlib.sha256(known.public_key).hexdigest()}")
            signed |= dict.fromkeys((domain, mx, f"_{port}._tcp.{mx}"), SECURE)
    return Zone("\n".join(lines), signed)


def policies() -> dict[str, bytes]:
    """What each domain demands."""
    return {
        f"mta-sts.{name}.example": (
            f"version: STSv1\nmode: enforce\nmx: "
            f"{'mx.elsewhere' if name == 'sts-unnamed' else 'mx.' + name}.example\nmax_age: 86400\n"
        ).encode()
        for name in DOMAINS
    }


def show(system: System, sinks: dict[str, Sink]) -> int:
    """Send to all of them; print what arrived, and what the queue says of the rest."""
    run = system.wait(120)
    password = next(user["password"] for user in run["users"] if user["address"] == BOB)
    trust = ssl.create_default_context(cafile=run["ca_certificate"])
    with smtplib.SMTP("localhost", run["submission"]["port"]) as smtp:
        smtp.starttls(context=trust)
        smtp.login(BOB, password)
        for name in DOMAINS:
            text = f"From: <{BOB}>\r\nTo: <friend@{name}.example>\r\nSubject: lunch\r\n\r\nAt noon?\r\n"
            smtp.sendmail(BOB, [f"friend@{name}.example"], text)
    wanted = {name for name, (_, what) in DOMAINS.items() if what == "delivered"}
    end = time.monotonic() + 60
    queue = ""
    while time.monotonic() < end:
        queue = subprocess.run(
            [sys.executable, ROOT / "manage.py", "queue", "list"],
            env={**os.environ, **system.env},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        tried = all(f"@{name}.example" in queue for name in DOMAINS.keys() - wanted)
        if (
            tried
            and queue.count("451 4.7.") == len(DOMAINS) - len(wanted)
            and all(sinks[n].taken for n in wanted)
        ):
            break
        time.sleep(0.5)
    for name, sink in sinks.items():
        came = [f"by {'TLS' if taken.is_tls else 'NO TLS'}" for taken in sink.taken]
        print(f"{name}.example: {'delivered ' + came[0] if came else 'nothing sent'}")
        assert bool(came) == (name in wanted), name
        assert came in ([], ["by TLS"]), name
    print("the queue says why:")
    print("  " + queue.rstrip().replace("\n", "\n  "))
    for name in DOMAINS.keys() - wanted:
        assert f"@{name}.example" in queue, name
    assert queue.count("451 4.7.4") == 1
    assert queue.count("451 4.7.5") == 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
