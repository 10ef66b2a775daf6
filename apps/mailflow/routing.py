"""Where one recipient leads, and whether there is room: one statement for all who ask meanwhile."""

import asyncio
from dataclasses import dataclass

from apps.events.transactions import Database, Plan, Row, query
from apps.mailboxes.sql import Leads, Place, read_routes
from apps.protocols.addresses import Address
from apps.protocols.smtp.commands import Rcpt
from apps.queue.envelopes import Recipient
from apps.queue.models import Lane

from . import sql


@dataclass(frozen=True, slots=True)
class Routing:
    """Where an address leads, and how many bytes already wait for each mailbox there."""

    leads: Leads
    places: tuple[Place, ...] = ()
    queued: dict[int, int] | None = None

    @property
    def over(self) -> str | None:
        """Whose quota is reached there, if it is not a mailbox's own."""
        return next((place.over for place in self.places if place.over), None)

    def has_room(self, size: int) -> bool:
        """Whether every mailbox can take `size` more bytes; what is queued counts as stored."""
        for place in self.places:
            room = place.room
            if room is None or place.mailbox_id is None:
                continue
            left = room - (self.queued or {}).get(place.mailbox_id, 0)
            if left <= 0 or size > left:
                return False
        return True

    def recipients(self, rcpt: Rcpt) -> tuple[Recipient, ...]:
        """Return what is queued for this recipient."""
        return tuple(
            Recipient(
                address=place.address,
                lane=Lane.REMOTE if place.mailbox_id is None else Lane.LOCAL,
                organisation_id=place.organisation_id,
                domain=place.address.rpartition("@")[2],
                mailbox_id=place.mailbox_id,
                orcpt=rcpt.orcpt,
                notify=rcpt.notify,
            )
            for place in self.places
            if place.organisation_id is not None
        )


class Router:
    """Asks where addresses lead: what is asked while one statement runs goes together in the next."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, asyncio.Future[Routing]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def route(self, address: Address) -> Routing:
        """Ask where an address leads; raises psycopg.Error when the database cannot say."""
        key = address.key
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        # Several may wait for this answer; one that goes away must not take it from the others.
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                try:
                    found = await self._look_up(list(asked))
                except Exception as error:  # noqa: BLE001 - it is raised again where it is awaited
                    for answer in asked.values():
                        answer.set_exception(error)
                        answer.exception()  # Those who asked may be gone; that is no fault to report.
                else:
                    for key, answer in asked.items():
                        answer.set_result(found[key])
        finally:
            self._asking = None

    async def _look_up(self, keys: list[str]) -> dict[str, Routing]:
        async with self._database.pool.connection() as connection:
            cursor = await connection.execute(sql.ROUTE, [keys], binary=True)
            return _read(keys, await cursor.fetchall())


def find(keys: list[str]) -> Plan[dict[str, Routing]]:
    """Ask where addresses (`Address.key`) lead, where nobody else asks meanwhile."""
    return _read(keys, (yield from query(sql.ROUTE, [keys])))


def _read(keys: list[str], rows: list[Row]) -> dict[str, Routing]:
    queued = {row[4]: row[-1] for row in rows if row[4] is not None}
    found = read_routes(keys, [row[:-1] for row in rows])
    return {key: Routing(route.leads, route.places, queued) for key, route in found.items()}


def remote(rcpt: Rcpt, organisation_id: int) -> Recipient:
    """Return a recipient elsewhere, who is written to on account of `organisation_id`."""
    address = rcpt.recipient
    return Recipient(
        str(address), Lane.REMOTE, organisation_id, address.domain, orcpt=rcpt.orcpt, notify=rcpt.notify
    )
