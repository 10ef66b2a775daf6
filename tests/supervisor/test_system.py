"""`make run`: everything comes up, comes back, and goes down in order, and what it kept is there again."""

import imaplib
import os
import signal
import smtplib
import ssl
import stat
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers import link_binaries
from tests.smtp_sink import Sink, sinking
from tests.supervisor.system import System, environment, others_take
from workers.supervisor.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

KEYS = {
    "web", "api", "api_token", "smtp", "submission", "submissions", "imap", "imaps", "ca_certificate", "users",
}  # fmt: skip
ROLES = {"superadmin", "organisation_admin", "domain_admin", "support", "auditor", "user"}


def until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds * others_take()
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def state() -> Iterator[Path]:
    """A directory that PostgreSQL's own user can enter, which pytest's cannot be."""
    with tempfile.TemporaryDirectory(prefix="mp-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("profile", "worker"), [("normal", "celery local"), ("small", "celery")])
def test_the_life_of_a_system(state: Path, profile: str, worker: str) -> None:
    link_binaries(state)
    env = environment(state, MAIL_PROFILE=profile)
    system = System(state, env)
    run = system.wait()

    assert set(run) == KEYS
    assert stat.S_IMODE((state / "run.json").stat().st_mode) == 0o600
    assert run["web"].startswith("http://127.0.0.1:")
    assert run["api"].startswith(run["web"])
    for door in ("smtp", "submission", "submissions", "imap", "imaps"):
        assert run[door] == {"host": "127.0.0.1", "port": int(env[f"MAIL_{door.upper()}_PORT"])}
    assert Path(run["ca_certificate"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert [user["address"] for user in run["users"]] == [
        f"{name}@example.test" for name in ("admin", "alice", "bob", "carol", "dave")
    ]
    assert all(
        set(user) == {"address", "password", "role"} and user["role"] in ROLES for user in run["users"]
    )

    # What only pages need is loaded by the web process alone.
    ours = {name: pid for name, pid in system.pids().items() if name.startswith(("workers", "celery"))}
    loads = {name for name, pid in ours.items() if "css_inline" in Path(f"/proc/{pid}/maps").read_text()}
    assert loads == {"workers.web"}

    # Whoever dies comes back: a door, then the database below it.
    for name in ("workers.web", worker, "postgres", "valkey"):
        old = system.pids()[name]
        os.kill(old, signal.SIGKILL)
        until(lambda name=name, old=old: system.pids().get(name, old) != old)  # type: ignore[misc]
    until(lambda: ready(run["web"]))

    # One that does not listen is not waited for.
    os.kill(system.pids()[worker], signal.SIGSTOP)
    assert system.stop() < 10
    assert not (state / "run.json").exists()
    assert Postgres(state / "pg").running() is None

    # A second start keeps everything, and is quick.
    again = System(state, env)
    assert again.wait() == run
    assert again.took < 10 * others_take()
    with psycopg.connect(host=str(state / "pg" / "socket"), user="mailplatform", dbname="mailplatform") as db:
        assert db.execute("SELECT count(*) FROM django_migrations").fetchone() != (0,)

    # A supervisor that is killed takes its processes along, or the next one ends them.
    again.process.kill()
    again.process.wait()
    third = System(state, env)
    assert third.wait() == run
    assert third.stop(signal.SIGINT) < 10
    assert "Traceback" not in third.said()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces(state: Path) -> None:
    env = environment(state, MAIL_NO_USERNS="1")
    system = System(state, env)
    system.wait()
    assert (state / "pg" / "data").stat().st_uid != 0
    assert system.stop() < 10
    again = System(state, env)
    again.wait()
    assert again.stop() < 10


def test_a_path_too_long_for_a_socket(state: Path) -> None:
    long = state / ("a" * 60) / ("b" * 60)
    long.mkdir(parents=True)
    link_binaries(long)
    system = System(long, environment(long))
    run = system.wait()
    assert ready(run["web"])
    assert system.stop() < 10


@pytest.mark.parametrize("profile", ["normal", "small"])
def test_mail_comes_in_and_goes_out(state: Path, profile: str) -> None:
    link_binaries(state)
    with sinking() as (sink, port):
        system = System(state, environment(state, MAIL_PROFILE=profile, MAIL_ROUTES=f"*=127.0.0.1:{port}"))
        try:
            exchange_mail(system.wait(), sink)
        finally:
            took = system.stop()
        assert took < 10


def exchange_mail(run: dict[str, Any], sink: Sink) -> None:
    """Let a stranger write to alice, let her read it, and let her write back."""
    alice = next(user for user in run["users"] if user["address"].startswith("alice@"))
    trust = ssl.create_default_context(cafile=run["ca_certificate"])
    inward = "From: bob@outside.example\r\nSubject: inward\r\n\r\nHello\r\n"
    with smtplib.SMTP(run["smtp"]["host"], run["smtp"]["port"], timeout=20) as stranger:
        stranger.sendmail("bob@outside.example", [alice["address"]], inward)
    where = run["imaps"]
    with imaplib.IMAP4_SSL(where["host"], where["port"], ssl_context=trust, timeout=20) as client:
        client.login(alice["address"], alice["password"])
        client.select("INBOX")
        until(lambda: client.noop() and client.uid("SEARCH", 'SUBJECT "inward"')[1] != [b""])
    outward = f"From: {alice['address']}\r\nSubject: outward\r\n\r\nHello\r\n"
    door = run["submissions"]
    with smtplib.SMTP_SSL(door["host"], door["port"], context=trust, timeout=20) as agent:
        agent.login(alice["address"], alice["password"])
        agent.sendmail(alice["address"], ["bob@outside.example"], outward)
    until(lambda: any(b"outward" in taken.data for taken in sink.taken))


def test_servers_of_ones_own_are_used_and_left_alone(state: Path) -> None:
    urls = {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": f"{os.environ['REDIS_URL'][:-1]}5"}
    system = System(state, environment(state, **urls))
    run = system.wait()
    assert ready(run["web"])
    assert not {"postgres", "valkey"} & set(system.pids())
    assert system.stop() < 10
    assert not (state / "pg").exists()
    with psycopg.connect(urls["DATABASE_URL"]) as db:
        assert db.execute("SELECT count(*) FROM accounts_user").fetchone() == (5,)


def test_it_can_be_stopped_while_it_starts(state: Path) -> None:
    link_binaries(state)
    env = environment(state)
    for seconds in (0.5, 1.5, 3):
        system = System(state, env)
        time.sleep(seconds)
        assert system.stop() < 10
        assert "Traceback" not in system.said()
        assert Postgres(state / "pg").running() is None
    system = System(state, env)
    system.wait()
    assert system.stop() < 10
