"""The doors of SMTP, and what stands behind them."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from django.conf import settings

from apps.domains.resolver import the_resolver
from apps.events.refusals import RefusalLog
from apps.events.transactions import Database
from apps.mailflow import holding
from apps.mailflow.acceptance import Writer
from apps.mailflow.disposal import Mode
from apps.mailflow.examine import Examiner
from apps.mailflow.greylist import Greylist
from apps.mailflow.listings import Listings
from apps.mailflow.misuse import Watch
from apps.mailflow.rate import Rate, Rates
from apps.mailflow.receive import Limits, Reception
from apps.mailflow.routing import Router
from apps.mailflow.scan import Scanner
from apps.mailflow.strangers import Strangers
from apps.mailflow.submit import Misuse, Submission
from apps.protocols.mailauth.blocklists import ListError
from apps.protocols.mailauth.dmarc import By
from apps.protocols.mailauth.sender_lists import read_sender_lists
from workers.bridge import db
from workers.lifecycle import Process

from .connection import Connection
from .handler import Handler
from .session import Door

log = logging.getLogger(__name__)


def _door(name: str, *, is_for_users: bool) -> Door:
    return Door(
        name,
        settings.MAIL_HOSTNAME,
        settings.MAIL_MAX_MESSAGE_BYTES,
        settings.MAIL_SMTP_MAX_ERRORS,
        settings.MAIL_SMTP_TIMEOUT,
        is_for_users=is_for_users,
        plaintext_auth=settings.MAIL_PLAINTEXT_AUTH,
    )


def _limits(rate: Rate) -> Limits:
    return Limits(settings.MAIL_MAX_MESSAGE_BYTES, settings.MAIL_MAX_RECIPIENTS, rate)


def _strangers(database: Database) -> Strangers:
    examiner = Examiner(
        the_resolver(),
        hostname=settings.MAIL_HOSTNAME,
        seconds=settings.MAIL_CHECK_SECONDS,
        relays=settings.MAIL_RELAYS,
        by=By(settings.MAIL_DMARC_ORGANIZATION),
    )
    return Strangers(database, examiner, Mode(settings.MAIL_DMARC), settings.MAIL_FORWARDERS, _listings())


def _listings() -> Listings:
    """Return the lists mail is judged by; words that make no sense stop none of it."""
    try:
        lists = read_sender_lists(settings.MAIL_SPAM_LISTS)
    except ListError as error:
        log.error("MAIL_SPAM_LISTS cannot be read", extra={"reason": str(error)})  # noqa: TRY400 - one line says it
        lists = ()
    return Listings(the_resolver(), lists)


def _greylist(database: Database, now: Callable[[], float]) -> Greylist | None:
    window = float(settings.MAIL_GREYLIST_FROM), float(settings.MAIL_GREYLIST_TO)
    return Greylist(database.valkey, window=window, now=now) if window[0] < window[1] else None


async def _hold(user_id: int, reasons: Sequence[str]) -> None:
    await db(holding.hold, user_id, reasons)


async def open_doors(process: Process, *, now: Callable[[], float]) -> None:
    """Open MX, submission (STARTTLS) and submissions (TLS)."""
    writer = Writer(process.database, writers=1)
    rates = Rates(process.database.valkey, now=now)
    refusals = RefusalLog(process.database, now=now)
    writing = asyncio.create_task(writer.run())
    for background in (rates.run(), refusals.run()):
        process.spawn(background)

    async def _finish() -> None:
        writer.close()
        await asyncio.wait_for(writing, settings.MAIL_DRAIN_SECONDS)

    process.on_stop(_finish)
    strangers = _strangers(process.database)
    process.spawn(strangers.run())
    process.spawn(strangers.listings.run())
    process.on_stop(strangers.write_down)
    scanner = (
        Scanner(process.database.valkey, seconds=settings.MAIL_SCAN_SECONDS) if settings.MAIL_SPAM else None
    )
    if scanner is not None:
        process.spawn(scanner.run())
    behind = process.database, Router(process.database), writer, rates
    reception = Reception(
        *behind,
        _limits(Rate("network", settings.MAIL_RATE_NETWORK, 60)),
        settings.MAIL_HOSTNAME,
        strangers,
        scanner,
        _greylist(process.database, now),
    )
    submission = Submission(
        *behind,
        _limits(Rate("user", settings.MAIL_RATE_USER, 3600)),
        settings.MAIL_HOSTNAME,
        scanner=scanner,
    )
    if settings.MAIL_SPAM:
        watch = Watch(process.database.valkey, most_new=settings.MAIL_OUTBOUND_NEW, now=now)
        submission.misuse = Misuse(watch, _hold)
    doors = (
        (_door("mx", is_for_users=False), reception, settings.MAIL_SMTP_PORT, False),
        (_door("submission", is_for_users=True), submission, settings.MAIL_SUBMISSION_PORT, False),
        (_door("submissions", is_for_users=True), submission, settings.MAIL_SUBMISSIONS_PORT, True),
    )
    for door, journey, port, tls in doors:
        handler = Handler(door.name, journey, refusals)

        def _connect(handler: Handler = handler, door: Door = door) -> Connection:
            return Connection(handler, door, process.tls, process.connections)

        await process.open_door(_connect, port, tls=tls)
