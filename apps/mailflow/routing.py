"""Where one recipient leads, and whether there is room: one statement on the listener's own connection."""

from dataclasses import dataclass

from apps.events.transactions import Database
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


async def route(database: Database, address: Address) -> Routing:
    """Ask where an address leads."""
    key = address.key
    async with database.pool.connection() as connection:
        cursor = await connection.execute(sql.ROUTE, [[key]], binary=True)
        rows = await cursor.fetchall()
    found = read_routes([key], [row[:-1] for row in rows])[key]
    return Routing(found.leads, found.places, {row[4]: row[-1] for row in rows if row[4] is not None})


def remote(rcpt: Rcpt, organisation_id: int) -> Recipient:
    """Return a recipient elsewhere, who is written to on account of `organisation_id`."""
    address = rcpt.recipient
    return Recipient(
        str(address), Lane.REMOTE, organisation_id, address.domain, orcpt=rcpt.orcpt, notify=rcpt.notify
    )
