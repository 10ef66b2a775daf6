"""A system that has certificates issued by a real ACME authority, and shows them by SNI: `acme_issues.py SCRATCH`."""

import os
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

from tests.dns_server import Zone, serving
from tests.pebble import PebbleMissingError, find_pebble, free_port, issuing
from tests.servers import link_binaries
from tests.supervisor.system import ROOT, System, environment

OWN = "mail.example.test"
NAMES = ("autoconfig.example.test", "mta-sts.example.test")


def main() -> int:
    """Start both, wait until the certificates are there, and shake hands by name."""
    scratch = Path(sys.argv[1])
    state = scratch / "state"
    state.mkdir()
    try:
        find_pebble()
    except PebbleMissingError as error:
        print(error)
        return 75
    zone = Zone("\n".join(f"{name} A 127.0.0.1" for name in (OWN, *NAMES)))
    http = free_port()
    with serving(zone) as dns, issuing(scratch, dns=dns, http_port=http) as pebble:
        link_binaries(state)
        env = environment(
            state,
            MAIL_HOSTNAME=OWN,
            MAIL_DNS_SERVERS=dns,
            MAIL_ACME_DIRECTORY=pebble.directory,
            MAIL_ACME_HTTP_PORT=str(http),
            REQUESTS_CA_BUNDLE=str(pebble.trust),
        )
        system = System(state, env)
        try:
            run = system.wait(120)
            return show(system, int(run["imaps"]["port"]), int(run["smtp"]["port"]))
        finally:
            system.stop()


def manage(system: System, *words: str) -> str:
    """Run a command beside it."""
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", *words],
        env={**os.environ, **system.env},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def show(system: System, imaps: int, smtp: int) -> int:
    """Print what was issued, and who is shown what."""
    end = time.monotonic() + 120
    listed = ""
    while listed.count(" good") < 2:
        assert time.monotonic() < end, listed
        time.sleep(1)
        listed = manage(system, "certificate", "list")
    print("  " + listed.rstrip().replace("\n", "\n  "))
    while "Pebble" not in issuer(imaps, NAMES[0]):
        assert time.monotonic() < end + 60, "the doors do not show it"
        time.sleep(1)
    for name in (OWN, *NAMES, "somebody.else.example"):
        print(f"IMAP, asked for {name}: shown one by {issuer(imaps, name)}")
        assert ("Pebble" in issuer(imaps, name)) == (name != "somebody.else.example")
    print(f"SMTP, STARTTLS for {NAMES[1]}: shown one by {starttls(smtp, NAMES[1])}")
    return 0


def starttls(port: int, name: str) -> str:
    """Do the same by STARTTLS."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        vars(client)["_host"] = name  # What smtplib asks for by SNI.
        client.starttls(context=whatever())
        assert isinstance(client.sock, ssl.SSLSocket)
        found = named(client.sock)
    assert "Pebble" in found
    return found


def whatever() -> ssl.SSLContext:
    """Trust whoever answers: who that is, is what is looked at."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def named(tls: ssl.SSLSocket) -> str:
    """Return who issued what was shown."""
    from cryptography import x509

    shown = tls.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).issuer.rfc4514_string()


def issuer(port: int, name: str) -> str:
    """Shake hands by a name; return who issued what was shown."""
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        whatever().wrap_socket(plain, server_hostname=name) as tls,
    ):
        return named(tls)


if __name__ == "__main__":
    sys.exit(main())
