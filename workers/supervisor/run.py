"""Look, start the servers, prepare, start every process, say where it is, and stop it all in order."""

import asyncio
import contextlib
import datetime as dt
import fcntl
import http.client
import logging
import os
import signal
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from mailplatform import logging as our_logging

from . import demo, preflight, programs, runfile
from .certificates import ensure_certificates
from .children import Child, Program, stop_all
from .errors import CannotStart
from .watch import watch

START_SECONDS = 90
PREPARE_SECONDS = 900
# Together below the ten seconds after which an impatient system kills us.
PLATFORM_STOP_SECONDS = 4.5
SERVERS_STOP_SECONDS = 4.0

log = logging.getLogger(__name__)


def run() -> int:
    """Run until told to stop; raises CannotStart."""
    began = time.monotonic()
    directory = Path(settings.MAIL_STATE_DIR)
    preflight.check_directory()
    with _only_one(directory):
        _remember(directory)
        our_logging.configure("supervisor")
        preflight.end_leftovers()
        preflight.check_all()
        for line in preflight.warnings():
            say(f"Warning: {line}")
            log.warning(line)
        return asyncio.run(_run(began))


@contextlib.contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    with (directory / "supervisor.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise CannotStart(
                f"MAIL_STATE_DIR: {directory} is in use by process {file.read().strip()}"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _remember(directory: Path) -> None:
    # The next start, and manage.py, find the same directory whatever they could probe.
    ours = Path(settings.BASE_DIR) / "var"
    if not os.environ.get("MAIL_STATE_DIR") and directory != ours:
        ours.mkdir(exist_ok=True)
        (ours / "state").write_text(f"{directory}\n")


async def _run(began: float) -> int:
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            loop.add_signal_handler(number, told.set)
    runfile.remove()
    servers = {Child(server.program): server.answers for server in programs.servers()}
    platform = {Child(process.program): _asking(process.health_port) for process in programs.processes()}
    alive = servers | {
        child: _asking(process.health_port, "/livez")
        for child, process in zip(platform, programs.processes(), strict=True)
    }
    work = loop.create_task(_start(servers, platform, began))
    stop = loop.create_task(told.wait())
    watching: asyncio.Task[None] | None = None
    try:
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            watching = loop.create_task(watch(alive))
            await stop
        say("Stopping ...")
    finally:
        tasks = [task for task in (work, stop, watching) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        runfile.remove()
        await stop_all(list(platform), PLATFORM_STOP_SECONDS)
        await stop_all(list(servers), SERVERS_STOP_SECONDS)
        log.info("stopped")
    say("Stopped.")
    return 0


type Asked = dict[Child, Callable[[], bool]]


async def _start(servers: Asked, platform: Asked, began: float) -> None:
    authority = make_certificate()
    await asyncio.to_thread(programs.end_leftover_servers)
    for child in servers:
        await asyncio.to_thread(child.program.before)  # What cannot work is said once, and not tried again.
        child.keep()
    for child, answers in servers.items():
        await _until(child, answers)
    await _prepare()
    for child in platform:
        child.keep()
    for child, answers in platform.items():
        await _until(child, answers)
    kept = demo.load()
    runfile.write(runfile.contents(str(authority), kept["users"], kept["api_token"]))
    seconds = time.monotonic() - began
    log.info("running", extra={"seconds": round(seconds, 1)})
    _introduce(kept["users"], authority, seconds)


def make_certificate() -> Path:
    """Make or renew the local certificate, the last resort; return what a client must trust."""
    names = dict.fromkeys([settings.MAIL_HOSTNAME, "mail.example.test", "localhost", "127.0.0.1", "::1"])
    authority = ensure_certificates(
        Path(settings.MAIL_STATE_DIR) / "tls", list(names), dt.datetime.now(dt.UTC)
    )
    return Path(settings.MAIL_TLS_CERTIFICATE) if settings.MAIL_TLS_CERTIFICATE else authority


async def _until(child: Child, answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not await asyncio.to_thread(answers):
        if time.monotonic() > deadline or child.starts > 3:
            raise CannotStart(
                f"{child.program.name} does not start; {settings.MAIL_STATE_DIR}/log and the lines above say why"
            )
        await asyncio.sleep(0.05)


async def _prepare() -> None:
    """Migrate and make the demo, in a process that ends and gives its memory back."""
    program = Program("prepare", lambda: [sys.executable, "-m", "workers.supervisor.prepare"],
                      directory=Path(settings.BASE_DIR))  # fmt: skip
    child = Child(program)
    try:
        code = await asyncio.wait_for(child.run_once(), PREPARE_SECONDS)
    finally:
        await child.stop(time.monotonic())
    if code != 0:
        raise CannotStart("the database could not be prepared; the lines above say why")


def _asking(port: int, path: str = "/readyz") -> Callable[[], bool]:
    is_web = port == settings.MAIL_WEB_PORT
    host = runfile.web_host() if is_web else "127.0.0.1"

    def connect() -> http.client.HTTPConnection:
        if not (is_web and settings.MAIL_WEB_TLS):
            return http.client.HTTPConnection(host, port, timeout=5)
        # Whether our own process answers, by its address: the certificate is of the server's name.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, timeout=5, context=context)

    def ready() -> bool:
        connection = connect()
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ready


def _introduce(users: list[demo.Person], authority: Path, seconds: float) -> None:
    host = runfile.host()
    say(f"Running after {seconds:.1f} s. Ctrl-C stops it.")
    say(f"  web          {runfile.web_url()}")
    say(f"  SMTP         {host}:{settings.MAIL_SMTP_PORT} (mail from other servers)")
    say(
        f"  submission   {host}:{settings.MAIL_SUBMISSION_PORT} STARTTLS, {settings.MAIL_SUBMISSIONS_PORT} TLS"
    )
    say(f"  IMAP         {host}:{settings.MAIL_IMAP_PORT} STARTTLS, {settings.MAIL_IMAPS_PORT} TLS")
    say(f"  certificate  {authority}")
    say(f"  all of it    {runfile.paths()[-1]}")
    if users:
        say(f"  sign in as   {', '.join(user['address'] for user in users)}; passwords are in that file")


def say(text: str) -> None:
    """Print a line for the person at the terminal, who may have gone."""
    with contextlib.suppress(OSError):
        print(text, flush=True)
