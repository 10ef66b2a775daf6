"""The same work by Postfix and Dovecot: `python -m bench.peers [--mail N] [--folder N] [--idle N] [--rounds N]`.

Both are started as Debian packages them (`apt-get install postfix dovecot-imapd`), on this machine, beside ours,
with files of their own in a temporary directory; without them there is nothing to compare and this says so. The
same driver asks each in turn, so that what else the machine does meets all of them. CPU of a server is that of all
its processes, ours with PostgreSQL and Valkey; the driver's own is not counted.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench import imap, smtp
from bench.peer_servers import PASSWORD, Dovecot, Postfix, free_port, missing, versions
from bench.stage import Stage, children, cpu_seconds, stage

FULL = imap.FULL
SIZE = 2048
CONNECTIONS = 16
SESSIONS = 30
BATCH = 100
SETTLE_SECONDS = 15


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mail", type=int, default=2000, help="messages sent in a round; 0 for none")
    parser.add_argument("--folder", type=int, default=20_000, help="messages in the folder; 0 for no IMAP")
    parser.add_argument("--idle", type=int, default=200, help="idle connections")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if why := missing():
        print(f"skipped: {why}")
        return 0
    ports = {"MAIL_IMAPS_PORT": str(free_port()), "MAIL_IMAP_PORT": str(free_port())}
    os.environ |= ports | {"MAIL_MAX_CONNECTIONS_PER_HOST": "20000"}
    print(f"{versions()}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with stage() as where:
        if options.mail:
            compare_smtp(where, options.mail, options.rounds)
        if options.folder:
            compare_imap(where, int(ports["MAIL_IMAPS_PORT"]), options.folder, options.idle, options.rounds)
    return 0


@dataclass(slots=True)
class Table:
    """What each server took for each piece of work, the first server ours."""

    unit: str
    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, work: str, server: str, value: float) -> None:
        """Keep a sample."""
        self.samples.setdefault(work, {}).setdefault(server, []).append(value)

    def show(self) -> None:
        """Print the medians, and how often theirs holds ours."""
        for work, servers in self.samples.items():
            medians = {server: statistics.median(values) for server, values in servers.items()}
            ours = next(iter(medians.values()))
            parts = [f"{server} {value:.3f}" for server, value in medians.items()]
            ratios = [f"{value / ours:.2f} x" for value in list(medians.values())[1:]]
            print(f"{work:58} {self.unit}: {', '.join(parts)}; theirs/ours {', '.join(ratios)}", flush=True)


# --- mail in ------------------------------------------------------------------------------------------------


def compare_smtp(where: Stage, count: int, rounds: int) -> None:
    """Compare what a message costs up to the durable 250, and up to its place in a folder."""
    table = Table("CPU ms a message")
    first = iter(range(10**6, 10**9, 10**5))
    smtp.make_users()
    with ExitStack() as stack:
        postfix = Postfix(where.root, smtp.USERS)
        stack.callback(postfix.stop)
        door = {name: str(port) for name, port in smtp.SMTP.items()}
        listener = stack.enter_context(smtp.process("workers.smtp", **door))
        smtp.await_listener()

        def ours(workers: list[int]) -> float:
            before = cpu_seconds(*pids, *workers)
            smtp.drive(count, SIZE, CONNECTIONS, first=next(first))
            if workers:
                smtp.await_filing()
            return (cpu_seconds(*pids, *workers) - before) / count * 1000

        def theirs(port: int) -> float:
            have, before = postfix.filed(), cpu_seconds(postfix.pid)
            smtp.drive(count, SIZE, CONNECTIONS, first=next(first), port=port)
            while port == postfix.port and postfix.filed() < have + count:
                time.sleep(0.2)
            return (cpu_seconds(postfix.pid) - before) / count * 1000

        pids = [listener, where.postgres, where.valkey]
        for number in range(rounds + 1):
            pair = ours([]), theirs(postfix.held)
            if number:  # The first round only warms both.
                table.add("SMTP to the durable 250", "ours", pair[0])
                table.add("SMTP to the durable 250", "Postfix", pair[1])
        worker = stack.enter_context(smtp.local_worker())
        smtp.await_filing()
        for number in range(rounds + 1):
            pair = ours([worker]), theirs(postfix.port)
            if number:
                table.add("SMTP to the folder (theirs: a Maildir)", "ours", pair[0])
                table.add("SMTP to the folder (theirs: a Maildir)", "Postfix", pair[1])
    table.show()


# --- reading ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Server:
    """An IMAP server, and a client of it with the folder selected."""

    name: str
    client: Callable[[], imap.Client]
    processes: Callable[[], list[int]]
    selected: imap.Client | None = None

    def cpu(self) -> float:
        """Return the CPU milliseconds of its living processes so far."""
        return sum(imap.cpu(pid) for pid in self.processes())

    def memory(self) -> int:
        """Return the KB it has in memory; what PostgreSQL has is the same however many clients there are."""
        return sum([_pss(pid) for pid in {child for root in self.processes() for child in children(root)}])


def _pss(pid: int) -> int:
    try:
        return imap.resident(pid)
    except OSError:  # It has ended meanwhile.
        return 0


def compare_imap(where: Stage, port: int, count: int, idle: int, rounds: int) -> None:
    """Compare what clients ask most, over TLS, and what it costs to keep them."""
    tls = where.root / "state" / "tls"
    with ExitStack() as stack:
        machine = imap.Machine(where, port)
        stack.callback(machine.stop_listener)
        machine.restart()
        assert machine.listener is not None
        listener = machine.listener.pid
        mailbox_id, password = _our_user()

        def client_of(port: int, word: str) -> Callable[[], imap.Client]:
            return lambda: imap.Client(port, machine.trust, "alice@bench.test", word)

        servers = [
            Server("ours", client_of(port, password), lambda: [listener, where.postgres, where.valkey])
        ]
        for location in ("maildir:~/Maildir", "mdbox:~/mdbox"):
            dovecot = Dovecot(where.root, tls, location)
            stack.callback(dovecot.stop)
            servers.append(Server(dovecot.name, client_of(dovecot.port, PASSWORD), dovecot.processes))
        _fill_ours(mailbox_id, count)
        _pack(mailbox_id)
        for server in servers:
            server.selected = client = server.client()
            if server is not servers[0]:
                _fill_theirs(client, count)
                client.ask("CREATE Sent")
            client.ask("SELECT INBOX")
        costs(servers, count, rounds)
        for server in servers:
            assert server.selected is not None
            server.selected.socket.close()
        servers[0].processes = lambda: [listener]
        memory([servers[0], servers[1]], idle)


def _our_user() -> tuple[int, str]:
    from apps.accounts.services import credentials, users
    from apps.domains.services import create_domain
    from apps.events.audit import SYSTEM
    from apps.events.transactions import perform
    from apps.mailboxes.services import create_mailbox
    from apps.organisations.services import create_organisation
    from apps.store.services import folders

    organisation = create_organisation(name="peers", actor=SYSTEM)
    create_domain(organisation=organisation, name="bench.test", actor=SYSTEM)
    owner = users.create_user(address="alice@bench.test", actor=SYSTEM)
    mailbox = create_mailbox(address="alice@bench.test", owner=owner, quota_bytes=0, actor=SYSTEM)
    perform(folders.ensure_defaults(mailbox.pk))
    # Theirs compares a password in plain text; an app password costs ours as little.
    return mailbox.pk, credentials.add_app_password(user=owner, label="bench", actor=SYSTEM).secret


def _pack(mailbox_id: int) -> None:
    """Do what housekeeping does by itself some minutes after mail came."""
    from apps.events.transactions import perform
    from apps.store import packing
    from apps.store.models import Folder
    from apps.store.values import FolderRef
    from bench import filler

    perform(filler.settle())
    folder = Folder.objects.get(mailbox_id=mailbox_id, name="INBOX")
    packing.rebuild(FolderRef(mailbox_id, folder.pk))


def _fill_ours(mailbox_id: int, count: int) -> None:
    """File messages as deliveries do, a batch in a transaction."""
    from apps.events.transactions import perform
    from apps.mailboxes.models import Mailbox
    from apps.protocols.mime.scan import scan
    from apps.store import blobs
    from apps.store.models import Folder
    from apps.store.services import messages
    from apps.store.values import MessageFacts, NewMessage

    organisation_id = Mailbox.objects.get(pk=mailbox_id).domain.organisation_id
    folder_id = Folder.objects.get(mailbox_id=mailbox_id, name="INBOX").pk
    for first in range(0, count, BATCH):
        bodies = [smtp.message(number, SIZE) for number in range(first, min(first + BATCH, count))]
        packed = blobs.prepare((organisation_id, body) for body in bodies)
        items = [
            NewMessage(
                organisation_id, mailbox_id, folder_id, blob, MessageFacts.of(scan(body)), internaldate=0
            )
            for blob, body in zip(packed, bodies, strict=True)
        ]
        perform(messages.append(items, enforce_quota=False))


def _fill_theirs(client: imap.Client, count: int) -> None:
    """Append the same messages, a batch in one command (RFC 3502)."""
    for first in range(0, count, BATCH):
        bodies = [smtp.message(number, SIZE) for number in range(first, min(first + BATCH, count))]
        words = b"".join(b" {%d+}\r\n%b" % (len(body), body) for body in bodies)
        client.socket.sendall(b"x APPEND INBOX" + words + b"\r\n")
        client.until(b"x OK")


def costs(servers: list[Server], count: int, rounds: int) -> None:
    """Ask each server in turn for the same, and print what it took of CPU."""
    table = Table("CPU ms")
    middle = count // 2
    signs = iter("+-" * 1_000_000)
    works: list[tuple[str, int, Callable[[], str]]] = [
        ("SELECT, warm", 20, lambda: "SELECT INBOX"),
        (f"UID FETCH 1:* (FLAGS), {count} messages", 3, lambda: "UID FETCH 1:* (FLAGS)"),
        (f"UID FETCH 1:* (.. ENVELOPE BODYSTRUCTURE), {count}", 1, lambda: f"UID FETCH 1:* ({FULL})"),
        ("UID FETCH n (BODY.PEEK[])", 100, lambda: f"UID FETCH {middle} (BODY.PEEK[])"),
        ("UID FETCH 500 (BODY.PEEK[])", 1, lambda: f"UID FETCH {middle}:{middle + 499} (BODY.PEEK[])"),
        ("UID SEARCH UNSEEN", 10, lambda: "UID SEARCH UNSEEN"),
        ("UID STORE n FLAGS.SILENT", 20, lambda: f"UID STORE {middle} {next(signs)}FLAGS.SILENT (\\Flagged)"),
        ("APPEND, one at a time", 20, lambda: f"APPEND Sent {{{SIZE}+}}\r\n{'x' * SIZE}"),
        ("NOOP", 100, lambda: "NOOP"),
    ]
    for name, repeat, command in works:
        for number in range(rounds + 1):
            for server in servers:
                assert server.selected is not None
                before = server.cpu()
                for _ in range(repeat):
                    server.selected.ask(command())
                if number:
                    table.add(name, server.name, (server.cpu() - before) / repeat)
    for number in range(rounds + 1):
        for server in servers:
            before_s = cpu_seconds(*server.processes())
            for _ in range(SESSIONS):
                client = server.client()
                client.ask("SELECT INBOX")
                client.ask("LOGOUT")
                client.socket.close()
            time.sleep(0.2)  # What has ended is counted when it is reaped.
            if number:
                spent = (cpu_seconds(*server.processes()) - before_s) / SESSIONS * 1000
                table.add("a session: TLS, LOGIN, SELECT, LOGOUT", server.name, spent)
    table.show()


def memory(servers: list[Server], idle: int) -> None:
    """Print what more idle connections over TLS cost, the folder selected, beyond the first `idle` of them."""
    for server in servers:
        clients = [_idler(server) for _ in range(idle)]
        before = _settled(server)
        clients += [_idler(server) for _ in range(idle)]
        grown = (_settled(server) - before) / idle
        print(
            f"{f'each of {idle} more TLS connections in IDLE':58} KB: {server.name} {grown:.1f}", flush=True
        )
        for client in clients:
            client.socket.close()


def _idler(server: Server) -> imap.Client:
    client = server.client()
    client.ask("SELECT INBOX")
    client.socket.sendall(b"x IDLE\r\n")
    client.until(b"+ ")
    return client


def _settled(server: Server) -> int:
    """Return the memory after a while, when what signing in took is given back."""
    time.sleep(SETTLE_SECONDS)
    return server.memory()


if __name__ == "__main__":
    sys.exit(main())
