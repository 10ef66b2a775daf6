"""Which policy holds for mail to a domain: kept in the database for all processes, fetched anew when its id changes."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apps.domains.resolver import Resolver
from apps.events.transactions import Database, Plan, Run, perform, query
from apps.protocols.mailauth.mta_sts import Announced, Mode, Policy, find_policy
from apps.protocols.mailauth.tls_sessions import TlsResult

from . import sql
from .fetching import LATE, Fetcher, FetchError

log = logging.getLogger(__name__)

# After a fetch that failed mail goes on without a policy for so long before the next (RFC 8461 3.3).
PAUSE = timedelta(minutes=5)
# For how long a process need not ask the database about a domain again.
REMEMBERED_SECONDS = 30.0
MOST_REMEMBERED = 5000
# Mail does not wait for a slow host for longer: for a first policy, and for a newer one than is known.
PATIENCE, PATIENCE_WITH_POLICY = 5.0, 1.0
AT_A_TIME = 50


@dataclass(frozen=True, slots=True)
class Held:
    """The policy mail to a domain is held to; none, and why, where one is announced and cannot be had."""

    policy: Policy | None = None
    result: TlsResult = TlsResult.SUCCESS
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database keeps about a domain."""

    policy_id: str
    policy: Policy | None
    expires_at: datetime | None
    tried_at: datetime
    tried_id: str
    result: TlsResult
    problem: str
    is_to_be_noted: bool

    def holds(self, now: datetime) -> bool:
        """Whether there is a policy that has not expired."""
        return self.policy is not None and self.expires_at is not None and now < self.expires_at

    def may_try(self, announced: str, now: datetime) -> bool:
        """Whether fetching is worth a try: not the same that failed a moment ago."""
        return not self.result or self.tried_id != announced or self.tried_at < now - PAUSE

    def held(self, now: datetime) -> Held:
        """Return what mail is held to."""
        return Held(self.policy if self.holds(now) else None, self.result, self.problem)


def read(domain: str) -> Plan[Kept | None]:
    """Read what is kept about a domain."""
    rows = yield from query(sql.MTA_STS_READ, (domain,))
    if not rows:
        return None
    policy_id, mode, hosts, max_age, _, expires, tried, tried_id, result, problem, noted = rows[0]
    policy = Policy(Mode(mode), tuple(hosts), max_age) if mode else None
    return Kept(policy_id, policy, expires, tried, tried_id, TlsResult(result), problem, noted)


def note_use(domain: str, now: datetime) -> Plan[None]:
    """Note that mail goes to a domain still, so that its policy is kept fresh."""
    yield Run(sql.MTA_STS_USED, (now, domain))


def keep(domain: str, policy_id: str, policy: Policy, now: datetime) -> Plan[None]:
    """Keep a policy that was just fetched."""
    yield Run(
        sql.MTA_STS_KEEP,
        {
            "domain": domain,
            "policy_id": policy_id,
            "mode": policy.mode.value,
            "hosts": list(policy.hosts),
            "max_age": policy.max_age,
            "now": now,
            "expires": now + timedelta(seconds=policy.max_age),
        },
    )


def keep_failure(domain: str, policy_id: str, error: FetchError, now: datetime) -> Plan[None]:
    """Keep that a policy is announced and could not be had."""
    yield Run(
        sql.MTA_STS_FAILED,
        {
            "domain": domain,
            "policy_id": policy_id,
            "now": now,
            "result": error.result.value,
            "problem": str(error)[:500],
        },
    )


def wants_fetch(kept: Kept | None, announced: Announced, now: datetime) -> bool:
    """Whether a policy is to be fetched now: one is announced that we do not hold."""
    if not announced.id:
        return False
    if kept is None:
        return True
    return not (kept.holds(now) and kept.policy_id == announced.id) and kept.may_try(announced.id, now)


@dataclass(slots=True)
class Policies:
    """Answers for a courier on its loop."""

    resolver: Resolver
    database: Database
    fetcher: Fetcher
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _remembered: dict[str, tuple[float, Held]] = field(default_factory=dict)
    _asking: dict[str, asyncio.Task[Held]] = field(default_factory=dict)
    _fetching: dict[str, asyncio.Task[Held]] = field(default_factory=dict)

    async def find(self, domain: str) -> Held:
        """Return what mail to a domain is held to now. A database that is away holds it to nothing less: it raises."""
        clock = asyncio.get_running_loop().time
        known = self._remembered.get(domain)
        if known is not None and clock() < known[0]:
            return known[1]
        if (task := self._asking.get(domain)) is None:
            # Several conversations with one domain begin together, and its policy is fetched once.
            task = self._asking[domain] = asyncio.ensure_future(self._find(domain))
            task.add_done_callback(lambda _: self._asking.pop(domain, None))
        held = await asyncio.shield(task)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[domain] = (clock() + REMEMBERED_SECONDS, held)
        return held

    async def _find(self, domain: str) -> Held:
        announced, kept = await asyncio.gather(
            self.resolver.run(find_policy(domain)), self.database.perform(read(domain))
        )
        now = self.now()
        if not wants_fetch(kept, announced, now):
            if kept is not None and kept.is_to_be_noted:
                await self.database.perform(note_use(domain, now))
            return kept.held(now) if kept is not None else Held()
        if (task := self._fetching.get(domain)) is None:
            task = self._fetching[domain] = asyncio.ensure_future(
                self._fetch(domain, announced.id, kept, now)
            )
            task.add_done_callback(lambda _: self._fetching.pop(domain, None))
        known = kept.held(now).policy if kept is not None else None
        try:
            async with asyncio.timeout(PATIENCE if known is None else PATIENCE_WITH_POLICY):
                return await asyncio.shield(task)
        except TimeoutError:
            # It is fetched on, for whatever is sent next. Until then what is known holds, or nothing (RFC 8461 5.1).
            return Held(known, TlsResult.SUCCESS if known else TlsResult.FETCH_ERROR, "" if known else LATE)

    async def settle(self) -> None:
        """Wait for what is being fetched, which a loop that ends would lose; takes as long as a fetcher may."""
        await asyncio.gather(*self._fetching.values(), return_exceptions=True)

    async def _fetch(self, domain: str, policy_id: str, kept: Kept | None, now: datetime) -> Held:
        try:
            policy = await asyncio.to_thread(self.fetcher.fetch, domain)
        except FetchError as error:
            log.info("MTA-STS policy not fetched", extra={"domain": domain, "reason": error.detail})
            await self.database.perform(keep_failure(domain, policy_id, error, now))
            # Whoever can keep us from fetching must not be able to switch off what we know.
            return Held(kept.policy if kept and kept.holds(now) else None, error.result, str(error))
        await self.database.perform(keep(domain, policy_id, policy, now))
        return Held(policy)


def refresh_due(
    *, resolver: Resolver, fetcher: Fetcher, now: Callable[[], datetime], may_go_on: Callable[[], bool]
) -> int:
    """Fetch again what is in use and grows old, so that it never expires unseen; forget the rest. Returns how many."""
    perform(_forget(now()))
    refreshed = 0
    for domain in perform(_stale(now())):
        if not may_go_on():
            break
        announced = resolver.run_sync(find_policy(domain))
        if not announced.id:
            continue  # Withdrawn, or not to be seen at present: it holds until it expires.
        try:
            policy = fetcher.fetch(domain)
        except FetchError as error:
            log.warning("MTA-STS policy not refreshed", extra={"domain": domain, "reason": error.detail})
            perform(keep_failure(domain, announced.id, error, now()))
        else:
            perform(keep(domain, announced.id, policy, now()))
            refreshed += 1
    return refreshed


def _stale(now: datetime) -> Plan[list[str]]:
    rows = yield from query(sql.MTA_STS_STALE, {"now": now, "limit": AT_A_TIME})
    return [row[0] for row in rows]


def _forget(now: datetime) -> Plan[None]:
    yield Run(sql.MTA_STS_FORGET, {"now": now})
