"""Postfix and Dovecot as Debian packages them, each with files and ports of its own below a temporary directory."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from bench.stage import children

DOMAIN = "example.test"
PASSWORD = "a password for the bench"
PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/postfix/sbin"))
OWNER = "nobody"
"""Who owns the mail of both; neither server keeps mail as root."""


def missing() -> str:
    """Return why the servers cannot be started here; empty if they can."""
    absent = [name for name in ("postfix", "dovecot") if shutil.which(name, path=PATH) is None]
    if absent:
        return f"{' and '.join(absent)} not installed (apt-get install postfix dovecot-imapd)"
    if os.geteuid() != 0:
        return "both servers have to be started by root"
    version = _output("dovecot", "--version")
    if not version.startswith("2.3."):
        return f"this is Dovecot {version.split()[0]}, and the configuration is written for 2.3"
    return ""


def versions() -> str:
    """Return which servers these are."""
    postfix = _output("postconf", "-dh", "mail_version").strip()
    return f"Postfix {postfix}, Dovecot {_output('dovecot', '--version').split()[0]}"


def _output(*command: str) -> str:
    return subprocess.run(
        command, env=os.environ | {"PATH": PATH}, check=True, capture_output=True, text=True
    ).stdout


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def await_door(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"nobody opened port {port}")


def _chown(directory: Path) -> None:
    user = pwd.getpwnam(OWNER)
    directory.mkdir(parents=True, exist_ok=True)
    os.chown(directory, user.pw_uid, user.pw_gid)


class Postfix:
    """Two doors: what comes to `held` stays in the queue, what comes to `port` is put into Maildirs."""

    def __init__(self, root: Path, users: int) -> None:
        self.root, self.port, self.held = root / "postfix", free_port(), free_port()
        self.mail = self.root / "mail"
        for name in ("etc", "spool", "data"):
            (self.root / name).mkdir(parents=True)
        shutil.chown(self.root / "data", "postfix")
        _chown(self.mail)
        self._write(users)
        self._control("start")
        await_door(self.port)
        await_door(self.held)
        self.pid = int((self.root / "spool/pid/master.pid").read_text())

    def stop(self) -> None:
        """Stop every process of it."""
        self._control("stop")

    def filed(self) -> int:
        """Return how many messages are in folders."""
        return sum(1 for _ in self.mail.glob("*/new/*"))

    def _control(self, verb: str) -> None:
        subprocess.run(
            ["postfix", "-c", self.root / "etc", verb],
            env=os.environ | {"PATH": PATH},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _write(self, users: int) -> None:
        etc, owner = self.root / "etc", pwd.getpwnam(OWNER)
        boxes = "".join(f"user{n}@{DOMAIN} user{n}/\n" for n in range(users))
        (etc / "boxes").write_text(boxes)
        (etc / "main.cf").write_text(
            f"""compatibility_level = 3.6
queue_directory = {self.root}/spool
data_directory = {self.root}/data
maillog_file = {self.root}/log
maillog_file_prefixes = {self.root}
myhostname = mx.{DOMAIN}
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = texthash:{etc}/boxes
virtual_mailbox_base = {self.mail}
virtual_minimum_uid = 1
virtual_uid_maps = static:{owner.pw_uid}
virtual_gid_maps = static:{owner.pw_gid}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtp_dns_support_level = disabled
in_flow_delay = 0
"""
        )
        services = [f"127.0.0.1:{self.port} inet n - n - - smtpd"]
        services += [
            f"127.0.0.1:{self.held} inet n - n - - smtpd",
            "  -o smtpd_data_restrictions=check_client_access,static:HOLD",
        ]
        services += ["cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr"]
        services += [f"{name} unix - - n - 0 bounce" for name in ("bounce", "defer", "trace")]
        services += ["rewrite unix - - n - - trivial-rewrite", "virtual unix - n n - - virtual"]
        services += [f"{name} unix - - n - - {name}" for name in ("error", "smtp")]
        services += ["retry unix - - n - - error", "proxymap unix - - n - - proxymap"]
        services += ["anvil unix - - n - 1 anvil", "verify unix - - n - 1 verify"]
        services += ["postlog unix-dgram n - n - 1 postlogd"]
        (etc / "master.cf").write_text("\n".join(services) + "\n")


class Dovecot:
    """IMAP over TLS, with the certificate of our own listener."""

    def __init__(self, root: Path, tls: Path, location: str) -> None:
        name = location.partition(":")[0]
        self.root, self.port, self.name = root / f"dovecot-{name}", free_port(), f"Dovecot ({name})"
        self.root.mkdir()
        self.root.chmod(0o755)
        _chown(self.root / "mail")
        config = self.root / "dovecot.conf"
        config.write_text(self._config(tls, location))
        (self.root / "users").write_text(f"alice@bench.test:{{PLAIN}}{PASSWORD}\n")
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", config], env=os.environ | {"PATH": PATH}, stderr=subprocess.DEVNULL
        )
        await_door(self.port)
        self.pid = self._process.pid

    def stop(self) -> None:
        """Stop every process of it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def processes(self) -> list[int]:
        """Return all its processes."""
        return children(self.pid)

    def _config(self, tls: Path, location: str) -> str:
        owner = pwd.getpwnam(OWNER)
        return f"""base_dir = {self.root}/run
state_dir = {self.root}/state
log_path = {self.root}/log
listen = 127.0.0.1
protocols = imap
ssl = required
ssl_cert = <{tls}/server.pem
ssl_key = <{tls}/server.key
first_valid_uid = 1
first_valid_gid = 1
mail_location = {location}
mail_max_userip_connections = 10000
passdb {{
  driver = passwd-file
  args = {self.root}/users
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={self.root}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
default_process_limit = 2000
default_client_limit = 8000
service imap-login {{
  # As the manual has it for many connections: a few processes that stay.
  service_count = 0
  process_min_avail = 2
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {self.port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 2000
}}
service anvil {{
  client_limit = 8000
}}
"""
