"""Run the image that tools/dockerfile_steps.py made, a process for each role, as a container engine would.

Each role has mount and process namespaces of its own, a root it cannot write to, /tmp in memory, the state
directory, uid 10025, and the entrypoint as process 1. The servers are the wheels', started from the image too.
`container.py OUT_DIRECTORY SCRATCH`, as root.
"""

import base64
import contextlib
import http.client
import imaplib
import json
import os
import secrets
import shlex
import signal
import smtplib
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.processes import free_ports

GRACE_SECONDS = 30  # stop_grace_period of docker/compose.yaml
UID = 10025
SERVERS = """
import signal
from pathlib import Path
from workers.supervisor.postgres import Postgres
from workers.supervisor.valkey import Valkey
signal.signal(signal.SIGTERM, lambda *_: None)  # Process 1 gets no signal that it does not handle.
servers = Postgres(Path("/servers/pg"), namespaces=False), Valkey(Path("/servers/valkey"))
for server in servers:
    server.start()
print(*(server.url for server in servers), flush=True)
signal.pause()
for server in reversed(servers):
    server.stop()
"""
DOORS = ("WEB", "SMTP", "SUBMISSION", "SUBMISSIONS", "IMAP", "IMAPS")
ROLES = {"web": ["web"], "smtp": ["smtp"], "imap": ["imap"], "local": ["worker", "local"], "remote": ["worker", "remote"],
         "default": ["worker", "default"], "beat": ["beat"]}  # fmt: skip


class Image:
    """The built image and what every container of it shares."""

    def __init__(self, out: Path, scratch: Path) -> None:
        self.image = json.loads((out / "image.json").read_text())
        self.scratch = scratch
        self.state, self.servers = scratch / "state", scratch / "servers"
        for directory in (self.state, self.servers):
            directory.mkdir(mode=0o700)
            os.chown(directory, UID, UID)
        self.env: dict[str, str] = dict(self.image["env"])

    def start(self, name: str, words: list[str], **env: str) -> "Container":
        """Start a container that runs `words`."""
        root = shlex.quote(self.image["root"])
        script = (
            f"set -e; mount --bind {root} {root}; mount -o remount,ro,bind {root}; "
            f"mount -t proc proc {root}/proc; mount --rbind /dev {root}/dev; mount -t tmpfs tmpfs {root}/tmp; "
            f"mount -t tmpfs tmpfs {root}/run; mount --bind {self.state} {root}/var/lib/mailplatform; "
            f"mount -t tmpfs tmpfs {root}/mnt; mkdir {root}/mnt/servers; mount --bind {self.servers} {root}/mnt/servers; "
            f'exec /usr/sbin/chroot --userspec={self.image["user"]} {root} /bin/sh -c \'cd {self.image["directory"]}; exec "$@"\' - "$@"'
        )
        log = (self.scratch / f"{name}.log").open("w+")
        process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "-", *words],
            env=self.env | env, stdout=log, stderr=subprocess.STDOUT)  # fmt: skip
        return Container(name, process, Path(log.name))

    def run(self, name: str, words: list[str], **env: str) -> tuple[int, str]:
        """Run a container to its end; return its exit code and what it said."""
        container = self.start(name, words, **env)
        code = container.process.wait(180)
        return code, container.log.read_text()


class Container:
    """One that runs."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name, self.process, self.log = name, process, log

    def stop(self) -> tuple[int, float]:
        """Send its first process SIGTERM; return the exit code and the seconds it took."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        began = time.monotonic()
        for child in children:
            os.kill(int(child), signal.SIGTERM)
        try:
            return self.process.wait(GRACE_SECONDS), time.monotonic() - began
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@contextlib.contextmanager
def keeping(containers: list[Container]) -> Iterator[None]:
    """Whatever happens, nothing stays: killing `unshare` kills all within, and their mounts go with them."""
    try:
        yield
    except BaseException:
        for container in containers:
            print(f"--- {container.name}\n{container.log.read_text()[-3000:]}")
        raise
    finally:
        for container in containers:
            if container.process.poll() is None:
                container.process.kill()
                container.process.wait()


def main() -> None:
    """Show it."""
    image = Image(Path(sys.argv[1]), Path(sys.argv[2]))
    running: list[Container] = []
    with keeping(running):
        show(image, running)


def show(image: Image, running: list[Container]) -> None:
    """Start each role, send and read a message, stop."""
    entrypoint = image.image["entrypoint"]
    code, said = image.run("wrong", [*entrypoint, "smtp"], MAIL_SMTP_PORT="99999")
    print(f"a wrong setting: exit {code}, {said.strip()!r}")
    assert code == 78
    assert said.count("\n") == 1
    code, said = image.run("away", [*entrypoint, "imap"], MAIL_WAIT_SECONDS="1", REDIS_URL="redis://127.0.0.1:1/0",
                           DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")  # fmt: skip
    print(f"no database: exit {code}, {said.strip()!r}")
    assert code == 75
    waiting = image.start("waiting", [*entrypoint, "imap"], REDIS_URL="redis://127.0.0.1:1/0",
                          DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")  # fmt: skip
    running.append(waiting)
    time.sleep(3)
    code, seconds = waiting.stop()
    running.remove(waiting)
    print(f"stopped while it waits: exit {code} after {seconds:.1f} s")
    assert code == 143
    code, said = image.run("unknown", [*entrypoint, "nonsense"])
    assert code == 64

    ports = free_ports(len(DOORS) + len(ROLES) - 1)
    doors = dict(zip(DOORS, ports, strict=False))
    health = dict(zip([name for name in ROLES if name != "web"], ports[len(DOORS) :], strict=True))
    running.append(
        servers := image.start("servers", ["python", "-c", SERVERS.replace("/servers", "/mnt/servers")])
    )
    urls = first_line(servers).split()
    key = f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    # As a secret is given: a file that its user can read.
    kept = image.state / "given"
    kept.write_text(key)
    os.chown(kept, UID, UID)
    image.env |= {f"MAIL_{door}_PORT": str(port) for door, port in doors.items()} | {
        "DATABASE_URL": urls[0], "REDIS_URL": urls[1], "MAIL_MASTER_KEYS_FILE": "/var/lib/mailplatform/given",
        "MAIL_BIND": "127.0.0.1", "MAIL_DEMO": "1", "MAIL_WEB_TLS": "1"}  # fmt: skip
    for each in (1, 2):
        began = time.monotonic()
        code, said = image.run("migrate", [*entrypoint, "migrate"])
        print(f"migrate, time {each}: exit {code} after {time.monotonic() - began:.1f} s")
        assert code == 0, said

    for name, words in ROLES.items():
        running.append(
            image.start(name, [*entrypoint, *words], MAIL_HEALTH_PORT=str(health.get(name, 0) or 1))
        )
    for name in ROLES:
        wait_ready(image, name, health.get(name), doors["WEB"])
    print(f"ready: {', '.join(ROLES)}")
    code, said = image.run("health", ["python", "docker/health.py"], MAIL_HEALTH_PORT=str(health["imap"]))
    print(f"HEALTHCHECK: exit {code}")
    assert code == 0, said
    mail(image, doors)
    code, said = image.run("manage", [*entrypoint, "manage", "trace", "alice@example.test"])
    print("manage trace:", said.strip().splitlines()[0])
    assert code == 0, said
    for container in reversed(running):
        code, seconds = container.stop()
        print(
            f"  {container.name:8} SIGTERM to process 1: exit {code} after {seconds:.1f} s of {GRACE_SECONDS}"
        )
        assert code == 0, container.log.read_text()[-3000:]
    everything(image, doors, running)
    line = json.loads((image.scratch / "imap.log").read_text().splitlines()[-1])
    print(f"logs, on standard output: {line}")
    assert not (image.state / "log").exists()


def everything(image: Image, doors: dict[str, int], running: list[Container]) -> None:
    """Run `all`: the supervisor with servers of its own, in a state directory of its own."""
    image.state = image.scratch / "everything"
    image.state.mkdir(mode=0o700)
    os.chown(image.state, UID, UID)
    for name in ("DATABASE_URL", "REDIS_URL", "MAIL_MASTER_KEYS_FILE"):
        image.env.pop(name)
    base = str(free_ports(1)[0])
    began = time.monotonic()
    running.append(
        container := image.start("all", [*image.image["entrypoint"], "all"], MAIL_HEALTH_PORT_BASE=base)
    )
    while not (image.state / "run.json").exists():
        assert container.process.poll() is None, container.log.read_text()
        assert time.monotonic() < began + 120, container.log.read_text()
        time.sleep(0.2)
    print(f"all: running after {time.monotonic() - began:.1f} s")
    mail(image, doors)
    code, seconds = container.stop()
    print(f"  all      SIGTERM to process 1: exit {code} after {seconds:.1f} s")
    assert code == 0, container.log.read_text()[-3000:]


def first_line(container: Container) -> str:
    """Wait for the first line it says."""
    deadline = time.monotonic() + 90
    while not (said := container.log.read_text()).endswith("\n"):
        assert time.monotonic() < deadline
        assert container.process.poll() is None, said
        time.sleep(0.1)
    return said.splitlines()[0]


def wait_ready(image: Image, name: str, port: int | None, web: int) -> None:
    """Ask /readyz until it says 200."""
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            trust = ssl.create_default_context(cafile=str(image.state / "tls" / "ca.pem"))
            connection = (
                http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                if port
                else http.client.HTTPSConnection("localhost", web, timeout=5, context=trust)
            )
            connection.request("GET", "/readyz", headers={"Host": "localhost"})
            if connection.getresponse().status == http.client.OK:
                return
        assert time.monotonic() < deadline, f"{name} is not ready"
        time.sleep(0.2)


def mail(image: Image, doors: dict[str, int]) -> None:
    """Send by SMTP as a stranger, read by IMAP as alice."""
    people = json.loads((image.state / "secrets" / "demo.json").read_text())["users"]
    password = next(user["password"] for user in people if user["address"] == "alice@example.test")
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", doors["SMTP"]) as mx:
        mx.sendmail("friend@outside.example", "alice@example.test", "Subject: contained\r\n\r\nAt noon?\r\n")
    trust = ssl.create_default_context(cafile=str(image.state / "tls" / "ca.pem"))
    with imaplib.IMAP4_SSL("localhost", doors["IMAPS"], ssl_context=trust) as imap:
        imap.login("alice@example.test", password)
        while True:
            imap.select()
            if imap.search(None, "SUBJECT", "contained")[1][0]:
                break
            assert time.monotonic() - began < 20
            time.sleep(0.1)
    print(f"sent by SMTP, read by IMAP over TLS after {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
