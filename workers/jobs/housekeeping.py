"""The task that keeps house: each chore at its own pace, none stopped by another's failure."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import redis
from celery import shared_task
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from apps.accounts import throttle
from apps.accounts.services import second_factor, sessions
from apps.domains import looking as dns
from apps.domains import rotation
from apps.domains.mta_sts import policies
from apps.domains.mta_sts.fetching import Fetcher
from apps.domains.queries import every_name
from apps.domains.resolver import Resolver
from apps.events import partitions, traffic
from apps.events.transactions import perform
from apps.events.valkey import sync_client
from apps.events.wake import Job, looking
from apps.mailboxes import services as mailboxes
from apps.mailflow import holding, quarantine, removal, reporting, undo
from apps.mailflow.roster import keeping as rosters
from apps.mailflow.run_queue import Turn
from apps.mailflow.writing import drafts, release, uploads
from apps.queue import services as queue
from apps.reports import keeping as reports
from apps.reports import naming
from apps.reports.blocklists import watching
from apps.spam import keeping as judgements
from apps.spam.antivirus import watching as scanners
from apps.spam.marks import levels
from apps.spam.reputation import services as senders
from apps.store import packing
from apps.store.partitions import PARTITIONS
from apps.store.services import keeping

from .turns import Lane, turn

log = logging.getLogger(__name__)

HOUR = 3600
DAY = 24 * HOUR
FORGET_AT_ONCE = 2000
HOUSE = Lane(settings.PROFILE.housekeepers)


class Chore(NamedTuple):
    """Something to do every so often; it looks at its turn between steps that may be many."""

    name: str
    seconds: int
    do: Callable[[Turn], object]


@shared_task(name=Job.HOUSEKEEPING.value)
def housekeeping_due() -> None:
    """Do the chores that are due."""
    HOUSE.run(_keep_house)


def _keep_house() -> None:
    looking(sync_client(), Job.HOUSEKEEPING)
    keep_house(CHORES, sync_client(), turn())


def keep_house(chores: tuple[Chore, ...], valkey: redis.Redis, during: Turn) -> list[str]:
    """Do what is due, in order, until the turn is over; return what was done without an error."""
    done = []
    for chore in chores:
        if not during.may_claim() or not _is_due(chore, valkey):
            continue
        close_old_connections()
        begun = time.monotonic()
        try:
            result = chore.do(during)
        except Exception:
            log.exception("chore failed", extra={"chore": chore.name})
        else:
            done.append(chore.name)
            log.info(
                "chore done",
                extra={
                    "chore": chore.name,
                    "result": str(result),
                    "seconds": round(time.monotonic() - begun, 3),
                },
            )
    return done


def _is_due(chore: Chore, valkey: redis.Redis) -> bool:
    """Claim a chore for its interval; a Valkey that is away means: do it, for each may be done twice."""
    try:
        return bool(valkey.set(f"chore:{chore.name}", 1, nx=True, ex=chore.seconds))
    except redis.exceptions.RedisError as error:
        log.warning("chore not claimed", extra={"chore": chore.name, "error": str(error)})
        return True


def _partitions(_: Turn) -> list[str]:
    return perform(partitions.keep_days(datetime.now(UTC).date(), keep=settings.MAIL_TRACE_DAYS))


def _sum_up_traffic(during: Turn) -> int:
    served, total = every_name(), 0
    while during.may_claim() and (some := perform(traffic.sum_up(served))):
        total += some
    return total


def _forget_finished(during: Turn) -> int:
    keep = timedelta(seconds=settings.MAIL_QUEUE_KEEP)
    total = 0
    while during.may_claim():
        gone = perform(queue.forget(keep, FORGET_AT_ONCE))
        total += gone
        if gone < FORGET_AT_ONCE:
            break
    return total


def _build(during: Turn) -> int:
    built = 0
    while during.may_claim():
        some = packing.build_due()
        built += some
        if not some:
            break
    return built


def _recount(partition: int, during: Turn) -> int:
    return keeping.recount(partition, during.may_claim)


def _refresh_policies(during: Turn) -> int:
    if not settings.MAIL_MTA_STS:
        return 0
    resolver = Resolver()
    return policies.refresh_due(
        resolver=resolver, fetcher=Fetcher(resolver), now=timezone.now, may_go_on=during.may_claim
    )


def _update_rules(_: Turn) -> str:
    # Loaded once an hour by who needs it: the rules of the release are many.
    from apps.spam.rules import fetching

    return fetching.look_due(now=timezone.now())


CHORES = (
    Chore("trace partitions", HOUR, _partitions),
    Chore("senders who bounce", 60, lambda _: holding.look_at_bounces()),
    Chore("quarantine", HOUR, lambda _: quarantine.expire(timezone.now())),
    Chore("judgements", HOUR, lambda _: judgements.forget(timezone.now())),
    Chore("sums of traffic", 60, _sum_up_traffic),
    Chore("finished queue rows", 60, _forget_finished),
    Chore("sign-in failures", 300, lambda _: throttle.forget_expired()),
    Chore("sessions of users", HOUR, lambda _: sessions.forget_sessions()),
    Chore("drafts behind", 30, lambda _: drafts.settle_due(now=timezone.now())),
    Chore("letters that left", 600, lambda _: release.forget(now=timezone.now())),
    Chore("uploads nobody needs", 600, lambda _: uploads.forget(now=timezone.now())),
    Chore("imports of people", 300, lambda _: rosters.forget(now=timezone.now())),
    Chore("policies of other domains", 600, _refresh_policies),
    Chore("unfinished sign-ins", 300, lambda _: second_factor.forget_expired()),
    Chore(
        "signing keys", 600, lambda during: rotation.advance(now=timezone.now(), may_go_on=during.may_claim)
    ),
    Chore("first signing keys", 60, lambda during: rotation.make_first(may_go_on=during.may_claim)),
    Chore("what domains publish", 300, lambda during: dns.look_due(may_go_on=during.may_claim)),
    Chore("sums of usage", 60, lambda _: perform(mailboxes.count_sums())),
    Chore("deleted mailboxes", 60, lambda during: removal.finish_all(during.may_claim)),
    Chore("packs and snapshots", 5, _build),
    Chore("reports to others", 600, lambda during: reporting.tell_all(during.may_claim, now=timezone.now())),
    Chore("names of senders", 600, lambda during: naming.look_up(during.may_claim, now=timezone.now())),
    Chore("block lists", HOUR, lambda during: watching.watch(during.may_claim, now=timezone.now())),
    Chore("rules against spam", HOUR, _update_rules),
    Chore("virus scanner", HOUR, lambda during: scanners.watch(during.may_claim, now=timezone.now())),
    Chore("old reports", HOUR, lambda during: reports.forget(during.may_claim, now=timezone.now())),
    Chore("what all were taught", 600, lambda during: levels.build_due(during.may_claim)),
    Chore("whom people write to", 60, lambda during: senders.read_letters(during.may_claim)),
    Chore("what is said of senders", HOUR, lambda _: senders.count_standings()),
    Chore("words seen once", DAY, lambda during: levels.prune(during.may_claim)),
    Chore("actions to undo", 600, lambda during: undo.forget(during.may_claim)),
    Chore("merges of conversations", DAY, lambda _: perform(keeping.forget_merges())),
    Chore("logs of folders", 600, lambda during: keeping.trim(during.may_claim)),
    Chore("mail kept for a time", 600, lambda during: keeping.expire(during.may_claim)),
    Chore("contents, blobs and segments", 6 * HOUR, lambda during: keeping.sweep(during.may_claim)),
    # Each a chore of its own: what one turn has no time for is due in the next.
    *(
        Chore(f"usage, part {partition}", DAY, partial(_recount, partition))
        for partition in range(PARTITIONS)
    ),
)
