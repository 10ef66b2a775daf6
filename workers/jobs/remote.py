"""The loop of one run of remote delivery: a resolver, a courier and a small pool, for a minute."""

import os
import uuid
from datetime import UTC, datetime

import redis.asyncio
import uvloop
from django.conf import settings

from apps.domains.mta_sts.fetching import Fetcher
from apps.domains.mta_sts.policies import Policies
from apps.domains.resolver import the_resolver
from apps.events.database import make_pool
from apps.events.transactions import Database
from apps.mailflow import run_queue
from apps.mailflow.deliver_remote import RemoteCourier
from apps.mailflow.next_hops import NextHops
from apps.mailflow.sessions import Sessions
from apps.protocols.smtp.routes import parse_routes
from apps.queue.couriers import Parcel
from apps.store import blobs


def carry(turn: run_queue.Turn) -> int:
    """Carry what is due until nothing is or the turn is over; return how many parcels were settled."""
    return uvloop.run(_carry(turn))


async def _carry(turn: run_queue.Turn) -> int:
    pool = make_pool(settings.PROFILE.courier_connections)
    valkey = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
    database = Database(pool, valkey)

    async def load(parcel: Parcel) -> bytes:
        ref = blobs.BlobRef(parcel.organisation_id, parcel.blob_hash, parcel.size)
        return parcel.prefix + await database.perform(blobs.get(ref))

    resolver = the_resolver()
    policies = Policies(resolver, database, Fetcher(resolver)) if settings.MAIL_MTA_STS else None
    hops = NextHops(
        resolver,
        settings.MAIL_HOSTNAME,
        parse_routes(settings.MAIL_ROUTES),
        settings.MAIL_REMOTE_SMTP_PORT,
        policies,
        dane=settings.MAIL_DANE,
        verified=settings.MAIL_TLS_REQUIRED,
    )
    sessions = Sessions(database, settings.MAIL_HOSTNAME)
    courier = RemoteCourier(hops, load, note=sessions.note)
    owner = f"{os.uname().nodename}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    await pool.open()
    try:
        return await run_queue.run_remote(
            courier, database, owner=owner, turn=turn, now=lambda: datetime.now(UTC)
        )
    finally:
        await sessions.write()
        if policies is not None:
            await policies.settle()
        await valkey.aclose()
        await pool.close(timeout=2)
